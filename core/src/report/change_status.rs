//! Where a change is, in words.

use super::advice::{CommentCommands, to_comment};
use super::aftercare::{failed_late, late_trouble};
use super::deploy_status::{Entry, NOBODY_DEPLOYS, OperatorActs, ended, not_counted, uncapitalized};
use super::hotfixes::{debts, debts_as_json};
use super::limits::{BODY, RESERVE, fit};
use super::markdown::{code, code_in_table, folded};
use super::prose::Prose;
use super::release_log::{ReleaseLog, release_in_comment};
use super::told_by_log::{taken_back, trouble_ahead};
use super::{deploy_trouble, stamp};
use crate::model::{BranchName, Deploy, Ending, Hotfix, HotfixStanding, UnixMillis, WaitsFor};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How a change stands in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStage {
    /// The branch does not have it.
    NotThere,
    /// The branch has it, and nobody was asked to deploy it.
    Merged,
    /// Its deploy waits for its turn.
    Waiting,
    /// Its deploy waits for the end of one that may still run.
    Blocked,
    /// It waits until the environment's hold is lifted.
    Held,
    /// It is being deployed.
    UnderWay,
    /// It runs there.
    Live,
    /// It ran there, and what runs now is not known: a later deploy ended badly.
    Uncertain,
    /// It is being taken back.
    GoingBack,
    /// It was to be taken back, and the rollback ended badly.
    NotTakenBack,
    /// Its deploy failed.
    Failed,
    /// A newer deploy took the place of its own, and has not ended well yet.
    Superseded,
    /// Its deploy was refused.
    Refused,
    /// It ran there and was taken back.
    RolledBack,
    /// It ran there, and what runs now does not have it.
    NoLonger,
    /// The copy branch has it.
    Copied,
}

impl ChangeStage {
    /// The word used in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotThere => "absent",
            Self::Merged => "merged",
            Self::Waiting => "waiting",
            Self::Blocked => "blocked",
            Self::Held => "held",
            Self::UnderWay => "deploying",
            Self::Live => "live",
            Self::Uncertain => "unknown",
            Self::GoingBack => "rolling-back",
            Self::NotTakenBack => "rollback-failed",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
            Self::RolledBack => "rolled-back",
            Self::NoLonger => "replaced",
            Self::Copied => "copied",
        }
    }
}

/// How a change stands in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchStatus {
    /// The environment's name, or the copy branch's.
    pub name: String,
    /// Its branch.
    pub branch: BranchName,
    /// How it stands.
    pub stage: ChangeStage,
    /// Since when, where that is known.
    pub since: Option<UnixMillis>,
    /// The deploy that this rests on.
    pub deploy: Option<Deploy>,
    /// What that deploy waits for, if it does.
    pub waits_for: Option<WaitsFor>,
    /// What the operator can do about the environment now.
    pub acts: OperatorActs,
    /// Whether it is not deployed because nobody does so here.
    pub nobody_deploys: bool,
    /// The deploys of it in whose place a newer one went, the oldest first.
    pub superseded: Vec<u64>,
    /// How the hotfix stands that it is, or carries back, where that is known.
    pub hotfix: Option<HotfixStanding>,
}

