//! How much is logged, changed while sessions run: master and workers at once, auth when it is next born.

use crate::control::Reply;
use crate::master::Master;

impl Master {
    /// Tells all whom it concerns.
    pub(in crate::master) fn order_level(&self) {
        let ordered = match self.control.level {
            0 => 0,
            10 => slog::Level::Trace.as_usize(),
            _ => slog::Level::Debug.as_usize(),
        } as u64;
        self.board.publish_level(ordered);
        self.common.recorder.order(ordered);
    }

    /// 0 as configured, 1 to 9 debugging, 10 tracing; None asks.
    pub(super) fn set_level(&mut self, level: Option<u32>) -> Reply {
        if let Some(level) = level {
            self.control.level = level;
            self.order_level();
        }
        let level = self.control.level;
        let words = match level {
            0 => "as configured",
            10 => "tracing",
            _ => "debugging",
        };
        Reply::done(format!("debug level {level}: {words}")).with("level", level)
    }
}
