//! Where the server lives: the embedded GitHub with the shop, a data folder, and waiting for quiet.

use crate::in_memory::keep_files_in_memory;
use crate::server::{Environment, LOOK_EVERY, PATIENCE, Server};
use crate::shop::{SECRET, app_config, shop};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use towpath::store::{Options, SqliteStore, Store as _};
use towpath_sandbox::{
    AppConfig, AppHandle, CheckHandle, Clock as _, Config, InstallationHandle, ManualClock, PullHandle,
    RepoHandle, RestMatcher, Sandbox, SystemClock,
};

/// How the server is told its data folder: from where it is started, with blanks, by way of a symbolic link.
const DATA_DIR: &str = "by link/data of it";

/// A GitHub, a shop on it, and a folder for the server's data.
pub struct World {
    pub github: Sandbox,
    pub app: AppHandle,
    pub installation: InstallationHandle,
    pub store: RepoHandle,
    /// Where the server is started: its data folder is named from here.
    pub folder: TempDir,
    /// The data folder, by its whole path.
    pub data: PathBuf,
    clock: Arc<ManualClock>,
}

impl World {
    /// Every check run there ever was but the one on the copy branch, which is of no pull request.
    pub fn checks_of_pulls(&self) -> Vec<CheckHandle> {
        let mut checks = self.store.every_check();
        checks.retain(|check| check.state().unwrap().name != "towpath: copy");
        checks
    }

    /// `acme/store` after one release, with the App installed and no server yet.
    pub async fn new() -> Self {
        keep_files_in_memory();
        let clock = Arc::new(ManualClock::from_system());
        let github = Sandbox::start(Config { clock: Arc::clone(&clock) as _, ..Config::default() });
        let github = github.await.unwrap();
        let app = github.app(app_config()).await.unwrap();
        let branches = ["integration", "staging", "production"];
        let store = shop(&github, &branches).await;
        for branch in branches.iter().chain(&["master"]) {
            store.protect(branch).require_from(&format!("towpath: {branch}"), app.id());
        }
        let installation = app.install("acme").on([&store]).await.unwrap();
        github.settled().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("another place")).unwrap();
        std::os::unix::fs::symlink("another place", folder.path().join("by link")).unwrap();
        let data = folder.path().join(DATA_DIR);
        Self { github, app, installation, store, folder, data, clock }
    }

    /// What a server here is told.
    pub fn environment(&self) -> Environment {
        vec![
            ("GITHUB_APP_ID", self.app.id().to_string()),
            ("GITHUB_APP_PRIVATE_KEY", AppConfig::demo_key().to_owned()),
            ("GITHUB_WEBHOOK_SECRET", SECRET.to_owned()),
            ("GITHUB_API_URL", self.github.api_url()),
            // The lists here are never late.
            ("TOWPATH_LISTS_LAG_SECONDS", "0".to_owned()),
            ("TOWPATH_DATA_DIR", DATA_DIR.to_owned()),
            ("PWD", self.folder.path().to_str().unwrap().to_owned()),
        ]
    }

    /// Starts a server on the data folder, and lets GitHub know where it is.
    pub async fn start(&self) -> Server {
        self.start_with(&[]).await
    }

    /// Starts one that is told something more, or something else.
    pub async fn start_with(&self, more: &[(&'static str, &str)]) -> Server {
        let mut environment = self.environment();
        environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let server = Server::start(&environment).await;
        self.listens(&server);
        server
    }

    /// GitHub learns where a server is.
    pub fn listens(&self, server: &Server) {
        self.app.set_webhook_url(Some(&format!("http://{}/webhooks/github", server.address)));
    }

    /// Some seconds pass on GitHub, whose times are whole seconds; and it does not fall behind the server,
    /// which signs with the machine's time.
    pub fn later(&self) {
        self.clock.advance(chrono::TimeDelta::seconds(2));
        self.clock.set(self.clock.now().max(SystemClock.now()));
    }

    /// GitHub's clock is so far behind the machine's, until it is [`World::later`].
    pub fn fall_behind(&self, by: chrono::TimeDelta) {
        self.clock.set(SystemClock.now() - by);
    }

    /// Waits until every webhook has come and nothing is left to be done.
    pub async fn quiet(&self) {
        let database = SqliteStore::open(&self.data.join("towpath.db"), &Options::default()).unwrap();
        let now = || towpath::engine::Clock::now(&towpath::engine::SystemClock);
        let quiet = crate::shop::quiet(&self.github, &database, now);
        tokio::time::timeout(PATIENCE, quiet).await.expect("the work came to no end");
        database.close().await;
    }

    /// Waits until a pull request has a check for its base, and answers its conclusion.
    pub async fn check(&self, pull: &PullHandle) -> String {
        let name = format!("towpath: {}", pull.state().unwrap().base);
        let shown = async {
            loop {
                let state = pull.check(&name).and_then(|check| check.state());
                if let Some(conclusion) = state.and_then(|state| state.conclusion) {
                    return conclusion;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(PATIENCE, shown).await.expect("no check came")
    }

    /// Waits until a planted failure keeps one more request than `before`.
    pub async fn held(&self, before: u64) {
        let held = async {
            while self.github.faults().held() == before {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(PATIENCE, held).await.expect("no request came to be held");
    }

    /// Waits for the same, or until everything rests because there was no such request; tells which.
    pub async fn held_or_quiet(&self, before: u64) -> bool {
        tokio::select! {
            () = self.held(before) => true,
            () = self.quiet() => false,
        }
    }

    /// All requests of a server.
    pub fn requests(&self) -> RestMatcher {
        self.github.faults().rest("*", "*")
    }

    /// Those that change something: all that do not only read, or fetch.
    pub fn changes(&self) -> RestMatcher {
        self.github.faults().rest("!GET", "!*/git-upload-pack")
    }
}
