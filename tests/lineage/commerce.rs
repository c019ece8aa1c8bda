//! `towpath check commerce` in a repository: which commits it compares, for which environment, and what it prints.

use std::path::Path;

use serde_json::Value;

use crate::command_line::{Ran, towpath};
use crate::story::{Repo, Story, run_git};

const SERVICES: &str = ".magento/services.yaml";

const CONFIG_PHP: &str = "<?php\nreturn ['modules' => ['A_B' => 1], 'scopes' => [\n  'websites' => [\n    \
                          'base' => [],\n    'outlet' => [],\n  ],\n]];\n";

/// integration with a service and two websites; the topic renames the one and takes an outlet away.
fn shop() -> Repo {
    let mut story = Story::blank();
    story.root("integration", "readme");
    story.write("integration", SERVICES, "db:\n    type: mysql:10.6\n");
    story.write("integration", "app/etc/config.php", CONFIG_PHP);
    story.point_at("staging", "integration");
    story.point_at("topic", "integration");
    story.write("topic", SERVICES, "database:\n    type: mysql:10.6\n");
    story.write("topic", "app/etc/config.php", &CONFIG_PHP.replace("    'outlet' => [],\n", ""));
    story.write("integration", SERVICES, "db:\n    type: mysql:10.6\ncache:\n    type: valkey:8.0\n");
    let repo = story.build();
    run_git(repo.path(), &["symbolic-ref", "HEAD", "refs/heads/integration"]);
    repo
}

fn check(repo: &Path, arguments: &[&str]) -> Ran {
    let always = ["check", "commerce", "--repo", repo.to_str().unwrap(), "--today", "2026-01-01"];
    towpath(&[&always, arguments].concat())
}

/// The exit status, and what was found: severity, code, file and line.
fn found(repo: &Path, arguments: &[&str]) -> (i32, Vec<String>) {
    let ran = check(repo, &[arguments, &["--json"]].concat());
    let object: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    assert_eq!((&object["schema_version"], &object["judged"]), (&1.into(), &true.into()));
    let line = |it: &Value| {
        for key in ["title", "detail", "remedy", "docs_url"] {
            assert!(it[key].as_str().is_some_and(|text| !text.is_empty()), "{it}");
        }
        let text = |key: &str| it[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}:{}", text("severity"), text("code"), text("file"), it["line"])
    };
    (ran.status, object["findings"].as_array().unwrap().iter().map(line).collect())
}

#[test]
fn a_change_is_judged_from_where_it_left_its_base() {
    let repo = shop();
    let (status, lines) = found(repo.path(), &["--head", "topic", "--base", "integration"]);
    let lost = ["fail TP701 app/etc/config.php:3", "fail TP702 .magento/services.yaml:2"];
    assert_eq!((status, &lines[..2]), (1, &lost.map(str::to_owned)[..]));
    let compared = |line: &String| ["TP701", "TP702", "TP717"].iter().any(|code| line.contains(code));
    assert_eq!(lines.iter().filter(|line| compared(line)).count(), 2, "{lines:?}");
    let (_, alone) = found(repo.path(), &["--head", "topic"]);
    assert!(!alone.iter().any(compared), "{alone:?}");
}

