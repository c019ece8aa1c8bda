//! What runs in an environment and what is to come, in words.

use super::active_places::{places, places_as_json};
use super::advice::CommentCommands;
use super::deploy_status::{NOBODY_DEPLOYS, deploy_line};
use super::hotfixes::{debts, debts_as_json};
use super::markdown::code;
use super::operator::waits_for;
use super::prose::Prose;
use super::revert_pull::back_by_merge;
use super::stamp;
use crate::model::calendar::{FreezePeriod, Zone};
use crate::model::{ActivePlaces, CommitId, Deploy, Environment, Hold, Hotfix, Lock, UnixMillis, WaitsFor};
use serde_json::{Value, json};

/// How things stand in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentStatus {
    /// The environment.
    pub environment: Environment,
    /// Where its branch is, if that is known.
    pub tip: Option<CommitId>,
    /// What runs there: the last deploy that ended well.
    pub live: Option<Deploy>,
    /// Since when that commit has run there.
    pub since: Option<UnixMillis>,
    /// The newest deploy since, if it was begun and ended badly.
    pub failed: Option<Deploy>,
    /// The deploys that have not ended, the oldest first, and what each waits for.
    pub open: Vec<(Deploy, Option<WaitsFor>)>,
    /// The hold that is in force.
    pub hold: Option<Hold>,
    /// The lock that is in force.
    pub lock: Option<Lock>,
    /// How long it is frozen.
    pub freeze: Option<FreezePeriod>,
    /// The places beside it, and who waits for one.
    pub places: ActivePlaces,
    /// By which clocks people live here.
    pub zone: Zone,
    /// The hotfixes that went in there, or that it owes, and that are not home.
    pub hotfixes: Vec<Hotfix>,
    /// When this was so.
    pub now: UnixMillis,
    /// Whether it is known that nobody deploys here.
    pub nobody_deploys: bool,
}

impl EnvironmentStatus {
    /// What runs there, in one sentence.
    fn running(&self) -> Prose {
        let name = self.environment.name.as_str();
        let Some(live) = &self.live else {
            return Prose::new("no deploy to % is known to have succeeded.", &[name]);
        };
        let runs = Prose::new("% runs %", &[name, &live.commit.short()]);
        let runs = match self.since {
            Some(since) => runs.then(Prose::new(&format!(" since {}", stamp::utc(since.to_seconds())), &[])),
            None => runs,
        };
        runs.then(Prose::new(&format!(", by deploy {}.", live.number), &[]))
    }

    /// All else that there is to know, a sentence or two each.
    fn further(&self) -> Vec<Prose> {
        let mut lines = Vec::new();
        let branch = self.environment.branch.as_str();
        if let Some(tip) = self.tip.filter(|tip| self.live.as_ref().map(|it| it.commit) != Some(*tip)) {
            lines
                .push(Prose::new("Its branch % is at %, which does not run there.", &[branch, &tip.short()]));
        }
        // Names from outside may be in these lines, so they are shown as code.
        lines.extend(self.failed.iter().map(|it| Prose::new("The last try: %.", &[&deploy_line(it)])));
        lines.extend(self.open.iter().map(|(deploy, waits)| {
            let line = match waits.and_then(waits_for) {
                Some(waits) => format!("deploy {}: {waits}", deploy.number),
                None => deploy_line(deploy),
            };
            Prose::new("On its way is %: %.", &[&deploy.commit.short(), &line])
        }));
        lines.extend(self.hold.as_ref().map(held));
        lines.extend(self.lock.as_ref().map(locked));
        lines.extend(self.freeze.as_ref().map(|period| frozen(&self.zone, period)));
        lines.extend(places(&self.zone, &self.environment.name, &self.places));
        lines.extend(debts(&self.hotfixes, self.now));
        if self.nobody_deploys {
            lines.push(Prose::new(&format!("{NOBODY_DEPLOYS}."), &[]));
        }
        lines
    }
}

fn held(hold: &Hold) -> Prose {
    let since = stamp::utc(hold.since.to_seconds());
    let (from, to) = (hold.from.short(), hold.to.short());
    if let Some(revert) = hold.to_merge() {
        let by_what = back_by_merge(revert.number);
        let words = format!(
            "Held since {since}: % asked for it to be rolled back from % to %: %. {by_what}. \
             What else is merged is deployed once the hold is lifted."
        );
        return Prose::new(&words, &[&hold.by, &from, &to, &hold.reason]);
    }
    Prose::new(
        &format!(
            "Held since {since}: % rolled it back from % to %: %. What is merged from now on is deployed once the hold is lifted."
        ),
        &[&hold.by, &from, &to, &hold.reason],
    )
}

fn frozen(zone: &Zone, period: &FreezePeriod) -> Prose {
    let until = period.until.map(|at| format!(" until {}", stamp::utc_in(zone, at)));
    let words =
        format!("Frozen{}: %. What is merged meanwhile is deployed at the end.", until.unwrap_or_default());
    Prose::new(&words, &[&period.reasons.join("; ")])
}

