//! Guarantees 1 to 3 with a real SIGKILL: a story is played again and again, the server is killed at
//! another place each time, and in the end GitHub must look as if nothing had happened.

use crate::server::Server;
use crate::shop::{merge, topic};
use crate::world::World;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use towpath_sandbox::{CheckHandle, Fault};

/// What people do, in this order. The server has come to rest before each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    OpenClean,
    MergeClean,
    OpenForeign,
    Repair,
    MergeRepaired,
    Promote,
    OpenDirect,
    Retarget,
    Command,
    MergePromotion,
}

const STORY: [Act; 10] = [
    Act::OpenClean,
    Act::MergeClean,
    Act::OpenForeign,
    Act::Repair,
    Act::MergeRepaired,
    Act::Promote,
    Act::OpenDirect,
    Act::Retarget,
    Act::Command,
    Act::MergePromotion,
];

/// Where in each act the server is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Before it: what GitHub tells of it reaches nobody.
    Before,
    /// When its webhooks have just been answered.
    Answered,
    /// When so many requests of the server have been answered and the next has come, which never takes
    /// effect.
    Asking(u32),
    /// When so many that change something have been answered, and the next has taken effect: only its answer is lost. A
    /// request that only reads is the same either way.
    Acting(u32),
}

/// What an act causes of the server's requests.
#[derive(Debug, Clone, Copy)]
struct Requests {
    all: u32,
    /// Those that change something on GitHub.
    changes: u32,
}

async fn open(world: &World, head: &str, from: &str, into: &str) {
    topic(&world.store, head, from).await;
    world.store.open_pull(head).into(into).by("ana").await.unwrap();
}

/// Somebody comments, long enough after the last push to have seen it.
async fn comment(world: &World, number: u64, login: &str, text: &str) {
    world.later();
    world.store.pull(number).unwrap().comment(text).by(login).await.unwrap();
}

async fn merge_number(world: &World, number: u64) {
    let pull = world.store.pull(number).unwrap();
    if let Err(refusal) = merge(&pull).await {
        panic!("#{number} cannot be merged: {refusal}\n{}", state_at_github(world).await);
    }
}

async fn play(world: &World, act: Act) {
    let store = &world.store;
    match act {
        Act::OpenClean => open(world, "feature/cart", "integration", "integration").await,
        Act::MergeClean => merge_number(world, 1).await,
        Act::OpenForeign => open(world, "feature/late", "master", "integration").await,
        Act::Repair => {
            let own = store.tip("feature/late").unwrap();
            store.branch("clean").from("integration").by("ana").await.unwrap();
            let clean = store.cherry_pick(&own).onto("clean").by("ana").await.unwrap();
            store.move_branch("feature/late").to(&clean).by("ana").await.unwrap();
        }
        Act::MergeRepaired => merge_number(world, 2).await,
        Act::Promote => {
            store.open_pull("integration").into("staging").by("rita").await.unwrap();
        }
        Act::OpenDirect => open(world, "feature/rush", "integration", "production").await,
        Act::Retarget => comment(world, 4, "ana", "/retarget").await,
        Act::Command => {
            let text = "/lock staging --reason stocktaking\n/unlock staging\n/deploy production";
            comment(world, 3, "rita", text).await;
        }
        Act::MergePromotion => merge_number(world, 3).await,
    }
}

/// The story without any kill: how many requests each act causes, and how GitHub looks in the end.
async fn undisturbed() -> (BTreeMap<Act, Requests>, String) {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    let mut requests = BTreeMap::new();
    for act in STORY {
        world.later();
        // What the first one counts does not come to the other.
        let counting = [world.changes(), world.requests()].map(|it| it.hang(Duration::ZERO));
        play(&world, act).await;
        world.quiet().await;
        let [changes, others] = [0, 1].map(|which| counting[which].hits());
        requests.insert(act, Requests { all: changes + others, changes });
        counting.into_iter().for_each(Fault::remove);
    }
    let ended = server.stop().await;
    assert_eq!(ended.code(), Some(0));
    (requests, state_at_github(&world).await)
}

