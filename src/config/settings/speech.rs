//! In which characters names are told and taken.

use crate::protocol::charset::{Charset, Translation};

/// UseEncoding and LangOptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speech {
    /// The disk's characters.
    pub local: Charset,
    /// The client's, until it asks for UTF-8.
    pub client: Charset,
    /// Whether `OPTS UTF8 ON` is granted.
    pub may_begin_utf8: bool,
    /// Whether `OPTS UTF8 OFF` is granted.
    pub may_end_utf8: bool,
    /// LangOptions PreferServerEncoding, and UseEncoding's `strict`: UTF-8 is not offered.
    pub is_kept: bool,
    /// LangOptions RequireValidEncoding: what is none of the client's characters is refused.
    pub is_strict: bool,
}

impl Default for Speech {
    fn default() -> Speech {
        Speech {
            local: Charset::UTF8,
            client: Charset::UTF8,
            may_begin_utf8: true,
            may_end_utf8: true,
            is_kept: false,
            is_strict: false,
        }
    }
}

impl Speech {
    /// How a session begins; None where both sides have the same characters.
    pub fn translation(&self) -> Option<Translation> {
        Translation::between(self.local, self.client)
    }

    /// What `OPTS UTF8` makes of it; None where it is not granted.
    pub fn switched(&self, utf8: bool) -> Option<Option<Translation>> {
        match utf8 {
            true => (self.may_begin_utf8 && !self.is_kept)
                .then(|| Translation::between(self.local, Charset::UTF8)),
            false => self.may_end_utf8.then(|| self.translation()),
        }
    }
}
