//! Deploys, holds, and what the operator asks for.

use crate::given::{REPOSITORY, SOME, apply, branch, commit, leased_work_item, nothing_due, settle};
use std::sync::Arc;
use towpath::model::{
    Deploy, DeployOutcome, DeployState, Ending, Hold, PullNumber, RepositoryId, StartingPoint, TreeId,
    Trigger, UnixMillis,
};
use towpath::store::{
    ActOutcome, Change, ConfigurationRow, Next, OutcomeRow, RequestedAct, RequestedActId, RequestedActRow,
    Store, WorkItem,
};

fn deploy(number: u64, n: u8, state: DeployState) -> Deploy {
    let ends = (commit(n), TreeId::from_bytes([n; 20]));
    let slug = format!("slug-{n}");
    Deploy { state, slug, ..Deploy::new(number, "staging", ends, Trigger::Merge) }
}

fn keep(deploy: Deploy) -> Change {
    Change::Deploy(REPOSITORY, Box::new(deploy))
}

fn hold() -> Hold {
    let (by, reason) = ("op".to_owned(), "broken".to_owned());
    Hold {
        from: commit(2),
        to: commit(1),
        by,
        reason,
        since: UnixMillis(5),
        pulls: Vec::new(),
        lifted: None,
        revert: None,
    }
}

fn environment() -> WorkItem {
    WorkItem::Environment(REPOSITORY, "staging".into())
}

pub(crate) async fn what_quotes_a_log_is_found_however_many_came_since(store: Arc<dyn Store>) {
    assert_eq!(store.was_private(REPOSITORY).await.unwrap(), None);
    let quoting = |number: u64, driver: &str| {
        let ending = Ending::NotHandedOver {
            words: "the platform does not take the push".to_owned(),
            log_tail: Some("Error in routes.yaml".to_owned()),
        };
        let (ending, driver) = (Some(ending), driver.to_owned());
        let pulls = vec![PullNumber(number)];
        keep(Deploy { ending, driver, pulls, ..deploy(number, 1, DeployState::Error) })
    };
    let mut changes = vec![quoting(1, "commerce-cloud"), quoting(2, "command")];
    changes.extend((3..60).map(|number| {
        let pulls = vec![PullNumber(number)];
        keep(Deploy { pulls, ..deploy(number, 1, DeployState::Succeeded) })
    }));
    changes.push(Change::Visibility(REPOSITORY, true));
    apply(&*store, changes).await;
    let found = |on_platform| store.pulls_that_quote(REPOSITORY, on_platform);
    assert_eq!(found(false).await.unwrap(), [PullNumber(1), PullNumber(2)]);
    assert_eq!(found(true).await.unwrap(), [PullNumber(1)]);
    assert_eq!(store.was_private(REPOSITORY).await.unwrap(), Some(true));
    apply(&*store, vec![Change::Visibility(REPOSITORY, false)]).await;
    assert_eq!(store.was_private(REPOSITORY).await.unwrap(), Some(false));
}

pub(crate) async fn a_lane_has_what_the_next_deploy_depends_on(store: Arc<dyn Store>) {
    let store = &*store;
    let staging = branch("staging");
    let environment_deploys = || store.environment_deploys(REPOSITORY, "staging", &staging);
    assert_eq!(environment_deploys().await.unwrap(), towpath::store::EnvironmentDeploys::default());
    let changes = (1..=80).map(|number| {
        let state = if number == 3 { DeployState::Succeeded } else { DeployState::Failed };
        keep(deploy(number, 1, state))
    });
    apply(store, changes.collect()).await;
    let again = Deploy { shown: Some("error: x".to_owned()), ..deploy(80, 1, DeployState::Error) };
    let held = Change::Hold(REPOSITORY, "staging".to_owned(), hold());
    apply(store, vec![keep(again.clone()), held]).await;
    let found = environment_deploys().await.unwrap();
    let numbers: Vec<u64> = found.deploys.iter().map(|it| it.number).collect();
    assert_eq!((numbers[0], *numbers.last().unwrap()), (3, 80), "what is live is there however old it is");
    assert!(numbers.is_sorted() && numbers.len() < 80);
    assert_eq!(found.deploys.last(), Some(&again));
    assert_eq!(found.hold, Some(hold()));
    assert_eq!(store.hold(REPOSITORY, "staging").await.unwrap(), Some(hold()));
    assert!(
        store
            .environment_deploys(REPOSITORY, "production", &branch("production"))
            .await
            .unwrap()
            .deploys
            .is_empty()
    );
    let newest = store.newest_deploys(REPOSITORY, "staging", 2).await.unwrap();
    assert_eq!(newest.iter().map(|it| it.number).collect::<Vec<_>>(), [80, 79]);
}

