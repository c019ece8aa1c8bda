//! Objects as loose files, as gitrepository-layout(5) has them: written and read without a git.
//!
//! What is written here is not compressed: zlib (RFC 1950) lets DEFLATE (RFC 1951) store bytes as they are, in blocks, and
//! git reads that like anything else. The id is of what is inside, so it is the same.
//!
//! Does not live here: packs; what git packed only git reads.

use std::fs;
use std::io::{Error, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::inflate;

/// A file on disk that is larger than this is left to git, which unpacks faster; in bytes.
const LARGE: u64 = 80 << 10;

/// A block that is stored as it is has its length in two bytes.
const BLOCK: usize = 0xffff;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Blob,
    Tree,
    Commit,
}

impl Kind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit => "commit",
        }
    }
}

/// An object that is to be written.
#[derive(Debug)]
pub(super) struct Loose {
    pub(super) id: String,
    /// Kind, length and content, which the id is of.
    whole: Vec<u8>,
}

impl Loose {
    pub(super) fn new(kind: Kind, content: &[u8]) -> Self {
        let mut whole = format!("{} {}\0", kind.word(), content.len()).into_bytes();
        whole.extend_from_slice(content);
        Self { id: hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &whole)), whole }
    }
}

fn place(repository: &Path, id: &str) -> Option<PathBuf> {
    Some(repository.join("objects").join(id.get(..2)?).join(id.get(2..)?))
}

/// Writes what is not there yet.
pub(super) fn write(repository: &Path, objects: &[Loose]) -> Result<(), Error> {
    for object in objects {
        let file = place(repository, &object.id).ok_or(ErrorKind::InvalidInput)?;
        if file.exists() {
            continue;
        }
        let folder = file.parent().ok_or(ErrorKind::InvalidInput)?;
        match fs::create_dir(folder) {
            // Where the repository is gone, it stays so.
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        // A git that reads meanwhile finds all of it or nothing; what is left behind has a name that git knows and clears.
        let mut half = tempfile::Builder::new().prefix("tmp_obj_").tempfile_in(folder)?;
        half.write_all(&zlib(&object.whole))?;
        half.persist(&file)?;
    }
    Ok(())
}

/// The kind and the content of an object; `None` where it is no loose file, or a large one.
pub(super) fn read(repository: &Path, id: &str) -> Option<(Kind, Vec<u8>)> {
    let file = place(repository, id)?;
    if fs::metadata(&file).ok()?.len() > LARGE {
        return None;
    }
    let mut whole = inflate::zlib(&fs::read(file).ok()?)?;
    let end = whole.iter().position(|byte| *byte == 0)?;
    let (word, length) = std::str::from_utf8(&whole[..end]).ok()?.split_once(' ')?;
    let kind = [Kind::Blob, Kind::Tree, Kind::Commit].into_iter().find(|kind| kind.word() == word)?;
    let length: usize = length.parse().ok()?;
    whole.drain(..=end);
    (whole.len() == length).then_some((kind, whole))
}

/// Bytes as a zlib stream of stored blocks.
pub(super) fn zlib(bytes: &[u8]) -> Vec<u8> {
    // A window of 32 KiB, no dictionary, packed with the least effort.
    let mut stream = vec![0x78, 0x01];
    // Where there is nothing, a block says so.
    let nothing = bytes.is_empty().then_some(bytes);
    let mut blocks = bytes.chunks(BLOCK).chain(nothing).peekable();
    while let Some(block) = blocks.next() {
        stream.push(u8::from(blocks.peek().is_none()));
        // No block is longer than the two bytes can say.
        let length = u16::try_from(block.len()).unwrap_or_default();
        stream.extend_from_slice(&length.to_le_bytes());
        stream.extend_from_slice(&(!length).to_le_bytes());
        stream.extend_from_slice(block);
    }
    stream.extend_from_slice(&adler32(bytes).to_be_bytes());
    stream
}

fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1, 0);
    // So many sums stay below what 32 bits hold.
    for run in bytes.chunks(5_552) {
        for byte in run {
            low += u32::from(*byte);
            high += low;
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        for length in [0, 1, 5_551, 5_552, 5_553, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let bytes: Vec<u8> = (0..=250_u8).cycle().take(length).collect();
            assert_eq!(inflate::zlib(&zlib(&bytes)).unwrap(), bytes, "{length}");
        }
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
        assert_eq!(inflate::zlib(b"\x1f\x8b no zlib"), None);
    }

    #[test]
    fn an_object_is_called_as_git_calls_it() {
        let object = Loose::new(Kind::Blob, b"what is up, doc?");
        assert_eq!(object.id, "bd9dbf5aae1a3862dd1526723246b20206e5fc37");
        assert_eq!(Loose::new(Kind::Tree, b"").id, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    }

    #[test]
    fn nothing_is_written_where_there_is_no_repository() {
        let folder = tempfile::tempdir().unwrap();
        let object = Loose::new(Kind::Blob, b"a");
        assert!(write(folder.path(), &[object]).is_err());
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
    }
}
