//! `.ftpaccess` as both servers hear it: what one may say, what may stand beside it, and what the configuration says around it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use super::package::Package;
use super::server::{OWNER, Program, Server};
use crate::harness::client::Client;
use crate::harness::{PASSWORD, as_root};

const CLOSED: &str = "<Limit READ>\nDenyAll\n</Limit>\n";
const OPEN: &str = "<Limit READ>\nAllowAll\n</Limit>\n";

/// What the configuration says of a folder (`{}`), the folder's file, and that of the folder within it.
const CASES: &[(&str, &str, &str)] = &[
    ("", CLOSED, ""),
    ("", CLOSED, OPEN),
    ("", OPEN, CLOSED),
    ("", "", CLOSED),
    ("<Directory {}>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>\n", OPEN, ""),
    ("<Directory {}/in>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>\n", OPEN, ""),
    ("<Directory {}/in>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>\n", "", OPEN),
    ("<Directory {}>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>\n", "", OPEN),
    ("<Directory {}*>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>\n", OPEN, ""),
    ("<Directory {}/i*>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>\n", OPEN, ""),
    ("<Directory {}/i*>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>\n", "", OPEN),
    ("<Directory {}/*>\n<Limit READ>\nDenyAll\n</Limit>\n</Directory>\n", "", OPEN),
    ("<Directory {}>\nUmask 077\nAllowOverwrite off\n</Directory>\n", "Umask 022\nAllowOverwrite on\n", ""),
    ("", "<Limit STOR>\nDenyAll\n</Limit>\n", ""),
    ("", "<Limit WRITE>\nDenyAll\n</Limit>\n", "<Limit DELE>\nAllowAll\n</Limit>\n"),
    ("", "<Limit ALL>\nDenyAll\n</Limit>\n", "<Limit ALL>\nAllowAll\n</Limit>\n"),
    ("", "<Limit DIRS>\nDenyAll\n</Limit>\n", ""),
    ("", "", "<Limit DIRS>\nDenyAll\n</Limit>\n"),
    ("", "<Limit CWD>\nDenyAll\n</Limit>\n", ""),
    ("", "<Limit MKD>\nDenyAll\n</Limit>\n", ""),
    ("", "<Limit SITE_CHMOD>\nDenyAll\n</Limit>\n", ""),
    ("", "<Limit LOGIN>\nDenyAll\n</Limit>\n", ""),
    ("", "<Limit READ>\nAllowUser bob\nDenyAll\n</Limit>\n", ""),
    ("", "<Limit READ>\nAllowUser alice\nDenyAll\n</Limit>\n", ""),
    ("", "<Limit READ>\nDenyGroup club\n</Limit>\n", ""),
    ("", "<Limit READ>\nOrder deny,allow\nDeny from 127.0.0.1\n</Limit>\n", ""),
    ("", "<Limit READ>\nOrder deny,allow\nAllow from 127.0.0.1\n</Limit>\n", ""),
    ("", "AllowOverwrite off\n", "AllowOverwrite on\n"),
    ("", "AllowStoreRestart off\nAllowRetrieveRestart off\n", ""),
    ("", "Umask 077 077\n", "Umask 002\n"),
    ("", "PathDenyFilter new$\n", ""),
    ("", "PathDenyFilter new$\n", "PathDenyFilter none\n"),
    ("", "PathAllowFilter x$\n", ""),
    ("", "HideFiles ^x$\n", "HideFiles none\n"),
    ("", "HideFiles ^x$\n<Limit READ DIRS>\nIgnoreHidden on\n</Limit>\n", ""),
    ("<Directory {}*>\nUmask 077\nAllowOverwrite off\n</Directory>\n", "Umask 022\nAllowOverwrite on\n", ""),
    (
        "<Directory {}/*>\nUmask 077\nAllowOverwrite off\n</Directory>\n",
        "Umask 022\nAllowOverwrite on\n",
        "Umask 002\n",
    ),
    (
        "<Directory {}>\n<Limit STOR>\nDenyAll\n</Limit>\n</Directory>\n",
        "<Limit STOR>\nAllowAll\n</Limit>\n",
        "<Limit READ>\nDenyAll\n</Limit>\n",
    ),
    ("", "DirFakeMode 0640\n", ""),
    ("", "MaxStoreFileSize 4 B\n", "MaxStoreFileSize 100 Kb\n"),
    ("", "GroupOwner club\nAllowOverwrite off\n", "GroupOwner www-data\nAllowOverwrite off\n"),
    ("", "UserOwner bob\n", ""),
    ("", "AllowAll\n", ""),
    ("", "Nonsense on\n<Limit READ>\nDenyAll\n</Limit>\n", ""),
    (
        "",
        "Port 2122\nMaxClients 1\nHideUser alice\nHiddenStores on\nAllowOverride off\n<Limit READ>\nDenyAll\n</Limit>\n",
        "",
    ),
    ("", "AllowOverwrite maybe\nUmask 9\n<Limit READ>\nDenyAll\n</Limit>\n", ""),
    ("", "<Limit READ>\nNonsense\nDenyAll\n</Limit>\n", ""),
    ("", "<Limit READ NOSUCH>\nDenyAll\n</Limit>\n", ""),
    ("", "<Limit READ>\nDenyAll\n", ""),
    ("", "</Limit>\n<Limit READ>\nDenyAll\n</Limit>\n", ""),
    (
        "",
        "<Directory /x>\n<Limit STOR>\nDenyAll\n</Limit>\n</Directory>\n<Limit READ>\nDenyAll\n</Limit>\n",
        "",
    ),
    ("", "<IfUser bob>\n<Limit READ>\nDenyAll\n</Limit>\n</IfUser>\n", ""),
    ("", "<Limit READ>\n<Limit WRITE>\nDenyAll\n</Limit>\n</Limit>\n", ""),
    ("", "<IfModule mod_core.c>\n<Limit READ>\nDenyAll\n</Limit>\n</IfModule>\n", ""),
    ("", "<IfModule mod_nosuch.c>\n<Limit READ>\nDenyAll\n</Limit>\n</IfModule>\n", ""),
    ("", "Include {}/x\n<Limit READ>\nDenyAll\n</Limit>\n", ""),
    ("", "<Limit \\\nREAD>\nDenyAll\n</Limit>\n", ""),
];

