//! When asynchronous merges run.

use crate::Sandbox;
use crate::acts::async_merges;

impl Sandbox {
    /// From now on asynchronous merges stay pending until [`Sandbox::release_merges`].
    pub fn hold_merges(&self) {
        self.hub.with(|world| world.holds_merges = true);
    }

    /// Runs the pending asynchronous merges, in the order of their requests, and holds no more back.
    pub async fn release_merges(&self) {
        self.hub.with(|world| world.holds_merges = false);
        async_merges::run_all(&self.hub).await;
    }
}
