//! A password on its way: it prints as stars and is wiped when it goes.

use std::fmt;

use crate::sys::crypt;

/// Bytes that nobody should see again.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes over; the caller keeps no copy.
    pub fn new(bytes: Vec<u8>) -> Secret {
        Secret(bytes)
    }

    /// The bytes, to be looked at and not kept.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("*******")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("*******")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        crypt::wipe(&mut self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_prints_as_stars() {
        let secret = Secret::new(b"hunter2".to_vec());
        assert_eq!(format!("{secret} {secret:?}"), "******* *******");
        assert_eq!(secret.reveal(), b"hunter2");
    }
}
