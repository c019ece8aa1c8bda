//! What scenarios start from.

use std::path::PathBuf;
use std::sync::Arc;
use towpath::model::{
    BranchName, CommitId, PullNumber, PullRequest, PullRequestDetails, PullRequestState, RepositoryId, Stack,
    UnixMillis,
};
use towpath::store::{
    Change, Committed, ConcurrencyLimits, DeliveryFilter, DeliveryRow, DeliveryState, Lease, NewDelivery,
    Next, Options, SqliteStore, Store, WorkItem,
};

/// A database in a folder of its own, which goes with it.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) path: PathBuf,
    folder: tempfile::TempDir,
}

pub(crate) async fn sqlite() -> Opened {
    sqlite_with(&Options::default())
}

pub(crate) fn sqlite_with(options: &Options) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("towpath.db");
    let store = Arc::new(SqliteStore::open(&path, options).unwrap());
    Opened { store, path, folder }
}

impl Opened {
    /// Closes the store and opens its file again.
    pub(crate) async fn reopened(self, options: &Options) -> Self {
        self.store.close().await;
        let store = Arc::new(SqliteStore::open(&self.path, options).unwrap());
        Self { store, path: self.path, folder: self.folder }
    }
}

pub(crate) const REPOSITORY: RepositoryId = RepositoryId(42);

/// More than any scenario has out.
pub(crate) const SOME: ConcurrencyLimits = ConcurrencyLimits::of_repository(100);

/// Before everything in any scenario.
pub(crate) const EARLIER: UnixMillis = UnixMillis(-1_000_000);

/// After everything in any scenario.
pub(crate) const LATER: UnixMillis = UnixMillis(1_000_000);

pub(crate) fn branch(name: &str) -> BranchName {
    BranchName::new(name).unwrap()
}

pub(crate) fn commit(seed: u8) -> CommitId {
    CommitId::from_bytes([seed; 20])
}

pub(crate) fn pull_item(number: u64) -> WorkItem {
    WorkItem::PullRequest(REPOSITORY, PullNumber(number))
}

pub(crate) fn delivery(guid: &str, item: WorkItem, at: UnixMillis) -> NewDelivery {
    NewDelivery {
        guid: guid.to_owned(),
        event: "pull_request".to_owned(),
        action: Some("opened".to_owned()),
        installation: None,
        body: format!("{{\"guid\":\"{guid}\"}}").into(),
        item,
        received_at: at,
    }
}

pub(crate) fn pull_row(number: u64, updated_at: UnixMillis) -> PullRequest {
    PullRequest {
        merged: None,
        stack: Some(Stack { number: Some(7), trunk: branch("integration") }),
        repository: REPOSITORY,
        number: PullNumber(number),
        state: PullRequestState::Open,
        head_branch: branch("feature/x"),
        head_commit: commit(1),
        head_repository: Some(REPOSITORY),
        base_branch: branch("staging"),
        author: "ada".to_owned(),
        updated_at,
        details: PullRequestDetails::default(),
    }
}

pub(crate) fn judged(number: u64, head: CommitId, base: &str) -> Change {
    Change::Judged {
        repository: REPOSITORY,
        number: PullNumber(number),
        head,
        base: branch(base),
        verdict: "{}".to_owned(),
        at: UnixMillis(5),
    }
}

/// Takes the next work item, which must be there.
pub(crate) async fn leased(store: &dyn Store, now: UnixMillis) -> Lease {
    store.lease(now, SOME).await.unwrap().expect("something is due")
}

/// Takes the next work item, which must be this one.
pub(crate) async fn leased_work_item(store: &dyn Store, item: &WorkItem, now: UnixMillis) -> Lease {
    let lease = leased(store, now).await;
    assert_eq!(&lease.item, item);
    lease
}

pub(crate) async fn nothing_due(store: &dyn Store, now: UnixMillis) {
    assert_eq!(store.lease(now, SOME).await.unwrap(), None);
}

pub(crate) async fn settle(store: &dyn Store, lease: &Lease, next: Next, now: UnixMillis) {
    assert_eq!(store.commit(lease, vec![], next, now).await.unwrap(), Committed::Stored);
}

/// Applies changes as the work of a work item that is used for nothing else.
pub(crate) async fn apply(store: &dyn Store, changes: Vec<Change>) -> Committed {
    let item = WorkItem::Repository(RepositoryId(7_777_777));
    store.mark(vec![item.clone()], EARLIER).await.unwrap();
    let lease = leased_work_item(store, &item, EARLIER).await;
    let committed = store.commit(&lease, changes, Next::Done, EARLIER).await.unwrap();
    if committed != Committed::Stored {
        settle(store, &lease, Next::Done, EARLIER).await;
    }
    committed
}

pub(crate) fn retry(at: UnixMillis) -> Next {
    Next::Retry { at, error: "GitHub did not answer".to_owned() }
}

pub(crate) fn dead() -> Next {
    Next::Dead { error: "GitHub never answered".to_owned() }
}

pub(crate) async fn listed(store: &dyn Store, state: Option<DeliveryState>) -> Vec<DeliveryRow> {
    store.deliveries(&DeliveryFilter { state, limit: 100 }).await.unwrap()
}

pub(crate) async fn guids(store: &dyn Store, state: Option<DeliveryState>) -> Vec<String> {
    listed(store, state).await.into_iter().map(|row| row.guid).collect()
}