pub(crate) async fn what_is_open_and_what_is_live_is_found_at_a_start(store: Arc<dyn Store>) {
    let store = &*store;
    let succeeded = |number, n| keep(deploy(number, n, DeployState::Succeeded));
    apply(store, vec![succeeded(1, 1), succeeded(2, 2), succeeded(3, 3)]).await;
    assert!(store.environments_with_open_deploys().await.unwrap().is_empty());
    apply(store, vec![keep(deploy(4, 4, DeployState::Running)), keep(deploy(5, 5, DeployState::Waiting))])
        .await;
    assert_eq!(store.environments_with_open_deploys().await.unwrap(), [environment()]);
    let live: Vec<String> = store.live_slugs().await.unwrap().into_iter().collect();
    assert_eq!(live, ["slug-2", "slug-3"], "what runs, and what ran before it");
    assert!(store.was_built(REPOSITORY, "slug-1").await.unwrap());
    assert!(!store.was_built(REPOSITORY, "slug-4").await.unwrap());
    assert!(!store.was_built(RepositoryId(1), "slug-1").await.unwrap());
}

pub(crate) async fn what_is_noted_in_the_middle_of_work_holds_while_the_lease_does(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![environment()], UnixMillis(0)).await.unwrap();
    let lease = leased_work_item(store, &environment(), UnixMillis(0)).await;
    assert!(
        store.note(&lease, vec![keep(deploy(1, 1, DeployState::Requested))], UnixMillis(0)).await.unwrap()
    );
    assert_eq!(store.newest_deploys(REPOSITORY, "staging", 1).await.unwrap().len(), 1);
    nothing_due(store, UnixMillis(0)).await;
    settle(store, &lease, Next::Done, UnixMillis(0)).await;
    let late =
        store.note(&lease, vec![keep(deploy(2, 2, DeployState::Requested))], UnixMillis(0)).await.unwrap();
    assert!(!late, "the lease is over");
    assert_eq!(store.newest_deploys(REPOSITORY, "staging", 1).await.unwrap()[0].number, 1);
}

pub(crate) async fn an_order_marks_its_environment_and_keeps_its_outcome(store: Arc<dyn Store>) {
    let store = &*store;
    let order =
        RequestedAct::Rollback { to: Some(commit(1)), by: "op".to_owned(), reason: "broken".to_owned() };
    let row = RequestedActRow {
        id: RequestedActId(0),
        repository: REPOSITORY,
        environment: "staging".to_owned(),
        act: order,
        made_at: UnixMillis(7),
        origin: None,
        progress: None,
        outcome: None,
    };
    let id = store.request_act(row.clone()).await.unwrap();
    let lease = leased_work_item(store, &environment(), UnixMillis(7)).await;
    let kept = RequestedActRow { id, ..row };
    let environment_deploys =
        store.environment_deploys(REPOSITORY, "staging", &branch("staging")).await.unwrap();
    assert_eq!(environment_deploys.requested_acts, std::slice::from_ref(&kept));
    let outcome = ActOutcome::accepted("deploy 4", Some(4));
    let done = vec![Change::RequestedActDone(id, outcome.clone())];
    store.commit(&lease, done, Next::Done, UnixMillis(8)).await.unwrap();
    assert!(
        store
            .environment_deploys(REPOSITORY, "staging", &branch("staging"))
            .await
            .unwrap()
            .requested_acts
            .is_empty()
    );
    assert_eq!(store.requested_act(id).await.unwrap().unwrap().outcome, Some(outcome));
    assert_eq!(store.requested_act(RequestedActId(99)).await.unwrap(), None);
}

pub(crate) async fn a_work_item_that_waits_for_the_clock_is_taken_at_once_when_it_is_marked(
    store: Arc<dyn Store>,
) {
    let store = &*store;
    store.mark(vec![environment()], UnixMillis(0)).await.unwrap();
    let lease = leased_work_item(store, &environment(), UnixMillis(0)).await;
    let later = vec![Change::MarkAt(environment(), UnixMillis(60_000))];
    store.commit(&lease, later, Next::Done, UnixMillis(1)).await.unwrap();
    nothing_due(store, UnixMillis(2)).await;
    assert_eq!(store.next_due(UnixMillis(2), SOME).await.unwrap(), Some(UnixMillis(60_000)));
    store.mark(vec![environment()], UnixMillis(3)).await.unwrap();
    let lease = leased_work_item(store, &environment(), UnixMillis(3)).await;
    settle(store, &lease, Next::Done, UnixMillis(3)).await;
    nothing_due(store, UnixMillis(70_000)).await;
}

