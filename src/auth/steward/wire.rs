//! What the steward is asked to do, and what came of it, as bounded records. Only auth can ask; what it asks was said by clients all
//! the same, so the steward distrusts every length.

use std::time::Duration;

use super::attendance::{self, Arrival, Books, Note};
use super::home::{self, NewHome};
use super::pam::{self, Conversation, Verdict};
use crate::auth::secret::Secret;
use crate::auth::wire::record::{FieldReader, FieldWriter, Malformed};
use crate::auth::wire::{NAME_MAX, PASSWORD_MAX, PEER_NAME_MAX};
use crate::sys::{ProcessId, UserId};

/// Most bytes of a job or an outcome.
pub const JOB_MAX: usize = 16 * 1024;

/// Most bytes of a PAM service's name, and of a sentence for the log.
const WORDS_MAX: u16 = 255;

/// Most notes in a record.
const NOTES_MAX: u16 = 16;

/// Most bytes of a name there; wtmp has room for 32.
const BOOK_NAME_MAX: u16 = 64;

/// Something to do in a child with the steward's privileges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Asks PAM whether a name and a password may come in.
    Converse(Conversation),
    /// Makes a home (CreateHome).
    MakeHome(NewHome),
    /// Notes comings and goings in wtmp and lastlog, in this order.
    Attend(Vec<Note>),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// PAM's word, and the sentence that explains it to the operator.
    Judged(Verdict, String),
    /// The home is there.
    HomeMade,
    /// It is not, for this reason.
    NoHome(String),
}

impl Job {
    /// As lines in SystemLog name it.
    pub fn name(&self) -> &'static str {
        match self {
            Job::Converse(_) => "PAM conversation",
            Job::MakeHome(_) => "CreateHome",
            Job::Attend(_) => "writing of wtmp and lastlog",
        }
    }

    /// After this long the child is killed, with all it started.
    pub fn time_allowed(&self) -> Duration {
        match self {
            Job::Converse(_) => pam::TIME_ALLOWED,
            Job::MakeHome(_) => home::TIME_ALLOWED,
            Job::Attend(_) => attendance::TIME_ALLOWED,
        }
    }

    /// Whether the job is worth nothing once nobody waits for its outcome: it then does not begin, and ends with auth.
    pub fn is_for_an_answer(&self) -> bool {
        match self {
            Job::Converse(_) => true,
            // A home that is begun is of use to the next login.
            Job::MakeHome(_) => false,
            Job::Attend(_) => false,
        }
    }

    /// Auth: as it travels. It may hold a password; the record is wiped when it is dropped.
    pub fn encode(&self) -> Secret {
        let record = match self {
            Job::Converse(asked) => FieldWriter::new(b'C', JOB_MAX)
                .text(asked.service.as_bytes(), WORDS_MAX)
                .text(&asked.name, NAME_MAX)
                .text(asked.password.reveal(), PASSWORD_MAX)
                .address(asked.peer)
                .optional(asked.terminal.map(|worker| worker.0.cast_unsigned())),
            Job::MakeHome(home) => home.write(FieldWriter::new(b'H', JOB_MAX)),
            Job::Attend(notes) => FieldWriter::new(b'A', 0).list(notes, NOTES_MAX, write_note),
        };
        Secret::new(record.finish())
    }

    /// Steward: reads a job.
    pub fn decode(record: &[u8]) -> Result<Job, Malformed> {
        let mut fields = FieldReader::new(record);
        let job = match fields.byte()? {
            b'C' => Job::Converse(Conversation {
                service: words(fields.text(WORDS_MAX)?),
                name: fields.text(NAME_MAX)?.to_vec(),
                password: Secret::new(fields.text(PASSWORD_MAX)?.to_vec()),
                peer: fields.address()?,
                terminal: fields.optional()?.map(|worker| ProcessId(worker.cast_signed())),
            }),
            b'H' => Job::MakeHome(NewHome::read(&mut fields)?),
            b'A' => Job::Attend(fields.list(NOTES_MAX, read_note)?),
            other => return Err(Malformed::Kind(other)),
        };
        fields.finish(job)
    }
}

