//! Places beside environments: TP409. It tells and keeps nothing back: nobody needs a place to be merged.

use super::family::{Fact, Family, PATH, Reach, Trigger};
use crate::model::{Cause, Code, Facts, Finding, PromotionPath, Role};

/// What a pull request waits for that wants a place is decided by the places alone.
pub(super) const FAMILY: Family = Family {
    name: "active places",
    codes: &[Code::PlaceAwaited],
    facts: &[Fact::ActivePlaces],
    altered_by: &[PATH, &[(Trigger::PlacesChanged, Reach::ALWAYS)]],
};

/// The finding on a pull request that waits for a place.
pub(super) fn awaited(path: &PromotionPath, facts: &Facts) -> Option<Finding> {
    let Role::Environment(base) = path.role(&facts.pull.base.branch) else { return None };
    let place = facts.place.as_ref()?;
    let (environment, turn, taken) = (base.name.clone(), place.turn, place.taken.clone());
    Some(Finding::warn(Cause::PlaceAwaited { environment, turn, taken }))
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use crate::model::{
        Base, BranchName, Code, CommitId, Facts, Head, History, Level, Outcome, PlaceAwaited, PromotionPath,
        PullEnds,
    };

    #[test]
    fn whoever_waits_for_a_place_is_told_and_kept_back_by_no_level() {
        let name = |branch| BranchName::new(branch).unwrap();
        let commit = CommitId::from_bytes([1; 20]);
        let pull = PullEnds {
            head: Head { branch: Some(name("feature/x")), commit, fork: false },
            base: Base { branch: name("production"), commit },
        };
        let place = Some(PlaceAwaited { turn: 2, taken: Vec::new() });
        let facts = Facts { place, ..Facts::new(pull, History::NotNeeded) };
        let mut path = PromotionPath::pro();
        let found = |path: &PromotionPath| {
            let findings = judge(path, &facts).findings.into_iter();
            findings
                .filter(|it| it.cause.code() == Code::PlaceAwaited)
                .map(|it| it.severity)
                .collect::<Vec<_>>()
        };
        for (level, severity) in [
            (Level::Enforce, Some(Outcome::Warn)),
            (Level::Warn, Some(Outcome::Warn)),
            (Level::Observe, Some(Outcome::Pass)),
            (Level::Off, None),
        ] {
            path.rules.set(Code::PlaceAwaited, level);
            assert_eq!(found(&path), severity.into_iter().collect::<Vec<_>>(), "{level:?}");
        }
    }
}