impl BranchStatus {
    /// What there is to say, without the time.
    fn words(&self) -> String {
        let ending = self.deploy.as_ref().map(ended).unwrap_or_default();
        let commit = self.deploy.as_ref().map(|it| it.commit.short()).unwrap_or_default();
        match self.stage {
            ChangeStage::NotThere => self.not_there(),
            ChangeStage::Merged => "merged, not deployed".to_owned(),
            ChangeStage::Waiting | ChangeStage::Blocked => self.waits(),
            ChangeStage::Held => "held after a rollback: not deployed until the hold is lifted".to_owned(),
            ChangeStage::UnderWay
                if self.deploy.as_ref().is_some_and(|it| it.waits_for_approval_since.is_some()) =>
            {
                "waits for somebody's approval".to_owned()
            }
            ChangeStage::UnderWay if self.is_about_to_fail() => {
                "being deployed, and about to fail".to_owned()
            }
            ChangeStage::UnderWay => "being deployed".to_owned(),
            ChangeStage::Live => match self.deploy.as_ref().and_then(failed_late) {
                Some(after) => format!("live, but verify failed {after} later"),
                None => "live".to_owned(),
            },
            ChangeStage::Uncertain => {
                let number = self.deploy.as_ref().map_or(0, |it| it.number);
                format!(
                    "was live; since deploy {number} nobody knows what runs there: {}",
                    uncapitalized(&ending)
                )
            }
            ChangeStage::GoingBack => format!("being rolled back to {commit}"),
            ChangeStage::NotTakenBack => {
                format!("the rollback to {commit} failed: {}", uncapitalized(&ending))
            }
            ChangeStage::Failed | ChangeStage::Superseded | ChangeStage::Refused => uncapitalized(&ending),
            ChangeStage::RolledBack => format!("rolled back: {commit} runs there"),
            ChangeStage::NoLonger => format!("no longer live: {commit} runs there"),
            ChangeStage::Copied => "copied".to_owned(),
        }
    }

    /// Why it is not there. A reason is anybody's words, and stands elsewhere.
    fn not_there(&self) -> String {
        match &self.hotfix {
            None => "not there yet".to_owned(),
            Some(HotfixStanding::Missing) => "owed: not there yet".to_owned(),
            Some(HotfixStanding::Reverted { by }) => format!("owed again: {} has taken it back", by.short()),
            Some(HotfixStanding::Mended { by, .. }) => format!("mended in another way, says {by}"),
            Some(HotfixStanding::Carried) => "there in another form".to_owned(),
            Some(HotfixStanding::Noted { by, as_merge: false }) => {
                format!("there by the message of {} alone", by.short())
            }
            Some(HotfixStanding::Noted { by, as_merge: true }) => {
                format!("there, merged by {} with other files", by.short())
            }
        }
    }

    /// What else there is to know.
    fn note(&self) -> Option<String> {
        if self.nobody_deploys {
            return Some(NOBODY_DEPLOYS.to_owned());
        }
        let notes = [self.deploy.as_ref().and_then(not_counted), self.gone_past()];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        (!notes.is_empty()).then(|| notes.join(". "))
    }

    /// Which deploys never began, beside the one that is shown: GitHub has no Deployment of them.
    fn gone_past(&self) -> Option<String> {
        let shown = self.deploy.as_ref().map(|it| it.number);
        let others = self.superseded.iter().filter(|number| Some(**number) != shown);
        let numbers: Vec<String> = others.map(u64::to_string).collect();
        match &numbers[..] {
            [] => None,
            [one] => Some(format!("Deploy {one} of it never started: a newer one replaced it")),
            [more @ .., last] => {
                let more = more.join(", ");
                Some(format!("Deploys {more} and {last} of it never started: newer ones replaced them"))
            }
        }
    }

