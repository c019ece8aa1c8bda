//! The log of a deploy of Adobe Commerce, read from wherever it is.

use crate::commerce::log::LogReader;
use std::io::{self, Read};

/// How much is read at once, in bytes.
const PIECE: usize = 64 << 10;

/// Reads a log to its end, in bounded memory.
///
/// # Errors
///
/// If it cannot be read.
pub fn read_log(mut from: impl Read) -> io::Result<LogReader> {
    let mut reader = LogReader::new();
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(reader),
            Ok(count) => reader.push(&piece[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
