//! A delivery that was answered is on disk, whenever the process is killed.

use crate::given::{delivery, pull_item};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use towpath::model::UnixMillis;
use towpath::store::{ConcurrencyLimits, Options, SqliteStore, Store};

const DATABASE: &str = "TOWPATH_TEST_DATABASE";
const ROUND: &str = "TOWPATH_TEST_ROUND";

/// Before each answer is told, it is at the start of a line: the test harness prints too.
const STORED: &str = "stored ";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is the process that is killed by the test below, and runs until then"]
async fn accepts_until_killed() {
    let path = std::env::var_os(DATABASE).expect("the other test starts this one");
    let round = std::env::var(ROUND).unwrap();
    let store = Arc::new(SqliteStore::open(Path::new(&path), &Options::default()).unwrap());
    let mut callers = JoinSet::new();
    for caller in 0..16_u64 {
        let (store, round) = (Arc::clone(&store), round.clone());
        callers.spawn(async move {
            for n in 0..u64::MAX {
                let guid = format!("{round}-{caller}-{n}");
                let mut new = delivery(&guid, pull_item(caller), UnixMillis(10));
                new.body = guid.repeat(300).into();
                assert!(store.accept(new).await.unwrap().is_new());
                let line = format!("\n{STORED}{guid}\n");
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            }
        });
    }
    callers.join_all().await;
}

/// Starts the other test as a process, kills it so long after its first answer, and gives the answers.
fn answers_before_kill(path: &Path, round: usize, after: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::accepts_until_killed", "--exact", "--ignored", "--nocapture"])
        .env(DATABASE, path)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    // Read on a thread of its own: a full pipe must not hold the child up.
    let (first, seen) = std::sync::mpsc::channel();
    let reading = std::thread::spawn(move || {
        let mut answers = Vec::new();
        for line in output.split(b'\n') {
            let line = String::from_utf8(line.unwrap()).unwrap();
            if let Some(guid) = line.strip_prefix(STORED) {
                answers.push(guid.to_owned());
                let _ = first.send(());
            }
        }
        answers
    });
    seen.recv_timeout(Duration::from_secs(20)).expect("the child accepts something");
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut answers = reading.join().unwrap();
    // The last line may have been cut; the delivery before it may not be missing.
    answers.retain(|guid| guid.split('-').count() == 3);
    if answers.len() > 1 {
        answers.pop();
    }
    answers
}

#[tokio::test]
async fn a_delivery_that_was_answered_is_never_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("towpath.db");
    let mut answered = BTreeSet::new();
    for (round, millis) in [0, 3, 11, 29, 61, 127, 251].into_iter().enumerate() {
        answered.extend(answers_before_kill(&path, round, Duration::from_millis(millis)));
        let store = SqliteStore::open(&path, &Options::default()).unwrap();
        let mut found = BTreeSet::new();
        for caller in 0..16 {
            for row in store.inbox(&pull_item(caller), u32::MAX, usize::MAX).await.unwrap() {
                assert_eq!(row.body.unwrap(), row.guid.repeat(300));
                found.insert(row.guid);
            }
        }
        let lost: Vec<_> = answered.difference(&found).collect();
        assert!(lost.is_empty(), "{lost:?}");
        // Each left its work item to be worked on.
        for guid in &answered {
            let item = store.delivery(guid).await.unwrap().unwrap().item;
            assert!((0..16).any(|caller| item == pull_item(caller)));
        }
        assert_eq!(
            store.next_due(UnixMillis(10), ConcurrencyLimits::NONE).await.unwrap(),
            Some(UnixMillis(10))
        );
        // Every other time the next process finds a log to recover from.
        if round % 2 == 0 {
            store.close().await;
        }
    }
    assert!(answered.len() > 100, "{}", answered.len());
}
