//! What a well laid out file means, and what only a look at the whole shows to be wrong.

mod calendar;
mod requires;

use std::collections::BTreeMap;

use super::commerce;
use super::deploy::{length, settings};
use super::file::{
    At, CommandEntry, CopyEntry, Duration, EnvironmentEntry, File, IfReported, People, TestedEntry,
};
use super::graph;
use super::nearest::hint;
use super::tree::{Content, Node};
use super::{PROBLEMS_MAX, Place, Problem, Setting, quoted};
use crate::model::{
    ActiveRules, BranchName, CheckName, Code, CommandRights, CopyBranch, Environment, EnvironmentName, Grant,
    Grantee, IgnoredPaths, Level, OverrideBudget, OverrideRules, PromotionPath, Rules, Source, Tested,
};

/// So long after a deploy its verify step is run again at the latest: whoever sees that fail has forgotten what was deployed.
const AFTERCARE_AT_MOST: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 60 * 60);

/// Names that mean something else in `accepts` or `copy`.
pub(super) const RESERVED: [&str; 3] = ["topics", "hotfixes", "none"];

/// Where the settings of a file are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places {
    rules: BTreeMap<Code, Place>,
    environments: BTreeMap<String, Place>,
    tested: BTreeMap<String, Place>,
    copy: Option<Place>,
    ignore_paths: Option<Place>,
    comment: Option<Place>,
    /// The branches of the path; a built-in one is written nowhere.
    branches: Vec<(BranchName, Option<Place>)>,
}

impl Places {
    pub(super) fn of(&self, setting: Setting<'_>) -> Option<Place> {
        match setting {
            Setting::Rule(code) => self.rules.get(&code).copied(),
            Setting::Environment(name) => self.environments.get(name).copied(),
            Setting::Tested(name) => self.tested.get(name).copied(),
            Setting::Copy => self.copy,
            Setting::IgnorePaths => self.ignore_paths,
            Setting::Comment => self.comment,
        }
    }
}

/// Says of branches on which no check could be told from another one: by its name alone it may keep a merge back.
pub(super) fn refuse_shared_checks(places: &Places, problems: &mut Vec<Problem>) {
    for (at, (branch, place)) in places.branches.iter().enumerate() {
        let Some(place) = place else { continue };
        let shown = quoted(branch.as_str());
        if let Some(name) = CheckName::taken(branch) {
            let message = format!(
                "the branch {shown} cannot be on the path: its check would have the name of another one, {name}"
            );
            problems.push(Problem::new(*place, message, "rename the branch, and write its new name here"));
        }
        let alike = |(other, _): &&(BranchName, _)| other != branch && CheckName::are_alike(other, branch);
        if let Some((other, first)) = places.branches[..at].iter().find(alike) {
            let other = quoted(other.as_str());
            let message = format!(
                "the branches {other} and {shown} are too much alike: their checks would share a name"
            );
            let first = first.map(|it| format!("; the first is on line {}", it.line)).unwrap_or_default();
            problems.push(Problem::new(*place, message, format!("rename one{first}")));
        }
    }
}

/// The path that a file describes and where it says so. It is of use only where no problem was found.
pub(super) fn of(file: &File, root: &Node, problems: &mut Vec<Problem>) -> (PromotionPath, Places) {
    let mut meaning = Meaning { root, places: Places::default(), problems };
    let mut path = PromotionPath::pro();
    let mut branches = BTreeMap::new();
    if let Some(entries) = &file.environments {
        path.environments = meaning.environments(entries, &mut branches);
        path.copy = None;
    } else {
        branches.extend(path.environments.iter().map(|it| (it.branch.as_str().to_owned(), None)));
        let built_in = path.environments.iter().map(|it| (it.branch.clone(), None));
        meaning.places.branches.extend(built_in);
    }
    let built_in = PromotionPath::pro();
    let names = meaning.names(file, &built_in);
    meaning.graph(file, &names);
    if let Some(copy) = &file.copy {
        path.copy = meaning.copy(copy, &names, &branches);
    }
    path.calendar = meaning.calendar(file, &names);
    meaning.never_open(&path);
    path.rules = meaning.rules(file);
    path.ignore_paths = meaning.ignore_paths(file);
    path.comment = file.comment.as_ref().map_or(path.comment, |comment| comment.value);
    path.commands = meaning.commands(file, &names);
    path.command_prefix = file.command_prefix.as_ref().map(|it| it.value.0.clone()).unwrap_or_default();
    path.overrides = overrides(file);
    path.carry_back_within = file.hotfixes.carry_back_within.as_ref().map(length).unwrap_or_default();
    meaning.commerce(file, &names);
    path.commerce = commerce::settings(file, &path.environments);
    commerce::tickets(file, &mut path);
    meaning.places.ignore_paths = root.key("ignore_paths").map(|key| key.place);
    meaning.places.comment = root.key("comment").map(|key| key.place);
    meaning.places.copy = root.key("copy").map(|key| key.place);
    (path, meaning.places)
}

