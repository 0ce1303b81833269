//! What a client may ask of a listing, as with ls(1): `-a -A -1 -c -d -F -h -L -n -R -r -S -t -u`, set by ListOptions
//! and then by the command. Letters without a meaning are passed over, as ProFTPD does.

use super::{Shape, Telling};

/// How deep `-R` goes where ListOptions does not say.
const DEPTH: u32 = 16;

/// Which names beginning with a dot are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dots {
    /// None.
    Hidden,
    /// All but `.` and `..` (`-A`).
    Almost,
    /// All (`-a`).
    All,
}

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By the names' bytes.
    Name,
    /// Newest first (`-t`).
    Time,
    /// Largest first (`-S`).
    Size,
}

/// Which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Of the data.
    Modified,
    /// Of the last reading (`-u`).
    Accessed,
    /// Of the status (`-c`).
    Changed,
}

/// The options of one listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What lines look like.
    pub shape: Shape,
    /// Names with dots.
    pub dots: Dots,
    /// The order.
    pub order: Order,
    /// The other way round (`-r`).
    pub reverse: bool,
    /// The time shown.
    pub clock: Clock,
    /// Marks after names (`-F`).
    pub classify: bool,
    /// Sizes for people (`-h`).
    pub human: bool,
    /// Links as what they lead to (`-L`).
    pub follow: bool,
    /// Ids as numbers (`-n`).
    pub numeric: bool,
    /// What lies below, too (`-R`).
    pub recurse: bool,
    /// A directory's own line (`-d`).
    pub itself: bool,
    /// A directory's entries by the path that the client gave for it (NLST).
    pub with_path: bool,
    /// How deep `-R` goes.
    pub depth: u32,
    /// Most files listed.
    pub files: u64,
    /// Most directories listed.
    pub directories: u64,
}

impl Options {
    fn new(shape: Shape) -> Options {
        Options {
            shape,
            dots: Dots::Hidden,
            order: Order::Name,
            reverse: false,
            clock: Clock::Modified,
            classify: false,
            human: false,
            follow: false,
            numeric: false,
            recurse: false,
            itself: false,
            with_path: shape == Shape::Names,
            depth: DEPTH,
            files: u64::MAX,
            directories: u64::MAX,
        }
    }

    /// Reads a command's argument after ListOptions' text. Returns the path that the argument has besides.
    pub fn read<'a>(shape: Shape, configured: &str, argument: &'a [u8]) -> (Options, &'a [u8]) {
        let (mut options, strict) = Options::configured(shape, configured);
        let (letters, path) = split(argument);
        if !strict {
            letters.iter().for_each(|word| options.word(word));
        }
        (options, path)
    }

    /// MLSD shows all names, and heeds no ListOptions.
    pub fn for_facts(telling: Telling) -> Options {
        Options { dots: Dots::All, ..Options::new(Shape::Facts(telling)) }
    }

    /// STAT shows names with dots, and `.` and `..`.
    pub fn for_stat(self) -> Options {
        Options { dots: Dots::All, ..self }
    }

    /// ListOptions: letters, and words of which some take a number. `strict` closes them to clients.
    fn configured(shape: Shape, text: &str) -> (Options, bool) {
        let mut options = Options::new(shape);
        let mut strict = false;
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or(u64::MAX);
            match word.to_ascii_lowercase().as_str() {
                "strict" => strict = true,
                "maxfiles" => options.files = number(),
                "maxdirs" => options.directories = number(),
                "maxdepth" => options.depth = u32::try_from(number()).unwrap_or(DEPTH).min(DEPTH),
                _ => options.word(word.as_bytes()),
            }
        }
        (options, strict)
    }

    fn word(&mut self, word: &[u8]) {
        match word.split_first() {
            Some((b'-', letters)) => letters.iter().for_each(|letter| self.letter(*letter, true)),
            Some((b'+', letters)) => letters.iter().for_each(|letter| self.letter(*letter, false)),
            _ => {}
        }
    }

    fn letter(&mut self, letter: u8, on: bool) {
        match letter {
            b'a' => self.dots = if on { Dots::All } else { Dots::Hidden },
            b'A' => self.dots = if on { Dots::Almost } else { Dots::Hidden },
            b'1' if on => self.shape = Shape::Names,
            b'c' => self.clock = if on { Clock::Changed } else { Clock::Modified },
            b'u' => self.clock = if on { Clock::Accessed } else { Clock::Modified },
            b't' => self.order = if on { Order::Time } else { Order::Name },
            b'S' => self.order = if on { Order::Size } else { Order::Name },
            b'd' => self.itself = on,
            b'F' => self.classify = on,
            b'h' => self.human = on,
            b'L' => self.follow = on,
            b'n' => self.numeric = on,
            b'R' => self.recurse = on,
            b'r' => self.reverse = on,
            _ => {}
        }
    }
}

/// Words of options at an argument's front, and the rest: a path, blanks and all. `--` ends the options.
fn split(argument: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut words = Vec::new();
    let mut rest = argument.trim_ascii_start();
    while rest.first() == Some(&b'-') {
        let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after.trim_ascii_start();
        if word == b"--" {
            break;
        }
        words.push(word);
    }
    (words, rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn options_and_paths_come_apart() {
        let table: [(&[u8], &[u8], Dots); 9] = [
            (b"", b"", Dots::Hidden),
            (b"-a", b"", Dots::All),
            (b"-A -l dir", b"dir", Dots::Almost),
            (b"-al sp ace", b"sp ace", Dots::All),
            (b"-l  -a  x", b"x", Dots::All),
            (b"dir -a", b"dir -a", Dots::Hidden),
            (b"-- -a", b"-a", Dots::Hidden),
            (b"-z name", b"name", Dots::Hidden),
            (b"-", b"", Dots::Hidden),
        ];
        for (argument, path, dots) in table {
            let (options, rest) = Options::read(Shape::Long, "", argument);
            assert_eq!((rest, options.dots), (path, dots), "{argument:?}");
        }
    }

    #[test]
    fn the_operator_sets_what_clients_begin_with() {
        let (options, _) = Options::read(Shape::Long, "-a maxdepth 3 maxfiles 10", b"-R");
        assert_eq!((options.dots, options.depth, options.files, options.recurse), (Dots::All, 3, 10, true));
        let (options, path) = Options::read(Shape::Long, "-n strict", b"-aR dir");
        assert_eq!(
            (options.dots, options.recurse, options.numeric, path),
            (Dots::Hidden, false, true, &b"dir"[..])
        );
        let (options, _) = Options::read(Shape::Long, "maxdepth 1000000", b"");
        assert_eq!(options.depth, DEPTH);
    }

    proptest! {
        #[test]
        fn any_argument_is_read(configured: String, argument: Vec<u8>) {
            let (options, path) = Options::read(Shape::Long, &configured, &argument);
            prop_assert!(options.depth <= DEPTH);
            prop_assert!(argument.ends_with(path));
        }
    }
}
