//! The path that a repository seems to have: by what its branches are called, and by who merges into whom.
//!
//! Names alone prove nothing, and neither does one merge between two branches of any name. So a path is guessed only
//! where merges connect branches that are called like environments, or that are promoted again and again.

use super::meaning::{RESERVED, upstream_first};
use crate::model::{
    ActiveRules, BranchName, CheckName, CopyAfter, CopyBranch, CopyMode, DeploySettings, Environment,
    EnvironmentName, PromotionPath, Requires, Source,
};
use std::collections::{BTreeMap, BTreeSet};

/// Merges of one branch into another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchMerges {
    /// What was merged.
    pub from: BranchName,
    /// Where it went.
    pub into: BranchName,
    /// How many times.
    pub times: usize,
}

/// What a repository shows of its branches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BranchHistory {
    /// The branches that there are.
    pub branches: BTreeSet<BranchName>,
    /// The default branch; `None` of an empty repository.
    pub default_branch: Option<BranchName>,
    /// Who was merged into whom, each pair once. A topic may be gone since.
    pub merges: Vec<BranchMerges>,
}

/// How often a branch of any name is merged into the same one before it counts as an environment: a topic that was
/// reopened comes twice.
const PROMOTED: usize = 3;

/// More environments than these are none.
const ENVIRONMENTS_MAX: usize = super::file::ENVIRONMENTS_MAX;

/// How far down the path a branch is by what it is called; `None` where its name says nothing.
pub(super) fn stage(branch: &BranchName) -> Option<u8> {
    let last = branch.as_str().rsplit('/').next().unwrap_or_default();
    let plain: String =
        last.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    match plain.as_str() {
        "integration" | "develop" | "development" | "dev" | "int" => Some(1),
        "qa" | "test" | "testing" => Some(2),
        "staging" | "stage" | "uat" | "acceptance" | "preprod" | "preproduction" => Some(3),
        "production" | "prod" | "live" => Some(PRODUCTION),
        "main" | "master" => Some(TRUNK),
        _ => None,
    }
}

const PRODUCTION: u8 = 4;
pub(super) const TRUNK: u8 = 5;

impl BranchHistory {
    /// Whether any of these branches are called like environments, so that it is worth asking who merges into whom: the
    /// default branch alone, or two names for it, are not.
    pub fn may_have_environments(&self) -> bool {
        self.branches.iter().any(|it| stage(it).is_some_and(|stage| stage < TRUNK))
            && self.branches.iter().filter(|it| stage(it).is_some()).count() > 1
    }

    /// Whether any of its branches was merged into another one.
    pub fn has_promotions(&self) -> bool {
        self.merges.iter().any(|it| [&it.from, &it.into].into_iter().all(|end| self.branches.contains(end)))
    }

    /// Its branches that are called like environments, as many as a path may have, the default branch among them.
    pub fn called_like_environments(&self) -> Vec<&BranchName> {
        let is_default = |it: &&&BranchName| self.default_branch.as_ref() == Some(**it);
        let is_called = |it: &&BranchName| stage(it).is_some();
        let mut found: Vec<_> = self.branches.iter().filter(|it| is_called(it) || is_default(&it)).collect();
        found.sort_by_key(|it| !is_default(&it));
        found.truncate(ENVIRONMENTS_MAX);
        found
    }

    /// The path that follows; `None` where nothing looks like one.
    ///
    /// What it requires, whom it lets give commands and the like are what holds where nothing is written.
    pub fn guess(&self) -> Option<PromotionPath> {
        let pro = PromotionPath::pro();
        if pro.environments.iter().all(|it| self.branches.contains(&it.branch)) {
            let copy = pro.copy.clone().filter(|it| self.branches.contains(&it.branch));
            let copy = copy.or_else(|| self.copy_of(&pro.environments));
            return Some(PromotionPath { copy, ..pro });
        }
        let candidates = self.candidates();
        let steps = self.steps(&candidates);
        let mut on_path: Vec<&BranchName> = candidates.into_iter().filter(|it| steps.touch(it)).collect();
        on_path.sort_by_key(|it| (stage(it).unwrap_or(PRODUCTION), it.as_str()));
        let copied = on_path.iter().find(|it| self.is_copy(it, &on_path, &steps)).copied().cloned();
        on_path.retain(|it| copied.as_ref() != Some(it));
        if on_path.len() < 2 || on_path.len() > ENVIRONMENTS_MAX {
            return None;
        }
        let environments = upstream_first(self.environments(&on_path, &steps));
        let copy = self.copy_of(&environments);
        Some(PromotionPath { environments, copy, ..pro })
    }

