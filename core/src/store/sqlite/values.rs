//! How the words of the program are spelled in columns: each of them in this file alone.

use crate::model::{
    ActivePlaces, Attestation, BranchName, CommentKey, CommitId, DeployOutcome, EnvironmentName, Hotfix,
    InstallReport, InstallationId, Lock, ManualFreeze, Mended, MissingGrants, Override, PullNumber,
    PullRequestDetails, PullRequestState, RepositoryId, Stack, TipSource, TreeId, UnixMillis, UnixSeconds,
    Withdrawal,
};
use crate::store::{DeliveryId, InstallationState, RepositoryState, RequestedMerge, WorkItem};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// A column holds a word that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("{word:?} is no {kind}")]
struct UnknownWord {
    word: String,
    kind: &'static str,
}

macro_rules! words {
    ($type:ident, $kind:literal: $($variant:ident = $word:literal),+) => {
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let word: &'static str = match self { $(Self::$variant => $word),+ };
                Ok(word.into())
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok(Self::$variant),)+
                    other => Err(FromSqlError::other(UnknownWord { word: other.to_owned(), kind: $kind })),
                }
            }
        }
    };
}

words!(InstallationState, "state of an account": Active = "active", Suspended = "suspended", Deleted = "deleted");
words!(RepositoryState, "state of a repository": Active = "active", Gone = "gone");
words!(PullRequestState, "state of a pull request": Open = "open", Closed = "closed", Merged = "merged");
words!(DeployOutcome, "outcome of a deploy": Success = "success", Degraded = "degraded", Failure = "failure", RolledBack = "rolled-back");
words!(TipSource, "source of a tip": Push = "push", Backfill = "backfill", Reconciled = "reconciled");

macro_rules! numbers {
    ($($type:ident),+) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.cast_signed().into())
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Ok(Self(value.as_i64()?.cast_unsigned()))
            }
        }
    )+};
}

numbers!(InstallationId, RepositoryId, PullNumber);

macro_rules! moments {
    ($($type:ident),+) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    )+};
}

moments!(UnixMillis, UnixSeconds);

impl ToSql for DeliveryId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

impl FromSql for DeliveryId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

impl ToSql for CommitId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_bytes().as_slice().into())
    }
}

impl FromSql for CommitId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 20]>::column_result(value).map(Self::from_bytes)
    }
}

impl ToSql for TreeId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_bytes().as_slice().into())
    }
}

impl FromSql for TreeId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 20]>::column_result(value).map(Self::from_bytes)
    }
}

impl ToSql for BranchName {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for BranchName {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::new(value.as_str()?).map_err(FromSqlError::other)
    }
}

impl ToSql for CommentKey {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for CommentKey {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

/// Kept by the spelling that all equal names have, so that a column tells them apart as they are.
impl ToSql for EnvironmentName {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.key().into())
    }
}

impl FromSql for EnvironmentName {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str().map(Self::from)
    }
}

impl ToSql for WorkItem {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for WorkItem {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

/// Columns that no query looks into.
macro_rules! json {
    ($($type:ident),+) => {
        $(
            impl ToSql for $type {
                fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                    let json = serde_json::to_string(self);
                    json.map(Into::into).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
                }
            }

            impl FromSql for $type {
                fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                    serde_json::from_str(value.as_str()?).map_err(FromSqlError::other)
                }
            }
        )+
    };
}

json!(
    ActivePlaces,
    Attestation,
    Hotfix,
    InstallReport,
    Lock,
    ManualFreeze,
    Mended,
    MissingGrants,
    Override,
    PullRequestDetails,
    RequestedMerge,
    Stack,
    Withdrawal
);

/// The tip of a branch that may have been deleted: then it is empty, as keys cannot be null.
pub(super) struct Tip(pub(super) Option<CommitId>);

impl ToSql for Tip {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let bytes: &[u8] = self.0.as_ref().map_or(&[], |commit| commit.as_bytes());
        Ok(bytes.into())
    }
}

impl FromSql for Tip {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_blob()? {
            [] => Ok(Self(None)),
            _ => CommitId::column_result(value).map(|commit| Self(Some(commit))),
        }
    }
}

/// A delivery's id. GitHub's are UUIDs that begin with the fastest part of the time they were made at,
/// so that each would go to another page of the index. Put in the order of time they follow each other,
/// which halves what is written for a delivery. What is no UUID is stored as it is.
pub(super) struct Guid<T>(pub(super) T);

impl ToSql for Guid<&str> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let Some(mut bytes) = uuid(self.0) else { return Ok(self.0.into()) };
        // From low, middle and high part of the time to high, middle and low.
        bytes[..8].rotate_left(4);
        bytes[..4].rotate_left(2);
        Ok(bytes.to_vec().into())
    }
}

