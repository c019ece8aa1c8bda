//! TP503: hotfixes of the target that a promotion's source does not have.

use super::super::limits::shorten_end;
use super::super::prose::Prose;
use super::super::{shell, stamp};
use super::rights::{REASON, who_may_by};
use super::topic::PICK;
use super::{Explanation, Scene, Step};
use crate::model::{BranchName, CommitId, HotfixStanding, OwedHotfix, RepositoryRole};

/// So many of them are told one by one.
const TOLD_AT_MOST: usize = 10;
/// More commits than this are picked as the merge that brought them, where there is one.
const PICKED_AT_MOST: usize = 50;

pub(super) fn owed(scene: &Scene<'_>, environment: &str, hotfixes: &[OwedHotfix]) -> Explanation {
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
    explanation.repair = hotfixes.first().map(|it| carry_back(scene, environment, it));
    if let Some(first) = hotfixes.first() {
        let commands = scene.comment_commands();
        let lead = "If the fault is mended in % in another way, say so:";
        let picked = first.picks.first().copied();
        explanation.alternatives.extend(picked.map(|pick| Step {
            lead: Prose::new(lead, &[environment]),
            commands: vec![commands.carried(environment, pick)],
            after: Vec::new(),
        }));
    }
    let who = who_may_by(scene.path, ("carried", Some(environment)), RepositoryRole::Maintain);
    let anyone = Prose::new("Anyone who can merge what carries it back.", &[]);
    let who = who.map_or_else(Prose::default, |who| {
        Prose::new(" That it was mended in another way says ", &[]).then(who).then(Prose::new(".", &[]))
    });
    explanation.who = Some(anyone.then(who));
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

/// The way home: by the pull request that carries it back, or by hand.
fn carry_back(scene: &Scene<'_>, environment: &str, it: &OwedHotfix) -> Step {
    let into = it.into.as_str();
    let then = Prose::new(
        "Once % has it by promotion, Towpath checks this pull request again by itself.",
        &[environment],
    );
    let taken_back = matches!(it.standing, HotfixStanding::Reverted { .. });
    if let Some(number) = it.carried_by.filter(|_| !taken_back) {
        let lead = format!("Merge #{number} into % if it is open, and promote that down to %.");
        return Step {
            lead: Prose::new(&lead, &[into, environment]),
            commands: Vec::new(),
            after: vec![then],
        };
    }
    let repository = scene.subject.map(|subject| subject.repository.as_str());
    let title = format!("Carry back #{}", it.pull);
    let made = it.brought.first().copied().unwrap_or(scene.pull.base.commit);
    let what = (made, it.picks.as_slice(), it.as_one);
    let (pick, push) = carry_commands(scene.remote, repository, (&it.into, what), &title);
    let lead = Prose::new("Carry it back to %, and promote that down to %:", &[into, environment]);
    Step { lead, commands: pick.into_iter().chain(push).collect(), after: vec![then] }
}

/// The commands that carry commits back to a branch: those up to the pick, and those that push it and open the pull request.
/// `what` is the commit that the environment got, what is picked, and whether that is a merge as one.
pub(in super::super) fn carry_commands(
    remote: Option<&str>,
    repository: Option<&str>,
    (into, (made, picks, as_one)): (&BranchName, (CommitId, &[CommitId], bool)),
    title: &str,
) -> (Vec<String>, Vec<String>) {
    let up = shell::quote(into.as_str());
    let branch = format!("carry-back-{}", made.short());
    let start = match remote {
        Some(remote) => format!("refs/remotes/{}/{up}", shell::quote(remote)),
        None => format!("refs/heads/{up}"),
    };
    let is_long = picks.len() > PICKED_AT_MOST && !picks.contains(&made);
    let pick = if as_one || is_long {
        format!("{PICK} -x -m 1 {}", made.short())
    } else {
        let ids: Vec<String> = picks.iter().map(CommitId::short).collect();
        format!("{PICK} -x {}", ids.join(" "))
    };
    let fetch = remote.map(|remote| format!("git fetch {}", shell::quote(remote)));
    let pick: Vec<String> =
        fetch.into_iter().chain([format!("git switch --no-track -c {branch} {start}"), pick]).collect();
    let push = remote.map(|remote| format!("git push -u {} {branch}", shell::quote(remote)));
    let repository = repository.map(|it| format!(" --repo {}", shell::quote(it))).unwrap_or_default();
    let title = shell::quote(title);
    let open = format!("gh pr create{repository} --base {up} --head {branch} --title {title} --body ''");
    let open = remote.map(|_| open);
    (pick, push.into_iter().chain(open).collect())
}
