use super::*;

fn rule(kind: &str, parameters: RuleParametersJson) -> BranchRuleJson {
    BranchRuleJson { kind: kind.to_owned(), ruleset_id: Some(7), parameters, ..BranchRuleJson::default() }
}

fn check(name: &str, status: &str, conclusion: Option<&str>) -> CheckStandingJson {
    let json =
        serde_json::json!({ "name": name, "status": status, "conclusion": conclusion, "app": { "id": 3 } });
    serde_json::from_value(json).unwrap()
}

fn review(login: &str, kind: &str, state: &str) -> ReviewJson {
    let json = serde_json::json!({ "user": { "login": login, "type": kind }, "state": state });
    serde_json::from_value(json).unwrap()
}

fn status(context: &str, state: &str) -> StatusJson {
    StatusJson { context: context.to_owned(), state: state.to_owned() }
}

/// One check and one approval are required, and both are there.
fn all_stands() -> MergeFacts {
    let checks = RuleParametersJson {
        required_status_checks: vec![RequiredCheckJson { context: "ci".to_owned(), integration_id: Some(3) }],
        ..RuleParametersJson::default()
    };
    let reviews = RuleParametersJson {
        required_approving_review_count: 1,
        allowed_merge_methods: Some(vec!["merge".to_owned()]),
        ..RuleParametersJson::default()
    };
    MergeFacts {
        by: "ana".to_owned(),
        may_write: true,
        branch: "staging".to_owned(),
        rules: vec![rule("required_status_checks", checks), rule("pull_request", reviews)],
        bypasses: BTreeMap::from([(7, Some("never".to_owned()))]),
        is_protected: true,
        own_check: Some(("towpath: staging".to_owned(), Some(3))),
        contexts: vec!["ci".to_owned()],
        checks: vec![
            check("ci", "completed", Some("success")),
            check("towpath: staging", "completed", Some("success")),
        ],
        reviews: vec![review("ben", "User", "APPROVED")],
        writers: BTreeSet::from(["ben".to_owned(), "ana".to_owned(), "rita".to_owned()]),
        mergeable_state: "clean".to_owned(),
        ..MergeFacts::default()
    }
}

fn missing(change: impl FnOnce(&mut MergeFacts)) -> String {
    let mut facts = all_stands();
    change(&mut facts);
    facts.missing().join("; ")
}

#[test]
fn where_everything_stands_nothing_is_missing() {
    assert_eq!(missing(|_| {}), "");
    assert_eq!(missing(|it| it.mergeable_state = "unstable".to_owned()), "");
    // What nobody protects asks for our own check alone.
    let bare = |it: &mut MergeFacts| {
        (it.rules, it.bypasses, it.contexts) = (Vec::new(), BTreeMap::new(), Vec::new());
        (it.is_protected, it.reviews) = (false, Vec::new());
    };
    assert_eq!(missing(bare), "");
}

#[test]
fn whoever_could_not_merge_it_is_refused() {
    assert_eq!(missing(|it| it.may_write = false), "ana could not merge it: that takes the role write");
    let restricted = |it: &mut MergeFacts| it.rules.push(rule("update", RuleParametersJson::default()));
    assert_eq!(missing(restricted), "the rules let only who may bypass them update staging");
}

#[test]
fn where_rules_cannot_be_read_or_would_be_skipped_nothing_is_merged() {
    let classic = |it: &mut MergeFacts| it.rules.clear();
    assert!(missing(classic).contains("staging is protected by a branch protection rule"));
    // Beside a ruleset as well.
    let beside = |it: &mut MergeFacts| it.may_have_classic_rule = true;
    assert!(missing(beside).contains("staging is protected by a branch protection rule"));
    for word in ["always", "pull_requests_only", "exempt", "a word of tomorrow"] {
        let listed = |it: &mut MergeFacts| it.bypasses = BTreeMap::from([(7, Some(word.to_owned()))]);
        assert!(missing(listed).starts_with("Towpath is on the bypass list of ruleset 7"), "{word}");
    }
    let untold = |it: &mut MergeFacts| it.bypasses = BTreeMap::from([(7, None)]);
    assert_eq!(missing(untold), "GitHub does not tell who may bypass ruleset 7 of staging");
}