/// Asked of each folder; `@` is its name.
const ASKED: &[&str] = &[
    "TYPE I",
    "RETR @/x",
    "RETR @/in/x",
    "SIZE @/x",
    "MDTM @/in/x",
    "CWD @",
    "RETR x",
    "PWD",
    "CWD /",
    "CWD @/in",
    "CWD /",
    "LIST @",
    "LIST @/in",
    "NLST @/in",
    "MLST @/in/x",
    "SITE CHMOD 644 @/x",
    "STOR @/new",
    "STOR @/in/new",
    "STOR @/x",
    "REST 2",
    "RETR @/x",
    "APPE @/in/new",
    "MKD @/made",
    "RNFR @/x",
    "RNTO @/y",
    "RNFR @/y",
    "RNTO @/x",
    "DELE @/in/x",
    "RMD @/made",
];

/// What all of them are answered, and the files that are there then.
fn answers(program: Program, package: &Package) -> Vec<Vec<String>> {
    let lines: String = CASES
        .iter()
        .enumerate()
        .map(|(number, (section, ..))| section.replace("{}", &format!("{{folder}}/home/d{number:03}")))
        .collect();
    let server = Server::start(
        program,
        package,
        &("DefaultRoot ~\nAllowOverwrite on\nAllowStoreRestart on\n".to_owned() + &lines),
    );
    for (number, (_, own, inner)) in CASES.iter().enumerate() {
        plant(&server.home().join(format!("d{number:03}")), own);
        plant(&server.home().join(format!("d{number:03}/in")), inner);
    }
    (0..CASES.len()).map(|number| answers_of(&server, number)).collect()
}

