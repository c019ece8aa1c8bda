//! The check run: a line, a summary, evidence, and a button.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};

use super::copy_standing::{CopyStanding, NotCopied};
use super::dress::{self, FEW, MANY};
use super::forecast::{FORECAST, forecast_facts, forecast_line};
use super::limits::{BODY, RESERVE, TITLE, fit};
use super::markdown::{code, folded};
use super::prose::{Prose, row};
use super::words::{Explanation, Scene, copied, explanation, not_copied, passed};
use super::{Subject, stamp};
use crate::model::{CheckName, Finding, Forecast, Outcome, PromotionPath, PullEnds, Role, Verdict};

/// How a check run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// It may merge.
    Success,
    /// The author must act.
    Failure,
    /// A person has to act, or nothing could be decided.
    ActionRequired,
    /// It waits for what ends by itself.
    InProgress,
    /// It is no longer judged.
    Cancelled,
}

impl Conclusion {
    /// The word of GitHub's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::ActionRequired => "action_required",
            Self::InProgress => "in_progress",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status and the conclusion of GitHub's API: what waits has none yet.
    pub fn as_status(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::InProgress => ("in_progress", None),
            ended => ("completed", Some(ended.as_str())),
        }
    }

    fn of(verdict: &Verdict) -> Self {
        let waits = |finding: &&Finding| finding.severity == Outcome::Wait;
        let mut waiting = verdict.findings.iter().filter(waits);
        match verdict.outcome() {
            Outcome::Wait if waiting.all(|finding| finding.cause.passes_by_itself()) => Self::InProgress,
            Outcome::Pass | Outcome::Warn => Self::Success,
            Outcome::Wait | Outcome::Unknown => Self::ActionRequired,
            Outcome::Fail => Self::Failure,
        }
    }
}

/// A button on a check run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// What stands on it; at most 20 characters.
    pub label: &'static str,
    /// What it does; at most 40 characters.
    pub description: &'static str,
    /// What comes back when it is pressed; at most 20 characters.
    pub identifier: &'static str,
}

/// Asks for another look.
pub const RECHECK: Action =
    Action { label: "Re-check", description: "Check this pull request again", identifier: "recheck" };

/// Sends the pull request to the environment that takes it.
pub const RETARGET: Action =
    Action { label: "Retarget", description: "Change the base to the right branch", identifier: "retarget" };

/// Makes a clean branch and a pull request from it.
pub const REBUILD: Action = Action {
    label: "Rebuild branch",
    description: "Put your own commits on a new branch",
    identifier: "rebuild",
};

/// What a check run shows.
///
/// What changes each time the same is judged again (when, and where the base was) stands in `footer`
/// alone, so that two texts can be compared without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckText {
    /// How it ends.
    pub conclusion: Conclusion,
    /// One line, at most 60 characters.
    pub title: String,
    /// What was found and what to do, in Markdown; without the footer.
    pub summary: String,
    /// A drawing and long evidence, in Markdown.
    pub text: Option<String>,
    /// The buttons, at most three.
    pub actions: Vec<Action>,
    /// Which commits were judged, and when.
    pub footer: String,
}

impl CheckText {
    /// The summary as GitHub gets it: within 65,535 bytes, footer included.
    pub fn full_summary(&self) -> String {
        format!("{}\n\n{}", self.summary, self.footer)
    }

    /// A digest of all but the footer. When it is the one of what GitHub shows already, nothing needs to
    /// be sent.
    pub fn substance(&self) -> String {
        let mut digest = Sha256::new();
        let text = self.text.as_deref().unwrap_or_default();
        for part in [self.conclusion.as_str(), &self.title, &self.summary, text] {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
        for action in &self.actions {
            digest.update([0]);
            digest.update(action.identifier);
        }
        STANDARD_NO_PAD.encode(digest.finalize())
    }

    /// Whether both say the same, apart from when it was judged and where the base was.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let bare = |text: &Self| Self { footer: String::new(), ..text.clone() };
        bare(self) == bare(other)
    }
}

/// The check of one pull request; or of several with the same head and base, which share it. Then the
/// worst verdict is shown and all are named.
pub fn check(path: &PromotionPath, judged: &[(Subject, Verdict)]) -> CheckText {
    check_knowing(path, judged, Known::default())
}

/// The same of a promotion of which it is known what it will do to a shop of Adobe Commerce.
pub fn check_with_forecast(
    path: &PromotionPath,
    judged: &[(Subject, Verdict)],
    forecast: Option<&Forecast>,
) -> CheckText {
    check_knowing(path, judged, Known { forecast, ..Known::default() })
}

/// What is known beside the verdict.
#[derive(Clone, Copy, Default)]
struct Known<'a> {
    copy: Option<&'a CopyStanding>,
    forecast: Option<&'a Forecast>,
}

