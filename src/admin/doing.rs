//! What a session is doing, in one word: a letter of `ftptop`, a label of the figures for machines.

use super::session::{Activity, Command, Session};
use crate::scoreboard::Direction;

/// What a session is doing, by the letter that ProFTPD's ftptop has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// `A`: nobody is logged in.
    Authenticating,
    /// `I`: waits for a command.
    Idle,
    /// `D`: receives a file.
    Downloading,
    /// `U`: sends a file.
    Uploading,
    /// `L`: receives a listing.
    Listing,
    /// `C`: any other command.
    Command,
}

impl Doing {
    /// Each, in the order in which they are told.
    pub const ALL: [Doing; 6] = [
        Doing::Authenticating,
        Doing::Idle,
        Doing::Downloading,
        Doing::Uploading,
        Doing::Listing,
        Doing::Command,
    ];

    /// What a session does.
    pub fn of(session: &Session) -> Doing {
        match &session.activity {
            Activity::Authenticating => Doing::Authenticating,
            Activity::Idle(..) => Doing::Idle,
            Activity::Command(_, command) => Doing::of_command(command),
        }
    }

    fn of_command(command: &Command) -> Doing {
        let lists =
            command.transfer.as_ref().is_some_and(|transfer| transfer.direction == Direction::Listing);
        match command {
            _ if command.is_download() => Doing::Downloading,
            _ if command.is_upload() => Doing::Uploading,
            _ if lists || ["LIST", "NLST", "MLSD"].contains(&command.verb.as_str()) => Doing::Listing,
            _ => Doing::Command,
        }
    }

    /// Its letter.
    pub fn letter(self) -> char {
        match self {
            Doing::Authenticating => 'A',
            Doing::Idle => 'I',
            Doing::Downloading => 'D',
            Doing::Uploading => 'U',
            Doing::Listing => 'L',
            Doing::Command => 'C',
        }
    }

    /// Its name in figures for machines.
    pub fn name(self) -> &'static str {
        match self {
            Doing::Authenticating => "authenticating",
            Doing::Idle => "idle",
            Doing::Downloading => "downloading",
            Doing::Uploading => "uploading",
            Doing::Listing => "listing",
            Doing::Command => "command",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::session::examples::sessions;
    use super::*;

    #[test]
    fn each_has_its_letter() {
        let letters: String = sessions().iter().map(|session| Doing::of(session).letter()).collect();
        assert_eq!(letters, "AIDUC");
        let mut listing = sessions().remove(4);
        let Activity::Command(_, command) = &mut listing.activity else { panic!("a command") };
        command.verb = "MLSD".to_owned();
        assert_eq!(Doing::of(&listing), Doing::Listing);
    }
}
