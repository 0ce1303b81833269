//! `ferryd-status`: a page, figures for a monitor and answers for a balancer about the running server, over HTTP on the loopback. It
//! reads the scoreboard's file, has no rights beside that, and can change nothing.

mod answers;
mod chart;
mod document;
mod history;
mod hosts;
mod page;
mod query;
mod server;
mod sight;

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::runtime::Source;
use super::watch::Watch;
use super::words;
use crate::sys::{identity, streams};
use hosts::Hosts;
use sight::Sight;

/// Where it listens unless it is told.
const USUAL_ADDRESS: &str = "127.0.0.1:9021";

#[derive(Parser)]
#[command(
    name = "ferryd-status",
    about = "show the FTP server's sessions and figures over HTTP",
    long_about = "ferryd-status serves, on the loopback alone: / is a page with the sessions and the last ten minutes, /metrics \
                  the figures in OpenMetrics, /status.json everything for programs, /healthz whether the server runs, and \
                  /readyz whether new clients are served. It reads the server's scoreboard, needs no permission of the \
                  server, and is to be run by an ordinary user. Whoever may see who is connected reaches it through a web \
                  server that asks for a password, or through ssh -L.",
    disable_help_flag = true,
    infer_long_args = true,
    args_override_self = true
)]
struct Words {
    #[command(flatten)]
    source: Source,
    /// listen at this address of the loopback; 127.0.0.1:9021 unless given
    #[arg(short = 'l', long = "listen", value_name = "ADDRESS:PORT", default_value = USUAL_ADDRESS)]
    listen: String,
    /// serve requests for this name too (a web server before us passes its own on)
    #[arg(short = 'H', long = "host", value_name = "NAME")]
    host: Vec<String>,
    /// display ferryd-status usage
    #[arg(short = 'h', long = "help")]
    help: bool,
}

/// The definition, for the manual page.
pub fn command() -> clap::Command {
    Words::command()
}

/// Runs it.
pub fn main() -> ExitCode {
    match words::read(|words: &Words| words.help) {
        Ok(words) => words.run().err().map_or(ExitCode::SUCCESS, |sentence| words::fail(&sentence)),
        Err(status) => status,
    }
}

impl Words {
    fn run(self) -> Result<(), String> {
        if identity::is_root() {
            return Err("ferryd-status needs no rights: start it as an ordinary user, for example\n\
                        \tsetpriv --reuid nobody --regid nogroup --clear-groups ferryd-status\n\
                        or by conf/systemd/ferryd-status.service"
                .to_owned());
        }
        let listener = self.listener()?;
        let (path, board) = self.source.found()?;
        let watch = Watch::new(path, board);
        if let Ok(address) = listener.local_addr() {
            streams::complain(&format!("ferryd-status: http://{address}/"));
        }
        let failed = server::serve(listener, Sight::new(watch), Hosts::new(self.host));
        failed.map_err(|error| format!("ferryd-status: {}", words::reason(&error)))
    }

    fn listener(&self) -> Result<TcpListener, String> {
        let given = &self.listen;
        let address: SocketAddr = given.parse().map_err(|_| {
            format!("'{given}' is no address and port, such as {USUAL_ADDRESS} or [::1]:9021")
        })?;
        if !address.ip().is_loopback() {
            return Err(format!(
                "{address} is not of the loopback: everybody could see who is connected. Let a web server that asks for a \
                 password pass requests on to {USUAL_ADDRESS}"
            ));
        }
        TcpListener::bind(address)
            .map_err(|error| format!("cannot listen at {address}: {}", words::reason(&error)))
    }
}
