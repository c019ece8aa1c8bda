//! Who does what in a random history.

use super::Steps;
use super::orders::{Job, US};
use super::random::Random;
use super::site::{Site, Work, short};
use crate::stage::{Setting, Stage};
use std::collections::BTreeSet;
use std::time::Duration;
use towpath::deploy::DeployQueue;
use towpath::model::{BranchName, RepositoryId, UnixMillis};
use towpath::store::{
    ActOutcome, CommandStore as _, RequestedAct, RequestedActId, RequestedActRow, SqliteStore, Store as _,
};
use towpath_sandbox::{Cancelling, Order as Delivered};

/// How much happens in one history.
const STEPS: usize = 12;
const PATIENCE: Duration = Duration::from_secs(240);
const INPUTS: [&str; 8] =
    ["deploy", "environment", "sha", "tree", "previous_sha", "slug", "reuse_slug", "rollback"];

/// Whether a server is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Server {
    Up,
    Down,
}

pub struct World {
    stage: Stage,
    /// The server's, seen beside it.
    database: SqliteStore,
    sites: Vec<Site>,
    by_runs: bool,
    server: Server,
    random: Random,
    steps: Steps,
    files: usize,
    /// Orders that were taken up, or are over for whoever deploys.
    seen_to: BTreeSet<u64>,
}

impl World {
    pub async fn live_through(seed: u64, steps: Steps) {
        let mut world = Self::begin(seed, steps).await;
        for _ in 0..STEPS {
            world.step().await;
        }
        world.come_to_rest().await;
        world.database.close().await;
        world.stage.stop().await;
        world.stage.github.shutdown();
    }

