//! Whom a name would log in as, whatever its password: what `ferryd --explain` asks. Nothing of auth's process is needed for it.

use std::net::IpAddr;
use std::sync::Arc;

use slog::{Discard, Logger, o};

use super::Policy;
use super::accounts::host_accounts::HostAccounts;
use super::accounts::remarks::Remarks;
use super::login::{Judgement, Origin, Users};
use super::office;
use super::wire::Denial;
use crate::sys::identity;

/// Judges a login at one server as if its password were right. The error says which source of accounts cannot be asked.
pub fn recognise(
    policy: &Policy,
    server: u16,
    name: &[u8],
    (peer, peer_name): (IpAddr, Option<&str>),
) -> Result<Judgement, String> {
    let log = Logger::root(Discard, o!());
    let remarks = Arc::new(Remarks::new(log.clone()));
    let host = Arc::new(HostAccounts::new(Arc::clone(&remarks)));
    let steps = office::steps(policy, &host, &log);
    let index = usize::from(server);
    let (Some(of_server), Some(steps)) = (policy.servers.get(index), steps.get(index)) else {
        return Ok(Err(Denial::NoSuchUser));
    };
    let caller = policy.rootless.then(identity::own);
    let origin = Origin { peer, name: peer_name };
    let users = Users { policy: of_server, steps, caller, origin, remarks: &remarks };
    let judgement = users.recognise(name).map_err(|error| error.to_string())?;
    Ok(judgement.and_then(|admission| {
        let section = admission.anonymous.and_then(|index| of_server.anonymous.get(usize::from(index)));
        let gate = section.map_or(&of_server.gate, |section| &section.gate);
        gate.denial(origin.visitor(&admission.account)).map_or(Ok(admission), Err)
    }))
}
