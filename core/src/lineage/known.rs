//! What git has told of a mirror and would tell again: each question to it is a process of its own, and the same few are asked
//! again and again.
//!
//! An object is named by what it holds, so what is said of objects alone holds for ever. What refs point at holds until
//! somebody brings news.

use super::answer::Answer;
use super::ref_files::RefFiles;
use crate::model::{CommitId, TreeId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many answers of a kind are kept. Past it all of them go: what is still asked about is soon there again.
const KEPT: usize = 2_000;

/// How much of what git has said in its own words of objects is kept for a mirror, and as much of refs, in bytes, and of one
/// answer. There may be hundreds of mirrors.
const WORDS_KEPT: usize = 64 << 10;
const WORDS_OF_ONE: usize = 4 << 10;

/// Of how many refs it is kept where they point.
const REFS_KEPT: usize = 500;

/// How many refs are asked about in one question for the sake of those who ask next.
const USUAL_REFS: usize = 50;

fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whatever panicked while it was held, each entry is whole.
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers that are kept as long as there is room for them.
#[derive(Debug)]
struct Answers<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Answers<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Copy> Answers<K, V> {
    fn get(&self, of: &K) -> Option<V> {
        locked(&self.0).get(of).copied()
    }

    fn keep(&self, answers: impl IntoIterator<Item = (K, V)>) {
        let mut kept = locked(&self.0);
        for (of, answer) in answers {
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(of, answer);
        }
    }

    fn forget(&self) {
        locked(&self.0).clear();
    }
}

/// Answers in git's own words, by the question's.
#[derive(Debug, Default)]
struct Words {
    answers: HashMap<Vec<u8>, Answer>,
    bytes: usize,
}

impl Words {
    fn keep(&mut self, question: Vec<u8>, answer: &Answer) {
        let bytes = question.len() + answer.bytes();
        if bytes > WORDS_OF_ONE {
            return;
        }
        if self.bytes + bytes > WORDS_KEPT {
            *self = Self::default();
        }
        self.bytes += bytes;
        self.answers.insert(question, answer.clone());
    }
}

/// All refs of some prefixes.
#[derive(Debug)]
struct Listed {
    prefixes: Vec<String>,
    refs: BTreeMap<String, CommitId>,
    /// What they were read from, as it was before.
    files: Option<Arc<RefFiles>>,
}

impl Listed {
    fn lists(&self, name: &str) -> bool {
        self.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
    }
}

/// What is known of refs, as long as nobody moves them.
#[derive(Debug, Default)]
struct Refs {
    /// How often somebody has begun or ended to bring news.
    changes: u64,
    /// How many are at it: meanwhile nothing is known.
    changing: usize,
    points_at: HashMap<String, Option<CommitId>>,
    /// All whose names begin with one of these, where they were listed.
    listed: Option<Listed>,
    /// Those that were asked about lately: after news, one question asks about all of them again.
    usual: BTreeSet<String>,
    words: Words,
}

impl Refs {
    fn forget(&mut self) {
        self.changes += 1;
        self.points_at.clear();
        self.listed = None;
        self.words = Words::default();
    }
}

/// When a question about refs was asked: its answer holds if nobody has brought news since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RefsAsOf(u64);

/// Held by who brings news, whatever becomes of that.
pub(super) struct RefsChange<'a>(&'a KnownObjects);

impl Drop for RefsChange<'_> {
    fn drop(&mut self) {
        let mut refs = locked(&self.0.refs);
        refs.changing -= 1;
        refs.forget();
    }
}

/// What is known of one making of a mirror.
#[derive(Debug, Default)]
pub(super) struct KnownObjects {
    commits: Answers<CommitId, ()>,
    trees: Answers<TreeId, ()>,
    tree_of: Answers<CommitId, TreeId>,
    /// Whether the first reaches the second.
    reaches: Answers<(CommitId, CommitId), bool>,
    words: Mutex<Words>,
    refs: Mutex<Refs>,
}

