//! Where the session stands, and folders made and removed: PWD, CWD, CDUP, MKD, RMD.

use super::{asked, refusal};
use crate::protocol::reply::quoted;
use crate::protocol::{Reply, Verb};
use crate::scoreboard::ReasonCode;
use crate::sys::clock;
use crate::worker::member::Member;
use crate::worker::readme;
use crate::worker::storage::Denied;
use crate::worker::watch::Watch;

/// PWD.
pub fn print(member: &Member) -> Reply {
    Reply::new(257, [quoted(member.cwd.as_bytes()).as_slice(), b" is the current directory"].concat())
}

/// CWD, CDUP.
pub fn change(watch: &mut Watch, member: &mut Member, (verb, called): (&Verb, &str), path: &[u8]) -> Reply {
    let enter = |path: &[u8]| {
        let asked = asked(member, verb, path)?;
        let canonical = member.storage.enter(&asked)?;
        Ok((asked.path, canonical))
    };
    // CDPath; who finds nothing there hears what was wrong at first.
    let elsewhere = |refused: Denied| {
        let below = |folder: &String| enter(&[folder.as_bytes(), b"/", path].concat()).ok();
        member.rules.search_path.iter().find_map(below).ok_or(refused)
    };
    match enter(path).or_else(elsewhere) {
        Ok((path, canonical)) => {
            member.stand_in(path, canonical);
            watch.cwd = member.cwd.as_bytes().to_vec();
            watch.birth.own.cwd(&watch.cwd);
            let lines = member.display_of_folder(&watch.facts());
            let readme = readme::lines(member, watch.birth.zone, clock::now());
            let done = Reply::new(250, format!("{called} command successful"));
            done.preceded_by(lines).followed_by(readme.into_iter().flatten().collect())
        }
        Err(denied) => refusal(&denied),
    }
}

/// MKD.
pub fn make(member: &mut Member, verb: &Verb, path: &[u8]) -> Reply {
    if path.contains(&b'*') {
        return Reply::about(550, path, "Invalid directory name").because(ReasonCode::Unsuited);
    }
    let made = asked(member, verb, path).and_then(|asked| {
        member.storage.make_directory(&asked)?;
        Ok(asked.path)
    });
    match made {
        Ok(path) => Reply::new(
            257,
            [quoted(path.as_bytes()).as_slice(), b" - Directory successfully created"].concat(),
        ),
        Err(denied) => refusal(&denied),
    }
}

/// RMD.
pub fn remove(member: &mut Member, (verb, called): (&Verb, &str), path: &[u8]) -> Reply {
    match asked(member, verb, path).and_then(|asked| member.storage.remove_directory(&asked)) {
        Ok(_) => Reply::new(250, format!("{called} command successful")),
        Err(denied) => refusal(&denied),
    }
}
