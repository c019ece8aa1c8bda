//! Readers of the files that make an Adobe Commerce project: YAML, PHP literals, composer's JSON, XML.
//!
//! Everything read here was written by somebody else: each reader is bounded in size and depth, runs nothing, and says
//! the line at which it gave up. All of them take files with a byte order mark and with any line ends.

mod composer;
mod line_counter;
mod md5;
mod php;
mod php_json;
mod scalar;
mod scenario;
mod schema;
mod tabs;
mod xml;
mod yaml;

pub use composer::{Lock, LockedPackage, content_hash};
use md5::md5;
pub use php::{PhpEntry, PhpKey, PhpValue, read_php};
pub use scenario::{Step, read_scenario};
pub use schema::{Table, read_schema, setup_version};
pub use yaml::{Content, Fault, Key, Node, Reading, read_yaml};

use std::borrow::Cow;

/// Why a file, or the rest of it, could not be read. That is no verdict on the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Unread {
    /// The line, from 1.
    pub line: u32,
    /// What stands in the way, as the end of a sentence that begins with the file.
    pub why: Cow<'static, str>,
}

impl Unread {
    /// A reason at a line.
    pub fn new(line: u32, why: impl Into<Cow<'static, str>>) -> Self {
        Self { line, why: why.into() }
    }
}

/// The text of a file without its byte order mark, if it is text of at most `bytes_max` bytes.
pub fn text_of(bytes: &[u8], bytes_max: usize) -> Result<&str, Unread> {
    if bytes.len() > bytes_max {
        return Err(Unread::new(1, format!("is larger than {} KiB", bytes_max >> 10)));
    }
    let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bare)
        .map_err(|error| Unread::new(line_at(bare, error.valid_up_to()), "is no text in UTF-8"))
}

/// The line, from 1, in which the byte at `offset` lies.
fn line_at(bytes: &[u8], offset: usize) -> u32 {
    let before = bytes[..offset.min(bytes.len())].split(|byte| *byte == b'\n').count() - 1;
    u32::try_from(before).map_or(u32::MAX, |before| before.saturating_add(1))
}

#[cfg(test)]
mod tests;