fn check_knowing(path: &PromotionPath, judged: &[(Subject, Verdict)], known: Known<'_>) -> CheckText {
    // Of equal ones the first: `max_by_key` would take the last.
    let Some((subject, verdict)) = judged.iter().rev().max_by_key(|(_, verdict)| verdict.outcome()) else {
        return nothing_judged();
    };
    let outcome = verdict.outcome();
    let accounts = accounts(&Scene { copy: known.copy, ..Scene::of(path, subject) }, verdict);
    let Some((first, further)) = accounts.split_first() else { return nothing_judged() };

    let mut parts = Vec::new();
    parts.extend(sharing(subject, judged));
    parts.extend(dress::first_screen(first));
    let target = match path.role(&subject.pull.base.branch) {
        Role::Environment(environment) => &environment.name,
        Role::Copy(_) | Role::Topic => subject.pull.base.branch.as_str(),
    };
    parts.extend(known.forecast.and_then(|it| forecast_line(it, target)));
    parts.extend(dress::code_line(first, subject));
    parts.extend(dress::further(first, &subject.web_url));
    parts.extend(known.forecast.map(|it| folded(FORECAST, &fit(&[forecast_facts(it)], BODY / 4))));
    parts.extend(further.iter().map(|explanation| folded_account(explanation, subject)));
    parts.extend(others(path, subject, verdict, judged));

    let undecided = matches!(outcome, Outcome::Fail | Outcome::Wait | Outcome::Unknown);
    CheckText {
        conclusion: Conclusion::of(verdict),
        title: first.title.within(TITLE).plain(),
        summary: fit(&parts, BODY - RESERVE),
        text: text(first, subject),
        actions: actions(subject, verdict, undecided),
        footer: footer(subject, outcome),
    }
}

/// At most three: what can be done about it, and another look. A fork's commits are not made a branch of this
/// repository, where workflows would run them with its secrets.
fn actions(subject: &Subject, verdict: &Verdict, undecided: bool) -> Vec<Action> {
    let causes = || verdict.findings.iter().map(|finding| &finding.cause);
    let mut actions = Vec::new();
    actions.extend(undecided.then_some(RECHECK));
    actions.extend(causes().any(|cause| cause.retarget_to().is_some()).then_some(RETARGET));
    let rebuilds = !subject.pull.head.fork
        && causes().any(|cause| cause.repair().is_some_and(|repair| !repair.is_all_there()));
    actions.extend(rebuilds.then_some(REBUILD));
    actions
}

/// The check of a merge group that holds these pull requests. What has to wait fails at once: a check that is in progress
/// holds the queue up until GitHub's limit, and one that waits for a person leaves the group in it.
pub fn check_of_group(path: &PromotionPath, judged: &[(Subject, Verdict)]) -> CheckText {
    let mut text = check(path, judged);
    let numbers: Vec<String> =
        judged.iter().filter(|(it, _)| it.number > 0).map(|(it, _)| format!("#{}", it.number)).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let holds = match numbers.as_slice() {
        [] => "Towpath knows no open pull request in this merge group, so it checks the group as a whole."
            .to_owned(),
        some => format!("This merge group holds {}.", row(some, "and").plain()),
    };
    let waits = judged.iter().map(|(_, verdict)| verdict.outcome()).max() == Some(Outcome::Wait);
    let leaves = waits.then(|| {
        text.conclusion = Conclusion::Failure;
        "A merge queue cannot wait, so this fails at once. Queue the pull request again when nothing keeps it back any more."
            .to_owned()
    });
    let parts: Vec<String> = [holds].into_iter().chain(leaves).chain([text.summary]).collect();
    text.summary = fit(&parts, BODY - RESERVE);
    // They would act on a commit that only the queue has.
    text.actions.retain(|action| *action == RECHECK);
    text
}

/// The check on the copy branch, shown on its environment's commit. `subject` stands for the environment merged into
/// its copy.
pub fn check_of_copy(
    path: &PromotionPath,
    subject: &Subject,
    verdict: &Verdict,
    standing: &CopyStanding,
) -> CheckText {
    let mut text = check_knowing(
        path,
        &[(subject.clone(), verdict.clone())],
        Known { copy: Some(standing), ..Known::default() },
    );
    let scene = Scene::of(path, subject);
    let in_place = match &standing.problem {
        Some(why @ NotCopied::Refused { .. }) => {
            text.conclusion = Conclusion::ActionRequired;
            Some(not_copied(&scene, why))
        }
        _ => verdict.findings.is_empty().then(|| copied(&scene)),
    };
    if let Some(explanation) = in_place {
        text.title = explanation.title.within(TITLE).plain();
        let mut parts = dress::first_screen(&explanation);
        parts.extend(dress::further(&explanation, &subject.web_url));
        text.summary = fit(&parts, BODY - RESERVE);
        text.text = None;
    }
    text.actions.clear();
    text
}