    fn mark(&self) -> &'static str {
        match self.stage {
            ChangeStage::NotThere => match &self.hotfix {
                Some(HotfixStanding::Noted { .. }) => "⚠️",
                Some(standing) if standing.is_owed() => "⚠️",
                Some(_) => "✅",
                None => "·",
            },
            ChangeStage::UnderWay if self.is_about_to_fail() => "⚠️",
            ChangeStage::Merged
            | ChangeStage::Waiting
            | ChangeStage::Blocked
            | ChangeStage::Held
            | ChangeStage::UnderWay => "⏳",
            ChangeStage::Live if self.deploy.as_ref().is_some_and(|it| failed_late(it).is_some()) => "⚠️",
            ChangeStage::Live | ChangeStage::Copied => "✅",
            ChangeStage::Failed
            | ChangeStage::Refused
            | ChangeStage::Uncertain
            | ChangeStage::NotTakenBack => "❌",
            ChangeStage::GoingBack
            | ChangeStage::Superseded
            | ChangeStage::RolledBack
            | ChangeStage::NoLonger => "↩️",
        }
    }

    fn is_about_to_fail(&self) -> bool {
        self.deploy.as_ref().is_some_and(Deploy::is_about_to_fail)
    }

    fn waits(&self) -> String {
        match self.waits_for {
            Some(WaitsFor::Unconfirmed { number, commit }) => {
                format!("not deployed: deploy {number} ({}) may still run", commit.short())
            }
            Some(WaitsFor::End { number, commit } | WaitsFor::Cancelling { number, commit, .. }) => {
                format!("waits for the end of deploy {number} ({})", commit.short())
            }
            _ => "waits to be deployed".to_owned(),
        }
    }

    /// A deploy that ended badly and that nothing has made good since, or that keeps this one from going.
    fn problem(&self, commands: CommentCommands<'_>, entry: &BranchName) -> Option<String> {
        let entry = Entry { branch: entry, is_here: *entry == self.branch };
        match (self.stage, self.waits_for) {
            (ChangeStage::Failed | ChangeStage::NotTakenBack, _) => {
                self.deploy.as_ref().and_then(|deploy| deploy_trouble(commands, deploy, self.acts, entry))
            }
            (ChangeStage::Live, _) => {
                let deploy = self.deploy.as_ref()?;
                late_trouble(commands, deploy, self.acts.roll_back_to).or_else(|| taken_back(deploy))
            }
            (ChangeStage::UnderWay | ChangeStage::GoingBack, _) => {
                let deploy = self.deploy.as_ref()?;
                trouble_ahead(deploy).or_else(|| taken_back(deploy))
            }
            (ChangeStage::Blocked, Some(WaitsFor::Unconfirmed { number, commit })) => Some(format!(
                "**{}: deploy {number} ({}) may still run.**\n\nNobody has confirmed its end. This deploy starts once \
                 whoever runs that one reports its end, or once somebody starts this one beside it with the comment:\n\n{}",
                self.name,
                commit.short(),
                to_comment(&commands.deploy(&self.name))
            )),
            _ => None,
        }
    }
}

/// By this the part is found again in a comment; GitHub does not show it.
pub const CHANGE_STATUS: &str = "<!-- towpath:where -->";

/// Whether somebody has to be told although nobody asked: a deploy of it has failed, at once or later, or it was taken back.
pub fn is_worth_a_comment(places: &[BranchStatus]) -> bool {
    places.iter().any(|place| match place.stage {
        ChangeStage::RolledBack | ChangeStage::NotTakenBack | ChangeStage::Refused | ChangeStage::Blocked => {
            true
        }
        // That nobody deploys is no news to those who never meant to.
        ChangeStage::Failed => {
            let ending = place.deploy.as_ref().and_then(|deploy| deploy.ending.as_ref());
            let is_watched = place.deploy.as_ref().is_some_and(Deploy::is_on_platform);
            is_watched || !matches!(ending, Some(Ending::NotPickedUp { .. }))
        }
        ChangeStage::Live => place.deploy.as_ref().is_some_and(|it| failed_late(it).is_some()),
        ChangeStage::UnderWay => place.is_about_to_fail(),
        _ => false,
    })
}

/// The end of a merged pull request's comment: where it is and, of a promotion, what is on record of the release.
pub fn change_status(
    commands: CommentCommands<'_>,
    places: &[BranchStatus],
    release: Option<&ReleaseLog>,
) -> String {
    let mut parts = paragraphs(commands, places);
    parts.extend(release.map(release_in_comment));
    format!("{CHANGE_STATUS}\n### Where it is\n\n{}", fit(&parts, BODY / 2 - RESERVE))
}

