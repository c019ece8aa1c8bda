//! Deploys that the platform of Adobe Commerce carries out by itself, watched to their end.

use crate::carried_out::configured;
use crate::stage::{Setting, Stage};
use chrono::TimeDelta;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use towpath::deploy::operator::Operator;
use towpath::engine::Deploying;
use towpath_sandbox::platform::{self, ActivityHandle, ActivityState, Ending, Platform, ProjectHandle, Role};
use towpath_sandbox::{ManualClock, PullHandle};

pub(crate) const TOKEN: &str = "the API token of a machine user";
pub(crate) const DRIVER: &str = "{ driver: commerce-cloud, timeout: 30m }";
pub(crate) const BUILDS: &str =
    "Found 1 new commit\nBuilding application 'app' (runtime type: php:8.3, tree: 9851a01)";
pub(crate) const DEPLOYS: &str = "Redeploying environment integration\nExecuting deploy hook for application 'app'\n\
    W: [2026-03-01T10:04:00+00:00] INFO: Starting scenario(s): scenario/deploy.xml (magento/ece-tools version: 2002.2.1)\n\
    W: [2026-03-01T10:04:01+00:00] NOTICE: Enabling Maintenance mode";
pub(crate) const ENDS: &str = "W: [2026-03-01T10:06:00+00:00] NOTICE: Maintenance mode is disabled.\n\
    W: [2026-03-01T10:06:01+00:00] INFO: Scenario(s) finished\nOpening environment";

/// A shop, and the platform that it runs on.
pub(crate) struct Shop {
    pub(crate) stage: Stage,
    pub(crate) platform: Platform,
    pub(crate) project: ProjectHandle,
    pub(crate) clock: Arc<ManualClock>,
    /// The environment that the platform has, and that the story is about.
    environment: &'static str,
    deploying: Deploying,
    hosts: TempDir,
}

/// How the platform's git servers are reached.
pub(crate) struct Reached {
    /// What the operator's file of host keys holds; `None` names none.
    pub(crate) known_hosts: Option<String>,
    /// What takes the place of ssh.
    pub(crate) ssh: Option<PathBuf>,
}

/// A platform without projects, and its clock.
pub(crate) async fn platform() -> (Platform, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::from_system());
    let config = platform::Config { clock: Arc::clone(&clock) as _, ..platform::Config::default() };
    (Platform::start(config).await.unwrap(), clock)
}

impl Shop {
    pub(crate) async fn open(role: Role) -> Self {
        Self::with(role, &["integration"], ["integration"; 2]).await
    }

