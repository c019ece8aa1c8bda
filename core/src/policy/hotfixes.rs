//! Hotfixes that a promotion's source owes its target: TP503.
//!
//! A hotfix that was recorded is no unknown change: instead of failing as untested (TP301), the promotion waits until its
//! source has the hotfix, in whichever form, or somebody has said that its fault was mended there in another way.

use super::family::{ANY_MOVE, ConfigKey, Fact, Family, PATH, Reach, Trigger};
use crate::model::{
    Cause, Code, Commit, Environment, Facts, Finding, HotfixStanding, MendedHotfix, Outcome, OwedHotfix,
    PromotionHistory, PromotionPath, Role,
};

/// Whether a hotfix is owed may change with any move, and with what people say of it.
pub(super) const FAMILY: Family = Family {
    name: "hotfixes",
    codes: &[Code::HotfixNotCarriedBack],
    facts: &[Fact::PromotionHistory, Fact::Hotfixes],
    altered_by: &[
        ANY_MOVE,
        PATH,
        &[
            (Trigger::HotfixChanged, Reach::ALWAYS),
            (Trigger::ConfigChanged(ConfigKey::Hotfixes), Reach::ALWAYS),
        ],
    ],
};

/// The finding on a promotion whose source owes hotfixes: it waits once one of them has been owed for long enough.
pub(super) fn owed(path: &PromotionPath, facts: &Facts, history: &PromotionHistory) -> Option<Finding> {
    let head = source(path, facts)?;
    if !history.related || history.brings == 0 || history.head_tree == history.base_tree {
        return None;
    }
    let owed = |it: &&OwedHotfix| it.standing.is_owed();
    let noted = |it: &&OwedHotfix| matches!(it.standing, HotfixStanding::Noted { .. });
    let mut hotfixes: Vec<OwedHotfix> = facts.hotfixes.iter().filter(owed).cloned().collect();
    let waits = hotfixes.iter().any(|it| it.waits);
    if hotfixes.is_empty() {
        // What a message alone says of a commit, anybody can write.
        hotfixes = facts.hotfixes.iter().filter(noted).cloned().collect();
    }
    if hotfixes.is_empty() {
        return None;
    }
    let cause = Cause::HotfixNotCarriedBack { environment: head.name.clone(), hotfixes };
    Some(if waits { Finding::new(Outcome::Wait, cause) } else { Finding::warn(cause) })
}

/// The environment that a promotion between environments comes from.
fn source<'p>(path: &'p PromotionPath, facts: &Facts) -> Option<&'p Environment> {
    let head = facts.pull.head.branch.as_ref().map(|branch| path.role(branch));
    match (head, path.role(&facts.pull.base.branch)) {
        (Some(Role::Environment(head)), Role::Environment(_)) => Some(head),
        _ => None,
    }
}

/// The commits that no hotfix has brought which is owed.
pub(super) fn without_owed(commits: &[Commit], hotfixes: &[OwedHotfix]) -> Vec<Commit> {
    let owed = hotfixes.iter().filter(|it| it.standing.is_owed());
    let owed: Vec<_> = owed.flat_map(|it| &it.brought).collect();
    commits.iter().filter(|commit| !owed.contains(&&commit.id)).cloned().collect()
}

/// The hotfixes whose fault was mended in another way, if all of these paths are theirs.
pub(super) fn mended_where_it_differs(paths: &[String], hotfixes: &[OwedHotfix]) -> Vec<MendedHotfix> {
    let mended: Vec<(&OwedHotfix, MendedHotfix)> =
        hotfixes.iter().filter_map(|it| Some((it, it.mended()?))).collect();
    let is_of_one = |path: &String| mended.iter().any(|(it, _)| it.paths.contains(path));
    if paths.is_empty() || !paths.iter().all(is_of_one) {
        return Vec::new();
    }
    let touches = |it: &OwedHotfix| it.paths.iter().any(|path| paths.contains(path));
    mended.into_iter().filter(|(it, _)| touches(it)).map(|(_, said)| said).collect()
}
