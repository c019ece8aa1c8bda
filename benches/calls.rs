//! How many calls to GitHub's REST API each event costs: counted, so the same on every machine.
//! `cargo bench --bench calls`

#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "the story is shared with the tests, which use more of its stage"
)]

#[path = "../tests/stories/calls.rs"]
mod calls;
#[path = "../tests/stories/clock.rs"]
mod clock;
#[path = "../tests/stories/command_cost.rs"]
mod command_cost;
#[path = "../tests/stories/cost.rs"]
mod cost;
#[path = "../tests/stories/errors_kept.rs"]
mod errors_kept;
#[path = "../tests/stories/said.rs"]
mod said;
#[path = "../tests/stories/shop.rs"]
mod shop;
#[path = "../tests/stories/stage.rs"]
mod stage;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let counts = runtime.block_on(async {
        let mut counts = calls::counted().await;
        counts.extend(cost::installed().await);
        counts.extend(cost::pushed_again().await);
        counts.extend(command_cost::counted().await);
        counts
    });
    for (event, calls) in counts {
        println!("{event:<50} {calls}");
    }
}
