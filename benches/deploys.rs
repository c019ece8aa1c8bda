//! How long a merge takes until its Deployment is there, how many REST calls a deploy costs, and a hundred environments
//! that deploy at once; how fast the log of a deploy is read, and a shop's files are judged. `cargo bench --bench deploys`

#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "the stage is shared with the stories, which use more of it"
)]

#[path = "../tests/stories/clock.rs"]
mod clock;
#[path = "commerce/rules.rs"]
mod commerce_rules;
#[path = "commerce/log.rs"]
mod deploy_log;
#[path = "../tests/stories/errors_kept.rs"]
mod errors_kept;
#[path = "../tests/stories/said.rs"]
mod said;
#[path = "../tests/stories/shop.rs"]
mod shop;
#[path = "../tests/stories/stage.rs"]
mod stage;

use shop::{merge, topic};
use stage::{Setting, Stage};
use std::time::{Duration, Instant};
use towpath_sandbox::{Permission, RepoHandle};

const MERGES: usize = 20;
/// With three environments each, and those of the stage itself, a little more than a hundred.
const SHOPS: usize = 33;
const LOOK_EVERY: Duration = Duration::from_millis(2);

fn main() {
    deploy_log::run();
    commerce_rules::run();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        one_after_the_other().await;
        all_at_once().await;
    });
}

fn of_deploys(stage: &Stage) -> u64 {
    let counts = stage.github.request_counts();
    let of_deploys = counts.iter().filter(|(call, _)| call.contains("/deployments"));
    of_deploys.map(|(_, count)| count).sum()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real clock")]
async fn one_after_the_other() {
    let mut stage = Stage::set().await;
    let mut waits = Vec::new();
    let (mut calls, mut until_end) = (0, 0);
    for number in 0..MERGES {
        let name = format!("feature/{number}");
        topic(&stage.store, &name, "integration").await;
        let pull = stage.store.open_pull(&name).into("integration").by("ana").await.unwrap();
        stage.check(&pull).await.passes();
        stage.github.forget_records();
        let began = Instant::now();
        merge(&pull).await.unwrap();
        while stage.store.deployments().len() <= number {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        waits.push(began.elapsed());
        stage.quiet().await;
        calls = calls.max(of_deploys(&stage));
        let deployment = stage.store.deployments().pop().unwrap();
        deployment.status("in_progress").by("deployer").await.unwrap();
        stage.later();
        deployment.status("success").by("deployer").await.unwrap();
        stage.quiet().await;
        until_end = until_end.max(of_deploys(&stage));
        stage.later();
    }
    waits.sort_unstable();
    let millis = |wait: Duration| wait.as_secs_f64() * 1e3;
    let (median, longest) = (millis(waits[waits.len() / 2]), millis(waits[waits.len() - 1]));
    println!(
        "from the merge to its Deployment           {median:>8.1} ms, the longest of {MERGES} {longest:.1} ms"
    );
    println!("REST calls until it is taken up            {calls:>8}");
    println!("REST calls until it has ended              {until_end:>8}");
    stage.stop().await;
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real clock")]
async fn all_at_once() {
    let mut stage = Stage::with(Setting { patience: Duration::from_secs(300), ..Setting::default() }).await;
    let mut shops = vec![stage.store.clone()];
    for number in 0..SHOPS {
        shops.push(another(&stage, number).await);
    }
    stage.installation.add(&shops[1..]).await.unwrap();
    stage.quiet().await;
    let wanted = shops.len() * 3;
    let began = Instant::now();
    for shop in &shops {
        for branch in ["integration", "staging", "production"] {
            shop.commit_on(branch).file(&format!("{branch}.txt"), "x\n").by("rita").await.unwrap();
        }
    }
    let pushed = began.elapsed().as_secs_f64();
    let made = || shops.iter().map(|shop| shop.deployments().len()).sum::<usize>();
    while made() < wanted {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let all = began.elapsed().as_secs_f64();
    println!(
        "{wanted} environments at once: all Deployments after {all:>7.2} s, pushing them took {pushed:.2} s"
    );
    stage.later();
    let began = Instant::now();
    for deployment in shops.iter().flat_map(RepoHandle::deployments) {
        deployment.status("success").by("deployer").await.unwrap();
    }
    stage.quiet().await;
    println!("all of them ended and shown                {:>8.2} s", began.elapsed().as_secs_f64());
    assert_eq!(made(), wanted, "none was made twice");
    stage.stop().await;
}

async fn another(stage: &Stage, number: usize) -> RepoHandle {
    let name = format!("acme/shop-{number}");
    let repository =
        stage.github.repository(&name).default_branch("master").with("rita", Permission::Maintain);
    let repository = repository.create().await.unwrap();
    repository.commit_on("master").orphan().file("README", "Acme\n").by("rita").await.unwrap();
    for branch in ["integration", "staging", "production"] {
        repository.branch(branch).from("master").by("rita").await.unwrap();
    }
    repository
}
