//! crypt(3) of the host, found at run time, so that whatever hash the host accepts is accepted here, and no library is needed
//! to build; and the wiping of what should not be seen again.

use std::ffi::{CStr, CString, c_char, c_void};
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{Ordering, compiler_fence};

use nix::libc;

/// libxcrypt and glibc under the name every distribution's programs link to, then libxcrypt without the old interfaces.
const LIBRARIES: [&CStr; 2] = [c"libcrypt.so.1", c"libcrypt.so.2"];

/// `sizeof(struct crypt_data)` of libxcrypt, in all its versions (crypt.h).
const DATA_SIZE: usize = 32 * 1024;
/// At least that of glibc before 2.38: 131,232 bytes.
const DATA_SIZE_OF_GLIBC: usize = 132 * 1024;

type CryptFunction = unsafe extern "C" fn(*const c_char, *const c_char, *mut c_void) -> *mut c_char;

/// One thread's crypt_r and its work space.
pub struct Crypt {
    function: CryptFunction,
    /// Words, for the alignment of the C structure.
    data: Box<[u64]>,
}

impl Crypt {
    /// Opens the host's library (dlopen(3)); it stays loaded for life.
    pub fn load() -> io::Result<Crypt> {
        let (function, size) = LIBRARIES.iter().find_map(|name| find(name)).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "neither libcrypt.so.1 nor libcrypt.so.2 has crypt_r")
        })?;
        Ok(Crypt { function, data: vec![0; size / 8].into_boxed_slice() })
    }

    /// Hashes `password` as `setting` (an earlier hash, or a salt) says, exactly once; None where the library refuses. Nothing
    /// of either stays behind.
    pub fn hash(&mut self, password: &[u8], setting: &[u8]) -> Option<Vec<u8>> {
        let mut password = password.to_vec();
        password.push(0);
        // A NUL within the password ends it for crypt(3), and such a password is nobody's; the time is spent all the same.
        let whole = memchr::memchr(0, &password) == Some(password.len() - 1);
        let hash = CString::new(setting).ok().and_then(|setting| self.call(&password, &setting));
        wipe(&mut password);
        self.data.fill(0);
        compiler_fence(Ordering::SeqCst);
        hash.filter(|hash| whole && !hash.starts_with(b"*"))
    }

    fn call(&mut self, password: &[u8], setting: &CStr) -> Option<Vec<u8>> {
        let data = self.data.as_mut_ptr().cast::<c_void>();
        // SAFETY: crypt_r needs two strings that end in NUL (the caller pushed one, CStr has one) and a zeroed crypt_data of
        // its own, which `data` is: larger than any known version of it, aligned to 8, and exclusive through `&mut self`.
        let output = unsafe { (self.function)(password.as_ptr().cast(), setting.as_ptr(), data) };
        let output = NonNull::new(output)?;
        // SAFETY: crypt_r's result is a string that ends in NUL, within `data`, which lives and stays unchanged here.
        Some(unsafe { CStr::from_ptr(output.as_ptr()) }.to_bytes().to_vec())
    }
}

/// The function, and how large its work space must be.
fn find(library: &CStr) -> Option<(CryptFunction, usize)> {
    // SAFETY: the name ends in NUL; loading runs the initialisers of the host's own libcrypt, found on the system's path.
    let handle = NonNull::new(unsafe { libc::dlopen(library.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) })?;
    // SAFETY: the handle is the one just opened and is never closed; the name ends in NUL.
    let symbol = NonNull::new(unsafe { libc::dlsym(handle.as_ptr(), c"crypt_r".as_ptr()) })?;
    // SAFETY: as above. Of all that have crypt_r, libxcrypt alone makes settings of its own (crypt_gensalt(3)).
    let is_libxcrypt = !unsafe { libc::dlsym(handle.as_ptr(), c"crypt_gensalt_ra".as_ptr()) }.is_null();
    // SAFETY: crypt_r(3) has had this very signature in every libcrypt; pointers to functions and data have one size here.
    let function = unsafe { std::mem::transmute::<*mut c_void, CryptFunction>(symbol.as_ptr()) };
    Some((function, if is_libxcrypt { DATA_SIZE } else { DATA_SIZE_OF_GLIBC }))
}

/// Overwrites bytes in a way that the compiler may not leave out.
pub fn wipe(bytes: &mut [u8]) {
    for byte in bytes.iter_mut() {
        // SAFETY: write_volatile needs a valid, aligned place; `byte` is an exclusive reference to one.
        // JUSTIFICATION: a plain store to memory that is freed next would be optimised away.
        unsafe { std::ptr::write_volatile(byte, 0) };
    }
    compiler_fence(Ordering::SeqCst);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_hashes_come_out() {
        let mut crypt = Crypt::load().unwrap();
        // Of the examples in the specification of SHA-crypt.
        let known: [(&[u8], &[u8]); 2] = [
            (b"Hello world!", b"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
            (
                b"Hello world!",
                b"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
            ),
        ];
        for (password, hash) in known {
            assert_eq!(crypt.hash(password, hash).as_deref(), Some(hash));
            assert_ne!(crypt.hash(b"Hello world?", hash).as_deref(), Some(hash));
        }
    }

    #[test]
    fn nonsense_has_no_hash() {
        let mut crypt = Crypt::load().unwrap();
        for setting in [&b"*0"[..], b"*", b"!", b"$nonsense$", b"a\0b"] {
            assert_eq!(crypt.hash(b"password", setting), None, "{setting:?}");
        }
        let cut = crypt.hash(b"Hello world!\0more", b"$5$saltstring$");
        assert_eq!(cut, None);
    }

    #[test]
    fn wiped_bytes_are_zero() {
        let mut bytes = *b"secret";
        wipe(&mut bytes);
        assert_eq!(bytes, [0; 6]);
    }
}
