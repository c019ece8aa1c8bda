//! What a fetch brings, as a pack (gitformat-pack): chosen and packed without a git where all of it lies in loose files.
//!
//! Does not live here: the words in which a fetch asks for it.

use std::collections::HashSet;
use std::path::Path;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::objects::{self, Kind};
use super::trees;
use super::{Git, commit_object};

/// More objects than this are packed by git.
const OBJECTS: usize = 20_000;

/// What does not come along unless it is asked for by its id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum LeftOut {
    #[default]
    Nothing,
    /// Git's filter `blob:none`.
    Files,
    /// Git's filter `tree:0`.
    Trees,
}

/// What is asked for, by whole ids, and what the asker has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) wants: Vec<String>,
    pub(crate) haves: Vec<String>,
    pub(crate) left_out: LeftOut,
}

/// Objects that were met, in the order in which they were met.
struct Objects<'a> {
    repository: &'a Path,
    met: HashSet<String>,
    found: Vec<(Kind, Vec<u8>)>,
}

impl Objects<'_> {
    /// Adds a tree and what it leads to.
    fn add_tree(&mut self, tree: &str, left_out: LeftOut) -> Option<()> {
        let mut waiting = vec![tree.to_owned()];
        while let Some(id) = waiting.pop() {
            if !self.met.insert(id.clone()) {
                continue;
            }
            let (kind, content) = objects::read(self.repository, &id)?;
            let (folders, files) = (kind == Kind::Tree).then(|| trees::named(&content))??;
            self.found.push((kind, content));
            if left_out != LeftOut::Trees {
                waiting.extend(folders);
            }
            if left_out == LeftOut::Nothing {
                for file in files {
                    self.add(&file)?;
                }
            }
            if self.met.len() > OBJECTS {
                return None;
            }
        }
        Some(())
    }

    /// Adds one object alone. What it is, is answered where it was not met before.
    fn add(&mut self, id: &str) -> Option<()> {
        if self.met.insert(id.to_owned()) {
            self.found.push(objects::read(self.repository, id)?);
        }
        Some(())
    }
}

impl Git {
    /// Those of `commits` that are there.
    pub(crate) fn commits_there<'a>(&self, repository: u64, commits: &'a [String]) -> Vec<&'a str> {
        commits.iter().map(String::as_str).filter(|it| self.has_commit(repository, it)).collect()
    }

    /// Whether each commit that is wanted leads to one that the asker has; `None` where only git knows.
    pub(crate) fn is_reached(&self, repository: u64, wants: &[String], common: &[&str]) -> Option<bool> {
        for want in wants {
            let tips = [common, &[want]].concat();
            let reached = self.known(repository, &tips, |seen| {
                let mut all = common.iter().map(|have| seen.leads_to(repository, want, have));
                all.try_fold(false, |is_reached, leads| Some(is_reached || leads?))
            })?;
            if !reached {
                return Some(false);
            }
        }
        Some(true)
    }

    /// The pack with what is wanted and not there yet; `None` where only git can make it.
    pub(crate) fn packed(&self, repository: u64, wanted: &Wanted) -> Option<Vec<u8>> {
        let Wanted { wants, haves, left_out } = wanted;
        let directory = self.path(repository);
        let common = self.commits_there(repository, haves);
        let (mut tips, mut alone) = (Vec::new(), Vec::new());
        for want in wants {
            match objects::read(&directory, want)?.0 {
                Kind::Commit => tips.push(want.as_str()),
                kind => alone.push((kind, want)),
            }
        }
        // Which of both says that something is left out, only git knows.
        if !tips.is_empty() && !alone.is_empty() {
            return None;
        }
        let mut commits = HashSet::new();
        for tip in tips {
            let ends = [common.as_slice(), &[tip]].concat();
            let new = self.known(repository, &ends, |seen| {
                let only = seen.only_from(repository, tip, &common)?;
                Some(only.into_iter().map(str::to_owned).collect::<Vec<_>>())
            })?;
            commits.extend(new);
        }
        let mut objects = Objects { repository: &directory, met: HashSet::new(), found: Vec::new() };
        let (mut trees, mut edges) = (Vec::new(), HashSet::new());
        for commit in &commits {
            let (kind, content) = objects::read(&directory, commit)?;
            let info = commit_object::read(commit, &content)?;
            trees.push(info.tree);
            edges.extend(info.parents.into_iter().filter(|parent| !commits.contains(parent)));
            objects.found.push((kind, content));
        }
        if *left_out != LeftOut::Trees {
            let found = objects.found.len();
            for edge in &edges {
                let tree = commit_object::read(edge, &objects::read(&directory, edge)?.1)?.tree;
                objects.add_tree(&tree, LeftOut::Nothing)?;
            }
            // The asker has those.
            objects.found.truncate(found);
            for tree in &trees {
                objects.add_tree(tree, *left_out)?;
            }
        }
        for (kind, want) in alone {
            match kind {
                Kind::Tree => objects.add_tree(want, *left_out)?,
                _ => objects.add(want)?,
            }
        }
        Some(pack(&objects.found))
    }
}

/// Objects as a pack in which nothing is written as a difference.
fn pack(objects: &[(Kind, Vec<u8>)]) -> Vec<u8> {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend_from_slice(&u32::try_from(objects.len()).unwrap_or_default().to_be_bytes());
    for (kind, content) in objects {
        let kind: u8 = match kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
        };
        // Four bits of the length stand beside the kind, the others seven a byte; the highest bit says that there are more.
        let mut length = content.len();
        let mut byte = kind << 4 | low_bits(length, 4);
        length >>= 4;
        while length > 0 {
            pack.push(byte | 0x80);
            byte = low_bits(length, 7);
            length >>= 7;
        }
        pack.push(byte);
        pack.extend_from_slice(&objects::zlib(content));
    }
    let sum = digest(&SHA1_FOR_LEGACY_USE_ONLY, &pack);
    pack.extend_from_slice(sum.as_ref());
    pack
}

fn low_bits(number: usize, bits: u32) -> u8 {
    u8::try_from(number & ((1 << bits) - 1)).unwrap_or_default()
}