#[test]
fn every_required_check_has_to_pass() {
    let without = |it: &mut MergeFacts| it.checks.retain(|check| check.name != "ci");
    assert_eq!(missing(without), "the required check ci is missing");
    for (status, conclusion, why) in [
        ("in_progress", None, "has not ended"),
        ("completed", Some("failure"), "does not pass"),
        ("completed", Some("action_required"), "does not pass"),
        ("completed", None, "does not pass"),
    ] {
        let changed = |it: &mut MergeFacts| it.checks[0] = check("ci", status, conclusion);
        assert_eq!(missing(changed), format!("the required check ci {why}"));
    }
    for conclusion in ["neutral", "skipped"] {
        assert_eq!(missing(|it| it.checks[0] = check("ci", "completed", Some(conclusion))), "");
    }
    // Somebody else's check of that name is not the one that is required.
    let other =
        |it: &mut MergeFacts| it.rules[0].parameters.required_status_checks[0].integration_id = Some(4);
    assert_eq!(missing(other), "the required check ci is missing");
    let own = |it: &mut MergeFacts| it.checks[1] = check("towpath: staging", "completed", Some("failure"));
    assert_eq!(missing(own), "the required check towpath: staging does not pass");
    // A status is as good where no App is asked for, and the worst of one name counts.
    let by_status = |state: &'static str| {
        move |it: &mut MergeFacts| {
            it.contexts.push("deploy".to_owned());
            it.statuses = vec![status("deploy", state)];
        }
    };
    assert_eq!(missing(by_status("success")), "");
    assert_eq!(missing(by_status("pending")), "the required check deploy has not ended");
    assert_eq!(missing(by_status("error")), "the required check deploy does not pass");
    let both = |it: &mut MergeFacts| {
        by_status("failure")(it);
        it.checks.push(check("deploy", "completed", Some("success")));
    };
    assert_eq!(missing(both), "the required check deploy does not pass");
}

#[test]
fn approvals_of_others_who_may_write_count_and_the_last_word_of_each() {
    let said = |reviews: Vec<ReviewJson>| missing(move |it| it.reviews = reviews);
    let (user, bot) = ("User", "Bot");
    assert_eq!(said(vec![]), "0 of 1 required approvals are there");
    assert_eq!(
        said(vec![review("ana", user, "APPROVED")]),
        "0 of 1 required approvals are there; ana's own does not count"
    );
    assert_eq!(
        said(vec![review("Ana", user, "APPROVED")]),
        "0 of 1 required approvals are there; ana's own does not count"
    );
    assert_eq!(said(vec![review("guest", user, "APPROVED")]), "0 of 1 required approvals are there");
    assert_eq!(said(vec![review("ben", bot, "APPROVED")]), "0 of 1 required approvals are there");
    assert_eq!(said(vec![review("ben", user, "APPROVED"), review("ben", user, "COMMENTED")]), "");
    assert_eq!(
        said(vec![review("ben", user, "APPROVED"), review("ben", user, "DISMISSED")]),
        "0 of 1 required approvals are there"
    );
    assert_eq!(
        said(vec![review("ben", user, "APPROVED"), review("rita", user, "CHANGES_REQUESTED")]),
        "rita wants changes first"
    );
    assert_eq!(said(vec![review("ben", user, "CHANGES_REQUESTED"), review("ben", user, "APPROVED")]), "");
    let owners = |it: &mut MergeFacts| {
        it.rules[1].parameters.require_code_owner_review = true;
        it.reviews.push(review("ana", user, "APPROVED"));
    };
    assert_eq!(missing(owners), "an owner of the code has to approve; ana's own does not count");
}

#[test]
fn github_s_own_word_can_only_refuse() {
    for (state, why) in [
        ("dirty", "it has conflicts"),
        ("behind", "it has to have all of staging first"),
        ("unknown", "GitHub does not say whether it can be merged; try again in a minute"),
        ("", "GitHub does not say whether it can be merged; try again in a minute"),
    ] {
        assert_eq!(missing(|it| it.mergeable_state = state.to_owned()), why);
    }
    assert!(
        missing(|it| it.mergeable_state = "blocked".to_owned()).starts_with("GitHub says that it is blocked")
    );
    assert_eq!(missing(|it| it.draft = true), "it is a draft");
    // A clean word makes nothing good.
    assert_eq!(missing(|it| it.reviews.clear()), "0 of 1 required approvals are there");
}

#[test]
fn a_promotion_needs_a_merge_commit() {
    let words = "the rules of staging allow no merge commit, and a promotion needs one";
    let squashed = |it: &mut MergeFacts| {
        it.rules[1].parameters.allowed_merge_methods = Some(vec!["squash".to_owned()]);
    };
    assert_eq!(missing(squashed), words);
    let queue = |method: &str| {
        let merge_method = Some(method.to_owned());
        rule("merge_queue", RuleParametersJson { merge_method, ..RuleParametersJson::default() })
    };
    assert_eq!(missing(|it| it.rules.push(queue("SQUASH"))), words);
    let mut facts = all_stands();
    assert!(!facts.has_queue());
    facts.rules.push(queue("MERGE"));
    assert!(facts.has_queue() && facts.missing().is_empty());
}

#[test]
fn our_own_check_is_there_only_as_one_that_passes() {
    let lacks = |change: fn(&mut MergeFacts)| {
        let mut facts = all_stands();
        change(&mut facts);
        facts.lacks_own_check()
    };
    assert!(!lacks(|_| {}));
    assert!(!lacks(|facts| facts.checks.remove(0).name.clear()), "another check is no matter of ours");
    assert!(lacks(|facts| facts.checks.truncate(1)));
    assert!(lacks(|facts| facts.checks[1] = check("towpath: staging", "in_progress", None)));
    assert!(lacks(|facts| facts.checks[1] = check("towpath: staging", "completed", Some("failure"))));
}
