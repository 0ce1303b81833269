//! A transfer's turn, where only so many may go on at once: asked of the master before the file is touched, given back before the client
//! hears of the end. A session that ends gives it back by ending.

use super::inquiry;
use super::member::Member;
use super::refusals;
use super::storage::Counted;
use super::watch::{Ending, Watch};
use crate::auth::places::LimitKind;
use crate::auth::wire::{Answer, Request};
use crate::protocol::Reply;
use crate::scoreboard::ReasonCode;

/// Has `run` transfer something as soon as its turn has come; refuses it where there are too many already.
pub fn take(
    watch: &mut Watch,
    member: &mut Member,
    counted: Option<Counted>,
    run: impl FnOnce(&mut Watch, &mut Member) -> Result<Reply, Ending>,
) -> Result<Reply, Ending> {
    let Some(counted) = counted else { return run(watch, member) };
    match inquiry::ask(watch, &Request::Transfer(counted.place()))? {
        Answer::Serve => {}
        answer => return Ok(refusal(watch, &counted, &answer)),
    }
    let reply = run(watch, member)?;
    // Where auth does not answer, the place is free with the session's next transfer, or its end.
    inquiry::ask(watch, &Request::TransferEnd)?;
    Ok(reply)
}

fn refusal(watch: &Watch, counted: &Counted, answer: &Answer) -> Reply {
    let Answer::Full(kind, most) = answer else {
        let reason = ReasonCode::Service;
        slog::error!(watch.log, "auth gave no answer, no transfer"; "reason" => reason.word());
        return Reply::refused(451, reason, "Transfers cannot be counted now, try again later").told();
    };
    let limit = counted.limit(*kind == LimitKind::TransfersPerUser);
    let (reply, directive) = refusals::too_many_transfers(*kind, limit, *most);
    let reason = kind.reason();
    slog::warn!(watch.log, "Transfer refused ({directive} {most})"; "reason" => reason.word());
    reply.told()
}
