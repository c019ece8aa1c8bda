//! `towpath check pr --repair`: the way back to a clean branch, shown or carried out.

use std::process::ExitCode;

use super::exit::exit_of;
use super::{UsageError, print};
use crate::engine::{Clock as _, SystemClock};
use crate::lineage::{Committer, Conflict, GitError, Rebuild, Rebuilt, Repository};
use crate::model::{BranchName, CommitId, ForPeople, PullEnds, Repair, Verdict};
use crate::report::{self, LocalCheck, RepairPlan, RepairStage};

/// How many numbers are tried behind the default name.
const NAMES_TRIED: usize = 99;

/// What `towpath check pr` takes to repair a branch.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Options {
    /// Show how to make the branch clean, which commits stay, and whether they apply
    #[arg(long)]
    repair: bool,
    /// Make the clean branch under a new name; this touches nothing else
    #[arg(long, requires = "repair")]
    apply: bool,
    /// The name of the clean branch; it must not exist [default: HEAD-on-BASE]
    #[arg(long, value_name = "BRANCH", requires = "repair", allow_hyphen_values = true)]
    branch: Option<String>,
}

impl Options {
    /// Whether a repair is asked for.
    pub(super) fn is_wanted(&self) -> bool {
        self.repair
    }
}

/// What has been judged, and where.
pub(super) struct Judged<'a> {
    pub(super) place: &'a str,
    pub(super) repository: &'a Repository,
    pub(super) check: LocalCheck<'a>,
    pub(super) verdict: &'a Verdict,
    pub(super) json: bool,
}

/// What came of it.
struct Outcome {
    branch: BranchName,
    made: Option<Rebuilt>,
    left_out: Vec<CommitId>,
    conflict: Option<Conflict>,
}

/// Shows the repair, or carries it out.
pub(super) async fn run(options: &Options, judged: &Judged<'_>) -> Result<ExitCode, UsageError> {
    let found = judged.verdict.findings.iter().find_map(|finding| finding.cause.repair());
    let Some(repair) = found else {
        print::to_stdout(&if judged.json {
            with_repair(judged, &serde_json::Value::Null)
        } else {
            format!("{}\nA new branch would repair nothing here.\n", judged.page())
        });
        return Ok(exit_of(judged.verdict));
    };
    let outcome = judged.carry_out(options, repair).await?;
    print::to_stdout(&if judged.json {
        with_repair(judged, &outcome.json(repair))
    } else if options.apply {
        outcome.words(judged, repair)
    } else {
        format!("{}\n{}", judged.page(), outcome.words(judged, repair))
    });
    let exit = match (&outcome.conflict, outcome.made) {
        (None, Some(_)) => ExitCode::SUCCESS,
        (Some(_), _) if options.apply => ExitCode::FAILURE,
        _ => exit_of(judged.verdict),
    };
    Ok(exit)
}

