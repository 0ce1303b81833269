//! What a server may withhold: commands that ProFTPD has in modules of their own, each with a switch.

/// Commands that are switched together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Module {
    /// LangEngine.
    Lang,
    /// CopyEngine.
    Copy,
    /// SiteMiscEngine.
    SiteMisc,
    /// DeflateEngine.
    Deflate,
    /// `OPTS UTF8 ON`, which LangEngine offers and LangOptions PreferServerEncoding does not grant.
    Utf8,
}

/// What a server offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer(u8);

impl Offer {
    /// Everything.
    pub const ALL: Offer = Offer(u8::MAX);

    /// All but one.
    pub const fn without(self, module: Module) -> Offer {
        Offer(self.0 & !(1 << module as u8))
    }

    /// The same where `is_on` says so, else without.
    pub fn when(self, is_on: bool, module: Module) -> Offer {
        if is_on { self } else { self.without(module) }
    }

    /// Whether it is among them; what belongs to no module always is.
    pub fn has(self, module: Option<Module>) -> bool {
        module.is_none_or(|module| self.0 & 1 << module as u8 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_withheld_one_by_one() {
        let offer = Offer::ALL.when(false, Module::Copy).when(true, Module::Lang);
        assert!(!offer.has(Some(Module::Copy)));
        assert!(offer.has(Some(Module::Lang)) && offer.has(Some(Module::SiteMisc)) && offer.has(None));
    }
}
