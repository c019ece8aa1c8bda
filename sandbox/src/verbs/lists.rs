//! Lists that show what was made only a while later.

use chrono::TimeDelta;

use crate::sandbox::Sandbox;

impl Sandbox {
    /// From now on lists of check runs, comments, issues, Deployments and runs of workflows show a thing only so long
    /// after it was made, by the stand-in's clock. By its own address it is there at once.
    pub fn lists_lag(&self, seconds: i64) {
        self.hub.with(|world| world.lists_lag = TimeDelta::seconds(seconds));
    }
}
