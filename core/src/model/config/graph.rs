//! Loops among environments.

use std::collections::BTreeSet;

use super::Place;
use super::file::EnvironmentEntry;

/// A loop for each step that closes one: where the step is written, and the names all the way around in the
/// direction in which changes would travel. Environments that accept themselves are left to others.
pub(super) fn loops(entries: &[EnvironmentEntry]) -> Vec<(Place, Vec<String>)> {
    let mut search = Search { entries, done: BTreeSet::new(), way: Vec::new(), found: Vec::new() };
    for at in 0..entries.len() {
        search.from(at);
    }
    search.found
}

struct Search<'a> {
    entries: &'a [EnvironmentEntry],
    /// Entries behind which every loop is found.
    done: BTreeSet<usize>,
    /// The entries from the start to here, each accepting the next.
    way: Vec<usize>,
    found: Vec<(Place, Vec<String>)>,
}

impl Search<'_> {
    fn from(&mut self, at: usize) {
        if self.done.contains(&at) {
            return;
        }
        self.way.push(at);
        for source in &self.entries[at].accepts {
            let named = |entry: &EnvironmentEntry| entry.name.value.0 == source.value;
            let upstream = self.entries.iter().position(named);
            let Some(upstream) = upstream.filter(|upstream| *upstream != at) else { continue };
            match self.way.iter().position(|passed| *passed == upstream) {
                Some(start) => self.found.push((source.place, self.around(start))),
                None => self.from(upstream),
            }
        }
        self.way.pop();
        self.done.insert(at);
    }

    /// The loop from `start` of the way to its end and back, as changes travel: against the way.
    fn around(&self, start: usize) -> Vec<String> {
        let name = |at: &usize| self.entries[*at].name.value.0.clone();
        let mut names: Vec<_> = self.way[start..].iter().map(name).collect();
        names.reverse();
        names.extend(names.first().cloned());
        // Begin with the first that is written, as people read it.
        let first = self.way[start..].iter().min().map(name);
        let at = names.iter().position(|name| Some(name) == first.as_ref()).unwrap_or_default();
        names.pop();
        names.rotate_left(at);
        names.extend(names.first().cloned());
        names
    }
}
