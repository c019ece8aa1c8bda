//! What SQLite's errors mean to those who use the store.

use crate::store::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

/// Ways of failing to write that a disk without room has: some are only noticed by a later sync, or by a
/// quota, and then SQLite calls them errors of input and output.
const NO_ROOM: [i32; 5] = [
    ffi::SQLITE_IOERR_WRITE,
    ffi::SQLITE_IOERR_FSYNC,
    ffi::SQLITE_IOERR_DIR_FSYNC,
    ffi::SQLITE_IOERR_SHMSIZE,
    ffi::SQLITE_IOERR_TRUNCATE,
];

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match &error {
            Error::SqliteFailure(cause, _) => match cause.code {
                ErrorCode::DiskFull => Self::Full,
                ErrorCode::SystemIoFailure if NO_ROOM.contains(&cause.extended_code) => Self::Full,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::ConstraintViolation => {
                    Self::unexpected(error)
                }
                _ => Self::unavailable(error),
            },
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::QueryReturnedNoRows => Self::unexpected(error),
            _ => Self::unavailable(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning_of(code: i32) -> StoreError {
        Error::SqliteFailure(ffi::Error::new(code), None).into()
    }

    #[test]
    fn a_disk_without_room_is_full_however_sqlite_says_it() {
        for code in [ffi::SQLITE_FULL].into_iter().chain(NO_ROOM) {
            assert!(matches!(meaning_of(code), StoreError::Full), "{code}");
        }
    }

    #[test]
    fn other_failures_keep_their_words() {
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_IOERR_READ, ffi::SQLITE_CANTOPEN] {
            assert!(matches!(meaning_of(code), StoreError::Unavailable(_)), "{code}");
        }
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB, ffi::SQLITE_CONSTRAINT] {
            assert!(matches!(meaning_of(code), StoreError::Unexpected(_)), "{code}");
        }
    }
}
