//! PAM of the host, found at run time, so that no library is needed to build and none where PAM is not asked. One conversation, which
//! says the password where a module asks for one unseen, and nothing else. Modules are foreign code: only a process that may
//! hang or crash for it calls this.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::io;
use std::ptr::{self, NonNull};

use nix::libc;

use super::crypt;

const LIBRARY: &CStr = c"libpam.so.0";

// Of _pam_types.h, whose numbers are the library's interface.
const SUCCESS: c_int = 0;
const BUFFER_ERROR: c_int = 5;
const CONVERSATION_ERROR: c_int = 19;
const ITEM_TERMINAL: c_int = 3;
const ITEM_REMOTE_HOST: c_int = 4;
const ITEM_FAIL_DELAY: c_int = 10;
const PROMPT_UNSEEN: c_int = 1;
const MESSAGE_ERROR: c_int = 3;
const MESSAGE_TEXT: c_int = 4;
const FLAG_SILENT: c_int = 0x8000;
const FLAG_NO_EMPTY_PASSWORD: c_int = 1;

/// Messages of one call that are looked at; a module that says more is no conversation (PAM_MAX_NUM_MSG).
const MESSAGES_MAX: usize = 32;

#[repr(C)]
struct Message {
    style: c_int,
    text: *const c_char,
}

#[repr(C)]
struct Response {
    text: *mut c_char,
    code: c_int,
}

type Converse = unsafe extern "C" fn(c_int, *mut *const Message, *mut *mut Response, *mut c_void) -> c_int;

#[repr(C)]
struct Conversation {
    converse: Converse,
    data: *mut c_void,
}

type Handle = *mut c_void;

type Start = unsafe extern "C" fn(*const c_char, *const c_char, *const Conversation, *mut Handle) -> c_int;
type SetItem = unsafe extern "C" fn(Handle, c_int, *const c_void) -> c_int;
/// pam_authenticate, pam_acct_mgmt and pam_end: a handle and a number.
type Call = unsafe extern "C" fn(Handle, c_int) -> c_int;
type Words = unsafe extern "C" fn(Handle, c_int) -> *const c_char;

/// The functions of the library that are called.
struct Library {
    start: Start,
    set_item: SetItem,
    authenticate: Call,
    account: Call,
    words: Words,
    end: Call,
}

/// Who asks to come in, and from where.
#[derive(Debug)]
pub struct Login<'a> {
    /// Names the file in /etc/pam.d.
    pub service: &'a CStr,
    /// The account.
    pub name: &'a CStr,
    /// Said where a module asks.
    pub password: &'a CStr,
    /// PAM_RHOST.
    pub remote_host: &'a CStr,
    /// PAM_TTY.
    pub terminal: Option<&'a CStr>,
}

/// Which call of PAM did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// pam_start, or an item.
    Start,
    /// pam_authenticate: the password.
    Authenticate,
    /// pam_acct_mgmt: whether the account may come in now.
    Account,
}

/// PAM's no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where it was said.
    pub step: Step,
    /// PAM's number for it.
    pub code: i32,
    /// PAM's words for it.
    pub words: String,
}

/// Why PAM could not be asked, or what it said.
#[derive(Debug)]
pub enum PamError {
    /// No library, or one without what we call.
    Library(io::Error),
    /// A step was refused.
    Refused(Refusal),
}

/// Asks the modules for `auth` and `account` of a service. Nobody is held up for a wrong password: that is the business of auth, which
/// delays guesses itself. Sessions are not opened: no process of ours would be in them.
pub fn log_in(login: &Login<'_>) -> Result<(), PamError> {
    let library = Library::load().map_err(PamError::Library)?;
    let conversation =
        Conversation { converse: say_password, data: ptr::from_ref(login).cast_mut().cast::<c_void>() };
    let mut handle: Handle = ptr::null_mut();
    // SAFETY: strings that end in NUL; the conversation and the login it points to outlive the handle, which is ended below.
    let code = unsafe {
        (library.start)(login.service.as_ptr(), login.name.as_ptr(), &raw const conversation, &raw mut handle)
    };
    if code != SUCCESS || handle.is_null() {
        return Err(PamError::Refused(Refusal { step: Step::Start, code, words: "pam_start failed".into() }));
    }
    let result = library.converse(handle, login);
    let code = result.err().map_or(SUCCESS, |(_, code)| code);
    let words = library.words(handle, code);
    // SAFETY: the handle that pam_start gave, for the last time; nothing of it was kept.
    unsafe { (library.end)(handle, code) };
    result.map_err(|(step, code)| PamError::Refused(Refusal { step, code, words }))
}