/// Each folder has a session of its own: in ProFTPD the filters of one folder's file stay behind.
fn answers_of(server: &Server, number: usize) -> Vec<String> {
    let mut client = Client::greeted(server.address());
    client.command("USER alice").expect(331);
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    let mut said = Vec::new();
    for line in ASKED {
        let line = line.replace('@', &format!("d{number:03}"));
        said.push(format!("{line}: {}", answer(&mut client, &line)));
    }
    let folder = server.home().join(format!("d{number:03}"));
    said.push(files(&folder) + &files(&folder.join("in")));
    said
}

fn answer(client: &mut Client, line: &str) -> String {
    let (verb, _) = line.split_once(' ').unwrap_or((line, ""));
    match verb {
        "RETR" | "LIST" | "NLST" => match client.try_download(line) {
            Ok(bytes) => names(verb, &String::from_utf8_lossy(&bytes)),
            // A folder that may not be listed is empty to ProFTPD.
            Err(_) if verb == "LIST" => String::new(),
            Err(_) => "refused".to_owned(),
        },
        "STOR" | "APPE" => format!("{:?}", client.try_upload(line, b"eight by").is_ok()),
        // Facts and times are compared elsewhere.
        "MLST" | "MDTM" => client.command(line).code.to_string(),
        _ => client.command(line).text(),
    }
}

/// Mode and name of each line, for no line has the same time.
fn names(verb: &str, text: &str) -> String {
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| match verb {
            "LIST" => {
                line.split(' ').next().unwrap_or_default().to_owned()
                    + line.rsplit(' ').next().unwrap_or_default()
            }
            _ => line.to_owned(),
        })
        .collect();
    lines.sort();
    lines.join(" ")
}

fn plant(folder: &Path, text: &str) {
    fs::create_dir_all(folder).expect("a folder");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("its mode");
    fs::write(folder.join("x"), "bytes of x").expect("a file");
    if !text.is_empty() {
        fs::write(folder.join(".ftpaccess"), text.replace("{}", &folder.display().to_string()))
            .expect("a file");
        chown(folder.join(".ftpaccess"), Some(OWNER), Some(OWNER)).expect("its owner");
    }
    chown(folder.join("x"), Some(OWNER), Some(OWNER)).expect("its owner");
    chown(folder, Some(OWNER), Some(OWNER)).expect("its owner");
}

/// Names, sizes, modes and owners.
fn files(folder: &Path) -> String {
    use std::os::unix::fs::MetadataExt;
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut told: Vec<String> = entries
        .map(|entry| {
            let found = entry.metadata().expect("there");
            let size = if found.is_dir() { 0 } else { found.size() };
            format!("{:?} {size} {:o} {}:{}", entry.file_name(), found.mode(), found.uid(), found.gid())
        })
        .collect();
    told.sort();
    told.join(", ")
}

#[test]
fn both_hear_the_same_of_folders_own_files() {
    const TEST: &str = "both_hear_the_same_of_folders_own_files";
    if !as_root(TEST) {
        return;
    }
    let Some(package) = Package::obtain(TEST) else { return };
    let (ours, theirs) = (answers(Program::Ferryd, &package), answers(Program::Proftpd, &package));
    let mut differ = Vec::new();
    for ((case, ours), theirs) in CASES.iter().zip(&ours).zip(&theirs) {
        let lines = ours.iter().zip(theirs).filter(|(ours, theirs)| ours != theirs);
        differ.extend(lines.map(|(ours, theirs)| format!("{case:?}\n   ours {ours}\n theirs {theirs}")));
    }
    let compared = CASES.len() * (ASKED.len() + 1);
    eprintln!("differential: {} folders with files of their own, {compared} answers compared", CASES.len());
    assert!(differ.is_empty(), "{} of {compared} differ\n{}", differ.len(), differ.join("\n"));
}
