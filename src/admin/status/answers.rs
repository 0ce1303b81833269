//! What is answered to which path.

use super::super::metrics::Figures;
use super::super::watch::Look;
use super::history::History;
use super::{document, page, query};
use crate::scoreboard::{BoardError, Order};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP's status.
    pub status: u16,
    /// What the body is.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
/// What a scraper asks for.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The answer to a path and what follows its question mark.
pub fn answer(path: &str, asked: &str, seen: Result<(&Look, &History), BoardError>) -> Answer {
    match path {
        "/style.css" => return Answer::of("text/css; charset=utf-8", include_str!("style.css").to_owned()),
        "/script.js" => {
            return Answer::of("text/javascript; charset=utf-8", include_str!("script.js").to_owned());
        }
        _ => {}
    }
    let (look, history) = match seen {
        Ok(seen) => seen,
        Err(error) => return Answer::refusal(503, &error.to_string()),
    };
    match path {
        "/" => Answer::of(HTML, page::whole(look, history, &query::shown(asked))),
        "/part" => Answer::of(HTML, page::part(look, history, &query::shown(asked))),
        "/metrics" => Answer::of(OPENMETRICS, Figures::of(look).page()),
        "/status.json" => Answer::of("application/json", document::text(look, history)),
        "/healthz" => health(look.is_running, "no server holds the scoreboard"),
        "/readyz" => health(is_ready(look), "new clients are not served"),
        _ => Answer::refusal(404, "there are /, /metrics, /status.json, /healthz and /readyz"),
    }
}

/// Whether somebody who connects now is served.
fn is_ready(look: &Look) -> bool {
    let now = i64::try_from(look.now_ms / 1000).unwrap_or(i64::MAX);
    let schedule = look.header.schedule.as_ref();
    // A schedule for one server leaves the others.
    let refuses = schedule
        .is_some_and(|schedule| schedule.server.is_empty() && schedule.deny <= now && !schedule.is_over(now));
    look.is_running && look.header.ready && look.header.order == Order::Run && !refuses
}

fn health(is_well: bool, why: &str) -> Answer {
    if is_well { Answer::of(TEXT, "ok\n".to_owned()) } else { Answer::refusal(503, why) }
}

impl Answer {
    fn of(content_type: &'static str, body: String) -> Answer {
        Answer { status: 200, content_type, body }
    }

    /// One sentence, and why not.
    pub fn refusal(status: u16, why: &str) -> Answer {
        Answer { status, content_type: TEXT, body: format!("{why}\n") }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::super::super::watch::examples::look;
    use super::*;

    fn told(path: &str, look: &Look) -> (u16, String) {
        let answer = answer(path, "", Ok((look, &History::default())));
        (answer.status, answer.body)
    }

    #[test]
    fn each_path_has_its_answer() {
        let look = look();
        for (path, part) in [
            ("/", "<html"),
            ("/part", "<dt>sessions</dt><dd>5</dd>"),
            ("/metrics", "# EOF"),
            ("/status.json", "\"connections\""),
            ("/healthz", "ok"),
            ("/readyz", "ok"),
            ("/style.css", "prefers-color-scheme"),
            ("/script.js", "fetch("),
        ] {
            let (status, body) = told(path, &look);
            assert_eq!(status, 200, "{path}");
            assert!(body.contains(part), "{path}: {body}");
        }
        assert_eq!(told("/else", &look).0, 404);
    }

    #[test]
    fn who_is_not_ready_says_why() {
        let mut look = look();
        look.header.schedule = Some(crate::shutmsg::Schedule::default());
        assert_eq!(told("/readyz", &look).0, 503);
        assert_eq!(told("/healthz", &look).0, 200);
        look.header.schedule = None;
        look.header.order = Order::Drain;
        assert_eq!(told("/readyz", &look).0, 503);
        look.is_running = false;
        assert_eq!(told("/healthz", &look), (503, "no server holds the scoreboard\n".to_owned()));
        let lost = BoardError::Io("/board".into(), io::Error::from_raw_os_error(2));
        assert_eq!(answer("/metrics", "", Err(lost)).status, 503);
    }
}
