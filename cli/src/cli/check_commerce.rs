//! `towpath check commerce`

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::check_pr::nothing;
use super::exit::exit_of_outcome;
use super::local::{Local, Named, RepositoryArguments, Rules};
use super::{UsageError, print, values};
use crate::commerce::rules::{Asked, Change, PROJECT_FILES, Target, judge};
use crate::engine::{commerce_tree, holds_commerce_project};
use crate::lineage::GitError;
use crate::model::{
    Base, BranchName, CommerceSettings, CommitId, DocsUrl, Environment, FileFinding, Head, Outcome,
    PromotionPath, PullEnds,
};
use crate::report::{self, LocalCheck, Words, file_finding_words, file_findings_on_terminal};

/// What `towpath check commerce` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath check commerce                                    the commit you have checked out
  towpath check commerce --base integration                 what your branch changes
  towpath check commerce --head staging --base production --environment production
  towpath check commerce --head HEAD --json

It checks the files of an Adobe Commerce project on cloud infrastructure by the rules TP701 to
TP733: see docs/commerce.md. It reads git only, runs nothing of the project and asks no network.

Some rules compare, and say nothing without --base. They take what the head has changed since it
left the base. Without --environment the change is judged as on integration. Unless the
configuration says otherwise, the environments that take no topics, and those called staging and
production, are the Pro plan's staging and production.

Where neither the head nor the base holds such a project, or not in the folder that commerce.root
names, the request is wrong.

Exit status: 0 pass or warn; 1 fail or unknown; 2 the request is wrong; 3 wait (a ticket).")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: RepositoryArguments,
    /// What to check: a branch of the clone, else of its remote, else any commit (HEAD, a SHA)
    #[arg(long, value_name = "HEAD", allow_hyphen_values = true, default_value = "HEAD")]
    head: String,
    /// What it changes: a branch of the remote as last fetched, else a local one, else any commit
    #[arg(long, value_name = "BASE", allow_hyphen_values = true)]
    base: Option<String>,
    /// The environment that the change goes into
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// The day by which ends of life count, such as 2026-11-29 [default: today]
    #[arg(long, value_name = "DATE", value_parser = values::day)]
    today: Option<NaiveDate>,
    /// A configuration file, in place of the one on the default branch
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON object: the verdict, its findings with their files and lines, and what was checked
    #[arg(long)]
    pub(super) json: bool,
}

/// A commit, and the branch it was named by.
pub(super) struct End {
    pub(super) branch: Option<BranchName>,
    pub(super) commit: CommitId,
}

/// Judges and prints.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let config = Named::read(arguments.config.as_deref())?;
    let local = arguments.place.open(arguments.base.as_deref(), &[&arguments.head]).await?;
    let failed = |error: GitError| local.failed(&error);
    let head = head(&arguments.head, &local).await?;
    let base = match &arguments.base {
        Some(base) => Some(named_base(base, &local).await?),
        None => None,
    };
    let rules = local.rules(config, head.branch.as_ref()).await;
    if rules.instead.is_some() {
        return Ok(not_judged(&arguments, &local, &rules, head));
    }
    let environment =
        arguments.environment.as_deref().map(|name| environment(&rules.path, name)).transpose()?;
    let settings = rules.path.commerce.clone();
    let settings = settings.unwrap_or_else(|| CommerceSettings::built_in(&rules.path.environments));
    require_project(&local, (&head, base.as_ref()), &settings.root).await?;
    let tree = |commit| commerce_tree(&local.repository, commit, &settings.root);
    let before = match &base {
        Some(base) => {
            let common = local.repository.merge_base(head.commit, base.commit).await.map_err(failed)?;
            Some(tree(common.unwrap_or(base.commit)).await.map_err(failed)?)
        }
        None => None,
    };
    let after = tree(head.commit).await.map_err(failed)?;
    let mut other_branches = local.repository.branch_names().await.map_err(failed)?;
    other_branches.retain(|name| head.branch.as_ref().is_none_or(|own| own.as_str() != name));
    let today = arguments.today.or_else(|| day(local.now.0)).unwrap_or_default();
    let change = Change {
        head: &after,
        base: before.as_ref(),
        target: Target::of(environment.is_some_and(|it| settings.takes_tickets(it))),
        today,
        branch: head.branch.as_ref().map(BranchName::as_str),
        other_branches: &other_branches,
        asked: Asked::of(&settings, environment),
    };
    let findings = judge(&change, &rules.path.rules);
    let outcome = findings.iter().map(|finding| finding.severity).max().unwrap_or(Outcome::Pass);
    let checked = Checked { head, base, environment, today };
    print::to_stdout(&if arguments.json {
        format!("{}\n", checked.as_json(&findings, outcome))
    } else {
        file_findings_on_terminal(&findings, &checked.in_words(), print::colour())
    });
    Ok(exit_of_outcome(outcome))
}

/// What was checked.
struct Checked<'a> {
    head: End,
    base: Option<End>,
    environment: Option<&'a Environment>,
    today: NaiveDate,
}

