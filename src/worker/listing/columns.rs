//! Names in columns (`-C`), sorted downwards, set apart by tabs.

/// Where the last column ends at the latest.
const WIDTH: usize = 79;
/// Columns between tabs.
const TAB: usize = 8;

/// Tells each row of these names.
pub fn rows<E>(names: &[Vec<u8>], tell: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    let longest = names.iter().map(Vec::len).max().unwrap_or(0);
    let width = (longest / TAB + 1) * TAB;
    let height = names.len().div_ceil((WIDTH / width).max(1));
    let mut row = Vec::new();
    for first in 0..height {
        row.clear();
        let mut above: Option<usize> = None;
        for name in names.iter().skip(first).step_by(height) {
            let tabs = above.map_or(0, |length| (width - length).div_ceil(TAB));
            row.extend(std::iter::repeat_n(b'\t', tabs));
            row.extend_from_slice(name);
            above = Some(name.len());
        }
        tell(&row)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(names: &[&str]) -> Vec<String> {
        let names: Vec<Vec<u8>> = names.iter().map(|name| name.as_bytes().to_vec()).collect();
        let mut told = Vec::new();
        let mut tell = |row: &[u8]| -> Result<(), ()> {
            told.push(String::from_utf8_lossy(row).into_owned());
            Ok(())
        };
        assert_eq!(rows(&names, &mut tell), Ok(()));
        told
    }

    #[test]
    fn names_stand_in_columns() {
        assert_eq!(told(&[]), Vec::<String>::new());
        assert_eq!(told(&["e", "inner", "inner2"]), ["e\tinner\tinner2"]);
        assert_eq!(told(&["d/e", "d/inner", "d/inner2"]), ["d/e\t\td/inner\t\td/inner2"]);
        let names: Vec<String> = (10..50).map(|number| format!("abcdef{number}")).collect();
        let rows = told(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(rows.len(), 10);
        assert_eq!(rows[0], "abcdef10\tabcdef20\tabcdef30\tabcdef40");
        let long = "x".repeat(300);
        assert_eq!(told(&["a", &long, "b"]), ["a", &long, "b"]);
    }
}
