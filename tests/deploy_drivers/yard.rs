//! A place where programs deploy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::in_memory::keep_files_in_memory;
use tempfile::TempDir;
use tokio::sync::Notify;
use towpath::deploy::drivers::programs::{
    Bounds, CheckingOut, Checkout, CheckoutFolders, Commands, ProgramDriver,
};
use towpath::deploy::drivers::{DeployRequest, Driver, DriverError};
use towpath::deploy::operator::{Programs, Step};
use towpath::deploy::slug::{self, BuildSettings};
use towpath::deploy::{DeployReport, ReportedState};
use towpath::model::{BranchName, CommitId, Deploy, DeployState, PullNumber, TreeId, Trigger, UnixMillis};

/// How long a report is waited for: folders a thousand deep take a busy disk a minute.
const PATIENCE: Duration = Duration::from_secs(240);

/// One file, `source`, and how often it was asked for.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) asked: AtomicUsize,
    /// What is answered before the file is given.
    pub(crate) first: Mutex<Vec<DriverError>>,
}

impl Checkout for Files {
    fn check_out<'a>(&'a self, request: &'a DeployRequest, folders: &'a CheckoutFolders) -> CheckingOut<'a> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if let Some(error) = self.first.lock().unwrap().pop() {
                return Err(error);
            }
            for folder in [&folders.files, &folders.repository] {
                assert_eq!(fs::read_dir(folder).unwrap().count(), 0, "{} is empty", folder.display());
            }
            fs::write(folders.repository.join("objects"), "packed").unwrap();
            fs::write(folders.files.join("source"), request.deploy.tree.to_string()).unwrap();
            Ok(())
        })
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
        keep_files_in_memory();
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

    pub(crate) fn driver(&self, programs: &Programs) -> ProgramDriver {
        let secrets = self.secrets.clone();
        let checkout: Arc<dyn Checkout> = self.files.clone();
        self.commands.driver(programs.clone(), Arc::new(move || Ok(secrets.clone())), checkout)
    }

    /// Carries a deploy out and answers all that was reported.
    pub(crate) async fn deploy(&self, programs: &Programs, request: &DeployRequest) -> Vec<DeployReport> {
        let driver = self.driver(programs);
        driver.start(request, false).await.unwrap();
        self.end(&driver, request).await
    }

    /// Waits for the end.
    pub(crate) async fn end(&self, driver: &ProgramDriver, request: &DeployRequest) -> Vec<DeployReport> {
        self.until(driver, request, |report| {
            matches!(report.state, ReportedState::Succeeded | ReportedState::Failed)
        })
        .await
    }

    /// Waits for a step.
    pub(crate) async fn step(&self, driver: &ProgramDriver, request: &DeployRequest, step: &str) {
        self.until(driver, request, |report| report.step.as_deref() == Some(step)).await;
    }

    async fn until(
        &self,
        driver: &ProgramDriver,
        request: &DeployRequest,
        wanted: impl Fn(&DeployReport) -> bool,
    ) -> Vec<DeployReport> {
        let found = async {
            loop {
                let changed = self.changed.notified();
                let reports = driver.poll(request).await.unwrap();
                if reports.iter().any(&wanted) {
                    return reports;
                }
                changed.await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap()
    }

    pub(crate) fn log(&self, request: &DeployRequest) -> String {
        fs::read_to_string(self.commands.log(&request.key)).unwrap()
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

    pub(crate) fn slug(&self, request: &DeployRequest) -> PathBuf {
        self.data().join("slugs/7").join(&request.deploy.slug)
    }
}

pub(crate) fn bounds() -> Bounds {
    let (grace, retry) = (Duration::from_millis(300), Duration::from_millis(10));
    Bounds { grace, retry, ..Bounds::default() }
}

fn commands(data: &Path, bounds: Bounds, changed: &Arc<Notify>) -> Commands {
    let now = AtomicI64::new(1_000);
    let clock = move || UnixMillis(now.fetch_add(1, Ordering::SeqCst));
    let changed = Arc::clone(changed);
    Commands::new(data, bounds, Arc::new(clock), Arc::new(move |_: &DeployRequest| changed.notify_waiters()))
}

/// The order of the `number`th deploy, of the files `tree`.
pub(crate) fn request(number: u64, tree: u8) -> DeployRequest {
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
    DeployRequest {
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
pub(crate) fn failure(reports: &[DeployReport]) -> (&DeployReport, &str) {
    let last = reports.last().unwrap();
    assert_eq!(last.state, ReportedState::Failed, "{last:?}");
    (last, last.words.as_deref().unwrap())
}

pub(crate) fn succeeded(reports: &[DeployReport]) {
    let last = reports.last().unwrap();
    assert_eq!(last.state, ReportedState::Succeeded, "{last:?}");
}

/// Whether a process runs: one that has ended and was not waited for does not.
pub(crate) fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

pub(crate) fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