fn locked(lock: &Lock) -> Prose {
    let (since, id) = (stamp::utc(lock.since.to_seconds()), lock.id);
    let end = match (lock.until, lock.while_open) {
        (Some(until), _) => format!("until {}", stamp::utc(until.to_seconds())),
        (None, Some(number)) => format!("until #{number} is closed"),
        (None, None) => "until somebody unlocks it".to_owned(),
    };
    let words = format!("Locked since {since} by % (lock {id}), {end}: %.");
    Prose::new(&words, &[&lock.by, &lock.reason])
}

/// What runs in an environment in one sentence, and all else as a list: for a reply.
pub fn environment_status(
    commands: CommentCommands<'_>,
    status: &EnvironmentStatus,
) -> (String, Option<String>) {
    let name = &status.environment.name;
    let lifts = status.hold.as_ref().map(|_| (commands.resume(name), "lifts the hold"));
    let unlocks = status.lock.as_ref().map(|_| (commands.unlock(name), "ends the lock"));
    let ends =
        lifts.into_iter().chain(unlocks).map(|(command, does)| format!("* {} {does}.", code(&command)));
    let further = status.further();
    let further: Vec<String> = further.iter().map(|it| format!("* {}", it.markdown())).chain(ends).collect();
    (status.running().markdown(), (!further.is_empty()).then(|| further.join("\n")))
}

/// The same for a terminal.
pub fn environment_status_on_terminal(status: &EnvironmentStatus) -> String {
    let lines = [status.running()].into_iter().chain(status.further());
    let lines: Vec<String> = lines.map(|it| it.capitalized().plain()).collect();
    lines.join("\n") + "\n"
}

