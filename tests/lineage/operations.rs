//! Random histories by operations whose meaning is known: who cut, merged, promoted, squashed and force-pushed
//! what. Whether a pull request is contaminated follows from who made the commits it brings, not from any rule
//! about graphs; the engine has to come to the same.

use std::cell::Cell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use towpath::model::{Cause, Code, Finding, Outcome, PromotionPath, RevertEffect};

use crate::examples::{verdict, with_hotfixes};
use crate::story::{Mark, Story};

const TOPICS: [&str; 5] = ["t0", "t1", "t2", "h0", "h1"];
const ENVIRONMENTS: [&str; 3] = ["integration", "staging", "production"];

/// Something that somebody does. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Cut { topic: usize, from: usize },
    Commit { topic: usize },
    Update { topic: usize, with: usize },
    Stack { topic: usize, on: usize },
    Merge { topic: usize, how: How },
    Try { topic: usize },
    Hotfix { topic: usize },
    Promote { stage: usize, how: How },
    CarryBack,
    DirectPush { environment: usize },
    PushBack { environment: usize },
    PointAt { topic: usize },
    Rewrite { topic: usize },
    TakeBack { topic: usize, named: bool },
    Sync { how: How },
}

#[derive(Debug, Clone, Copy)]
enum How {
    Merge,
    Squash,
    Rebase,
    FastForward,
}

fn step() -> impl Strategy<Value = Step> {
    let topic = || 0..TOPICS.len();
    let how = || {
        prop_oneof![
            4 => Just(How::Merge),
            2 => Just(How::Squash),
            1 => Just(How::Rebase),
            1 => Just(How::FastForward)
        ]
    };
    prop_oneof![
        // Mostly as it should be: topics from integration, hotfixes from production.
        6 => (topic(), prop_oneof![5 => Just(9_usize), 1 => 0..4_usize])
            .prop_map(|(topic, from)| Step::Cut { topic, from }),
        6 => topic().prop_map(|topic| Step::Commit { topic }),
        2 => (topic(), 0..4_usize).prop_map(|(topic, with)| Step::Update { topic, with }),
        1 => (topic(), topic()).prop_map(|(topic, on)| Step::Stack { topic, on }),
        4 => (topic(), how()).prop_map(|(topic, how)| Step::Merge { topic, how }),
        2 => topic().prop_map(|topic| Step::Try { topic }),
        2 => topic().prop_map(|topic| Step::Hotfix { topic }),
        5 => (0..2_usize, how()).prop_map(|(stage, how)| Step::Promote { stage, how }),
        1 => Just(Step::CarryBack),
        1 => (0..3_usize).prop_map(|environment| Step::DirectPush { environment }),
        1 => (0..3_usize).prop_map(|environment| Step::PushBack { environment }),
        1 => topic().prop_map(|topic| Step::PointAt { topic }),
        2 => topic().prop_map(|topic| Step::Rewrite { topic }),
        2 => (topic(), any::<bool>()).prop_map(|(topic, named)| Step::TakeBack { topic, named }),
        2 => how().prop_map(|how| Step::Sync { how }),
    ]
}

/// Who made a commit: an environment (or the copy branch), or one life of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Maker {
    Path(&'static str),
    Topic(&'static str, usize),
}

/// What is known of a pull request by what was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    /// It brings what another environment made, and its target never had.
    Contaminated,
    /// It brings only its own work, or what its target itself once had.
    Clean,
    /// It brings work of others: a matter of the weaker rules.
    Shared,
}

/// What merging a topic would do to the files of its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    /// It loses something.
    takes_away: bool,
    /// Others wrote some of that.
    takes_from_others: bool,
    /// No file changes, though commits come.
    nothing: bool,
}

impl Change {
    /// Whether this was said, and nothing that is not so.
    fn is_told(self, findings: &[Finding]) -> bool {
        let takes = findings.iter().any(|finding| match &finding.cause {
            Cause::UndoesMergedWork { reverts, .. } => {
                reverts.iter().any(|revert| revert.effect == RevertEffect::TakenFromBase)
            }
            _ => false,
        });
        let nothing = findings.iter().any(|finding| match &finding.cause {
            Cause::AlreadyMerged { changes_nothing, .. } => *changes_nothing,
            cause => cause.code() == Code::ChangesNothing,
        });
        nothing == self.nothing && if takes { self.takes_away } else { !self.takes_from_others }
    }
}

