//! What each key does on the screen.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::doing::Doing;
use super::super::watch::{Shown, toggle};

/// What a key asks for beside what it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Draw what is shown now.
    Draw,
    /// Look at the board now.
    Look,
    /// So many rows down; up where negative.
    Scroll(isize),
    /// So many screens down.
    Page(isize),
    /// Seconds more between two looks.
    Slower(i64),
    /// Stand still, or go on.
    Pause,
    /// Show what the keys do, or no longer.
    Help,
    /// End.
    Quit,
}

/// Keys, and whether they are a text at the moment.
#[derive(Default)]
pub struct Keys {
    /// What is being typed to look for.
    pub typing: bool,
}

/// For the screen: key and meaning.
pub const MEANINGS: [(&str, &str); 14] = [
    ("t", "speeds of the transfers, or all sessions"),
    ("g", "together by user, by host, by server, or each alone"),
    ("s", "order by pid, user, client, time, rate, generation"),
    ("r", "the other way round"),
    ("/", "only what has this text in its user, client, server or command; Enter keeps it, Esc drops it"),
    ("A D U I", "only who authenticates, downloads, uploads, is idle"),
    ("a i", "without who authenticates, is idle"),
    ("0", "everybody again"),
    ("+ -", "slower, faster"),
    ("p", "stand still, or go on"),
    ("space", "look now"),
    ("arrows, pages", "further rows"),
    ("h ?", "this page"),
    ("q", "end"),
];

impl Keys {
    /// Does what a key means.
    pub fn press(&mut self, key: KeyEvent, shown: &mut Shown) -> Asked {
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return Asked::Quit;
        }
        if self.typing {
            return self.typed(key.code, shown);
        }
        match key.code {
            KeyCode::Char(letter) => self.letter(letter, shown),
            KeyCode::Down => Asked::Scroll(1),
            KeyCode::Up => Asked::Scroll(-1),
            KeyCode::PageDown => Asked::Page(1),
            KeyCode::PageUp => Asked::Page(-1),
            KeyCode::Home => Asked::Scroll(isize::MIN),
            KeyCode::End => Asked::Scroll(isize::MAX),
            _ => Asked::Draw,
        }
    }

    fn letter(&mut self, letter: char, shown: &mut Shown) -> Asked {
        match letter {
            'q' => return Asked::Quit,
            'h' | '?' => return Asked::Help,
            'p' => return Asked::Pause,
            ' ' => return Asked::Look,
            '+' => return Asked::Slower(1),
            '-' => return Asked::Slower(-1),
            't' => shown.view = shown.view.other(),
            'g' => shown.view = shown.view.next_together(),
            's' => shown.order = shown.order.next(),
            'r' => shown.reversed = !shown.reversed,
            '/' => self.typing = true,
            'A' => toggle(&mut shown.only, Doing::Authenticating),
            'D' => toggle(&mut shown.only, Doing::Downloading),
            'U' => toggle(&mut shown.only, Doing::Uploading),
            'I' => toggle(&mut shown.only, Doing::Idle),
            'a' => toggle(&mut shown.hidden, Doing::Authenticating),
            'i' => toggle(&mut shown.hidden, Doing::Idle),
            '0' => {
                shown.only.clear();
                shown.hidden.clear();
                shown.text.clear();
            }
            _ => {}
        }
        Asked::Draw
    }

    fn typed(&mut self, key: KeyCode, shown: &mut Shown) -> Asked {
        match key {
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.typing = false;
                shown.text.clear();
            }
            KeyCode::Backspace => {
                shown.text.pop();
            }
            KeyCode::Char(letter) => shown.text.push(letter),
            _ => {}
        }
        Asked::Draw
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::watch::{Order, Trait, View};
    use super::*;

    fn press(keys: &mut Keys, shown: &mut Shown, letters: &str) -> Asked {
        let mut asked = Asked::Draw;
        for letter in letters.chars() {
            let code = match letter {
                '\n' => KeyCode::Enter,
                '\x1b' => KeyCode::Esc,
                '\x08' => KeyCode::Backspace,
                letter => KeyCode::Char(letter),
            };
            asked = keys.press(KeyEvent::new(code, KeyModifiers::NONE), shown);
        }
        asked
    }

    #[test]
    fn letters_choose() {
        let (mut keys, mut shown) = (Keys::default(), Shown::default());
        press(&mut keys, &mut shown, "tsrDi");
        assert_eq!((shown.view, shown.order, shown.reversed), (View::Rates, Order::User, true));
        assert_eq!(
            (shown.only.as_slice(), shown.hidden.as_slice()),
            (&[Doing::Downloading][..], &[Doing::Idle][..])
        );
        press(&mut keys, &mut shown, "0g");
        assert_eq!((shown.view, shown.only.len(), shown.hidden.len()), (View::Together(Trait::User), 0, 0));
        for (letter, asked) in [
            ("q", Asked::Quit),
            ("?", Asked::Help),
            ("p", Asked::Pause),
            (" ", Asked::Look),
            ("-", Asked::Slower(-1)),
        ] {
            assert_eq!(press(&mut keys, &mut shown, letter), asked);
        }
    }

    #[test]
    fn a_text_is_typed_kept_and_dropped() {
        let (mut keys, mut shown) = (Keys::default(), Shown::default());
        assert_eq!(press(&mut keys, &mut shown, "/qx\x08\n"), Asked::Draw);
        assert_eq!((shown.text.as_str(), keys.typing), ("q", false));
        press(&mut keys, &mut shown, "/z\x1b");
        assert_eq!((shown.text.as_str(), keys.typing), ("", false));
        let end = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(Keys { typing: true }.press(end, &mut shown), Asked::Quit);
    }

    #[test]
    fn other_keys_scroll_or_do_nothing() {
        let (mut keys, mut shown) = (Keys::default(), Shown::default());
        for (code, asked) in [
            (KeyCode::Down, Asked::Scroll(1)),
            (KeyCode::PageUp, Asked::Page(-1)),
            (KeyCode::End, Asked::Scroll(isize::MAX)),
            (KeyCode::F(3), Asked::Draw),
        ] {
            assert_eq!(keys.press(KeyEvent::new(code, KeyModifiers::NONE), &mut shown), asked);
        }
    }
}
