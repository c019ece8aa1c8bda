//! TP403, TP404, TP405 and TP407: what people and time have to say before a promotion may be merged.

use super::super::limits::shorten_end;
use super::super::prose::{Prose, count, row};
use super::super::stamp;
use super::rights::{has_role, who_may_by};
use super::{Evidence, Explanation, Scene, Step};
use crate::model::{
    Environment, ReadinessState, RepositoryRole, SignOffRole, SignOffState, UnixMillis, UnixSeconds,
    WhyNoSignOff, WhyOpen,
};
use crate::report::deploy_status::length;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a note is shortened to, in characters.
const NOTE: usize = 200;

/// So many approving reviews are named that are no sign-offs.
const REVIEWS: usize = 10;

pub(super) fn soaking(
    scene: &Scene<'_>,
    environment: &str,
    needed: Duration,
    until: Option<UnixSeconds>,
) -> Explanation {
    let needed = length(needed);
    let asks = Prose::new(
        &format!("% takes only what has been live on % for {needed}, and well. "),
        &[scene.base(), environment],
    );
    let Some(until) = until else {
        let title = Prose::new("Has to be live on % first", &[environment]);
        let actual =
            Prose::new("% (%) is not live there.", &[&scene.head(), &scene.pull.head.commit.short()]);
        let mut explanation = Explanation::new(title, vec![asks.then(actual)]);
        let words = "Deploy it there. Towpath checks this again by itself.";
        explanation.repair = Some(Step::words(Prose::new(words, &[])));
        explanation.who = Some(Prose::new("Anyone who deploys to %.", &[environment]));
        return explanation;
    };
    let title = Prose::new(&format!("Soaks on % until {}", stamp::short(until)), &[environment]);
    let actual = Prose::new(
        &format!("For % (%) that is over on {}.", stamp::utc(until)),
        &[&scene.head(), &scene.pull.head.commit.short()],
    );
    let mut explanation = Explanation::new(title, vec![asks.then(actual)]);
    let words = "Wait. Towpath checks this again by itself at that time.";
    explanation.repair = Some(Step::words(Prose::new(words, &[])));
    explanation.who = Some(Prose::new("Nobody has to.", &[]));
    explanation
}

pub(super) fn signoffs(scene: &Scene<'_>, environment: &str, roles: &[SignOffState]) -> Explanation {
    let missing: Vec<&SignOffState> = roles.iter().filter(|it| it.given_by.is_none()).collect();
    let names: Vec<&str> = missing.iter().map(|it| it.role.as_str()).collect();
    let title = Prose::new("Sign-off on % missing: ", &[environment]).then(row(&names, "and"));
    let tip = scene.pull.head.commit.short();
    let asks = Prose::new(
        "Before % goes into %, somebody has to accept it on % as ",
        &[&tip, scene.base(), environment],
    );
    let mut explanation =
        Explanation::new(title, vec![asks.then(row(&names, "and")).then(Prose::new(".", &[]))]);
    let given = roles.iter().filter_map(|it| Some((it.role.as_str(), it.given_by.as_deref()?)));
    let given: Vec<Prose> = given.map(|(role, by)| Prose::new("% by %", &[role, by])).collect();
    if let Some(all) = given.into_iter().reduce(|all, more| all.then(Prose::new(", ", &[])).then(more)) {
        explanation.detail.push(Prose::new("Signed off already: ", &[]).then(all).then(Prose::new(".", &[])));
    }
    for state in &missing {
        let Some(former) = &state.former else { continue };
        let at = stamp::utc(former.at.to_seconds());
        let words = format!("% signed off as % on {at}, and the files have changed since.");
        explanation.detail.push(Prose::new(&words, &[&former.by, &state.role]));
        if !former.paths.is_empty() {
            let caption = Prose::new("Changed since the sign-off as %", &[&state.role]);
            explanation.evidence.push(Evidence::Paths(caption, former.paths.clone()));
        }
    }
    let approved: BTreeMap<&str, WhyNoSignOff> =
        missing.iter().flat_map(|it| &it.not_counted).map(|(by, why)| (by.as_str(), *why)).collect();
    explanation.detail.extend(no_signoffs(approved, environment));
    let commands = scene.comment_commands();
    let look = Prose::new("Look at %, then comment; Towpath checks this again at once:", &[environment]);
    let one_by_one = missing.iter().map(|it| commands.signoff(environment, &it.role)).collect();
    explanation.repair = Some(Step { lead: look, commands: one_by_one, after: Vec::new() });
    if scene.environment().is_some_and(|it| it.requires.reviews) {
        let words = "Let somebody with the role approve this pull request in a review: while the same files are live on %, that \
                     is their sign-off.";
        explanation.alternatives.push(Step::words(Prose::new(words, &[environment])));
    }
    explanation.who = Some(who_signs_off(scene, environment, &names));
    explanation
}

