use super::*;
use crate::commerce::rules::{Blob, declarations_that_differ};
use crate::model::{EntryKind, TreeEntry};

const SCHEMA: &str = "app/code/Acme/Cart/etc/db_schema.xml";

const TABLES: &str = "<?xml version=\"1.0\"?>\n<schema>\n  <table name=\"acme_cart\">\n    <column name=\"id\"/>\n    \
                      <column name=\"note\"/>\n  </table>\n  <table name=\"acme_old\"/>\n</schema>\n";

type Files<'a> = Vec<(&'a str, &'a str)>;

fn shop() -> Files<'static> {
    vec![
        (".magento.app.yaml", "name: shop\ndisk: 2048\ncrons:\n  feed: { spec: '*/10 * * * *', cmd: x }\n"),
        (".magento/services.yaml", "db:\n  type: mysql:10.6\n  disk: 1024\n"),
        (".magento/routes.yaml", "'http://{default}/': { type: upstream, upstream: 'shop:http' }\n"),
        (
            "app/etc/config.php",
            "<?php return ['modules' => ['Acme_Cart' => 1, 'Acme_Gift' => 0],\n'scopes' => ['websites' => ['base' => [], \
             'outlet' => []]]];",
        ),
        (
            "app/code/Acme/Cart/etc/module.xml",
            "<config><module name=\"Acme_Cart\" setup_version=\"1.0.0\"/></config>",
        ),
        (SCHEMA, TABLES),
        ("composer.lock", "{\"packages\": [{\"name\": \"acme/a\", \"version\": \"1.0.0\"}]}"),
    ]
}

fn with<'a>(mut files: Files<'a>, path: &'a str, text: &'a str) -> Files<'a> {
    files.retain(|(name, _)| *name != path);
    files.push((path, text));
    files
}

fn tree(files: &Files<'_>) -> Tree {
    let entry = |(path, text): &(&str, &str)| TreeEntry {
        path: (*path).to_owned(),
        object: (*text).to_owned(),
        kind: EntryKind::File,
    };
    let mut tree = Tree::new(files.iter().map(entry));
    for (path, text) in files {
        tree.give(path, Blob::Bytes(text.as_bytes().to_vec()));
    }
    tree
}

fn told(
    before: &Files<'_>,
    after: &Files<'_>,
    target: Target,
    built_on: Option<&BuiltOn>,
) -> (Forecast, String) {
    let (before, after, record) = (tree(before), tree(after), DeployRecord::NotAsked);
    let forecast = forecast(&Release { before: &before, after: &after, target, built_on, record });
    let lines = forecast.facts.iter().map(|it| {
        let place = it.place.as_ref().map(|it| format!(" [{}:{}]", it.path, it.line)).unwrap_or_default();
        let ticket = if it.ticket { " (ticket)" } else { "" };
        format!("{}: {}{ticket}{place}\n", it.topic.as_str(), it.says)
    });
    let lines = lines.collect();
    (forecast, lines)
}

