//! What customers must see of one environment, by what was done to it alone.

use chrono::TimeDelta;

/// How long an order may wait until somebody starts it: after that it has failed.
const PICK_UP_WITHIN: TimeDelta = TimeDelta::minutes(15);
/// GitHub's clock goes on from step to step and the server's all the time, so that not all is told to the minute.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(1);

/// An environment as those who use it know it.
#[derive(Debug)]
pub struct Site {
    pub name: &'static str,
    /// Every commit that its branch has pointed at, in order.
    pub tips: Vec<String>,
    /// What was brought there and went well, one after the other.
    well: Vec<String>,
    /// Those of them that were not taken back, the oldest first.
    releases: Vec<String>,
    /// What was begun and came to no good end: nobody knows what customers see of it.
    broken: bool,
    /// Who brings something there at this moment.
    at_work: Vec<Work>,
    /// Who has stopped because it was said to be over, and has told nobody that nothing of it runs any more.
    stopped: Vec<Work>,
    /// Where only rollbacks may go: but for so many orders, which were there before.
    held: Option<usize>,
    /// The newest rollback, until it or something after it has ended well.
    going_back: Option<GoingBack>,
    /// So many orders were there before the newest rollback.
    taken_back: usize,
    /// Whether words were lost, so that nobody can be held to know how things stand.
    pub unsure: bool,
}

/// A rollback that was accepted and has not ended well.
#[derive(Debug)]
struct GoingBack {
    /// So many orders were there before.
    since: usize,
    /// Where it was to lead.
    to: String,
}

/// How far a rollback has come that has not ended well.
enum Progress {
    UnderWay,
    /// Whoever is at work on it was asked to stop.
    BeingStopped,
    CameToNothing,
    NeverBegan,
}

/// Somebody at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The Deployment's or the run's number.
    pub id: u64,
    pub commit: String,
    /// The place of its order among all that were ever given for this environment.
    pub order: usize,
    /// How long ago it was ordered.
    pub age: TimeDelta,
    pub rollback: bool,
    /// Whether it was asked to stop, and has not yet.
    pub is_being_cancelled: bool,
}

