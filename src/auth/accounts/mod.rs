//! Where accounts come from, and what is known of them: the configuration's password files, the host's name service, and what closes an
//! account whatever its password.

mod ageing;
pub mod ftpusers;
mod group_file;
pub mod host_accounts;
pub mod in_files;
mod kept;
pub mod known_ids;
pub mod line_filter;
pub mod remarks;
pub mod shells;
pub mod source;
pub mod syntax;
mod user_file;
pub mod virtual_users;
