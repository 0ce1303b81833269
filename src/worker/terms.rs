//! How files are told and carried, as the client chooses by TYPE, MODE and OPTS; what it chose before its login holds after it.

use super::data::Coding;
use crate::protocol::{Algorithm, Facts, Type};

/// What holds until the client chooses otherwise, or its session ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms {
    /// TYPE, where the client has said it.
    pub representation: Option<Type>,
    /// MODE, and its level.
    pub mode: Mode,
    /// What HASH makes, where the client has chosen (OPTS HASH).
    pub hash: Option<Algorithm>,
    /// What MLST and MLSD tell, where the client has chosen (OPTS MLST).
    pub facts: Option<Facts>,
    /// Whether names are told in UTF-8, where the client has chosen (OPTS UTF8).
    pub utf8: Option<bool>,
}

/// MODE (RFC 959 §3.4; draft-preston-ftpext-deflate).
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// Z was said last, not S.
    pub is_deflated: bool,
    /// OPTS MODE Z LEVEL.
    pub level: u8,
}

impl Default for Mode {
    fn default() -> Mode {
        Mode { is_deflated: false, level: 6 }
    }
}

impl Mode {
    /// What becomes of bytes that leave,
    pub fn sending(self) -> Coding {
        if self.is_deflated { Coding::Deflate(self.level) } else { Coding::Plain }
    }

    /// and of those that come.
    pub fn receiving(self) -> Coding {
        if self.is_deflated { Coding::Inflate } else { Coding::Plain }
    }
}