impl Site {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            tips: Vec::new(),
            well: Vec::new(),
            releases: Vec::new(),
            broken: false,
            at_work: Vec::new(),
            stopped: Vec::new(),
            held: None,
            going_back: None,
            taken_back: 0,
            unsure: false,
        }
    }

    /// What customers see; `None` where nobody can know.
    pub fn seen(&self) -> Option<&str> {
        if self.broken || !self.at_work.is_empty() { None } else { self.well.last().map(String::as_str) }
    }

    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    pub fn at_work(&self) -> &[Work] {
        &self.at_work
    }

    fn age(&self, commit: &str) -> usize {
        let place = self.tips.iter().rposition(|tip| tip == commit);
        place.unwrap_or_else(|| panic!("{} was never on {}", short(commit), self.name))
    }

    pub fn stopped(&self) -> &[Work] {
        &self.stopped
    }

    /// Somebody begins.
    pub fn begins(&mut self, work: Work) {
        let name = self.name;
        for other in &self.at_work {
            assert!(
                work.rollback && other.is_being_cancelled,
                "two at once on {name}: {} begins while {} is at work",
                short(&work.commit),
                short(&other.commit)
            );
        }
        if !work.rollback {
            // Whatever was begun in between was meant to be, whatever the one before it does.
            let beside = self.stopped.iter().find(|it| it.order + 1 == work.order);
            let beside = beside.map(|it| short(&it.commit));
            assert_eq!(
                beside,
                None,
                "{} begins on {name} beside one that may still run",
                short(&work.commit)
            );
            let is_held = self.held.is_some_and(|since| work.order >= since);
            assert!(!is_held, "{} begins on {name}, which is held", short(&work.commit));
            if let Some(last) = self.well.last() {
                let newer = self.age(&work.commit) > self.age(last);
                assert!(newer, "{} begins on {name} after {}", short(&work.commit), short(last));
            }
        }
        self.at_work.push(work);
    }

    /// One at work is asked to stop.
    pub fn is_cancelled(&mut self, id: u64) {
        for work in self.at_work.iter_mut().filter(|work| work.id == id) {
            work.is_being_cancelled = true;
        }
    }

    /// One at work ends.
    pub fn ends(&mut self, id: u64, went_well: bool) {
        let Some(place) = self.at_work.iter().position(|work| work.id == id) else { return };
        let work = self.at_work.remove(place);
        if went_well {
            // What a rollback takes back while it is still under way may end well, and was taken back all the same.
            if work.order >= self.taken_back {
                self.going_back = None;
                if self.releases.last() != Some(&work.commit) {
                    self.releases.push(work.commit.clone());
                }
            }
            self.well.push(work.commit);
            self.broken = false;
        } else {
            self.broken = true;
        }
    }

    /// One at work stops because it was said to be over, and does not say so yet.
    pub fn stops(&mut self, id: u64) {
        self.stopped.extend(self.at_work.iter().find(|work| work.id == id).cloned());
        self.ends(id, false);
    }

    /// One that has stopped says so.
    pub fn says_that_it_stopped(&mut self, id: u64) {
        self.stopped.retain(|work| work.id != id);
    }

    /// Where a rollback may lead that names no goal; nowhere is a refusal. `given` are all orders that were ever given,
    /// `open` those of them that nobody has taken up.
    pub fn way_back(&self, given: &[Work], open: &[Work]) -> Vec<Option<&str>> {
        let younger = |than: TimeDelta| open.iter().filter(|it| it.age < than).collect::<Vec<_>>();
        let mut ways = self.way_back_beside(given, &younger(PICK_UP_WITHIN));
        // Of what is nearly too late nobody can say whether it is.
        ways.extend(self.way_back_beside(given, &younger(PICK_UP_WITHIN - CLOCKS_DIFFER)));
        ways.dedup();
        ways
    }

    /// The same, where just these orders may still be taken up in time.
    fn way_back_beside(&self, given: &[Work], open: &[&Work]) -> Vec<Option<&str>> {
        if let Some(back) = &self.going_back {
            let to = Some(back.to.as_str());
            match self.progress(back, given, open) {
                Progress::UnderWay => return vec![None],
                Progress::BeingStopped => return vec![to, None],
                // It is tried again, and goes no further back, whether or not somebody has let the environment go.
                Progress::CameToNothing => return vec![to],
                Progress::NeverBegan => {}
            }
        }
        if self.held.is_some() {
            return vec![None];
        }
        let last = self.releases.last().map(String::as_str);
        let before = self.releases.iter().rev().map(String::as_str).find(|it| Some(*it) != last);
        if self.broken || !self.at_work.is_empty() {
            return vec![last];
        }
        if !open.is_empty() {
            return vec![last, before];
        }
        // What failed has not touched what runs, so it is not clear what is meant.
        let newest = given.last().map(|work| work.commit.as_str());
        if newest == last { vec![before] } else { vec![before, None] }
    }

    /// How far the newest rollback has come, which has not ended well.
    fn progress(&self, back: &GoingBack, given: &[Work], open: &[&Work]) -> Progress {
        let since = given.get(back.since..).unwrap_or_default();
        let Some(order) = since.iter().find(|work| work.rollback) else {
            // It waits for the end of what it takes back; or something newer was merged and went instead.
            return if since.is_empty() { Progress::UnderWay } else { Progress::NeverBegan };
        };
        let at_work = self.at_work.iter().find(|work| work.id == order.id);
        if open.iter().any(|work| work.id == order.id) || at_work.is_some_and(|work| !work.is_being_cancelled)
        {
            return Progress::UnderWay;
        }
        if at_work.is_some() { Progress::BeingStopped } else { Progress::CameToNothing }
    }

    /// Taken back: only rollbacks go, but for the orders that were there, of which there are `since`. What ran after
    /// the release that it leads to is brought back by name only.
    pub fn hold(&mut self, since: usize, to: String) {
        self.held = Some(since);
        self.taken_back = since;
        if let Some(place) = self.releases.iter().rposition(|release| *release == to) {
            self.releases.truncate(place + 1);
        }
        self.going_back = Some(GoingBack { since, to });
    }

    pub fn lift(&mut self) {
        self.held = None;
    }
}

pub fn short(commit: &str) -> &str {
    commit.get(..9).unwrap_or(commit)
}
