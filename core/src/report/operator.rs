//! Answers to who asks for a deploy or a rollback: the operator by the command line, others by a comment.

use super::advice::CommentCommands;
use super::deploy_status::{deploy_command, rollback_command};
use super::shell;
use crate::model::{CommitId, Deploy, DeployRefusal, Environment, RollbackRefusal, WaitsFor};

/// Where something was asked for.
#[derive(Debug, Clone, Copy)]
pub struct AskedFor<'a> {
    /// The repository's full name.
    pub repository: &'a str,
    /// The environment.
    pub environment: &'a Environment,
    /// Where a comment asks for it, how one writes commands there: what is advised are those then.
    pub in_comments: Option<CommentCommands<'a>>,
}

impl AskedFor<'_> {
    fn further_back(&self, before: Option<CommitId>) -> String {
        match before {
            Some(before) => {
                let command = if let Some(commands) = self.in_comments {
                    format!("`{}`", commands.rollback(&self.environment.name, Some(before)))
                } else {
                    let command = rollback_command(self.repository, &self.environment.name);
                    format!("{command} --to {before}")
                };
                format!("; the release before it is {}: {command}", before.short())
            }
            None => "; there is no good release before it".to_owned(),
        }
    }
}

/// The command by which the operator lets an environment go on.
pub(super) fn hold_lift_command(repository: &str, environment: &str) -> String {
    let (repository, environment) = (shell::quote(repository), shell::quote(environment));
    format!("towpath hold lift --repository {repository} --environment {environment} --reason '…'")
}

/// Why there is no rollback, and what to ask for instead: in a comment commands stand between backticks.
pub fn rollback_refused(asked: AskedFor<'_>, why: &RollbackRefusal) -> String {
    let name = &asked.environment.name;
    match why {
        RollbackRefusal::NothingBefore => format!("{name} has no earlier good release"),
        RollbackRefusal::NeverRan(to) => format!("no deploy of {} to {name} has succeeded", to.short()),
        RollbackRefusal::IsLive(commit) => format!("{} is already live on {name}", commit.short()),
        RollbackRefusal::UnderWay { number, to } => {
            format!("deploy {number} is already rolling {name} back to {}", to.short())
        }
        RollbackRefusal::Held { at, before } => {
            format!("{name} was rolled back to {} and is held{}", at.short(), asked.further_back(*before))
        }
        RollbackRefusal::Untouched { number, live, before } => format!(
            "deploy {number} did not touch {name}, which runs {}{}",
            live.short(),
            asked.further_back(*before)
        ),
    }
}

/// Why the branch's tip is not deployed, and what to ask for instead: in a comment commands stand between backticks.
pub fn deploy_refused(asked: AskedFor<'_>, tip: CommitId, why: &DeployRefusal) -> String {
    let (name, tip) = (&asked.environment.name, tip.short());
    let again = || match asked.in_comments {
        Some(commands) => format!("`{}`", commands.deploy(name)),
        None => format!("{} --again", deploy_command(asked.repository, name)),
    };
    let lift = || match asked.in_comments {
        Some(commands) => format!("`{}`", commands.resume(name)),
        None => hold_lift_command(asked.repository, name),
    };
    match why {
        DeployRefusal::Held => {
            format!("{name} is held after a rollback: {}", lift())
        }
        DeployRefusal::IsOpen { number } => format!("deploy {number} is already bringing {tip} to {name}"),
        DeployRefusal::IsLive { number } => {
            format!("{name} already runs {tip}, since deploy {number}; {} deploys it again", again())
        }
        DeployRefusal::WasTried { number } => {
            format!("deploy {number} of {tip} to {name} failed; {} tries again", again())
        }
        DeployRefusal::WasTakenBack { number } => {
            format!("{name} ran {tip} with deploy {number} and was rolled back; {} deploys it again", again())
        }
    }
}

/// What a deploy waits for that has not begun.
pub fn waits_for(waits: WaitsFor) -> Option<String> {
    Some(match waits {
        WaitsFor::Nothing => return None,
        WaitsFor::End { number, commit } => {
            format!("waits for the end of deploy {number} ({}), which is running", commit.short())
        }
        WaitsFor::Cancelling { number, commit, .. } => {
            format!("waits for the end of deploy {number} ({}), which is being cancelled", commit.short())
        }
        WaitsFor::Unconfirmed { number, commit } => {
            format!("waits until somebody confirms the end of deploy {number} ({})", commit.short())
        }
        WaitsFor::Hold => "waits until the hold is lifted".to_owned(),
    })
}