    /// The branches that may be environments; of two whose checks could not be told apart the first.
    fn candidates(&self) -> Vec<&BranchName> {
        let mut found: Vec<&BranchName> = Vec::new();
        for branch in &self.branches {
            let is_one = stage(branch).is_some() || self.is_promoted(branch) || self.takes_promotions(branch);
            let has_check = CheckName::taken(branch).is_none()
                && !found.iter().any(|other| CheckName::are_alike(other, branch));
            if is_one && has_check {
                found.push(branch);
            }
        }
        found
    }

    /// Whether something goes into it, and it goes on from there again and again.
    fn is_promoted(&self, branch: &BranchName) -> bool {
        let goes_on = |it: &BranchMerges| {
            it.from == *branch && it.times >= PROMOTED && self.branches.contains(&it.into)
        };
        self.merges.iter().any(goes_on)
            && self.merges.iter().any(|it| it.into == *branch && it.from != *branch)
    }

    /// Whether what is promoted ends there.
    fn takes_promotions(&self, branch: &BranchName) -> bool {
        let ends_there = |it: &&BranchMerges| it.into == *branch && it.times >= PROMOTED;
        self.merges.iter().filter(ends_there).any(|it| self.is_promoted(&it.from))
    }

    fn times(&self, from: &BranchName, into: &BranchName) -> usize {
        let these = self.merges.iter().filter(|it| it.from == *from && it.into == *into);
        these.map(|it| it.times).sum()
    }

    /// Who is promoted into whom. Where names tell the direction, merges the other way are back-merges; otherwise the way
    /// that was gone more often counts. No step leads back to where a change comes from, and none leaves another one out.
    fn steps(&self, candidates: &[&BranchName]) -> Steps {
        let mut all: Vec<(usize, &BranchName, &BranchName)> = Vec::new();
        for from in candidates {
            for into in candidates.iter().filter(|into| from != *into) {
                let (times, back) = (self.times(from, into), self.times(into, from));
                let leads = match (stage(from), stage(into)) {
                    (Some(from), Some(into)) if from != into => from < into,
                    _ => times > back,
                };
                if leads && times > 0 {
                    all.push((times, from, into));
                }
            }
        }
        all.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| (one.1, one.2).cmp(&(other.1, other.2))));
        let mut steps = Steps::default();
        for (_, from, into) in all {
            if !steps.leads(into, from) {
                steps.0.insert((from.clone(), into.clone()));
            }
        }
        steps.without_shortcuts()
    }

    /// Whether a trunk only takes what production has: then it is no environment.
    fn is_copy(&self, branch: &BranchName, on_path: &[&BranchName], steps: &Steps) -> bool {
        let mut sources = on_path.iter().filter(|it| steps.has(it, branch)).peekable();
        stage(branch) == Some(TRUNK)
            && sources.peek().is_some()
            && sources.all(|it| stage(it) == Some(PRODUCTION))
            && self.topics_into(branch, on_path) == 0
    }

    /// How many merges into it come from elsewhere than the path.
    fn topics_into(&self, branch: &BranchName, on_path: &[&BranchName]) -> usize {
        let others = self.merges.iter().filter(|it| it.into == *branch && !on_path.contains(&&it.from));
        others.map(|it| it.times).sum()
    }

    fn environments(&self, on_path: &[&BranchName], steps: &Steps) -> Vec<Environment> {
        let names = names(on_path);
        let one = |branch: &&BranchName| {
            let sources: Vec<_> = on_path.iter().filter(|it| steps.has(it, branch)).collect();
            let promoted: usize = sources.iter().map(|it| self.times(it, branch)).sum();
            // What mostly takes topics takes them on purpose; otherwise each of them is what a path is there to stop.
            let topics = sources.is_empty() || self.topics_into(branch, on_path) > promoted;
            let sources = sources.into_iter().map(|it| Source::Environment(names[*it].clone()));
            Environment {
                name: names[*branch].clone(),
                branch: (*branch).clone(),
                accepts: topics.then_some(Source::Topics).into_iter().chain(sources).collect(),
                requires: Requires::default(),
                deploy: DeploySettings::default(),
                active: ActiveRules::default(),
                aftercare: Vec::new(),
            }
        };
        on_path.iter().map(one).collect()
    }

    /// The trunk, where it is a copy of the environment that customers see: nothing but that goes into it.
    fn copy_of(&self, environments: &[Environment]) -> Option<CopyBranch> {
        let accepted =
            |it: &Environment| environments.iter().any(|other| other.accepts_environment(&it.name));
        let mut last = environments.iter().filter(|it| !accepted(it));
        let production = last.next().filter(|it| stage(&it.branch) == Some(PRODUCTION))?;
        if last.next().is_some() {
            return None;
        }
        let trunks = self.branches.iter().filter(|it| stage(it) == Some(TRUNK) && !it.as_str().contains('/'));
        let only_copies = |trunk: &&BranchName| {
            let mut into = self.merges.iter().filter(|it| it.into == **trunk);
            !environments.iter().any(|it| CheckName::are_alike(&it.branch, trunk))
                && into.all(|it| it.from == production.branch)
        };
        let mut trunks: Vec<&BranchName> = trunks.filter(only_copies).collect();
        trunks.sort_by_key(|trunk| self.default_branch.as_ref() != Some(*trunk));
        let branch = (*trunks.first()?).clone();
        let by_pull_request = self.times(&production.branch, &branch) > 0;
        let mode = if by_pull_request { CopyMode::PullRequest } else { CopyMode::default() };
        let (of, after) = (production.name.clone(), CopyAfter::default());
        Some(CopyBranch { branch, of, mode, after, after_is_written: false })
    }
}

