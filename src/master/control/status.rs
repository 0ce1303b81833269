//! What the daemon tells of itself: its generations, its virtual hosts, its classes.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::hosts;
use crate::config::settings::Server;
use crate::control::{Host, Outcome, Reply};
use crate::master::generation::Generation;
use crate::master::stop::Phase;
use crate::master::{Master, versions};
use crate::scoreboard::{ReasonCode, SlotRecord, State};
use crate::sys::process;

impl Master {
    /// The daemon and its generations; virtual hosts where some are asked for, all of them in the values.
    pub(super) fn tell_status(&mut self, asked: &[Host]) -> Reply {
        self.workers.learn_births(&self.board);
        let sessions = self.sessions();
        let serving = self.generations.iter().find(|generation| generation.number == self.serving);
        let Some(serving) = serving else { return Reply::failed("the daemon does not serve yet") };
        // A program that came back after an upgrade has none where the file has changed since.
        let servers = match &serving.settings {
            None => Vec::new(),
            Some(settings) => {
                match hosts::meant(settings, if asked.is_empty() { &[Host::All] } else { asked }) {
                    Ok(servers) => {
                        servers.into_iter().map(|index| (index, &settings.servers[index])).collect()
                    }
                    Err(reply) => return reply,
                }
            }
        };
        let hosts: Vec<Value> =
            servers.into_iter().map(|(index, server)| self.host_value(index, server, &sessions)).collect();
        let generations: Vec<Value> =
            self.generations.iter().map(|generation| self.generation_value(generation, &sessions)).collect();
        let refusals = self.board.refusals().met();
        let mut said = Vec::new();
        if asked.is_empty() {
            said.push(self.daemon_line(sessions.len()));
            said.extend(generations.iter().map(generation_line));
            said.extend(
                self.control.refusal.iter().flatten().map(|line| format!("last reload refused: {line}")),
            );
            said.extend(refusals_line(&refusals));
        }
        said.extend(hosts.iter().map(host_line));
        let refusals: Map<String, Value> =
            refusals.into_iter().map(|(reason, count)| (reason.word().to_owned(), count.into())).collect();
        let refusal = self.control.refusal.as_ref().map(|lines| lines.join("\n"));
        Reply::of(Outcome::Done, said)
            .with("pid", process::own().0)
            .with("version", versions::FERRYD)
            .with("phase", phase_word(&self.phase))
            .with("sessions", sessions.len())
            .with("refused_reloads", self.board.refused_reloads())
            .with("refusal", refusal)
            .with("refusals", refusals)
            .with("level", self.control.level)
            .with("generations", generations)
            .with("hosts", hosts)
    }

    /// Who has a client, as they say it themselves.
    fn sessions(&self) -> Vec<SlotRecord> {
        let has_client =
            |record: &SlotRecord| !matches!(record.state, State::Vacant | State::Starting | State::Spare);
        self.workers.living().filter_map(|(slot, ..)| self.board.record(slot)).filter(has_client).collect()
    }

    fn daemon_line(&self, sessions: usize) -> String {
        format!(
            "ferryd {} [{}] {}; {sessions} sessions; {}",
            versions::FERRYD,
            process::own(),
            phase_word(&self.phase),
            self.serves()
        )
    }

    fn generation_value(&self, generation: &Generation, sessions: &[SlotRecord]) -> Value {
        let number = generation.number;
        let raising = self.raising.as_ref().is_some_and(|raising| raising.number == number);
        let state = match () {
            () if number == self.serving => "serves",
            () if raising => "begins",
            () => "finishes",
        };
        json!({
            "number": number,
            "state": state,
            "workers": self.workers.count(number),
            "spares": self.workers.spares(number).count(),
            "sessions": sessions.iter().filter(|record| record.generation == number).count(),
        })
    }

    fn host_value(&self, index: usize, server: &Server, sessions: &[SlotRecord]) -> Value {
        let addresses: Vec<String> = server.listen.iter().map(ToString::to_string).collect();
        let name = server.name.as_bytes();
        json!({
            "name": server.name,
            "addresses": addresses,
            "up": !self.control.downed.has(index),
            "sessions": sessions.iter().filter(|record| record.server_name == name).count(),
        })
    }

    /// dump classes.
    pub(super) fn tell_classes(&self) -> Reply {
        let mut counts: HashMap<Vec<u8>, usize> = HashMap::new();
        for record in self.sessions() {
            *counts.entry(record.class).or_default() += 1;
        }
        let serving = self.generations.iter().find(|generation| generation.number == self.serving);
        let names: Vec<String> = serving
            .and_then(|generation| generation.settings.as_ref())
            .map(|settings| settings.classes.names().map(str::to_owned).collect())
            .unwrap_or_default();
        let values: Vec<Value> = names
            .iter()
            .map(
                |name| json!({ "name": name, "sessions": counts.get(name.as_bytes()).copied().unwrap_or(0) }),
            )
            .collect();
        let said = match names.is_empty() {
            true => vec!["no classes are configured".to_owned()],
            false => values
                .iter()
                .map(|value| format!("class {}: {} sessions", text(value, "name"), value["sessions"]))
                .collect(),
        };
        Reply::of(Outcome::Done, said).with("classes", values)
    }
}

fn phase_word(phase: &Phase) -> &'static str {
    match phase {
        Phase::Running => "serves",
        Phase::Draining(_) => "finishes its sessions",
        Phase::Leaving(_) | Phase::Killed | Phase::Failed(_) => "stops",
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn generation_line(value: &Value) -> String {
    format!(
        "generation {} {}: {} sessions, {} spares",
        value["number"],
        text(value, "state"),
        value["sessions"],
        value["spares"]
    )
}

/// What clients were refused, the most frequent reason first.
fn refusals_line(met: &[(ReasonCode, u64)]) -> Option<String> {
    let words: Vec<String> = met.iter().map(|(reason, count)| format!("{} {count}", reason.word())).collect();
    (!words.is_empty()).then(|| format!("refusals by reason: {}", words.join(", ")))
}

fn host_line(value: &Value) -> String {
    let addresses: Vec<&str> =
        value["addresses"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let state = if value["up"] == true { "UP" } else { "DOWN" };
    format!("{} '{}': {state}, {} sessions", addresses.join(" "), text(value, "name"), value["sessions"])
}
