//! The board's figures for a monitor, in OpenMetrics' text format: a row for each. Counters are those of the dead and the
//! living workers, so they never step back while the board lives.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::doing::Doing;
use super::session::Session;
use super::watch::Look;
use crate::scoreboard::{HeaderRecord, ReasonCode, Refusals, Totals};

/// What is told of a board.
#[derive(Debug)]
pub struct Figures {
    header: HeaderRecord,
    totals: Totals,
    refusals: Refusals,
    sessions: Vec<Session>,
    spares: usize,
    is_running: bool,
}

/// A label and its value.
type Labels = Vec<(&'static str, String)>;

/// What a row tells: how many of a kind so far, or how many now.
#[derive(Clone, Copy)]
enum Told {
    Count(fn(&Figures) -> u64),
    Counts(fn(&Figures) -> Vec<(Labels, u64)>),
    Now(fn(&Figures) -> Vec<(Labels, f64)>),
}

/// One metric.
struct Metric {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    told: Told,
}

/// Every metric, without the prefix `ferryd_`, its unit and the counters' `_total`.
const METRICS: [Metric; 19] = [
    now("up", "Whether a living daemon holds the scoreboard", |seen| one(seen.is_running.into())),
    Metric {
        name: "start_time",
        help: "When the daemon was started",
        unit: Some(Unit::Seconds),
        told: Told::Now(|seen| one(seen.header.started_ms as f64 / 1000.0)),
    },
    now("generation", "Of the configuration that new sessions have; one more at each good reload", |seen| {
        one(seen.header.generation.into())
    }),
    count("reloads_refused", "Reloads refused for a broken configuration", |seen| {
        seen.header.refused_reloads.into()
    }),
    now("sessions", "Sessions by what they do", Figures::by_state),
    now("generation_sessions", "Sessions by the generation they began with", Figures::by_generation),
    now("server_sessions", "Sessions by the ServerName they reached", Figures::by_server),
    now("spare_workers", "Workers that wait for a client", |seen| one(seen.spares as f64)),
    Metric {
        name: "shutdown_deny_time",
        help: "From when on the shutdown file has clients refused; absent without one",
        unit: Some(Unit::Seconds),
        told: Told::Now(Figures::deny_time),
    },
    count("connections", "Connections accepted", |seen| seen.totals.connections),
    count("logins", "Logins granted", |seen| seen.totals.logins),
    count("logins_refused", "Logins refused, for whatever reason", |seen| seen.totals.refused),
    Metric {
        name: "refusals",
        help: "Refusals by reason, from connections to commands",
        unit: None,
        told: Told::Counts(Figures::by_reason),
    },
    count("downloads", "Files sent whole", |seen| seen.totals.downloads),
    count("uploads", "Files received whole", |seen| seen.totals.uploads),
    Metric {
        name: "sent",
        help: "File data sent",
        unit: Some(Unit::Bytes),
        told: Told::Count(|seen| seen.totals.bytes_out),
    },
    Metric {
        name: "received",
        help: "File data received",
        unit: Some(Unit::Bytes),
        told: Told::Count(|seen| seen.totals.bytes_in),
    },
    count("transfers_aborted", "Transfers that ended early", |seen| seen.totals.aborted),
    count("log_records_lost", "Lines that the recorder was too busy to take", |seen| {
        seen.totals.records_lost
    }),
];

const fn now(name: &'static str, help: &'static str, told: fn(&Figures) -> Vec<(Labels, f64)>) -> Metric {
    Metric { name, help, unit: None, told: Told::Now(told) }
}

const fn count(name: &'static str, help: &'static str, told: fn(&Figures) -> u64) -> Metric {
    Metric { name, help, unit: None, told: Told::Count(told) }
}

fn one(value: f64) -> Vec<(Labels, f64)> {
    vec![(Vec::new(), value)]
}

impl Figures {
    /// Of a look at the board.
    pub fn of(look: &Look) -> Figures {
        Figures {
            header: look.header.clone(),
            totals: look.totals,
            refusals: look.refusals,
            sessions: look.rows.iter().map(|row| row.session.clone()).collect(),
            spares: look.spares,
            is_running: look.is_running,
        }
    }

    /// The whole page.
    pub fn page(self) -> String {
        let mut registry = Registry::with_prefix("ferryd");
        registry.register_collector(Box::new(self));
        let mut page = String::new();
        // Writing into a String cannot fail.
        let _ = encode(&mut page, &registry);
        page
    }

    fn by_state(&self) -> Vec<(Labels, f64)> {
        let count = |doing| self.sessions.iter().filter(|session| Doing::of(session) == doing).count() as f64;
        Doing::ALL.into_iter().map(|doing| (vec![("state", doing.name().to_owned())], count(doing))).collect()
    }

    /// Those that nobody met, too: a rate needs to know where a count began.
    fn by_reason(&self) -> Vec<(Labels, u64)> {
        let labelled =
            |(reason, count): (ReasonCode, u64)| (vec![("reason", reason.word().to_owned())], count);
        self.refusals.each().map(labelled).collect()
    }

    fn by_generation(&self) -> Vec<(Labels, f64)> {
        self.counted("generation", |session| session.generation.to_string())
    }

    fn by_server(&self) -> Vec<(Labels, f64)> {
        self.counted("server", |session| session.server_name.clone())
    }

    fn counted(&self, label: &'static str, of: impl Fn(&Session) -> String) -> Vec<(Labels, f64)> {
        let mut counts = BTreeMap::<String, u32>::new();
        for session in &self.sessions {
            *counts.entry(of(session)).or_default() += 1;
        }
        counts.into_iter().map(|(value, count)| (vec![(label, value)], count.into())).collect()
    }

    fn deny_time(&self) -> Vec<(Labels, f64)> {
        self.header.schedule.iter().map(|schedule| (Vec::new(), schedule.deny as f64)).collect()
    }
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        for metric in &METRICS {
            let kind = match metric.told {
                Told::Count(_) | Told::Counts(_) => MetricType::Counter,
                Told::Now(_) => MetricType::Gauge,
            };
            let mut described =
                encoder.encode_descriptor(metric.name, metric.help, metric.unit.as_ref(), kind)?;
            metric.told.encode(self, &mut described)?;
        }
        Ok(())
    }
}