/// What to call the environments: as their branches where that is a name that a configuration takes.
fn names<'a>(branches: &[&'a BranchName]) -> BTreeMap<&'a BranchName, String> {
    let mut names: BTreeMap<&BranchName, String> = BTreeMap::new();
    for (at, branch) in branches.iter().enumerate() {
        let last = branch.as_str().rsplit('/').next().unwrap_or_default();
        let numbered = (at + 1..).map(|number| format!("environment-{number}"));
        let tries = [branch.as_str().to_owned(), last.to_owned()].into_iter().chain(numbered);
        let is_free = |name: &String| {
            is_name(name)
                && !RESERVED.contains(&name.as_str())
                && !names.values().any(|other| EnvironmentName::are_alike(other, name))
        };
        // Of numbers one is free.
        if let Some(name) = tries.into_iter().find(is_free) {
            names.insert(branch, name);
        }
    }
    names
}

/// Whether a configuration takes it for an environment's name.
fn is_name(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || " ._/-".contains(c);
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.ends_with(' ')
        && text.chars().all(inside)
}

/// Who is promoted into whom.
#[derive(Debug, Default)]
struct Steps(BTreeSet<(BranchName, BranchName)>);

impl Steps {
    fn has(&self, from: &BranchName, into: &BranchName) -> bool {
        self.0.contains(&(from.clone(), into.clone()))
    }

    fn touch(&self, branch: &BranchName) -> bool {
        self.0.iter().any(|(from, into)| from == branch || into == branch)
    }

    /// Whether a change comes from the one to the other, in one step or more.
    fn leads(&self, from: &BranchName, to: &BranchName) -> bool {
        let mut reached = vec![from];
        let mut next = 0;
        while let Some(at) = reached.get(next).copied() {
            next += 1;
            for (_, into) in self.0.iter().filter(|(from, _)| from == at) {
                if into == to {
                    return true;
                }
                if !reached.contains(&into) {
                    reached.push(into);
                }
            }
        }
        false
    }

    /// The same without steps that leave an environment out: those are what a path is there to stop.
    fn without_shortcuts(mut self) -> Self {
        for step in self.0.clone() {
            self.0.remove(&step);
            if !self.leads(&step.0, &step.1) {
                self.0.insert(step);
            }
        }
        self
    }
}
