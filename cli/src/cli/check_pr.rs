//! `towpath check pr`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::exit::exit_of;
use super::local::{Local, Named, RepositoryArguments, Rules, branch_name};
use super::{UsageError, print, repair};
use crate::engine::judge::{judge_at, obstacle};
use crate::lineage::{BranchTip, GitError, Ledger};
use crate::model::{
    Base, BranchName, CommitId, Environment, ForPeople, Head, Outcome, PromotionPath, PullEnds, Role, Source,
    Undecided, Verdict,
};
use crate::report::{self, Basis, ConfigSource, LocalCheck, shell_word};

/// What `towpath check pr` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath check pr --base integration                           the branch you have checked out
  towpath check pr --repo . --base integration --head HEAD      the same, spelled out
  towpath check pr --base staging --head integration            a promotion
  towpath check pr --repo ~/store --base integration --head feature/cart --json
  towpath check pr --base main --config .github/towpath.yml
  towpath check pr --base integration --head feature/cart --repair    how it becomes clean

Add --apply to the last one to make the clean branch; it touches no existing branch.

As a pre-push hook it stops what would fail: towpath hook install

It checks what you last fetched, and says when that was: run git fetch first. It uses the
configuration on the default branch, as the App does; --config names another file.

Exit status: 0 pass or warn, or the base is no environment; 1 fail or unknown; 2 the request is
wrong; 3 wait. With --apply: 0 it made the clean branch; 1 a commit conflicts.")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: RepositoryArguments,
    /// The branch to merge into: the remote's of that name as last fetched, else a local one; needed, unless --pre-push
    #[arg(long, value_name = "BRANCH", allow_hyphen_values = true, required_unless_present = "pre_push")]
    base: Option<String>,
    /// What to merge: a branch of the clone, else of its remote, else any commit (HEAD, a SHA).
    /// An environment's branch is always the remote's
    #[arg(long, value_name = "HEAD", allow_hyphen_values = true, default_value = "HEAD")]
    head: String,
    /// The name of the branch to merge, where --head is only a commit
    #[arg(long, value_name = "BRANCH", allow_hyphen_values = true)]
    head_name: Option<String>,
    /// Check what is pushed against the branch that takes topics, and let environments' branches through
    #[arg(long, conflicts_with = "base")]
    pre_push: bool,
    /// The branch to merge lives in a fork
    #[arg(long)]
    fork: bool,
    /// A configuration file, in place of the one on the default branch
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A tip ledger (JSON): which commits the branches have pointed at, and when
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Print one JSON object: the verdict, its findings with their codes, and what was checked
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    repair: repair::Options,
}

/// The head as it was found.
struct Found {
    head: Head,
    /// The branch it was read from, where it was named by one.
    tip: Option<BranchTip>,
}

/// What came of one base.
struct Judgement {
    pull: PullEnds,
    basis: Basis,
    verdict: Verdict,
}

struct CheckQuestion<'a> {
    arguments: &'a Arguments,
    local: &'a Local,
    rules: &'a Rules,
    ledger: &'a Ledger,
}