/// The story with a kill in each act that has this moment; answers how GitHub looks in the end.
async fn disturbed(moment: Moment, requests: &BTreeMap<Act, Requests>) -> String {
    let world = World::new().await;
    let mut server = world.start().await;
    world.quiet().await;
    for act in STORY {
        world.later();
        server = match moment {
            Moment::Before => {
                server.kill().await;
                play(&world, act).await;
                world.github.settled().await;
                world.start().await
            }
            Moment::Answered => {
                play(&world, act).await;
                world.github.settled().await;
                anew(&world, server).await
            }
            Moment::Asking(after) if after < requests[&act].all => {
                held(&world, act, world.requests().hang_until_released().after(after)).await;
                anew(&world, server).await
            }
            Moment::Acting(after) if after < requests[&act].changes => {
                held(&world, act, world.changes().hold_answer().after(after)).await;
                anew(&world, server).await
            }
            _ => {
                play(&world, act).await;
                server
            }
        };
        world.quiet().await;
    }
    server.stop().await;
    state_at_github(&world).await
}

/// Plays an act until `fault` keeps one of the server's requests, or all rests because another way was taken.
async fn held(world: &World, act: Act, fault: Fault) {
    let fault = fault.times(1);
    let before = world.github.faults().held();
    play(world, act).await;
    world.held_or_quiet(before).await;
    fault.remove();
}

async fn anew(world: &World, server: Server) -> Server {
    server.kill().await;
    world.start().await
}

/// Every pull request, every check run there ever was, every comment, and every Deployment with what was said of it,
/// with commits by what they say
/// instead of their ids, which are others in each run.
async fn state_at_github(world: &World) -> String {
    let mut checks = Vec::new();
    for check in world.store.every_check() {
        let state = check.state().unwrap();
        let (conclusion, title) = (state.conclusion.unwrap_or(state.status), state.title.unwrap_or_default());
        let commit = said_of(world, &state.head_sha).await;
        checks.push(format!("{commit}: {}: {conclusion}: {}", state.name, without_ids(&title)));
    }
    checks.sort();
    let mut text = checks.join("\n");
    for pull in world.store.pulls() {
        let state = pull.state().unwrap();
        write!(text, "\n\n#{} {} → {}, merged: {}", state.number, state.head, state.base, state.merged)
            .unwrap();
        for comment in pull.comments() {
            // Each world's stand-in is at an address of its own.
            let body = comment.body.replace(&world.github.url(), "https://github.example");
            let body = without_times(&without_ids(&body));
            let mut reactions: Vec<String> = comment.reactions.into_iter().map(|(_, it)| it).collect();
            reactions.sort();
            write!(text, "\n{}: {body} {}", comment.author, reactions.join(" ")).unwrap();
        }
    }
    for deployment in world.store.deployments() {
        let commit = said_of(world, &deployment.sha()).await;
        let states: Vec<String> = deployment.statuses().into_iter().map(|it| it.state).collect();
        let pulls = deployment.payload()["pull_requests"].to_string();
        write!(text, "\n\n{} of {commit}, {pulls}: {}", deployment.environment(), states.join(", ")).unwrap();
    }
    text
}

/// Without the moments since when something is so, and how long it was.
fn without_times(text: &str) -> String {
    let mut clean = String::new();
    for line in text.split_inclusive('\n') {
        let line = match line.split_once("is unlocked after") {
            Some((before, rest)) => &format!("{before}is unlocked{}", rest.split_once(';').unwrap().1),
            None => line,
        };
        let cells: Vec<&str> = line.split('|').filter(|cell| !cell.contains("UTC")).collect();
        clean.push_str(&cells.join("|"));
    }
    clean
}

/// A commit by its subject and the number of commits it brings.
async fn said_of(world: &World, commit: &str) -> String {
    let subject = world.store.git(&["show", "-s", "--format=%s", commit]).await.unwrap();
    let count = world.store.git(&["rev-list", "--count", commit]).await.unwrap();
    format!("{} ({})", subject.trim(), count.trim())
}

/// Without commit ids, whole or short.
fn without_ids(text: &str) -> String {
    let mut clean = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_id = bare.len() >= 7 && bare.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        clean.push_str(if is_id { "…" } else { bare });
        clean.push_str(&word[bare.len()..]);
    }
    clean
}

