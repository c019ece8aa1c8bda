//! The files of one commit, as far as the rules look at them.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use crate::commerce::read::Unread;
use crate::model::{EntryKind, FilePlace, Sentence, TreeEntry};

/// More of a file than this is not read, in bytes. The longest is a `composer.lock`.
const BYTES_MAX: u64 = 16 << 20;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blob {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// Only its size, in bytes.
    Size(u64),
}

/// Whether a path ends with `.` and these letters.
pub(super) fn has_ending(path: &str, ending: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, found)| found == ending)
}

/// The files of one commit: all of their paths, and the contents of those that matter.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// The folder of the repository that it is, with a slash at the end; empty for all of it.
    folder: String,
    entries: BTreeMap<String, TreeEntry>,
    blobs: HashMap<String, Blob>,
}

impl Tree {
    /// A tree of these paths, without contents.
    pub fn new(entries: impl IntoIterator<Item = TreeEntry>) -> Self {
        let entries = entries.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
        Self { folder: String::new(), entries, blobs: HashMap::new() }
    }

    /// The tree of one folder, named without slashes at its ends, of a repository with these paths; empty means all of it.
    pub fn of_folder(folder: &str, entries: impl IntoIterator<Item = TreeEntry>) -> Self {
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let inside = entries.into_iter().filter_map(|entry| {
            let path = entry.path.strip_prefix(&folder)?.to_owned();
            Some(TreeEntry { path, ..entry })
        });
        Self { folder: folder.clone(), ..Self::new(inside) }
    }

    /// A path of the tree, from the top of the repository.
    pub(super) fn full_path(&self, path: &str) -> String {
        format!("{}{path}", self.folder)
    }

    /// The most of a file that is to be handed over, in bytes; of a longer one only the size.
    pub fn bytes_max() -> u64 {
        BYTES_MAX
    }

    /// Hands over what a file holds.
    pub fn give(&mut self, path: &str, blob: Blob) {
        self.blobs.insert(path.to_owned(), blob);
    }

    /// git's name for the content of a path.
    pub fn object(&self, path: &str) -> Option<&str> {
        self.entries.get(path).map(|entry| entry.object.as_str())
    }

    /// Whether anything is at the path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }

    /// What a sentence about a file says, and the place that it cites. Of a file that is missing no line can be looked at, so
    /// the sentence says that it is. The place counts from the top of the repository.
    pub(in crate::commerce) fn cited(
        &self,
        says: Sentence,
        place: Option<FilePlace>,
    ) -> (Sentence, Option<FilePlace>) {
        match place {
            Some(place) if !place.path.strip_prefix(&self.folder).is_some_and(|path| self.has(path)) => {
                (says.and("% is missing.", &place.path), None)
            }
            place => (says, place),
        }
    }

    /// Whether it is a file of which nothing was handed over.
    pub(super) fn lacks(&self, path: &str) -> bool {
        !self.blobs.contains_key(path) && self.is_file(path)
    }

    fn is_file(&self, path: &str) -> bool {
        self.entries.get(path).is_some_and(|entry| entry.kind == EntryKind::File)
    }

    /// All paths.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The paths that begin with `prefix`, in order.
    pub(super) fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let range = (Bound::Included(prefix), Bound::Unbounded);
        let paths = self.entries.range::<str, _>(range).map(|(path, _)| path.as_str());
        paths.take_while(move |path| path.starts_with(prefix))
    }

    /// The size of a file, where it is known.
    pub(super) fn size(&self, path: &str) -> Option<u64> {
        self.blobs.get(path).map(|blob| match blob {
            Blob::Bytes(bytes) => bytes.len() as u64,
            Blob::Size(size) => *size,
        })
    }

    /// What a file holds; `None` where there is nothing.
    pub(super) fn bytes(&self, path: &str) -> Option<Result<&[u8], Unread>> {
        let entry = self.entries.get(path)?;
        let unread = |why: &'static str| Some(Err(Unread::new(1, why)));
        match (entry.kind, self.blobs.get(path)) {
            (EntryKind::Link, _) => unread("is a symbolic link"),
            (EntryKind::Submodule, _) => unread("is a submodule"),
            (EntryKind::File, Some(Blob::Bytes(bytes))) => Some(Ok(bytes)),
            (EntryKind::File, _) => unread("is too large to be read"),
        }
    }

    /// The text of a file of at most `bytes_max` bytes; `None` where there is nothing.
    pub(super) fn text(&self, path: &str, bytes_max: usize) -> Option<Result<&str, Unread>> {
        let bytes = self.bytes(path)?;
        Some(bytes.and_then(|bytes| crate::commerce::read::text_of(bytes, bytes_max)))
    }
}