/// Why approving reviews are no sign-offs. Where anybody may give one, those of people without a right are the least news.
fn no_signoffs(approved: BTreeMap<&str, WhyNoSignOff>, environment: &str) -> Vec<Prose> {
    let mut approved: Vec<_> = approved.into_iter().collect();
    approved.sort_by_key(|(_, why)| *why == WhyNoSignOff::MissingRight);
    let more = approved.len().saturating_sub(REVIEWS);
    let named = approved.into_iter().take(REVIEWS).map(|it| no_signoff(it, environment));
    let others = match more {
        0 => None,
        1 => Some("1 more approving review is no sign-off.".to_owned()),
        more => Some(format!("{more} more approving reviews are no sign-offs.")),
    };
    named.chain(others.map(|words| Prose::new(&words, &[]))).collect()
}

/// Why an approving review is no sign-off.
fn no_signoff((by, why): (&str, WhyNoSignOff), environment: &str) -> Prose {
    let said = |words: &str, more: &[&str]| {
        let names: Vec<&str> = [by].into_iter().chain(more.iter().copied()).collect();
        Prose::new(&format!("The approving review of % is no sign-off: {words}."), &names)
    };
    match why {
        WhyNoSignOff::MissingRight => said("they had none of these roles when they gave it", &[]),
        WhyNoSignOff::OwnChange => {
            said("they have made one of the changes, which others have to accept", &[])
        }
        WhyNoSignOff::NotLive => said("what they looked at was not live on % then", &[environment]),
    }
}

/// Who may sign off in each of the roles.
fn who_signs_off(scene: &Scene<'_>, environment: &str, missing: &[&str]) -> Prose {
    let asked = scene.environment().map(|it| it.requires.signoffs.as_slice()).unwrap_or_default();
    let words = |asked: &SignOffRole| {
        let who = if asked.by.is_empty() {
            who_may_by(scene.path, ("signoff", Some(environment)), RepositoryRole::Write)
        } else {
            has_role(&asked.by)
        };
        let who = who.unwrap_or_else(|| Prose::new("nobody", &[]));
        let others = if asked.by_others { ", but nobody who has made one of the changes" } else { "" };
        Prose::new("as %: ", &[&asked.role]).then(who).then(Prose::new(others, &[]))
    };
    let asked = asked.iter().filter(|it| missing.contains(&it.role.as_str())).map(words);
    let all = asked.reduce(|all, more| all.then(Prose::new("; ", &[])).then(more));
    all.unwrap_or_default().capitalized().then(Prose::new(".", &[]))
}

