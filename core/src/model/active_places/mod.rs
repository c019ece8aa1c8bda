//! The places beside an environment: branches that are deployed to an environment of their own before they are merged,
//! only so many at once, and who waits for one. Pure: what has happened goes in, by whatever order and clock.

use super::{BranchName, CommitId, EnvironmentName, PullNumber, UnixMillis, UserId, UserKey};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So many wait for a place at most.
const QUEUE_MAX: usize = 100;

/// How many branches may be active beside an environment, and how a place is given on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveRules {
    /// How many branches may be active at once, the environment's own left out.
    pub places: u32,
    /// After how long without a push a place is to be freed; `None` for never.
    pub idle: Option<Duration>,
    /// Whether there is data in such an environment, which somebody has to let go before its place is given on.
    pub keeps_data: bool,
}

impl Default for ActiveRules {
    fn default() -> Self {
        Self { places: 0, idle: None, keeps_data: true }
    }
}

/// Why a place is to be freed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum WhyToBeFreed {
    /// Somebody has given it up.
    GivenUp {
        /// Who.
        by: String,
    },
    /// The pull request was merged.
    Merged,
    /// The pull request was closed, or its branch deleted.
    Closed,
    /// The pull request goes into another branch now.
    Retargeted,
    /// The pull request has another branch now.
    Renamed,
    /// Nobody has pushed for long.
    Idle,
    /// Its time is over.
    Ended,
}

/// That a place is to be freed: nothing is deployed there any more, and it is given on once the data may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToBeFreed {
    /// Why.
    #[serde(flatten)]
    pub why: WhyToBeFreed,
    /// Since when.
    pub since: UnixMillis,
}

/// A place that a branch has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivePlace {
    /// The pull request of the branch.
    pub number: PullNumber,
    /// The branch, which is in the repository itself.
    pub branch: BranchName,
    /// The login of whoever asked for it.
    pub by: String,
    /// Their account.
    #[serde(default)]
    pub by_id: Option<UserId>,
    /// Since when it has it.
    pub since: UnixMillis,
    /// When it ends by itself.
    pub until: Option<UnixMillis>,
    /// The branch's commit, as it was last seen.
    #[serde(default)]
    pub head: Option<CommitId>,
    /// When that was pushed, as far as seen.
    pub pushed_at: UnixMillis,
    /// Deploys up to this number are of before, and count for nothing.
    #[serde(default)]
    pub after: u64,
    /// Whether it had to wait for it.
    #[serde(default)]
    pub has_waited: bool,
    /// That it is to be freed, if it is.
    #[serde(default)]
    pub to_be_freed: Option<ToBeFreed>,
}

impl ActivePlace {
    /// Whoever asked for it.
    pub fn holder(&self) -> UserKey<'_> {
        UserKey { login: &self.by, id: self.by_id }
    }

    /// What others are told of it.
    pub fn told(&self) -> PlaceTaken {
        PlaceTaken {
            number: self.number,
            branch: self.branch.clone(),
            by: self.by.clone(),
            since: self.since,
            until: self.until,
            to_be_freed: !self.is_held(),
        }
    }

    /// Whether its branch is deployed there.
    pub fn is_held(&self) -> bool {
        self.to_be_freed.is_none()
    }
}

/// A place as those who wait for one are told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceTaken {
    /// The pull request that has it.
    pub number: PullNumber,
    /// Its branch.
    pub branch: BranchName,
    /// Who has asked for it.
    pub by: String,
    /// Since when.
    pub since: UnixMillis,
    /// When it ends by itself.
    pub until: Option<UnixMillis>,
    /// Whether it is to be freed.
    pub to_be_freed: bool,
}

/// What a pull request waits for that wants a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceAwaited {
    /// Which number of the queue it is, from 1.
    pub turn: usize,
    /// The places that are not free.
    pub taken: Vec<PlaceTaken>,
}

