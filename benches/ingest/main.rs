#![allow(unreachable_pub, reason = "the modules of a bench are seen by nobody else")]
//! How fast deliveries are acknowledged, each durable before its answer, against a server that only verifies.
//!
//! Both servers run as processes of their own with the same settings, one after the other in turns, under
//! the same load from this process. Only the ratios mean something on another machine.
//! `cargo bench --bench ingest`

mod bare;
mod load;
#[path = "../payload/mod.rs"]
mod payload;
mod served;
#[path = "../../tests/wire/mod.rs"]
#[allow(dead_code, reason = "the tests also send bodies in pieces")]
mod wire;

use load::{Load, Measured};
use served::{Cores, Kind, Served};
use std::sync::Arc;
use std::time::Duration;

/// Set for this program when it is to be the server to compare with.
const ROLE: &str = "TOWPATH_BENCH_ROLE";
const TURNS: usize = 3;
const RUN: Duration = Duration::from_secs(5);
const STEADY: Duration = Duration::from_secs(20);
const STEADY_RATE: u64 = 500;
const LARGE: usize = 25 << 20;

fn main() {
    if std::env::var_os(ROLE).is_some() {
        return bare::serve();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        start().await;
        full("acknowledged, about one pull request", Cores::All, &Load::signed(1)).await;
        // While this comes in, the engine takes each pull request up and finds that GitHub does not answer.
        full("acknowledged, about 1,000 of them", Cores::All, &Load::signed(1_000)).await;
        full("the same on one core", Cores::One, &Load::signed(1_000)).await;
        full("refused for a wrong signature", Cores::All, &Load::forged()).await;
        steady("", Cores::All).await;
        steady(" on one core", Cores::One).await;
        large().await;
    });
}

/// Both servers' figure and its ratio.
fn line(name: &str, unit: &str, bare: f64, towpath: f64) {
    println!("{name:<42} bare {bare:>9.2}  towpath {towpath:>9.2} {unit:<3} ratio {:.2}", towpath / bare);
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn start() {
    const STARTS: usize = 11;
    let mut times = [Vec::new(), Vec::new()];
    let mut idle = [0.0, 0.0];
    for _ in 0..STARTS {
        for (at, kind) in [Kind::Bare, Kind::Towpath].into_iter().enumerate() {
            let served = Served::start(kind, Cores::All).await;
            times[at].push(served.started_in.as_secs_f64() * 1e3);
            idle[at] = served.megabytes("VmRSS");
        }
    }
    let [bare, towpath] = times.map(median);
    line("start to ready", "ms", bare, towpath);
    line("memory when idle", "MB", idle[0], idle[1]);
}

/// What one turn showed.
struct Turn {
    measured: Measured,
    ticks_each: f64,
    written_each: f64,
    most: f64,
}

async fn turn(kind: Kind, cores: Cores, load: &Arc<Load>) -> Turn {
    let served = Served::start(kind, cores).await;
    let before = served.ticks();
    let measured = load.full(served.address, RUN).await;
    let ticks_each = (served.ticks() - before) / measured.count();
    let written_each = served.written() / measured.count();
    Turn { measured, ticks_each, written_each, most: served.megabytes("VmHWM") }
}

async fn full(name: &str, cores: Cores, load: &Arc<Load>) {
    let (mut bare, mut towpath) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        bare.push(turn(Kind::Bare, cores, load).await);
        towpath.push(turn(Kind::Towpath, cores, load).await);
    }
    let of = |turns: &[Turn], figure: fn(&Turn) -> f64| median(turns.iter().map(figure).collect());
    let both = |figure| (of(&bare, figure), of(&towpath, figure));
    let (rates, ticks) = (both(|turn| turn.measured.rate()), both(|turn| turn.ticks_each * 1e4));
    line(name, "/s", rates.0, rates.1);
    line("  processor time for each", "µs", ticks.0, ticks.1);
    let (waits, most) = (both(|turn| turn.measured.wait(990)), both(|turn| turn.most));
    line("  p99 with 64 connections at full speed", "ms", waits.0, waits.1);
    let written = both(|turn| turn.written_each);
    println!("{:<42} {:>32.0} B", "  written to disk for each", written.1);
    line("  most memory held", "MB", most.0, most.1);
}

async fn steady(place: &str, cores: Cores) {
    let load = Load::signed(1_000);
    let mut measured = Vec::new();
    for kind in [Kind::Bare, Kind::Towpath] {
        let served = Served::start(kind, cores).await;
        measured.push(load.steady(served.address, STEADY_RATE, STEADY).await);
    }
    for (name, permille) in [("p50", 500), ("p99", 990), ("p99.9", 999)] {
        let name = format!("{STEADY_RATE} a second{place}, {name}");
        line(&name, "ms", measured[0].wait(permille), measured[1].wait(permille));
    }
}

async fn large() {
    let mut times = [Vec::new(), Vec::new()];
    for (at, kind) in [Kind::Bare, Kind::Towpath].into_iter().enumerate() {
        let served = Served::start(kind, Cores::All).await;
        for n in 0..5 {
            times[at].push(load::large(served.address, LARGE, n).await.as_secs_f64() * 1e3);
        }
    }
    let [bare, towpath] = times.map(median);
    line("a body of 25 MB", "ms", bare, towpath);
}
