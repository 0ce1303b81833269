//! The host's files as one daemon sees them: an /etc of its own in a private mount namespace, so that a test can have any accounts, shells
//! and services without touching the machine's.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::PASSWORD_HASH;

/// The uid and gid of the first account of the host; each has the next.
pub const FIRST_HOST_UID: u32 = 53_001;

/// Puts the folder's `etc` in /etc's place, with the machine's own beside it for what the test does not say, and becomes the program. The
/// pid stays the same.
const ENTER: &str = "{ [ ! -d \"$1/var-log\" ] || mount --bind \"$1/var-log\" /var/log; } && \
     mount --bind -o ro /etc \"$1/host-etc\" && mount --bind \"$1/etc\" /etc && shift && exec \"$@\"";

/// Nobody but the files is asked: the machine's name services know nothing of the test's accounts.
const NAME_SERVICES: &str = "passwd: files\ngroup: files\nshadow: files\ninitgroups: files\nhosts: files\n";

/// What of /etc is the test's own.
#[derive(Clone, Debug, Default)]
pub struct Host {
    accounts: Vec<HostAccount>,
    files: Vec<(String, String, u32)>,
}

/// One account of the host; the usual password, shell and no expiry, unless a test says otherwise.
#[derive(Clone, Debug)]
pub struct HostAccount {
    pub name: String,
    /// None where it is given by the account's place in the list.
    pub uid: Option<u32>,
    /// None where it is as the uid.
    pub gid: Option<u32>,
    /// What stands in /etc/shadow.
    pub hash: String,
    pub shell: String,
    /// None for the usual folder.
    pub home: Option<PathBuf>,
    /// The fields of /etc/shadow behind the hash (shadow(5)).
    pub ageing: String,
}

impl HostAccount {
    pub fn new(name: &str) -> HostAccount {
        HostAccount {
            name: name.into(),
            uid: None,
            gid: None,
            hash: PASSWORD_HASH.into(),
            shell: "/bin/sh".into(),
            home: None,
            ageing: "20000:0:99999:7:::".into(),
        }
    }

    pub fn hash(self, hash: &str) -> HostAccount {
        HostAccount { hash: hash.into(), ..self }
    }

    pub fn ids(self, uid: u32, gid: u32) -> HostAccount {
        HostAccount { uid: Some(uid), gid: Some(gid), ..self }
    }

    pub fn shell(self, shell: &str) -> HostAccount {
        HostAccount { shell: shell.into(), ..self }
    }

    pub fn home(self, home: &Path) -> HostAccount {
        HostAccount { home: Some(home.into()), ..self }
    }

    pub fn ageing(self, fields: &str) -> HostAccount {
        HostAccount { ageing: fields.into(), ..self }
    }
}

impl Host {
    pub fn add(&mut self, account: HostAccount) {
        self.accounts.push(account);
    }

    /// A file of /etc with these contents in place of the machine's.
    pub fn put(&mut self, name: &str, text: &str, mode: u32) {
        self.files.push((name.into(), text.into(), mode));
    }

    /// Accounts that are to have the usual home, with their uids.
    pub fn homes(&self) -> impl Iterator<Item = (&str, u32)> {
        let numbered = (FIRST_HOST_UID..).zip(&self.accounts);
        let usual = numbered.filter(|(_, account)| account.home.is_none());
        usual.map(|(number, account)| (account.name.as_str(), account.uid.unwrap_or(number)))
    }

    /// Makes the /etc: the machine's accounts and the test's, the test's files, and a link for everything else.
    pub fn write(&self, folder: &Path) {
        let etc = folder.join("etc");
        for made in [&etc, &folder.join("host-etc")] {
            fs::create_dir_all(made).expect("a folder in the test's folder");
            fs::set_permissions(made, fs::Permissions::from_mode(0o755)).expect("its mode");
        }
        let machines = |name: &str| fs::read_to_string(Path::new("/etc").join(name)).unwrap_or_default();
        put(&etc, "passwd", &(machines("passwd") + &self.lines(|one| one.passwd_line(folder))), 0o644);
        put(&etc, "group", &(machines("group") + &self.lines(|one| one.group_line())), 0o644);
        put(&etc, "shadow", &(machines("shadow") + &self.lines(|one| one.shadow_line())), 0o600);
        put(&etc, "nsswitch.conf", NAME_SERVICES, 0o644);
        self.files.iter().for_each(|(name, text, mode)| put(&etc, name, text, *mode));
        link_the_rest(folder, &etc);
    }

    fn lines(&self, line: impl Fn(&Numbered<'_>) -> String) -> String {
        let numbered = (FIRST_HOST_UID..).zip(&self.accounts);
        numbered.map(|(number, account)| line(&Numbered { number, account })).collect()
    }
}

/// An account and the number that its place gives it.
struct Numbered<'a> {
    number: u32,
    account: &'a HostAccount,
}

impl Numbered<'_> {
    fn uid(&self) -> u32 {
        self.account.uid.unwrap_or(self.number)
    }

    fn gid(&self) -> u32 {
        self.account.gid.unwrap_or(self.uid())
    }

    fn passwd_line(&self, folder: &Path) -> String {
        let HostAccount { name, home, shell, .. } = self.account;
        let home = home.clone().unwrap_or_else(|| folder.join("homes").join(name));
        format!("{name}:x:{}:{}::{}:{shell}\n", self.uid(), self.gid(), home.display())
    }

    fn group_line(&self) -> String {
        format!("{}:x:{}:\n", self.account.name, self.gid())
    }

    fn shadow_line(&self) -> String {
        let HostAccount { name, hash, ageing, .. } = self.account;
        format!("{name}:{hash}:{ageing}\n")
    }
}

/// Runs what follows with the folder's /etc; needs root.
pub fn entering(folder: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", ENTER, "sh"]).arg(folder);
    command
}

/// Runs what follows where a shell has mounted what it was told; needs root.
pub fn mounting(commands: &str) -> Command {
    let mut command = Command::new("unshare");
    let script = format!("{commands}\nexec \"$@\"");
    command.args(["--mount", "--propagation", "private", "sh", "-e", "-c", &script, "sh"]);
    command
}

/// Replaces a file as the tools of operators do: a new one, renamed into its place.
pub fn put(etc: &Path, name: &str, text: &str, mode: u32) {
    let path = etc.join(name);
    let fresh = path.with_extension("fresh");
    fs::create_dir_all(path.parent().expect("a folder")).expect("its folder");
    fs::write(&fresh, text).expect("a file in the test's folder");
    fs::set_permissions(&fresh, fs::Permissions::from_mode(mode)).expect("its mode");
    fs::rename(&fresh, &path).expect("in its place");
}

fn link_the_rest(folder: &Path, etc: &Path) {
    for entry in fs::read_dir("/etc").expect("/etc").flatten() {
        let link = etc.join(entry.file_name());
        if link.symlink_metadata().is_err() {
            symlink(folder.join("host-etc").join(entry.file_name()), link).expect("a link");
        }
    }
}
