//! The manifest of a promotion: what the pull request brings, what people decided about it, where it was tested, and what
//! it waits for.

use super::Subject;
use super::check::accounts;
use super::forecast::{FORECAST, forecast_facts, forecast_line};
use super::frozen::moment_in;
use super::limits::{BODY, RESERVE, fit};
use super::markdown::clean;
use super::prose::{Prose, count, row};
use super::stamp::utc;
use super::words::Scene;
use crate::model::calendar::FreezePeriod;
use crate::model::{
    CommitId, Environment, Forecast, Hold, Merged, Outcome, Override, PromotionPath, PullNumber, UnixMillis,
    Verdict,
};

/// The first line of a manifest, which GitHub does not show: by it the manifest is found again.
pub const MANIFEST: &str = "<!-- towpath:manifest -->";

/// How many pull requests are listed; the rest is counted.
const LISTED: usize = 100;

/// A pull request that a promotion brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroughtPull {
    /// Its number.
    pub number: PullNumber,
    /// The login of its author.
    pub author: String,
    /// The branch that it was merged into, where that is none that leads to the source: it came by another way.
    pub hotfix_of: Option<String>,
    /// The overrides that were in force when it was merged.
    pub overrides: Vec<Override>,
}

/// What is known of the promotion's files on the environment that they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestedSince {
    /// A deploy of them has ended well, at this moment.
    Deployed(UnixMillis),
    /// A deploy of them has ended well but for what comes after it, at this moment.
    Degraded(UnixMillis),
    /// The last deploy of them has ended badly, at this moment.
    Failed(UnixMillis),
    /// A rollback has taken them back, at this moment.
    RolledBack(UnixMillis),
    /// Nobody has said that they were deployed.
    NotKnown,
}

/// All that a manifest tells of.
#[derive(Debug, Clone)]
pub struct Manifest<'a> {
    /// The path.
    pub path: &'a PromotionPath,
    /// Where it comes from.
    pub source: &'a Environment,
    /// Where it goes.
    pub target: &'a Environment,
    /// The source's commit that would be merged, or was.
    pub head: CommitId,
    /// What became of it, once it was merged.
    pub merged: Option<Merged>,
    /// The pull requests that it brings, by number.
    pub pulls: &'a [BroughtPull],
    /// The overrides in force on it.
    pub overrides: &'a [Override],
    /// The holds in force, each with the environment that a rollback has left it on.
    pub holds: &'a [(&'a Environment, Hold)],
    /// How long the target is frozen for it.
    pub freeze: Option<&'a FreezePeriod>,
    /// What is known of its files on the source.
    pub tested: TestedSince,
    /// What it will do to a shop of Adobe Commerce; nothing of one that is merged.
    pub forecast: Option<&'a Forecast>,
    /// The last verdict on it, if it was judged.
    pub verdict: Option<(&'a Subject, &'a Verdict)>,
}

/// The title of the pull request that promotes one environment to another one.
pub fn promotion_title(source: &Environment, target: &Environment) -> String {
    clean(&format!("Promote {} to {}", source.name, target.name))
}

/// The manifest. It mentions nobody, and no time is in it but those of what it tells of: the same promotion gives the same
/// manifest.
pub fn manifest(told: &Manifest<'_>) -> String {
    let (source, target) = (told.source.name.as_str(), told.target.name.as_str());
    let promotes = if told.merged.is_some() { "has promoted" } else { "promotes" };
    let what =
        format!("This pull request {promotes} % to %, up to %, with {}.", pull_requests(told.pulls.len()));
    let mut parts =
        vec![format!("{MANIFEST}\n{}", Prose::new(&what, &[source, target, &told.head.short()]).markdown())];
    parts.extend(brought(told));
    parts.extend(decided(told));
    parts.extend(taken_back(told.holds));
    parts.extend(told.freeze.map(|period| frozen(told, period)));
    parts.extend(told.forecast.map(|it| foreseen(it, target)));
    parts.push(format!("### On {}\n\n{}", Prose::new("%", &[source]).markdown(), tested(told)));
    parts.push(match told.merged {
        Some(merged) => format!("### Merged\n\n{}", made_of(merged)),
        None => format!("### What it waits for\n\n{}", waits_for(told)),
    });
    fit(&parts, BODY - RESERVE)
}

fn foreseen(forecast: &Forecast, target: &str) -> String {
    let parts: Vec<String> =
        forecast_line(forecast, target).into_iter().chain([forecast_facts(forecast)]).collect();
    format!("### {FORECAST}\n\n{}", parts.join("\n\n"))
}

/// So many pull requests, in words.
pub fn pull_requests(number: usize) -> String {
    match number {
        0 => "no pull request that is known".to_owned(),
        more => count(more, "pull request"),
    }
}

fn brought(told: &Manifest<'_>) -> Option<String> {
    let line = |pull: &BroughtPull| {
        let who = Prose::new(&format!("- #{} by %", pull.number), &[&pull.author]);
        let by_another_way = pull.hotfix_of.as_ref().map(|branch| {
            Prose::new(", a hotfix: it was merged into % and not by way of %", &[branch, &told.source.name])
        });
        who.then(by_another_way.unwrap_or_default()).markdown()
    };
    let mut lines: Vec<String> = told.pulls.iter().take(LISTED).map(line).collect();
    let more = told.pulls.len().saturating_sub(LISTED);
    lines.extend((more > 0).then(|| format!("- … and {more} more")));
    (!lines.is_empty()).then(|| format!("### What is in it\n\n{}", lines.join("\n")))
}