impl Judged<'_> {
    fn page(&self) -> String {
        report::terminal(&self.check, self.verdict, print::colour())
    }

    fn failed(&self, error: &GitError) -> UsageError {
        let why = error.for_people();
        UsageError::new(format!("the repair could not be worked out in {}: {why}", self.place))
    }

    async fn carry_out(&self, options: &Options, repair: &Repair) -> Result<Outcome, UsageError> {
        let branch = match &options.branch {
            Some(name) => self.given(name).await?,
            None => self.free_name().await?,
        };
        let picks: Vec<_> = repair.picks.iter().map(|commit| commit.id).collect();
        let committer = self.committer(options.apply).await?;
        let result = self.repository.rebuild(self.check.pull.base.commit, &picks, &committer).await;
        let clean = match result.map_err(|error| self.failed(&error))? {
            Rebuild::Clean(clean) => clean,
            Rebuild::Conflict(conflict) => {
                return Ok(Outcome { branch, made: None, left_out: Vec::new(), conflict: Some(conflict) });
            }
        };
        let left_out = clean.left_out.clone();
        let is_made = options.apply && !clean.made.is_empty();
        if is_made {
            let made = self.repository.make_branch(&branch, &clean).await;
            made.map_err(|error| UsageError::new(format!("no branch was made: {}", error.for_people())))?;
        }
        Ok(Outcome { branch, made: is_made.then_some(clean), left_out, conflict: None })
    }

    /// Who the commits are made by. What is only tried out needs nobody's name.
    async fn committer(&self, is_applied: bool) -> Result<Committer, UsageError> {
        let at = SystemClock.now().to_seconds();
        match self.repository.person(at).await.map_err(|error| self.failed(&error))? {
            Some(person) => Ok(person),
            None if is_applied => Err(UsageError::new(
                "git does not know whose commits these would be; set git config user.name and git config \
                 user.email",
            )),
            None => Ok(Committer::new("nobody", "", at)),
        }
    }

    /// The name that was given, if it is free.
    async fn given(&self, name: &str) -> Result<BranchName, UsageError> {
        let name = name.strip_prefix("refs/heads/").unwrap_or(name);
        let branch = BranchName::new(name).map_err(|error| UsageError::new(format!("--branch: {error}")))?;
        match self.taken(&branch).await? {
            None => Ok(branch),
            Some(why) => Err(UsageError::new(format!("--branch: {why}"))),
        }
    }

    /// `HEAD-on-BASE`, with a number behind it where that is taken.
    async fn free_name(&self) -> Result<BranchName, UsageError> {
        let PullEnds { head, base } = self.check.pull;
        let head = head.branch.as_ref().map_or_else(|| head.commit.short(), ToString::to_string);
        let plain = format!("{}-on-{}", head.trim_start_matches('-'), base.branch.as_str().replace('/', "-"));
        let mut last = String::new();
        for number in 1..=NAMES_TRIED {
            let name = if number == 1 { plain.clone() } else { format!("{plain}-{number}") };
            match BranchName::new(name) {
                Ok(branch) => match self.taken(&branch).await? {
                    None => return Ok(branch),
                    Some(why) => last = why,
                },
                Err(error) => last = error.to_string(),
            }
        }
        Err(UsageError::new(format!(
            "there is no free name for the clean branch ({last}); give one with --branch"
        )))
    }

    /// Why there can be no new branch of this name, here or on the remote as last fetched.
    async fn taken(&self, branch: &BranchName) -> Result<Option<String>, UsageError> {
        if let Err(error) = self.repository.is_free(branch).await {
            return Ok(Some(error.for_people().into()));
        }
        let there = self.repository.branch(branch).await.map_err(|error: GitError| self.failed(&error))?;
        let place = self.check.remote.map(|remote| format!(" on {remote}")).unwrap_or_default();
        Ok(there.map(|_| format!("there is a branch {branch}{place} already; choose another name")))
    }
}

impl Outcome {
    fn words(&self, judged: &Judged<'_>, repair: &Repair) -> String {
        let stage = match (&self.conflict, &self.made) {
            (Some(Conflict { pick, paths }), _) => RepairStage::Conflicts { pick: *pick, paths },
            (None, Some(rebuilt)) => RepairStage::Made { tip: rebuilt.tip },
            (None, None) => RepairStage::Applies,
        };
        let remote = judged.check.remote;
        let (branch, left_out) = (&self.branch, self.left_out.as_slice());
        report::repair_plan(&RepairPlan { pull: judged.check.pull, repair, branch, remote, left_out, stage })
    }

    fn json(&self, repair: &Repair) -> serde_json::Value {
        let ids = |id: &CommitId| id.to_string();
        let conflict = self.conflict.as_ref().map(
            |Conflict { pick, paths }| serde_json::json!({ "commit": pick.to_string(), "paths": paths }),
        );
        serde_json::json!({
            "picks": repair.picks.iter().map(|commit| ids(&commit.id)).collect::<Vec<_>>(),
            "conflict": conflict,
            "branch": self.branch.as_str(),
            "tip": self.made.as_ref().map(|rebuilt| ids(&rebuilt.tip)),
        })
    }
}

/// The verdict as an object, and the repair beside it.
fn with_repair(judged: &Judged<'_>, repair: &serde_json::Value) -> String {
    let mut object = print::object(&judged.check, judged.verdict);
    object["repair"] = repair.clone();
    format!("{object}\n")
}
