//! Where the files of the running daemon lie: as told on the command line, else as its configuration says, else as
//! the program was built.

use std::path::{Path, PathBuf};

use clap::Args;

use super::words::reason;
use crate::config::{self, RuntimePaths, defaults};
use crate::scoreboard::{BoardError, Kind, Reader};
use crate::sys::{lock, mapping, streams};

/// The options by which `ftpwho` and `ftpcount` find their board.
#[derive(Args)]
pub struct Source {
    /// specify full path to the configuration file
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// specify full path to scoreboard file
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

impl Source {
    /// Where the board lies, or one sentence why there is none.
    pub fn path(&self) -> Result<PathBuf, String> {
        match &self.file {
            Some(file) => Ok(file.clone()),
            None => paths(self.config.as_deref())?.scoreboard_file.ok_or_else(|| {
                "this configuration has no scoreboard (ScoreboardFile none); nobody can see its sessions"
                    .to_owned()
            }),
        }
    }

    /// The board at this path.
    pub fn open(&self, path: &Path) -> Result<Reader, String> {
        Reader::open(path).map_err(|error| explained(&error))
    }

    /// The board to read and where it lies, or one sentence why there is none.
    pub fn found(&self) -> Result<(PathBuf, Reader), String> {
        let path = self.path()?;
        let board = self.open(&path)?;
        // Of a board that sessions of inetd share, none living is nothing to tell of.
        if !board.is_held() && board.header().kind == Kind::Standalone {
            streams::complain(&format!(
                "{}: its server is not running; this is what it left",
                path.display()
            ));
        }
        Ok((path, board))
    }
}

/// The runtime files of the configuration given, else of the default one. A default configuration that is not there
/// or may not be read by us leaves the built-in paths.
pub fn paths(config: Option<&Path>) -> Result<RuntimePaths, String> {
    let said = |complaints: Vec<config::Complaint>| {
        complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    match config {
        Some(file) => config::runtime_paths(file).map_err(said),
        None if !Path::new(defaults::CONFIGURATION).exists() => Ok(built_in()),
        None => Ok(config::runtime_paths(Path::new(defaults::CONFIGURATION)).unwrap_or_else(|_| built_in())),
    }
}

/// Whether a living daemon uses these files: it holds the lock of its PidFile, and of its board.
pub fn is_running(paths: &RuntimePaths) -> bool {
    let pid_file = mapping::open_as_found(&paths.pid_file, false);
    let is_locked = pid_file.is_ok_and(|file| lock::is_locked(file).unwrap_or(false));
    let board = paths.scoreboard_file.as_deref().and_then(|path| Reader::open(path).ok());
    // Every session of inetd's looks at the shutdown file, though none may live at this moment.
    is_locked || board.is_some_and(|board| board.is_held() || board.header().kind == Kind::Inetd)
}

fn built_in() -> RuntimePaths {
    RuntimePaths {
        scoreboard_file: Some(defaults::SCOREBOARD_FILE.into()),
        scoreboard_mutex: None,
        pid_file: defaults::PID_FILE.into(),
        shutdown_file: defaults::SHUTDOWN_FILE.into(),
        control_socket: Path::new(defaults::PID_FILE)
            .parent()
            .map(|folder| folder.join(defaults::CONTROL_SOCKET)),
    }
}

/// ProFTPD's words, and its hint, for a board that cannot be opened.
fn explained(error: &BoardError) -> String {
    match error {
        BoardError::Io(path, error) => format!(
            "{}: {}\n(Perhaps the server is not running, or you need to specify the ScoreboardFile\n with -f, or its \
             configuration with -c?)",
            path.display(),
            reason(error)
        ),
        BoardError::NotABoard(_) => format!("scoreboard is corrupted or old ({error})"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_board_is_told_with_a_hint() {
        let source = Source { config: None, file: Some("/nonexistent/board".into()) };
        let said = source.found().err().unwrap();
        assert!(said.starts_with("/nonexistent/board: No such file or directory\n(Perhaps "), "{said}");
    }

    #[test]
    fn nobody_runs_where_nothing_is() {
        let paths = RuntimePaths {
            scoreboard_file: Some("/nonexistent/board".into()),
            scoreboard_mutex: None,
            pid_file: "/nonexistent/pid".into(),
            shutdown_file: "/nonexistent/shutmsg".into(),
            control_socket: None,
        };
        assert!(!is_running(&paths));
    }
}
