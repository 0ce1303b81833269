//! Pages that are printed: manual pages, from the definitions of the command lines, and the directives, from their rows.

use std::fs;
use std::path::Path;

use clap::Command;
use ferryd::{admin, config, invocation};

const FERRYD: &str = r#".SH EXIT STATUS
0 when clients are served (without \fB\-n\fR), when the daemon was told to end, and when what was asked for was printed.
1 for every mistake on the command line, in the configuration or at the start; a sentence on stderr says which.
2 when \fB\-\-report\fR knows of lines without effect, \fB\-\-diff\fR of differences, or \fB\-\-explain\fR of a refusal.
.SH SIGNALS
They are sent to the number in the PidFile.
.TP
TERM, INT
Every session hears 421; what is left after ShutdownTimeout is killed.
.TP
QUIT
No more connections; sessions finish.
.TP
HUP
The configuration is read anew beside the running one. A broken one changes nothing and is told in the log.
.TP
USR1
The logs are opened anew.
.TP
USR2
The program that now lies where this one was started from takes its place, in the same process, without a connection refused or a
transfer cut. If it cannot serve, this one goes on, and the log says why.
.SH SERVERTYPE INETD
With \fBServerType inetd\fR in the configuration the program serves the one connection that is its stdin, or the first of the descriptors
that LISTEN_FDS tells of, and ends with it: start it from inetd(8) (\fBftp stream tcp nowait root /usr/sbin/ferryd ferryd\fR), xinetd(8)
or a socket unit of systemd with Accept=yes. There is no PidFile; the scoreboard is shared by all such sessions, and limits are counted over all of them.
MaxInstances and MaxConnectionRate are the listener's business. What goes wrong at the start is told in SystemLog, else by syslog.
.SH FILES
.TP
/etc/proftpd/proftpd.conf
The configuration, unless \fB\-c\fR names another.
.TP
/run/proftpd.pid, /run/proftpd.scoreboard, /etc/shutmsg
PidFile, ScoreboardFile and ShutdownFile, unless the configuration names others. \fB\-V\fR tells what this program was built with.
"#;

const FTPDCTL: &str = r#".SH EXIT STATUS
0 when it is done; 1 when it could not be done; 2 when it was not understood; 3 when you may not ask for it; 4 when no server answers.
"#;

const FTPSHUT: &str = r#".SH EXIT STATUS
0 when the file was written or removed, or its status told; 1 otherwise, with a sentence on stderr.
"#;

/// Of the tools that read the scoreboard.
const READER: &str = r#".SH EXIT STATUS
0 when it was told; 1 for a mistake on the command line, and where there is no scoreboard to read.
.SH FILES
The scoreboard is the file that \fB\-f\fR names, else the ScoreboardFile of the configuration, which \fB\-c\fR names or else is
/etc/proftpd/proftpd.conf. It is read and never written: nobody waits for a reader, and a daemon that has ended can still be looked at
for as long as the file lies there.
"#;

struct Manual {
    command: Command,
    section: &'static str,
    closing: &'static str,
}

fn manuals() -> [Manual; 8] {
    let manual = |command, section, closing| Manual { command, section, closing };
    [
        manual(admin::count::command(), "1", READER),
        manual(admin::top::command(), "1", READER),
        manual(admin::who::command(), "1", READER),
        manual(admin::control::command(), "8", FTPDCTL),
        manual(admin::scrub::command(), "8", ""),
        manual(admin::shut::command(), "8", FTPSHUT),
        manual(admin::status::command(), "8", ""),
        manual(invocation::command(), "8", FERRYD),
    ]
}

impl Manual {
    /// As manual pages name each other.
    fn name(&self) -> String {
        format!("{}.{}", self.command.get_name(), self.section)
    }

    /// As the definition of the command line prints it, but for the synopsis.
    fn page(&self) -> String {
        let manual = clap_mangen::Man::new(self.command.clone()).section(self.section).date("");
        let mut bytes = Vec::new();
        manual.source("ferryd").manual("ferryd").render(&mut bytes).expect("a page in memory");
        let text = String::from_utf8(bytes).expect("a page is text");
        let (head, rest) = text.split_once(".SH SYNOPSIS\n").expect("a synopsis");
        let (_, rest) = rest.split_once('\n').expect("a synopsis is one line");
        let rest = rest.replace(".SH EXTRA\n", ".SH NOTES\n");
        format!("{head}.SH SYNOPSIS\n{}\n{rest}{}{}", self.synopsis(), self.closing, self.see_also())
    }

    /// Each option with the name of its value, which clap_mangen leaves out.
    fn synopsis(&self) -> String {
        let shown = |argument: &&clap::Arg| !argument.is_hide_set();
        let words = self.command.get_arguments().filter(shown).map(synopsis_of).collect::<Vec<_>>().join(" ");
        format!("\\fB{}\\fR {words}", self.command.get_name().replace('-', "\\-"))
    }

    fn see_also(&self) -> String {
        let others =
            manuals().into_iter().filter(|other| other.command.get_name() != self.command.get_name());
        let named = |other: Manual| {
            format!("\\fB{}\\fR({})", other.command.get_name().replace('-', "\\-"), other.section)
        };
        format!(".SH SEE ALSO\n{}\n", others.map(named).collect::<Vec<_>>().join(", "))
    }
}

fn synopsis_of(argument: &clap::Arg) -> String {
    let takes_value = argument.get_action().takes_values();
    let value = argument.get_value_names().and_then(<[_]>::first).filter(|_| takes_value);
    let value = value.map(|name| format!("\\fI{}\\fR", name.as_str().to_lowercase()));
    let short = argument.get_short().map(|letter| format!("\\fB\\-{letter}\\fR"));
    let long = argument.get_long().map(|word| format!("\\fB\\-\\-{}\\fR", word.replace('-', "\\-")));
    let flags: Vec<String> = short.into_iter().chain(long).collect();
    let words: Vec<String> =
        [flags.join("|")].into_iter().chain(value).filter(|word| !word.is_empty()).collect();
    let more = if matches!(argument.get_action(), clap::ArgAction::Append) { " ..." } else { "" };
    format!("[{}{more}]", words.join(" "))
}

/// With FERRYD_WRITE=1 the pages are written anew instead.
#[test]
fn printed_pages_tell_the_truth() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let manuals = manuals().map(|manual| (format!("man/{}", manual.name()), manual.page()));
    let pages = manuals.into_iter().chain([("directives.md".to_owned(), config::reference())]);
    for (name, expected) in pages {
        let path = docs.join(&name);
        if std::env::var_os("FERRYD_WRITE").is_some() {
            fs::write(&path, &expected).expect("a page");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == expected, "docs/{name} is stale: FERRYD_WRITE=1 cargo test printed_pages");
    }
}