/// Instead of a check that would let something merge under a name that another check has.
pub fn check_of_shared_name(name: &CheckName) -> CheckText {
    let name = name.text();
    let summary = Prose::new(
        "Two checks of this repository are called %: the one about an environment's branch, and another one. GitHub tells \
         checks apart by their names alone, so neither may let anything merge. ",
        &[&name],
    )
    .then(Prose::new(
        "Rename the branch, and put the new name into %.",
        &[".github/towpath.yml"],
    ));
    CheckText {
        conclusion: Conclusion::ActionRequired,
        title: "Could not decide: two checks have this name".to_owned(),
        summary: summary.markdown(),
        text: None,
        actions: Vec::new(),
        footer: String::new(),
    }
}

/// One explanation per finding, or the one of a pass. What is a mere note comes last and is never the first.
pub(super) fn accounts(scene: &Scene<'_>, verdict: &Verdict) -> Vec<Explanation> {
    let pull = judged_ends(scene.pull, verdict);
    let scene = &Scene { pull: &pull, snapshot: verdict.snapshot(), ..*scene };
    let (notes, reasons): (Vec<_>, Vec<_>) =
        verdict.findings.iter().partition(|finding| finding.cause.is_note());
    let mut accounts: Vec<Explanation> =
        reasons.into_iter().map(|finding| explanation(scene, finding)).collect();
    if accounts.is_empty() {
        accounts.push(passed(scene));
    }
    accounts.extend(notes.into_iter().map(|finding| explanation(scene, finding)));
    accounts
}

/// The two ends of a pull request as they were judged: a snapshot's head is the environment that it is one of.
pub(super) fn judged_ends(pull: &PullEnds, verdict: &Verdict) -> PullEnds {
    verdict.snapshot().map_or_else(|| pull.clone(), |snapshot| pull.promoting(snapshot))
}

/// A further finding, folded.
pub(super) fn folded_account(explanation: &Explanation, subject: &Subject) -> String {
    let mut parts = vec![format!("**{}**", explanation.title.markdown())];
    parts.extend(dress::advice(explanation));
    parts.extend(dress::evidence(explanation, &subject.web_url, FEW));
    parts.extend(dress::code_line(explanation, subject));
    let heading = explanation.code.map_or("Also found", |code| code.as_str());
    folded(&format!("Also found: {heading}"), &fit(&parts, BODY / 4))
}

fn text(explanation: &Explanation, subject: &Subject) -> Option<String> {
    let mut parts: Vec<String> = dress::drawing(explanation).into_iter().collect();
    if dress::has_more_than_few(explanation) {
        let evidence = dress::evidence(explanation, &subject.web_url, MANY).join("\n\n");
        parts.push(folded(&dress::evidence_heading(explanation), &evidence));
    }
    if parts.is_empty() { None } else { Some(fit(&parts, BODY)) }
}

/// What was compared. Where nothing could be decided, the base may not be known: the head's commit stands for its own then.
fn footer(subject: &Subject, outcome: Outcome) -> String {
    let (head, base) = (&subject.pull.head, &subject.pull.base);
    let is_known = outcome != Outcome::Unknown || base.commit != head.commit;
    let at = if is_known { format!(" at {}", code(&base.commit.short())) } else { String::new() };
    format!(
        "_Checked {} against {}{at}, {}._",
        code(&head.commit.short()),
        code(base.branch.as_str()),
        stamp::utc(subject.judged_at)
    )
}

/// Who shares the check, when it is shared.
fn sharing(shown: &Subject, judged: &[(Subject, Verdict)]) -> Option<String> {
    let same_head = |it: &(Subject, Verdict)| it.0.pull.head.commit == shown.pull.head.commit;
    if judged.len() < 2 || !judged.iter().all(same_head) {
        return None;
    }
    let numbers: Vec<String> = judged.iter().map(|(subject, _)| format!("#{}", subject.number)).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    Some(format!(
        "{} share this check, because they have the same head and base. It shows the result of #{}.",
        row(&numbers, "and").plain(),
        shown.number
    ))
}

/// The other pull requests of a shared check, where their verdict differs from the one shown.
fn others(
    path: &PromotionPath,
    shown: &Subject,
    verdict: &Verdict,
    judged: &[(Subject, Verdict)],
) -> Vec<String> {
    judged
        .iter()
        .filter(|(subject, other)| subject.number != shown.number && other != verdict)
        .map(|(subject, other)| {
            let accounts = accounts(&Scene::of(path, subject), other);
            let lines: Vec<String> = accounts
                .iter()
                .flat_map(|explanation| {
                    let title = format!("**{}**", explanation.title.markdown());
                    std::iter::once(title).chain(dress::paragraphs(&explanation.detail))
                })
                .collect();
            folded(&format!("Also checked: #{}", subject.number), &fit(&lines, BODY / 8))
        })
        .collect()
}

fn nothing_judged() -> CheckText {
    CheckText {
        conclusion: Conclusion::ActionRequired,
        title: "Could not decide: no pull request was found".to_owned(),
        summary: "Towpath tries again by itself. Nobody needs to do anything.".to_owned(),
        text: None,
        actions: vec![RECHECK],
        footer: String::new(),
    }
}
