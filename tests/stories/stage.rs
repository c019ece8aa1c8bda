//! What the stories stand on: the embedded GitHub, the real server, and an end that forgives nothing.

#[path = "in_memory.rs"]
mod in_memory;

use self::in_memory::keep_files_in_memory;
use crate::clock::{ServersClock, TurnedClock};
use crate::errors_kept::ErrorsKept;
use crate::said::Said;
use crate::shop::{SECRET, app_config, shop};
use chrono::TimeDelta;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use towpath::engine::{
    BackOff, Clock as _, Config, Deploying, Engine, Settings, system_random, system_random_bytes,
};
use towpath::github::{AppKey, Secret};
use towpath::model::{ForPeople, PromotionPath, UnixMillis};
use towpath::store::{ConcurrencyLimits, Options, SqliteStore, Store as _};
use towpath::web::{Limits, Server, SetUp};
use towpath_sandbox::contract::{self, Contract};
use towpath_sandbox::{
    AppConfig, AppHandle, CheckHandle, CommentHandle, DeploymentHandle, InstallationHandle, ManualClock,
    PullHandle, RepoHandle, Sandbox,
};
use tracing_subscriber::layer::SubscriberExt;

/// How the hidden line of a reply begins.
const REPLY: &str = "<!-- towpath:reply:";
/// How the manifest of a promotion begins.
const MANIFEST: &str = "<!-- towpath:manifest -->";
/// How the comment on a place beside an environment begins.
const ACTIVE: &str = "<!-- towpath:active -->";
/// How the comment on how a hotfix comes back begins.
const HOTFIX: &str = "<!-- towpath:hotfix -->";
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// An App's assertions are dated back by a minute.
const CLOCKS_APART: Duration = Duration::from_secs(20);

/// One story's world.
pub struct Stage {
    pub github: Sandbox,
    pub app: AppHandle,
    pub installation: InstallationHandle,
    pub store: RepoHandle,
    server: Option<Server>,
    /// The server's database, seen beside it as long as it runs: each opening is threads and files.
    beside: tokio::sync::Mutex<Option<SqliteStore>>,
    folder: TempDir,
    clock: Arc<ManualClock>,
    /// Up to when GitHub's clock has followed the server's.
    followed: Mutex<tokio::time::Instant>,
    time: Arc<TurnedClock>,
    deploying: Deploying,
    patience: Duration,
    heard: Heard,
    _log: tracing::subscriber::DefaultGuard,
}

/// What was read of all that was said, and what may have been logged.
#[derive(Default)]
struct Heard {
    checks: Mutex<BTreeSet<(u64, String)>>,
    comments: Mutex<BTreeSet<(u64, String)>>,
    errors: Arc<Mutex<Vec<String>>>,
    allowed: Mutex<Vec<&'static str>>,
}

/// How a stage is set.
pub struct Setting {
    pub settings: Settings,
    /// The branches that exist besides master.
    pub branches: Vec<&'static str>,
    /// Whether the App is installed before the story begins.
    pub installed: bool,
    pub form_encoded: bool,
    /// How long anything may take to come to rest.
    pub patience: Duration,
    /// What the operator allows and holds for deploys.
    pub deploying: Deploying,
}

impl Default for Setting {
    fn default() -> Self {
        let back_off = BackOff {
            first: Duration::from_millis(20),
            longest: Duration::from_millis(200),
            give_up_after: 60,
        };
        Self {
            settings: Settings {
                back_off,
                poll: Duration::from_millis(200),
                lists_lag: Duration::from_millis(60),
                // They cost calls, which stories count.
                report_after: None,
                ..Settings::default()
            },
            branches: vec!["integration", "staging", "production"],
            installed: true,
            form_encoded: false,
            patience: PATIENCE,
            deploying: Deploying::default(),
        }
    }
}

/// Patience that ends after some failures.
pub fn soon_given_up() -> Setting {
    let back_off =
        BackOff { first: Duration::from_millis(5), longest: Duration::from_millis(20), give_up_after: 4 };
    let setting = Setting::default();
    Setting { settings: Settings { back_off, ..setting.settings.clone() }, ..setting }
}

