//! A rollback by a merge in words: the pull request that gives a branch its old files back, and what is answered to whoever
//! has asked for it.

use super::deploy_status::length;
use super::limits::shorten_end;
use super::markdown::code;
use super::operator::{AskedFor, hold_lift_command};
use super::prose::pulls_in_a_row;
use super::shell;
use crate::model::{BranchName, CommitId, Deploy, DeployRecord, Hold, Phase, PullNumber, RevertPull};

/// So much of a reason is repeated, in characters.
const REASON: usize = 200;

/// The title of the pull request that takes an environment back, and what its commit says.
pub fn revert_title(environment: &str, to: CommitId) -> String {
    format!("Roll {environment} back to {}", to.short())
}

/// Its text. `entry` is the branch that new work goes into.
pub fn revert_pull(asked: AskedFor<'_>, hold: &Hold, entry: Option<&BranchName>) -> String {
    let (name, branch) = (&asked.environment.name, asked.environment.branch.as_str());
    let to = hold.to.short();
    let taken_back = pulls_in_a_row(&hold.pulls).map(|pulls| format!(" It takes back {pulls}."));
    let mut parts = vec![
        format!(
            "{} asked for {} to be rolled back to {}: {}.",
            code(&hold.by),
            code(name),
            code(&to),
            code(&shorten_end(&hold.reason, REASON))
        ),
        format!(
            "Whoever deploys {} brings what its branch has, and nothing older. So this is one commit on top of {}, with exactly the \
             files of {}. **Merging it deploys them.**{}",
            code(name),
            code(branch),
            code(&to),
            taken_back.unwrap_or_default()
        ),
        format!(
            "Merge it as it is. With another commit in it, or once {} has moved on, it is another change: then comment {} \
             for a new one.",
            code(branch),
            code(&asked.rollback())
        ),
        format!(
            "{} is held meanwhile. Once the cause is repaired, {} lifts the hold.",
            code(name),
            code(&asked.lift())
        ),
    ];
    if let Some(entry) = entry.filter(|entry| entry.as_str() != branch) {
        parts.push(format!(
            "For git, what was taken back stays merged, so the next promotion does not bring it again. To bring it again, carry \
             {} back to {}, revert this commit there together with the repair, and promote.",
            code(branch),
            code(entry.as_str())
        ));
    }
    parts.join("\n\n")
}

/// What is answered once the pull request is open, and what follows. `before` is what happens to the deploy under way.
pub fn revert_prepared(
    asked: AskedFor<'_>,
    hold: &Hold,
    (number, before): (PullNumber, Option<String>),
) -> (String, String) {
    let (name, branch) = (&asked.environment.name, &asked.environment.branch);
    let first = format!(
        "{}; #{number} gives {branch} the files of {} again: merge it, and they are deployed",
        brings_its_branch(name),
        hold.to.short()
    );
    let from_now_on = format!("{name} is held from now on");
    let parts: Vec<String> = [Some(first), before, Some(from_now_on)].into_iter().flatten().collect();
    (parts.join("; "), lift_afterwards(asked))
}

/// What is answered where Towpath may not make the branch or the pull request: the commands that do it. `is_pushed` says that
/// the branch is there.
pub fn revert_by_hand(
    asked: AskedFor<'_>,
    (hold, revert, is_pushed): (&Hold, &RevertPull, bool),
    (why, before): (&str, Option<String>),
) -> (String, String) {
    let (name, branch) = (&asked.environment.name, &asked.environment.branch);
    let title = shell::quote(&revert_title(name, hold.to));
    let full_ref = shell::quote(&revert.branch.full_ref());
    // Without a commit nothing is pushed: that would delete the branch.
    let push = format!(
        "git fetch origin && c=$(git commit-tree {} -p {} -m {title}) && git push origin \"$c\":{full_ref}",
        revert.tree, revert.onto
    );
    let open = format!(
        "gh pr create --repo {} --base {} --head {} --title {title} --body ''",
        shell::quote(asked.repository),
        shell::quote(branch.as_str()),
        shell::quote(revert.branch.as_str())
    );
    let first = format!(
        "{}, and the pull request that reverts {branch} was not made: {why}",
        brings_its_branch(name)
    );
    let by_hand = if is_pushed {
        format!("its branch is there, so run `{open}` and merge that")
    } else {
        format!("run `{push}` and `{open}`, and merge that")
    };
    let from_now_on = format!("{name} is held from now on");
    let parts: Vec<String> =
        [Some(first), Some(by_hand), before, Some(from_now_on)].into_iter().flatten().collect();
    (parts.join("; "), lift_afterwards(asked))
}

/// What is answered where the branch has the old files already, and their deploy is to come.
pub fn reverted_already(asked: AskedFor<'_>, (hold, tip): (&Hold, CommitId)) -> String {
    let (name, branch) = (&asked.environment.name, &asked.environment.branch);
    format!(
        "{branch} has the files of {} again, since {}, and {name} is about to get them",
        hold.to.short(),
        tip.short()
    )
}

/// By what an environment goes back that somebody has asked to have rolled back by a merge. `number` is the open pull request
/// that was prepared.
pub fn back_by_merge(number: Option<PullNumber>) -> String {
    match number {
        Some(number) => format!("#{number} does that once somebody merges it"),
        None => "A pull request that does that is still to be opened and merged".to_owned(),
    }
}

/// Why a branch beside an environment is not taken back.
pub fn no_revert_beside(name: &str) -> String {
    format!("{}, so push what is to run there to the branch itself", brings_its_branch(name))
}

fn brings_its_branch(name: &str) -> String {
    format!("whoever deploys {name} brings what its branch has and nothing older")
}

fn lift_afterwards(asked: AskedFor<'_>) -> String {
    let lift = asked.lift();
    format!("Once the old files run and the cause is repaired, `{lift}` lifts the hold.")
}

/// What is said of a deploy under way that is ended first.
pub fn ends_first(going: &Deploy) -> String {
    format!("Towpath cancels deploy {} ({}) first", going.number, going.commit.short())
}

/// What is said of a deploy under way that nobody ends. `record` is how long others took.
pub fn goes_first(going: &Deploy, record: &DeployRecord) -> String {
    let usual = match record {
        DeployRecord::Known(it) | DeployRecord::OnPlatform(it) => format!(
            ", usually after {} (at most {} in the last {})",
            length(it.median),
            length(it.longest),
            it.deploys
        ),
        DeployRecord::NotAsked | DeployRecord::Empty => String::new(),
    };
    let stands = if going.phase() > Some(Phase::Build) {
        "is past its build and cannot be cancelled, so it comes to its own end"
    } else {
        "is under way and comes to its own end"
    };
    let (number, commit) = (going.number, going.commit.short());
    format!("deploy {number} ({commit}) {stands}{usual}, and what is merged meanwhile is deployed after it")
}

impl AskedFor<'_> {
    /// The command that rolls back, as it is written where this was asked for.
    fn rollback(&self) -> String {
        match self.in_comments {
            Some(commands) => commands.rollback(&self.environment.name, None),
            None => super::deploy_status::rollback_command(self.repository, &self.environment.name),
        }
    }

    /// The command that lifts the hold.
    pub fn lift(&self) -> String {
        match self.in_comments {
            Some(commands) => commands.resume(&self.environment.name),
            None => hold_lift_command(self.repository, &self.environment.name),
        }
    }
}