struct World {
    story: Story,
    makers: Vec<Maker>,
    /// How many times each topic was begun; none before the first.
    lives: [usize; TOPICS.len()],
    /// Every commit that each environment has pointed at.
    tips: [Vec<Mark>; 3],
    /// Whether an environment was pushed back: what was promoted further then is a matter of its own.
    pushed_back: [bool; 3],
    files: usize,
}

impl World {
    fn new() -> Self {
        let story = Story::pro();
        let makers = vec![Maker::Path("integration"); story.count()];
        let mut world = Self {
            story,
            makers,
            lives: [0; TOPICS.len()],
            tips: [Vec::new(), Vec::new(), Vec::new()],
            pushed_back: [false; 3],
            files: 0,
        };
        // Who made what in the base state: promotions were made downstream.
        for (branch, place) in [("staging", 1), ("production", 2), ("master", 3)] {
            let mut mark = world.story.tip(branch);
            let upstream = world.story.ancestors(world.story.tip("integration"));
            while !upstream.contains(&mark) {
                world.makers[mark] = Maker::Path(["integration", "staging", "production", "master"][place]);
                mark = world.story.first_parent(mark);
            }
        }
        world.note_tips();
        world
    }

    /// Everything new was made by `maker`.
    fn made_by(&mut self, maker: Maker) {
        self.makers.resize(self.story.count(), maker);
        self.note_tips();
    }

    fn note_tips(&mut self) {
        for (place, environment) in ENVIRONMENTS.iter().enumerate() {
            let tip = self.story.tip(environment);
            if self.tips[place].last() != Some(&tip) {
                self.tips[place].push(tip);
            }
        }
    }

    fn alive(&self, topic: usize) -> bool {
        self.lives[topic] > 0
    }

    fn topic(&self, topic: usize) -> Maker {
        Maker::Topic(TOPICS[topic], self.lives[topic])
    }

    fn is_new(&self, from: &str, into: &str) -> bool {
        !self.story.ancestors(self.story.tip(into)).contains(&self.story.tip(from))
    }

    fn fresh_file(&mut self) -> String {
        self.files += 1;
        format!("file{}", self.files)
    }

    /// Does it, unless it makes no sense where things stand.
    fn take(&mut self, step: &Step) {
        match *step {
            Step::Cut { topic, from } => self.cut(topic, from),
            Step::Commit { topic } if self.alive(topic) => self.commit(topic),
            Step::Update { topic, with } if self.alive(topic) => {
                let with = ["integration", "staging", "production", "master"][with];
                if self.is_new(with, TOPICS[topic]) {
                    self.story.merge(with, TOPICS[topic]);
                    self.made_by(self.topic(topic));
                }
            }
            Step::Stack { topic, on } if topic != on && self.alive(on) => {
                self.lives[topic] += 1;
                self.story.point_at(TOPICS[topic], TOPICS[on]);
                self.commit(topic);
            }
            Step::Merge { topic, how } if self.alive(topic) => self.into(TOPICS[topic], "integration", how),
            Step::Try { topic } if self.alive(topic) => self.into(TOPICS[topic], "staging", How::Merge),
            Step::Hotfix { topic } if self.is_clean_hotfix(topic) => {
                self.into(TOPICS[topic], "production", How::Merge);
            }
            Step::Promote { stage, how } => self.into(ENVIRONMENTS[stage], ENVIRONMENTS[stage + 1], how),
            Step::CarryBack => self.into("production", "integration", How::Merge),
            Step::Sync { how } => self.into("production", "master", how),
            Step::DirectPush { environment } => {
                let file = self.fresh_file();
                self.story.commit(ENVIRONMENTS[environment], &file);
                self.made_by(Maker::Path(ENVIRONMENTS[environment]));
            }
            Step::PushBack { environment } => self.push_back(environment),
            Step::PointAt { topic } if self.alive(topic) => {
                self.pushed_back[1] = true;
                self.story.point_at("staging", TOPICS[topic]);
                self.note_tips();
            }
            Step::Rewrite { topic } if self.alive(topic) => self.rewrite(topic),
            Step::TakeBack { topic, named } if self.alive(topic) => self.take_back(topic, named),
            _ => {}
        }
    }

