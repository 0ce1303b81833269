//! A real terminal for programs with a screen: tmux's, on a socket of its own, read as a person would see it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::events::eventually;

/// A terminal in which one program runs.
pub struct Terminal {
    socket: PathBuf,
}

impl Terminal {
    /// Runs a line of the shell in a terminal of so many columns and lines; the folder keeps its socket.
    pub fn run(folder: &Path, columns: u16, lines: u16, line: &str) -> Terminal {
        let terminal = Terminal { socket: folder.join("terminal") };
        let (columns, lines) = (columns.to_string(), lines.to_string());
        let start = ["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", &lines, line];
        // Its last words stay to be looked at.
        let keep = [";", "set-option", "-g", "remain-on-exit", "on"];
        terminal.tell(&[&start[..], &keep[..]].concat());
        terminal
    }

    /// The shell that it runs.
    pub fn pid(&self) -> i32 {
        let told = self.tell(&["display-message", "-p", "#{pane_pid}"]).stdout;
        String::from_utf8_lossy(&told).trim().parse().expect("a pid")
    }

    /// Presses keys, by tmux's names for them.
    pub fn press(&self, keys: &[&str]) {
        self.tell(&[&["send-keys"], keys].concat());
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, lines: u16) {
        self.tell(&["resize-window", "-x", &columns.to_string(), "-y", &lines.to_string()]);
    }

    /// What is on the screen, line by line.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.tell(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// The screen, with its colours as the terminal's codes.
    pub fn coloured(&self) -> String {
        String::from_utf8_lossy(&self.tell(&["capture-pane", "-p", "-e"]).stdout).into_owned()
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub fn await_screen(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        eventually(what, || Some(self.screen()).filter(|screen| is_it(screen)))
    }

    fn tell(&self, words: &[&str]) -> Output {
        let output = Command::new("tmux").arg("-S").arg(&self.socket).args(words).output().expect("tmux");
        assert!(output.status.success(), "tmux {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- screen\n{}", self.screen());
        }
        // Its own server on its own socket, with the program in it.
        let _ = Command::new("tmux").arg("-S").arg(&self.socket).arg("kill-server").output();
    }
}