/// Branches that are taken, and where an environment takes them; nowhere if it is a built-in one.
type Branches = BTreeMap<String, Option<Place>>;

/// The environments that may be named.
struct Names<'a> {
    known: Vec<&'a str>,
    /// Whether there are no others: an entry that could not be read may have any name.
    all: bool,
}

struct Meaning<'a> {
    root: &'a Node,
    places: Places,
    problems: &'a mut Vec<Problem>,
}

impl Meaning<'_> {
    fn say(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::new(place, message, hint));
    }

    fn environments(&mut self, entries: &[EnvironmentEntry], branches: &mut Branches) -> Vec<Environment> {
        let mut names: BTreeMap<String, &At<_>> = BTreeMap::new();
        let mut environments = Vec::new();
        for entry in entries {
            let name = &entry.name;
            let shown = quoted(&name.value.0);
            if RESERVED.contains(&name.value.0.as_str()) {
                let message =
                    format!("an environment cannot be called {shown}: the word has a meaning of its own");
                self.say(name.place, message, "give it another name; branch: can keep the branch");
            }
            // GitHub and people take names for the same that differ in capitals only.
            if let Some(first) = names.insert(name.value.0.to_lowercase(), name) {
                let message = format!("two environments are called {shown}");
                self.say(
                    name.place,
                    message,
                    format!("rename one; the first is on line {}", first.place.line),
                );
            }
            let (branch, place) = match &entry.branch {
                Some(branch) => (branch.value.clone(), branch.place),
                None => (name.value.0.clone(), name.place),
            };
            let Some(branch) = self.branch(&branch, place) else { continue };
            self.places.branches.push((branch.clone(), Some(place)));
            if let Some(first) = branches.insert(branch.as_str().to_owned(), Some(place)).flatten() {
                let message = format!("two environments are on the branch {branch}");
                self.say(place, message, format!("give each its own; the first is on line {}", first.line));
            }
            let tested = entry.requires.tested.as_ref();
            if let Some(tested) = tested {
                self.places.tested.insert(name.value.0.clone(), tested.place);
            }
            self.places.environments.insert(name.value.0.clone(), name.place);
            environments.push(Environment {
                name: name.value.0.clone(),
                branch,
                accepts: entry.accepts.iter().map(|source| source_of(&source.value)).collect(),
                requires: self.requires(&entry.requires),
                deploy: entry.deploy.as_ref().map(settings).unwrap_or_default(),
                active: active(entry),
                aftercare: self.aftercare(&entry.aftercare),
            });
        }
        upstream_first(environments)
    }

    /// The times after a deploy, in their order.
    fn aftercare(&mut self, entries: &[At<Duration>]) -> Vec<std::time::Duration> {
        let mut times = BTreeMap::new();
        for entry in entries {
            if length(entry) > AFTERCARE_AT_MOST {
                let message = format!(
                    "a verify step is run again within 30d of its deploy, and {} is later",
                    entry.value.0
                );
                self.say(
                    entry.place,
                    message,
                    "write 30d or less; a site is watched for longer by other means",
                );
            }
            if let Some(first) = times.insert(length(entry), entry.place) {
                let message = format!("the time {} is there twice", entry.value.0);
                self.say(entry.place, message, format!("remove one; the first is on line {}", first.line));
            }
        }
        times.into_keys().collect()
    }

    fn branch(&mut self, text: &str, place: Place) -> Option<BranchName> {
        match BranchName::new(text) {
            Ok(branch) => Some(branch),
            Err(error) => {
                self.say(place, error.to_string(), "name the branch as git has it, without refs/heads/");
                None
            }
        }
    }

    fn names<'a>(&self, file: &'a File, built_in: &'a PromotionPath) -> Names<'a> {
        let Some(entries) = &file.environments else {
            // Where the key is there and nothing of it could be read, nothing is known.
            let all = self.root.key("environments").is_none();
            return Names { known: built_in.environments.iter().map(|it| it.name.as_str()).collect(), all };
        };
        let written = self.root.key("environments").map_or(0, |key| key.value.items().len());
        let known = entries.iter().map(|entry| entry.name.value.0.as_str()).collect();
        Names { known, all: written == entries.len() }
    }

    fn graph(&mut self, file: &File, names: &Names<'_>) {
        let Some(entries) = &file.environments else { return };
        let before = self.problems.len();
        for entry in entries {
            for source in &entry.accepts {
                if matches!(source_of(&source.value), Source::Topics | Source::Hotfixes) {
                    continue;
                }
                if source.value == entry.name.value.0 {
                    let message = format!("{} accepts itself", source.value);
                    self.say(source.place, message, "name the environments before it, topics or hotfixes");
                } else {
                    let known = [&["topics", "hotfixes"], names.known.as_slice()].concat();
                    self.known(source, names, &known);
                }
            }
        }
        for (place, around) in graph::loops(entries) {
            let message = format!("the environments form a loop: {}", around.join(" → "));
            self.say(
                place,
                message,
                "a change has to travel one way; take one of these steps out of accepts",
            );
        }
        let enters = |entry: &EnvironmentEntry| {
            entry
                .accepts
                .iter()
                .any(|source| matches!(source_of(&source.value), Source::Topics | Source::Hotfixes))
        };
        // An item that could not be read may have been meant to be such a word.
        let written = self.root.key("environments").map_or(0, |key| {
            let accepts = key.value.items().iter().filter_map(|item| item.key("accepts"));
            accepts.map(|key| key.value.items().len()).sum()
        });
        let read: usize = entries.iter().map(|entry| entry.accepts.len()).sum();
        if names.all
            && written == read
            && !entries.is_empty()
            && !entries.iter().any(enters)
            && let Some(key) = self.root.key("environments")
        {
            let message = "no environment accepts topics or hotfixes, so no change can enter the path";
            let problem = Problem::new(key.place, message, "give the first one accepts: [topics]");
            // A loop, or a name that nobody has, was most likely meant to be the way in.
            let follows = self.problems.len() > before;
            self.problems.push(if follows { problem.following() } else { problem });
        }
    }

    /// Says so if there is no environment of the name that `at` holds.
    fn known(&mut self, at: &At<String>, names: &Names<'_>, words: &[&str]) {
        let enough = self.problems.len() > 2 * PROBLEMS_MAX;
        if names.all && !enough && !names.known.contains(&at.value.as_str()) {
            let message = format!("there is no environment {}", quoted(&at.value));
            let otherwise = format!("the environments are {}", names.known.join(", "));
            self.say(at.place, message, hint(&at.value, words, &otherwise));
        }
    }

    fn copy(&mut self, copy: &CopyEntry, names: &Names<'_>, branches: &Branches) -> Option<CopyBranch> {
        let CopyEntry::Branch(copy) = copy else { return None };
        self.known(&copy.of, names, &names.known);
        let branch = self.branch(&copy.branch.value, copy.branch.place)?;
        self.places.branches.push((branch.clone(), Some(copy.branch.place)));
        if branches.contains_key(branch.as_str()) {
            let message = format!("the copy branch {branch} is the branch of an environment too");
            self.say(copy.branch.place, message, "name another branch, or write copy: none");
        }
        let mode = copy.mode.as_ref().map(|mode| mode.value).unwrap_or_default();
        let after = copy.after.as_ref().map(|after| after.value);
        let (of, after_is_written) = (copy.of.value.clone(), after.is_some());
        Some(CopyBranch { branch, of, mode, after: after.unwrap_or_default(), after_is_written })
    }

    fn commerce(&mut self, file: &File, names: &Names<'_>) {
        for name in file.commerce.services_by_ticket.iter().flatten() {
            self.known(name, names, &names.known);
        }
        if let Some(place) = file.commerce.ticket_without_plan() {
            let message = "on the plan starter no ticket changes services";
            self.say(place, message, "remove services_by_ticket, or write plan: pro");
        }
    }

    fn rules(&mut self, file: &File) -> Rules {
        let mut rules = Rules::default();
        for (name, level) in &file.rules.0 {
            let Some(code) = Code::ALL.into_iter().find(|code| code.as_str() == name) else { continue };
            let key = self.root.key("rules").and_then(|rules| rules.value.key(name));
            self.places.rules.insert(code, key.map_or(level.place, |key| key.place));
            if level.value != Level::Enforce {
                rules.set(code, level.value);
            }
        }
        rules
    }

    fn commands(&mut self, file: &File, names: &Names<'_>) -> CommandRights {
        let mut rights = CommandRights::default();
        for (command, entry) in &file.commands.0 {
            let grant = match entry {
                CommandEntry::Everywhere(people) => Grant::Everywhere(grantees(people)),
                CommandEntry::On(environments) => {
                    self.named_environments(command, names);
                    let people = environments.0.iter();
                    Grant::On(
                        people
                            .map(|(name, people)| (EnvironmentName::from(name), grantees(people)))
                            .collect(),
                    )
                }
            };
            rights.set(command, grant);
        }
        rights
    }

    /// Says which keys below the command are no environments.
    fn named_environments(&mut self, command: &str, names: &Names<'_>) {
        let entry = self.root.key("commands").and_then(|commands| commands.value.key(command));
        let Some(Content::Keys(keys)) = entry.map(|entry| &entry.value.content) else { return };
        for key in keys {
            self.known(&At { place: key.place, value: key.name.clone() }, names, &names.known);
        }
    }

    fn ignore_paths(&mut self, file: &File) -> Option<IgnoredPaths> {
        self.root.key("ignore_paths")?;
        self.patterns(&file.ignore_paths);
        let patterns: Vec<_> = file.ignore_paths.iter().map(|pattern| pattern.value.0.clone()).collect();
        let all = IgnoredPaths::new(&patterns);
        if let Err(error) = &all
            && self.problems.is_empty()
        {
            let place = self.root.key("ignore_paths").map_or(self.root.place, |key| key.place);
            self.say(place, error.to_string(), "write fewer or simpler patterns");
        }
        all.ok()
    }
}

