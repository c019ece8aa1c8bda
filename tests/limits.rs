#![allow(clippy::unwrap_used, reason = "a test may end by unwrapping")]
//! The bounds within which requests must come in, held over real connections.

mod wire;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use towpath::engine::{Config, Deploying, Engine, Settings, SystemClock, system_random};
use towpath::github::{AppKey, Secret};
use towpath::model::{InstallationId, PromotionPath, RepositoryId, UnixMillis};
use towpath::store::{
    Change, ConcurrencyLimits, ConfigurationRow, Next, Options, RepositoryRow, RepositoryState, SqliteStore,
    Store, WorkItem,
};
use towpath::web::{Limits, Server};
use towpath_sandbox::AppConfig;
use wire::{Framing, answer, head, signature};

/// Longer than anything here takes, and much shorter than what stalls in [`patient`].
const GENEROUS: Duration = Duration::from_secs(20);
const MB: usize = 1 << 20;
const READY: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: towpath.example\r\n\r\n";

/// The server as it is deployed, with a GitHub that cannot be reached.
struct Door {
    server: Server,
    folder: tempfile::TempDir,
}

impl Door {
    async fn open(limits: Limits) -> Self {
        Self::open_in(tempfile::tempdir().unwrap(), limits).await
    }

    async fn open_in(folder: tempfile::TempDir, limits: Limits) -> Self {
        let config = Config {
            app_id: 1,
            key: AppKey::from_pem("1", AppConfig::demo_key()).unwrap(),
            secrets: vec![Secret::new(wire::SECRET)],
            api_url: "http://127.0.0.1:1".to_owned(),
            call_within: Duration::from_secs(1),
            data_dir: folder.path().to_owned(),
            database: folder.path().join("towpath.db"),
            path: PromotionPath::pro(),
            clock: Arc::new(SystemClock),
            random: Arc::new(system_random),
            settings: Settings::default(),
            deploying: Deploying::default(),
        };
        let engine = Engine::open(config).await.unwrap();
        let listener = Server::bind("127.0.0.1", 0).await.unwrap();
        Self { server: Server::start(listener, engine, limits).unwrap(), folder }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.server.address()).await.unwrap()
    }

    /// Sends a call in one piece and tells the status of the answer.
    async fn call(&self, call: &[u8]) -> u16 {
        let mut stream = self.connect().await;
        let (mut read, mut write) = stream.split();
        // What is refused early may close the connection before all of it is written.
        let written = async { drop(write.write_all(call).await) };
        let answered = async {
            let mut bytes = Vec::new();
            let _ = read.read_buf(&mut bytes).await;
            status(&bytes)
        };
        timeout(GENEROUS, async { tokio::join!(written, answered).1 }).await.unwrap()
    }

    /// Opens a connection on which a call has begun and goes on whenever the caller wants.
    async fn begun(&self, start: &[u8]) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(start).await.unwrap();
        stream
    }
}

