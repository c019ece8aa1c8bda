//! The rules TP701–TP733: what a change of a Commerce project does to the shop. Two trees in, findings out.
//!
//! Lives here: the files that the rules read (`tree`, `project`) and one file for each group of rules. A rule that
//! cannot read a file is silent, and one note says what could not be read.
//!
//! Does not live here: reading git (`lineage`), showing what was found (`report`).
//!
//! Open first: `data_loss.rs`, the rules that save data; `project.rs` is what all of them look at.
//!
//! # Promises, and the tests that hold them
//!
//! - A template-like project breaks no rule: `the_template_breaks_no_rule`.
//! - Each rule finds what it is for, at its line, and leaves alone what is near:
//!   `every_mutation_is_found_at_its_line_and_no_near_miss_is`.
//! - Each of several applications is judged by its own files, however they are described:
//!   `each_application_is_judged_by_its_own_files`, `to_describe_applications_otherwise_changes_nothing`.
//! - No text in any file stops the rules: `no_text_in_any_file_stops_the_rules`.

mod branches;
mod changes;
mod committed;
mod crons;
mod data_loss;
mod diff;
mod facts;
mod hooks;
mod modules;
mod packages;
mod patches;
mod php;
mod project;
mod scenarios;
mod secrets;
mod services;
mod static_content;
mod tickets;
mod topology;
mod tree;
mod variables;
mod versions;
mod wanted;
mod yaml_files;

pub use changes::{Changed, ModuleUpgrade, ProjectChanges, Upgrade, changes, declarations_that_differ};
pub use project::{PROJECT_FILES, application_files, application_folders, holds_project};
pub use static_content::StaticContent;
pub use tree::{Blob, Tree};
pub use wanted::Wanted;

use chrono::NaiveDate;

use crate::model::{
    Code, CommerceSettings, Environment, FileFinding, FilePlace, Level, Outcome, Rules, Sentence,
};
use project::Project;

/// On what kind of environment a change would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// Integration and Starter: the platform makes all of it from the files.
    #[default]
    Integration,
    /// Staging and production of the Pro plan: machines of their own, where much takes a ticket.
    Pro,
}

impl Target {
    /// The kind of an environment, by whether a ticket changes its services.
    pub fn of(takes_tickets: bool) -> Self {
        if takes_tickets { Self::Pro } else { Self::Integration }
    }
}

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// What would be deployed.
    pub head: &'a Tree,
    /// What it changes; rules that compare say nothing without it.
    pub base: Option<&'a Tree>,
    /// Where it goes.
    pub target: Target,
    /// The day by which ends of life count.
    pub today: NaiveDate,
    /// The name of the branch that holds it, where it has one.
    pub branch: Option<&'a str>,
    /// The names of the repository's other branches.
    pub other_branches: &'a [String],
    /// What the project asks for beside the rules.
    pub asked: Asked,
}

/// What a project asks for beside the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// Whether a change may not lose what keeps static content out of the deploy: then TP712 fails.
    pub ideal_state: bool,
    /// How much disk the contract has for one environment, in MB: then TP720 adds all disks up.
    pub disk: Option<u64>,
}

impl Asked {
    /// What is asked of a change that goes into this environment.
    pub fn of(settings: &CommerceSettings, environment: Option<&Environment>) -> Self {
        let ideal_state = environment.is_some_and(|environment| environment.requires.ideal_state);
        Self { ideal_state, disk: settings.disk }
    }
}

/// What the rules find, the heaviest first, with the levels of the project's configuration.
pub fn judge(change: &Change<'_>, levels: &Rules) -> Vec<FileFinding> {
    let head = Project::read(change.head);
    let base = change.base.map(Project::read);
    let judged = Judged { change, head: &head, base: base.as_ref() };
    let mut findings = Findings::default();
    for rules in [
        data_loss::rules,
        secrets::rules,
        yaml_files::rules,
        variables::rules,
        topology::rules,
        packages::rules,
        hooks::rules,
        static_content::rules,
        scenarios::rules,
        tickets::rules,
        crons::rules,
        php::rules,
        services::rules,
        patches::rules,
        committed::rules,
        modules::rules,
        branches::rules,
    ] {
        rules(&judged, &mut findings);
    }
    let weigh = |finding: FileFinding| {
        let level = levels.level(finding.code);
        let severity = level.weigh(finding.severity)?;
        let place =
            finding.place.map(|place| FilePlace { path: change.head.full_path(&place.path), ..place });
        let (detail, place) = change.head.cited(finding.detail, place);
        Some(FileFinding { severity, level, place, detail, ..finding })
    };
    let mut findings: Vec<FileFinding> = findings.0.into_iter().filter_map(weigh).collect();
    findings.sort_by(|one, two| {
        let key = |it: &FileFinding| (std::cmp::Reverse(it.severity), it.code, it.place.clone());
        key(one).cmp(&key(two))
    });
    findings
}

/// What a group of rules is given.
struct Judged<'a> {
    change: &'a Change<'a>,
    head: &'a Project<'a>,
    base: Option<&'a Project<'a>>,
}

impl Judged<'_> {
    fn is_pro(&self) -> bool {
        self.change.target == Target::Pro
    }
}

/// What a finding says.
struct Words {
    title: Sentence,
    detail: Sentence,
    remedy: Sentence,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<FileFinding>);

impl Findings {
    fn add(&mut self, code: Code, severity: Outcome, (path, line): (&str, u32), words: Words) {
        let place = Some(FilePlace { path: path.to_owned(), line });
        self.put(code, severity, place, words);
    }

    fn put(&mut self, code: Code, severity: Outcome, place: Option<FilePlace>, words: Words) {
        let Words { title, detail, remedy } = words;
        self.0.push(FileFinding { code, severity, level: Level::Enforce, place, title, detail, remedy });
    }
}

/// A sentence of ours around names.
fn say<const COUNT: usize>(template: &'static str, names: [&str; COUNT]) -> Sentence {
    Sentence::new(template, names)
}

#[cfg(test)]
mod tests;