/// The layout has it that each of them is a role or a team.
fn grantees(people: &People) -> Vec<Grantee> {
    people.0.iter().filter_map(|who| Grantee::of_word(&who.value.0)).collect()
}

fn overrides(file: &File) -> OverrideRules {
    OverrideRules {
        second: file.overrides.second.as_ref().is_some_and(|second| second.value),
        budget: file.overrides.budget.as_ref().and_then(|budget| OverrideBudget::of_word(&budget.value.0)),
    }
}

fn active(entry: &EnvironmentEntry) -> ActiveRules {
    let all = entry.active.as_ref().map_or(1, |active| active.value);
    ActiveRules {
        places: u32::try_from(all.saturating_sub(1)).unwrap_or(u32::MAX),
        idle: entry.active_idle.as_ref().map(length),
        keeps_data: entry.active_keeps_data.as_ref().is_none_or(|keeps| keeps.value),
    }
}

fn source_of(text: &str) -> Source {
    match text {
        "topics" => Source::Topics,
        "hotfixes" => Source::Hotfixes,
        name => Source::Environment(name.to_owned()),
    }
}

fn tested_of(entry: &TestedEntry) -> Tested {
    match entry {
        TestedEntry::Flag(true) => Tested::Asked,
        TestedEntry::Flag(false) => Tested::NotAsked,
        TestedEntry::Word(IfReported::IfReported) => Tested::IfReported,
    }
}

/// The environments in the order in which changes travel, otherwise as they were written.
pub(super) fn upstream_first(mut waiting: Vec<Environment>) -> Vec<Environment> {
    let mut sorted: Vec<Environment> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let free =
            waiting.iter().position(|it| !waiting.iter().any(|before| it.accepts_environment(&before.name)));
        // In a loop none is free; the loop is told elsewhere.
        sorted.push(waiting.remove(free.unwrap_or(0)));
    }
    sorted
}
