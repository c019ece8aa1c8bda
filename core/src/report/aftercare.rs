//! Words on what became of a release after it had gone live.

use super::advice::{CommentCommands, to_comment};
use super::deploy_status::length;
use super::markdown::code;
use super::suspects::{named_first, suspects};
use crate::model::{AftercareEnd, AftercareRun, CommitId, Deploy, late_failure};
use std::fmt::Write as _;

/// How a verify step went that was run again, in one line.
pub(super) fn aftercare_line(run: &AftercareRun) -> String {
    let after = length(run.after());
    match run.end() {
        None => format!("verified again after {after}: under way"),
        Some(AftercareEnd::Passed) => format!("verified again after {after}: well"),
        Some(AftercareEnd::Failed { words, .. }) => format!("verified again after {after}: failed: {words}"),
        Some(AftercareEnd::NotRun { words }) => format!("not verified again after {after}: {words}"),
    }
}

/// How long after the deploy that runs its verify step has failed, in words, where it has.
pub(super) fn failed_late(deploy: &Deploy) -> Option<String> {
    late_failure(&deploy.aftercare).map(|run| length(run.after()))
}

/// What a pull request's comment says where the verify step has failed that was run again: what failed, who is suspect, and the
/// command that takes the release back.
pub(super) fn late_trouble(
    commands: CommentCommands<'_>,
    deploy: &Deploy,
    roll_back_to: Option<CommitId>,
) -> Option<String> {
    let run = late_failure(&deploy.aftercare)?;
    let Some(AftercareEnd::Failed { words, named }) = run.end() else { return None };
    let (environment, number, after) = (&deploy.environment, deploy.number, length(run.after()));
    let mut text = format!(
        "**{environment}: verify failed {after} after deploy {number} had gone live: look at the site.**\n\nIt reported: {}",
        code(words)
    );
    text.push_str(&suspects(deploy, &named_first(deploy, named)));
    if let Some(to) = roll_back_to {
        let _ = write!(
            text,
            "\n\nTo bring back the last good release, {}, comment:\n\n{}",
            code(&to.short()),
            to_comment(&commands.rollback(environment, None))
        );
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DeployState, PullNumber, Trigger, UnixMillis};
    use crate::report::samples::id;

    fn run(after: u64, end: AftercareEnd) -> AftercareRun {
        let ended = Some((UnixMillis(9), end));
        AftercareRun { after, begun_at: UnixMillis(5), hand_overs: 1, ended }
    }

    fn failed(named: Vec<(PullNumber, String)>) -> AftercareEnd {
        AftercareEnd::Failed { words: "smoke exited with 1".to_owned(), named }
    }

    fn live(aftercare: Vec<AftercareRun>) -> Deploy {
        let deploy = Deploy::new(7, "production", (id(7), id(7)), Trigger::Merge);
        let pulls = [11, 12, 14].map(PullNumber).to_vec();
        Deploy { state: DeployState::Succeeded, pulls, aftercare, ..deploy }
    }

    #[test]
    fn a_late_failure_names_the_suspects_and_the_way_back() {
        let commands = CommentCommands { prefix: "" };
        let named = vec![(PullNumber(12), "app/code/Cart|.php".to_owned())];
        let deploy = live(vec![run(1_200, AftercareEnd::Passed), run(3_600, failed(named))]);
        insta::assert_snapshot!(late_trouble(commands, &deploy, Some(id(4))).unwrap(), @r#"
        **production: verify failed 60 min after deploy 7 had gone live: look at the site.**

        It reported: `smoke exited with 1`

        Deploy 7 brought #12 (the log names `app/code/Cart|.php`), #11, #14.

        To bring back the last good release, `1715609f7`, comment:

        ```
        /rollback production --reason "…"
        ```
        "#);
        let mut public = deploy.clone();
        assert!(public.quotes_its_log());
        public.leave_out_log();
        assert!(!public.quotes_its_log());
        let text = late_trouble(commands, &public, None).unwrap();
        assert!(text.ends_with("Deploy 7 brought #11, #12, #14."), "{text}");
        // What went well since has an end of it, and what was not run tells nothing.
        let words = "deploy 8 was begun meanwhile".to_owned();
        let not_run = run(86_400, AftercareEnd::NotRun { words });
        let deploy = live(vec![run(3_600, failed(Vec::new())), not_run.clone()]);
        assert_eq!(failed_late(&deploy).as_deref(), Some("60 min"));
        let deploy = live(vec![run(3_600, failed(Vec::new())), run(86_400, AftercareEnd::Passed), not_run]);
        assert_eq!(late_trouble(commands, &deploy, None), None);
    }

    #[test]
    fn each_time_reads_in_one_line() {
        let lines =
            [AftercareEnd::Passed, failed(Vec::new()), AftercareEnd::NotRun { words: "x".to_owned() }];
        let lines = lines.map(|end| aftercare_line(&run(1_200, end)));
        assert_eq!(
            lines,
            [
                "verified again after 20 min: well",
                "verified again after 20 min: failed: smoke exited with 1",
                "not verified again after 20 min: x",
            ]
        );
    }
}
