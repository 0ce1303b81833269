//! The table of clients and what they are asked to do: a column for each action, a row for each client.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use super::stage::Stage;
use crate::harness::ports::has_family;
use crate::harness::scale::{has_program, skipped};

/// A column. To log in goes before everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    List,
    Download,
    Upload,
    ResumeDownload,
    ResumeUpload,
    Rename,
    Delete,
    TreeDown,
    TreeUp,
    Passive,
    Active,
    /// Files by a pattern of their names.
    Pattern,
    /// A part of a file, or a file in parts.
    Part,
    /// A listing by MLSD.
    Facts,
    /// MODE Z.
    Compressed,
    /// From one server to another (FXP).
    Between,
}

use Action::*;

/// The columns in their order.
pub const ACTIONS: [Action; 16] = [
    List,
    Download,
    Upload,
    ResumeDownload,
    ResumeUpload,
    Rename,
    Delete,
    TreeDown,
    TreeUp,
    Passive,
    Active,
    Pattern,
    Part,
    Facts,
    Compressed,
    Between,
];

impl Action {
    fn title(self) -> &'static str {
        match self {
            List => "list",
            Download => "download",
            Upload => "upload",
            ResumeDownload => "resume a download",
            ResumeUpload => "resume an upload",
            Rename => "rename",
            Delete => "delete",
            TreeDown => "tree down",
            TreeUp => "tree up",
            Passive => "passive",
            Active => "active",
            Pattern => "pattern",
            Part => "part",
            Facts => "MLSD",
            Compressed => "MODE Z",
            Between => "FXP",
        }
    }

    /// What the daemon refuses, so that the client has no other way.
    fn lines(self) -> Option<&'static str> {
        match self {
            Passive => Some("<Limit PORT EPRT>\nDenyAll\n</Limit>"),
            Active => Some("<Limit PASV EPSV>\nDenyAll\n</Limit>"),
            Facts => Some("<Limit LIST NLST>\nDenyAll\n</Limit>"),
            Compressed => Some("DeflateEngine on"),
            Between => Some("AllowForeignAddress on"),
            _ => None,
        }
    }
}

/// How a client does something; it panics when that goes wrong.
pub type Act = fn(&Stage);

/// By which addresses it does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Families {
    Both,
    /// The client, or this of it, knows no IPv6.
    Ipv4,
}

impl Families {
    fn has(self, address: IpAddr) -> bool {
        self == Families::Both || address.is_ipv4()
    }

    fn title(self) -> &'static str {
        match self {
            Families::Both => "4 6",
            Families::Ipv4 => "4",
        }
    }
}

/// A row.
pub struct Client {
    pub name: &'static str,
    /// Debian's package.
    pub package: &'static str,
    /// Its programs on the PATH.
    pub programs: &'static [&'static str],
    pub acts: &'static [(Action, Families, Act)],
}

impl Client {
    fn act(&self, action: Action) -> Option<(Families, Act)> {
        self.acts.iter().find(|act| act.0 == action).map(|act| (act.1, act.2))
    }
}

const ADDRESSES: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Has a client do all that it can, on both families at once.
pub fn perform(client: &'static Client) {
    if !client.programs.iter().all(|program| has_program(program, client.name)) {
        return;
    }
    std::thread::scope(|scope| {
        for address in ADDRESSES {
            if !has_family(&address) {
                skipped("needs IPv6 on the loopback", client.name);
            } else if client.acts.iter().any(|act| act.1.has(address)) {
                scope.spawn(move || perform_on(client, address));
            }
        }
    });
    tell(client);
}

fn perform_on(client: &'static Client, address: IpAddr) {
    let usual = Stage::new(address, "");
    for action in ACTIONS {
        let act = client.act(action).filter(|(families, _)| families.has(address));
        let Some((_, act)) = act else { continue };
        let start = Instant::now();
        let named = Named { client, action, address };
        match action.lines() {
            Some(lines) => act(&Stage::new(address, lines)),
            None => {
                usual.clear();
                act(&usual);
            }
        }
        named.done(start.elapsed());
    }
}

/// Which cell is being filled: a failure names it.
struct Named {
    client: &'static Client,
    action: Action,
    address: IpAddr,
}

static DONE: Mutex<Vec<(&str, Action, IpAddr, Duration)>> = Mutex::new(Vec::new());

impl Named {
    fn done(&self, took: Duration) {
        let mut done = DONE.lock().expect("nobody panics here");
        done.push((self.client.name, self.action, self.address, took));
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}: {} by {}", self.client.name, self.action.title(), self.address);
        }
    }
}

/// The table of what clients can: the families by which they did each thing.
pub fn page(clients: &[&Client]) -> String {
    table(clients, |client, action| match client.act(action) {
        Some((families, _)) => families.title().into(),
        None => "–".into(),
    })
}

/// Prints a client's row on the real stderr, which the test runner does not capture: the seconds that each thing took, on each family.
fn tell(client: &Client) {
    static HEADER: Once = Once::new();
    let done = DONE.lock().expect("nobody panics here");
    let seconds = |_: &Client, action| {
        let cells = done.iter().filter(|cell| (cell.0, cell.1) == (client.name, action));
        cells.map(|cell| format!("{:.1}", cell.3.as_secs_f32())).collect::<Vec<_>>().join(" ")
    };
    let text = table(&[client], seconds);
    let mut lines = text.lines();
    let header = lines.by_ref().take(2).collect::<Vec<_>>().join("\n");
    HEADER.call_once(|| _ = writeln!(std::io::stderr(), "{header}"));
    lines.for_each(|row| _ = writeln!(std::io::stderr(), "{row}"));
}

fn table(clients: &[&Client], cell: impl Fn(&Client, Action) -> String) -> String {
    let titles: Vec<&str> = ACTIONS.iter().map(|action| action.title()).collect();
    let mut text = format!("| client | package | {} |\n", titles.join(" | "));
    text += &"| --- ".repeat(ACTIONS.len() + 2);
    text += "|\n";
    for client in clients {
        let cells: Vec<String> = ACTIONS.iter().map(|action| cell(client, *action)).collect();
        let _ = writeln!(text, "| {} | {} | {} |", client.name, client.package, cells.join(" | "));
    }
    text
}
