//! What a client may ask of a listing, as with ls(1): `-a -A -1 -C -c -d -F -h -L -l -n -R -r -S -t -U -u`. The letters of
//! ListOptions come after those of the client, and so have the last word. Letters without a meaning are passed over, as ProFTPD
//! does; `-B` is one of them, since names are sent as they are.

use super::{Shape, Telling};
use crate::config::listings::{DEPTH_MOST, ListCommands, ListOptions, ListStyle, USUAL};

/// Which command is to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// LIST.
    List,
    /// NLST.
    Names,
    /// STAT.
    Status,
}

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
    /// By the names' bytes; what matches a pattern always is.
    Name,
    /// Newest first (`-t`).
    Time,
    /// Largest first (`-S`).
    Size,
    /// As the directory has them (`-U`, NLST, MLSD).
    Found,
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
    /// Names and nothing before them (NLST with `-1`).
    pub is_bare: bool,
    /// Links' targets as they lead within the session's root.
    pub adjusted: bool,
    /// Whether a path's last component may be a pattern.
    pub patterns: bool,
    /// What is not there is an empty listing.
    pub is_forgiving: bool,
    /// How many levels `-R` shows.
    pub depth: u32,
    /// Most files listed.
    pub files: u64,
    /// Most directories listed below the first.
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
            is_bare: false,
            adjusted: false,
            patterns: true,
            is_forgiving: false,
            depth: DEPTH_MOST,
            files: u64::MAX,
            directories: u64::MAX,
        }
    }

    /// Reads a command's argument under ListOptions. Returns the path that the argument has besides.
    pub fn read<'a>(command: Command, configured: &ListOptions, argument: &'a [u8]) -> (Options, &'a [u8]) {
        let configured = if is_meant(configured.commands, command) { configured } else { &USUAL };
        // STAT takes one word of options, and its paths are the only ones that lose blanks in front.
        let is_status = command == Command::Status;
        let (words, path) =
            if is_status { split(argument.trim_ascii_start(), 1) } else { split(argument, usize::MAX) };
        let path = if is_status { path.trim_ascii_start() } else { path };
        let mut options = Options::bounded(command, configured);
        if !configured.strict && !is_status {
            words.iter().for_each(|word| options.word(command, word));
        }
        configured.letters.split_whitespace().for_each(|word| options.word(command, word.as_bytes()));
        let options = if is_status { options.for_status() } else { options };
        (options, path)
    }

    /// MLSD shows all names, unsorted, and heeds no ListOptions.
    pub fn for_facts(telling: Telling) -> Options {
        Options { dots: Dots::All, order: Order::Found, ..Options::new(Shape::Facts(telling)) }
    }

    /// STAT shows whole lines, of names with dots, too, and nothing below.
    fn for_status(self) -> Options {
        Options {
            shape: Shape::Long,
            dots: Dots::All,
            recurse: false,
            itself: false,
            patterns: false,
            ..self
        }
    }

    /// ListStyle: lines as IIS has them leave no choice of their form, nor of names with dots, as in ProFTPD.
    pub fn in_style(self, style: ListStyle, command: Command) -> Options {
        match style {
            ListStyle::Windows if command != Command::Names => {
                Options { shape: Shape::Windows, dots: Dots::Hidden, classify: false, ..self }
            }
            ListStyle::Windows | ListStyle::Unix => self,
        }
    }

    fn bounded(command: Command, configured: &ListOptions) -> Options {
        let shape = if command == Command::Names { Shape::Names } else { Shape::Long };
        let is_sorted = command != Command::Names || configured.sorted_names;
        Options {
            order: if is_sorted { Order::Name } else { Order::Found },
            adjusted: configured.adjusted_symlinks,
            is_forgiving: configured.no_error_if_absent,
            depth: configured.depth,
            files: configured.files.map_or(u64::MAX, u64::from),
            // The one that was asked for is not among those below.
            directories: configured.directories.map_or(u64::MAX, |most| u64::from(most).saturating_sub(1)),
            ..Options::new(shape)
        }
    }

    fn word(&mut self, command: Command, word: &[u8]) {
        let Some((sign, letters)) = word.split_first().filter(|(sign, _)| matches!(sign, b'-' | b'+')) else {
            return;
        };
        for letter in letters {
            match command {
                Command::Names => self.letter_of_names(*letter, *sign == b'-'),
                Command::List | Command::Status => self.letter(*letter, *sign == b'-'),
            }
        }
    }

    fn letter(&mut self, letter: u8, on: bool) {
        match letter {
            b'1' => self.form(Shape::Names, on),
            b'C' => self.form(Shape::Columns, on),
            b'l' => self.form(Shape::Long, on),
            b'a' => self.dots = if on { Dots::All } else { Dots::Hidden },
            b'A' => self.dots = if on { Dots::Almost } else { Dots::Hidden },
            b'c' => self.clock = if on { Clock::Changed } else { Clock::Modified },
            b'u' => self.clock = if on { Clock::Accessed } else { Clock::Modified },
            b't' => self.order = if on { Order::Time } else { Order::Name },
            b'S' => self.order = if on { Order::Size } else { Order::Name },
            b'U' => self.order = if on { Order::Found } else { Order::Name },
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

    /// NLST is names whatever is asked for; which, and whether bare, may be chosen.
    fn letter_of_names(&mut self, letter: u8, on: bool) {
        match letter {
            b'1' => self.is_bare = on,
            b'a' | b'A' => self.letter(letter, on),
            _ => {}
        }
    }

    /// The last form named holds; one switched off leaves whole lines.
    fn form(&mut self, shape: Shape, on: bool) {
        match on {
            true => self.shape = shape,
            false if self.shape == shape => self.shape = Shape::Long,
            false => {}
        }
    }
}

fn is_meant(commands: ListCommands, command: Command) -> bool {
    match commands {
        ListCommands::All => true,
        ListCommands::List => command == Command::List,
        ListCommands::Names => command == Command::Names,
    }
}

/// Words of options at an argument's front, so many at most, and the rest: a path, whose blanks belong to it but for the one before.
/// `--` ends the options.
fn split(argument: &[u8], most: usize) -> (Vec<&[u8]>, &[u8]) {
    let mut words = Vec::new();
    let mut rest = argument;
    while rest.first() == Some(&b'-') && words.len() < most {
        let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after.strip_prefix(b" ").unwrap_or(after);
        if word == b"--" {
            break;
        }
        words.push(word);
    }
    (words, if rest.trim_ascii().is_empty() { b"" } else { rest })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(command: Command, letters: &str, argument: &str) -> Options {
        let configured = ListOptions { letters: letters.to_owned(), ..USUAL.clone() };
        Options::read(command, &configured, argument.as_bytes()).0
    }

    #[test]
    fn options_and_paths_come_apart() {
        let table: [(&[u8], &[u8], Dots); 10] = [
            (b"", b"", Dots::Hidden),
            (b"-a", b"", Dots::All),
            (b"-A -l dir", b"dir", Dots::Almost),
            (b"-al sp ace", b"sp ace", Dots::All),
            (b"-l -a  x", b" x", Dots::All),
            (b"dir -a", b"dir -a", Dots::Hidden),
            (b"-- -a", b"-a", Dots::Hidden),
            (b"-z name", b"name", Dots::Hidden),
            (b"-", b"", Dots::Hidden),
            (b"-a   ", b"", Dots::All),
        ];
        for (argument, path, dots) in table {
            let (options, rest) = Options::read(Command::List, &USUAL, argument);
            assert_eq!((rest, options.dots), (path, dots), "{argument:?}");
        }
        assert_eq!(Options::read(Command::Status, &USUAL, b" -l  -a x").1, b"-a x");
    }

    #[test]
    fn the_last_form_holds() {
        let table = [
            ("-1C", Shape::Columns),
            ("-C1", Shape::Names),
            ("-l1", Shape::Names),
            ("-1l", Shape::Long),
            ("-C -l", Shape::Long),
        ];
        for (argument, shape) in table {
            assert_eq!(read(Command::List, "", argument).shape, shape, "{argument}");
            assert_eq!(read(Command::Names, "", argument).shape, Shape::Names);
            assert_eq!(read(Command::Status, "", argument).shape, Shape::Long);
        }
    }

    #[test]
    fn the_operator_has_the_last_word() {
        assert_eq!(read(Command::List, "-a", "-A").dots, Dots::All);
        assert!(!read(Command::List, "-a +R", "-R").recurse);
        assert_eq!(read(Command::List, "-1", "-l").shape, Shape::Names);
        assert!(read(Command::Names, "-1", "").is_bare && !read(Command::Names, "+1", "-F1 -C").is_bare);
        assert!(read(Command::Status, "-n", "").numeric && !read(Command::Status, "", "-n").numeric);
        assert_eq!(read(Command::Status, "-1", "-R d").dots, Dots::All);
        let strict = ListOptions { letters: "-n".to_owned(), strict: true, ..USUAL.clone() };
        let (options, path) = Options::read(Command::List, &strict, b"-aR dir");
        assert_eq!(
            (options.dots, options.recurse, options.numeric, path),
            (Dots::Hidden, false, true, &b"dir"[..])
        );
    }

    #[test]
    fn what_is_for_one_command_leaves_the_others_alone() {
        for (commands, list, names) in [(ListCommands::List, 3, u64::MAX), (ListCommands::Names, u64::MAX, 3)]
        {
            let configured = ListOptions { commands, files: Some(3), ..USUAL.clone() };
            let files = |command| Options::read(command, &configured, b"").0.files;
            assert_eq!((files(Command::List), files(Command::Names)), (list, names));
            assert_eq!(files(Command::Status), u64::MAX);
        }
    }

    #[test]
    fn names_are_sorted_where_the_operator_says_so() {
        let order = |commands, command, argument: &[u8]| {
            let configured = ListOptions { commands, sorted_names: true, ..USUAL.clone() };
            Options::read(command, &configured, argument).0.order
        };
        for argument in ["", "-U", "-t", "-1a"] {
            assert_eq!(read(Command::Names, "", argument).order, Order::Found, "{argument}");
            assert_eq!(read(Command::Names, argument, "").order, Order::Found, "{argument}");
            assert_eq!(
                order(ListCommands::All, Command::Names, argument.as_bytes()),
                Order::Name,
                "{argument}"
            );
        }
        assert_eq!(order(ListCommands::Names, Command::Names, b""), Order::Name);
        assert_eq!(order(ListCommands::List, Command::Names, b""), Order::Found);
        for commands in [ListCommands::All, ListCommands::List, ListCommands::Names] {
            assert_eq!(order(commands, Command::List, b""), Order::Name);
            assert_eq!(order(commands, Command::List, b"-U"), Order::Found);
            assert_eq!(order(commands, Command::Status, b""), Order::Name);
        }
    }

    proptest! {
        #[test]
        fn any_argument_is_read(letters: String, argument: Vec<u8>) {
            let configured = ListOptions { letters, ..USUAL.clone() };
            for command in [Command::List, Command::Names, Command::Status] {
                let (options, path) = Options::read(command, &configured, &argument);
                prop_assert!(options.depth <= DEPTH_MOST);
                prop_assert!(argument.ends_with(path));
            }
        }
    }
}