fn status(answer: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(answer);
    text.get(9..12).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Limits that nothing here comes near, except where a test sets one lower.
fn patient() -> Limits {
    let long = 10 * GENEROUS;
    Limits { head_within: long, body_within: long, stall: long, ..Limits::default() }
}

/// The body of an event that is needed, of this size.
fn event(size: usize) -> Vec<u8> {
    let start = r#"{"action":"opened","installation":{"id":1},"repository":{"id":1},"pull_request":{"number":1},"padding":""#;
    let padding = "x".repeat(size.checked_sub(start.len() + 2).unwrap());
    format!("{start}{padding}\"}}").into_bytes()
}

fn announced(guid: &str, body: &[u8]) -> Vec<u8> {
    let head = head("pull_request", guid, Some(&signature(body)), Framing::Announced(body.len()));
    [head.as_bytes(), body].concat()
}

fn chunked(guid: &str, body: &[u8]) -> Vec<u8> {
    let mut call = head("pull_request", guid, Some(&signature(body)), Framing::Chunked).into_bytes();
    for piece in body.chunks(100_000) {
        call.extend(format!("{:x}\r\n", piece.len()).as_bytes());
        call.extend(piece);
        call.extend(b"\r\n");
    }
    call.extend(b"0\r\n\r\n");
    call
}

fn unsigned(body: &[u8]) -> Vec<u8> {
    [head("pull_request", "unsigned", None, Framing::Announced(body.len())).as_bytes(), body].concat()
}

fn small(guid: &str) -> Vec<u8> {
    announced(guid, &event(4_000))
}

/// Writes a byte now and then until the connection is closed, and tells what was answered.
async fn drip(mut stream: TcpStream, byte: u8) -> Vec<u8> {
    let (mut read, mut write) = stream.split();
    let dripping = async {
        while write.write_all(&[byte]).await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let mut answered = Vec::new();
    let listening = async { drop(read.read_to_end(&mut answered).await) };
    let ended = async {
        tokio::select! {
            () = listening => {}
            () = dripping => {}
        }
    };
    timeout(GENEROUS, ended).await.expect("the connection is cut");
    answered
}

#[tokio::test]
async fn a_body_that_comes_a_byte_at_a_time_or_stands_still_is_cut() {
    let short = Duration::from_millis(200);
    let dripped = Door::open(Limits { body_within: short, ..patient() }).await;
    let start = head("pull_request", "drip", Some(&signature(b"")), Framing::Announced(100_000));
    let answered = drip(dripped.begun(start.as_bytes()).await, b' ').await;
    assert_eq!(status(&answered), 408, "{}", String::from_utf8_lossy(&answered));

    let stalled = Door::open(Limits { stall: short, ..patient() }).await;
    let call = small("stall");
    let mut stream = stalled.begun(&call[..call.len() - 1]).await;
    assert_eq!(timeout(GENEROUS, answer(&mut stream)).await.unwrap().unwrap(), 408);
    assert_eq!(stalled.call(&call).await, 202);
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut() {
    let door = Door::open(Limits { head_within: Duration::from_millis(200), ..patient() }).await;
    let start = b"POST /webhooks/github HTTP/1.1\r\nHost: towpath.example\r\nX-Long: ";
    let answered = drip(door.begun(start).await, b'x').await;
    assert_ne!(status(&answered) / 100, 2, "{}", String::from_utf8_lossy(&answered));
    let answered = drip(door.begun(b"").await, b'P').await;
    assert_ne!(status(&answered) / 100, 2, "{}", String::from_utf8_lossy(&answered));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_end_that_comes_fast_is_refused() {
    let door = Door::open(patient()).await;
    let line = format!("X-More: {}\r\n", "x".repeat(1_000));
    let head = ["POST /webhooks/github HTTP/1.1\r\n", &line.repeat(10_000)].concat();
    assert_eq!(door.call(head.as_bytes()).await, 431);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_stalled_connections_keep_no_good_delivery_waiting() {
    const STALLED: usize = 1_000;
    // Both ends of every connection are open files of this process.
    rlimit::increase_nofile_limit(8_192).unwrap();
    let door = Door::open(patient()).await;
    let call = small("never whole");
    let mut stalled = Vec::new();
    for at in 0..STALLED {
        // Some stand still in their head, some before their body, some within it.
        let within = [40, call.len() - 4_000, call.len() - 1][at % 3];
        stalled.push(door.begun(&call[..within]).await);
    }
    for n in 0..100 {
        assert_eq!(door.call(&small(&format!("good {n}"))).await, 202);
    }
    for stream in &stalled {
        let waits = stream.try_read(&mut [0; 1]).unwrap_err();
        assert_eq!(waits.kind(), std::io::ErrorKind::WouldBlock, "none of them was cut meanwhile");
    }
    timeout(GENEROUS, door.server.stop()).await.expect("a stop does not wait for them");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_github_may_send_is_taken_and_one_byte_more_is_refused() {
    assert_eq!(Limits::default().body, 25 * MB);
    let door = Door::open(Limits { body: MB, ..patient() }).await;
    let (most, more) = (event(MB), event(MB + 1));
    for (guid, call) in [("announced", announced as fn(&str, &[u8]) -> Vec<u8>), ("chunked", chunked)] {
        assert_eq!(door.call(&call(guid, &most)).await, 202, "{guid}");
        assert_eq!(door.call(&call(guid, &more)).await, 413, "{guid}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_five_megabytes_are_taken() {
    let door = Door::open(patient()).await;
    assert_eq!(door.call(&announced("large", &event(25 * MB))).await, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_without_signature_is_refused_without_being_held() {
    // There is no room to hold any of these.
    let door = Door::open(Limits { all_bodies: 1, ..patient() }).await;
    let body = event(2 * MB);
    assert_eq!(door.call(&unsigned(&body)).await, 401);
    assert_eq!(door.call(&announced("signed", &body)).await, 503);
    assert_eq!(door.call(&chunked("chunked", &body)).await, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_large_bodies_together_are_bounded_and_small_ones_still_pass() {
    let door = Door::open(Limits { all_bodies: 3 * MB, ..patient() }).await;
    let call = announced("first", &event(2 * MB));
    let (most, rest) = call.split_at(call.len() - 1);
    let mut first = door.begun(most).await;
    assert_eq!(until(503, &door, &announced("second", &event(2 * MB))).await, 503);
    assert_eq!(door.call(&small("small")).await, 202);
    first.write_all(rest).await.unwrap();
    assert_eq!(answer(&mut first).await.unwrap(), 202);
    assert_eq!(until(202, &door, &announced("third", &event(2 * MB))).await, 202);
}

/// Calls until the answer is this, as it soon is: what others have begun or ended shows a moment later.
async fn until(wanted: u16, door: &Door, call: &[u8]) -> u16 {
    let mut answered = 0;
    for _ in 0..1_000 {
        answered = door.call(call).await;
        if answered == wanted {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    answered
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_goes_away_leaves_nothing_behind() {
    let door = Door::open(Limits { all_bodies: 3 * MB, ..patient() }).await;
    let call = announced("cut off", &event(2 * MB));
    for _ in 0..5 {
        drop(door.begun(&call[..MB]).await);
    }
    // The room that they took is free again, and none of them was stored under this id.
    assert_eq!(until(202, &door, &announced("other", &event(2 * MB + 1))).await, 202);
    assert_eq!(until(202, &door, &announced("cut off", &event(2 * MB - 1))).await, 202);
    assert_eq!(door.call(&call).await, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_what_is_under_way_and_waits_for_nobody_else() {
    let door = Door::open(patient()).await;
    let call = small("under way");
    let (most, rest) = call.split_at(call.len() - 1);
    let mut under_way = door.begun(most).await;
    let silent = door.begun(&call[..50]).await;
    let mut idle = door.begun(&small("idle")).await;
    assert_eq!(answer(&mut idle).await.unwrap(), 202);
    let Door { server, folder } = door;
    let address = server.address();
    let mut stopping = JoinSet::new();
    stopping.spawn(timeout(GENEROUS, server.stop()));
    while TcpStream::connect(address).await.is_ok() {
        sleep(Duration::from_millis(5)).await;
    }
    under_way.write_all(rest).await.unwrap();
    assert_eq!(answer(&mut under_way).await.unwrap(), 202);
    stopping.join_next().await.unwrap().unwrap().expect("it ends though somebody is silent");
    assert_eq!(answer(&mut idle).await.unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
    drop(silent);
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_and_again_whether_it_is_ready_has_nothing_written() {
    let door = Door::open(patient()).await;
    let log = door.folder.path().join("towpath.db-wal");
    let written = || std::fs::metadata(&log).unwrap().len();
    assert_eq!(door.call(READY).await, 200);
    let before = written();
    for _ in 0..200 {
        assert_eq!(door.call(READY).await, 200);
    }
    // Each look writes a page of 4 KB.
    assert!(written() - before < 100_000, "{} bytes", written() - before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_and_does_not_come_takes_nobodys_room() {
    let door = Door::open(patient()).await;
    let call = announced("never whole", &event(4 * MB));
    let mut trickling = Vec::new();
    for _ in 0..64 {
        // All of them together have announced as much as all bodies together may hold.
        trickling.push(door.begun(&call[..=(call.len() - 4 * MB)]).await);
    }
    for size in [200_000, MB, 25 * MB] {
        let good = announced(&format!("good {size}"), &event(size));
        assert_eq!(door.call(&good).await, 202, "{size}");
        for stream in &mut trickling {
            stream.write_all(b"x").await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stands_still_gives_way_to_one_that_goes_on() {
    // Whoever stands still for a quarter of it gives way.
    let stall = Duration::from_secs(4);
    let door = Door::open(Limits { all_bodies: 3 * MB, stall, ..patient() }).await;
    let call = announced("still", &event(2 * MB));
    let mut silent = door.begun(&call[..call.len() - 1]).await;
    let other = announced("going on", &event(2 * MB));
    assert_eq!(until(202, &door, &other).await, 202);
    assert_eq!(timeout(GENEROUS, answer(&mut silent)).await.unwrap().unwrap(), 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn small_bodies_that_stand_still_fill_no_more_than_their_room() {
    let stall = Duration::from_secs(4);
    let door = Door::open(Limits { small_bodies: 300_000, stall, ..patient() }).await;
    let call = announced("silent", &event(100_000));
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(door.begun(&call[..call.len() - 1_000]).await);
    }
    assert_eq!(door.call(&small("at once")).await, 202, "what comes at once needs none of it");
    let other = announced("going on", &event(100_000));
    assert_eq!(until(202, &door, &other).await, 202);
    let mut answers = Vec::new();
    for stream in &mut silent {
        answers.push(timeout(Duration::from_millis(300), answer(stream)).await);
    }
    assert!(answers.iter().any(|it| matches!(it, Ok(Ok(503)))), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_more_connections_than_there_may_be() {
    let door = Door::open(Limits { connections: 2, ..patient() }).await;
    let mut open = [door.begun(b"POST").await, door.begun(b"POST").await];
    let mut waiting = door.begun(READY).await;
    assert!(timeout(Duration::from_millis(300), answer(&mut waiting)).await.is_err());
    open[0].shutdown().await.unwrap();
    assert_eq!(timeout(GENEROUS, answer(&mut waiting)).await.unwrap().unwrap(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_too_long_is_refused_as_it_comes() {
    // There is no room to hold any of it.
    let door = Door::open(Limits { all_bodies: 1, ..patient() }).await;
    let mut call = b"POST /webhooks/deploys HTTP/1.1\r\nHost: towpath.example\r\n\
        Transfer-Encoding: chunked\r\n\r\n"
        .to_vec();
    for _ in 0..20 {
        call.extend(b"4000\r\n");
        call.extend(vec![b'x'; 0x4000]);
        call.extend(b"\r\n");
    }
    call.extend(b"0\r\n\r\n");
    assert_eq!(door.call(&call).await, 413);
}

/// How much memory this process has, in bytes.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// A repository that is on record, with the configuration that all have who have none.
async fn on_record(database: &Path, id: RepositoryId) {
    let store = SqliteStore::open(database, &Options::default()).unwrap();
    let (at, item) = (UnixMillis(0), WorkItem::Repository(id));
    store.mark(vec![item], at).await.unwrap();
    let lease = store.lease(at, ConcurrencyLimits::of_repository(1)).await.unwrap().unwrap();
    let row = RepositoryRow {
        id,
        installation: InstallationId(1),
        full_name: "acme/store".to_owned(),
        clone_url: String::new(),
        html_url: String::new(),
        default_branch: "master".to_owned(),
        state: RepositoryState::Gone,
        reconciled_at: None,
    };
    store.commit(&lease, vec![Change::Repository(row)], Next::Done, at).await.unwrap();
    let (place, text) = (String::new(), String::new());
    let none = ConfigurationRow { repository: id, place, text, valid: None, read_at: at };
    store.first_configuration(none).await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_a_log_who_do_not_read_cost_little_and_are_cut_off() {
    const LOG: usize = 16 * MB;
    const READERS: usize = 24;
    let folder = tempfile::tempdir().unwrap();
    on_record(&folder.path().join("towpath.db"), RepositoryId(7)).await;
    let door = Door::open_in(folder, Limits { stall: Duration::from_secs(2), ..patient() }).await;
    let key = "7.staging.1";
    let folder = door.folder.path().join("deploys").join(key);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("log"), vec![b'x'; LOG]).unwrap();
    let mark = Secret::new(wire::SECRET).mark(key);
    let request =
        format!("GET /deploys/{key}/{mark} HTTP/1.1\r\nHost: towpath.example\r\nConnection: close\r\n\r\n");
    let mut whole = Vec::new();
    door.begun(request.as_bytes()).await.read_to_end(&mut whole).await.unwrap();
    assert!(whole.starts_with(b"HTTP/1.1 200") && whole.len() > LOG, "who reads gets all of it");
    drop(whole);
    let before = memory();
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(door.begun(request.as_bytes()).await);
    }
    sleep(Duration::from_secs(1)).await;
    // Other tests of this process have bodies of 25 MB.
    let more = memory().saturating_sub(before);
    assert!(more < READERS * LOG / 2, "{more} bytes for {READERS} readers");
    sleep(Duration::from_secs(4)).await;
    for mut reader in readers {
        let mut got = Vec::new();
        let read = timeout(GENEROUS, reader.read_to_end(&mut got)).await.expect("it was cut off");
        assert!(read.is_err() || got.len() < LOG, "somebody who does not read is waited for");
    }
}
