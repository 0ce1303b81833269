//! Who comes in, by which books, and where he lives then.

mod anonymous;
mod attendance;
mod conditions;
mod files;
mod homes;
mod host_accounts;
mod pam;
mod rules;