impl Stage {
    /// `acme/store` after one release, the App installed, the checks required, everything quiet.
    pub async fn set() -> Self {
        Self::with(Setting::default()).await
    }

    pub async fn with(setting: Setting) -> Self {
        // Benches are optimised, and measure what the disk takes as well.
        if cfg!(debug_assertions) {
            keep_files_in_memory();
        }
        let errors = Arc::default();
        let log = tracing_subscriber::registry().with(ErrorsKept(Arc::clone(&errors)));
        let log = tracing::subscriber::set_default(log);
        let (clock, begun) = (Arc::new(ManualClock::from_system()), tokio::time::Instant::now());
        let config =
            towpath_sandbox::Config { clock: Arc::clone(&clock) as _, ..towpath_sandbox::Config::default() };
        let github = Sandbox::start(config).await.unwrap();
        let mut app = app_config();
        app.form_encoded = setting.form_encoded;
        let app = github.app(app).await.unwrap();
        let store = shop(&github, &setting.branches).await;
        for branch in setting.branches.iter().chain(&["master"]) {
            store.protect(branch).require_from(&format!("towpath: {branch}"), app.id());
        }
        let folder = tempfile::tempdir().unwrap();
        let time: Arc<TurnedClock> = Arc::default();
        let deploying = setting.deploying;
        let opened = (setting.settings, deploying.clone(), Arc::clone(&time));
        let server = serve(&github, &app, &folder, opened).await;
        app.set_webhook_url(Some(&format!("http://{}/webhooks/github", server.address())));
        let installing = app.install("acme");
        let installing = if setting.installed { installing.on([&store]) } else { installing.on([]) };
        let installation = installing.await.unwrap();
        let heard = Heard { errors, ..Heard::default() };
        let stage = Self {
            github,
            app,
            installation,
            store,
            server: Some(server),
            beside: tokio::sync::Mutex::default(),
            folder,
            clock,
            followed: Mutex::new(begun),
            time,
            deploying,
            patience: setting.patience,
            heard,
            _log: log,
        };
        stage.quiet().await;
        stage
    }

    /// GitHub's clock stands still so that stories are the same each time, and the server's goes on. Before they are so
    /// far apart that the App's assertions come from the future, as on a slow machine, it is set right.
    pub fn keep_clocks_together(&self) {
        let mut followed = self.followed.lock().unwrap();
        let apart = followed.elapsed();
        if apart >= CLOCKS_APART {
            self.clock.advance(TimeDelta::from_std(apart).unwrap());
            *followed += apart;
        }
    }

    /// Waits until every webhook has come and nothing is left to be done.
    pub async fn quiet(&self) {
        self.keep_clocks_together();
        let mut beside = self.beside.lock().await;
        let database = beside.get_or_insert_with(|| self.database());
        let quiet = crate::shop::quiet(&self.github, database, || self.now());
        tokio::time::timeout(self.patience, quiet).await.expect("the work came to no end");
    }

    /// What time it is for the server.
    pub fn now(&self) -> UnixMillis {
        self.time.now()
    }

    /// The server's database, seen beside it.
    pub fn database(&self) -> SqliteStore {
        SqliteStore::open(&self.folder.path().join("towpath.db"), &Options::default()).unwrap()
    }

    /// What is not done and why, for whoever finds that something is missing.
    pub async fn left_undone(&self) -> String {
        let store = self.database();
        let due = store.next_due(UnixMillis::MIN, ConcurrencyLimits::NONE).await.unwrap();
        let due = due.map(|at| at.since(self.now()));
        let given_up = store.given_up(10).await.unwrap();
        let errors = self.errors();
        store.close().await;
        format!("the next work is due in {due:?}; given up: {given_up:?}; logged: {errors:?}")
    }