/// A branch that waits for a place, or asks for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceRequest {
    /// The pull request of the branch.
    pub number: PullNumber,
    /// The branch, which is in the repository itself.
    pub branch: BranchName,
    /// The login of whoever asks.
    pub by: String,
    /// Their account.
    #[serde(default)]
    pub by_id: Option<UserId>,
    /// Since when.
    pub since: UnixMillis,
    /// When it needs none any more, whether it has had one or not.
    pub until: Option<UnixMillis>,
    /// For how long it needs one once it has it, where no moment is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Duration>,
}

impl PlaceRequest {
    /// When the place ends that it has from this moment on.
    fn end(&self, from: UnixMillis) -> Option<UnixMillis> {
        self.until.or_else(|| self.lasts.map(|lasts| from + lasts))
    }

    /// Whether it says when it ends.
    fn has_end(&self) -> bool {
        self.until.is_some() || self.lasts.is_some()
    }
}

/// What came of asking for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceAnswer {
    /// It had one before.
    Held,
    /// It waits, for a place that may be free: see [`ActivePlaces::go_on`].
    Queued,
    /// A branch of another pull request has an environment of the same name.
    SameName(PullNumber),
    /// Too many wait.
    Full,
}

/// What giving a place up came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It neither had a place nor waited for one.
    Nothing,
    /// It waits no more.
    Queue,
    /// Its place is to be freed, or was before.
    Place,
}

/// What has come of time, and of places that became free.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacesMoved {
    /// Those that have a place now, in the order of the queue.
    pub given: Vec<PullNumber>,
    /// The places that are free, or somebody else's by now.
    pub freed: Vec<ActivePlace>,
    /// Those that waited, and whose time is over without a place.
    pub waits_ended: Vec<PullNumber>,
}

/// The places beside one environment, and who waits for one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivePlaces {
    /// The places that are not free, in the order in which they were given.
    pub taken: Vec<ActivePlace>,
    /// Who waits, the first one first.
    pub queue: Vec<PlaceRequest>,
}

/// The name of a branch's own environment beside an environment.
pub fn active_environment(environment: &str, branch: &BranchName) -> String {
    format!("{environment}/{branch}")
}

impl ActivePlaces {
    /// The place of a pull request.
    pub fn of(&self, number: PullNumber) -> Option<&ActivePlace> {
        self.taken.iter().find(|it| it.number == number)
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, number: PullNumber) -> Option<&mut ActivePlace> {
        self.taken.iter_mut().find(|it| it.number == number)
    }

    /// Which number of the queue a pull request is, from 1.
    pub fn turn_of(&self, number: PullNumber) -> Option<usize> {
        Some(self.queue.iter().position(|it| it.number == number)? + 1)
    }

    /// What a pull request waits for, where it does.
    pub fn awaited_by(&self, number: PullNumber) -> Option<PlaceAwaited> {
        let turn = self.turn_of(number)?;
        Some(PlaceAwaited { turn, taken: self.taken.iter().map(ActivePlace::told).collect() })
    }

    /// Whether a pull request has a place or waits for one.
    pub fn concern(&self, number: PullNumber) -> bool {
        self.of(number).is_some() || self.turn_of(number).is_some()
    }

    /// A pull request asks for a place. It goes to the end of the queue; who has a place or waits for one stays where they
    /// are, with another end where one is given. Who has a place that is to be freed keeps it, unless somebody waits for it.
    pub fn ask(&mut self, request: PlaceRequest, now: UnixMillis) -> PlaceAnswer {
        let nobody_waits = self.queue.is_empty();
        let alike =
            |branch: &BranchName| EnvironmentName::are_alike(branch.as_str(), request.branch.as_str());
        let others = self.taken.iter().map(|it| (it.number, &it.branch));
        let mut others = others.chain(self.queue.iter().map(|it| (it.number, &it.branch)));
        if let Some((other, _)) = others.find(|(number, branch)| *number != request.number && alike(branch)) {
            return PlaceAnswer::SameName(other);
        }
        if let Some(waiting) = self.queue.iter_mut().find(|it| it.number == request.number) {
            if request.has_end() {
                (waiting.until, waiting.lasts) = (request.until, request.lasts);
            }
            return PlaceAnswer::Queued;
        }
        if let Some(place) = self.of_mut(request.number)
            && place.branch == request.branch
            && (place.is_held() || nobody_waits)
        {
            place.until = request.end(now).or(place.until.filter(|until| *until > now));
            if place.to_be_freed.take().is_some() {
                place.pushed_at = now;
            }
            return PlaceAnswer::Held;
        }
        if self.queue.len() >= QUEUE_MAX {
            return PlaceAnswer::Full;
        }
        self.queue.push(request);
        PlaceAnswer::Queued
    }