impl KnownObjects {
    pub(super) fn has_commit(&self, commit: CommitId) -> bool {
        self.commits.get(&commit).is_some()
    }

    pub(super) fn note_commits(&self, commits: impl IntoIterator<Item = CommitId>) {
        self.commits.keep(commits.into_iter().map(|commit| (commit, ())));
    }

    /// Whether a tree is there, with all below it but the files' contents.
    pub(super) fn has_tree(&self, tree: TreeId) -> bool {
        self.trees.get(&tree).is_some()
    }

    pub(super) fn note_trees(&self, trees: impl IntoIterator<Item = TreeId>) {
        self.trees.keep(trees.into_iter().map(|tree| (tree, ())));
    }

    pub(super) fn tree_of(&self, commit: CommitId) -> Option<TreeId> {
        self.tree_of.get(&commit)
    }

    pub(super) fn note_trees_of(&self, trees: impl IntoIterator<Item = (CommitId, TreeId)>) {
        self.tree_of.keep(trees);
    }

    pub(super) fn reaches(&self, tip: CommitId, commit: CommitId) -> Option<bool> {
        self.reaches.get(&(tip, commit))
    }

    pub(super) fn note_reaches(&self, tip: CommitId, commit: CommitId, reaches: bool) {
        self.reaches.keep([((tip, commit), reaches)]);
    }

    /// What git said when it was asked this of objects alone.
    pub(super) fn said(&self, question: &[u8]) -> Option<Answer> {
        locked(&self.words).answers.get(question).cloned()
    }

    pub(super) fn note_said(&self, question: Vec<u8>, answer: &Answer) {
        locked(&self.words).keep(question, answer);
    }

