//! What a moved branch costs where 1,000 pull requests are open: calls counted, times by the clock.
//! `cargo bench --bench rejudge`; another number of pull requests as its argument.

#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "the stage is shared with the stories, which use more of it"
)]

#[path = "../tests/stories/clock.rs"]
mod clock;
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
use towpath_sandbox::PullHandle;

const PULLS: usize = 1_000;
/// One in so many was cut from the wrong branch.
const WRONG: usize = 50;

fn main() {
    let pulls = std::env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(PULLS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(pulls));
}

/// What this process and its gits have used so far, in seconds; the stand-in's part is in it.
fn processor_time() -> f64 {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name before the last bracket may hold anything; of what follows, four times are wanted.
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    let ticks: f64 = fields.skip(11).take(4).map(|it| it.parse::<f64>().unwrap()).sum();
    ticks / TICKS_A_SECOND
}

async fn configure(stage: &Stage, file: &str) {
    stage.store.commit_on("master").file(".github/towpath.yml", file).by("rita").await.unwrap();
    stage.quiet().await;
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real clock")]
async fn measure(pulls: usize) {
    let setting = Setting { patience: Duration::from_secs(900), ..Setting::default() };
    let mut stage = Stage::with(setting).await;
    let began = Instant::now();
    let mut open: Vec<PullHandle> = Vec::new();
    for number in 0..pulls {
        let from = if number % WRONG == 1 { "staging" } else { "integration" };
        let name = format!("feature/{number}");
        topic(&stage.store, &name, from).await;
        open.push(stage.store.open_pull(&name).into("integration").by("ana").await.unwrap());
    }
    stage.quiet().await;
    println!("{pulls} pull requests opened and judged in {:.1} s", began.elapsed().as_secs_f64());

    let first = &open[0];
    let report = |what: &str, began: (Instant, f64), calls: usize| {
        let (waited, worked) = (began.0.elapsed().as_secs_f64(), processor_time() - began.1);
        println!("{what:<58} {calls:>5} REST calls {waited:>8.2} s {worked:>8.2} s of processor time");
    };
    let start = || (Instant::now(), processor_time());
    stage.github.forget_records();
    let began = start();
    merge(first).await.unwrap();
    stage.quiet().await;
    report("a pull request merged into integration", began, stage.rest_requests());

    stage.github.forget_records();
    let began = start();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
    report("integration promoted to staging", began, stage.rest_requests());

    stage.github.forget_records();
    let began = start();
    configure(&stage, "version: 1\nrules: { TP205: off }\n").await;
    report("a rule softened: those with findings are judged again", began, stage.rest_requests());

    stage.github.forget_records();
    let began = start();
    configure(&stage, "version: 1\ncopy: none\n").await;
    report("another path: all are judged again", began, stage.rest_requests());
    stage.stop().await;
}
