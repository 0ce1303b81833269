//! LIST, NLST and STAT with their options, on what they can be asked for.

use super::{Script, Who, script};

const OPTIONS: &[&str] = &[
    "", "-l", "-a", "-A", "-la", "-1", "-R", "-d", "-F", "-t", "-r", "-tr", "-S", "-Sr", "-n", "-C", "-x",
    "-h", "-c", "-u", "-B", "-L", "-i", "-s", "-U", "-Z", "-aR", "-ld", "-1a", "--", "-a -l", "- ", "-l -a",
];

const OPERANDS: &[&str] = &[
    "",
    "folder",
    "plain",
    "missing",
    "*",
    "f*",
    "*/*",
    "to-folder",
    "dangling",
    "emptied",
    ".",
    "..",
    "plain folder",
    "d/*",
    "to-folder/*",
    "to-*/inside",
    "nomatch*",
    "{plain,empty}",
    "[pl]*",
];

/// ProFTPD ends the session at these: what comes after them is not compared.
const ENDS: &[&str] = &["LIST -d", "LIST -ld"];

/// A script for each verb and option.
pub fn scripts() -> Vec<Script> {
    let alone = |line: &&str| {
        script(format!("listings/{line} alone"), "rooted", Who::User, &[format!("< {line}").into()])
    };
    let mut scripts: Vec<Script> = ENDS.iter().map(alone).collect();
    for verb in ["LIST", "NLST", "STAT"] {
        for options in OPTIONS {
            let way = if verb == "STAT" { "" } else { "< " };
            let line = |operand: &&str| {
                format!(
                    "{way}{}",
                    [verb, options, operand]
                        .iter()
                        .filter(|word| !word.is_empty())
                        .copied()
                        .collect::<Vec<_>>()
                        .join(" ")
                )
            };
            let ends = |line: &String| ENDS.iter().any(|end| line.ends_with(end));
            let lines = OPERANDS.iter().map(line).filter(|line| !ends(line));
            let rows: Vec<Vec<u8>> = lines.map(String::into_bytes).collect();
            let name = format!("listings/{verb} {options}");
            scripts.push(script(name, "rooted", Who::User, &rows));
        }
    }
    scripts
}
