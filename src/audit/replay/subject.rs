//! The alerts of one device or unit on the way through the journal.

use super::error::{AuditError, decode_error, seal_error};
use super::{Derived, Difference, Replay};
use crate::clinical::subject_book::{SubjectBook, SubjectInput};
use crate::storage::codec::decode_subject;
use crate::storage::{Opener, StoredRecord};

/// The alerts of one device or unit on the way through the journal.
pub(super) struct ReplayingSubject {
    opener: Opener,
    book: SubjectBook,
    /// Whether this version of the engine decided what comes.
    is_ours: bool,
    was_ever_other: bool,
}

impl Replay<'_> {
    pub(super) fn take_subject(&mut self, record: &StoredRecord) -> Result<Option<Difference>, AuditError> {
        let (keys, sum) = (self.keys, &mut self.sum);
        let subject = self.subjects.entry(record.stream.clone()).or_insert_with(|| {
            sum.subjects += 1;
            let opener = Opener::new(Some(keys.care()), &record.stream);
            ReplayingSubject { opener, book: SubjectBook::default(), is_ours: false, was_ever_other: false }
        });
        let plaintext = subject.opener.open(record).map_err(|error| seal_error(record, error))?;
        let stored = decode_subject(&plaintext).map_err(|error| decode_error(record, error))?;
        if let SubjectInput::Adopted { engine, .. } = &stored.input {
            subject.is_ours = *engine == self.engine;
            if !subject.is_ours && !std::mem::replace(&mut subject.was_ever_other, true) {
                sum.subjects_of_other_versions += 1;
            }
        }
        if !subject.is_ours {
            subject.book.restore(&stored.input, &stored.events, stored.now);
            return Ok(None);
        }
        // A refused command would not have been stored: refused now, it gives no events, which is a difference.
        let derived = subject.book.handle(&stored.input, stored.now).ok().flatten().unwrap_or_default();
        sum.inputs += 1;
        sum.events += stored.events.len() as u64;
        if derived == stored.events {
            return Ok(None);
        }
        let (stream, sequence, position) = (record.stream.clone(), record.sequence, record.position);
        Ok(Some(Difference {
            stream,
            sequence,
            position,
            stored: Derived::Alerts(stored.events),
            derived: Derived::Alerts(derived),
        }))
    }
}
