//! Until when an account and its password hold, as shadow(5) counts it: in days since 1970.

use std::time::{SystemTime, UNIX_EPOCH};

use super::source::Lapse;

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// The fields of a line of shadow that decide; None where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ageing {
    /// The day of the last change of the password.
    pub changed: Option<i64>,
    /// Days after which it must be changed.
    pub longest: Option<i64>,
    /// Days after that during which it still lets in, to be changed.
    pub inactive: Option<i64>,
    /// The day on which the account is closed.
    pub expires: Option<i64>,
}

impl Ageing {
    /// Why the account is closed on that day. A password that has to be changed lets in until the days of grace are over: FTP has no
    /// words to change it.
    pub fn lapse(&self, day: i64) -> Option<Lapse> {
        // Day 0 is how `chage -E 0` closes an account for good.
        if self.expires.is_some_and(|last| day >= last) {
            return Some(Lapse::Expiration);
        }
        let over = self.changed?.saturating_add(self.longest?).saturating_add(self.inactive?);
        (day > over).then_some(Lapse::Inactivity)
    }
}

/// Today; the first day where the clock stands before it.
pub fn today() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs() / SECONDS_OF_A_DAY).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_passwords_hold_until_their_day() {
        let ageing = |changed, longest, inactive, expires| Ageing { changed, longest, inactive, expires };
        let table = [
            (ageing(None, None, None, None), None),
            (ageing(Some(900), Some(99_999), None, None), None),
            (ageing(None, None, None, Some(1001)), None),
            (ageing(None, None, None, Some(1000)), Some(Lapse::Expiration)),
            (ageing(None, None, None, Some(0)), Some(Lapse::Expiration)),
            (ageing(Some(900), Some(10), None, None), None),
            (ageing(Some(900), Some(10), Some(90), None), None),
            (ageing(Some(900), Some(10), Some(89), None), Some(Lapse::Inactivity)),
            (ageing(Some(900), None, Some(0), None), None),
            (ageing(Some(0), Some(99_999), None, None), None),
            (ageing(Some(i64::MAX), Some(i64::MAX), Some(1), None), None),
        ];
        for (ageing, lapse) in table {
            assert_eq!(ageing.lapse(1000), lapse, "{ageing:?}");
        }
        assert!(today() > 20_000);
    }
}
