//! The page of a deploy's log: what is said on it, and in which order. How it looks is `web`'s.

use super::deploy_status::{deploy_line, ended};
use super::diagnosis::consequences;
use super::stamp;
use crate::model::{Deploy, DeployState, Phase, PhaseRun, UnixMillis, length};

/// What stands on the page of a deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployPage {
    /// Which deploy it is.
    pub title: String,
    /// How it stands, in one line.
    pub status: String,
    /// Whether it has not ended, so that the page changes by itself.
    pub is_open: bool,
    /// What follows from that, each behind its label.
    pub facts: Vec<(&'static str, String)>,
    /// Its phases, in their order.
    pub phases: Vec<PhaseLine>,
    /// The last lines of its log; `None` where there are none to be shown.
    pub lines: Option<String>,
    /// Whether there is a log to be read in full.
    pub has_log: bool,
    /// Why the log itself is not shown, where it is not.
    pub closed: Option<&'static str>,
}

/// One phase of a deploy on its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseLine {
    /// Its name.
    pub name: &'static str,
    /// From when until when.
    pub times: String,
    /// How it went: `done`, `failed`, `under way`.
    pub state: &'static str,
    /// How long it took, or has taken so far; the last step, where there is one.
    pub note: String,
}

/// Why the log of a public repository is not for everybody, and who may read it.
const CLOSED: &str = "The repository is public, or GitHub does not say now whether it is, so its log is shown to the operator \
     alone. If that is you: run towpath setup-link on the server, open the address that it prints in this browser, then load this page \
     again.";

/// What is known besides the deploy itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageContext {
    /// Whether there is a log to be read in full.
    pub has_log: bool,
    /// Whether whoever looks may read what the log itself says.
    pub reads_log: bool,
    /// The number of a later deploy that has begun: what customers see now is not this one's doing.
    pub later: Option<u64>,
    /// The time.
    pub now: UnixMillis,
}

/// The page of a deploy of a repository.
pub fn deploy_page(repository: &str, deploy: &Deploy, context: PageContext) -> DeployPage {
    let PageContext { has_log, reads_log, later, now } = context;
    let is_open = deploy.state.is_open();
    let status = if is_open || deploy.state == DeployState::Succeeded {
        let line = deploy_line(deploy);
        line.split_once(": ").map_or(line.clone(), |(_, rest)| rest.to_owned())
    } else {
        ended(deploy)
    };
    let lines = deploy.log_tail();
    let has_any = has_log || lines.is_some();
    DeployPage {
        title: format!("{repository}: deploy {} to {}", deploy.number, deploy.environment),
        facts: facts(deploy, &status, later),
        status,
        is_open,
        phases: deploy.phases.iter().map(|run| phase_line(run, is_open, now)).collect(),
        lines: lines.filter(|_| reads_log).map(str::to_owned),
        has_log: has_log && reads_log,
        closed: (has_any && !reads_log).then_some(CLOSED),
    }
}

fn facts(deploy: &Deploy, status: &str, later: Option<u64>) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(told) = deploy.diagnosis.as_ref().filter(|told| !status.contains(&told.line())) {
        facts.push(("By its log", told.line()));
    }
    match (&deploy.diagnosis, later) {
        (_, Some(later)) => facts.push(("Since then", format!("Deploy {later} has begun."))),
        (Some(told), None) => {
            facts.extend(consequences(told).map(|(label, words)| (label, words.to_owned())));
        }
        (None, None) => facts.extend(deploy.customers.clone().map(|words| ("Customers see", words))),
    }
    facts.push(("Commit", deploy.commit.to_string()));
    facts
}

