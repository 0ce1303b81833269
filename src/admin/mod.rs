//! What the administrator runs.

pub mod count;
pub mod shut;
pub mod who;
