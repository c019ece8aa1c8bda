//! A hotfix in words: the text of its pull request and of the one that carries it back, the comment that tells how it comes
//! back, and what is owed where.

use super::deploy_status::length;
use super::limits::{BODY, RESERVE, fit, shorten_end};
use super::markdown::{block, code};
use super::prose::{Prose, row};
use super::shell;
use super::stamp;
use super::words::{Carry, carry_commands};
use crate::model::{
    BranchName, CarryBack, CarryStage, CommitId, Hotfix, HotfixAccount, HotfixEnd, HotfixStanding,
    LandedHotfix, PullNumber, UnixMillis,
};
use serde_json::{Value, json};
use std::time::Duration;

/// What the comment is found again by.
pub const HOTFIX_COMMENT: &str = "<!-- towpath:hotfix -->";

/// So much of a title is repeated, in characters.
const TITLE: usize = 100;

/// The text of the pull request that brings a hotfix into its environment.
pub fn hotfix_pull(hotfix: &Hotfix, command: &str, entry: Option<&BranchName>) -> String {
    let (by, environment) = (code(&hotfix.by), code(&hotfix.environment));
    let mut parts = vec![format!("{by} asked for this hotfix of {environment} by {}.", code(command))];
    if let Some(entry) = entry {
        parts.push(format!(
            "Once it is merged, Towpath opens the pull request that carries it back to {}, from where it comes down by \
             promotion.",
            code(entry.as_str())
        ));
    }
    parts.join("\n\n")
}

/// The title of the pull request that carries a hotfix back.
pub fn carry_title(hotfix: &Hotfix, number: PullNumber) -> String {
    format!("Carry back #{number}: {}", shorten_end(&hotfix.title, TITLE))
}

/// Its text.
pub fn carry_pull(hotfix: &Hotfix, number: PullNumber, into: &BranchName) -> String {
    format!(
        "#{number} went into {} as a hotfix. This brings it to {}, from where it comes down by promotion. Each commit names \
         the one that it was picked from. Until it has come down, promotions into {} wait for it.",
        code(&hotfix.environment),
        code(into.as_str()),
        code(&hotfix.environment)
    )
}

/// What is said of a hotfix to whoever asked for it: its branch, how to work on it, and what is not to go in.
pub fn hotfix_cut(branch: &BranchName, (from, tip): (&BranchName, CommitId)) -> (String, String) {
    let done = Prose::new("% is cut from %, the tip of %.", &[branch.as_str(), &tip.short(), from.as_str()]);
    let name = shell::quote(branch.as_str());
    let commands =
        ["git fetch origin".to_owned(), format!("git switch -c {name} --track refs/remotes/origin/{name}")];
    let work = block("sh", &shell::script(&commands));
    let not = Prose::new(
        "Commit the repair there, and nothing else: merge no other branch into it, and pick nothing that % does not have yet. \
         Towpath opens the pull request into % at the first push.",
        &[from.as_str(), from.as_str()],
    );
    (done.markdown(), format!("{work}\n{}", not.markdown()))
}

/// The way that a hotfix comes back.
#[derive(Debug, Clone, Copy, Default)]
pub struct HotfixWay<'a> {
    /// The environment that it is carried back to, where there is one.
    pub entry: Option<&'a str>,
    /// For how long after it was merged promotions do not wait for it.
    pub waits_after: Duration,
}

/// The comment on a merged hotfix that tells how it comes back; `None` where there is nothing to say.
pub fn hotfix_comment(hotfix: &Hotfix, way: &HotfixWay<'_>) -> Option<String> {
    let landed = hotfix.landed.as_ref()?;
    let mut parts = vec![HOTFIX_COMMENT.to_owned()];
    match &hotfix.over {
        Some(HotfixEnd::Dropped { .. }) => return None,
        Some(HotfixEnd::Reverted { by, .. }) => {
            let words = "This hotfix was taken back on % by %. It is owed no more.";
            parts.push(heading("↩️", &Prose::new(words, &[&hotfix.environment, &by.short()])));
        }
        Some(HotfixEnd::Gone { tip, .. }) => {
            let words = "% no longer has this hotfix: its branch was moved to %. It is owed no more.";
            parts.push(heading("↩️", &Prose::new(words, &[&hotfix.environment, &tip.short()])));
        }
        Some(HotfixEnd::Home { .. }) => parts.push(home(hotfix)),
        None => parts.extend(going(hotfix, landed, way)?),
    }
    Some(fit(&parts, BODY - RESERVE))
}

