//! Attacks from inside: a spare with its capabilities, and a session, try what a client could who had taken them over; processes
//! are killed at the worst moments. All must fail, and the daemon must go on serving.

mod auth_killed;
mod fallback;
mod files;
mod generations;
mod identity;
mod killed;
mod root;
mod rootless;
mod session;
mod spare;

use ferryd::scoreboard::State;

use crate::harness::puppet::Puppet;
use crate::harness::{Client, Daemon, Setup};

const NOBODY: u64 = 65_534;
const SHADOW: u64 = 42;
/// -1 as a uid: unchanged.
const SAME: u64 = 0xffff_ffff;

/// A daemon with one spare, held.
fn held_spare() -> (Daemon, Puppet) {
    let daemon = Setup::new().workers(2, 2, 4).start();
    daemon.await_spares(2);
    let puppet = Puppet::hold(spare(&daemon));
    (daemon, puppet)
}

fn spare(daemon: &Daemon) -> i32 {
    daemon.slots().iter().find(|slot| slot.state == State::Spare).expect("a spare").pid.0
}

/// Lets the puppet go; the daemon must still let an honest client in.
fn goes_on(daemon: Daemon, puppet: Puppet) {
    puppet.release();
    for _ in 0..4 {
        daemon.session().command("QUIT").expect(221);
    }
    daemon.stop();
}

/// A session of alice's, held.
fn held_session() -> (Daemon, Client, Puppet) {
    let daemon = Setup::new().with_account("bob").start();
    let client = daemon.session();
    let pid = daemon.slot_of(&client).pid.0;
    (daemon, client, Puppet::hold(pid))
}

/// Auth may have ended who asked twice; whoever it left in peace is served.
fn client_is_gone_or_served(client: &mut Client, puppet: Puppet) {
    puppet.release();
    if let Ok(reply) = client.try_command("PWD") {
        reply.expect(257);
    }
}
