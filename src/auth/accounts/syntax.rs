//! Whether account files are written as they should be, for who wants to know before anybody logs in.

use super::group_file::GroupTable;
use super::line_filter::LineFilter;
use super::user_file::UserTable;

/// The first line of a file of users that is none, and why.
pub fn fault_of_users(contents: Vec<u8>) -> Option<String> {
    let table = UserTable::read(contents, &LineFilter::default());
    table.broken().first().map(|line| format!("line {}: {}", line.number, line.fault))
}

/// Whether lines of a file of groups are none.
pub fn fault_of_groups(contents: &[u8]) -> Option<String> {
    let broken = GroupTable::read(contents, &LineFilter::default()).broken();
    (broken > 0).then(|| format!("{broken} of its lines are no groups"))
}