impl Checked<'_> {
    fn in_words(&self) -> String {
        let against =
            self.base.as_ref().map(|base| format!(" against {}", base.commit.short())).unwrap_or_default();
        let environment = self.environment.map_or("integration", |it| it.name.as_str());
        let environment = print::printable(environment);
        format!("Checked {}{against}, for {environment}, on {}.", self.head.commit.short(), self.today)
    }

    fn as_json(&self, findings: &[FileFinding], outcome: Outcome) -> Value {
        let end = |end: &End| {
            let name = end.branch.as_ref().map(BranchName::as_str);
            json!({ "name": name, "commit": end.commit.to_string() })
        };
        json!({
            "schema_version": print::SCHEMA_VERSION,
            "verdict": outcome.as_str(),
            "judged": true,
            "findings": findings.iter().map(finding).collect::<Vec<_>>(),
            "head": end(&self.head),
            "base": self.base.as_ref().map(end),
            "environment": self.environment.map(|it| it.name.as_str()),
            "today": self.today.to_string(),
        })
    }
}

fn finding(finding: &FileFinding) -> Value {
    let Words { title, detail, remedy } = file_finding_words(finding);
    json!({
        "code": finding.code.as_str(),
        "severity": finding.severity_word(),
        "title": title,
        "detail": detail,
        "remedy": remedy,
        "file": finding.place.as_ref().map(|place| place.path.as_str()),
        "line": finding.place.as_ref().map(|place| place.line),
        "docs_url": DocsUrl::default().finding(finding.code),
    })
}

/// Prints why nothing could be judged: the configuration cannot be used, or is not known.
fn not_judged(arguments: &Arguments, local: &Local, rules: &Rules, head: End) -> ExitCode {
    let verdict = rules.instead.clone().unwrap_or_default();
    let branch = rules.path.environments.first().map(|environment| environment.branch.clone());
    let Some(branch) = branch else { return exit_of_outcome(verdict.outcome()) };
    let head = Head { branch: head.branch, commit: head.commit, fork: false };
    let pull = PullEnds { head, base: Base { branch, commit: nothing() } };
    let remote = local.repository.tracked_remote();
    let check = LocalCheck { path: &rules.path, pull: &pull, remote, basis: None };
    print::to_stdout(&if arguments.json {
        print::json(&check, &verdict)
    } else {
        report::terminal(&check, &verdict, print::colour())
    });
    exit_of_outcome(verdict.outcome())
}

/// The head: a branch of the clone, else one of its remote, else any commit.
pub(super) async fn head(name: &str, local: &Local) -> Result<End, UsageError> {
    let failed = |error: GitError| local.failed(&error);
    let repository = &local.repository;
    if matches!(name, "HEAD" | "@") {
        let branch = repository.checked_out().await.map_err(failed)?;
        return Ok(End { branch, commit: commit(name, "--head", local).await? });
    }
    let short =
        name.strip_prefix("refs/remotes/").or_else(|| name.strip_prefix("refs/heads/")).unwrap_or(name);
    if let Ok(branch) = BranchName::new(short)
        && let Some(tip) = repository.head_branch(&branch).await.map_err(failed)?
    {
        return Ok(End { branch: Some(tip.branch), commit: tip.commit });
    }
    Ok(End { branch: None, commit: commit(name, "--head", local).await? })
}

/// The base: the remote's branch as last fetched, else a local one, else any commit.
pub(super) async fn named_base(name: &str, local: &Local) -> Result<End, UsageError> {
    if let Ok((branch, Some(tip))) = local.base("--base", name).await {
        return Ok(End { branch: Some(branch), commit: tip.commit });
    }
    Ok(End { branch: None, commit: commit(name, "--base", local).await? })
}

async fn commit(name: &str, option: &str, local: &Local) -> Result<CommitId, UsageError> {
    let found = local.repository.resolve(name).await.map_err(|error| local.failed(&error))?;
    found.ok_or_else(|| {
        let place = &local.place;
        UsageError::new(format!(
            "{name:?} is neither a branch nor a commit in {place}; name one that exists with {option}"
        ))
    })
}

pub(super) fn environment<'a>(path: &'a PromotionPath, name: &str) -> Result<&'a Environment, UsageError> {
    let named = |it: &&Environment| it.name == name || it.branch.as_str() == name;
    path.environments.iter().find(named).ok_or_else(|| {
        let known: Vec<&str> = path.environments.iter().map(|it| it.name.as_str()).collect();
        UsageError::new(format!(
            "--environment: there is no environment {name:?}; name one of {}",
            known.join(", ")
        ))
    })
}

/// Where neither end holds a project, all that could be said of one would be wrong.
pub(super) async fn require_project(
    local: &Local,
    (head, base): (&End, Option<&End>),
    root: &str,
) -> Result<(), UsageError> {
    for end in [Some(head), base].into_iter().flatten() {
        let holds = holds_commerce_project(&local.repository, end.commit, root).await;
        if holds.map_err(|error| local.failed(&error))? {
            return Ok(());
        }
    }
    let folder = if root.is_empty() {
        "at its top".to_owned()
    } else {
        format!("in the folder {root}, which commerce.root names")
    };
    Err(UsageError::new(format!(
        "{} holds no Adobe Commerce project: none of {} is {folder}; set commerce.root in the configuration to the folder that \
         holds the project",
        head.commit.short(),
        PROJECT_FILES.join(", ")
    )))
}

fn day(seconds: i64) -> Option<NaiveDate> {
    chrono::DateTime::from_timestamp(seconds, 0).map(|moment| moment.date_naive())
}
