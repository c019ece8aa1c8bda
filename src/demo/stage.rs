use super::command::towpath;
use super::error::DemoError;
use super::shop::{Programs, Seen, Sites, create_boutique};
use crate::deploy::operator::Operator;
use crate::engine::{CALL_WITHIN, Config, Deploying, Engine, Settings, SystemClock, system_random};
use crate::github::{AppKey, Secret};
use crate::model::{PromotionPath, shared_error};
use crate::web::{Limits, Server};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;
use towpath_sandbox::{
    AppConfig, AppHandle, CheckState, CommentHandle, DeploymentHandle, Permission, PullHandle, RepoHandle,
    Sandbox,
};

const SECRET: &str = "only for the demo";
const ENVIRONMENTS: [&str; 3] = ["integration", "staging", "production"];
/// What stands in the field of a new comment on the demo's page.
const COMMENT_HINT: &str = "Say something, or begin a line with a command: /help, /why, /where, /promote staging, \
                            /lock production --reason \"…\"";
/// How long a verdict is waited for. It usually takes a small part of a second.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Longer than a push lies back of which it is not sure whether it was seen.
const LOOKED_AT: Duration = Duration::from_millis(3_500);

/// The embedded GitHub with the shop's repository, and the server that watches over it.
pub(super) struct Stage {
    pub(super) github: Sandbox,
    pub(super) server: Server,
    pub(super) repository: RepoHandle,
    /// The project of Adobe Commerce.
    pub(super) boutique: RepoHandle,
    pub(super) folder: TempDir,
    /// What customers see.
    pub(super) sites: Sites,
    /// What the two releases' promotions made, abbreviated: the commits that only a promotion may bring.
    pub(super) promotions: Vec<String>,
}

impl Stage {
    pub(super) async fn set() -> Result<Self, DemoError> {
        let folder = tempfile::Builder::new().prefix("towpath-demo-").tempdir().map_err(set_up)?;
        let config = towpath_sandbox::Config { comment_hint: COMMENT_HINT.to_owned(), ..Default::default() };
        let github = Sandbox::start(config).await.map_err(set_up)?;
        // A demo may stay up for days, and nobody reads what went over its wire.
        github.record(false);
        let app = register(&github).await?;
        let programs = Programs::install(folder.path(), &ENVIRONMENTS)?;
        let sites = Sites::serve(programs.sites()).await?;
        let operator = programs.operator(&ENVIRONMENTS, &sites.url())?;
        let server = serve(&github, &app, &folder, operator).await?;
        app.set_webhook_url(Some(&format!("http://{}/webhooks/github", server.address())));
        let (repository, promotions) = shop(&github).await?;
        for branch in ["integration", "staging", "production", "master"] {
            repository.protect(branch).require_from(&format!("towpath: {branch}"), app.id());
        }
        let boutique = create_boutique(&github, &app).await?;
        app.install("acme").on([&repository, &boutique]).await?;
        Ok(Self { github, server, repository, boutique, folder, sites, promotions })
    }

    pub(super) fn repository_url(&self) -> String {
        format!("{}/{}", self.github.url(), self.repository.full_name())
    }

    /// Waits until the check for the pull request's base has come to this conclusion.
    pub(super) async fn check(&self, pull: &PullHandle, conclusion: &str) -> Result<CheckState, DemoError> {
        let base = pull.state().map(|state| state.base).unwrap_or_default();
        self.check_named(pull, &format!("towpath: {base}"), conclusion).await
    }