pub(crate) async fn an_environment_is_one_by_whatever_spelling(store: Arc<dyn Store>) {
    let store = &*store;
    let spelled = |number, name: &str| Deploy {
        environment: name.to_owned(),
        ..deploy(number, 1, DeployState::Running)
    };
    apply(store, vec![keep(spelled(1, "Staging"))]).await;
    apply(store, vec![keep(Deploy { state: DeployState::Succeeded, ..spelled(1, "staging") })]).await;
    apply(store, vec![Change::Hold(REPOSITORY, "STAGING".to_owned(), hold())]).await;
    let environment_deploys =
        store.environment_deploys(REPOSITORY, "sTaging", &branch("staging")).await.unwrap();
    assert_eq!(
        environment_deploys.deploys.iter().map(|it| it.state).collect::<Vec<_>>(),
        [DeployState::Succeeded]
    );
    assert_eq!(environment_deploys.hold, Some(hold()));
    assert_eq!(store.hold(REPOSITORY, "Staging").await.unwrap(), Some(hold()));
    assert_eq!(store.newest_deploys(REPOSITORY, "stagING", 9).await.unwrap().len(), 1);
    store.mark(vec![WorkItem::Environment(REPOSITORY, "Staging".into())], UnixMillis(5)).await.unwrap();
    let lease = leased_work_item(store, &environment(), UnixMillis(10)).await;
    settle(store, &lease, Next::Done, UnixMillis(10)).await;
    nothing_due(store, UnixMillis(20)).await;
    // A deleted tree, or one of an environment of another name, is no other spelling.
    assert!(store.hold(REPOSITORY, "staging ").await.unwrap().is_none());
}

pub(crate) async fn an_entry_is_for_the_first_repository_until_the_operator_says_otherwise(
    store: Arc<dyn Store>,
) {
    let other = RepositoryId(REPOSITORY.0 + 1);
    assert!(store.operator_entries().await.unwrap().is_empty());
    assert_eq!(store.entry_seen("acme/store", REPOSITORY).await.unwrap(), REPOSITORY);
    assert_eq!(store.entry_seen("acme/store", other).await.unwrap(), REPOSITORY);
    assert_eq!(store.entry_seen("acme/shop", other).await.unwrap(), other);
    store.entry_written("acme/store", other).await.unwrap();
    assert_eq!(store.entry_seen("acme/store", REPOSITORY).await.unwrap(), other);
    let all: Vec<_> = store.operator_entries().await.unwrap().into_iter().collect();
    assert_eq!(all, [("acme/shop".to_owned(), other), ("acme/store".to_owned(), other)]);
}

pub(crate) async fn the_newest_word_on_files_counts_in_whatever_order_it_comes(store: Arc<dyn Store>) {
    use DeployOutcome::{Failure, RolledBack, Success};
    let store = &*store;
    let said = |at, place, outcome| {
        Change::Outcome(OutcomeRow {
            repository: REPOSITORY,
            environment: "staging".to_owned(),
            tree: TreeId::from_bytes([1; 20]),
            commit: commit(1),
            at,
            place,
            outcome,
        })
    };
    let verified = async || {
        let ledger = store.ledger(REPOSITORY, &[], None).await.unwrap();
        assert_eq!(ledger.reported.iter().collect::<Vec<_>>(), ["staging"], "somebody reports in any case");
        !ledger.verified.is_empty()
    };
    for (change, counts) in [
        (said(UnixMillis(10), 4, Failure), false),
        (said(UnixMillis(10), 3, Success), false),
        (said(UnixMillis(10), 5, Success), true),
        (said(UnixMillis(10), 4, Failure), true),
        (said(UnixMillis(10), 5, Failure), false),
        (said(UnixMillis(10), 5, Success), false),
        (said(UnixMillis(20), 0, RolledBack), false),
        (said(UnixMillis(19), 9, Success), false),
        (said(UnixMillis(30), 0, Success), true),
    ] {
        apply(store, vec![change.clone()]).await;
        assert_eq!(verified().await, counts, "{change:?}");
    }
    let known = store.outcomes(REPOSITORY, "staging").await.unwrap();
    assert_eq!(
        known.into_iter().map(Change::Outcome).collect::<Vec<_>>(),
        [said(UnixMillis(30), 0, Success)]
    );
    assert!(store.outcomes(REPOSITORY, "production").await.unwrap().is_empty());
}

pub(crate) async fn a_starting_point_is_kept_for_an_environment_in_any_spelling(store: Arc<dyn Store>) {
    let store = &*store;
    let environment_deploys =
        async || store.environment_deploys(REPOSITORY, "Staging", &branch("staging")).await.unwrap().start;
    assert_eq!(environment_deploys().await, None);
    let first = StartingPoint { commit: Some(commit(1)), after: 4 };
    for start in [first, StartingPoint { commit: None, ..first }] {
        apply(store, vec![Change::StartingPoint(REPOSITORY, "staging".into(), start)]).await;
        assert_eq!(environment_deploys().await, Some(start));
    }
}

pub(crate) async fn what_was_read_first_counts_until_it_is_read_again(store: Arc<dyn Store>) {
    let store = &*store;
    let row = |text: &str| ConfigurationRow {
        repository: REPOSITORY,
        place: "x".to_owned(),
        text: text.to_owned(),
        valid: None,
        read_at: UnixMillis(3),
    };
    assert_eq!(store.first_configuration(row("one")).await.unwrap(), row("one"));
    assert_eq!(store.first_configuration(row("two")).await.unwrap(), row("one"));
    assert_eq!(store.configuration(REPOSITORY).await.unwrap(), Some(row("one")));
    apply(store, vec![Change::Configuration(row("two"))]).await;
    assert_eq!(store.first_configuration(row("three")).await.unwrap(), row("two"));
}
