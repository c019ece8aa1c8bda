//! TP503: hotfixes of the target that a promotion's source does not have.

use super::super::limits::shorten_end;
use super::super::prose::Prose;
use super::super::{shell, stamp};
use super::changes::base_only_evidence;
use super::rights::{REASON, who_may_by};
use super::topic::PICK;
use super::{Evidence, Explanation, Scene, Step};
use crate::model::{BranchName, Commit, CommitId, HotfixStanding, MendedHotfix, OwedHotfix, RepositoryRole};
use std::collections::BTreeSet;

/// So many of them are told one by one.
const TOLD_AT_MOST: usize = 10;
/// More commits than this are picked as the merge that brought them, where there is one.
const PICKED_AT_MOST: usize = 50;

pub(super) fn owed(scene: &Scene<'_>, environment: &str, hotfixes: &[OwedHotfix]) -> Explanation {
    if hotfixes.iter().all(|it| !it.standing.is_owed()) {
        return noted(scene, environment, hotfixes);
    }
    let base = scene.base();
    let title = match hotfixes {
        [one] => Prose::new(&format!("Hotfix #{} of % is not on %", one.pull), &[base, environment]),
        many => Prose::new(&format!("{} hotfixes of % are not on %", many.len()), &[base, environment]),
    };
    let mut explanation = Explanation::new(title, Vec::new());
    explanation.detail.extend(hotfixes.iter().take(TOLD_AT_MOST).map(|it| told(it, base, environment)));
    let them = if hotfixes.len() == 1 { "it" } else { "them" };
    let why = format!(
        "Promoting % without {them} would give % what nobody has tested, or take the repair away again."
    );
    explanation.detail.push(Prose::new(&why, &[environment, base]));
    if let Some(first) = hotfixes.iter().filter(|it| !it.waits).map(|it| it.waits_from).min() {
        let words = format!("From {} on, promotions into % wait for it.", stamp::utc(first.to_seconds()));
        explanation.background.push(Prose::new(&words, &[base]));
    }
    explanation.repair = carry_back(scene, environment, hotfixes);
    let in_conflict: BTreeSet<&String> = hotfixes.iter().flat_map(|it| &it.in_conflict).collect();
    if !in_conflict.is_empty() {
        let paths = in_conflict.into_iter().cloned().collect();
        explanation.evidence.push(Evidence::Paths(Prose::new("In conflict:", &[]), paths));
    }
    explanation.alternatives.extend(mended_otherwise(scene, environment, hotfixes));
    let who = who_may_by(scene.path, ("carried", Some(environment)), RepositoryRole::Maintain);
    let anyone = Prose::new("Anyone who can merge what carries it back.", &[]);
    let who = who.map_or_else(Prose::default, |who| {
        Prose::new(" That it was mended in another way says ", &[]).then(who).then(Prose::new(".", &[]))
    });
    explanation.who = Some(anyone.then(who));
    explanation
}

/// The commands that say that a fault was mended in another way.
fn mended_otherwise<'a>(
    scene: &'a Scene<'_>,
    environment: &'a str,
    hotfixes: &'a [OwedHotfix],
) -> impl Iterator<Item = Step> + 'a {
    hotfixes.iter().take(TOLD_AT_MOST).filter_map(move |it| {
        let pick = it.picks.first().copied()?;
        let of = if hotfixes.len() == 1 { String::new() } else { format!(" of #{}", it.pull) };
        let lead = format!("If the fault{of} is mended in % in another way, say so:");
        let commands = vec![scene.comment_commands().carried(environment, pick)];
        Some(Step { lead: Prose::new(&lead, &[environment]), commands, after: Vec::new() })
    })
}

/// What the source has by the message of a commit alone.
fn noted(scene: &Scene<'_>, environment: &str, hotfixes: &[OwedHotfix]) -> Explanation {
    let base = scene.base();
    let title = match hotfixes {
        [one] => Prose::new(&format!("Warning: look whether hotfix #{} is on %", one.pull), &[environment]),
        many => {
            Prose::new(&format!("Warning: look whether {} hotfixes are on %", many.len()), &[environment])
        }
    };
    let mut explanation = Explanation::new(title, Vec::new());
    for it in hotfixes.iter().take(TOLD_AT_MOST) {
        let HotfixStanding::Noted { by, as_merge } = it.standing else { continue };
        let how =
            if as_merge { "has merged hotfix" } else { "says in its message that it was picked from hotfix" };
        let words = format!("% on % {how} #{} of % (%), but it does not make the same change.", it.pull);
        let title = shorten_end(&it.title, REASON);
        explanation.detail.push(Prose::new(&words, &[&by.short(), environment, base, &title]));
    }
    explanation.repair = Some(Step::words(Prose::new(
        "Read that commit. If it mends the fault, there is nothing to do; if not, carry the hotfix back to % as it is.",
        &[environment],
    )));
    explanation.who = Some(Prose::new("Anyone who can open a pull request.", &[]));
    explanation
}