fn write_note(record: FieldWriter, note: &Note) -> FieldWriter {
    let record = record
        .word(note.process.0.cast_unsigned())
        .long(note.when.as_secs())
        .word(note.when.subsec_micros())
        .byte(note.arrival.is_some().into());
    let Some(Arrival { name, uid, host, address, books }) = &note.arrival else { return record };
    let record = record.text(name, BOOK_NAME_MAX).word(uid.0).text(host, PEER_NAME_MAX).address(*address);
    record.byte(books.wtmp.into()).byte(books.lastlog.into())
}

fn read_note(fields: &mut FieldReader<'_>) -> Result<Note, Malformed> {
    let process = ProcessId(fields.word()?.cast_signed());
    let when = Duration::from_secs(fields.long()?.min(u32::MAX.into()))
        + Duration::from_micros(fields.word()?.into());
    let arrival = if fields.byte()? == 0 { None } else { Some(read_arrival(fields)?) };
    Ok(Note { process, when, arrival })
}

fn read_arrival(fields: &mut FieldReader<'_>) -> Result<Arrival, Malformed> {
    Ok(Arrival {
        name: fields.text(BOOK_NAME_MAX)?.to_vec(),
        uid: UserId(fields.word()?),
        host: fields.text(PEER_NAME_MAX)?.to_vec(),
        address: fields.address()?,
        books: Books { wtmp: fields.byte()? != 0, lastlog: fields.byte()? != 0 },
    })
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Outcome {
    /// Child: as it travels.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Outcome::Judged(verdict, why) => {
                FieldWriter::new(b'J', 0).byte(verdict.number()).text(why.as_bytes(), WORDS_MAX)
            }
            Outcome::HomeMade => FieldWriter::new(b'M', 0),
            Outcome::NoHome(why) => FieldWriter::new(b'N', 0).text(why.as_bytes(), WORDS_MAX),
        }
        .finish()
    }

    /// Auth: reads an outcome.
    pub fn decode(record: &[u8]) -> Result<Outcome, Malformed> {
        let mut fields = FieldReader::new(record);
        let outcome = match fields.byte()? {
            b'J' => {
                let number = fields.byte()?;
                let verdict = Verdict::numbered(number).ok_or(Malformed::Kind(number))?;
                Outcome::Judged(verdict, words(fields.text(WORDS_MAX)?))
            }
            b'M' => Outcome::HomeMade,
            b'N' => Outcome::NoHome(words(fields.text(WORDS_MAX)?)),
            other => return Err(Malformed::Kind(other)),
        };
        fields.finish(outcome)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn jobs_and_outcomes_arrive_as_they_were_sent() {
        let job = Job::Converse(Conversation {
            service: "ftp".into(),
            name: b"demo".to_vec(),
            password: Secret::new(b"wonderland".to_vec()),
            peer: IpAddr::from([127, 0, 0, 1]),
            terminal: Some(ProcessId(4711)),
        });
        assert_eq!(Job::decode(job.encode().reveal()), Ok(job));
        let left = Note { process: ProcessId(7), when: Duration::new(17, 4_000), arrival: None };
        let arrival = Arrival {
            name: b"demo".to_vec(),
            uid: UserId(1000),
            host: b"client.example".to_vec(),
            address: IpAddr::from([127, 0, 0, 1]),
            books: Books { wtmp: true, lastlog: false },
        };
        let notes = Job::Attend(vec![Note { arrival: Some(arrival), ..left.clone() }, left]);
        assert_eq!(Job::decode(notes.encode().reveal()), Ok(notes));
        for verdict in Verdict::ALL {
            let outcome = Outcome::Judged(verdict, "because".into());
            assert_eq!(Outcome::decode(&outcome.encode()), Ok(outcome));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_either_side_panic(bytes in vec(any::<u8>(), 0..2048)) {
            let _ = Job::decode(&bytes);
            let _ = Outcome::decode(&bytes);
        }
    }
}