/// Plays the story once for each moment, some at a time.
async fn all_end_alike(moments: Vec<Moment>, requests: BTreeMap<Act, Requests>, expected: &str) {
    let (requests, at_a_time) = (Arc::new(requests), Arc::new(Semaphore::new(AT_A_TIME)));
    let mut runs = JoinSet::new();
    for moment in moments {
        let (requests, at_a_time) = (Arc::clone(&requests), Arc::clone(&at_a_time));
        runs.spawn(async move {
            let _turn = at_a_time.acquire().await.unwrap();
            (moment, disturbed(moment, &requests).await)
        });
    }
    while let Some(run) = runs.join_next().await {
        let (moment, end) = run.unwrap();
        assert!(end == expected, "killed at {moment:?}:\n{end}\n\nundisturbed:\n{expected}");
    }
}

/// Runs wait for processes most of the time; more at a time than cores keeps those busy.
const AT_A_TIME: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_request_it_ends_as_if_undisturbed() {
    let (requests, expected) = undisturbed().await;
    assert!(requests.values().all(|it| it.changes > 0), "{requests:?}");
    let commands = ["**Done** `/retarget`", "**Done** `/unlock staging`", "**Started** `/deploy production`"];
    assert!(commands.iter().all(|said| expected.contains(said)), "{expected}");
    let most = |of: fn(&Requests) -> u32| requests.values().map(of).max().unwrap();
    let mut moments = vec![Moment::Before, Moment::Answered];
    moments.extend((0..most(|it| it.all)).map(Moment::Asking));
    moments.extend((0..most(|it| it.changes)).map(Moment::Acting));
    all_end_alike(moments, requests, &expected).await;
}

/// A start after missed events is no different: killed at each of its requests in turn, before it takes
/// effect and after by turns, and the next start makes everything good once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_catches_up_it_catches_up_at_the_next_start() {
    let world = World::new().await;
    let mut server = world.start().await;
    world.quiet().await;
    let (mut number, mut reached) = (0, true);
    while reached {
        server.kill().await;
        world.later();
        open(&world, &format!("feature/{number}"), "master", "integration").await;
        world.github.settled().await;
        let all = world.github.faults().rest("*", "*");
        let fault = if number % 2 == 0 { all.hold_answer() } else { all.hang_until_released() };
        let fault = fault.after(number).times(1);
        let before = world.github.faults().held();
        server = world.start().await;
        reached = world.held_or_quiet(before).await;
        fault.remove();
        server = anew(&world, server).await;
        world.quiet().await;
        number += 1;
    }
    assert!(number > 8, "a start that has something to make good asks for more than {number} things");
    for pull in world.store.pulls() {
        assert_eq!(pull.comments().len(), 1, "#{}", pull.number());
    }
    let failed = |check: &CheckHandle| check.state().unwrap().conclusion.as_deref() == Some("failure");
    let checks = world.checks_of_pulls();
    assert_eq!(checks.len(), world.store.pulls().len());
    assert!(checks.iter().all(failed));
    server.stop().await;
}

/// Much at a time, and a server that comes no further than a few requests before it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_in_a_burst_it_comes_to_the_end() {
    let world = World::new().await;
    let mut server = world.start().await;
    world.quiet().await;
    for number in 0..8 {
        let from = if number % 2 == 0 { "integration" } else { "master" };
        open(&world, &format!("feature/{number}"), from, "integration").await;
    }
    let mut kills = 0;
    loop {
        let all = world.github.faults().rest("*", "*");
        let fault = if kills % 2 == 0 { all.hold_answer() } else { all.hang_until_released() };
        // It comes two requests further each time: whatever ends its server too often is given up for good.
        let fault = fault.after(2 + 2 * kills).times(1);
        let before = world.github.faults().held();
        let reached = world.held_or_quiet(before).await;
        fault.remove();
        if !reached {
            break;
        }
        server = anew(&world, server).await;
        kills += 1;
    }
    assert!(kills > 4, "it came to its end after {kills} kills");
    world.quiet().await;
    for pull in world.store.pulls() {
        let foreign = pull.number() % 2 == 0;
        let expected = if foreign { "failure" } else { "success" };
        assert_eq!(world.check(&pull).await, expected, "#{}", pull.number());
        assert_eq!(pull.comments().len(), usize::from(foreign), "#{}", pull.number());
    }
    assert_eq!(world.checks_of_pulls().len(), 8);
    server.stop().await;
}
