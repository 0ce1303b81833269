//! What the operator wrote: text to lines to tree to settings to the view of one session.

pub mod settings;

pub use settings::Settings;