/// The difference lies where somebody has said that a hotfix is not missed.
pub(super) fn mended_in_another_way(
    scene: &Scene<'_>,
    only_on_base: &[Commit],
    mended: &[MendedHotfix],
) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Warning: not what was tested, % → %", &[&head, base]);
    let files = if mended.len() == 1 { "of one hotfix" } else { "of hotfixes" };
    let actual = format!("Merging gives % files that nobody has tested on %, but only in the files {files}.");
    let mut detail = vec![Prose::new(&actual, &[base, &head])];
    detail.extend(mended.iter().take(TOLD_AT_MOST).map(|it| {
        let words = format!("#{}: % says that its fault was mended on % in another way: %.", it.pull);
        Prose::new(&words, &[&it.by, &head, &shorten_end(&it.reason, REASON)])
    }));
    let mut explanation = Explanation::new(title, detail);
    let revert = if mended.len() == 1 { "revert that hotfix" } else { "revert those hotfixes" };
    let words = format!("Test on % that both work together. To get rid of this warning, {revert} on %.");
    explanation.repair = Some(Step::words(Prose::new(&words, &[base, base])));
    explanation.who = Some(Prose::new("Anyone who can open a pull request.", &[]));
    base_only_evidence(scene, only_on_base, &mut explanation);
    explanation
}

/// What is known of one of them.
fn told(it: &OwedHotfix, base: &str, environment: &str) -> Prose {
    let title = shorten_end(&it.title, REASON);
    let went =
        format!("#{} (%), for which % asked, went into % on {}. ", it.pull, stamp::utc(it.at.to_seconds()));
    let went = Prose::new(&went, &[&title, &it.by, base]);
    went.then(match &it.standing {
        HotfixStanding::Reverted { by } => {
            Prose::new("% had it, and % has taken it back: it is owed again.", &[environment, &by.short()])
        }
        _ => Prose::new("% does not have it.", &[environment]),
    })
}

/// The way home of all that is owed: by the pull requests that carry them back, or by hand.
fn carry_back(scene: &Scene<'_>, environment: &str, hotfixes: &[OwedHotfix]) -> Option<Step> {
    let into = &hotfixes.first()?.into;
    let afterwards = Prose::new(
        "Once % has it by promotion, Towpath checks this pull request again by itself.",
        &[environment],
    );
    let is_under_way =
        |it: &&OwedHotfix| it.carried_by.is_some() && !matches!(it.standing, HotfixStanding::Reverted { .. });
    let (under_way, rest): (Vec<&OwedHotfix>, Vec<&OwedHotfix>) = hotfixes.iter().partition(is_under_way);
    let merge = merge_what_carries(&under_way, into);
    if rest.is_empty() {
        let lead = merge.then(Prose::new(", and promote that down to %.", &[environment]));
        return Some(Step { lead, commands: Vec::new(), after: vec![afterwards] });
    }
    let numbers: Vec<String> = rest.iter().map(|it| format!("#{}", it.pull)).collect();
    let title = format!("Carry back {}", numbers.join(", "));
    let which = match rest.as_slice() {
        _ if !under_way.is_empty() => numbers.join(", "),
        [_] => "it".to_owned(),
        _ => "them".to_owned(),
    };
    let lead = if under_way.is_empty() { "Carry" } else { ". Carry" };
    let lead = format!("{lead} {which} back to %, and promote that down to %:");
    let lead = merge.then(Prose::new(&lead, &[into.as_str(), environment]));
    let made = |it: &OwedHotfix| it.brought.first().copied().unwrap_or(scene.pull.base.commit);
    let what = match rest.iter().find_map(|it| it.merge) {
        Some(tip) => Carry::Merge(tip),
        None => Carry::Picks(rest.iter().map(|it| (made(it), it.picks.as_slice(), it.as_one)).collect()),
    };
    let conflicts = rest.iter().any(|it| !it.in_conflict.is_empty());
    let mut step = by_hand(scene, into, &what, (lead, &title, conflicts));
    step.after.push(afterwards);
    Some(step)
}

