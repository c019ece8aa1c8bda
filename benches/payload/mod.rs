//! Payloads of the size and the kind of those that come in.

use serde_json::{Value, json};
use std::fmt::Write as _;
use towpath_sandbox::contract::Contract;

/// What a `pull_request` event of a repository with some settings weighs, in bytes.
pub const SIZE: usize = 24 << 10;

/// Makes `pull_request` events that differ as those of different pull requests do.
pub struct PullRequests {
    recorded: Value,
    pulls: u64,
}

impl PullRequests {
    /// Begins with an event that GitHub recorded; they will be about this many pull requests.
    pub fn recorded(pulls: u64) -> Self {
        let recorded = Contract::examples()
            .filter(|example| example.event == "pull_request")
            .map(|example| example.json())
            .find(|event| event["action"] == "synchronize")
            .expect("a recorded pull_request event");
        Self { recorded, pulls }
    }

    /// The event of this number, of exactly [`SIZE`] bytes.
    pub fn event(&self, n: u64) -> String {
        let mut event = self.recorded.clone();
        let number = n % self.pulls + 1;
        event["installation"] = json!({"id": 1});
        event["repository"]["id"] = json!(number % 50 + 1);
        event["number"] = json!(number);
        let pull = &mut event["pull_request"];
        pull["number"] = json!(number);
        pull["head"]["sha"] = json!(commit(n));
        pull["base"]["ref"] = json!("integration");
        let second = i64::try_from(n).unwrap_or(i64::MAX);
        let changed = chrono::DateTime::from_timestamp(1_700_000_000 + second, 0).expect("a date");
        pull["updated_at"] = json!(changed.to_rfc3339());
        pull["body"] = json!("");
        let room = SIZE - event.to_string().len();
        event["pull_request"]["body"] = json!(words(n, room));
        event.to_string()
    }
}

fn mixed(n: u64) -> u64 {
    let n = (n ^ (n >> 31)).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    n ^ (n >> 29)
}

fn commit(n: u64) -> String {
    let (first, second) = (mixed(n), mixed(!n));
    format!("{first:016x}{second:016x}{:08x}", first >> 32)
}

/// A description as people write them: words that come again and again, and some that do not.
fn words(seed: u64, size: usize) -> String {
    const USUAL: [&str; 16] = [
        "the", "cart", "of", "checkout", "now", "shows", "price", "when", "and", "a", "customer", "with",
        "fix", "is", "for", "review",
    ];
    let mut text = String::with_capacity(size + 16);
    let mut state = seed;
    while text.len() < size {
        state = mixed(state);
        if state.is_multiple_of(4) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{:x} ", state >> 36);
        } else {
            text.push_str(USUAL[usize::try_from(state >> 60).unwrap_or(0)]);
            text.push(' ');
        }
    }
    text.truncate(size);
    text
}

/// A delivery's id as GitHub makes them: a UUID of the moment, in steps of 100 ns, a millisecond apart.
pub fn guid(n: u64) -> String {
    let ticks = 0x1f0_c8a1_0000_0000 + n * 10_000;
    let (low, mid, high) = (ticks & 0xffff_ffff, (ticks >> 32) & 0xffff, ticks >> 48);
    format!("{low:08x}-{mid:04x}-1{high:03x}-9c0e-{:012x}", mixed(n) >> 16)
}