#[test]
fn the_environment_decides_what_waits_for_a_ticket() {
    let repo = shop();
    let wait = |environment| {
        let asked = ["--head", "integration", "--base", "staging", "--environment", environment];
        found(repo.path(), &asked).1.iter().any(|line| line == "wait TP717 .magento/services.yaml:3")
    };
    assert_eq!((wait("staging"), wait("production"), wait("integration")), (true, true, false));
    let ran = check(repo.path(), &["--environment", "nowhere"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("name one of integration, staging, production"), "{}", ran.stderr);
    for wrong in [["--head", "nowhere"], ["--base", "nowhere"]] {
        assert_eq!(check(repo.path(), &wrong).status, 2);
    }
}

#[test]
fn a_project_softens_a_rule_and_the_terminal_says_so() {
    let repo = shop();
    let file = tempfile::NamedTempFile::new().unwrap();
    let rules = "rules: { TP701: warn, TP702: off }";
    let environments = "environments:\n  - { name: integration, accepts: [topics] }\n";
    std::fs::write(file.path(), format!("version: 1\n{environments}copy: none\n{rules}\n")).unwrap();
    let config = file.path().to_str().unwrap();
    let ran = check(repo.path(), &["--head", "topic", "--base", "integration", "--config", config]);
    assert!(ran.stdout.contains("warn: TP701 The website outlet would be deleted\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("This project's rules set TP701 to warn"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("TP702"), "{}", ran.stdout);
}

#[test]
fn the_settings_of_a_project_decide_where_it_lies_and_what_waits() {
    let mut story = Story::blank();
    story.root("integration", "readme");
    story.write("integration", "shop/.magento/services.yaml", "db:\n    type: mysql:10.6\n    disk: 2048\n");
    story.point_at("topic", "integration");
    story.write("topic", "shop/.magento/services.yaml", "db:\n    type: mysql:10.6\n    disk: 4096\n");
    let repo = story.build();
    run_git(repo.path(), &["symbolic-ref", "HEAD", "refs/heads/integration"]);
    let about = |settings: &str, environment: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("version: 1\npreset: commerce\ncommerce: {settings}\n")).unwrap();
        let config = file.path().to_str().unwrap().to_owned();
        let asked = ["--head", "topic", "--base", "integration", "--environment", environment, "--config"];
        let (_, lines) = found(repo.path(), &[&asked[..], &[&config]].concat());
        let is_about = |line: &&String| line.contains("TP717") || line.contains("TP720");
        lines.iter().filter(is_about).cloned().collect::<Vec<_>>().join("\n")
    };
    let wait = "wait TP717 shop/.magento/services.yaml:1";
    assert_eq!(about("{ root: shop }", "staging"), wait);
    assert_eq!(about("{ root: shop }", "integration"), "");
    assert_eq!(about("{ root: shop, services_by_ticket: [integration] }", "integration"), wait);
    assert_eq!(about("{ root: shop, services_by_ticket: [integration] }", "staging"), "");
    assert_eq!(about("{ root: shop, plan: starter }", "production"), "");
    assert_eq!(
        about("{ root: shop, disk: 4000 }", "integration"),
        "fail TP720 shop/.magento/services.yaml:3"
    );
}

#[test]
fn where_there_is_no_project_nothing_passes_and_it_says_where_it_looked() {
    let repo = shop();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "version: 1\npreset: commerce\ncommerce: { root: apps/shop }\n").unwrap();
    let config = ["--config", file.path().to_str().unwrap()];
    let mut story = Story::blank();
    story.root("integration", "readme");
    let none = story.build();
    run_git(none.path(), &["symbolic-ref", "HEAD", "refs/heads/integration"]);
    let ends = ["--head", "integration", "--base", "integration"];
    for (place, arguments, words) in [
        (none.path(), &[][..], "app/etc/config.php is at its top; set commerce.root in the configuration"),
        (repo.path(), &config[..], "is in the folder apps/shop, which commerce.root names"),
    ] {
        let ran = check(place, &[&ends, arguments].concat());
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
        let said = "holds no Adobe Commerce project: none of .magento.app.yaml, .magento/applications.yaml, ";
        assert!(ran.stderr.contains(said) && ran.stderr.contains(words), "{}", ran.stderr);
        let forecast = [&["forecast", "--repo", place.to_str().unwrap()], &ends[..], arguments].concat();
        assert_eq!(towpath(&forecast).stderr, ran.stderr);
    }
}

#[test]
fn of_a_file_that_is_missing_no_line_is_cited() {
    let mut story = Story::blank();
    story.root("production", "readme");
    story.write("production", SERVICES, "db:\n    type: mysql:10.6\n");
    let repo = story.build();
    run_git(repo.path(), &["symbolic-ref", "HEAD", "refs/heads/production"]);
    let asked =
        ["forecast", "--repo", repo.path().to_str().unwrap(), "--head", "HEAD", "--base", "production"];
    let missing =
        "It is made in the deploy, while the shop is in maintenance. app/etc/config.php is missing.";
    let words = towpath(&asked).stdout;
    assert!(words.contains(&format!("  {missing}\n")), "{words}");
    let told: Value = serde_json::from_str(&towpath(&[&asked[..], &["--json"]].concat()).stdout).unwrap();
    let fact = told["facts"].as_array().unwrap().iter().find(|it| it["says"] == missing).unwrap();
    assert!(fact["file"].is_null() && fact["line"].is_null(), "{fact}");
}