    /// The same for the check of this name.
    pub(super) async fn check_named(
        &self,
        pull: &PullHandle,
        name: &str,
        conclusion: &str,
    ) -> Result<CheckState, DemoError> {
        let arrived = async {
            loop {
                let state = pull.check(name).and_then(|check| check.state());
                if let Some(state) = state.filter(|state| state.conclusion.as_deref() == Some(conclusion)) {
                    return state;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(PATIENCE, arrived).await.map_err(|_| {
            let shown = pull.check(name).and_then(|check| check.state());
            let shown = shown.map_or_else(
                || "no check at all".to_owned(),
                |state| {
                    format!("{}: {}", state.conclusion.unwrap_or_default(), state.title.unwrap_or_default())
                },
            );
            DemoError::Otherwise(format!(
                "\"{name}\" on #{} should have come to {conclusion}; it shows {shown}",
                pull.number()
            ))
        })
    }

    /// Waits for the next pull request that somebody opens after this one.
    pub(super) async fn opened_after(&self, pull: &PullHandle) -> Result<PullHandle, DemoError> {
        let opened = async {
            loop {
                let newer = self.repository.pulls().into_iter().find(|it| it.number() > pull.number());
                match newer {
                    Some(newer) => return newer,
                    None => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
        };
        let missing = |_| DemoError::Otherwise(format!("nothing was opened after #{}", pull.number()));
        tokio::time::timeout(PATIENCE, opened).await.map_err(missing)
    }

    /// Waits until the deploy of what the environment's branch holds has come to this end; tells what it says.
    /// Customers are looked at meanwhile.
    pub(super) async fn deploy_ended(
        &self,
        environment: &str,
        state: &str,
        meanwhile: impl FnMut(&Seen),
    ) -> Result<String, DemoError> {
        let is_meant =
            |it: &DeploymentHandle| Some(it.sha()) == self.repository.tip(environment) && !is_rollback(it);
        self.ended((environment, state), is_meant, meanwhile).await
    }

    /// The same for the deploy that takes production back.
    pub(super) async fn rollback_ended(&self) -> Result<String, DemoError> {
        self.ended(("production", "success"), is_rollback, |_| ()).await
    }

    async fn ended(
        &self,
        (environment, state): (&str, &str),
        is_meant: impl Fn(&DeploymentHandle) -> bool,
        mut meanwhile: impl FnMut(&Seen),
    ) -> Result<String, DemoError> {
        let mut last = "there is none".to_owned();
        let ended = async {
            loop {
                meanwhile(&self.sites.look(environment).await?);
                let deployments = self.repository.deployments();
                let newest = deployments.iter().rev().find(|it| it.environment() == environment);
                if let Some(status) = newest.filter(|it| is_meant(it)).and_then(|it| it.statuses().pop()) {
                    if status.state == state {
                        return Ok(status.description);
                    }
                    last = format!("{}: {}", status.state, status.description);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let ended: Result<Result<String, DemoError>, _> = tokio::time::timeout(PATIENCE, ended).await;
        ended.unwrap_or_else(|_| {
            Err(DemoError::Otherwise(format!(
                "the deploy of {environment} should have come to {state}; {last}"
            )))
        })
    }

    /// Waits until the App's comment on a pull request holds these words.
    pub(super) async fn comment(&self, pull: &PullHandle, words: &str) -> Result<String, DemoError> {
        let shown = async {
            loop {
                let found = pull.comments().into_iter().map(|it| it.body).find(|body| body.contains(words));
                match found {
                    Some(body) => return body,
                    None => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
        };
        let missing = |_| DemoError::Otherwise(format!("no comment on #{} says {words:?}", pull.number()));
        tokio::time::timeout(PATIENCE, shown).await.map_err(missing)
    }

    /// Waits until the App's reply to a comment says these words, and answers its first line.
    pub(super) async fn replied(
        &self,
        pull: &PullHandle,
        comment: &CommentHandle,
        words: &str,
    ) -> Result<String, DemoError> {
        let marker = format!("towpath:reply:comment-{} ", comment.id());
        let said = || pull.comments().into_iter().map(|it| it.body).find(|body| body.contains(&marker));
        let shown = async {
            loop {
                match said().filter(|body| body.contains(words)) {
                    Some(body) => return body.lines().next().unwrap_or_default().to_owned(),
                    None => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, shown).await.map_err(|_| {
            let said = said().unwrap_or_else(|| "nothing".to_owned());
            DemoError::Otherwise(format!("the reply should say {words:?}; it says: {said}"))
        })
    }

    /// Waits until what was pushed lies so far back that whoever writes now has seen it: a command counts for what its
    /// author has seen, and GitHub tells whole seconds.
    pub(super) async fn after_a_look(&self) {
        tokio::time::sleep(LOOKED_AT).await;
    }

    /// Waits until master points at production's commit, and Towpath says so.
    pub(super) async fn master_follows(&self) -> Result<(), DemoError> {
        let follows = async {
            while !self.says_it_is_a_copy() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let missing = |_| DemoError::Otherwise("master does not follow production".to_owned());
        tokio::time::timeout(PATIENCE, follows).await.map_err(missing)
    }

    fn says_it_is_a_copy(&self) -> bool {
        let tip = self.repository.tip("production");
        let check = tip.as_ref().and_then(|tip| self.repository.check_on(tip, "towpath: copy"));
        let title = check.and_then(|check| check.state()).and_then(|state| state.title).unwrap_or_default();
        tip == self.repository.tip("master") && title.starts_with("A copy")
    }

    /// Waits until the newest issue is in this state; title and text.
    pub(super) async fn issue(&self, state: &str) -> Result<(String, String), DemoError> {
        let raised = async {
            loop {
                let newest = self.repository.issues().pop().filter(|issue| issue.state() == state);
                match newest {
                    Some(issue) => return (issue.title(), issue.body()),
                    None => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
        };
        let missing = |_| DemoError::Otherwise(format!("no issue is {state}"));
        tokio::time::timeout(PATIENCE, raised).await.map_err(missing)
    }

    /// Where a pull request has come to, as told once these words are among it: the server learns by a webhook where its own push has brought a branch.
    pub(super) async fn towpath_where(&self, pull: &PullHandle, words: &str) -> Result<String, DemoError> {
        let (number, data) = (pull.number().to_string(), self.data());
        let told = async {
            loop {
                let told = towpath(&data, &["where", &number, "--repository", "acme/store"]).await?;
                if told.contains(words) {
                    return Ok(told);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let missing = |_| DemoError::Otherwise(format!("towpath where {number} never says {words:?}"));
        tokio::time::timeout(PATIENCE, told).await.map_err(missing)?
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The git tree that a branch holds.
    pub(super) async fn tree_of(&self, branch: &str) -> Result<String, DemoError> {
        let said = self.git(&["rev-parse", "--verify", &format!("refs/heads/{branch}^{{tree}}")]).await?;
        Ok(said.trim().to_owned())
    }

    /// The authors of what a branch got, merges left out.
    pub(super) async fn authors_between(&self, before: &str, after: &str) -> Result<Vec<String>, DemoError> {
        let said = self.git(&["log", "--no-merges", "--format=%an", &format!("{before}..{after}")]).await?;
        Ok(said.lines().map(str::to_owned).collect())
    }

    /// Asks git about the repository, past everything that the story is about.
    async fn git(&self, arguments: &[&str]) -> Result<String, DemoError> {
        let mut git = Command::new("git");
        git.arg("--git-dir").arg(self.repository.path()).args(arguments);
        let output = git.stdin(Stdio::null()).kill_on_drop(true).output().await.map_err(set_up)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(DemoError::Otherwise(String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    pub(super) async fn strike(self) {
        self.server.stop().await;
        self.github.shutdown();
    }
}

fn is_rollback(deployment: &DeploymentHandle) -> bool {
    deployment.payload()["rollback"] == true
}

fn set_up(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> DemoError {
    DemoError::SetUp(shared_error(error))
}

async fn register(github: &Sandbox) -> Result<AppHandle, DemoError> {
    let mut app = AppConfig::new("towpath")
        .permission("checks", "write")
        .permission("contents", "write")
        .permission("pull_requests", "write")
        .permission("statuses", "write")
        .permission("actions", "write")
        .permission("deployments", "write")
        .permission("issues", "write")
        .permission("members", "read")
        .permission("merge_queues", "read")
        .events([
            "deployment_protection_rule",
            "deployment_status",
            "issue_comment",
            "merge_group",
            "pull_request",
            "pull_request_review",
            "pull_request_review_comment",
            "push",
            "repository",
            "workflow_run",
        ]);
    SECRET.clone_into(&mut app.webhook_secret);
    Ok(github.app(app).await?)
}

async fn serve(
    github: &Sandbox,
    app: &AppHandle,
    folder: &TempDir,
    operator: Operator,
) -> Result<Server, DemoError> {
    let listener = Server::bind("127.0.0.1", 0).await.map_err(set_up)?;
    let public_url = listener.local_addr().ok().map(|address| format!("http://{address}"));
    let key = AppKey::from_pem(&app.id().to_string(), AppConfig::demo_key()).map_err(set_up)?;
    let engine = Engine::open(Config {
        app_id: app.id(),
        key,
        secrets: vec![Secret::new(SECRET)],
        api_url: github.api_url(),
        call_within: CALL_WITHIN,
        data_dir: folder.path().join("data"),
        database: folder.path().join("data/towpath.db"),
        path: PromotionPath::pro(),
        clock: Arc::new(SystemClock),
        random: Arc::new(system_random),
        // Nobody looks at the set-up page there.
        settings: Settings { report_after: None, ..Settings::default() },
        deploying: Deploying { operator, public_url, ..Deploying::default() },
    });
    let engine = engine.await.map_err(set_up)?;
    Server::start(listener, engine, Limits::default()).map_err(set_up)
}

/// `acme/store` after two releases: all four branches, topics merged into integration, each release
/// promoted with merge commits, master moved along.
async fn shop(github: &Sandbox) -> Result<(RepoHandle, Vec<String>), DemoError> {
    let repository = github
        .repository("acme/store")
        .default_branch("master")
        .public()
        .with("ana", Permission::Write)
        .with("ben", Permission::Write)
        .with("rita", Permission::Maintain)
        .create()
        .await?;
    let start = "# Acme store\n\nintegration → staging → production → master\n";
    repository
        .commit_on("master")
        .orphan()
        .file("README.md", start)
        .message("Start the store")
        .by("rita")
        .await?;
    for branch in ["integration", "staging", "production"] {
        repository.branch(branch).from("master").by("rita").await?;
    }
    let releases: [[(&str, &str, &str); 2]; 2] = [
        [("catalog", "Show the catalog", "ana"), ("cart", "Put things into a cart", "ben")],
        [("search", "Search the catalog", "ana"), ("checkout", "Pay for the cart", "ben")],
    ];
    let mut promotions = Vec::new();
    for release in releases {
        for (name, message, author) in release {
            let (topic, file) = (format!("feature/{name}"), format!("{name}.txt"));
            let content = format!("{message}\n");
            let commit = repository.commit_on(&topic).from("integration").file(&file, content);
            commit.message(message).by(author).await?;
            repository.merge(&topic).into("integration").no_ff().by(author).await?;
            repository.delete_branch(&topic).by(author).await?;
        }
        for (from, into) in [("integration", "staging"), ("staging", "production")] {
            let message = format!("Promote {from} to {into}");
            let made = repository.merge(from).into(into).no_ff().message(&message).by("rita").await?;
            promotions.push(made[..9].to_owned());
        }
        repository.merge("production").into("master").ff_only().by("rita").await?;
    }
    Ok((repository, promotions))
}