pub(super) fn not_ready(scene: &Scene<'_>, environment: &str, items: &[ReadinessState]) -> Explanation {
    let open: Vec<&ReadinessState> = items.iter().filter(|it| it.open.is_some()).collect();
    let (left, all) = (open.len(), items.len());
    let title = Prose::new(&format!("% is not ready: {left} of {} open", count(all, "item")), &[environment]);
    let asks = Prose::new(
        &format!(
            "Before the first release goes to %, {} {} to be ready.",
            count(all, "item"),
            if all == 1 { "has" } else { "have" }
        ),
        &[environment],
    );
    let mut explanation = Explanation::new(title, vec![asks]);
    explanation.detail.extend(items.iter().map(item));
    for state in &open {
        if let Some(WhyOpen::Changed { paths }) = &state.open {
            let caption = Prose::new("Changed since % was ready", &[&state.item]);
            explanation.evidence.push(Evidence::Paths(caption, paths.clone()));
        }
    }
    let commands = scene.comment_commands();
    let lead = Prose::new("Do what is open, then say so in a comment:", &[]);
    let one_by_one = open.iter().map(|it| commands.ready(environment, &it.item)).collect();
    explanation.repair = Some(Step { lead, commands: one_by_one, after: Vec::new() });
    let who = who_may_by(scene.path, ("ready", Some(environment)), RepositoryRole::Write);
    explanation.who = who.map(|who| who.capitalized().then(Prose::new(".", &[])));
    explanation
}

/// How an item stands, in a line.
fn item(state: &ReadinessState) -> Prose {
    let what = Prose::new("% (%): ", &[&state.item, &state.description]);
    let at = |at: UnixMillis| stamp::utc(at.to_seconds());
    let stands = match (&state.open, &state.said) {
        (None, Some(said)) => {
            let note = said.note.as_deref().map(|note| shorten_end(note, NOTE));
            let words = format!("ready, said % on {}", at(said.at));
            let said = Prose::new(&words, &[&said.by]);
            match note {
                Some(note) => said.then(Prose::new(": %.", &[&note])),
                None => said.then(Prose::new(".", &[])),
            }
        }
        (Some(WhyOpen::Expired { since }), _) => {
            Prose::new(&format!("**open**: what was said counted until {}.", at(*since)), &[])
        }
        (Some(WhyOpen::Changed { .. }), Some(said)) => {
            let words =
                format!("**open**: files have changed since % said on {} that it is ready.", at(said.at));
            Prose::new(&words, &[&said.by])
        }
        _ => Prose::new("**open**.", &[]),
    };
    what.then(stands)
}

pub(super) fn ticket(
    scene: &Scene<'_>,
    (environment, paths): (&str, &[String]),
    acknowledged: Option<&(String, UnixMillis)>,
    notice: Duration,
) -> Explanation {
    let notice = length(notice);
    let asks = Prose::new(
        &format!(
            "Changes of these files in % take a ticket at the platform's support, with {notice} of notice on working days."
        ),
        &[environment],
    );
    let caption = Prose::new("Files that take a ticket", &[]);
    let mut explanation = if let Some((ticket, earliest)) = acknowledged {
        let earliest = earliest.to_seconds();
        let title = Prose::new(&format!("Ticket %: not before {}", stamp::short(earliest)), &[ticket]);
        let stands = Prose::new(
            &format!("By the notice of ticket %, this may be merged from {} on.", stamp::utc(earliest)),
            &[ticket],
        );
        let mut explanation = Explanation::new(title, vec![asks, stands]);
        let words = "Wait. Towpath checks this again by itself at that time.";
        explanation.repair = Some(Step::words(Prose::new(words, &[])));
        explanation.who = Some(Prose::new("Nobody has to.", &[]));
        explanation
    } else {
        let title = Prose::new("A ticket is needed for %", &[paths.first().map_or("", String::as_str)]);
        let mut explanation = Explanation::new(title, vec![asks]);
        let lead = Prose::new("Open a ticket. Once the support has acknowledged it, comment here:", &[]);
        let commands = vec![scene.comment_commands().ticket()];
        explanation.repair = Some(Step { lead, commands, after: Vec::new() });
        let who = who_may_by(scene.path, ("ticket", Some(environment)), RepositoryRole::Write);
        explanation.who = who.map(|who| who.capitalized().then(Prose::new(".", &[])));
        explanation
    };
    explanation.evidence.push(Evidence::Paths(caption, paths.to_vec()));
    explanation
}

impl Scene<'_> {
    /// The environment that the pull request goes into.
    fn environment(&self) -> Option<&Environment> {
        self.path.environments.iter().find(|it| it.branch.as_str() == self.base())
    }
}