#[test]
fn nothing_that_changes_is_said_of_each_topic() {
    let (forecast, lines) = told(&shop(), &shop(), Target::Pro, Some(&BuiltOn::Deploy("staging".to_owned())));
    insta::assert_snapshot!(lines, @"
    build: The files are those that staging runs, by the record of its deploys: its build is used again.
    static_content: It is made in the build, while the shop is open. [app/etc/config.php:2]
    database: No module of the repository changes what the database holds for it, and no package changes.
    maintenance: How long it lasts no file tells, and no record of deploys was asked.
    services: Nothing changes.
    routes: Nothing changes.
    crons: Nothing changes.
    disks: Nothing changes.
    not_undone: Nothing that these files tell.
    ");
    assert!(forecast.is_built);
    assert_eq!(forecast.not_undone, 0);
    assert_eq!(forecast.static_content_in_maintenance, Expected::No);
    assert_eq!(forecast.database_upgrade, Expected::No);
}

#[test]
fn what_a_release_does_is_told_with_its_files() {
    let mut after = shop();
    for (path, text) in [
        (".magento.app.yaml", "name: shop\ndisk: 4096\ncrons:\n  feed: { spec: '*/5 * * * *', cmd: x }\n"),
        (".magento/services.yaml", "db:\n  type: mysql:10.11\n  disk: 1024\ncache:\n  type: valkey:8.0\n"),
        (".magento/routes.yaml", "'http://www.{default}/': { type: upstream, upstream: 'shop:http' }\n"),
        (
            "app/etc/config.php",
            "<?php return ['modules' => ['Acme_Cart' => 1, 'Acme_Gift' => 1],\n'scopes' => ['websites' => ['base' => []]]];",
        ),
        (
            "app/code/Acme/Cart/etc/module.xml",
            "<config><module name=\"Acme_Cart\" setup_version=\"1.1.0\"/></config>",
        ),
        ("app/code/Acme/Gift/etc/module.xml", "<config><module name=\"Acme_Gift\"/></config>"),
        ("app/code/Acme/Gift/Setup/Patch/Data/Fill.php", "<?php"),
        (
            SCHEMA,
            "<schema>\n<table name=\"acme_cart\">\n<column name=\"id\"/><!-- <column name=\"note\"/> --></table></schema>",
        ),
        ("composer.lock", "{\"packages\": [{\"name\": \"acme/a\", \"version\": \"1.1.0\"}]}"),
    ] {
        after = with(after, path, text);
    }
    let (forecast, lines) = told(&shop(), &after, Target::Pro, None);
    insta::assert_snapshot!(lines, @"
    build: No environment runs these files now, so they are built anew unless the platform has kept an older build of them.
    static_content: It is made in the build, while the shop is open. [app/etc/config.php:2]
    database: The module Acme_Gift is switched on: the deploy upgrades the database. [app/etc/config.php:1]
    database: The module Acme_Cart declares its tables otherwise: the deploy upgrades the database. [app/code/Acme/Cart/etc/db_schema.xml:1]
    database: The module Acme_Cart has another version: the deploy upgrades the database. [app/code/Acme/Cart/etc/module.xml:1]
    database: The module Acme_Gift is new: the deploy upgrades the database. [app/code/Acme/Gift/etc/module.xml:1]
    database: The module Acme_Gift has another script for the database: the deploy runs it. [app/code/Acme/Gift/Setup/Patch/Data/Fill.php:1]
    database: 1 package changes: acme/a. What they do to the database stands in the packages, which are not in the repository. [composer.lock:1]
    maintenance: How long it lasts no file tells, and no record of deploys was asked.
    services: db changes from mysql:10.6 to mysql:10.11. A ticket has to carry that out. (ticket) [.magento/services.yaml:1]
    services: cache is new: valkey:8.0. A ticket has to carry that out. (ticket) [.magento/services.yaml:4]
    routes: http://www.{default}/ is new: shop:http. On some projects a ticket has to carry that out. (ticket) [.magento/routes.yaml:1]
    routes: http://{default}/ goes: it was shop:http. On some projects a ticket has to carry that out. (ticket) [.magento/routes.yaml:1]
    crons: feed changes from */10 * * * * to */5 * * * *. On some projects a ticket has to carry that out. (ticket) [.magento.app.yaml:4]
    disks: shop changes from 2048 to 4096. A ticket has to carry that out. (ticket) [.magento.app.yaml:2]
    not_undone: The website outlet would be deleted (TP701). [app/etc/config.php:2]
    not_undone: The column note of the table acme_cart is dropped with its data, where the module's whitelist names it. [app/code/Acme/Cart/etc/db_schema.xml:2]
    not_undone: The table acme_old is dropped with its data, where the module's whitelist names it. [app/code/Acme/Cart/etc/db_schema.xml:2]
    not_undone: The disk of shop grows, and never shrinks again. [.magento.app.yaml:2]
    ");
    assert!(!forecast.is_built);
    assert_eq!(forecast.not_undone, 4);
    assert_eq!(forecast.database_upgrade, Expected::Yes);
    let (_, on_integration) = told(&shop(), &after, Target::Integration, None);
    assert!(!on_integration.contains("ticket"), "{on_integration}");
}

#[test]
fn what_the_files_do_not_tell_is_said_to_be_so() {
    let after =
        with(shop(), "composer.lock", "{\"packages\": [{\"name\": \"acme/b\", \"version\": \"2.0.0\"}]}");
    let (forecast, lines) = told(&shop(), &after, Target::Integration, None);
    assert_eq!(forecast.database_upgrade, Expected::NotKnown);
    assert!(lines.contains("2 packages change: acme/a, acme/b. What they do to the database"), "{lines}");
    for broken in ["<schema><table>", "<!DOCTYPE x><schema/>"] {
        let (forecast, lines) = told(&shop(), &with(shop(), SCHEMA, broken), Target::Integration, None);
        assert_eq!(forecast.database_upgrade, Expected::NotKnown, "{lines}");
        assert!(!lines.contains("dropped"), "{lines}");
    }
    let config = with(shop(), "app/etc/config.php", "<?php return [getenv('X')];");
    let (forecast, lines) = told(&shop(), &config, Target::Integration, None);
    assert_eq!(forecast.static_content_in_maintenance, Expected::NotKnown, "{lines}");
}

#[test]
fn static_content_is_told_as_ece_tools_decides_it() {
    let env = |text| with(shop(), ".magento.env.yaml", text);
    for (after, expected, words) in [
        (
            env("stage:\n  global:\n    SCD_ON_DEMAND: true\n"),
            Expected::No,
            "the first ones after the deploy wait",
        ),
        (env("stage:\n  build:\n    SKIP_SCD: true\n"), Expected::Yes, "made in the deploy"),
        (env("stage:\n  global:\n    SKIP_SCD: true\n"), Expected::No, "Both stages skip it"),
        (
            with(shop(), "app/etc/config.php", "<?php return ['modules' => []];"),
            Expected::Yes,
            "made in the deploy",
        ),
    ] {
        let (forecast, lines) = told(&shop(), &after, Target::Integration, None);
        assert_eq!(forecast.static_content_in_maintenance, expected, "{lines}");
        assert!(lines.contains(words), "{lines}");
    }
}

#[test]
fn only_declarations_that_differ_are_read() {
    let after = with(shop(), SCHEMA, "<schema/>");
    assert_eq!(declarations_that_differ(&tree(&shop()), &tree(&after)), [SCHEMA]);
    let elsewhere = with(shop(), "vendor/acme/a/etc/db_schema.xml", "<schema/>");
    assert_eq!(declarations_that_differ(&tree(&shop()), &tree(&elsewhere)), [""; 0]);
}

#[test]
fn where_the_files_are_already_and_how_that_is_known() {
    let built = |on: &BuiltOn| {
        let (forecast, lines) = told(&shop(), &shop(), Target::Pro, Some(on));
        assert!(forecast.is_built);
        lines.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        built(&BuiltOn::Branch("staging".to_owned())),
        "build: The files are those that staging runs, if its branch is deployed: then its build is used again."
    );
}

#[test]
fn the_record_of_deploys_is_told_as_what_it_is() {
    use std::time::Duration;
    let known = |deploys, median, longest| {
        let (median, longest) = (Duration::from_secs(median), Duration::from_secs(longest));
        DeployRecord::Known(PhaseLengths { deploys, median, longest })
    };
    let lengths = |seconds| PhaseLengths { deploys: 1, median: seconds, longest: seconds };
    let on_platform = DeployRecord::OnPlatform(lengths(Duration::from_secs(300)));
    let said = [DeployRecord::Empty, known(1, 90, 90), known(10, 240, 1_500), on_platform];
    let said = said.map(|it| maintenance(it).to_string());
    insta::assert_snapshot!(said.join("\n"), @"
    How long it lasts is not known: no deploy of this environment that ended well has told Towpath how long its deploy phase took.
    The deploy phase of the last deploy that ended well took 90 s. The shop is in maintenance for a part of that. By Towpath's record.
    The deploy phase of the last 10 deploys that ended well took 4 min (median) and 25 min at the longest. The shop is in maintenance for a part of that. By Towpath's record.
    The deploy phase of the last deploy that ended well took 5 min. The shop is in maintenance for a part of that. By the platform's record, since Towpath has none of this environment.
    ");
}