/// That nobody owes it any more.
fn home(hotfix: &Hotfix) -> String {
    let environment = hotfix.environment.as_str();
    let is_mended = hotfix.accounts.iter().any(|it| matches!(it.standing, HotfixStanding::Mended { .. }));
    let words = match &hotfix.carry_back {
        _ if is_mended => "Nobody misses this hotfix any more: upstream has the same files as %.",
        // A revert of what never was upstream, for one.
        None => "There is nothing to carry back: every environment before % has this already.",
        Some(_) => "This hotfix is home: it has come down to % by promotion.",
    };
    heading("✅", &Prose::new(words, &[environment]))
}

/// The comment on a carry-back that was closed because nobody misses its hotfix any more; `None` where somebody does. `entry`
/// is the environment that it was carried back to.
pub fn carry_back_closed(hotfix: &Hotfix, entry: &str) -> Option<String> {
    let number = hotfix.pull.map_or_else(|| hotfix.branch.to_string(), |number| format!("#{number}"));
    let environment = hotfix.environment.as_str();
    let why = match (&hotfix.over, hotfix.account(entry).map(|it| &it.standing)) {
        (Some(HotfixEnd::Reverted { by, .. }), _) => {
            Prose::new("% was taken back on % by %", &[&number, environment, &by.short()])
        }
        (Some(HotfixEnd::Gone { tip, .. }), _) => {
            let words = "% is no longer on %, whose branch was moved to %";
            Prose::new(words, &[&number, environment, &tip.short()])
        }
        (_, Some(HotfixStanding::Mended { by, .. })) => {
            Prose::new("% says that the fault of % was mended on % in another way", &[by, &number, entry])
        }
        _ => return None,
    };
    let words = why.then(Prose::new(", so there is nothing to carry back any more.", &[]));
    Some(format!("{HOTFIX_COMMENT}\n{}", heading("↩️", &words)))
}

fn heading(mark: &str, words: &Prose) -> String {
    format!("### {mark} {}", words.markdown())
}

/// How a hotfix comes back that is not home.
fn going(hotfix: &Hotfix, landed: &LandedHotfix, way: &HotfixWay<'_>) -> Option<Vec<String>> {
    let environment = hotfix.environment.as_str();
    let at_entry = way.entry.and_then(|entry| hotfix.account(entry));
    let mut parts = match (&hotfix.carry_back, at_entry) {
        (_, Some(_)) if hotfix.owed_on().is_empty() => {
            let words = Prose::new("No environment before % misses this hotfix", &[environment]);
            vec![heading("🔁", &words)]
        }
        (
            Some(carry_back),
            Some(HotfixAccount { environment: entry, standing: HotfixStanding::Reverted { by }, .. }),
        ) => {
            let words = Prose::new("% had this hotfix, and % has taken it back", &[entry, &by.short()]);
            let mut parts = vec![heading("⚠️", &words), "Carry it back again by hand:".to_owned()];
            parts.extend(by_hand(hotfix, landed, carry_back));
            parts
        }
        (Some(_), Some(it)) if !it.standing.is_owed() => {
            let words = Prose::new("% has this hotfix", &[&it.environment]);
            vec![heading("🔁", &words), come_down(hotfix, landed, (&it.environment, way))]
        }
        (Some(carry_back), _) => stage(hotfix, landed, (carry_back, way)),
        (None, _) if hotfix.accounts.is_empty() => return None,
        (None, _) => {
            let words = Prose::new("This hotfix needs no carry-back of Towpath's.", &[]);
            vec![heading("🔁", &words)]
        }
    };
    let lines: Vec<String> =
        hotfix.accounts.iter().map(|it| format!("* {}", account(it).markdown())).collect();
    if !lines.is_empty() {
        parts.push(lines.join("\n"));
    }
    Some(parts)
}