    async fn begin(seed: u64, steps: Steps) -> Self {
        let branches = vec!["staging", "production"];
        let stage = Stage::with(Setting { branches, patience: PATIENCE, ..Setting::default() }).await;
        let mut random = Random::from(seed);
        let by_runs = random.chance(50);
        stage.store.workflow("deploy.yml").inputs(INPUTS).echoes("deploy");
        let driver = if by_runs { "{ driver: actions, file: deploy.yml }" } else { "{ driver: deployment }" };
        let text = format!(
            "version: 1\nenvironments:\n  - {{ name: staging, accepts: [topics], deploy: {driver} }}\n  \
             - {{ name: production, accepts: [staging], deploy: {driver} }}\ncopy: none\n"
        );
        stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
        stage.quiet().await;
        // Most of what can go wrong goes wrong in one environment, and git is what takes time.
        let names: &[&'static str] =
            if random.chance(60) { &["production"] } else { &["staging", "production"] };
        let sites: Vec<Site> = names.iter().map(|name| Site::new(name)).collect();
        let (server, seen_to) = (Server::Up, BTreeSet::new());
        let database = stage.database();
        let mut world = Self { stage, database, sites, by_runs, server, random, steps, files: 0, seen_to };
        world.tell(format!("deployed by {}", if by_runs { "runs" } else { "Deployments" }));
        // A rollback needs somewhere to go, and a rule on jobs of others somebody who has taken something up.
        let production = world.sites.len() - 1;
        for place in (0..=production).chain([production]) {
            world.push(place).await;
            world.quiet().await;
            world.take_up(place).await;
            world.stage.later();
            world.end(place, true).await;
            world.quiet().await;
        }
        world
    }

    fn tell(&self, step: String) {
        self.steps.lock().unwrap().push(step);
    }

    async fn quiet(&self) {
        let quiet = async {
            let mut calm = 0;
            while calm < 2 {
                self.stage.github.settled().await;
                let soon = self.stage.now() + crate::shop::SOON;
                let next = self
                    .database
                    .next_due(UnixMillis::MIN, towpath::store::ConcurrencyLimits::NONE)
                    .await
                    .unwrap();
                let idle = self.server == Server::Down || next.is_none_or(|due| due > soon);
                calm = if idle { calm + 1 } else { 0 };
                tokio::time::sleep(Duration::from_millis(5)).await;
                self.stage.keep_clocks_together();
            }
        };
        tokio::time::timeout(PATIENCE, quiet).await.expect("the work came to no end");
    }

    async fn step(&mut self) {
        self.stage.keep_clocks_together();
        let place = self.random.below(self.sites.len());
        match self.random.below(100) {
            0..=21 => self.push(place).await,
            22..=27 => self.promote().await,
            28..=47 => self.take_up(place).await,
            48..=60 => {
                let went_well = self.random.chance(65);
                self.end(place, went_well).await;
            }
            61..=70 => self.roll_back(place).await,
            71..=75 => self.lift(place).await,
            76..=81 => self.pass_time().await,
            82..=88 => self.disturb(),
            89..=92 => self.restart().await,
            93..=95 => self.carry_out_cancelling().await,
            _ => self.job_of_others(place).await,
        }
        // Some things happen while others are still under way.
        if self.random.chance(70) {
            self.quiet().await;
        }
        if self.random.chance(60) {
            self.stage.later();
        }
        self.look_at_runs();
    }

    async fn push(&mut self, place: usize) {
        self.files += 1;
        let (name, file) = (self.sites[place].name, format!("{}.txt", self.files));
        let made = self.stage.store.commit_on(name).file(&file, "x\n").by("rita").await.unwrap();
        self.tell(format!("{} is pushed to {name}", short(&made)));
        self.sites[place].tips.push(made);
    }

    async fn promote(&mut self) {
        let into = self.stage.store.merge("staging").into("production").no_ff().by("rita");
        let Ok(made) = into.await else { return };
        let Some(production) = self.sites.last_mut() else { return };
        if production.tips.last() != Some(&made) {
            production.tips.push(made.clone());
            self.tell(format!("{} promotes staging to production", short(&made)));
        }
    }

    /// All orders that Towpath has given for an environment, the oldest first.
    fn orders(&self, place: usize) -> Vec<Job> {
        let name = self.sites[place].name;
        if self.by_runs {
            let runs = self.stage.store.runs().into_iter();
            let ours = runs.filter(|run| run.inputs().get("environment").is_some_and(|it| it == name));
            return ours.map(Job::Run).collect();
        }
        let made = self.stage.store.deployments().into_iter();
        let ours = made.filter(|it| it.environment() == name && it.creator_login() == US);
        ours.map(Job::Deployment).collect()
    }

    fn open_orders(&self, place: usize) -> Vec<(usize, Job)> {
        let all = self.orders(place).into_iter().enumerate();
        all.filter(|(_, job)| !self.seen_to.contains(&job.id()) && job.is_open()).collect()
    }

    async fn take_up(&mut self, place: usize) {
        let Some((order, job)) = self.open_orders(place).into_iter().next() else { return };
        let work = job.work(order);
        self.tell(format!("{} is taken up on {}", short(&work.commit), self.sites[place].name));
        // Asked for the last time: what is cancelled meanwhile is not begun.
        match &job {
            Job::Deployment(made) => made.status("in_progress").by("deployer").await.unwrap(),
            Job::Run(run) => match run.begins().await {
                Ok(()) => {}
                Err(_) => return,
            },
        }
        self.seen_to.insert(job.id());
        self.sites[place].begins(work);
    }

    async fn end(&mut self, place: usize, went_well: bool) {
        let Some(work) = self.sites[place].at_work().first().cloned() else {
            return self.say_what_stopped(place).await;
        };
        let how = if went_well { "success" } else { "failure" };
        self.tell(format!("{} ends on {}: {how}", short(&work.commit), self.sites[place].name));
        let orders = self.orders(place).into_iter();
        for job in orders.filter(|job| job.id() == work.id) {
            match job {
                Job::Deployment(made) => made.status(how).by("deployer").await.unwrap(),
                Job::Run(run) => run.ends(how).await.unwrap(),
            }
        }
        self.sites[place].ends(work.id, went_well);
    }

    /// Those who act on Deployments cannot be told to stop, and nobody knows that they have until they say so.
    async fn say_what_stopped(&mut self, place: usize) {
        for work in self.sites[place].stopped().to_vec() {
            self.tell(format!(
                "{} is said to have stopped on {}",
                short(&work.commit),
                self.sites[place].name
            ));
            if let Some(Job::Deployment(made)) = self.orders(place).get(work.order) {
                made.status("failure").by("deployer").await.unwrap();
            }
            self.sites[place].says_that_it_stopped(work.id);
        }
    }

    /// What became of those at work without anybody's doing here: they were stopped.
    fn look_at_runs(&mut self) {
        for place in 0..self.sites.len() {
            let orders = self.orders(place);
            for work in self.sites[place].at_work().to_vec() {
                let Some(job) = orders.iter().find(|job| job.id() == work.id) else { continue };
                if job.is_being_stopped() {
                    self.sites[place].is_cancelled(work.id);
                }
                if job.was_stopped() {
                    let name = self.sites[place].name;
                    self.tell(format!("{} was stopped on {name}", short(&work.commit)));
                    match job {
                        Job::Deployment(_) => self.sites[place].stops(work.id),
                        // GitHub tells of it.
                        Job::Run(_) => self.sites[place].ends(work.id, false),
                    }
                }
            }
        }
    }

    async fn ask(&self, place: usize, order: RequestedAct) -> ActOutcome {
        let row = RequestedActRow {
            id: RequestedActId(0),
            repository: RepositoryId(self.stage.store.id()),
            environment: self.sites[place].name.to_owned(),
            act: order,
            made_at: UnixMillis(0),
            origin: None,
            progress: None,
            outcome: None,
        };
        let id = self.database.request_act(row).await.unwrap();
        let answered = async {
            loop {
                if let Some(outcome) =
                    self.database.requested_act(id).await.unwrap().and_then(|row| row.outcome)
                {
                    return outcome;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, answered).await.expect("an order that nobody took up")
    }

    async fn roll_back(&mut self, place: usize) {
        if self.server == Server::Down {
            return;
        }
        // What everybody could know by then is known.
        self.stage.github.release_webhooks(Delivered::AsSent).await;
        self.quiet().await;
        self.look_at_runs();
        let open: Vec<Work> = self.open_orders(place).iter().map(|(order, job)| job.work(*order)).collect();
        let given: Vec<Work> =
            self.orders(place).iter().enumerate().map(|(order, job)| job.work(order)).collect();
        let ways = self.sites[place].way_back(&given, &open);
        let ways: Vec<Option<String>> = ways.into_iter().map(|way| way.map(str::to_owned)).collect();
        let asked = RequestedAct::Rollback { to: None, by: "rita".to_owned(), reason: "broken".to_owned() };
        let outcome = self.ask(place, asked).await;
        let name = self.sites[place].name;
        self.tell(format!("rita rolls {name} back: {}", outcome.words));
        let is_taken_up = outcome.accepted && outcome.deploy.is_some();
        let hold = self.hold(place).await.filter(|_| is_taken_up);
        if let Some((from, to)) = &hold {
            assert_ne!(from, to, "{name} is held from {0} to {0}", short(to));
        }
        if !self.sites[place].unsure {
            let to = hold.as_ref().map(|(_, to)| to.clone());
            let may = ways.iter().map(|way| way.as_deref().map_or("nowhere", short)).collect::<Vec<_>>();
            assert!(
                ways.contains(&to),
                "{name} is taken back to {to:?} instead of {may:?}: {}",
                outcome.words
            );
        }
        if let Some((_, to)) = hold {
            self.sites[place].hold(given.len(), to);
        }
    }

    async fn hold(&self, place: usize) -> Option<(String, String)> {
        let id = RepositoryId(self.stage.store.id());
        let hold = self.database.hold(id, self.sites[place].name).await.unwrap();
        let hold = hold.filter(|hold| hold.lifted.is_none())?;
        Some((hold.from.to_string(), hold.to.to_string()))
    }

    async fn lift(&mut self, place: usize) {
        if self.server == Server::Down || !self.sites[place].is_held() {
            return;
        }
        let asked = RequestedAct::LiftHold { by: "rita".to_owned(), reason: "repaired".to_owned() };
        let outcome = self.ask(place, asked).await;
        self.tell(format!("rita lets {} go: {}", self.sites[place].name, outcome.words));
        self.sites[place].lift();
    }

    async fn pass_time(&mut self) {
        let minutes = [1, 3, 20, 45, 130][self.random.below(5)];
        self.tell(format!("{minutes} minutes pass"));
        if self.server == Server::Up {
            // The two clocks jump one after the other: of what is asked in between, GitHub and the server would not have
            // the same time.
            self.quiet().await;
            self.stage.minutes_later(minutes).await;
        } else {
            self.stage.minutes_later_at_work(minutes).await;
        }
        self.look_at_runs();
    }

    fn disturb(&mut self) {
        let faults = self.stage.github.faults();
        let event = ["push", "deployment_status", "workflow_run", "push"][self.random.below(4)];
        let hook = faults.webhook(event, "*");
        let what = match self.random.below(6) {
            0 => {
                hook.lose().times(1);
                "lost"
            }
            1 => {
                hook.vanish().times(1);
                "never sent"
            }
            2 => {
                hook.double().times(2);
                "doubled"
            }
            3 => {
                hook.delay_by(2).times(1);
                "late"
            }
            _ => {
                hook.reverse_within(Duration::from_millis(60)).times(2);
                "turned round"
            }
        };
        self.tell(format!("{event} will be {what}"));
        if matches!(what, "lost" | "never sent") {
            for site in &mut self.sites {
                site.unsure = true;
            }
        }
        if self.by_runs && self.random.chance(50) {
            let minutes = |minutes| Cancelling::After(chrono::TimeDelta::minutes(minutes));
            let how =
                [Cancelling::AtOnce, minutes(1), minutes(5), Cancelling::OnDemand][self.random.below(4)];
            self.tell(format!("cancelling: {how:?}"));
            self.stage.github.cancelling(how);
        }
    }

    async fn restart(&mut self) {
        if self.server == Server::Down {
            self.tell("the server is there again".to_owned());
            self.stage.start().await;
            self.server = Server::Up;
        } else if self.random.chance(50) {
            self.tell("the server is restarted".to_owned());
            self.stage.restart().await;
        } else {
            self.tell("the server is stopped".to_owned());
            self.stage.stop().await;
            self.server = Server::Down;
        }
    }

    async fn carry_out_cancelling(&mut self) {
        for run in self.stage.store.runs() {
            if run.stops().await.is_ok() {
                self.tell(format!("the run of {} stops", short(&run.inputs()["sha"])));
            }
        }
    }

    /// A job that names the environment for its secrets.
    async fn job_of_others(&mut self, place: usize) {
        let name = self.sites[place].name;
        let run = self.stage.store.run_of("docs.yml").on(name).by("ana").await.unwrap();
        let how = if self.random.chance(50) { "success" } else { "failure" };
        run.job("publish").comes_to(name).await.unwrap();
        run.job("publish").ends(how).await.unwrap();
        run.ends(how).await.unwrap();
        self.tell(format!("a job of others on {name}: {how}"));
    }

    /// The end: nothing disturbs any more, deployers do what they are told, and all is told.
    async fn come_to_rest(&mut self) {
        self.tell("all comes to rest".to_owned());
        if self.server == Server::Down {
            self.restart().await;
        }
        self.stage.github.faults().clear();
        self.stage.github.cancelling(Cancelling::AtOnce);
        self.carry_out_cancelling().await;
        self.stage.github.release_webhooks(Delivered::AsSent).await;
        self.quiet().await;
        self.answer_all().await;
        for place in 0..self.sites.len() {
            self.lift(place).await;
        }
        self.answer_all().await;
        // What nobody was told of is found by looking.
        self.stage.minutes_later(61).await;
        self.stage.restart().await;
        self.answer_all().await;
        for place in 0..self.sites.len() {
            self.was_seen_to(place);
            self.push(place).await;
        }
        self.quiet().await;
        self.answer_all().await;
        for site in &self.sites {
            let newest = site.tips.last().map(String::as_str);
            assert_eq!(site.seen(), newest, "the newest of {} is not what customers see", site.name);
            let id = RepositoryId(self.stage.store.id());
            let branch = BranchName::new(site.name).unwrap();
            let environment_deploys =
                self.database.environment_deploys(id, site.name, &branch).await.unwrap();
            let queue = DeployQueue::new(
                environment_deploys.deploys,
                environment_deploys.hold,
                environment_deploys.baseline,
            );
            let live = queue.live().map(|live| live.commit.to_string());
            assert_eq!(live.as_deref(), newest, "{} is told wrongly", site.name);
        }
    }

    /// Somebody was told to bring the newest there, whatever came of it.
    fn was_seen_to(&self, place: usize) {
        let newest = self.sites[place].tips.last().unwrap();
        let told = self.orders(place).iter().any(|job| job.commit() == *newest);
        assert!(told, "nobody was told to bring {} to {}", short(newest), self.sites[place].name);
    }

    /// Deployers do all that there is to do, and it goes well.
    async fn answer_all(&mut self) {
        for _ in 0..20 {
            self.look_at_runs();
            let mut idle = true;
            for place in 0..self.sites.len() {
                if !self.sites[place].stopped().is_empty() {
                    idle = false;
                    self.stage.later();
                    self.say_what_stopped(place).await;
                }
                while !self.sites[place].at_work().is_empty() {
                    idle = false;
                    self.stage.later();
                    self.end(place, true).await;
                }
                self.quiet().await;
                if !self.open_orders(place).is_empty() {
                    idle = false;
                    self.stage.later();
                    self.take_up(place).await;
                    self.quiet().await;
                }
            }
            if idle {
                return;
            }
        }
        panic!("there is no end of orders");
    }
}
