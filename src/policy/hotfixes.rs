//! Hotfixes that a promotion's source owes its target: TP503.
//!
//! A hotfix that was recorded is no unknown change: instead of failing as untested (TP301), the promotion waits until its
//! source has the hotfix, in whichever form, or somebody has said that its fault was mended there in another way.

use super::family::{ANY_MOVE, ConfigKey, Fact, Family, PATH, Reach, Trigger};
use crate::model::{
    Cause, Code, Commit, Environment, Facts, Finding, HotfixStanding, Outcome, OwedHotfix, PromotionHistory,
    PromotionPath, Role,
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
    let hotfixes: Vec<OwedHotfix> =
        facts.hotfixes.iter().filter(|it| it.standing.is_owed()).cloned().collect();
    let waits = hotfixes.iter().any(|it| it.waits);
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

/// Whether all of these paths are of hotfixes whose fault was mended in another way.
pub(super) fn lies_in_mended(paths: &[String], hotfixes: &[OwedHotfix]) -> bool {
    let mended = |it: &&OwedHotfix| matches!(it.standing, HotfixStanding::Mended { .. });
    let of_mended: Vec<&String> = hotfixes.iter().filter(mended).flat_map(|it| &it.paths).collect();
    !paths.is_empty() && paths.iter().all(|path| of_mended.contains(&path))
}