/// What to do about a deploy that Towpath cannot end. Of a branch's own environment (`of_branch`) nothing is rolled back.
pub fn cannot_cancel(deploy: &Deploy, of_branch: bool) -> String {
    let who = match &deploy.carried_out_by {
        Some(who) => format!("{who} carries it out"),
        None => "somebody else carries it out".to_owned(),
    };
    let at = deploy.log_url.as_ref().map_or_else(String::new, |url| format!(", at {url}"));
    let or = if of_branch {
        "push what is to be deployed in its place"
    } else {
        "roll back, which does not wait for it"
    };
    format!(
        "deploy {} ({}) of {} cannot be cancelled from here, because {who}; cancel it there{at}, or {or}",
        deploy.number,
        deploy.commit.short(),
        deploy.environment
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PromotionPath, UnixMillis};
    use crate::report::samples::id;

    #[test]
    fn what_is_refused_says_what_to_ask_for_instead() {
        let path = PromotionPath::pro();
        let environment = path.environment("production").unwrap();
        let asked = AskedFor { repository: "acme/store", environment, in_comments: None };
        let refused = [
            RollbackRefusal::NothingBefore,
            RollbackRefusal::NeverRan(id(4)),
            RollbackRefusal::IsLive(id(4)),
            RollbackRefusal::UnderWay { number: 7, to: id(4) },
            RollbackRefusal::Held { at: id(4), before: Some(id(3)) },
            RollbackRefusal::Held { at: id(4), before: None },
            RollbackRefusal::Untouched { number: 7, live: id(4), before: Some(id(3)) },
        ];
        let deploys = [
            DeployRefusal::Held,
            DeployRefusal::IsOpen { number: 7 },
            DeployRefusal::IsLive { number: 7 },
            DeployRefusal::WasTried { number: 7 },
            DeployRefusal::WasTakenBack { number: 7 },
        ];
        let mut said: Vec<String> = refused.iter().map(|why| rollback_refused(asked, why)).collect();
        said.extend(deploys.iter().map(|why| deploy_refused(asked, id(7), why)));
        insta::assert_snapshot!(said.join("\n"), @"
        production has no earlier good release
        no deploy of 1715609f7 to production has succeeded
        1715609f7 is already live on production
        deploy 7 is already rolling production back to 1715609f7
        production was rolled back to 1715609f7 and is held; the release before it is 78dde6e5f: towpath rollback --repository acme/store --environment production --reason '…' --to 78dde6e5fd29f054000000000000000000000003
        production was rolled back to 1715609f7 and is held; there is no good release before it
        deploy 7 did not touch production, which runs 1715609f7; the release before it is 78dde6e5f: towpath rollback --repository acme/store --environment production --reason '…' --to 78dde6e5fd29f054000000000000000000000003
        production is held after a rollback: towpath hold lift --repository acme/store --environment production --reason '…'
        deploy 7 is already bringing f1bbcdcbf to production
        production already runs f1bbcdcbf, since deploy 7; towpath deploy --repository acme/store --environment production --again deploys it again
        deploy 7 of f1bbcdcbf to production failed; towpath deploy --repository acme/store --environment production --again tries again
        production ran f1bbcdcbf with deploy 7 and was rolled back; towpath deploy --repository acme/store --environment production --again deploys it again
        ");
    }

    #[test]
    fn in_a_comment_commands_for_comments_are_advised() {
        let path = PromotionPath::pro();
        let environment = path.environment("production").unwrap();
        let in_comments = Some(CommentCommands { prefix: "tp-" });
        let asked = AskedFor { repository: "acme/store", environment, in_comments };
        insta::assert_snapshot!(deploy_refused(asked, id(7), &DeployRefusal::Held), @r#"production is held after a rollback: `/tp-resume production --reason "…"`"#);
        insta::assert_snapshot!(deploy_refused(asked, id(7), &DeployRefusal::IsLive { number: 7 }), @"production already runs f1bbcdcbf, since deploy 7; `/tp-deploy production` deploys it again");
        let held = RollbackRefusal::Held { at: id(4), before: Some(id(3)) };
        insta::assert_snapshot!(rollback_refused(asked, &held), @r#"production was rolled back to 1715609f7 and is held; the release before it is 78dde6e5f: `/tp-rollback production 78dde6e5fd29f054000000000000000000000003 --reason "…"`"#);
    }

    #[test]
    fn what_is_waited_for_is_named() {
        let (number, commit) = (7, id(4));
        let all = [
            WaitsFor::End { number, commit },
            WaitsFor::Cancelling { number, commit, since: UnixMillis(0) },
            WaitsFor::Unconfirmed { number, commit },
            WaitsFor::Hold,
        ];
        let said: Vec<String> = all.into_iter().filter_map(waits_for).collect();
        insta::assert_snapshot!(said.join("\n"), @"
        waits for the end of deploy 7 (1715609f7), which is running
        waits for the end of deploy 7 (1715609f7), which is being cancelled
        waits until somebody confirms the end of deploy 7 (1715609f7)
        waits until the hold is lifted
        ");
        assert_eq!(waits_for(WaitsFor::Nothing), None);
    }
}