impl Told {
    fn encode(self, seen: &Figures, encoder: &mut MetricEncoder) -> Result<(), fmt::Error> {
        match self {
            Told::Count(count) => encoder.encode_counter::<Labels, _, u64>(&count(seen), None),
            Told::Counts(counts) => counts(seen).into_iter().try_for_each(|(labels, count)| {
                encoder.encode_family(&labels)?.encode_counter::<Labels, _, u64>(&count, None)
            }),
            Told::Now(now) => now(seen).into_iter().try_for_each(|(labels, value)| match labels.as_slice() {
                [] => encoder.encode_gauge(&value),
                _ => encoder.encode_family(&labels)?.encode_gauge(&value),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::watch::examples::look;
    use super::*;
    use crate::shutmsg::Schedule;

    fn figures() -> Figures {
        Figures::of(&look())
    }

    #[test]
    fn the_page_has_a_line_for_each_value() {
        let page = figures().page();
        for line in [
            "# TYPE ferryd_up gauge",
            "ferryd_up 1.0",
            "ferryd_start_time_seconds 1795370513.8",
            "ferryd_sessions{state=\"downloading\"} 1.0",
            "ferryd_sessions{state=\"listing\"} 0.0",
            "ferryd_generation_sessions{generation=\"1\"} 5.0",
            "ferryd_server_sessions{server=\"Test Server\"} 5.0",
            "ferryd_connections_total 7",
            "# TYPE ferryd_refusals counter",
            "ferryd_refusals_total{reason=\"password\"} 7",
            "ferryd_refusals_total{reason=\"shell\"} 0",
            "# UNIT ferryd_sent_bytes bytes",
            "ferryd_sent_bytes_total 1099511627776",
        ] {
            assert!(page.lines().any(|one| one == line), "{line} in\n{page}");
        }
        assert!(page.ends_with("# EOF\n") && !page.contains("shutdown_deny_time_seconds 1"), "{page}");
    }

    #[test]
    fn a_schedule_is_told_and_names_are_quoted() {
        let mut figures = figures();
        figures.header.schedule = Some(Schedule { deny: 1_795_000_000, ..Schedule::default() });
        figures.sessions[0].server_name = "a\"b\\c\nd".to_owned();
        let page = figures.page();
        assert!(page.contains("ferryd_shutdown_deny_time_seconds 1795000000.0\n"), "{page}");
        assert!(page.contains(r#"ferryd_server_sessions{server="a\"b\\c\nd"} 1.0"#), "{page}");
    }
}