    fn is_clean_hotfix(&self, topic: usize) -> bool {
        self.alive(topic) && TOPICS[topic].starts_with('h') && self.label(topic, "production") == Label::Clean
    }

    fn cut(&mut self, topic: usize, from: usize) {
        let path = ["integration", "staging", "production", "master"];
        let right = if TOPICS[topic].starts_with('h') { "production" } else { "integration" };
        self.lives[topic] += 1;
        self.story.point_at(TOPICS[topic], path.get(from).copied().unwrap_or(right));
        self.commit(topic);
    }

    fn commit(&mut self, topic: usize) {
        let file = self.fresh_file();
        self.story.commit(TOPICS[topic], &file);
        self.made_by(self.topic(topic));
    }

    /// Amends the last commit and pushes by force.
    fn rewrite(&mut self, topic: usize) {
        let tip = self.story.tip(TOPICS[topic]);
        if self.makers[tip] == self.topic(topic) {
            self.story.point(TOPICS[topic], self.story.first_parent(tip));
            self.commit(topic);
        }
    }

    /// Takes back the newest merge that was made on the topic; without a word only where nothing came after it.
    fn take_back(&mut self, topic: usize, named: bool) {
        let (branch, own) = (TOPICS[topic], self.topic(topic));
        let mut mark = self.story.tip(branch);
        while named && self.makers[mark] == own && !self.story.is_merge(mark) {
            mark = self.story.first_parent(mark);
        }
        if self.makers[mark] != own || !self.story.is_merge(mark) {
            return;
        }
        if named {
            self.story.revert_by_name(mark, branch);
        } else {
            self.story.revert_as(mark, branch, "Tidy up");
        }
        self.made_by(own);
    }

    /// What merging would do to the base's files.
    fn change(&self, topic: usize, base: &str) -> Change {
        let after = self.story.files_merged(TOPICS[topic], base);
        let before = self.story.files(base);
        let lost = before.iter().filter(|(path, content)| after.get(*path) != Some(*content));
        let lost: Vec<_> = lost.map(|(_, content)| self.is_own(topic, content)).collect();
        Change {
            takes_away: !lost.is_empty(),
            takes_from_others: lost.contains(&false),
            nothing: after == *before && !self.brought(TOPICS[topic], base).is_empty(),
        }
    }

    /// Whether any life of the topic wrote what a file holds; the commit's number is in it.
    fn is_own(&self, topic: usize, content: &str) -> bool {
        let number = content.trim().rsplit(' ').next().and_then(|number| number.parse::<usize>().ok());
        number.is_some_and(|mark| matches!(self.makers[mark], Maker::Topic(name, _) if name == TOPICS[topic]))
    }

    fn push_back(&mut self, environment: usize) {
        let branch = ENVIRONMENTS[environment];
        let before = self.story.first_parent(self.story.tip(branch));
        if self.makers[before] == Maker::Path(branch) {
            self.pushed_back[environment] = true;
            self.story.point(branch, before);
            self.note_tips();
        }
    }

    fn into(&mut self, from: &str, into: &'static str, how: How) {
        if !self.is_new(from, into) {
            return;
        }
        let forward = self.story.ancestors(self.story.tip(from)).contains(&self.story.tip(into));
        match how {
            How::FastForward if forward => self.story.point_at(into, from),
            How::Squash => drop(self.story.squash(from, into)),
            // Only topics are rebased: a promotion's merges would be lost with their sides.
            How::Rebase if from.starts_with('t') && self.is_linear(from, into) => {
                self.story.rebase(from, into);
            }
            How::Merge | How::FastForward | How::Rebase => drop(self.story.merge(from, into)),
        }
        self.made_by(Maker::Path(into));
    }

    fn is_linear(&self, from: &str, into: &str) -> bool {
        self.brought(from, into).into_iter().all(|mark| !self.story.is_merge(mark))
    }