    /// Stops the server, as a deployment does, and starts it anew on what it left.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    pub async fn stop(&mut self) {
        if let Some(database) = self.beside.get_mut().take() {
            database.close().await;
        }
        self.server.take().unwrap().stop().await;
    }

    pub async fn start(&mut self) {
        let opened = (Setting::default().settings, self.deploying.clone(), Arc::clone(&self.time));
        let server = serve(&self.github, &self.app, &self.folder, opened).await;
        self.app.set_webhook_url(Some(&format!("http://{}/webhooks/github", server.address())));
        self.server = Some(server);
        self.quiet().await;
    }

    /// Starts it while there is work that does not come to rest.
    pub async fn start_at_work(&mut self) {
        let opened = (Setting::default().settings, self.deploying.clone(), Arc::clone(&self.time));
        let server = serve(&self.github, &self.app, &self.folder, opened).await;
        self.app.set_webhook_url(Some(&format!("http://{}/webhooks/github", server.address())));
        self.server = Some(server);
    }

    /// What the stopped server has kept, as a backup of it would.
    pub fn backup(&self) -> Vec<(std::ffi::OsString, Vec<u8>)> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(Result::unwrap);
        let database = entries.filter(|it| it.file_name().to_string_lossy().starts_with("towpath.db"));
        database.map(|it| (it.file_name(), std::fs::read(it.path()).unwrap())).collect()
    }

    /// The stopped server's disk is lost, and an old backup is all that there is.
    pub fn restore(&self, backup: &[(std::ffi::OsString, Vec<u8>)]) {
        self.lose_the_database();
        for (name, bytes) in backup {
            std::fs::write(self.folder.path().join(name), bytes).unwrap();
        }
    }

    /// Where the server keeps its data.
    pub fn data_folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// How many repositories the server keeps a copy of.
    pub fn mirrors(&self) -> usize {
        let folders = std::fs::read_dir(self.folder.path().join("mirrors")).into_iter().flatten().flatten();
        folders
            .filter(|folder| std::fs::read_dir(folder.path()).is_ok_and(|mut it| it.next().is_some()))
            .count()
    }

    /// The stopped server's disk is lost; only the mirrors stay.
    pub fn lose_the_database(&self) {
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_string_lossy().starts_with("towpath.db") {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
    }

    /// The check on a pull request for its present base, once all is quiet.
    pub async fn check(&self, pull: &PullHandle) -> Said {
        let base = pull.state().unwrap().base;
        self.check_named(pull, &format!("towpath: {base}")).await
    }

    /// The check for the present base as soon as it comes to a conclusion, though other work goes on.
    pub async fn check_soon(&self, pull: &PullHandle) -> Said {
        let name = format!("towpath: {}", pull.state().unwrap().base);
        let shown = async {
            loop {
                let state = pull.check(&name).and_then(|check| check.state());
                match state.filter(|state| state.conclusion.is_some()) {
                    Some(state) => return state,
                    None => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
        };
        let state = tokio::time::timeout(PATIENCE, shown).await.expect("no check came");
        self.heard.checks.lock().unwrap().insert((state.id, state.title.clone().unwrap_or_default()));
        Said(state)
    }

    /// The check of this name.
    pub async fn check_named(&self, pull: &PullHandle, name: &str) -> Said {
        self.quiet().await;
        let state = pull.check(name).and_then(|check| check.state());
        let state = state.unwrap_or_else(|| panic!("#{} has no check {name:?}", pull.number()));
        self.heard.checks.lock().unwrap().insert((state.id, state.title.clone().unwrap_or_default()));
        Said(state)
    }

    /// Takes note of all that the App says on a pull request.
    pub fn read(&self, pull: &PullHandle) {
        let said = pull.checks().into_iter().filter_map(|check| check.state());
        let said = said.map(|state| (state.id, state.title.unwrap_or_default()));
        self.heard.checks.lock().unwrap().extend(said);
        let comments = pull.comments().into_iter().filter(|it| it.app.is_some());
        self.heard.comments.lock().unwrap().extend(comments.map(|it| (it.id, it.body)));
    }

    /// The check on the copy branch, on the commit that production is at.
    pub async fn copy_check(&self) -> Said {
        self.quiet().await;
        let tip = self.store.tip("production").unwrap();
        let state = self.store.check_on(&tip, "towpath: copy").and_then(|check| check.state());
        let state = state.expect("nothing says whether master is a copy");
        self.heard.checks.lock().unwrap().insert((state.id, state.title.clone().unwrap_or_default()));
        Said(state)
    }

    /// Merges a topic of this name into integration.
    pub async fn merged_topic(&self, name: &str) -> PullHandle {
        crate::shop::topic(&self.store, name, "integration").await;
        let pull = self.store.open_pull(name).into("integration").by("ana").await.unwrap();
        self.check(&pull).await.passes();
        crate::shop::merge(&pull).await.unwrap();
        self.quiet().await;
        pull
    }

    /// Whoever deploys carries out the newest deploy of an environment.
    pub async fn carried_out(&self, environment: &str) -> DeploymentHandle {
        let deployment = self.deployments(environment).await.pop().unwrap();
        for state in ["in_progress", "success"] {
            self.later();
            deployment.status(state).by("deployer").await.unwrap();
            self.quiet().await;
        }
        deployment
    }

    /// The Deployments of an environment, the oldest first, once all is quiet.
    pub async fn deployments(&self, environment: &str) -> Vec<DeploymentHandle> {
        self.quiet().await;
        let mut all = self.store.deployments();
        all.retain(|it| it.environment() == environment);
        all
    }

    /// Reads the App's one comment on each pull request that has one.
    pub async fn all_is_read(&self) {
        self.quiet().await;
        for pull in self.store.pulls() {
            if pull.comments().iter().any(|it| it.app.is_some() && is_sticky(&it.body)) {
                self.comment(&pull).await;
            }
        }
    }

    /// Whether the App has said nothing at all on a pull request.
    pub async fn is_silent_on(&self, pull: &PullHandle) -> bool {
        self.quiet().await;
        pull.checks().is_empty() && pull.comments().is_empty()
    }

    /// The App's one comment on a pull request.
    pub async fn comment(&self, pull: &PullHandle) -> String {
        self.quiet().await;
        let mut comments = pull.comments();
        comments.retain(|it| it.app.as_deref() == Some("towpath") && is_sticky(&it.body));
        assert_eq!(comments.len(), 1, "one sticky comment is wanted on #{}", pull.number());
        self.heard.comments.lock().unwrap().insert((comments[0].id, comments[0].body.clone()));
        comments.remove(0).body
    }

    /// The manifest of a promotion that a person has opened.
    pub async fn manifest_comment(&self, pull: &PullHandle) -> String {
        self.quiet().await;
        let mut comments = pull.comments();
        comments.retain(|it| it.app.is_some() && it.body.contains(MANIFEST));
        assert_eq!(comments.len(), 1, "one manifest is wanted on #{}", pull.number());
        self.heard.comments.lock().unwrap().insert((comments[0].id, comments[0].body.clone()));
        comments.remove(0).body
    }

    /// The comment about its place on a pull request; empty where there is none.
    pub async fn active_comment(&self, pull: &PullHandle) -> String {
        self.quiet().await;
        let mut comments = pull.comments();
        comments.retain(|it| it.app.is_some() && it.body.contains(ACTIVE));
        assert!(comments.len() < 2, "one word about its place is wanted on #{}", pull.number());
        let Some(comment) = comments.pop() else { return String::new() };
        self.heard.comments.lock().unwrap().insert((comment.id, comment.body.clone()));
        comment.body
    }

    /// Somebody comments on a pull request, long enough after what was there to have seen it.
    pub async fn says(&self, pull: &PullHandle, login: &str, text: &str) -> CommentHandle {
        self.seconds_later(5);
        let comment = pull.comment(text).by(login).await.unwrap();
        self.quiet().await;
        comment
    }

    /// The App's one reply to a comment on a pull request; empty where there is none.
    pub async fn reply(&self, pull: &PullHandle, comment: &CommentHandle) -> String {
        self.quiet().await;
        let marker = format!("{REPLY}comment-{} -->", comment.id());
        let mut replies = pull.comments();
        replies.retain(|it| it.app.is_some() && it.body.contains(&marker));
        assert!(replies.len() < 2, "a comment has one reply: {replies:?}");
        let Some(reply) = replies.pop() else { return String::new() };
        self.heard.comments.lock().unwrap().insert((reply.id, reply.body.clone()));
        reply.body
    }

    /// How the App has reacted to a comment, in order.
    pub async fn reactions(&self, comment: &CommentHandle) -> Vec<String> {
        self.quiet().await;
        let all = comment.reactions().into_iter();
        all.filter(|(login, _)| login == "towpath[bot]").map(|(_, content)| content).collect()
    }

    /// How many requests like this were sent since the records were last forgotten, whatever came of them.
    pub fn requests(&self, method: &str, path_end: &str) -> usize {
        let exchanges = self.github.exchanges();
        exchanges.iter().filter(|it| it.method == method && it.path.ends_with(path_end)).count()
    }

    /// How many REST requests about a repository were sent since the records were last forgotten.
    pub fn rest_requests(&self) -> usize {
        self.github.exchanges().iter().filter(|it| it.path.starts_with("/repos/")).count()
    }

    /// Some seconds pass, for the server and on GitHub, whose times are whole seconds.
    pub fn later(&self) {
        self.seconds_later(2);
    }

    /// So many seconds pass for both.
    pub fn seconds_later(&self, seconds: i64) {
        self.time.turn(TimeDelta::seconds(seconds));
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Time passes, some seconds at once, until something is so: by when a wait has begun is not known from outside.
    pub async fn seconds_later_until(&self, seconds: i64, so: impl Fn() -> bool) {
        for _ in 0..4 {
            self.seconds_later(seconds);
            for _ in 0..500 {
                if so() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        panic!("it never came to be so");
    }

    /// The server's clock jumps by so many minutes, and nobody else's.
    pub fn clock_jumps(&self, minutes: i64) {
        self.time.turn(TimeDelta::minutes(minutes));
    }

    /// The next who ask the server's clock meet a bug in it.
    pub fn clock_has_bugs(&self, so_many: usize) {
        self.time.has_bugs(so_many);
    }

    /// How many of them have not been met.
    pub fn clock_bugs(&self) -> usize {
        self.time.bugs()
    }

    /// Waits until the engine says that it cannot go on, and why.
    pub async fn failed(&self) -> String {
        self.server.as_ref().unwrap().failed().await.for_people().into()
    }

    /// A minute passes, for the server and on GitHub.
    pub fn a_minute_later(&self) {
        self.time.turn(TimeDelta::minutes(1));
        self.clock.advance(TimeDelta::minutes(1));
    }

    /// So many minutes pass for the server and on GitHub.
    pub async fn minutes_later(&self, minutes: i64) {
        self.time.turn(TimeDelta::minutes(minutes));
        self.clock.advance(TimeDelta::minutes(minutes));
        // What waited for the clock is found at the next look.
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.quiet().await;
    }

    /// So many minutes pass, and work goes on that does not come to rest.
    pub async fn minutes_later_at_work(&self, minutes: i64) {
        self.time.turn(TimeDelta::minutes(minutes));
        self.clock.advance(TimeDelta::minutes(minutes));
        tokio::time::sleep(Duration::from_millis(1_500)).await;
    }

    /// Where the server is, without a slash at the end.
    pub fn server_url(&self) -> String {
        format!("http://{}", self.server.as_ref().unwrap().address())
    }

    /// The operator has changed the file; it counts from the next start on.
    pub fn operated_by(&mut self, setting: Setting) {
        self.deploying = setting.deploying;
    }

    /// What was logged as an error so far.
    pub fn errors(&self) -> Vec<String> {
        self.heard.errors.lock().unwrap().clone()
    }

    /// An error with these words may stand in the log of this story.
    pub fn expect_error(&self, words: &'static str) {
        self.heard.allowed.lock().unwrap().push(words);
    }

    /// The end: nothing was said that the story did not read, nothing was logged as an error that it did
    /// not expect, and all that went over the wire is what GitHub describes.
    pub async fn end(mut self) {
        self.quiet().await;
        self.all_was_read();
        self.stop().await;
        let contract = Contract::github();
        exchanges_are_as_described(&self.github);
        for webhook in self.github.sent_webhooks() {
            if let Err(violation) = contract.check_webhook(&webhook.event, &webhook.body) {
                panic!("webhook {} {:?}: {violation}", webhook.event, webhook.action);
            }
        }
        let allowed = self.heard.allowed.lock().unwrap();
        for error in self.heard.errors.lock().unwrap().iter() {
            assert!(allowed.iter().any(|words| error.contains(words)), "an error was logged: {error}");
        }
        self.github.shutdown();
    }

    fn all_was_read(&self) {
        let (checks, comments) = (self.heard.checks.lock().unwrap(), self.heard.comments.lock().unwrap());
        for pull in self.store.pulls() {
            for state in pull.checks().iter().filter_map(CheckHandle::state) {
                let title = state.title.clone().unwrap_or_default();
                let read = state.app != "towpath" || checks.contains(&(state.id, title.clone()));
                assert!(read, "nobody read on #{}: {}: {title}", pull.number(), state.name);
            }
            for comment in pull.comments().into_iter().filter(|it| it.app.is_some()) {
                let read = comments.contains(&(comment.id, comment.body.clone()));
                assert!(read, "nobody read on #{}: {}", pull.number(), comment.body);
            }
        }
    }
}

/// Whether a comment of the App's is the sticky one.
fn is_sticky(body: &str) -> bool {
    ![REPLY, MANIFEST, ACTIVE, HOTFIX].iter().any(|it| body.contains(it))
}

async fn serve(
    github: &Sandbox,
    app: &AppHandle,
    folder: &TempDir,
    (settings, deploying, time): (Settings, Deploying, Arc<TurnedClock>),
) -> Server {
    let config = Config {
        app_id: app.id(),
        key: AppKey::from_pem(&app.id().to_string(), AppConfig::demo_key()).unwrap(),
        secrets: vec![Secret::new(SECRET)],
        api_url: github.api_url(),
        call_within: Duration::from_millis(1_500),
        data_dir: folder.path().to_owned(),
        database: folder.path().join("towpath.db"),
        path: PromotionPath::pro(),
        clock: Arc::new(ServersClock(Arc::clone(&time))),
        random: Arc::new(system_random),
        settings: settings.clone(),
        deploying: deploying.clone(),
    };
    let engine = Engine::open(config).await.unwrap();
    let listener = Server::bind("127.0.0.1", 0).await.unwrap();
    let set_up = SetUp {
        data_dir: folder.path().to_owned(),
        public_url: None,
        print_credentials: None,
        app: None,
        by_variables: true,
        metrics_token: None,
        open: Arc::new(|_| Box::pin(async { Err("there is an App already".to_owned()) })),
        clock: Arc::new(ServersClock(Arc::clone(&time))),
        random: Arc::new(system_random_bytes),
    };
    Server::start_with_set_up(listener, Some(engine), &Limits::default(), set_up).unwrap()
}

/// Whatever went over the wire is as GitHub describes it.
pub fn exchanges_are_as_described(github: &Sandbox) {
    let contract = Contract::github();
    for exchange in github.exchanges().iter().filter(|it| !it.faulty && it.status != 0) {
        let held = contract::Exchange {
            method: &exchange.method,
            path: &exchange.path,
            query: exchange.query.as_deref().unwrap_or_default(),
            request_body: exchange.request_body.as_ref(),
            status: exchange.status,
            response_body: exchange.response_body.as_ref(),
        };
        if let Err(violation) = contract.check(&held) {
            panic!("{} {}: {violation}", exchange.method, exchange.path);
        }
    }
}

/// Waits until something is so, for as long as anything may take.
pub async fn until(what: &str, so: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
