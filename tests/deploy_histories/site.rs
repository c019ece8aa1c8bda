//! What customers must see of one environment, by what was done to it alone.

/// An environment as those who use it know it.
#[derive(Debug)]
pub struct Site {
    pub name: &'static str,
    /// Every commit that its branch has pointed at, in order.
    pub tips: Vec<String>,
    /// What was brought there and went well, one after the other.
    well: Vec<String>,
    /// What was begun and came to no good end: nobody knows what customers see of it.
    broken: bool,
    /// Who brings something there at this moment.
    at_work: Vec<Work>,
    /// Who has stopped because it was said to be over, and has told nobody that nothing of it runs any more.
    stopped: Vec<Work>,
    /// Why only rollbacks may go, where that is so.
    held: Option<Held>,
    /// Whether words were lost, so that nobody can be held to know how things stand.
    pub unsure: bool,
}

/// What a rollback leaves behind until somebody lets the environment go.
#[derive(Debug)]
struct Held {
    /// The orders that were there before may still go.
    since: usize,
    /// Where it was to lead.
    to: String,
    /// Whether it has come there.
    is_there: bool,
}

/// Somebody at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The Deployment's or the run's number.
    pub id: u64,
    pub commit: String,
    /// The place of its order among all that were ever given for this environment.
    pub order: usize,
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
            broken: false,
            at_work: Vec::new(),
            stopped: Vec::new(),
            held: None,
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
            let is_held = self.held.as_ref().is_some_and(|held| work.order >= held.since);
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
            if let Some(held) = self.held.as_mut().filter(|held| work.rollback && held.to == work.commit) {
                held.is_there = true;
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

    /// Where a rollback may lead that names no goal; nowhere is a refusal. `open` are the orders that nobody has taken
    /// up, `newest` is what the newest one was to bring.
    pub fn way_back(&self, open: &[Work], newest: Option<&str>) -> Vec<Option<&str>> {
        let goes_back = self.at_work.iter().chain(open).any(|work| work.rollback);
        if let Some(held) = &self.held {
            // One that came to nothing is tried again, and goes no further back.
            let again = (!held.is_there).then_some(held.to.as_str());
            return if goes_back { vec![again, None] } else { vec![again] };
        }
        let last = self.well.last().map(String::as_str);
        let before = self.well.iter().rev().map(String::as_str).find(|it| Some(*it) != last);
        let mut ways = if self.broken || !self.at_work.is_empty() {
            vec![last]
        } else if open.is_empty() {
            vec![before]
        } else {
            vec![last, before]
        };
        // What came to nothing has not touched what runs, so it is not clear what is meant.
        let came_to_nothing = !self.broken && open.is_empty() && newest != last;
        if goes_back || came_to_nothing {
            ways.push(None);
        }
        ways
    }

    /// Taken back: only rollbacks go, but for the orders that were there.
    pub fn hold(&mut self, since: usize, to: String) {
        self.held = Some(Held { since, to, is_there: false });
    }

    pub fn lift(&mut self) {
        self.held = None;
    }
}

pub fn short(commit: &str) -> &str {
    commit.get(..9).unwrap_or(commit)
}