    fn brought(&self, head: &str, base: &str) -> BTreeSet<Mark> {
        let there = self.story.ancestors(self.story.tip(base));
        self.story.ancestors(self.story.tip(head)).into_iter().filter(|mark| !there.contains(mark)).collect()
    }

    fn label(&self, topic: usize, base: &str) -> Label {
        let place = ENVIRONMENTS.iter().position(|it| *it == base).unwrap();
        // What the target once had counts as its own where the topic has it from there.
        let own = self.story.ancestors(self.story.tip(TOPICS[topic]));
        let former = self.tips[place].iter().filter(|tip| own.contains(tip));
        let once_there: BTreeSet<Mark> = former.flat_map(|tip| self.story.ancestors(*tip)).collect();
        let mut label = Label::Clean;
        for mark in self.brought(TOPICS[topic], base) {
            if self.makers[mark] == self.topic(topic) || once_there.contains(&mark) {
                continue;
            }
            match &self.makers[mark] {
                Maker::Path(_) => return Label::Contaminated,
                Maker::Topic(..) => label = Label::Shared,
            }
        }
        label
    }

    /// Whether the base has a change of its own that the head never got. Each change is in a file of its own.
    fn drifted(&self, head: &str, base: &'static str) -> bool {
        let there = self.story.ancestors(self.story.tip(head));
        let only = self.story.ancestors(self.story.tip(base));
        let mut only = only.into_iter().filter(|mark| !there.contains(mark) && !self.story.is_merge(*mark));
        only.any(|mark| {
            let promoted = matches!(self.makers[mark], Maker::Path(_)) && self.story.is_promotion(mark);
            !promoted && !self.story.has_change(mark, head)
        })
    }
}

/// How many topics were seen that take away work of others, and that change nothing.
type Seen = Cell<(usize, usize)>;

async fn judge_all(world: World, seen: &Seen) -> Result<(), String> {
    let path = with_hotfixes();
    let topics: Vec<usize> = (0..TOPICS.len()).filter(|topic| world.alive(*topic)).collect();
    let labels: Vec<_> = topics
        .iter()
        .map(|topic| {
            let base = if TOPICS[*topic].starts_with('h') { "production" } else { "integration" };
            (TOPICS[*topic], base, world.label(*topic, base), world.change(*topic, base))
        })
        .collect();
    let promotion = (!world.pushed_back.contains(&true)).then(|| world.drifted("staging", "production"));
    let repo = world.story.build();
    let ledger = repo.ledger();
    for (topic, base, label, change) in labels {
        let verdict = verdict(&repo, &path, (topic, base), &ledger).await;
        let outcome = verdict.outcome();
        let right = match label {
            Label::Contaminated => outcome == Outcome::Fail,
            Label::Clean => outcome <= Outcome::Warn,
            Label::Shared => outcome != Outcome::Unknown,
        };
        if outcome != Outcome::Fail {
            let (takes, nothing) = seen.get();
            seen.set((takes + usize::from(change.takes_from_others), nothing + usize::from(change.nothing)));
        }
        if outcome != Outcome::Fail && !change.is_told(&verdict.findings) {
            return Err(format!("{topic} into {base}: {change:?}, and it got {:?}", verdict.findings));
        }
        if !right {
            return Err(format!(
                "{topic} into {base} is {label:?} and got {outcome:?}: {:?}",
                verdict.findings
            ));
        }
    }
    if let Some(drifted) = promotion {
        let verdict = verdict(&repo, &PromotionPath::pro(), ("staging", "production"), &ledger).await;
        let failed = verdict.outcome() == Outcome::Fail;
        if failed != drifted {
            return Err(format!("drifted: {drifted}, and the promotion got {:?}", verdict.findings));
        }
    }
    Ok(())
}

#[test]
fn no_contaminated_pull_request_passes_and_no_clean_one_fails() {
    let config = Config { cases: 96, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let histories = proptest::collection::vec(step(), 5..40);
    let seen = Seen::default();
    let outcome = runner.run(&histories, |steps| {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        runtime.block_on(judge_all(world, &seen)).map_err(TestCaseError::fail)
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let (takes, nothing) = seen.get();
    assert!(takes >= 1 && nothing >= 3, "the histories show too little: {takes}, {nothing}");
}