/// That the pull requests that carry them back are merged; nothing where there are none.
fn merge_what_carries(under_way: &[&OwedHotfix], into: &BranchName) -> Prose {
    let numbers: Vec<String> =
        under_way.iter().filter_map(|it| it.carried_by).map(|number| format!("#{number}")).collect();
    match numbers.as_slice() {
        [] => Prose::default(),
        [one] => Prose::new(&format!("Merge {one} into % if it is open"), &[into.as_str()]),
        many => Prose::new(&format!("Merge {} into % if they are open", many.join(", ")), &[into.as_str()]),
    }
}

/// A way back by hand; where it conflicts, nothing is to be pushed before somebody has resolved that.
pub(super) fn by_hand(
    scene: &Scene<'_>,
    into: &BranchName,
    what: &Carry<'_>,
    (lead, title, conflicts): (Prose, &str, bool),
) -> Step {
    let repository = scene.subject.map(|subject| subject.repository.as_str());
    let (mut commands, push) = carry_commands((scene.remote, repository), into, what, title);
    if !conflicts {
        commands.extend(push);
        return Step { lead, commands, after: Vec::new() };
    }
    let (go_on, as_merge) = match what {
        Carry::Merge(_) => (
            "git commit",
            Some("Merge it with a merge commit: then the next promotion does not conflict again."),
        ),
        Carry::Picks(_) => ("git cherry-pick --continue", None),
    };
    let mut words = Prose::new("Where it stops, resolve the conflict and run %", &[go_on]);
    for command in &push {
        words = words.then(Prose::new(", then %", &[command]));
    }
    let after = [words.then(Prose::new(".", &[]))];
    let as_merge = as_merge.map(|words| Prose::new(words, &[]));
    Step { lead, commands, after: after.into_iter().chain(as_merge).collect() }
}

/// What is brought back to where work begins.
pub(in super::super) enum Carry<'a> {
    /// For each hotfix the commit that its environment got, what is picked, and whether that is a merge as one.
    Picks(Vec<(CommitId, &'a [CommitId], bool)>),
    /// All that the environment has, at this commit.
    Merge(CommitId),
}

/// The commands that carry commits back to a branch: those up to where a conflict stops them, and those that push it and open
/// the pull request. They run in a clone whose remote has this name, and for the repository of this one, where they are known.
pub(in super::super) fn carry_commands(
    (remote, repository): (Option<&str>, Option<&str>),
    into: &BranchName,
    what: &Carry<'_>,
    title: &str,
) -> (Vec<String>, Vec<String>) {
    let up = shell::quote(into.as_str());
    let start = match remote {
        Some(remote) => format!("refs/remotes/{}/{up}", shell::quote(remote)),
        None => format!("refs/heads/{up}"),
    };
    let (name, bring) = match what {
        Carry::Merge(tip) => (*tip, vec![format!("git merge --no-ff {}", tip.short())]),
        Carry::Picks(picks) => {
            let name = picks.first().map_or_else(|| CommitId::from_bytes([0; 20]), |(made, ..)| *made);
            (name, picks.iter().map(|it| pick_command(*it)).collect())
        }
    };
    let branch = format!("carry-back-{}", name.short());
    let fetch = remote.map(|remote| format!("git fetch {}", shell::quote(remote)));
    let switch = format!("git switch --no-track -c {branch} {start}");
    let bring: Vec<String> = fetch.into_iter().chain([switch]).chain(bring).collect();
    let push = remote.map(|remote| format!("git push -u {} {branch}", shell::quote(remote)));
    let repository = repository.map(|it| format!(" --repo {}", shell::quote(it))).unwrap_or_default();
    let title = shell::quote(title);
    let open = format!("gh pr create{repository} --base {up} --head {branch} --title {title} --body ''");
    let open = remote.map(|_| open);
    (bring, push.into_iter().chain(open).collect())
}

fn pick_command((made, picks, as_one): (CommitId, &[CommitId], bool)) -> String {
    let is_long = picks.len() > PICKED_AT_MOST && !picks.contains(&made);
    if as_one || is_long {
        return format!("{PICK} -x -m 1 {}", made.short());
    }
    let ids: Vec<String> = picks.iter().map(CommitId::short).collect();
    format!("{PICK} -x {}", ids.join(" "))
}
