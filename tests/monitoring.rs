//! The rules of alerts and the dashboard of conf/monitoring, over what a daemon really tells, by Prometheus' own tools.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::harness::debian;
use crate::harness::events::until;
use crate::harness::ports::Port;
use crate::harness::{Daemon, Setup};
use crate::status::Status;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rules() -> PathBuf {
    root().join("conf/monitoring/ferryd.rules.yml")
}

fn dashboard() -> Value {
    let text = fs::read_to_string(root().join("conf/monitoring/grafana.json")).expect("the dashboard");
    serde_json::from_str(&text).expect("JSON")
}

/// What the panels ask, with Grafana's variables as it fills them in.
fn questions() -> Vec<String> {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().expect("questions"));
    let question = |target: &Value| target["expr"].as_str().expect("a question").to_owned();
    targets
        .map(question)
        .map(|one| one.replace("$instance", ".*").replace("$__rate_interval", "1m"))
        .collect()
}

/// The words of a text that are names of our metrics.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("ferryd_")).map(str::to_owned).collect()
}

/// The names of the metrics that a page has, those without a value now too; a counter's sample has `_total` behind its name.
fn told(page: &str) -> BTreeSet<String> {
    let kinds = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    kinds.map(|(name, kind)| name.to_owned() + if kind == "counter" { "_total" } else { "" }).collect()
}

#[test]
fn every_metric_that_is_asked_for_is_told() {
    let daemon = Daemon::usual();
    let page = Status::of(&daemon, &[]).fetch("/metrics").1;
    let told = told(&page);
    let rules = fs::read_to_string(rules()).expect("the rules");
    let asked = [rules, questions().join(" ")].map(|text| metrics(&text));
    for asked in asked {
        let missing: Vec<_> = asked.difference(&told).collect();
        assert!(asked.len() > 10 && missing.is_empty(), "{missing:?} in\n{page}");
    }
    let page = fs::read_to_string(root().join("docs/monitoring.md")).expect("the page");
    let untold: Vec<_> = told.into_iter().filter(|name| !page.contains(&format!("`{name}"))).collect();
    assert!(untold.is_empty(), "docs/monitoring.md does not tell of {untold:?}");
}

#[test]
fn every_alert_is_explained() {
    let page = fs::read_to_string(root().join("docs/monitoring.md")).expect("the page");
    let rules = fs::read_to_string(rules()).expect("the rules");
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let missing: Vec<_> = alerts.iter().filter(|name| !page.contains(&format!("| `{name}` |"))).collect();
    assert!(alerts.len() > 5 && missing.is_empty(), "docs/monitoring.md does not tell of {missing:?}");
}

/// Debian's package, fetched once; None, loudly, where it cannot be had.
fn prometheus(test: &str) -> Option<PathBuf> {
    static FETCHED: OnceLock<Option<PathBuf>> = OnceLock::new();
    FETCHED.get_or_init(|| debian::unpacked("prometheus", test)).as_ref().map(|root| root.join("usr/bin"))
}

fn promtool(programs: &Path, words: &[&str], input: &str) -> Output {
    let mut command = Command::new(programs.join("promtool"));
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("written");
    child.wait_with_output().expect("its verdict")
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

#[test]
fn promtool_finds_no_fault_with_the_rules() {
    let Some(programs) = prometheus("promtool_finds_no_fault_with_the_rules") else { return };
    let path = |path: PathBuf| path.to_str().expect("text").to_owned();
    let cases = root().join("tests/monitoring/alerts.yml");
    for words in [["check", "rules", &path(rules())], ["test", "rules", &path(cases)]] {
        let output = promtool(&programs, &words, "");
        assert!(output.status.success(), "{words:?}: {}", said(&output));
    }
}

#[test]
fn promtool_reads_the_page() {
    let Some(programs) = prometheus("promtool_reads_the_page") else { return };
    let daemon = Daemon::usual();
    let _session = daemon.session();
    let page = Status::of(&daemon, &[]).fetch("/metrics").1;
    let output = promtool(&programs, &["check", "metrics"], &page);
    // It reads an older format, in which a counter's help stands at the name with `_total`, and misses that; 3 is such a remark.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", said(&output));
    let remarks = said(&output);
    let others = remarks.lines().filter(|line| !line.ends_with("_total no help text"));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// A Prometheus that looks each second, with our rules; ended when dropped.
struct Prometheus {
    child: Child,
    port: Port,
}

impl Prometheus {
    fn start(programs: &Path, setup: &Setup, target: SocketAddr) -> Prometheus {
        let port = Port::reserve();
        let text = format!(
            "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\nrule_files:\n  - {}\n\
             scrape_configs:\n  - job_name: ftp\n    static_configs:\n      - targets: ['{target}']\n",
            rules().display()
        );
        setup.write_file("prometheus.yml", &text, 0o644);
        let mut command = Command::new(programs.join("prometheus"));
        command.arg(format!("--config.file={}", setup.path("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", setup.path("prometheus").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{}", port.number));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("prometheus");
        let prometheus = Prometheus { child, port };
        until("it is ready", || prometheus.fetch("/-/ready").is_some_and(|text| text.contains("Ready")));
        prometheus
    }

    /// The body of a good answer.
    fn fetch(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port.number)).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.contains(" 200 ").then(|| body.to_owned())
    }

    fn ask(&self, path: &str) -> Value {
        let text = self.fetch(path).unwrap_or_else(|| panic!("{path} was refused"));
        serde_json::from_str(&text).expect("JSON")
    }

    fn values(&self, question: &str) -> Vec<Value> {
        let coded: String = question.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let answer = self.ask(&format!("/api/v1/query?query={coded}"));
        answer["data"]["result"].as_array().unwrap_or_else(|| panic!("{question}: {answer}")).clone()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn prometheus_scrapes_it_and_answers_every_panel() {
    let Some(programs) = prometheus("prometheus_scrapes_it_and_answers_every_panel") else { return };
    let daemon = Daemon::usual();
    let _session = daemon.session();
    // A year that is far: the schedule is told.
    fs::write(daemon.shutdown_file(), "2099 1 1 0 0 0 0000 0000\nclosed\n").expect("written");
    until("the schedule is published", || daemon.header().schedule.is_some());
    let status = Status::of(&daemon, &[]);
    let prometheus = Prometheus::start(&programs, &daemon.setup, status.address);
    until("a look", || prometheus.values("ferryd_up") != Vec::<Value>::new());
    let targets = prometheus.ask("/api/v1/targets");
    let target = &targets["data"]["activeTargets"][0];
    assert_eq!((&target["health"], &target["lastError"]), (&"up".into(), &"".into()), "{target}");
    for question in questions() {
        until(&question, || !prometheus.values(&question).is_empty());
    }
    until("every rule was asked", || {
        let groups = prometheus.ask("/api/v1/rules");
        let rules = groups["data"]["groups"][0]["rules"].as_array().expect("rules");
        rules.iter().all(|rule| rule["health"] == "ok")
    });
    assert_eq!(prometheus.values("ALERTS"), Vec::<Value>::new(), "nothing is wrong");
}
