//! What a release will do to a shop, in the check of a promotion and in its manifest.

use super::super::samples::*;
use crate::model::{
    DeployRecord, Expected, FilePlace, Forecast, ForecastFact, ForecastTopic, PromotionPath, Sentence,
    Verdict,
};
use crate::report::{Manifest, TestedSince, check_with_forecast, manifest};

fn fact(topic: ForecastTopic, says: Sentence, place: Option<(&str, u32)>) -> ForecastFact {
    let place = place.map(|(path, line)| FilePlace { path: path.to_owned(), line });
    ForecastFact { topic, says, ticket: false, place }
}

fn nothing(topic: ForecastTopic) -> ForecastFact {
    fact(topic, Sentence::new("Nothing changes.", []), None)
}

/// A release that upgrades the database; with `modules` of them and what is lost with one.
fn forecast(modules: usize) -> Forecast {
    let schema = "app/code/Acme/Cart/etc/db_schema.xml";
    let upgrade = Sentence::new(
        "The module % declares its tables otherwise: the deploy upgrades the database.",
        ["Acme_Cart"],
    );
    let lost = Sentence::new("The table % is dropped with its data.", ["acme|`old`"]);
    let mut facts = vec![
        fact(ForecastTopic::Build, Sentence::new("The files are those that % runs.", ["staging"]), None),
        fact(
            ForecastTopic::StaticContent,
            Sentence::new("It is made in the build.", []),
            Some(("app/etc/config.php", 2)),
        ),
    ];
    facts.extend(vec![fact(ForecastTopic::Database, upgrade, Some((schema, 1))); modules]);
    facts.extend([
        fact(ForecastTopic::Maintenance, Sentence::new("How long it lasts is not known.", []), None),
        fact(
            ForecastTopic::Services,
            Sentence::new("% is new: %", ["cache", "valkey:8.0"]),
            Some((".magento/services.yaml", 4)),
        ),
        nothing(ForecastTopic::Routes),
        nothing(ForecastTopic::Crons),
        nothing(ForecastTopic::Disks),
        fact(ForecastTopic::NotUndone, lost, Some((schema, 2))),
    ]);
    Forecast {
        is_built: true,
        static_content_in_maintenance: Expected::No,
        database_upgrade: Expected::Yes,
        record: DeployRecord::Empty,
        not_undone: 1,
        facts,
    }
}

fn quiet() -> Forecast {
    let mut facts = forecast(0).facts;
    facts.retain(|it| it.topic < ForecastTopic::Services);
    facts.extend(
        [ForecastTopic::Services, ForecastTopic::Routes, ForecastTopic::Crons, ForecastTopic::Disks]
            .map(nothing),
    );
    facts.push(fact(ForecastTopic::NotUndone, Sentence::new("Nothing that these files tell.", []), None));
    Forecast { database_upgrade: Expected::No, not_undone: 0, facts, ..forecast(0) }
}

fn shown(forecast: &Forecast) -> String {
    let judged = [(subject("staging", "production"), Verdict { findings: Vec::new() })];
    check_with_forecast(&PromotionPath::pro(), &judged, Some(forecast)).summary
}

#[test]
fn what_takes_the_shop_down_stands_in_the_open_and_the_rest_is_folded() {
    insta::assert_snapshot!(shown(&forecast(2)), @"
    `production` takes `staging`, and merging gives it exactly the files that `staging` has now.

    **Forecast for `production`:** the deploy upgrades the database while the shop is in maintenance; one thing cannot be undone.

    <details><summary>What this release does to the shop</summary>

    - **Build**: The files are those that `staging` runs.
    - **Static content**: It is made in the build. (`app/etc/config.php` on line 2)
    - **Database**:
      - The module `Acme_Cart` declares its tables otherwise: the deploy upgrades the database. (`app/code/Acme/Cart/etc/db_schema.xml` on line 1)
      - The module `Acme_Cart` declares its tables otherwise: the deploy upgrades the database. (`app/code/Acme/Cart/etc/db_schema.xml` on line 1)
    - **Maintenance**: How long it lasts is not known.
    - **Services**: `cache` is new: `valkey:8.0` (`.magento/services.yaml` on line 4)
    - **Routes, crons, disks**: Nothing changes.
    - **Cannot be undone**: The table `` acme|`old` `` is dropped with its data. (`app/code/Acme/Cart/etc/db_schema.xml` on line 2)

    </details>
    ");
}

#[test]
fn an_ordinary_release_has_nothing_in_the_open() {
    let text = shown(&quiet());
    assert!(!text.contains("Forecast for"), "{text}");
    let folded = "<details><summary>What this release does to the shop</summary>";
    assert!(text.contains(folded), "{text}");
    assert!(
        text.contains("- **Services, routes, crons, disks**: Nothing changes.\n- **Cannot be undone**"),
        "{text}"
    );
}

#[test]
fn each_of_the_things_that_nobody_may_miss_is_said_in_the_open() {
    use Expected::{No, NotKnown, Yes};
    let open = |database_upgrade, static_content_in_maintenance, not_undone| {
        let told = Forecast { static_content_in_maintenance, database_upgrade, not_undone, ..quiet() };
        let text = shown(&told);
        text.lines().find(|line| line.starts_with("**Forecast")).unwrap_or_default().to_owned()
    };
    let lines = [open(Yes, Yes, 0), open(No, Yes, 0), open(NotKnown, NotKnown, 2), open(No, No, 0)];
    insta::assert_snapshot!(lines.join("\n"), @"
    **Forecast for `production`:** the deploy upgrades the database and makes static content while the shop is in maintenance.
    **Forecast for `production`:** static content is made while the shop is in maintenance.
    **Forecast for `production`:** 2 things cannot be undone.
    ");
}

#[test]
fn many_facts_on_one_topic_are_counted() {
    let text = shown(&forecast(500));
    assert_eq!(text.matches("declares its tables").count(), 20);
    assert!(text.contains("  - … and 480 more\n"), "{text}");
}

#[test]
fn a_manifest_tells_it_too() {
    let path = PromotionPath::pro();
    let forecast = forecast(1);
    let told = Manifest {
        freeze: None,
        path: &path,
        source: &path.environments[1],
        target: &path.environments[2],
        head: id(900),
        merged: None,
        pulls: &[],
        overrides: &[],
        holds: &[],
        tested: TestedSince::NotKnown,
        forecast: Some(&forecast),
        verdict: None,
    };
    insta::assert_snapshot!(manifest(&told), @"
    <!-- towpath:manifest -->
    This pull request promotes `staging` to `production`, up to `d93f69dd0`, with no pull request that is known.

    ### What this release does to the shop

    **Forecast for `production`:** the deploy upgrades the database while the shop is in maintenance; one thing cannot be undone.

    - **Build**: The files are those that `staging` runs.
    - **Static content**: It is made in the build. (`app/etc/config.php` on line 2)
    - **Database**: The module `Acme_Cart` declares its tables otherwise: the deploy upgrades the database. (`app/code/Acme/Cart/etc/db_schema.xml` on line 1)
    - **Maintenance**: How long it lasts is not known.
    - **Services**: `cache` is new: `valkey:8.0` (`.magento/services.yaml` on line 4)
    - **Routes, crons, disks**: Nothing changes.
    - **Cannot be undone**: The table `` acme|`old` `` is dropped with its data. (`app/code/Acme/Cart/etc/db_schema.xml` on line 2)

    ### On `staging`

    Nobody has said that these files were deployed to `staging`.

    ### What it waits for

    The check for `production` says it as soon as Towpath has judged this pull request.
    ");
}
