//! What the master tells auth over the socket between the two of them. Its end means that the master is gone.

use super::record::{FieldReader, FieldWriter, Malformed};
use crate::scoreboard::SlotNumber;
use crate::sys::ProcessId;

/// Most bytes of a note.
pub const NOTE_MAX: usize = 16;

/// One note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A listener of the workers' filter travels with it (SCM_RIGHTS).
    Listener,
    /// The worker was reaped: its grant is forgotten. Sent before anybody else is born in the slot.
    Forget {
        /// Where it lived.
        slot: SlotNumber,
        /// Who it was.
        pid: ProcessId,
    },
    /// The generation is over, or the daemon stops in good order: leave, and remove nothing.
    Leave,
}

impl Note {
    /// Master: as it travels.
    pub fn encode(self) -> Vec<u8> {
        match self {
            Note::Listener => FieldWriter::new(b'L', 0),
            Note::Forget { slot, pid } => FieldWriter::new(b'F', 8).word(slot.0).word(pid.0 as u32),
            Note::Leave => FieldWriter::new(b'X', 0),
        }
        .finish()
    }

    /// Auth: reads a note.
    pub fn decode(record: &[u8]) -> Result<Note, Malformed> {
        let mut fields = FieldReader::new(record);
        let note = match fields.byte()? {
            b'L' => Note::Listener,
            b'F' => Note::Forget { slot: SlotNumber(fields.word()?), pid: ProcessId(fields.word()? as i32) },
            b'X' => Note::Leave,
            other => return Err(Malformed::Kind(other)),
        };
        fields.finish(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_arrive_as_they_were_sent() {
        for note in [Note::Listener, Note::Leave, Note::Forget { slot: SlotNumber(7), pid: ProcessId(4711) }]
        {
            assert!(note.encode().len() <= NOTE_MAX);
            assert_eq!(Note::decode(&note.encode()), Ok(note));
        }
        assert_eq!(Note::decode(b""), Err(Malformed::Short));
        assert_eq!(Note::decode(b"X!"), Err(Malformed::Trailing));
        assert_eq!(Note::decode(b"?"), Err(Malformed::Kind(b'?')));
    }
}