fn stage(
    hotfix: &Hotfix,
    landed: &LandedHotfix,
    (carry_back, way): (&CarryBack, &HotfixWay<'_>),
) -> Vec<String> {
    let into = carry_back.into.as_str();
    let by_hand = || by_hand(hotfix, landed, carry_back);
    let come_down = || come_down(hotfix, landed, (into, way));
    let title = |mark: &str, words: &str, names: &[&str]| heading(mark, &Prose::new(words, names));
    let (mut parts, rest) = match &carry_back.stage {
        CarryStage::Pushing { .. } => {
            (vec![title("🔁", "This hotfix is about to be carried back to %", &[into])], Vec::new())
        }
        CarryStage::Opened { pull, .. } => {
            let words = format!("#{pull} carries this hotfix back to %");
            (vec![title("🔁", &words, &[into]), come_down()], Vec::new())
        }
        CarryStage::Merged { pull, .. } => {
            let words = format!("#{pull} has carried this hotfix back to %");
            (vec![title("🔁", &words, &[into]), come_down()], Vec::new())
        }
        CarryStage::Closed { pull } => {
            let words =
                format!("#{pull}, which was to carry this hotfix back to %, was closed without a merge");
            let again = "Towpath opens no other one. Reopen it, or carry the hotfix back by hand:";
            (vec![title("⚠️", &words, &[into]), again.to_owned()], by_hand())
        }
        CarryStage::Conflict { pick, paths, .. } => {
            let lead = Prose::new(
                "% does not apply to % as it is. Nothing was pushed. Carry it back by hand:",
                &[&pick.short(), into],
            );
            let title = title("⚠️", "Carrying this hotfix back to % conflicts", &[into]);
            (vec![title, conflicting(paths), lead.markdown()], by_hand())
        }
        CarryStage::TooMany => {
            let words = "This hotfix has too many commits to be carried back unasked";
            let lead = Prose::new("Nothing was pushed. Carry it back to % by hand:", &[into]);
            (vec![title("⚠️", words, &[]), lead.markdown()], by_hand())
        }
        CarryStage::Refused { why, .. } => {
            let words = Prose::new(
                "GitHub does not take the carry-back to %: %. Carry it back by hand:",
                &[into, why],
            );
            let title = title("⚠️", "This hotfix could not be carried back to %", &[into]);
            (vec![title, words.markdown()], by_hand())
        }
    };
    parts.extend(rest);
    parts
}

fn come_down(hotfix: &Hotfix, landed: &LandedHotfix, (from, way): (&str, &HotfixWay<'_>)) -> String {
    let environment = hotfix.environment.as_str();
    let down = Prose::new("From % it comes down by promotion. ", &[from]);
    let until = if way.waits_after.is_zero() {
        Prose::new("Until then promotions into % wait for it.", &[environment])
    } else {
        let from = stamp::utc((landed.at + way.waits_after).to_seconds());
        Prose::new(&format!("From {from} on, promotions into % wait for it."), &[environment])
    };
    down.then(until).markdown()
}

fn conflicting(paths: &[String]) -> String {
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    Prose::new("In conflict: ", &[]).then(row(&paths, "and")).then(Prose::new(".", &[])).markdown()
}

/// The commands that carry it back in somebody's clone: up to where it may stop, and what follows.
fn by_hand(hotfix: &Hotfix, landed: &LandedHotfix, carry_back: &CarryBack) -> Vec<String> {
    let title = hotfix.pull.map_or_else(|| hotfix.title.clone(), |number| carry_title(hotfix, number));
    let (what, go_on, as_merge) = match &carry_back.stage {
        CarryStage::Conflict { merge: Some(tip), .. } => (
            Carry::Merge(*tip),
            "Resolve the conflict, run `git commit`, and then:",
            Some(
                "Merge that pull request with a merge commit: then the next promotion does not conflict again.",
            ),
        ),
        _ => (
            Carry::Picks(vec![(landed.made, landed.picks.as_slice(), landed.as_one)]),
            "Where it stops, resolve the conflict and run `git cherry-pick --continue`. Then:",
            None,
        ),
    };
    let (start, push) = carry_commands((Some("origin"), None), &carry_back.into, &what, &title);
    let (start, push) = (block("sh", &shell::script(&start)), block("sh", &shell::script(&push)));
    [start, go_on.to_owned(), push].into_iter().chain(as_merge.map(str::to_owned)).collect()
}

/// How a hotfix stands on an environment, in a line.
fn account(it: &HotfixAccount) -> Prose {
    let environment = it.environment.as_str();
    match &it.standing {
        HotfixStanding::Carried => Prose::new("%: has it.", &[environment]),
        HotfixStanding::Noted { by, as_merge: false } => {
            Prose::new("%: has it, by the message of % alone.", &[environment, &by.short()])
        }
        HotfixStanding::Noted { by, as_merge: true } => {
            Prose::new("%: has it, merged by % with other files.", &[environment, &by.short()])
        }
        HotfixStanding::Missing => Prose::new("%: **owed**.", &[environment]),
        HotfixStanding::Reverted { by } => {
            Prose::new("%: **owed again**: % has taken it back.", &[environment, &by.short()])
        }
        HotfixStanding::Mended { by, reason } => {
            Prose::new("%: mended in another way, says %: %.", &[environment, by, reason])
        }
    }
}

/// What is owed of hotfixes, and which have no pull request, a sentence each: all of them, or those of one environment.
pub(super) fn debts(hotfixes: &[Hotfix], now: UnixMillis) -> Vec<Prose> {
    hotfixes.iter().filter_map(|hotfix| debt(hotfix, now)).collect()
}

fn debt(hotfix: &Hotfix, now: UnixMillis) -> Option<Prose> {
    let Some(landed) = &hotfix.landed else { return not_opened(hotfix) };
    let owing = hotfix.owed_on();
    if owing.is_empty() {
        return None;
    }
    let number = hotfix.pull.map_or_else(|| "%".to_owned(), |number| format!("#{number}"));
    let age = length(now.since(landed.at));
    let words = format!("Hotfix {number} (%, by %) of % is owed for {age} on ");
    let title = shorten_end(&hotfix.title, TITLE);
    let mut names = vec![&*title, hotfix.by.as_str(), hotfix.environment.as_str()];
    if hotfix.pull.is_none() {
        names.insert(0, hotfix.branch.as_str());
    }
    let carried = match hotfix.carry_back.as_ref().map(|it| (it.pull(), &it.stage)) {
        Some((Some(number), CarryStage::Closed { .. })) => format!("; #{number} was closed without a merge"),
        Some((Some(number), _)) => format!("; #{number} carries it back"),
        _ => String::new(),
    };
    Some(Prose::new(&words, &names).then(row(&owing, "and")).then(Prose::new(&format!("{carried}."), &[])))
}

/// That GitHub does not take the pull request of a hotfix.
fn not_opened(hotfix: &Hotfix) -> Option<Prose> {
    let why = hotfix.refused.as_ref().filter(|_| hotfix.over.is_none())?;
    let words = "Hotfix % (%, by %) of % has no pull request, since GitHub does not take it: %. Open it by hand, or push again.";
    let title = shorten_end(&hotfix.title, TITLE);
    let names = [hotfix.branch.as_str(), &title, &hotfix.by, &hotfix.environment, why];
    Some(Prose::new(words, &names))
}

/// What is owed of hotfixes, for programs.
pub(super) fn debts_as_json(hotfixes: &[Hotfix]) -> Vec<Value> {
    let owed = hotfixes.iter().filter(|it| it.landed.is_some() && !it.owed_on().is_empty());
    owed.map(|it| {
        json!({
            "pull_request": it.pull,
            "title": it.title,
            "by": it.by,
            "environment": it.environment,
            "since": it.landed.as_ref().map(|landed| landed.at.to_seconds()),
            "owed_on": it.owed_on(),
            "carry_back": it.carry_back.as_ref().and_then(CarryBack::pull),
        })
    })
    .collect()
}
