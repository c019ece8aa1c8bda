//! A long day: 20,000 deliveries over 200 pull requests of five tenants, two of which are in trouble all the while: of
//! one GitHub answers 503, of the other git accepts and says nothing. Prints what the server needs, and how long the
//! others wait for a verdict before the trouble and in it. `cargo bench --bench soak`

#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "the server and its shop are shared with the tests, which use more of them"
)]

#[path = "../tests/process/http.rs"]
mod http;
#[path = "../tests/process/server.rs"]
mod server;
#[path = "../tests/stories/shop.rs"]
mod shop;

use crate::http::Call;
use crate::server::{LOOK_EVERY, Server};
use crate::shop::{SECRET, app_config};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use towpath_sandbox::{AppConfig, Config, Permission, PullHandle, RepoHandle, Sandbox};

const TENANTS: [&str; 5] = ["acme", "bravo", "coral", "delta", "ember"];
/// Of whom GitHub answers 503, and whose git is silent.
const IN_TROUBLE: [&str; 2] = ["bravo", "coral"];
const PULLS_EACH: usize = 40;
const DELIVERIES: usize = 20_000;
const CONNECTIONS: u32 = 16;
/// So many a second: five busy organisations send fewer, and the machine is not what is measured.
const RATE: u32 = 250;
/// Pushes whose verdict is timed, before the trouble and in it.
const TIMED: usize = 30;

struct Tenant {
    name: &'static str,
    store: RepoHandle,
    pulls: Vec<PullHandle>,
}

impl Tenant {
    async fn set(github: &Sandbox, name: &'static str) -> Self {
        let new = github.repository(&format!("{name}/store")).default_branch("master");
        let store = new.with("ana", Permission::Write).create().await.unwrap();
        store.commit_on("master").orphan().file("README", "x\n").by("ana").await.unwrap();
        for branch in ["integration", "staging", "production"] {
            store.branch(branch).from("master").by("ana").await.unwrap();
        }
        let mut pulls = Vec::new();
        for number in 0..PULLS_EACH {
            let topic = format!("topic-{number}");
            let commit = store.commit_on(&topic).from("integration").file(&topic, "x\n");
            commit.by("ana").await.unwrap();
            pulls.push(store.open_pull(&topic).into("integration").by("ana").await.unwrap());
        }
        Self { name, store, pulls }
    }

    fn is_in_trouble(&self) -> bool {
        IN_TROUBLE.contains(&self.name)
    }

    /// A push to one of its pull requests; answers how long its verdict took to be shown.
    async fn push(&self, turn: usize) -> Duration {
        let (pull, topic) = (&self.pulls[turn % PULLS_EACH], format!("topic-{}", turn % PULLS_EACH));
        let file = format!("{turn}.txt");
        let commit = self.store.commit_on(&topic).file(&file, "x\n").by("ana").await.unwrap();
        let began = Instant::now();
        while verdict_on(pull, &commit).is_none() {
            assert!(began.elapsed() < Duration::from_secs(300), "no verdict for a push to {}", self.name);
            tokio::time::sleep(LOOK_EVERY).await;
        }
        began.elapsed()
    }
}

fn verdict_on(pull: &PullHandle, commit: &str) -> Option<String> {
    let state = pull.check("towpath: integration")?.state()?;
    (state.head_sha == commit).then_some(state.conclusion).flatten()
}

async fn timed(tenants: &[Tenant], from: usize) -> Vec<Duration> {
    let well: Vec<&Tenant> = tenants.iter().filter(|it| !it.is_in_trouble()).collect();
    let mut took = Vec::new();
    for turn in from..from + TIMED {
        took.push(well[turn % well.len()].push(turn).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    took
}

/// Sends each of the bodies again and again, each time as a delivery of its own.
async fn flood(address: &str, bodies: &[Vec<u8>]) -> Vec<Duration> {
    let mut senders = JoinSet::new();
    for sender in 0..CONNECTIONS {
        let (address, bodies) = (address.to_owned(), bodies.to_vec());
        senders.spawn(async move {
            let mut took = Vec::new();
            let mut turns = tokio::time::interval(Duration::from_secs(1) * CONNECTIONS / RATE);
            for number in (sender as usize..DELIVERIES).step_by(CONNECTIONS as usize) {
                turns.tick().await;
                let body = bodies[number % bodies.len()].clone();
                let began = Instant::now();
                let answer = Call::of("pull_request", &format!("soak-{number}"), body).to(&address).await;
                assert_eq!(answer.status, 202, "{}", answer.body);
                took.push(began.elapsed());
            }
            took
        });
    }
    senders.join_all().await.concat()
}

fn row(name: &str, mut of: Vec<Duration>) {
    of.sort();
    let at = |part: usize| of[(of.len() * part / 100).min(of.len() - 1)].as_secs_f64() * 1_000.0;
    println!("{name:<46} {:>9.1} {:>9.1} {:>9.1}", at(50), at(99), at(100));
}

/// What the kernel says of a process, such as `VmRSS`, in MB.
fn memory(server: &Server, what: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1_024.0
}

fn open_files(server: &Server) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count()
}

/// How many files lie in a folder, and their size in MB.
fn files(folder: &Path) -> (usize, f64) {
    let (mut count, mut size, mut left) = (0, 0.0, vec![folder.to_owned()]);
    while let Some(folder) = left.pop() {
        // What goes while it is counted is none of them.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(found) = entry.metadata() else { continue };
            if found.is_dir() {
                left.push(entry.path());
            } else {
                count += 1;
                size += f64::from(u32::try_from(found.len()).unwrap_or(u32::MAX)) / 1_048_576.0;
            }
        }
    }
    (count, size)
}

