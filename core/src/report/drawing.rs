//! Small Mermaid drawings of where commits come from.
//!
//! A drawing is made of a fixed set of statements with quoted names that hold only letters, digits and
//! `. _ / -`. So it is right by construction, whatever the branches are called.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::limits::shorten_middle;
use crate::model::{BranchName, Commit, CommitId, PullEnds, Repair};

/// Commits drawn per branch; with the shared one, the merge and two placeholders it makes twelve.
const PER_BRANCH: usize = 4;

/// The longest name in a drawing, in characters.
const NAME: usize = 28;

/// Commits by the branches that they lie on.
type Lines = [(BranchName, Vec<Commit>)];

/// Where the foreign commits come from and where the branch's own begin.
///
/// Only the branch with most foreign commits is drawn, with those of them that are `shown`. `None` when there is nothing
/// to draw.
pub(super) fn carried(
    pull: &PullEnds,
    (foreign, shown): (&Lines, &Lines),
    repair: &Repair,
) -> Option<String> {
    // Of equal ones the first: `max_by_key` would take the last.
    let (branch, commits) = shown.iter().rev().max_by_key(|(_, commits)| commits.len())?;
    let on_the_branch = foreign.iter().filter(|(other, _)| other == branch).flat_map(|(_, commits)| commits);
    let foreign_ids: HashSet<CommitId> = on_the_branch.map(|commit| commit.id).collect();
    let starts_there = |commit: &Commit| commit.parents.iter().any(|parent| foreign_ids.contains(parent));
    // Own work that no foreign commit came before: then the other branch was merged into it.
    let merged_in =
        repair.merges_left_out > 0 && !repair.picks.is_empty() && !repair.picks.iter().any(starts_there);

    let mut graph = Graph::new(pull.base.branch.as_str());
    let other = graph.name(branch.as_str());
    let topic = graph.name(&head_name(pull));
    graph.commit("shared", Kind::Normal);
    graph.branch(&other);
    graph.commits(&oldest_first(commits), Kind::Highlight, "more");
    if merged_in {
        graph.checkout_base();
    }
    graph.branch(&topic);
    let own: Vec<&Commit> = repair.picks.iter().collect();
    graph.commits(&own, Kind::Normal, "own more");
    if merged_in {
        graph.merge(&other);
    }
    Some(graph.text)
}

/// What only the base has, beside what was tested.
pub(super) fn untested(pull: &PullEnds, only_on_base: &[Commit]) -> Option<String> {
    if only_on_base.is_empty() {
        return None;
    }
    let mut graph = Graph::new(pull.base.branch.as_str());
    let head = graph.name(&head_name(pull));
    graph.commit("shared", Kind::Normal);
    graph.branch(&head);
    graph.commit(&format!("tested {}", pull.head.commit.short()), Kind::Normal);
    graph.checkout_base();
    graph.commits(&oldest_first(only_on_base), Kind::Highlight, "more");
    graph.merge(&head);
    Some(graph.text)
}

fn head_name(pull: &PullEnds) -> String {
    match &pull.head.branch {
        Some(branch) => branch.to_string(),
        None => pull.head.commit.short(),
    }
}

fn oldest_first(commits: &[Commit]) -> Vec<&Commit> {
    commits.iter().rev().collect()
}

#[derive(Clone, Copy)]
enum Kind {
    Normal,
    Highlight,
}

/// A drawing under construction.
struct Graph {
    text: String,
    base: String,
    names: HashSet<String>,
    ids: HashSet<String>,
}

impl Graph {
    fn new(base: &str) -> Self {
        let mut graph =
            Self { text: String::new(), base: String::new(), names: HashSet::new(), ids: HashSet::new() };
        graph.base = graph.name(base);
        // The drawing starts on a branch that Mermaid calls `main` unless it is told its name.
        let _ = write!(
            graph.text,
            "%%{{init: {{\"gitGraph\": {{\"mainBranchName\": \"{}\"}}}}}}%%\ngitGraph",
            graph.base
        );
        graph
    }

    /// A name that Mermaid can read and that no other branch of the drawing has.
    fn name(&mut self, branch: &str) -> String {
        let plain: String =
            branch.chars().map(|c| if c.is_alphanumeric() || "._/-".contains(c) { c } else { '_' }).collect();
        let name = unique(&self.names, &shorten_middle(&plain, NAME));
        self.names.insert(name.clone());
        name
    }

    fn commit(&mut self, id: &str, kind: Kind) {
        let id = unique(&self.ids, id);
        let kind = match kind {
            Kind::Normal => "",
            Kind::Highlight => " type: HIGHLIGHT",
        };
        let _ = write!(self.text, "\n  commit id: \"{id}\"{kind}");
        self.ids.insert(id);
    }

    /// Commits, oldest first; a long row keeps its ends and says how many it leaves out between them.
    fn commits(&mut self, commits: &[&Commit], kind: Kind, more: &str) {
        if commits.len() <= PER_BRANCH + 1 {
            self.each(commits, kind);
            return;
        }
        let (first, rest) = commits.split_at(PER_BRANCH / 2);
        let (left_out, last) = rest.split_at(rest.len() - PER_BRANCH / 2);
        self.each(first, kind);
        self.commit(&format!("{} {more}", left_out.len()), kind);
        self.each(last, kind);
    }

    fn each(&mut self, commits: &[&Commit], kind: Kind) {
        for commit in commits {
            self.commit(&commit.id.short(), kind);
        }
    }

    fn branch(&mut self, name: &str) {
        let _ = write!(self.text, "\n  branch \"{name}\"");
    }

    fn checkout_base(&mut self) {
        let _ = write!(self.text, "\n  checkout \"{}\"", self.base);
    }

    fn merge(&mut self, name: &str) {
        let _ = write!(self.text, "\n  merge \"{name}\"");
    }
}

fn unique(taken: &HashSet<String>, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    let mut number = 1;
    while taken.contains(&name) {
        number += 1;
        name = format!("{wanted}_{number}");
    }
    name
}
