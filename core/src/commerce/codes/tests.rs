use super::*;
use std::collections::BTreeSet;

/// Numbers from the first to the last one.
type Range = (u16, u16);

/// The numbers that ece-tools has, by stage and severity.
const FACTS: [(Stage, CodeSeverity, &[Range]); 7] = [
    (Stage::Build, CodeSeverity::Critical, &[(2, 26)]),
    (Stage::Deploy, CodeSeverity::Critical, &[(101, 140)]),
    (Stage::PostDeploy, CodeSeverity::Critical, &[(201, 208), (227, 227)]),
    (Stage::General, CodeSeverity::Critical, &[(243, 250)]),
    (Stage::Build, CodeSeverity::Warning, &[(1001, 1008)]),
    (Stage::Deploy, CodeSeverity::Warning, &[(2001, 2032)]),
    (Stage::PostDeploy, CodeSeverity::Warning, &[(3001, 3004)]),
];

#[test]
fn the_table_has_every_code_of_ece_tools_and_no_other() {
    let mut expected: BTreeSet<(u16, &str, &str)> = BTreeSet::new();
    for (stage, severity, ranges) in FACTS {
        for (first, last) in ranges {
            expected.extend((*first..=*last).map(|number| (number, stage.as_str(), severity.as_str())));
        }
    }
    expected.insert((4001, "general", "warning"));
    let listed: Vec<_> =
        EceCode::all().map(|it| (it.number, it.stage.as_str(), it.severity.as_str())).collect();
    assert!(listed.is_sorted(), "by number, none twice");
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), expected);
    assert_eq!(listed.len(), expected.len());
    assert_eq!(EceCode::all().filter(|it| it.is_documented()).count(), 125);
    assert_eq!(EceCode::all().filter(|it| it.is_critical()).count(), 82);
}

#[test]
fn steps_are_those_that_ece_tools_names() {
    let steps: BTreeSet<&str> = EceCode::all().filter_map(|it| it.step).collect();
    insta::assert_snapshot!(steps.into_iter().collect::<Vec<_>>().join("\n"), @r"
    apply-patches
    backup
    backup-data: static-content
    backup-data: writable-dirs
    clean-cache
    clean-static-content
    clean-view-preprocessed
    compile-di
    compress-static-content
    copy-sample-data
    deploy-static-content
    deploy-static-content:generate
    disable-maintenance-mode
    dump-autoload
    install-update
    install-update: cache_type
    install-update: config-import
    install-update: deploy-static-content
    install-update: reset-password
    install-update: setup
    install-update: split-db
    install-update: update
    install-update:db-connection
    install-update:split-db
    is-deploy-failed
    pre-deploy: cache
    pre-deploy: clean-redis-cache
    pre-deploy: clean-valkey-cache
    pre-deploy: set-production-mode
    pre-deploy:cache
    pre-deploy:restore-writable-dirs
    refresh-modules
    remote-storage
    run-baler
    set-report-dir-nesting-level
    time-to-first-byte
    validate-config
    validate-config:elasticsuite-integrity
    validate-config:mage-mode-variable
    warm-up
    ");
    for (number, step) in [
        (12, Some("apply-patches")),
        (102, None),
        (117, Some("install-update: config-import")),
        (126, Some("install-update: update")),
        (128, Some("disable-maintenance-mode")),
        (201, Some("is-deploy-failed")),
        (227, Some("clean-cache")),
        (2026, Some("pre-deploy:restore-writable-dirs")),
        (4001, None),
    ] {
        assert_eq!(EceCode::of(number).map(|it| it.step), Some(step), "{number}");
    }
}

#[test]
fn every_code_is_said_in_words_that_fit() {
    let mut titles = BTreeSet::new();
    for code in EceCode::all() {
        let EceCode { number, title, customers, next, .. } = code;
        assert!(title.chars().count() <= 60 && !title.ends_with('.'), "{number}: {title}");
        for sentence in [customers, next] {
            assert!(sentence.ends_with('.') && sentence.len() > 10, "{number}: {sentence}");
            assert!(sentence.chars().count() <= 130, "{number}: {sentence}");
        }
        for words in [title, customers, next] {
            assert!(words.is_ascii() && !words.contains(['|', '\n', '`', '<', '*']), "{number}: {words}");
        }
        titles.insert((code.stage.as_str(), code.severity.as_str(), *title));
    }
    assert_eq!(titles.len(), EceCode::all().count(), "a title says which code it is");
    let used: BTreeSet<CodeClass> = EceCode::all().map(|it| it.class).collect();
    assert_eq!(used, CodeClass::ALL.into_iter().collect());
}

#[test]
fn what_customers_see_follows_from_the_stage() {
    for code in EceCode::all().filter(|it| it.is_critical()) {
        let sees = |words: &str| code.customers.to_lowercase().contains(words);
        match code.stage {
            Stage::Build => assert!(sees("runs on as it was"), "{}", code.number),
            Stage::Deploy => assert!(sees("maintenance") || sees("new code on the old"), "{}", code.number),
            Stage::PostDeploy => assert!(code.number == 201 || sees("the shop, open"), "{}", code.number),
            Stage::General => assert!(sees("build"), "{}", code.number),
        }
    }
    // These come before the step that begins maintenance mode, or are its own failure.
    let open: Vec<u16> = EceCode::all().filter(|it| it.customers == NEW_CODE).map(|it| it.number).collect();
    assert_eq!(open, [101, 107, 108, 140]);
}

#[test]
fn every_code_stands_in_the_table_of_the_documents_under_its_heading() {
    let table = table();
    for code in EceCode::all() {
        let sections = table.split("### ").filter(|it| it.contains(&format!("\n| {} |", code.number)));
        let headings: Vec<String> = sections
            .map(|it| it.lines().next().unwrap_or_default().to_lowercase().replace(' ', "-"))
            .collect();
        assert_eq!(headings, [code.fragment()], "{}", code.number);
    }
}

#[test]
fn the_page_has_the_table() {
    let page = include_str!("../../../../docs/commerce.md");
    let renew = "renew what is below its heading The codes by: cargo run -- explain ece";
    assert!(page.ends_with(&table()), "docs/commerce.md has another table; {renew}");
}
