//! Random stories over deploys: people push, promote, roll back and lift holds; deployers start, succeed, fail, hang and
//! are cancelled; webhooks are lost, doubled, late and turned round; the server is restarted. What customers must see is
//! known by a model of its own, which knows nothing of the engine.
//!
//! `TOWPATH_HISTORIES=2000` tells that many, `TOWPATH_HISTORIES=400..900` those, `TOWPATH_HISTORY=17` that one and its
//! steps.

mod orders;
mod people;
mod random;
mod site;

use people::World;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// How many are told where nobody asks for more.
const HISTORIES: u64 = 100;
/// How many are told at once: most of the time goes by in waiting.
const AT_ONCE: usize = 6;

/// What happened so far, to be read where it went wrong.
pub type Steps = Arc<Mutex<Vec<String>>>;

fn asked(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The first one to be told, and the one after the last.
fn range() -> (u64, u64) {
    let number = |text: &str| -> u64 { text.parse().expect("a number") };
    if let Some(seed) = asked("TOWPATH_HISTORY") {
        return (number(&seed), number(&seed) + 1);
    }
    let many = asked("TOWPATH_HISTORIES").unwrap_or_else(|| HISTORIES.to_string());
    many.split_once("..").map_or_else(|| (0, number(&many)), |(first, end)| (number(first), number(end)))
}

/// Tells one history. Answers what went wrong, with all that led there.
fn tell(seed: u64) -> Result<(), String> {
    let steps = Steps::default();
    let told = catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(World::live_through(seed, Arc::clone(&steps)));
    }));
    let steps = steps.lock().unwrap().join("\n  ");
    if asked("TOWPATH_HISTORY").is_some() {
        println!("history {seed}:\n  {steps}");
    }
    told.map_err(|why| {
        let words = why.downcast_ref::<String>().cloned();
        let words = words.or_else(|| why.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        format!("history {seed}: {}\n  {steps}", words.unwrap_or_default())
    })
}

#[test]
fn customers_see_what_they_must_whatever_happens_to_deploys() {
    let (first, end) = range();
    assert!(first < end, "none is told");
    let is_long = end - first > HISTORIES;
    let next = AtomicU64::new(first);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= end {
                        return;
                    }
                    if let Err(why) = tell(seed) {
                        eprintln!("{why}");
                        wrong.lock().unwrap().push(why);
                    }
                    // So many take long, and whoever ends the run early wants to know how far it came.
                    if is_long && (seed + 1).is_multiple_of(HISTORIES) {
                        eprintln!("{} of {end} are told", seed + 1);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} went wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}
