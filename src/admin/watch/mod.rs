//! What is seen of a board that is looked at again and again, for a screen and for a page alike: rows, their speeds, which of
//! them are shown and in which order.

mod look;
mod rates;
mod row;
mod shown;

pub use look::{Look, Watch};
pub use row::Row;
#[cfg(test)]
pub use row::examples;
pub use shown::{Order, Shown, Sum, Trait, View, toggle};