impl FromSql for Guid<String> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let ValueRef::Blob(_) = value else { return String::column_result(value).map(Self) };
        let mut bytes = <[u8; 16]>::column_result(value)?;
        bytes[..4].rotate_left(2);
        bytes[..8].rotate_left(4);
        let digits = hex::encode(bytes);
        let [low, middle, high, sequence, node] =
            [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
        Ok(Self(format!("{low}-{middle}-{high}-{sequence}-{node}")))
    }
}

/// The bytes of a UUID in its usual form with lower-case digits, the only one that is read back the same.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let digits: &[u8; 36] = text.as_bytes().try_into().ok()?;
    if digits.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    let mut bytes = [0; 16];
    let mut rest = &mut bytes[..];
    for (dash, group) in [(8, 0..8), (13, 9..13), (18, 14..18), (23, 19..23), (36, 24..36)] {
        if digits.get(dash).is_some_and(|&digit| digit != b'-') {
            return None;
        }
        let part = rest.split_off_mut(..group.len() / 2)?;
        hex::decode_to_slice(&digits[group], part).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;
    use std::fmt::Debug;

    fn keeps<T: ToSql + FromSql + PartialEq + Debug>(values: &[T]) {
        let database = Connection::open_in_memory().unwrap();
        for value in values {
            let read: T = database.query_row("SELECT ?1", [value], |row| row.get(0)).unwrap();
            assert_eq!(&read, value);
        }
        let unknown = database.query_row("SELECT 'nothing:of this'", [], |row| row.get::<_, T>(0));
        assert!(unknown.is_err(), "{unknown:?}");
    }

    #[test]
    fn every_word_and_number_comes_back_as_it_went() {
        keeps(&[InstallationState::Active, InstallationState::Suspended, InstallationState::Deleted]);
        keeps(&[RepositoryState::Active, RepositoryState::Gone]);
        keeps(&[PullRequestState::Open, PullRequestState::Closed, PullRequestState::Merged]);
        keeps(&[TipSource::Push, TipSource::Backfill, TipSource::Reconciled]);
        keeps(&[RepositoryId(0), RepositoryId(u64::MAX)]);
        keeps(&[InstallationId(7)]);
        keeps(&[PullNumber(7)]);
        keeps(&[UnixMillis::MIN, UnixMillis(1_700_000_000_000)]);
        keeps(&[UnixSeconds(-1), UnixSeconds::MAX]);
        keeps(&[DeliveryId(-1), DeliveryId(i64::MAX)]);
        keeps(&[CommitId::from_bytes([7; 20])]);
        keeps(&[BranchName::new("a/ü'b").unwrap()]);
        keeps(&[None, Some(7)].map(|number| Stack { number, trunk: BranchName::new("production").unwrap() }));
        keeps(&[WorkItem::App, WorkItem::PullRequest(RepositoryId(3), PullNumber(4))]);
    }

    #[test]
    fn ids_of_deliveries_come_back_as_they_went_and_githubs_in_the_order_of_time() {
        let database = Connection::open_in_memory().unwrap();
        let kept = |id: &str| -> (bool, String) {
            let sql = "SELECT typeof(?1) = 'blob', ?1";
            database
                .query_row(sql, [Guid(id)], |row| Ok((row.get(0)?, row.get::<_, Guid<String>>(1)?.0)))
                .unwrap()
        };
        let id = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
        assert_eq!(kept(id), (true, id.to_owned()));
        let odd = ["", "1", "72D3162E-cc78-11e3-81ab-4c9367dc0958", "72d3162ecc7811e381ab4c9367dc09580000"];
        let odder = ["72d3162e-cc78-11e3-81ab-4c9367dc095", "+2d3162e-cc78-11e3-81ab-4c9367dc0958", "ü-ü-ü"];
        for id in odd.into_iter().chain(odder) {
            assert_eq!(kept(id), (false, id.to_owned()));
        }
        // A moment later the fast part has begun anew.
        let later = "00000001-cc79-11e3-81ab-4c9367dc0958";
        let sql = "SELECT ?1 < ?2";
        assert!(database.query_row(sql, [Guid(id), Guid(later)], |row| row.get::<_, bool>(0)).unwrap());
    }

    #[test]
    fn a_deleted_branch_has_an_empty_tip() {
        let database = Connection::open_in_memory().unwrap();
        for tip in [None, Some(CommitId::from_bytes([9; 20]))] {
            let read: Tip = database.query_row("SELECT ?1", [Tip(tip)], |row| row.get(0)).unwrap();
            assert_eq!(read.0, tip);
        }
        assert!(database.query_row("SELECT x'0102'", [], |row| row.get::<_, Tip>(0)).is_err());
    }
}
