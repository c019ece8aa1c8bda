//! The audit log: what people made Towpath do, each entry chained to the one before.
//!
//! An entry's hash is SHA-256 over the hash of the entry before and the entry's text as stored. Who changes, removes or
//! moves an entry breaks the chain there; who cuts the end off is found by any later hash that the server has logged.

use super::{CommitId, PullNumber, RepositoryId, UnixMillis};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// What somebody made Towpath do, or was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When it was decided.
    pub at: UnixMillis,
    /// The login of whoever asked, or the name that the operator gave.
    pub actor: String,
    /// The actor's role in the repository at that time, in GitHub's word; `operator` on the command line.
    pub role: String,
    /// What it was, by its command's name: `rollback`, `deploy`, `retarget`.
    pub action: String,
    /// Where.
    pub repository: RepositoryId,
    /// The environment that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The pull request that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullNumber>,
    /// Why, in the actor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The head commit of the pull request, or the commit that was deployed or gone back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<CommitId>,
    /// The commit that the base was at, or what ran before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<CommitId>,
    /// Whether it was carried out, or at least begun; `false`: refused.
    pub done: bool,
    /// What came of it, in words for people.
    pub result: String,
    /// GitHub's id of the delivery that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
}

/// The hash of an entry: all before it is in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuditHash([u8; 32]);

impl AuditHash {
    /// What stands before the first entry.
    pub const NONE: Self = Self([0; 32]);

    /// That of an entry with this text, which follows the entry with the hash `self`.
    #[must_use]
    pub fn then(self, text: &str) -> Self {
        Self(Sha256::new().chain_update(self.0).chain_update(text).finalize().into())
    }

    /// The hash in the bytes that [`AuditHash::as_bytes`] gave.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// All of it.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no hash of an audit log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no hash: it has 64 digits from 0 to 9 and a to f")]
pub struct InvalidAuditHash(String);

impl FromStr for AuditHash {
    type Err = InvalidAuditHash;

    fn from_str(text: &str) -> Result<Self, InvalidAuditHash> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidAuditHash(text.to_owned()))?;
        Ok(Self(bytes))
    }
}

/// An entry as it lies in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place: 1, 2, 3, without a gap.
    pub number: i64,
    /// The entry as stored, in JSON.
    pub text: String,
    /// The hash of the entry before.
    pub previous: AuditHash,
    /// Its own hash.
    pub hash: AuditHash,
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// Its text or its hash is not what was written.
    #[error("entry {0} was changed")]
    Changed(i64),
    /// These are not there any more, from the first number to the last.
    #[error("{}", removed(*.0, *.1))]
    Removed(i64, i64),
    /// It was written somewhere else.
    #[error("entry {0} is not where it was written")]
    Moved(i64),
    /// The entry that had this hash is not there.
    #[error("no entry has the hash {0}: the end of the log was cut off, or written anew")]
    CutOff(AuditHash),
}

fn removed(first: i64, last: i64) -> String {
    if first == last {
        format!("entry {first} was removed")
    } else {
        format!("entries {first} to {last} were removed")
    }
}

/// What is wrong with a log of which these are all rows, by number. `known` is a hash that its newest entry had at some
/// time.
pub fn audit_faults(rows: &[AuditRow], known: Option<AuditHash>) -> Vec<AuditFault> {
    let mut faults = Vec::new();
    let places: HashMap<AuditHash, i64> = rows.iter().map(|row| (row.hash, row.number)).collect();
    let (mut expected, mut before) = (1, AuditHash::NONE);
    for row in rows {
        if row.number > expected {
            faults.push(AuditFault::Removed(expected, row.number - 1));
        } else if row.previous != before {
            let written_after = places.get(&row.previous).copied().unwrap_or_default();
            let was_moved = written_after != 0 || row.previous == AuditHash::NONE;
            // Where what it followed is nowhere, the entry before it was written anew, with a hash that fits.
            faults.push(if was_moved {
                AuditFault::Moved(row.number)
            } else {
                AuditFault::Changed(row.number - 1)
            });
        }
        if row.previous.then(&row.text) != row.hash {
            faults.push(AuditFault::Changed(row.number));
        }
        (expected, before) = (row.number + 1, row.hash);
    }
    if let Some(known) = known.filter(|it| !places.contains_key(it)) {
        faults.push(AuditFault::CutOff(known));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(texts: &[&str]) -> Vec<AuditRow> {
        let mut previous = AuditHash::NONE;
        let row = |(at, text): (usize, &&str)| {
            let hash = previous.then(text);
            AuditRow {
                number: i64::try_from(at).unwrap() + 1,
                text: (*text).to_owned(),
                previous: std::mem::replace(&mut previous, hash),
                hash,
            }
        };
        texts.iter().enumerate().map(row).collect()
    }

    #[test]
    fn a_log_as_it_was_written_has_no_fault() {
        assert_eq!(audit_faults(&[], None), []);
        let rows = log(&["a", "b", "c"]);
        for row in &rows {
            assert_eq!(audit_faults(&rows, Some(row.hash)), []);
        }
    }

    #[test]
    fn a_changed_entry_is_found_though_its_hash_was_made_to_fit() {
        let mut rows = log(&["a", "b", "c"]);
        rows[1].text = "x".to_owned();
        assert_eq!(audit_faults(&rows, None), [AuditFault::Changed(2)]);
        rows[1].hash = rows[1].previous.then("x");
        assert_eq!(audit_faults(&rows, None), [AuditFault::Changed(2)]);
    }

    #[test]
    fn a_removed_entry_is_found_at_every_place() {
        let rows = log(&["a", "b", "c", "d"]);
        assert_eq!(audit_faults(&rows[1..], None), [AuditFault::Removed(1, 1)]);
        let without = [&rows[..1], &rows[3..]].concat();
        assert_eq!(audit_faults(&without, None), [AuditFault::Removed(2, 3)]);
        let said = [AuditFault::Removed(2, 3), AuditFault::Removed(2, 2)].map(|it| it.to_string());
        assert_eq!(said, ["entries 2 to 3 were removed", "entry 2 was removed"]);
        let mut closed_up = [&rows[..1], &rows[2..]].concat();
        for (at, row) in closed_up.iter_mut().enumerate() {
            row.number = i64::try_from(at).unwrap() + 1;
        }
        assert!(!audit_faults(&closed_up, None).is_empty(), "numbers alone prove nothing");
        assert_eq!(audit_faults(&rows[..2], None), [], "of the end only a hash from elsewhere tells");
        assert_eq!(audit_faults(&rows[..2], Some(rows[3].hash)), [AuditFault::CutOff(rows[3].hash)]);
    }

    #[test]
    fn entries_that_change_places_are_found() {
        let rows = log(&["a", "b", "c", "d"]);
        let mut moved = rows.clone();
        moved.swap(1, 2);
        (moved[1].number, moved[2].number) = (2, 3);
        let faults = audit_faults(&moved, None);
        assert!(
            faults.contains(&AuditFault::Moved(2)) && faults.contains(&AuditFault::Moved(3)),
            "{faults:?}"
        );
    }

    #[test]
    fn a_hash_comes_back_from_its_text() {
        let hash = AuditHash::NONE.then("a");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!("12".parse::<AuditHash>().is_err());
    }
}