/// How many rows each table has.
fn rows(database: &Path) -> BTreeMap<String, i64> {
    let open = rusqlite::Connection::open(database).unwrap();
    let mut names =
        open.prepare("select name from sqlite_master where type = 'table' order by name").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let count = |name: &String| {
        open.query_row(&format!("select count(*) from \"{name}\""), [], |row| row.get(0)).unwrap()
    };
    names.iter().map(|name| (name.clone(), count(name))).collect()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(soak());
}

async fn soak() {
    let github = Sandbox::start(Config::default()).await.unwrap();
    let app = github.app(app_config()).await.unwrap();
    let mut tenants = Vec::new();
    for name in TENANTS {
        let tenant = Tenant::set(&github, name).await;
        app.install(name).on([&tenant.store]).await.unwrap();
        tenants.push(tenant);
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&vec![
        ("GITHUB_APP_ID", app.id().to_string()),
        ("GITHUB_APP_PRIVATE_KEY", AppConfig::demo_key().to_owned()),
        ("GITHUB_WEBHOOK_SECRET", SECRET.to_owned()),
        ("GITHUB_API_URL", github.api_url()),
        ("TOWPATH_DATA_DIR", data.to_str().unwrap().to_owned()),
    ])
    .await;
    app.set_webhook_url(Some(&format!("http://{}/webhooks/github", server.address)));
    let began = Instant::now();
    let every = || tenants.iter().flat_map(|it| &it.pulls);
    while !every().all(|pull| verdict_on(pull, &pull.head_sha()).is_some()) {
        assert!(began.elapsed() < Duration::from_secs(300), "not every pull request has a verdict");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("{} pull requests judged at the installation in {:.1?}", every().count(), began.elapsed());
    let (rss, fds) = (memory(&server, "VmRSS"), open_files(&server));
    println!("then {rss:.0} MB of memory, {fds} open files\n");
    println!("{:<46} {:>9} {:>9} {:>9}", "ms", "half", "99 %", "most");
    row("from a push to its verdict, before", timed(&tenants, 0).await);

    for pull in every() {
        pull.rename("Another title").await.unwrap();
    }
    github.settled().await;
    let mut newest: BTreeMap<(String, u64), Vec<u8>> = BTreeMap::new();
    for sent in github.sent_webhooks().into_iter().filter(|it| it.event == "pull_request") {
        let names = (
            sent.body["repository"]["full_name"].as_str().unwrap().to_owned(),
            sent.body["number"].as_u64().unwrap(),
        );
        newest.insert(names, serde_json::to_vec(&sent.body).unwrap());
    }
    // The wire is not kept for what follows: it would be the bench's memory that grows.
    github.record(false);
    github.faults().rest("*", "/repos/bravo/store*").status(503);
    github.faults().rest("*", "/coral/store.git*").hang(Duration::from_secs(3_600));
    let bodies: Vec<Vec<u8>> = newest.into_values().collect();
    let flooding = Instant::now();
    let (acknowledged, in_it) = tokio::join!(flood(&server.address, &bodies), timed(&tenants, TIMED));
    let took = flooding.elapsed();
    row("from a push to its verdict, in the trouble", in_it);
    row("from a delivery to its answer", acknowledged);
    row("from a push to its verdict, afterwards", timed(&tenants, 2 * TIMED).await);
    println!("\n{DELIVERIES} deliveries of {} pull requests in {took:.1?}", bodies.len());
    println!("{:.0} MB of memory, {:.0} MB at the most", memory(&server, "VmRSS"), memory(&server, "VmHWM"));
    let (count, size) = files(&data);
    println!("{} open files; {count} files of {size:.0} MB on disk", open_files(&server));
    let kept = rows(&data.join("towpath.db"));
    let deliveries = kept["deliveries"];
    assert!(
        usize::try_from(deliveries).unwrap() >= DELIVERIES,
        "of {DELIVERIES} deliveries {deliveries} were stored"
    );
    for (table, rows) in kept.iter().filter(|(_, rows)| **rows > 0) {
        println!("{rows:>8} rows of {table}");
    }
    github.faults().clear();
    github.faults().release();
    assert_eq!(server.stop().await.code(), Some(0));
}