impl Library {
    fn load() -> io::Result<Library> {
        // SAFETY: the name ends in NUL; loading runs the initialisers of the host's own libpam, found on the system's path. Its names
        // are global because modules of some distributions are not linked to it.
        let handle = unsafe { libc::dlopen(LIBRARY.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
        let handle = NonNull::new(handle).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                "no libpam.so.0; install PAM (Debian: apt install libpam0g)",
            )
        })?;
        let symbol = |name: &CStr| {
            // SAFETY: the handle is the one just opened and is never closed; the name ends in NUL.
            let found = NonNull::new(unsafe { libc::dlsym(handle.as_ptr(), name.as_ptr()) });
            let missing = || io::Error::other(format!("libpam.so.0 has no {}", name.to_string_lossy()));
            found.map(NonNull::as_ptr).ok_or_else(missing)
        };
        // SAFETY: these functions have had these very signatures in every Linux-PAM (pam(3) and its pages); pointers to functions and
        // data have one size here.
        unsafe {
            Ok(Library {
                start: std::mem::transmute::<*mut c_void, Start>(symbol(c"pam_start")?),
                set_item: std::mem::transmute::<*mut c_void, SetItem>(symbol(c"pam_set_item")?),
                authenticate: std::mem::transmute::<*mut c_void, Call>(symbol(c"pam_authenticate")?),
                account: std::mem::transmute::<*mut c_void, Call>(symbol(c"pam_acct_mgmt")?),
                words: std::mem::transmute::<*mut c_void, Words>(symbol(c"pam_strerror")?),
                end: std::mem::transmute::<*mut c_void, Call>(symbol(c"pam_end")?),
            })
        }
    }

    fn converse(&self, handle: Handle, login: &Login<'_>) -> Result<(), (Step, c_int)> {
        let flags = FLAG_SILENT | FLAG_NO_EMPTY_PASSWORD;
        self.describe(handle, login).map_err(|code| (Step::Start, code))?;
        // SAFETY: a handle between pam_start and pam_end; what modules do is why only a child of its own calls this.
        done(unsafe { (self.authenticate)(handle, flags) }).map_err(|code| (Step::Authenticate, code))?;
        // SAFETY: as above.
        done(unsafe { (self.account)(handle, flags) }).map_err(|code| (Step::Account, code))
    }

    fn describe(&self, handle: Handle, login: &Login<'_>) -> Result<(), c_int> {
        let no_delay: unsafe extern "C" fn(c_int, u32, *mut c_void) = delay_nobody;
        self.set(handle, ITEM_FAIL_DELAY, no_delay as *const c_void)?;
        self.set(handle, ITEM_REMOTE_HOST, login.remote_host.as_ptr().cast())?;
        login.terminal.map_or(Ok(()), |line| self.set(handle, ITEM_TERMINAL, line.as_ptr().cast()))
    }

    fn set(&self, handle: Handle, item: c_int, value: *const c_void) -> Result<(), c_int> {
        // SAFETY: a live handle; PAM copies strings, which end in NUL, and keeps the pointer of the delay, which is a function's.
        done(unsafe { (self.set_item)(handle, item, value) })
    }

    fn words(&self, handle: Handle, code: c_int) -> String {
        // SAFETY: a live handle; the words are a constant string of the library's, or null.
        let words = NonNull::new(unsafe { (self.words)(handle, code) }.cast_mut());
        let Some(words) = words else { return String::new() };
        // SAFETY: not null, and it ends in NUL.
        unsafe { CStr::from_ptr(words.as_ptr()) }.to_string_lossy().into()
    }
}

fn done(code: c_int) -> Result<(), c_int> {
    if code == SUCCESS { Ok(()) } else { Err(code) }
}

/// The place of PAM's own sleep after a wrong password.
unsafe extern "C" fn delay_nobody(_: c_int, _: u32, _: *mut c_void) {}

/// What modules call (pam_conv(3)). Whatever is asked besides a password unseen has no answer here, and fails.
unsafe extern "C" fn say_password(
    count: c_int,
    messages: *mut *const Message,
    responses: *mut *mut Response,
    data: *mut c_void,
) -> c_int {
    let count = usize::try_from(count).unwrap_or(0);
    if !(1..=MESSAGES_MAX).contains(&count) || messages.is_null() || responses.is_null() || data.is_null() {
        return CONVERSATION_ERROR;
    }
    // SAFETY: `data` is the Login that `log_in` gave pam_start and still borrows.
    let login = unsafe { &*data.cast::<Login<'_>>() };
    // SAFETY: by pam_conv(3) there are `count` pointers to messages.
    let styles = (0..count).map(|index| unsafe { (**messages.add(index)).style });
    let mut answers = Vec::with_capacity(count);
    for style in styles {
        match style {
            PROMPT_UNSEEN => answers.push(true),
            MESSAGE_TEXT | MESSAGE_ERROR => answers.push(false),
            _ => return CONVERSATION_ERROR,
        }
    }
    // SAFETY: calloc takes two numbers; whoever asked frees what it gives, with free(3), as pam_conv(3) demands.
    let array = unsafe { libc::calloc(count, size_of::<Response>()) }.cast::<Response>();
    if array.is_null() {
        return BUFFER_ERROR;
    }
    for (index, is_asked) in answers.into_iter().enumerate().filter(|(_, is_asked)| *is_asked) {
        debug_assert!(is_asked);
        // SAFETY: `index` is below `count`, for which there is room; strdup's copy is freed with the array. One that is null for want
        // of memory is an empty answer, which is wrong.
        unsafe { (*array.add(index)).text = libc::strdup(login.password.as_ptr()) };
    }
    // SAFETY: PAM's own place for the answer.
    unsafe { *responses = array };
    SUCCESS
}

/// A string for PAM; None where a NUL would cut it.
pub fn text(bytes: &[u8]) -> Option<CString> {
    CString::new(bytes).ok()
}

/// Wipes a string that held a password.
pub fn forget(text: CString) {
    let mut bytes = text.into_bytes();
    crypt::wipe(&mut bytes);
}