    /// A pull request needs no place any more, for this reason.
    pub fn leave(&mut self, number: PullNumber, why: WhyToBeFreed, now: UnixMillis) -> Left {
        let waited = self.queue.len();
        self.queue.retain(|it| it.number != number);
        if let Some(place) = self.of_mut(number) {
            place.to_be_freed.get_or_insert(ToBeFreed { why, since: now });
            return Left::Place;
        }
        if self.queue.len() < waited { Left::Queue } else { Left::Nothing }
    }

    /// Whoever may has said that the data of a place that is to be freed may go: the place is free.
    pub fn free(&mut self, number: PullNumber) -> Option<ActivePlace> {
        let at = self.taken.iter().position(|it| it.number == number && !it.is_held())?;
        Some(self.taken.remove(at))
    }

    /// Goes on with what time has ended and with the queue: whoever waits longest gets a place that is free. No place is
    /// taken away because there are fewer by now.
    pub fn go_on(&mut self, rules: &ActiveRules, now: UnixMillis) -> PlacesMoved {
        let is_over = |until: Option<UnixMillis>| until.is_some_and(|until| until <= now);
        for place in self.taken.iter_mut().filter(|it| it.is_held()) {
            let is_idle = rules.idle.is_some_and(|idle| place.pushed_at + idle <= now);
            let why = match (is_over(place.until), is_idle) {
                (true, _) => WhyToBeFreed::Ended,
                (false, true) => WhyToBeFreed::Idle,
                (false, false) => continue,
            };
            place.to_be_freed = Some(ToBeFreed { why, since: now });
        }
        let waits_ended = self.queue.extract_if(.., |it| is_over(it.until)).map(|it| it.number).collect();
        let mut moved = PlacesMoved { waits_ended, ..PlacesMoved::default() };
        if !rules.keeps_data {
            moved.freed.extend(self.taken.extract_if(.., |it| !it.is_held()));
        }
        while let Some(next) = self.queue.first() {
            let own = self.taken.iter().position(|it| it.number == next.number);
            if own.is_none() && self.taken.len() >= rules.places as usize {
                break;
            }
            let next = self.queue.remove(0);
            // What is there is its own: nothing of anybody else's is lost.
            moved.freed.extend(own.map(|at| self.taken.remove(at)));
            moved.given.push(next.number);
            self.taken.push(given(next, now));
        }
        moved
    }

    /// When something changes by itself.
    pub fn next_change(&self, rules: &ActiveRules) -> Option<UnixMillis> {
        let held = self.taken.iter().filter(|it| it.is_held());
        let ends = held.flat_map(|it| [it.until, rules.idle.map(|idle| it.pushed_at + idle)]);
        ends.chain(self.queue.iter().map(|it| it.until)).flatten().min()
    }
}

/// The place that somebody gets whose turn it is.
fn given(request: PlaceRequest, now: UnixMillis) -> ActivePlace {
    let until = request.end(now);
    let PlaceRequest { number, branch, by, by_id, since, .. } = request;
    ActivePlace {
        number,
        branch,
        by,
        by_id,
        since: now,
        until,
        head: None,
        pushed_at: now,
        after: 0,
        has_waited: since < now,
        to_be_freed: None,
    }
}

#[cfg(test)]
mod tests;
