//! A place where programs deploy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tempfile::TempDir;
use tokio::sync::Notify;
use towpath::deploy::drivers::command::{Bounds, Checkout, CommandDriver, Commands};
use towpath::deploy::drivers::{Driver, DriverError, Order};
use towpath::deploy::operator::{Programs, Step};
use towpath::deploy::slug::{self, BuildSettings};
use towpath::deploy::{Report, Says};
use towpath::model::{BranchName, CommitId, Deploy, DeployState, Millis, PullNumber, TreeId, Trigger};

/// One file, `source`, and how often it was asked for.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) asked: AtomicUsize,
    /// What is answered before the file is given.
    pub(crate) first: Mutex<Vec<DriverError>>,
}

#[async_trait]
impl Checkout for Files {
    async fn check_out(&self, order: &Order, into: &Path) -> Result<(), DriverError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if let Some(error) = self.first.lock().unwrap().pop() {
            return Err(error);
        }
        fs::write(into.join("source"), order.deploy.tree.to_string()).unwrap();
        Ok(())
    }
}

/// Where everything is, and what is called.
pub(crate) struct Yard {
    pub(crate) folder: TempDir,
    pub(crate) files: Arc<Files>,
    pub(crate) commands: Commands,
    pub(crate) secrets: BTreeMap<String, String>,
    changed: Arc<Notify>,
}

impl Yard {
    pub(crate) fn new() -> Self {
        Self::bounded(bounds())
    }

    pub(crate) fn bounded(bounds: Bounds) -> Self {
        let folder = TempDir::new().unwrap();
        let changed = Arc::new(Notify::new());
        let commands = commands(&folder.path().join("data"), bounds, &changed);
        Self { folder, files: Arc::default(), commands, secrets: BTreeMap::new(), changed }
    }

    /// The server was started again: it knows nothing but what is in its folder.
    pub(crate) fn restarted(&mut self) {
        self.commands = commands(&self.data(), bounds(), &self.changed);
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn driver(&self, programs: &Programs) -> CommandDriver {
        let secrets = self.secrets.clone();
        let checkout: Arc<dyn Checkout> = self.files.clone();
        self.commands.driver(programs.clone(), Arc::new(move || Ok(secrets.clone())), checkout)
    }

    /// Carries a deploy out and answers all that was reported.
    pub(crate) async fn deploy(&self, programs: &Programs, order: &Order) -> Vec<Report> {
        let driver = self.driver(programs);
        driver.hand_over(order, false).await.unwrap();
        self.end(&driver, order).await
    }

    /// Waits for the end.
    pub(crate) async fn end(&self, driver: &CommandDriver, order: &Order) -> Vec<Report> {
        self.until(driver, order, |report| matches!(report.says, Says::Succeeded | Says::Failed)).await
    }

    /// Waits for a step.
    pub(crate) async fn step(&self, driver: &CommandDriver, order: &Order, step: &str) {
        self.until(driver, order, |report| report.step.as_deref() == Some(step)).await;
    }

    async fn until(
        &self,
        driver: &CommandDriver,
        order: &Order,
        wanted: impl Fn(&Report) -> bool,
    ) -> Vec<Report> {
        let found = async {
            loop {
                let changed = self.changed.notified();
                let reports = driver.look(order).await.unwrap();
                if reports.iter().any(&wanted) {
                    return reports;
                }
                changed.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), found).await.unwrap()
    }

    pub(crate) fn log(&self, order: &Order) -> String {
        fs::read_to_string(self.commands.log(&order.key)).unwrap()
    }

    /// What a program has written into a file beside the work trees.
    pub(crate) fn noted(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// A step that asks a shell, which finds the folder in `$YARD`.
    pub(crate) fn sh(&self, name: &str, line: &str) -> Step {
        let line = format!("YARD='{}'; {line}", self.folder.path().display());
        let run = ["/bin/sh", "-c", &line].map(str::to_owned).to_vec();
        Step { step: name.to_owned(), run }
    }

    /// Programs that do nothing but to build `built` and to install.
    pub(crate) fn programs(&self) -> Programs {
        Programs {
            build: vec![self.sh("compile", "echo x >> $YARD/builds; echo built by compile > built")],
            deploy: vec![self.sh("install", "cat built >> $YARD/site")],
            url: Some("https://staging.example.com".to_owned()),
            ..Programs::default()
        }
    }

    pub(crate) fn slug(&self, order: &Order) -> PathBuf {
        self.data().join("slugs/7").join(&order.deploy.slug)
    }
}

pub(crate) fn bounds() -> Bounds {
    let (grace, retry) = (Duration::from_millis(300), Duration::from_millis(10));
    Bounds { grace, retry, ..Bounds::default() }
}

fn commands(data: &Path, bounds: Bounds, changed: &Arc<Notify>) -> Commands {
    let now = AtomicI64::new(1_000);
    let clock = move || now.fetch_add(1, Ordering::SeqCst);
    let changed = Arc::clone(changed);
    Commands::new(data, bounds, Arc::new(clock), Arc::new(move |_: &Order| changed.notify_waiters()))
}

/// The order of the `number`th deploy, of the files `tree`.
pub(crate) fn order(number: u64, tree: u8) -> Order {
    let (build_settings, tree) = (BuildSettings::new(), TreeId::from_bytes([tree; 20]));
    let commit = CommitId::from_bytes([0xc0; 20]);
    let deploy = Deploy {
        previous: Some(CommitId::from_bytes([0xbb; 20])),
        pulls: vec![PullNumber(4), PullNumber(9)],
        slug: slug::name(tree, &build_settings),
        state: DeployState::Requested,
        hand_overs: 1,
        driver: "command".to_owned(),
        ..Deploy::new(number, "staging", (commit, tree), Trigger::Merge)
    };
    Order {
        key: format!("7.staging.{number}"),
        repository: "acme/store".to_owned(),
        branch: BranchName::new("staging").unwrap(),
        clone_url: "https://github.com/acme/store.git".to_owned(),
        build_settings,
        look_again_at: None,
        deploy,
    }
}

/// The last report, which says that it failed, with its words.
pub(crate) fn failure(reports: &[Report]) -> (&Report, &str) {
    let last = reports.last().unwrap();
    assert_eq!(last.says, Says::Failed, "{last:?}");
    (last, last.words.as_deref().unwrap())
}

pub(crate) fn succeeded(reports: &[Report]) {
    let last = reports.last().unwrap();
    assert_eq!(last.says, Says::Succeeded, "{last:?}");
}

/// Whether a process runs: one that has ended and was not waited for does not.
pub(crate) fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

pub(crate) fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(crate) fn timeout(programs: &mut Programs, millis: Millis) {
    programs.timeout = Some(towpath::deploy::operator::Duration(millis));
}