/// Judges and prints.
pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, UsageError> {
    let checked = Checked::of(&arguments).await?;
    match &checked.judgement {
        Ok(judgement) => checked.conclude(&arguments, judgement).await,
        Err(branch) => {
            not_asked(&arguments, branch);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Judges and prints what git is about to push; whether it may go: it is good, or only has to wait.
pub(super) async fn may_be_pushed(
    place: RepositoryArguments,
    (commit, branch): (&str, &str),
) -> Result<bool, UsageError> {
    let arguments = Arguments {
        place,
        base: None,
        head: commit.to_owned(),
        head_name: Some(branch.to_owned()),
        pre_push: true,
        fork: false,
        config: None,
        ledger: None,
        json: false,
        repair: repair::Options::default(),
    };
    let checked = Checked::of(&arguments).await?;
    match &checked.judgement {
        Ok(judgement) => {
            checked.conclude(&arguments, judgement).await?;
            Ok(matches!(judgement.verdict.outcome(), Outcome::Pass | Outcome::Warn | Outcome::Wait))
        }
        Err(branch) => {
            not_asked(&arguments, branch);
            Ok(true)
        }
    }
}

/// What came of a check, with what it went by.
struct Checked {
    local: Local,
    rules: Rules,
    /// The branch where it is one of the path's, which is pushed to and not merged.
    judgement: Result<Judgement, BranchName>,
}

impl Checked {
    async fn of(arguments: &Arguments) -> Result<Self, UsageError> {
        let config = Named::read(arguments.config.as_deref())?;
        let ledger = arguments.ledger.as_deref().map_or_else(|| Ok(Ledger::default()), read_ledger)?;
        let named = arguments.head_name.as_deref();
        let branches: Vec<&str> = named.into_iter().chain([arguments.head.as_str()]).collect();
        let local = arguments.place.open(arguments.base.as_deref(), &branches).await?;
        if let Some(base) = &arguments.base {
            // A mistake in a name is told before anything is asked of a remote.
            branch_name("--base", base)?;
        }
        let found = find_head(arguments, &local).await?;
        let judged = found.as_ref().and_then(|it| it.head.branch.as_ref());
        let rules = local.rules(config, judged).await;
        let asked = CheckQuestion { arguments, local: &local, rules: &rules, ledger: &ledger };
        let judgement = match &arguments.base {
            Some(base) => Ok(asked.judge(base, found).await?),
            None => asked.judge_pushed(found).await?,
        };
        Ok(Self { local, rules, judgement })
    }

    async fn conclude(&self, arguments: &Arguments, judgement: &Judgement) -> Result<ExitCode, UsageError> {
        let Judgement { pull, basis, verdict } = judgement;
        let repository = &self.local.repository;
        let remote = repository.tracked_remote();
        let check = LocalCheck { path: &self.rules.path, pull, remote, basis: Some(basis) };
        let json = arguments.json;
        if arguments.repair.is_wanted() {
            let place = self.local.place.as_str();
            let judged = repair::Judged { place, repository, check, verdict, json };
            return repair::run(&arguments.repair, &judged).await;
        }
        print::to_stdout(&if json {
            print::json(&check, verdict)
        } else {
            report::terminal(&check, verdict, print::colour())
        });
        Ok(exit_of(verdict))
    }
}

impl CheckQuestion<'_> {
    /// Judges what is pushed against the first branch that takes it, if any does. No verdict where the branch is one
    /// of the path's: a push to it is no pull request.
    async fn judge_pushed(&self, found: Option<Found>) -> Result<Result<Judgement, BranchName>, UsageError> {
        let Some(found) = found else { return Err(no_such_head(self.arguments, self.local)) };
        let path = &self.rules.path;
        let is_own = |branch: &&BranchName| !self.arguments.fork && !matches!(path.role(branch), Role::Topic);
        if let Some(branch) = found.head.branch.as_ref().filter(is_own)
            && self.rules.instead.is_none()
        {
            return Ok(Err(branch.clone()));
        }
        let branches: Vec<_> = takers(path).map(|it| &it.branch).collect();
        if let Some(other) = self.local.remote_with_any(&branches).await? {
            let own = self.local.repository.tracked_remote().unwrap_or_default();
            return Err(UsageError::new(format!(
                "{own} has no branch that takes topics, as far as it was fetched, and {other} has: if {own} is a fork, ask of {other} \
                 with --remote {} --fork",
                shell_word(&other)
            )));
        }
        let mut first = None;
        for base in takers(path) {
            let again = Found { head: found.head.clone(), tip: found.tip.clone() };
            let judgement = self.judge(base.branch.as_str(), Some(again)).await?;
            if matches!(judgement.verdict.outcome(), Outcome::Pass | Outcome::Warn | Outcome::Wait) {
                return Ok(Ok(judgement));
            }
            first.get_or_insert(judgement);
        }
        first.map(Ok).ok_or_else(|| {
            UsageError::new("no environment takes topics or hotfixes; name a branch with --base")
        })
    }

    async fn judge(&self, base: &str, found: Option<Found>) -> Result<Judgement, UsageError> {
        let Self { local, rules, .. } = *self;
        let failed = |error: GitError| local.failed(&error);
        let (base, tip) = local.base("--base", base).await?;
        let mut basis = Basis {
            head: None,
            base: None,
            pushed: None,
            configuration: rules.source.clone(),
            now: local.now,
        };
        let Some(tip) = tip else {
            let not_known = matches!(rules.source, ConfigSource::NotKnown);
            if let Some(instead) = rules.instead.clone().filter(|_| self.arguments.pre_push || not_known) {
                // Which branch it should be is what is not known.
                let head = found.map_or_else(|| self.nobody(), |found| found.head);
                let pull = PullEnds { head, base: Base { branch: base, commit: nothing() } };
                return Ok(Judgement { pull, basis, verdict: instead });
            }
            let survey = local.repository.survey(&rules.path).await.map_err(failed)?;
            let is_environment = matches!(rules.path.role(&base), Role::Environment(_));
            let why = obstacle(&rules.path, &survey);
            let why = why.filter(|it| is_environment || *it == Undecided::EmptyRepository);
            let Some(why) = why else { return Err(local.no_such_branch(&base, "--base")) };
            let head = found.map_or_else(|| self.nobody(), |found| found.head);
            let pull = PullEnds { head, base: Base { branch: base, commit: nothing() } };
            return Ok(Judgement { pull, basis, verdict: Verdict::undecided(why) });
        };
        let Some(found) = found else { return Err(no_such_head(self.arguments, local)) };
        let found = self.as_fetched(found, &base).await?;
        basis.base = Some(local.seen(&tip).await?);
        basis.head = match &found.tip {
            Some(tip) => Some(local.seen(tip).await?),
            None => None,
        };
        if let (Some(branch), Some(remote)) = (&found.head.branch, local.repository.tracked_remote()) {
            let tracked = format!("refs/remotes/{remote}/{branch}");
            basis.pushed = local.repository.resolve(&tracked).await.map_err(failed)?;
        }
        let pull = PullEnds { head: found.head, base: Base { branch: base, commit: tip.commit } };
        let verdict = match &rules.instead {
            Some(instead) => instead.clone(),
            None => judge_at(&local.repository, &rules.path, &pull, self.ledger, local.now).await,
        };
        Ok(Judgement { pull, basis, verdict })
    }

    fn nobody(&self) -> Head {
        Head { branch: None, commit: nothing(), fork: self.arguments.fork }
    }

    /// What is promoted is what the remote has, not what somebody once pulled. A branch ahead of the remote's of the
    /// same name is new work for that one.
    async fn as_fetched(&self, found: Found, base: &BranchName) -> Result<Found, UsageError> {
        let is_given = self.arguments.head_name.is_some() || found.head.fork;
        let Some(own) = found.tip.as_ref().filter(|tip| !is_given && tip.branch != *base) else {
            return Ok(found);
        };
        if matches!(self.rules.path.role(&own.branch), Role::Topic) {
            return Ok(found);
        }
        let fetched = self.local.repository.fetched(&own.branch).await;
        Ok(match fetched.map_err(|error| self.local.failed(&error))? {
            Some(tip) => Found { head: Head { commit: tip.commit, ..found.head }, tip: Some(tip) },
            None => found,
        })
    }
}

/// The environments that take work from people, those for topics first.
fn takers(path: &PromotionPath) -> impl Iterator<Item = &Environment> {
    let taking = |source: Source| path.environments.iter().filter(move |it| it.accepts.contains(&source));
    taking(Source::Topics).chain(taking(Source::Hotfixes).filter(|it| !it.accepts.contains(&Source::Topics)))
}

/// Of a branch of the path that is pushed.
fn not_asked(arguments: &Arguments, branch: &BranchName) {
    print::to_stdout(&if arguments.json {
        let head = serde_json::json!({ "name": branch.as_str() });
        let object = serde_json::json!({
            "schema_version": print::SCHEMA_VERSION, "verdict": "pass", "judged": false, "head": head,
            "base": null, "findings": [],
        });
        format!("{object}\n")
    } else {
        let name = print::printable(branch.as_str());
        format!("pass: Not checked: {name} is an environment's branch, and a push to it is no pull request\n")
    });
}

/// git's name for no commit, where there is none to name.
pub(super) fn nothing() -> CommitId {
    CommitId::from_bytes([0; 20])
}

/// The head: a branch of the clone, else one of its remote, else any commit.
async fn find_head(arguments: &Arguments, local: &Local) -> Result<Option<Found>, UsageError> {
    let failed = |error: GitError| local.failed(&error);
    let repository = &local.repository;
    let given = arguments.head_name.as_ref().map(|name| branch_name("--head-name", name)).transpose()?;
    let found = |branch: Option<BranchName>, commit, tip| Found {
        head: Head { branch: given.clone().or(branch), commit, fork: arguments.fork },
        tip,
    };
    // As git reads them, even where a branch is called so; that one has to be named in full.
    if matches!(arguments.head.as_str(), "HEAD" | "@") {
        let Some(commit) = repository.resolve("HEAD").await.map_err(failed)? else { return Ok(None) };
        let branch = repository.checked_out().await.map_err(failed)?;
        let tip = branch.clone().map(|branch| BranchTip { full_ref: branch.full_ref(), branch, commit });
        return Ok(Some(found(branch, commit, tip)));
    }
    // As the printed commands name it.
    let name = arguments.head.strip_prefix("refs/remotes/").unwrap_or(&arguments.head);
    if let Ok(branch) = branch_name("--head", name)
        && let Some(tip) = repository.head_branch(&branch).await.map_err(failed)?
    {
        return Ok(Some(found(Some(tip.branch.clone()), tip.commit, Some(tip))));
    }
    let commit = repository.resolve(&arguments.head).await.map_err(failed)?;
    Ok(commit.map(|commit| found(None, commit, None)))
}

pub(super) fn read_ledger(file: &Path) -> Result<Ledger, UsageError> {
    let place = file.display();
    let json = std::fs::read_to_string(file).map_err(|error| {
        UsageError::new(format!("--ledger {place} could not be read: {}", error.for_people()))
    })?;
    Ledger::parse(&json).map_err(|error| UsageError::new(format!("--ledger {place}: {}", error.for_people())))
}

fn no_such_head(arguments: &Arguments, local: &Local) -> UsageError {
    UsageError::new(format!(
        "{:?} is neither a branch nor a commit in {}; name one that exists with --head",
        arguments.head, local.place
    ))
}