#[test]
fn an_environment_can_ask_that_the_ideal_state_is_kept() {
    let mut story = Story::blank();
    story.root("integration", "readme");
    let app = "name: shop\nhooks:\n    post_deploy: |\n        php ./vendor/bin/ece-tools run scenario/post-deploy.xml\n";
    story.write("integration", ".magento.app.yaml", app);
    story.write("integration", "app/etc/config.php", CONFIG_PHP);
    story.point_at("topic", "integration");
    story.write("topic", ".magento.env.yaml", "stage:\n    global:\n        SCD_ON_DEMAND: true\n");
    let repo = story.build();
    run_git(repo.path(), &["symbolic-ref", "HEAD", "refs/heads/integration"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let environments = "environments:\n  - { name: integration, accepts: [topics] }\n  - { name: live, accepts: \
                        [integration], requires: { ideal_state: true } }\n";
    std::fs::write(file.path(), format!("version: 1\n{environments}copy: none\npreset: commerce\n")).unwrap();
    let severity = |environment: &str| {
        let config = file.path().to_str().unwrap();
        let asked =
            ["--head", "topic", "--base", "integration", "--environment", environment, "--config", config];
        let (_, lines) = found(repo.path(), &asked);
        lines.into_iter().find(|line| line.contains("TP712"))
    };
    assert_eq!(severity("integration").as_deref(), Some("warn TP712 .magento.env.yaml:3"));
    assert_eq!(severity("live").as_deref(), Some("fail TP712 .magento.env.yaml:3"));
}

#[test]
fn a_forecast_tells_what_a_release_does_and_from_which_file() {
    const SCHEMA: &str = "app/code/Acme/Cart/etc/db_schema.xml";
    let mut story = Story::blank();
    story.root("production", "readme");
    story.write("production", SERVICES, "db:\n    type: mysql:10.6\n");
    story.write("production", "app/etc/config.php", CONFIG_PHP);
    let table =
        "<schema><table name=\"acme_cart\">\n<column name=\"id\"/><column name=\"note\"/></table></schema>\n";
    story.write("production", SCHEMA, table);
    story.point_at("integration", "production");
    story.point_at("staging", "production");
    story.write("staging", SERVICES, "db:\n    type: mysql:10.11\n");
    story.write("staging", SCHEMA, &table.replace("<column name=\"note\"/>", ""));
    let repo = story.build();
    run_git(repo.path(), &["symbolic-ref", "HEAD", "refs/heads/production"]);
    let ran = |more: &[&str]| {
        let asked = [
            "forecast",
            "--repo",
            repo.path().to_str().unwrap(),
            "--head",
            "staging",
            "--base",
            "production",
        ];
        towpath(&[&asked, more].concat())
    };
    let told: Value = serde_json::from_str(&ran(&["--json"]).stdout).unwrap();
    assert_eq!((&told["built"], &told["static_content_in_maintenance"]), (&true.into(), &false.into()));
    assert_eq!((&told["database_upgrade"], &told["environment"]), (&true.into(), &"production".into()));
    let fact = |topic: &str| {
        let facts = told["facts"].as_array().unwrap().iter();
        let facts = facts.filter(|it| it["topic"] == topic && !it["file"].is_null());
        facts
            .map(|it| format!("{}:{} {}", it["file"].as_str().unwrap(), it["line"], it["ticket"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(fact("database"), [format!("{SCHEMA}:1 false")]);
    assert_eq!(fact("services"), [format!("{SERVICES}:1 true")]);
    assert_eq!(fact("not_undone"), [format!("{SCHEMA}:1 false")]);
    let words = ran(&[]);
    assert_eq!((words.status, words.stderr.as_str()), (0, ""));
    assert!(words.stdout.starts_with("Build\n  The files are those that staging runs"), "{}", words.stdout);
    assert!(words.stdout.contains("The column note of the table acme_cart is dropped"), "{}", words.stdout);
    assert!(words.stdout.contains("no record of deploys was asked") && told["deploy_phase"].is_null());
    assert_eq!(ran(&["--environment", "nowhere"]).status, 2);
}

#[test]
fn what_is_no_file_is_not_followed() {
    let mut story = Story::blank();
    story.root("integration", "readme");
    let repo = story.build();
    let work = tempfile::tempdir().unwrap();
    let url = format!("file://{}", repo.path().display());
    run_git(work.path(), &["clone", "-q", "-b", "integration", &url, "."]);
    std::os::unix::fs::symlink("/etc/passwd", work.path().join(".magento.app.yaml")).unwrap();
    run_git(work.path(), &["add", "."]);
    run_git(work.path(), &["commit", "-q", "-m", "link"]);
    let (_, lines) = found(work.path(), &[]);
    assert!(lines.contains(&"note TP706 .magento.app.yaml:1".to_owned()), "{lines:?}");
}
