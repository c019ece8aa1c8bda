//! How fast deliveries become durable, against one transaction for each of them.
//!
//! Only ratios within one run and counts mean something elsewhere. `cargo bench --bench store`

#[path = "payload/mod.rs"]
#[allow(unreachable_pub, reason = "the modules of a bench are seen by nobody else")]
mod payload;

use bytes::Bytes;
use payload::{PullRequests, guid};
use rusqlite::Connection;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use towpath::model::{PullNumber, RepositoryId, UnixMillis};
use towpath::store::{ConcurrencyLimits, NewDelivery, Next, Options, SqliteStore, Store, WorkItem};

const LIMITS: ConcurrencyLimits = ConcurrencyLimits { per_repository: 4, per_installation: 48 };
const CALLERS: usize = 64;
const PULLS: u64 = 1_000;
const RUN: Duration = Duration::from_secs(5);
/// Long enough for the log to start anew a few times.
const STEADY: Duration = Duration::from_secs(30);
const STEADY_RATE: u32 = 500;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    LazyLock::force(&BODIES);
    runtime.block_on(async {
        let plain = one_transaction_each();
        let grouped = together().await;
        println!("ratio of deliveries per second   {:>10.1}", grouped / plain);
        bare_syncs();
        steadily().await;
        work().await;
    });
}

/// Made beforehand, so that making them is not measured.
static BODIES: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    let recorded = PullRequests::recorded(PULLS);
    (0..PULLS).map(|n| recorded.event(n).into()).collect()
});

fn delivery(n: u64) -> NewDelivery {
    NewDelivery {
        guid: guid(n),
        event: "pull_request".to_owned(),
        action: Some("synchronize".to_owned()),
        installation: None,
        body: BODIES[usize::try_from(n % PULLS).unwrap_or(0)].clone(),
        item: WorkItem::PullRequest(RepositoryId(n % 50), PullNumber(n % PULLS)),
        received_at: UnixMillis(n.cast_signed()),
    }
}

/// What this process has had written to disks.
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0)
}

fn report(name: &str, mut waits: Vec<Duration>, took: Duration, bytes: u64) -> f64 {
    waits.sort_unstable();
    let at = |permille: usize| waits[(waits.len() - 1) * permille / 1000].as_secs_f64() * 1e3;
    let count = u32::try_from(waits.len()).map_or(f64::MAX, f64::from);
    let rate = count / took.as_secs_f64();
    println!(
        "{name:<32} {rate:>10.0}/s  p50 {:.2} ms  p99 {:.2} ms  p99.9 {:.2} ms  longest {:.0} ms  {} bytes each",
        at(500),
        at(990),
        at(999),
        at(1000),
        bytes / (waits.len() as u64)
    );
    rate
}

/// The plain way: each delivery a transaction, the body as it came, checkpoints where SQLite does them.
fn one_transaction_each() -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Connection::open(folder.path().join("plain.db")).expect("a database");
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE units (key TEXT PRIMARY KEY, dirty INTEGER NOT NULL);
            CREATE TABLE deliveries (id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, event TEXT, body BLOB)",
        )
        .expect("tables");
    let (before, start) = (written(), Instant::now());
    let mut waits = Vec::new();
    while start.elapsed() < RUN {
        let new = delivery(waits.len() as u64);
        let asked = Instant::now();
        let transaction = database.unchecked_transaction().expect("a transaction");
        transaction
            .prepare_cached("INSERT INTO deliveries (guid, event, body) VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute((&new.guid, &new.event, &new.body[..])))
            .expect("a row");
        transaction
            .prepare_cached(
                "INSERT INTO units VALUES (?1, 1) ON CONFLICT (key) DO UPDATE SET dirty = units.dirty + 1",
            )
            .and_then(|mut mark| mark.execute([new.item.to_string()]))
            .expect("a mark");
        transaction.commit().expect("a commit");
        waits.push(asked.elapsed());
    }
    let took = start.elapsed();
    drop(database);
    report("one transaction each", waits, took, written() - before)
}

fn open(folder: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(&folder.join("towpath.db"), &Options::default()).expect("a store"))
}

async fn accept(store: &SqliteStore, new: NewDelivery) -> Duration {
    let asked = Instant::now();
    assert!(store.accept(new).await.expect("room").is_new());
    asked.elapsed()
}

/// All callers at once, each as fast as it is answered.
async fn together() -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let (before, start) = (written(), Instant::now());
    let next = Arc::new(AtomicU64::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (store, next) = (Arc::clone(&store), Arc::clone(&next));
        callers.spawn(async move {
            let mut waits = Vec::new();
            while start.elapsed() < RUN {
                waits.push(accept(&store, delivery(next.fetch_add(1, Ordering::Relaxed))).await);
            }
            waits
        });
    }
    let waits = callers.join_all().await.concat();
    let took = start.elapsed();
    store.close().await;
    report("64 callers", waits, took, written() - before)
}

/// What the disk and the machine allow at that rate: a file that is appended to and synced, and nothing else.
fn bare_syncs() {
    const PAGES: [u8; 16 << 10] = [7; 16 << 10];
    let mut file = tempfile::tempfile().expect("a file");
    let (before, start) = (written(), Instant::now());
    let mut waits = Vec::new();
    while start.elapsed() < STEADY {
        let due = start + Duration::from_secs(1) / STEADY_RATE * u32::try_from(waits.len()).unwrap_or(0);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        file.write_all(&PAGES).and_then(|()| file.sync_data()).expect("a sync");
        waits.push(due.elapsed());
    }
    report("500 bare syncs a second", waits, start.elapsed(), written() - before);
}

/// As many each second as a busy day has, at even distances.
async fn steadily() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let (before, start) = (written(), Instant::now());
    let mut callers = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / STEADY_RATE);
    let mut n = 0_u64;
    while start.elapsed() < STEADY {
        ticks.tick().await;
        let store = Arc::clone(&store);
        callers.spawn(async move { accept(&store, delivery(n)).await });
        n += 1;
    }
    let waits = callers.join_all().await;
    let took = start.elapsed();
    let log = std::fs::metadata(folder.path().join("towpath.db-wal")).map_or(0, |file| file.len());
    store.close().await;
    report("500 a second", waits, took, written() - before);
    println!("largest log                      {:>10} MB", log >> 20);
}

/// Workers that take and settle units.
async fn work() {
    const WORKERS: usize = 8;
    const UNITS: u64 = 4_000;
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let work_items = (0..UNITS).map(|n| WorkItem::PullRequest(RepositoryId(n % 50), PullNumber(n))).collect();
    store.mark(work_items, UnixMillis(0)).await.expect("marks");
    let (before, start) = (written(), Instant::now());
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let store = Arc::clone(&store);
        workers.spawn(async move {
            let mut waits = Vec::new();
            loop {
                let asked = Instant::now();
                let Some(lease) = store.lease(UnixMillis(1), LIMITS).await.expect("a lease") else {
                    return waits;
                };
                store.commit(&lease, vec![], Next::Done, UnixMillis(2)).await.expect("a commit");
                waits.push(asked.elapsed());
            }
        });
    }
    let waits = workers.join_all().await.concat();
    let took = start.elapsed();
    store.close().await;
    report("lease and commit, 8 workers", waits, took, written() - before);
}
