//! TP406 and TP408: what was rolled back, and what is being deployed.

use super::super::prose::{Prose, pulls_in_a_row};
use super::super::revert_pull::back_by_merge;
use super::super::stamp;
use super::rights::who_may;
use super::{Explanation, Scene, Step};
use crate::model::{CommitId, PullNumber, RepositoryRole, UnixSeconds};

/// What is known of a hold.
pub(super) struct Hold<'a> {
    pub(super) from: CommitId,
    pub(super) to: CommitId,
    pub(super) by: &'a str,
    pub(super) reason: &'a str,
    pub(super) since: UnixSeconds,
    pub(super) pulls: &'a [PullNumber],
    pub(super) lifted: Option<&'a (String, String)>,
    pub(super) by_pull: Option<PullNumber>,
    pub(super) by_merge: bool,
}

pub(super) fn held(scene: &Scene<'_>, hold: &Hold<'_>) -> Explanation {
    let base = scene.base();
    let environment = scene.path.environments.iter().find(|it| it.branch.as_str() == base);
    let name = environment.map_or(base, |it| it.name.as_str());
    let (from, to) = (hold.from.short(), hold.to.short());
    let since = stamp::utc(hold.since);
    let rolled_back = Prose::new(
        &format!("% rolled % back from % to % on {since}: %."),
        &[hold.by, name, &from, &to, hold.reason],
    );
    let taken_back = taken_back(hold.pulls);
    if let Some((by, reason)) = hold.lifted {
        let title = Prose::new("Brings back what was rolled back on %", &[name]);
        let lifted = Prose::new(" % lifted the hold: %.", &[by, reason]);
        let mut explanation = Explanation::new(title, vec![rolled_back, taken_back.then(lifted)]);
        explanation.repair = Some(Step::words(Prose::new(
            "If the fix is in here, merge. Otherwise revert the faulty work upstream first.",
            &[],
        )));
        return explanation;
    }
    if hold.by_merge {
        return held_until_merged(scene, (name, hold));
    }
    let title = Prose::new("Held: % was rolled back to %", &[name, &to]);
    let meaning = Prose::new(
        " Merging this may bring the fault back. Until somebody lifts the hold, Towpath deploys nothing to %.",
        &[base],
    );
    let mut explanation = Explanation::new(title, vec![rolled_back, taken_back.then(meaning)]);
    let lift = Prose::new("Once the fix is upstream, lift the hold with the comment ", &[]);
    let then = Prose::new(". Towpath then checks this again by itself.", &[]);
    explanation.repair = Some(Step::words(lift.command(&scene.comment_commands().resume(name)).then(then)));
    let who = who_may(scene.path, "resume", Some(name), RepositoryRole::Read);
    explanation.who = Some(match who {
        Some(who) => who.capitalized().then(Prose::new(", and the operator of Towpath.", &[])),
        None => Prose::new("The operator of Towpath.", &[]),
    });
    explanation
}

/// The same while the pull request that takes the environment back was not merged, or not even opened.
fn held_until_merged(scene: &Scene<'_>, (name, hold): (&str, &Hold<'_>)) -> Explanation {
    let (to, since) = (hold.to.short(), stamp::utc(hold.since));
    let title = Prose::new("Held: % is to go back to %", &[name, &to]);
    let by_what = back_by_merge(hold.by_pull);
    let asked = Prose::new(
        &format!("% asked on {since} for % to be rolled back to %: %. {by_what}."),
        &[hold.by, name, &to, hold.reason],
    );
    let meaning = Prose::new("Until somebody lifts the hold, Towpath deploys nothing else to %.", &[name]);
    let mut explanation = Explanation::new(title, vec![asked, meaning]);
    let commands = scene.comment_commands();
    let merge = match hold.by_pull {
        Some(number) => Prose::new(&format!("Merge #{number}."), &[]),
        None => Prose::new("Ask for the rollback again with the comment ", &[])
            .command(&commands.rollback(name, None))
            .then(Prose::new(", which prepares that pull request or tells how to, and merge it.", &[])),
    };
    let merge = merge.then(Prose::new(" Once the fix is upstream, lift the hold with the comment ", &[]));
    let then = Prose::new(". Towpath then checks this again by itself.", &[]);
    explanation.repair = Some(Step::words(merge.command(&commands.resume(name)).then(then)));
    explanation.who = Some(Prose::new("Anyone who can merge into %.", &[scene.base()]));
    explanation
}

fn taken_back(pulls: &[PullNumber]) -> Prose {
    match pulls_in_a_row(pulls) {
        None => Prose::new("Towpath knows of no pull request that this took back.", &[]),
        // Not as code: GitHub makes links of them.
        Some(some) => Prose::new(&format!("This took back {some}."), &[]),
    }
}

pub(super) fn deploying(
    scene: &Scene<'_>,
    environment: &str,
    since: UnixSeconds,
    ended: Option<&str>,
) -> Explanation {
    let (head, tip) = (scene.head(), scene.pull.head.commit.short());
    let asks = Prose::new("% takes only what was deployed to % first. ", &[scene.base(), environment]);
    let Some(ended) = ended else {
        let title = Prose::new("Waits for the deploy of % to %", &[&tip, environment]);
        let actual = Prose::new(
            &format!("The deploy of % (%) has been running since {}.", stamp::utc(since)),
            &[&head, &tip],
        );
        let mut explanation = Explanation::new(title, vec![asks.then(actual)]);
        explanation.repair =
            Some(Step::words(Prose::new("Wait. Towpath checks this again when the deploy ends.", &[])));
        explanation.who = Some(Prose::new("Nobody has to.", &[]));
        return explanation;
    };
    let title = Prose::new("The deploy of % to % did not succeed", &[&tip, environment]);
    let actual = Prose::new("The deploy of % (%) did not succeed: %.", &[&head, &tip, ended]);
    let mut explanation = Explanation::new(title, vec![asks.then(actual)]);
    explanation.repair = Some(Step::words(Prose::new(
        "Fix it and merge the fix into %, or run its deploy again. Once the same files are deployed there, Towpath checks \
         this again.",
        &[&head],
    )));
    explanation.who = Some(Prose::new("Anyone who deploys to %.", &[environment]));
    explanation
}
