use super::*;
use crate::model::{
    BranchName, Code, Commit, CommitId, Deployed, HeadDeploy, Hold, HotfixStanding, Lifted, RevertPull,
    TreeId, UnixMillis, UnixSeconds,
};
use crate::policy::tests::{families::hotfix, id};
use std::slice::from_ref;

fn history(deployed: Deployed) -> PromotionHistory {
    let tree = |n| TreeId::from_bytes([n; 20]);
    PromotionHistory {
        related: true,
        head_tree: tree(1),
        base_tree: tree(2),
        brings: 1,
        merge: MergeOutcome::Clean { tree: tree(1) },
        only_on_base: Vec::new(),
        cut_by: None,
        on_upstream: Vec::new(),
        merge_back: None,
        differs: false,
        differing: Vec::new(),
        deployed,
    }
}

fn found(tested: Tested, deployed: Deployed, deploys: &DeployFacts) -> Vec<(Code, Outcome)> {
    let (from, methods, first) = ("staging", None, None);
    let (hotfixes, waits_for_hotfixes) = (&[][..], true);
    let asked = PromotionRequirements { tested, from, methods, deploys, hotfixes, waits_for_hotfixes, first };
    findings(&history(deployed), &asked).iter().map(|it| (it.cause.code(), it.severity)).collect()
}

fn of_head(taken_up: bool, ended: Option<&str>) -> DeployFacts {
    let of_head = HeadDeploy { taken_up, since: UnixSeconds(0), ended: ended.map(str::to_owned) };
    DeployFacts { of_head: Some(of_head), ..DeployFacts::default() }
}

const NOT_DEPLOYED: (Code, Outcome) = (Code::NotVerified, Outcome::Wait);
const DEPLOYING: (Code, Outcome) = (Code::Deploying, Outcome::Wait);

#[test]
fn a_hold_whose_pull_request_nobody_has_merged_says_so_without_its_number_too() {
    let (id, tree) = (CommitId::from_bytes([1; 20]), TreeId::from_bytes([2; 20]));
    let who = ("rita".to_owned(), "broken".to_owned());
    let hold = Hold::new((CommitId::from_bytes([3; 20]), id), who, UnixMillis(0), Vec::new()).unwrap();
    let revert = RevertPull::new(BranchName::new("towpath/rollback/x").unwrap(), id, tree);
    for (merged, expected) in [(None, true), (Some(id), false)] {
        let hold = Hold { revert: Some(RevertPull { merged, ..revert.clone() }), ..hold.clone() };
        let deploys = DeployFacts { hold: Some(hold), ..DeployFacts::default() };
        let found = super::held(&deploys).unwrap();
        assert!(matches!(found.cause, Cause::Held { by_merge, by_pull: None, .. } if by_merge == expected));
    }
}

#[test]
fn a_promotion_waits_for_the_deploy_where_that_is_asked_or_somebody_deploys() {
    use Deployed::{No, NobodyReports, Yes};
    use Tested::{Asked, IfReported, NotAsked};
    let nothing = DeployFacts::default();
    let (waiting, running, failed) =
        (of_head(false, None), of_head(true, None), of_head(true, Some("failed")));
    for (tested, deployed, deploys, wanted) in [
        (NotAsked, No, &running, &[][..]),
        (Asked, Yes, &running, &[]),
        (Asked, NobodyReports, &nothing, &[NOT_DEPLOYED]),
        (Asked, No, &nothing, &[NOT_DEPLOYED]),
        (Asked, NobodyReports, &waiting, &[DEPLOYING]),
        (Asked, No, &failed, &[DEPLOYING]),
        (IfReported, Yes, &failed, &[]),
        (IfReported, NobodyReports, &nothing, &[]),
        // A Deployment was made, and nobody acts on such here.
        (IfReported, NobodyReports, &waiting, &[]),
        (IfReported, NobodyReports, &running, &[DEPLOYING]),
        (IfReported, NobodyReports, &failed, &[DEPLOYING]),
        (IfReported, No, &waiting, &[DEPLOYING]),
    ] {
        assert_eq!(found(tested, deployed, deploys), wanted, "{tested:?} {deployed:?} {deploys:?}");
    }
}

fn commit(number: usize) -> Commit {
    Commit {
        id: id(number),
        parents: vec![id(number + 1)],
        tree: TreeId::from_bytes([7; 20]),
        subject: String::new(),
        author: String::new(),
        committed_at: UnixSeconds(0),
        made_by_github: false,
        origin: None,
    }
}