fn phase_line(run: &PhaseRun, is_open: bool, now: UnixMillis) -> PhaseLine {
    let name = match run.phase {
        Phase::Build => "Build",
        Phase::Deploy => "Deploy",
        Phase::Verify => "Post-deploy",
    };
    let began = stamp::utc_to_the_second(run.began_at.to_seconds());
    let (times, state) = match (run.ended_at, run.went_well) {
        (Some(end), went_well) => {
            let state = if went_well == Some(false) { "failed" } else { "done" };
            (stamp::span(run.began_at.to_seconds(), end.to_seconds()), state)
        }
        (None, _) if is_open => (format!("since {began}"), "under way"),
        (None, _) => (format!("from {began}"), "not ended"),
    };
    let until = run.ended_at.or(is_open.then_some(now));
    let took = until.map(|until| length(until.since(run.began_at)));
    let step = run.step.as_ref().filter(|_| run.went_well != Some(true));
    let note = [took, step.map(|step| format!("step {step}"))];
    PhaseLine { name, times, state, note: note.into_iter().flatten().collect::<Vec<_>>().join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CommitId, Diagnosis, Ending, Trigger};
    use crate::report::samples::id;

    const AT: i64 = 1_772_359_200_000;

    fn run(phase: Phase, began: i64, end: Option<(i64, bool)>) -> PhaseRun {
        let at = |seconds: i64| UnixMillis(AT + seconds * 1_000);
        PhaseRun {
            phase,
            began_at: at(began),
            ended_at: end.map(|(seconds, _)| at(seconds)),
            went_well: end.map(|(_, well)| well),
            step: Some("install-update: update".to_owned()),
            log_tail: Some("its last line\n".to_owned()),
        }
    }

    fn deploy(state: DeployState, phases: Vec<PhaseRun>) -> Deploy {
        Deploy { state, phases, ..Deploy::new(7, "production", (id(7), id(7)), Trigger::Merge) }
    }

    fn text(page: &DeployPage) -> String {
        let mut lines = vec![page.title.clone(), page.status.clone()];
        let (commit, facts) = page.facts.split_last().unwrap();
        assert_eq!(*commit, ("Commit", id::<CommitId>(7).to_string()));
        lines.extend(facts.iter().map(|(label, words)| format!("{label}: {words}")));
        lines.extend(
            page.phases.iter().map(|it| format!("{} | {} | {} | {}", it.name, it.times, it.state, it.note)),
        );
        lines.extend(page.lines.clone());
        lines.extend(page.closed.map(str::to_owned));
        lines.join("\n")
    }

    #[test]
    fn a_page_tells_each_phase_since_when_and_what_customers_see() {
        let phases = vec![run(Phase::Build, 0, Some((250, true))), run(Phase::Deploy, 250, None)];
        let deploy = Deploy {
            customers: Some("The maintenance page.".to_owned()),
            ..deploy(DeployState::Running, phases)
        };
        let context =
            PageContext { has_log: false, reads_log: true, later: None, now: UnixMillis(AT + 300_000) };
        let page = deploy_page("acme/store", &deploy, context);
        assert!(page.is_open && !page.has_log);
        insta::assert_snapshot!(text(&page), @"
        acme/store: deploy 7 to production
        deploying; the site may be in maintenance mode
        Customers see: The maintenance page.
        Build | 2026-03-01 10:00:00 to 10:04:10 UTC | done | 4 min
        Deploy | since 2026-03-01 10:04:10 UTC | under way | 50 s, step install-update: update
        its last line
        ");
    }

    #[test]
    fn where_the_log_is_closed_the_code_and_our_own_words_are_left() {
        let phases = vec![run(Phase::Deploy, 0, Some((61, false)))];
        let told = Diagnosis {
            code: Some(126),
            title: "The database upgrade failed".to_owned(),
            customers: "The maintenance page.".to_owned(),
            next: "Read the output of setup:upgrade.".to_owned(),
        };
        let deploy = Deploy {
            ending: Some(Ending::Failed { phase: Some(Phase::Deploy), words: None }),
            diagnosis: Some(told),
            ..deploy(DeployState::Failed, phases)
        };
        let context =
            PageContext { has_log: true, reads_log: false, later: None, now: UnixMillis(AT + 300_000) };
        let page = deploy_page("acme/store", &deploy, context);
        assert!(!page.is_open && !page.has_log);
        insta::assert_snapshot!(text(&page), @"
        acme/store: deploy 7 to production
        Deploy failed: ece:126 The database upgrade failed
        Customers see: The maintenance page.
        Next step: Read the output of setup:upgrade.
        Deploy | 2026-03-01 10:00:00 to 10:01:01 UTC | failed | 61 s, step install-update: update
        The repository is public, or GitHub does not say now whether it is, so its log is shown to the operator alone. If that is you: run towpath setup-link on the server, open the address that it prints in this browser, then load this page again.
        ");
        let page = deploy_page("acme/store", &deploy, PageContext { later: Some(9), ..context });
        let text = text(&page);
        assert!(
            text.contains("Since then: Deploy 9 has begun.") && !text.contains("Customers see"),
            "{text}"
        );
    }
}