/// The same for programs.
pub fn environment_status_as_json(status: &EnvironmentStatus) -> Value {
    let deploy = |it: &Deploy| json!({ "number": it.number, "sha": it.commit, "state": it.state.as_str() });
    json!({
        "environment": status.environment.name,
        "branch": status.environment.branch,
        "tip": status.tip,
        "live": status.live.as_ref().map(deploy),
        "since": status.since.map(UnixMillis::to_seconds),
        "failed": status.failed.as_ref().map(deploy),
        "open": status.open.iter().map(|(it, _)| deploy(it)).collect::<Vec<_>>(),
        "hold": status.hold.as_ref().map(|it| json!({
            "from": it.from,
            "to": it.to,
            "by": it.by,
            "reason": it.reason,
            "since": it.since.to_seconds(),
            "by_pull_request": it.to_merge().and_then(|it| it.number),
        })),
        "lock": status.lock.as_ref().map(|it| json!({
            "id": it.id,
            "by": it.by,
            "reason": it.reason,
            "since": it.since.to_seconds(),
            "until": it.until.map(UnixMillis::to_seconds),
            "while_open": it.while_open,
        })),
        "active": places_as_json(&status.environment.name, &status.places),
        "hotfixes": debts_as_json(&status.hotfixes),
        "freeze": status.freeze.as_ref().map(|it| json!({
            "since": it.from,
            "until": it.until,
            "reasons": it.reasons,
        })),
        "nobody_deploys": status.nobody_deploys,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DeployState, Ending, Phase, PromotionPath, PullNumber, Trigger, UnixSeconds};
    use crate::report::samples::id;

    const COMMANDS: CommentCommands<'static> = CommentCommands { prefix: "tp-" };

    fn deploy(number: u64, state: DeployState) -> Deploy {
        let ended_at = (!state.is_open()).then_some(UnixMillis(1_700_000_000_000));
        let deploy = Deploy::new(number, "production", (id(number), id(number)), Trigger::Merge);
        Deploy { state, ended_at, ..deploy }
    }

    fn status() -> EnvironmentStatus {
        EnvironmentStatus {
            environment: PromotionPath::pro().environment("production").unwrap().clone(),
            tip: Some(id(7)),
            live: Some(deploy(7, DeployState::Succeeded)),
            since: Some(UnixMillis(1_700_000_000_000)),
            failed: None,
            open: Vec::new(),
            hold: None,
            lock: None,
            freeze: None,
            places: ActivePlaces::default(),
            zone: Zone::default(),
            hotfixes: Vec::new(),
            now: UnixMillis(1_700_000_000_000),
            nobody_deploys: false,
        }
    }

    fn lock() -> Lock {
        Lock {
            id: 3,
            by: "rita".to_owned(),
            by_id: None,
            reason: "stock-taking @all".to_owned(),
            since: UnixMillis(1_700_000_000_000),
            until: None,
            while_open: None,
            ended: None,
        }
    }

    #[test]
    fn what_runs_is_one_sentence_where_nothing_else_is_to_be_told() {
        let (running, further) = environment_status(COMMANDS, &status());
        assert_eq!(running, "`production` runs `f1bbcdcbf` since 2023-11-14 22:13 UTC, by deploy 7.");
        assert_eq!(further, None);
        let nothing = EnvironmentStatus { live: None, since: None, tip: None, ..status() };
        assert_eq!(
            environment_status(COMMANDS, &nothing).0,
            "no deploy to `production` is known to have succeeded."
        );
    }

    #[test]
    fn what_failed_what_is_to_come_and_what_keeps_it_away_is_told() {
        let ending = Some(Ending::Failed { phase: Some(Phase::Build), words: None });
        let hold = Hold {
            from: id(8),
            to: id(7),
            by: "rita".to_owned(),
            reason: "checkout is `broken`".to_owned(),
            since: UnixMillis(1_700_000_000_000),
            pulls: Vec::new(),
            lifted: None,
            revert: None,
        };
        let under_way = WaitsFor::End { number: 9, commit: id(9) };
        let full = EnvironmentStatus {
            tip: Some(id(10)),
            failed: Some(Deploy { ending, ..deploy(8, DeployState::Failed) }),
            open: vec![
                (deploy(9, DeployState::Running), None),
                (deploy(10, DeployState::Waiting), Some(under_way)),
            ],
            hold: Some(hold),
            lock: Some(lock()),
            freeze: Some(FreezePeriod {
                from: None,
                until: Some(UnixSeconds(1_700_090_000)),
                reasons: vec!["peak season".to_owned()],
            }),
            zone: Zone::new("Europe/Vienna").unwrap(),
            nobody_deploys: true,
            ..status()
        };
        insta::assert_snapshot!(environment_status(COMMANDS, &full).1.unwrap(), @r#"
        * Its branch `production` is at `cc623af87`, which does not run there.
        * The last try: `deploy 8: build failed: the site was not touched`.
        * On its way is `2e2ac13ef`: `deploy 9: running`.
        * On its way is `cc623af87`: `deploy 10: waits for the end of deploy 9 (2e2ac13ef), which is running`.
        * Held since 2023-11-14 22:13 UTC: `rita` rolled it back from `8ff347857` to `f1bbcdcbf`: `` checkout is `broken` ``. What is merged from now on is deployed once the hold is lifted.
        * Locked since 2023-11-14 22:13 UTC by `rita` (lock 3), until somebody unlocks it: `stock-taking @all`.
        * Frozen until 2023-11-15 23:13 UTC (2023-11-16 00:13 in Europe/Vienna): `peak season`. What is merged meanwhile is deployed at the end.
        * Nothing deploys here: Towpath makes no Deployments until there is a workflow on: deployment, a status, or deploy: in .github/towpath.yml.
        * `/tp-resume production --reason "…"` lifts the hold.
        * `/tp-unlock production` ends the lock.
        "#);
        insta::assert_snapshot!(environment_status_on_terminal(&full), @"
        production runs f1bbcdcbf since 2023-11-14 22:13 UTC, by deploy 7.
        Its branch production is at cc623af87, which does not run there.
        The last try: deploy 8: build failed: the site was not touched.
        On its way is 2e2ac13ef: deploy 9: running.
        On its way is cc623af87: deploy 10: waits for the end of deploy 9 (2e2ac13ef), which is running.
        Held since 2023-11-14 22:13 UTC: rita rolled it back from 8ff347857 to f1bbcdcbf: checkout is `broken`. What is merged from now on is deployed once the hold is lifted.
        Locked since 2023-11-14 22:13 UTC by rita (lock 3), until somebody unlocks it: stock-taking @all.
        Frozen until 2023-11-15 23:13 UTC (2023-11-16 00:13 in Europe/Vienna): peak season. What is merged meanwhile is deployed at the end.
        Nothing deploys here: Towpath makes no Deployments until there is a workflow on: deployment, a status, or deploy: in .github/towpath.yml.
        ");
    }

    #[test]
    fn programs_are_told_of_a_freeze() {
        let told =
            |freeze| environment_status_as_json(&EnvironmentStatus { freeze, ..status() })["freeze"].take();
        assert_eq!(told(None), Value::Null);
        let (from, until) = (Some(UnixSeconds(1_700_000_000)), Some(UnixSeconds(1_700_090_000)));
        let period = FreezePeriod { from, until, reasons: vec!["peak season".to_owned()] };
        let expected = json!({ "since": 1_700_000_000, "until": 1_700_090_000, "reasons": ["peak season"] });
        assert_eq!(told(Some(period)), expected);
    }

    #[test]
    fn a_lock_tells_its_end() {
        let end = |lock: Lock| locked(&lock).plain();
        let timed = Lock { until: Some(UnixMillis(1_700_003_600_000)), ..lock() };
        assert_eq!(
            end(timed),
            "Locked since 2023-11-14 22:13 UTC by rita (lock 3), until 2023-11-14 23:13 UTC: stock-taking @all."
        );
        let with_pull = Lock { while_open: Some(PullNumber(12)), ..lock() };
        assert!(end(with_pull).contains(", until #12 is closed: "));
    }
}