    /// Somebody begins to bring news: until what this returns is dropped, nothing is known of refs.
    pub(super) fn refs_change(&self) -> RefsChange<'_> {
        let mut refs = locked(&self.refs);
        refs.changing += 1;
        refs.forget();
        RefsChange(self)
    }

    /// To be asked for before a question about refs, and given with its answer.
    pub(super) fn refs_as_of(&self) -> RefsAsOf {
        RefsAsOf(locked(&self.refs).changes)
    }

    /// Where those of these refs point that exist, if that is known of all of them.
    pub(super) fn refs(&self, names: &[String]) -> Option<Vec<(String, CommitId)>> {
        let refs = locked(&self.refs);
        let known = names.iter().map(|name| {
            let listed =
                || refs.listed.as_ref().filter(|it| it.lists(name)).map(|it| it.refs.get(name).copied());
            Some((name, refs.points_at.get(name).copied().or_else(listed)?))
        });
        let known: Vec<_> = known.collect::<Option<_>>()?;
        Some(known.into_iter().filter_map(|(name, at)| Some((name.clone(), at?))).collect())
    }

    /// These refs, and those that somebody is about to ask for too.
    pub(super) fn usual_refs(&self, names: &[String]) -> BTreeSet<String> {
        let mut refs = locked(&self.refs);
        if refs.usual.len() > USUAL_REFS {
            refs.usual.clear();
        }
        refs.usual.extend(names.iter().cloned());
        refs.usual.clone()
    }

    pub(super) fn note_refs(
        &self,
        as_of: RefsAsOf,
        refs_found: impl IntoIterator<Item = (String, Option<CommitId>)>,
    ) {
        let Some(mut refs) = self.unchanged(as_of) else { return };
        for (name, at) in refs_found {
            if refs.points_at.len() >= REFS_KEPT {
                refs.points_at.clear();
            }
            refs.points_at.insert(name, at);
        }
    }

    /// Notes all refs whose names begin with one of `prefixes`, where they are not too many to be kept, and what git read
    /// them from.
    pub(super) fn note_all_refs(
        &self,
        as_of: RefsAsOf,
        prefixes: Vec<String>,
        refs_found: &BTreeMap<String, CommitId>,
        files: Option<RefFiles>,
    ) {
        if let Some(mut refs) = self.unchanged(as_of).filter(|_| refs_found.len() <= REFS_KEPT) {
            let files = files.map(Arc::new);
            refs.listed = Some(Listed { prefixes, refs: refs_found.clone(), files });
        }
    }

    /// All refs whose names begin with one of `prefixes`, where all of those were listed.
    pub(super) fn listed(&self, prefixes: &[String]) -> Option<BTreeMap<String, CommitId>> {
        let refs = locked(&self.refs);
        let listed =
            refs.listed.as_ref().filter(|it| prefixes.iter().all(|one| it.prefixes.contains(one)))?;
        let is_asked = |name: &String| prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()));
        let asked = listed.refs.iter().filter(|(name, _)| is_asked(name));
        Some(asked.map(|(name, at)| (name.clone(), *at)).collect())
    }

    /// What the refs were read from that were listed, whichever they are.
    pub(super) fn files_seen(&self) -> Option<Arc<RefFiles>> {
        locked(&self.refs).listed.as_ref()?.files.clone()
    }

    /// What git said when it was asked this of refs, if nobody has brought news since.
    pub(super) fn said_of_refs(&self, question: &[u8]) -> Option<Answer> {
        locked(&self.refs).words.answers.get(question).cloned()
    }

    pub(super) fn note_said_of_refs(&self, as_of: RefsAsOf, question: Vec<u8>, answer: &Answer) {
        if let Some(mut refs) = self.unchanged(as_of) {
            refs.words.keep(question, answer);
        }
    }

    fn unchanged(&self, as_of: RefsAsOf) -> Option<MutexGuard<'_, Refs>> {
        Some(locked(&self.refs)).filter(|refs| refs.changing == 0 && RefsAsOf(refs.changes) == as_of)
    }

    /// Forgets all of it: what was there may be gone, or damaged.
    pub(super) fn forget(&self) {
        self.commits.forget();
        self.trees.forget();
        self.tree_of.forget();
        self.reaches.forget();
        *locked(&self.words) = Words::default();
        locked(&self.refs).forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(number: usize) -> CommitId {
        format!("{number:040x}").parse().unwrap()
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let known = KnownObjects::default();
        known.note_commits((0..KEPT).map(commit));
        assert!(known.has_commit(commit(0)) && known.has_commit(commit(KEPT - 1)));
        known.note_commits([commit(KEPT)]);
        assert!(known.has_commit(commit(KEPT)) && !known.has_commit(commit(0)));
        known.note_reaches(commit(1), commit(2), false);
        assert_eq!(known.reaches(commit(1), commit(2)), Some(false));
        assert_eq!(known.reaches(commit(2), commit(1)), None, "it is another question");
        known.forget();
        assert!(!known.has_commit(commit(KEPT)) && known.reaches(commit(1), commit(2)).is_none());
    }

    #[test]
    fn words_are_kept_within_bounds() {
        let known = KnownObjects::default();
        let long = Answer::of_test(&"x".repeat(WORDS_OF_ONE));
        known.note_said(b"long".to_vec(), &long);
        assert!(known.said(b"long").is_none());
        let short = Answer::of_test(&"x".repeat(1 << 10));
        for number in 0..WORDS_KEPT / (1 << 10) {
            known.note_said(number.to_string().into_bytes(), &short);
            assert_eq!(known.said(number.to_string().as_bytes()).unwrap().stdout, short.stdout);
        }
        assert!(known.said(b"0").is_none(), "they went to make room");
        assert!(locked(&known.words).bytes <= WORDS_KEPT);
        known.forget();
        assert!(locked(&known.words).answers.is_empty());
    }

    #[test]
    fn what_refs_point_at_is_known_until_somebody_brings_news() {
        let known = KnownObjects::default();
        let names = ["a", "b"].map(str::to_owned);
        let found = || [("a".to_owned(), Some(commit(1))), ("b".to_owned(), None)];
        let as_of = known.refs_as_of();
        known.note_refs(as_of, found());
        assert_eq!(known.refs(&names).unwrap(), [("a".to_owned(), commit(1))]);
        assert_eq!(known.refs(&["a".to_owned(), "c".to_owned()]), None, "nobody asked about one of them");
        known.note_said_of_refs(as_of, b"all".to_vec(), &Answer::of_test("a"));
        assert!(known.said_of_refs(b"all").is_some());

        let change = known.refs_change();
        assert_eq!(known.refs(&names), None);
        // Asked while it goes on, and asked before it: neither says what will be.
        let (before, meanwhile) = (as_of, known.refs_as_of());
        known.note_refs(meanwhile, found());
        drop(change);
        for as_of in [before, meanwhile] {
            known.note_refs(as_of, found());
            known.note_said_of_refs(as_of, b"all".to_vec(), &Answer::of_test("a"));
        }
        assert!(known.refs(&names).is_none() && known.said_of_refs(b"all").is_none());
        known.note_refs(known.refs_as_of(), found());
        assert!(known.refs(&names).is_some());
        known.forget();
        assert!(known.refs(&names).is_none());
    }

    #[test]
    fn all_refs_of_a_prefix_are_known_where_they_were_listed() {
        let known = KnownObjects::default();
        let prefixes = ["refs/heads/", "refs/pull/7/"].map(str::to_owned);
        let refs = BTreeMap::from([("refs/heads/main".to_owned(), commit(1))]);
        known.note_all_refs(known.refs_as_of(), prefixes.to_vec(), &refs, None);
        let names = |names: &[&str]| known.refs(&names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        let main = vec![("refs/heads/main".to_owned(), commit(1))];
        assert_eq!(names(&["refs/heads/main", "refs/heads/gone", "refs/pull/7/head"]), Some(main));
        assert_eq!(names(&["refs/pull/70/head"]), None, "nobody listed those");
        // Of so many it is not kept.
        let before = known.refs_as_of();
        drop(known.refs_change());
        let many = (0..=REFS_KEPT).map(|number| (format!("refs/heads/{number}"), commit(number))).collect();
        known.note_all_refs(known.refs_as_of(), prefixes.to_vec(), &many, None);
        known.note_all_refs(before, prefixes.to_vec(), &refs, None);
        assert_eq!(names(&["refs/heads/main"]), None);
    }

    #[test]
    fn refs_are_told_as_they_were_listed() {
        let known = KnownObjects::default();
        let [heads, seven, eight] = ["refs/heads/", "refs/pull/7/", "refs/pull/8/"].map(str::to_owned);
        let refs = |refs: &[(&str, usize)]| {
            refs.iter().map(|(name, at)| ((*name).to_owned(), commit(*at))).collect::<BTreeMap<_, _>>()
        };
        let (main, topic) = (("refs/heads/main", 1), ("refs/pull/7/head", 2));
        let both = [heads.clone(), seven.clone()];
        assert_eq!(known.listed(&both), None, "nothing was listed");
        known.note_all_refs(known.refs_as_of(), both.to_vec(), &refs(&[main, topic]), None);
        assert_eq!(known.files_seen(), None);
        assert_eq!(known.listed(&both), Some(refs(&[main, topic])));
        assert_eq!(known.listed(&both[..1]), Some(refs(&[main])), "the others were not asked for");
        assert_eq!(known.listed(&[heads, eight]), None, "some of those were not listed");
        let files = Some(RefFiles::default());
        known.note_all_refs(known.refs_as_of(), both.to_vec(), &refs(&[main]), files);
        assert!(known.files_seen().is_some());
    }

    #[test]
    fn those_that_were_asked_about_are_asked_about_again_within_bounds() {
        let known = KnownObjects::default();
        let usual = |name: &str| known.usual_refs(&[name.to_owned()]).into_iter().collect::<Vec<_>>();
        assert_eq!((usual("a"), usual("b")), (vec!["a".to_owned()], vec!["a".to_owned(), "b".to_owned()]));
        drop(known.refs_change());
        assert_eq!(usual("b"), ["a", "b"]);
        for number in 0..3 * USUAL_REFS {
            assert!(usual(&number.to_string()).len() <= USUAL_REFS + 1);
        }
    }
}