fn made_of(merged: Merged) -> String {
    let (at, commit) = (utc(merged.at), merged.commit.map(|commit| commit.short()));
    let by = commit.as_ref().map(|commit| Prose::new(" as %", &[commit])).unwrap_or_default();
    Prose::new(&format!("It was merged at {at}"), &[]).then(by).then(Prose::new(".", &[])).markdown()
}

fn decided(told: &Manifest<'_>) -> Option<String> {
    let line = |(of, given): (Option<PullNumber>, &Override)| {
        // Not as code: GitHub makes a link of it.
        let of = of.map(|number| format!(" on #{number}")).unwrap_or_default();
        let who = Prose::new(&format!("- {}{of}, overridden by %", given.code.as_str()), &[&given.by]);
        let second = given.confirmed_by.as_ref().map(|it| Prose::new(" and confirmed by %", &[it]));
        let why = Prose::new(": %", &[&given.reason]);
        let until = given.until.map(|at| Prose::new(&format!(" (until {})", utc(at.to_seconds())), &[]));
        who.then(second.unwrap_or_default()).then(why).then(until.unwrap_or_default()).markdown()
    };
    let own = told.overrides.iter().map(|it| (None, it));
    let brought = told.pulls.iter().take(LISTED);
    let brought = brought.flat_map(|pull| pull.overrides.iter().map(|it| (Some(pull.number), it)));
    let lines: Vec<String> = own.chain(brought).map(line).collect();
    let heading = if told.merged.is_some() { "Overrides that were in force" } else { "Overrides in force" };
    (!lines.is_empty()).then(|| format!("### {heading}\n\n{}", lines.join("\n")))
}

fn taken_back(holds: &[(&Environment, Hold)]) -> Option<String> {
    let line = |(environment, hold): &(&Environment, Hold)| {
        let template = format!("- % was taken back from % to % at {} by %: %", utc(hold.since.to_seconds()));
        let ends = (hold.from.short(), hold.to.short());
        let names = [environment.name.as_str(), &ends.0, &ends.1, &hold.by, &hold.reason];
        let pulls: Vec<String> = hold.pulls.iter().take(LISTED).map(|number| format!("#{number}")).collect();
        let undone = (!pulls.is_empty()).then(|| format!(". It took back {}", pulls.join(", ")));
        format!("{}{}", Prose::new(&template, &names).markdown(), undone.unwrap_or_default())
    };
    let lines: Vec<String> = holds.iter().map(line).collect();
    (!lines.is_empty()).then(|| format!("### Rolled back\n\n{}", lines.join("\n")))
}

fn frozen(told: &Manifest<'_>, period: &FreezePeriod) -> String {
    let until = period.until.map(|at| format!(" until {}", moment_in(&told.path.calendar.zone, at)));
    let words = format!("- % is frozen{}: ", until.unwrap_or_default());
    let reasons: Vec<&str> = period.reasons.iter().map(String::as_str).collect();
    let line = Prose::new(&words, &[&told.target.name]).then(row(&reasons, "and"));
    format!("### Frozen\n\n{}", line.markdown())
}

fn tested(told: &Manifest<'_>) -> String {
    let name = [told.source.name.as_str()];
    let at = |at: UnixMillis| utc(at.to_seconds());
    let words = match told.tested {
        TestedSince::Deployed(since) => {
            format!("A deploy of these files to % ended well at {}.", at(since))
        }
        TestedSince::Degraded(since) => format!(
            "A deploy of these files to % ended at {}, and what comes after a deploy failed: a sign-off has to say that they work.",
            at(since)
        ),
        TestedSince::Failed(since) => {
            format!("The last deploy of these files to % failed at {}.", at(since))
        }
        TestedSince::RolledBack(since) => {
            format!("These files were deployed to %, and a rollback took them back at {}.", at(since))
        }
        TestedSince::NotKnown if told.merged.is_some() => {
            "When it was merged, nobody had said that these files were deployed to %.".to_owned()
        }
        TestedSince::NotKnown => "Nobody has said that these files were deployed to %.".to_owned(),
    };
    Prose::new(&words, &name).markdown()
}

fn waits_for(told: &Manifest<'_>) -> String {
    let Some((subject, verdict)) = told.verdict else {
        let words = "The check for % says it as soon as Towpath has judged this pull request.";
        return Prose::new(words, &[told.target.branch.as_str()]).markdown();
    };
    let mut holding = verdict.clone();
    holding.findings.retain(|finding| finding.severity > Outcome::Warn);
    if holding.findings.is_empty() {
        return match verdict.outcome() {
            Outcome::Warn => "Nothing, but its check has a warning.".to_owned(),
            _ => "Nothing: its check passes.".to_owned(),
        };
    }
    let found = accounts(&Scene::of(told.path, subject), &holding);
    let line = |it: &super::words::Explanation| {
        let code = it.code.map(|code| format!("{}: ", code.as_str())).unwrap_or_default();
        format!("- {code}{}", it.title.markdown())
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}