    /// With these environments active on the platform. The operator's file gives one of them to one of ours by `mapping`.
    pub(crate) async fn with(role: Role, active: &[&str], mapping: [&'static str; 2]) -> Self {
        let (platform, clock) = platform().await;
        let reached = Reached { known_hosts: Some(platform.host_key()), ssh: Some(platform.ssh().unwrap()) };
        Self::made((platform, clock), (role, reached), (active, mapping)).await
    }

    /// On a platform that is there, whose git servers are reached in this way.
    pub(crate) async fn on(there: (Platform, Arc<ManualClock>), role: Role, reached: Reached) -> Self {
        Self::made(there, (role, reached), (&["integration"], ["integration"; 2])).await
    }

    async fn made(
        (platform, clock): (Platform, Arc<ManualClock>),
        (role, reached): (Role, Reached),
        (active, mapping): (&[&str], [&'static str; 2]),
    ) -> Self {
        let hosts = tempfile::tempdir().unwrap();
        let known_hosts = reached.known_hosts.map_or_else(String::new, |text| {
            let file = hosts.path().join("known_hosts");
            std::fs::write(&file, text).unwrap();
            format!("known_hosts = '{}'\n", file.display())
        });
        let project = active.iter().fold(platform.project("abc123"), |it, name| it.environment(name));
        let project = if active.contains(&"staging") { project } else { project.inactive("staging") };
        let project = project.await.unwrap();
        platform.api_token(TOKEN, &["abc123"], role);
        let [ours, named] = mapping;
        let text = format!(
            "[repository.\"acme/store\".secret]\ncommerce = {{ env = \"COMMERCE\" }}\n\
             [repository.\"acme/store\".commerce]\nproject = \"abc123\"\ntoken = \"commerce\"\n\
             environments = {{ {ours} = \"{named}\", staging = \"staging\" }}\n\
             api = \"{}\"\nauth = \"{}\"\nssh = \"{}\"\nallow_private = true\n{known_hosts}",
            platform.api_url(),
            platform.auth_url(),
            platform.certifier_url()
        );
        let deploying = Deploying {
            operator: Operator::read(&text).unwrap(),
            variables: Arc::new(|name: &str| (name == "COMMERCE").then(|| TOKEN.to_owned())),
            public_url: Some("http://towpath.example".to_owned()),
            cloud_look_every: Some(Duration::from_secs(60)),
            ssh: reached.ssh,
            ..Deploying::default()
        };
        let stage = Stage::with(Setting { deploying: deploying.clone(), ..Setting::default() }).await;
        project.runs_its_branches(&stage.store).await.unwrap();
        Self { stage, platform, project, clock, environment: ours, deploying, hosts }
    }

    /// Names other host keys from now on.
    pub(crate) fn knows_hosts(&self, text: &str) {
        std::fs::write(self.hosts.path().join("known_hosts"), text).unwrap();
    }

    /// With an integration, and the driver in the repository's file.
    pub(crate) async fn integrated() -> Self {
        let shop = Self::open(Role::Admin).await;
        shop.project.integrate();
        configured(&shop.stage, DRIVER).await;
        shop
    }

    /// The server is started anew and looks at the platform so often, though nothing comes to rest then.
    pub(crate) async fn looks_every(&mut self, seconds: u64) {
        let cloud_look_every = Some(Duration::from_secs(seconds));
        let deploying = Deploying { cloud_look_every, ..self.deploying.clone() };
        self.stage.stop().await;
        self.stage.operated_by(Setting { deploying, ..Setting::default() });
        self.stage.start_at_work().await;
    }

    /// A merge that the platform has heard of and queued.
    pub(crate) async fn queued(&self) -> (PullHandle, ActivityHandle) {
        let pull = self.stage.merged_topic("feature/cart").await;
        (pull, self.fetched().await)
    }

    pub(crate) async fn fetched(&self) -> ActivityHandle {
        self.project.fetch(&self.stage.store).await.unwrap().pop().expect("the branch has moved")
    }

    /// So many minutes pass for everybody, and the platform is looked at.
    pub(crate) async fn minutes_later(&self, minutes: i64) {
        self.clock.advance(TimeDelta::minutes(minutes));
        self.stage.minutes_later(minutes).await;
    }

    /// What GitHub shows of the newest deploy.
    pub(crate) async fn line(&self) -> String {
        let made = self.stage.deployments(self.environment).await;
        let statuses = made.last().unwrap().statuses();
        let last = statuses.last().unwrap();
        format!("{}: {}", last.state, last.description)
    }

    /// The same after the next look.
    pub(crate) async fn next_line(&self) -> String {
        self.minutes_later(2).await;
        self.line().await
    }

    pub(crate) async fn end(self) {
        for act in ["/merge", "/synchronize", "/deactivate", "/activate"] {
            assert_eq!(self.platform.count("POST", act), 0, "{act}");
        }
        assert!(self.platform.asked().iter().all(|it| it.method != "DELETE"));
        for pull in self.stage.store.pulls() {
            self.stage.read(&pull);
        }
        self.stage.end().await;
        self.platform.shutdown();
    }
}

#[tokio::test]
async fn a_merge_is_watched_until_the_platform_runs_its_files() {
    let shop = Shop::integrated().await;
    let cart = shop
        .stage
        .store
        .commit_on("feature/shop")
        .from("integration")
        .file("shop/.magento.app.yaml", "name: shop\n");
    cart.by("ana").await.unwrap();
    let pull = shop.stage.store.open_pull("feature/shop").into("integration").by("ana").await.unwrap();
    shop.stage.check(&pull).await.passes();
    crate::shop::merge(&pull).await.unwrap();
    assert_eq!(shop.line().await, "queued: Requested, not started yet");
    let activity = shop.fetched().await;
    assert_eq!(
        shop.next_line().await,
        "in_progress: Building; the site keeps running; it waits for its turn on the platform"
    );
    activity.starts().unwrap().says(BUILDS);
    assert_eq!(shop.next_line().await, "in_progress: Building; the site keeps running");
    activity.says(DEPLOYS);
    assert_eq!(shop.next_line().await, "in_progress: Deploying; the site may be in maintenance mode");
    activity.says(ENDS);
    activity.ends(Ending::success().command("shop", "deploy", 0)).unwrap();
    let line = shop.next_line().await;
    assert!(line.starts_with("success: ") && line.contains(" is live after "), "{line}");
    assert!(!line.contains("degraded"), "{line}");
    assert_eq!(shop.platform.count("POST", "/oauth2/token"), 1);
    assert_eq!(shop.platform.count("POST", "/redeploy"), 0);
    shop.end().await;
}

#[tokio::test]
async fn what_fails_in_maintenance_is_told_with_what_customers_see_and_what_to_do() {
    let shop = Shop::integrated().await;
    let (pull, activity) = shop.queued().await;
    activity.starts().unwrap().says(BUILDS).says(DEPLOYS);
    activity.says("W: [2026-03-01T10:05:00+00:00] CRITICAL: [126] It failed with password=hunter2");
    let line = shop.next_line().await;
    assert!(line.starts_with("in_progress: About to fail: ece:126 "), "{line}");
    activity.ends(Ending::hook_failed().command("app", "deploy", 126)).unwrap();
    let line = shop.next_line().await;
    assert!(line.starts_with("failure: Deploy failed: ece:126 "), "{line}");
    let comment = shop.stage.comment(&pull).await;
    for words in [
        "**Customers see:** The maintenance page, until a deploy ends well or somebody ends maintenance mode by hand.",
        "- **Next step:** ",
        "`towpath explain ece:126` says more.",
        "It reported: `the deploy hook of app ended with status 126`",
    ] {
        assert!(comment.contains(words), "{words}: {comment}");
    }
    // The repository is private.
    assert!(comment.contains("[126] It failed") && !comment.contains("hunter2"), "{comment}");
    assert_eq!(shop.platform.count("POST", "/redeploy"), 0, "the same would fail again");
    shop.end().await;
}

#[tokio::test]
async fn what_the_platform_never_hears_of_is_told_from_what_waits_there() {
    let shop = Shop::integrated().await;
    let pull = shop.stage.merged_topic("feature/cart").await;
    shop.minutes_later(16).await;
    let line = shop.line().await;
    assert_eq!(line, "error: The platform has not picked it up within 15 min: nothing was deployed");
    let comment = shop.stage.comment(&pull).await;
    assert!(comment.contains("magento-cloud integration:validate"), "{comment}");
    // Somebody else's push is under way when the next one comes.
    let tip = shop.stage.store.tip("production").unwrap();
    let other = shop.project.push("integration", (&tip, None), None).await.unwrap();
    other.starts().unwrap();
    shop.stage.merged_topic("feature/list").await;
    let ours = shop.fetched().await;
    let line = shop.next_line().await;
    let behind = format!("it waits on the platform behind a push of {} on integration", &tip[..8]);
    assert!(line.starts_with("in_progress: Building") && line.ends_with(&behind), "{line}");
    other.ends(Ending::success()).unwrap();
    ours.starts().unwrap();
    ours.ends(Ending::success()).unwrap();
    assert!(shop.next_line().await.starts_with("success: "));
    shop.end().await;
}

#[tokio::test]
async fn success_is_not_said_while_the_platform_runs_other_files() {
    let shop = Shop::integrated().await;
    let (pull, activity) = shop.queued().await;
    activity.starts().unwrap().says(BUILDS).says(DEPLOYS).says(ENDS);
    activity.ends(Ending::success().tree("app", &"0".repeat(40))).unwrap();
    let line = shop.next_line().await;
    assert!(
        line.starts_with("in_progress: Deployed; verifying the site; the platform does not say yet"),
        "{line}"
    );
    shop.minutes_later(2).await;
    let line = shop.next_line().await;
    assert!(line.starts_with("failure: Deployed, but verify failed (compare files)"), "{line}");
    let comment = shop.stage.comment(&pull).await;
    assert!(comment.contains("runs other files: app runs the tree 00000000"), "{comment}");
    shop.end().await;
}

#[tokio::test]
async fn tokens_end_and_answers_fail_and_the_deploy_is_seen_to_its_end() {
    let shop = Shop::open(Role::Admin).await;
    shop.project.integrate();
    configured(&shop.stage, "{ driver: commerce-cloud, timeout: 4h }").await;
    let (_, activity) = shop.queued().await;
    activity.starts().unwrap().says(BUILDS);
    assert!(shop.next_line().await.starts_with("in_progress: Building"));
    let tokens = shop.platform.count("POST", "/oauth2/token");
    shop.platform.expire_access();
    activity.says(DEPLOYS);
    assert!(shop.next_line().await.starts_with("in_progress: Deploying"));
    assert_eq!(shop.platform.count("POST", "/oauth2/token"), tokens + 1, "renewed once");
    let faults = shop.platform.faults();
    let before = shop.line().await;
    let activities = "/api/*/environments/*/activities";
    let plants: [&dyn Fn(); 5] = [
        &|| _ = faults.rest("GET", "/me").status(502).times(1),
        &|| _ = faults.rest("GET", activities).status(500).times(1),
        &|| _ = faults.rest("GET", activities).answer(200, "text/html", "<html>Sign in</html>").times(1),
        &|| _ = faults.rest("GET", activities).reset().times(1),
        &|| _ = faults.rest("GET", activities).cut_short(9).times(1),
    ];
    for plant in plants {
        plant();
        assert_eq!(shop.next_line().await, before, "a moment is no news");
        assert_eq!(shop.next_line().await, before);
    }
    faults.rest("GET", "/api/*/log").cut_short(120).times(1);
    assert_eq!(shop.next_line().await, before);
    shop.platform.revoke(TOKEN);
    shop.minutes_later(2).await;
    assert_eq!(
        shop.next_line().await,
        "in_progress: Deploying; the site may be in maintenance mode; how it stands cannot be seen: the platform refuses the API token"
    );
    shop.platform.api_token(TOKEN, &["abc123"], Role::Admin);
    activity.says(ENDS);
    activity.ends(Ending::success()).unwrap();
    let line = shop.next_line().await;
    assert!(line.starts_with("success: "), "{line}");
    shop.end().await;
}

#[tokio::test]
async fn an_activity_that_vanishes_ends_the_deploy_with_words() {
    let shop = Shop::integrated().await;
    let (pull, activity) = shop.queued().await;
    activity.starts().unwrap().says(BUILDS).says(DEPLOYS);
    assert!(shop.next_line().await.starts_with("in_progress: Deploying"));
    activity.vanishes();
    assert!(shop.next_line().await.starts_with("in_progress: Deploying"));
    assert!(shop.next_line().await.starts_with("failure: Deploy failed"));
    let comment = shop.stage.comment(&pull).await;
    let words = format!("the platform no longer knows the activity {}", activity.id());
    assert!(comment.contains(&words) && comment.contains("other files run there"), "{comment}");
    shop.end().await;
}

#[tokio::test]
async fn trouble_after_the_deploy_is_live_and_degraded() {
    let shop = Shop::integrated().await;
    let (_, activity) = shop.queued().await;
    activity.starts().unwrap().says(BUILDS).says(DEPLOYS).says(ENDS);
    activity
        .ends(Ending::hook_failed().command("app", "deploy", 0).command("app", "post_deploy", 1))
        .unwrap();
    let line = shop.next_line().await;
    assert!(
        line.starts_with("success: ")
            && line.contains("degraded: the post_deploy hook of app ended with status 1"),
        "{line}"
    );
    shop.end().await;
}

#[tokio::test]
async fn what_is_degraded_is_tested_once_somebody_has_signed_it_off() {
    let shop = Shop::integrated().await;
    let text = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics], deploy: { driver: commerce-cloud } }\n  \
         - { name: staging, accepts: [integration], requires: { tested: true, signoffs: [admin] } }\ncopy: none\n";
    shop.stage.configure("master", text).await;
    let (_, activity) = shop.queued().await;
    activity.starts().unwrap();
    activity.ends(Ending::hook_failed().command("app", "post_deploy", 1)).unwrap();
    assert!(shop.next_line().await.contains("degraded"));
    let pull = shop.stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    let check = shop.stage.check(&pull).await;
    assert_eq!(check.0.conclusion.as_deref(), Some("action_required"));
    let summary = check.0.summary.clone().unwrap_or_default();
    assert!(summary.contains("TP303"), "{summary}");
    shop.minutes_later(2).await;
    let comment = shop.stage.says(&pull, "rita", "/signoff integration").await;
    let reply = shop.stage.reply(&pull, &comment).await;
    assert!(reply.contains("**Done**"), "{reply}");
    shop.stage.check(&pull).await.passes();
    shop.end().await;
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_tried_once_more() {
    for goes_well in [true, false] {
        let shop = Shop::integrated().await;
        let (_, activity) = shop.queued().await;
        activity.starts().unwrap().says(BUILDS).says(DEPLOYS);
        activity.says("W: [2026-03-01T10:05:00+00:00] ERROR: [137] no search");
        activity.ends(Ending::hook_failed().command("app", "deploy", 137)).unwrap();
        assert!(shop.next_line().await.starts_with("in_progress: "));
        let said = shop.stage.deployments("integration").await.pop().unwrap().statuses();
        assert!(
            said.iter().any(|it| it.description.ends_with("the same is deployed again, once")),
            "{said:?}"
        );
        let again = shop.project.activities().pop().unwrap();
        assert_eq!(again.kind(), "environment.redeploy");
        again.starts().unwrap();
        let ending =
            if goes_well { Ending::success() } else { Ending::hook_failed().command("app", "deploy", 137) };
        again.ends(ending).unwrap();
        let line = shop.next_line().await;
        assert!(
            line.starts_with(if goes_well { "success: " } else { "failure: Deploy failed: ece:137" }),
            "{line}"
        );
        shop.minutes_later(2).await;
        assert_eq!(shop.platform.count("POST", "/redeploy"), 1);
        shop.end().await;
    }
}

#[tokio::test]
async fn a_build_past_its_time_is_cancelled_and_a_deploy_is_not() {
    let shop = Shop::integrated().await;
    let (_, activity) = shop.queued().await;
    activity.starts().unwrap().says(BUILDS);
    shop.minutes_later(2).await;
    shop.minutes_later(31).await;
    assert_eq!(activity.state(), Some(ActivityState::Cancelled));
    shop.minutes_later(2).await;
    let line = shop.line().await;
    assert!(line.starts_with("error: Hangs: the build has not ended within 30 min"), "{line}");
    shop.stage.merged_topic("feature/list").await;
    let activity = shop.fetched().await;
    activity.starts().unwrap().says(BUILDS).says(DEPLOYS);
    shop.minutes_later(2).await;
    shop.minutes_later(31).await;
    assert_eq!(activity.state(), Some(ActivityState::InProgress));
    assert_eq!(shop.platform.count("POST", "/cancel"), 1);
    let line = shop.line().await;
    assert!(line.contains("Its end is not confirmed"), "{line}");
    activity.says(ENDS);
    activity.ends(Ending::success()).unwrap();
    let line = shop.next_line().await;
    assert!(line.starts_with("success: "), "a late end counts: {line}");
    shop.end().await;
}

#[tokio::test]
async fn nothing_is_begun_where_the_operator_or_the_platform_says_otherwise() {
    for (driver, words) in [
        (
            "{ driver: commerce-cloud, project: othertenant }",
            "the repository's file names another project than the operator's",
        ),
        (
            "{ driver: commerce-cloud, environment: production }",
            "another environment of the platform than the operator's file",
        ),
    ] {
        let shop = Shop::open(Role::Admin).await;
        shop.project.integrate();
        configured(&shop.stage, driver).await;
        let pull = shop.stage.merged_topic("feature/cart").await;
        let comment = shop.stage.comment(&pull).await;
        assert!(
            shop.line().await.starts_with("error: Not started: ") && comment.contains(words),
            "{comment}"
        );
        assert_eq!(shop.platform.asked(), [], "nobody was asked");
        shop.end().await;
    }
    for integrated in [true, false] {
        let shop = Shop::open(Role::Contributor).await;
        if integrated {
            shop.project.integrate();
        }
        configured(&shop.stage, DRIVER).await;
        let pull = shop.stage.merged_topic("feature/cart").await;
        let comment = shop.stage.comment(&pull).await;
        assert!(comment.contains("may not read the project's integrations"), "{comment}");
        assert_eq!((shop.platform.count("POST", "/redeploy"), shop.platform.ssh_runs().as_str()), (0, ""));
        shop.end().await;
    }
}

#[tokio::test]
async fn what_the_platforms_branch_has_is_deployed_again_by_its_link() {
    let shop = Shop::integrated().await;
    let (pull, activity) = shop.queued().await;
    activity.starts().unwrap();
    activity.ends(Ending::hook_failed().command("app", "deploy", 126)).unwrap();
    assert!(shop.next_line().await.starts_with("failure: "));
    let comment = shop.stage.says(&pull, "rita", "/deploy integration").await;
    shop.stage.reply(&pull, &comment).await;
    assert_eq!(shop.platform.count("POST", "/redeploy"), 1);
    let again = shop.project.activities().pop().unwrap();
    again.starts().unwrap();
    again.ends(Ending::success()).unwrap();
    let line = shop.next_line().await;
    assert!(line.starts_with("success: "), "{line}");
    let comment = shop.stage.says(&pull, "rita", "/rollback integration --reason broken").await;
    let reply = shop.stage.reply(&pull, &comment).await;
    assert!(reply.contains("Integration has no earlier good release"), "{reply}");
    shop.end().await;
}
