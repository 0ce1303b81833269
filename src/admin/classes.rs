//! How many sessions each class has, in the order in which classes are met.

use super::session::Session;
use super::spans::plural;

/// The closing lines of `ftpwho` and `ftpcount`; empty without any session.
pub fn lines(sessions: &[Session]) -> String {
    let line = |(class, count): (&str, u64)| {
        format!("Service class {class:<20} - {count:3} user{}\n", plural(count))
    };
    counted(sessions).into_iter().map(line).collect()
}

/// Each class with its sessions; one without a name for those without a class.
pub fn counted(sessions: &[Session]) -> Vec<(&str, u64)> {
    let mut classes: Vec<(&str, u64)> = Vec::new();
    for session in sessions {
        match classes.iter_mut().find(|(class, _)| *class == session.class) {
            Some((_, count)) => *count += 1,
            None => classes.push((&session.class, 1)),
        }
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::super::session::examples;
    use super::*;

    #[test]
    fn classes_are_counted_and_so_is_none() {
        assert_eq!(
            lines(&examples::sessions()),
            "Service class local                -   4 users\nService class                      -   1 user\n"
        );
        assert_eq!(lines(&[]), "");
    }
}
