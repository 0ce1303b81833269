//! A path as the client gave it, before the names that a listing tells.

/// No `.` or empty component in it, no `..` but in front, no `/` behind.
pub fn tidied(path: &[u8]) -> Vec<u8> {
    let mut names: Vec<&[u8]> = Vec::new();
    let is_absolute = path.starts_with(b"/");
    for name in path.split(|byte| *byte == b'/') {
        match (name, names.last()) {
            (b"" | b".", _) => {}
            (b"..", None) if is_absolute => {}
            (b"..", Some(last)) if *last != b".." => drop(names.pop()),
            _ => names.push(name),
        }
    }
    let front: &[u8] = if is_absolute { b"/" } else { b"" };
    [front, &names.join(&b'/')].concat()
}

/// With a slash behind it.
pub fn with_slash(path: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if path.ends_with(b"/") { b"" } else { b"/" };
    [path, slash].concat()
}