#[test]
fn an_owed_hotfix_takes_the_place_of_what_was_not_tested_and_a_mended_one_warns_in_its_own_files() {
    let owed = hotfix();
    let (by, reason) = ("rita".to_owned(), "rewritten".to_owned());
    let standing = HotfixStanding::Mended { by, reason };
    let mended = OwedHotfix { standing, paths: vec!["cart.php".to_owned()], ..hotfix() };
    let found = |commits: &[usize], paths: &[&str], hotfixes: &[OwedHotfix], waits_for_hotfixes| {
        let history = PromotionHistory {
            differs: true,
            differing: paths.iter().map(|it| (*it).to_owned()).collect(),
            only_on_base: commits.iter().map(|it| commit(*it)).collect(),
            ..history(Deployed::Yes)
        };
        let (tested, from, methods, first) = (Tested::NotAsked, "staging", None, None);
        let deploys = &DeployFacts::default();
        let asked =
            PromotionRequirements { tested, from, methods, deploys, hotfixes, waits_for_hotfixes, first };
        let found = findings(&history, &asked);
        found.iter().map(|it| (it.cause.code(), it.severity)).collect::<Vec<_>>()
    };
    let untested =
        |commits: &[usize], paths: &[&str], hotfixes: &[OwedHotfix]| found(commits, paths, hotfixes, true);
    let fails = vec![(Code::UntestedTree, Outcome::Fail)];
    assert_eq!(untested(&[3], &["cart.php"], &[]), fails);
    assert_eq!(untested(&[3], &["cart.php"], from_ref(&owed)), []);
    assert_eq!(found(&[3], &["cart.php"], from_ref(&owed), false), fails, "nothing else blocks");
    let cut = PromotionHistory { differs: true, cut_by: Some(commit(3)), ..history(Deployed::Yes) };
    let cut = |hotfixes: &[OwedHotfix], waits_for_hotfixes| {
        let (tested, from, methods, first) = (Tested::NotAsked, "staging", None, None);
        let deploys = &DeployFacts::default();
        let asked =
            PromotionRequirements { tested, from, methods, deploys, hotfixes, waits_for_hotfixes, first };
        findings(&cut, &asked).len()
    };
    assert_eq!((cut(&[], true), cut(from_ref(&owed), true)), (1, 0), "it looks like a squashed promotion");
    assert_eq!(cut(from_ref(&owed), false), 1, "nothing else blocks");
    assert_eq!(untested(&[3, 4], &["cart.php"], from_ref(&owed)), fails, "a direct push is no hotfix");
    assert_eq!(untested(&[], &["cart.php"], from_ref(&owed)), fails, "nothing explains it");
    let warns = vec![(Code::UntestedTree, Outcome::Warn)];
    assert_eq!(untested(&[3], &["cart.php"], from_ref(&mended)), warns);
    assert_eq!(untested(&[3], &["cart.php", "menu.php"], from_ref(&mended)), fails, "another file differs");
}

#[test]
fn a_hold_waits_until_it_is_lifted_and_is_named_until_something_newer_runs() {
    let id = |n| CommitId::from_bytes([n; 20]);
    let (by, reason) = ("op".to_owned(), "broken".to_owned());
    let lifted = Lifted { at: UnixMillis(9), by: by.clone(), reason: reason.clone() };
    let hold = |lifted| Hold {
        from: id(2),
        to: id(1),
        by: by.clone(),
        reason: reason.clone(),
        since: UnixMillis(5),
        pulls: Vec::new(),
        lifted,
        revert: None,
    };
    let with = |hold, hold_is_over| {
        let deploys = DeployFacts { hold, hold_is_over, ..DeployFacts::default() };
        found(Tested::NotAsked, Deployed::Yes, &deploys)
    };
    assert_eq!(with(None, false), []);
    assert_eq!(with(Some(hold(None)), false), [(Code::Held, Outcome::Wait)]);
    assert_eq!(with(Some(hold(Some(lifted.clone()))), false), [(Code::Held, Outcome::Warn)]);
    assert_eq!(with(Some(hold(Some(lifted))), true), []);
}

#[test]
fn methods_that_a_rule_names_warn_and_those_of_settings_are_noted() {
    let deploys = DeployFacts::default();
    let found = |from, squash, rebase| {
        let methods = Some(MergeMethods { merge: true, squash, rebase, from });
        let asked = PromotionRequirements {
            tested: Tested::NotAsked,
            from: "staging",
            methods,
            deploys: &deploys,
            hotfixes: &[],
            waits_for_hotfixes: true,
            first: None,
        };
        findings(&history(Deployed::Yes), &asked)
    };
    for (squash, rebase) in [(true, false), (false, true), (true, true)] {
        let ruled = found(MethodsFrom::Rules, squash, rebase);
        assert!(ruled.len() == 1 && ruled[0].severity == Outcome::Warn && !ruled[0].cause.is_note());
        let set = found(MethodsFrom::Settings, squash, rebase);
        assert!(set.len() == 1 && set[0].severity == Outcome::Pass && set[0].cause.is_note());
    }
    assert_eq!(found(MethodsFrom::Rules, false, false), []);
    assert_eq!(found(MethodsFrom::Settings, false, false), []);
}

#[test]
fn the_promotion_that_is_missing_is_the_nearest_one_upstream() {
    let mut path = PromotionPath::pro();
    let mut qa = path.environments[1].clone();
    (qa.name, qa.branch) = ("qa".to_owned(), BranchName::new("test/qa").unwrap());
    path.environments[1].accepts = vec![Source::Environment("qa".to_owned())];
    path.environments.push(qa);
    let branch = |name: &str| BranchName::new(name).unwrap();
    let staging = path.environments[1].clone();
    for (on_upstream, wanted) in [
        (&[][..], None),
        (&["integration"], Some(("integration", "test/qa"))),
        (&["integration", "test/qa"], Some(("test/qa", "staging"))),
        (&["elsewhere"], None),
    ] {
        let on_upstream: Vec<BranchName> = on_upstream.iter().map(|name| branch(name)).collect();
        let found = promote_first(&path, &staging, &on_upstream);
        let wanted = wanted.map(|(from, into)| PromoteFirst { from: branch(from), into: branch(into) });
        assert_eq!(found, wanted, "{on_upstream:?}");
    }
    // One that runs in a circle ends too.
    path.environments[0].accepts = vec![Source::Environment("staging".to_owned())];
    assert_eq!(promote_first(&path, &staging, &[]), None);
}