/// Where it is, without a heading.
pub fn change_status_table(commands: CommentCommands<'_>, places: &[BranchStatus]) -> String {
    fit(&paragraphs(commands, places), BODY / 2 - RESERVE)
}

fn paragraphs(commands: CommentCommands<'_>, places: &[BranchStatus]) -> Vec<String> {
    let mut table = "| Where | State | Since |\n|---|---|---|".to_owned();
    for place in places {
        let since = place.since.map(|at| stamp::utc(at.to_seconds())).unwrap_or_default();
        let name = code_in_table(&place.name);
        let words = place.words().replace('|', "\\|");
        let _ = write!(table, "\n| {name} | {} {words} | {since} |", place.mark());
    }
    let mut parts = vec![table];
    let notes = places.iter().filter_map(|place| Some((&place.name, place.note()?)));
    // As code: the words may hold names from outside.
    parts.extend(notes.map(|(name, note)| format!("{}: {}", code(name), code(&note))));
    // New work goes into the first environment.
    let entry = places.first().map(|place| &place.branch);
    let problem = |place: &BranchStatus| place.problem(commands, entry?);
    let troubles: Vec<String> = places.iter().filter_map(problem).collect();
    parts.extend(troubles.into_iter().rev().enumerate().map(|(at, text)| match at {
        0 => text,
        _ => folded("An earlier environment", &text),
    }));
    parts
}

/// What is owed of these hotfixes, as a list for a reply; `None` where nothing is.
pub fn hotfix_debts(hotfixes: &[Hotfix], now: UnixMillis) -> Option<String> {
    let lines: Vec<String> =
        debts(hotfixes, now).iter().map(|line| format!("* {}", line.markdown())).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The same for a terminal, a line each.
pub fn hotfix_debts_on_terminal(hotfixes: &[Hotfix], now: UnixMillis) -> String {
    let lines: Vec<String> = debts(hotfixes, now).iter().map(Prose::plain).collect();
    if lines.is_empty() { String::new() } else { lines.join("\n") + "\n" }
}

/// Where it is, for a terminal.
pub fn change_status_on_terminal(places: &[BranchStatus]) -> String {
    let width = places.iter().map(|place| place.name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for place in places {
        let since =
            place.since.map(|at| format!(" since {}", stamp::utc(at.to_seconds()))).unwrap_or_default();
        let pad = " ".repeat(width - place.name.chars().count());
        let _ = writeln!(text, "{}{pad}  {}{since}", place.name, place.words());
        if let Some(note) = place.note() {
            let _ = writeln!(text, "{}  {note}", " ".repeat(width));
        }
    }
    text
}

/// Where it is and what is owed of these hotfixes, for programs.
pub fn change_status_as_json(places: &[BranchStatus], hotfixes: &[Hotfix]) -> Value {
    let place = |place: &BranchStatus| {
        json!({
            "name": place.name,
            "branch": place.branch,
            "state": place.stage.as_str(),
            "since": place.since.map(UnixMillis::to_seconds),
            "note": place.note(),
            "hotfix": place.hotfix.as_ref().map(standing_in_a_word),
            "deploy": place.deploy.as_ref().map(|deploy| json!({
                "number": deploy.number,
                "sha": deploy.commit,
                "state": deploy.state.as_str(),
                "why": ended(deploy),
                "log_url": deploy.log_url,
                "environment_url": deploy.environment_url,
            })),
        })
    };
    json!({ "places": places.iter().map(place).collect::<Vec<_>>(), "hotfixes": debts_as_json(hotfixes) })
}

fn standing_in_a_word(standing: &HotfixStanding) -> &'static str {
    match standing {
        HotfixStanding::Carried => "carried",
        HotfixStanding::Noted { .. } => "noted",
        HotfixStanding::Missing => "owed",
        HotfixStanding::Reverted { .. } => "reverted",
        HotfixStanding::Mended { .. } => "mended",
    }
}
