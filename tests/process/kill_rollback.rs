//! A rollback by a pull request with a real SIGKILL: killed at each request in turn, it makes one branch and one pull
//! request.

use crate::server::{PATIENCE, Server};
use crate::shop::topic;
use crate::world::World;
use std::time::Duration;
use towpath_sandbox::PullHandle;
use towpath_sandbox::platform::{self, Ending, Platform, ProjectHandle, Role};

const TOKEN: &str = "the API token of a machine user";
const PATH: &str = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics], deploy: { driver: none } }\n  \
    - { name: staging, accepts: [integration], deploy: { driver: none } }\n  \
    - { name: production, accepts: [staging], deploy: { driver: commerce-cloud } }\ncopy: none\n";
const PREPARED: &str = "refs/heads/towpath/rollback/";

/// A shop whose production is deployed by the platform's integration.
struct Shop {
    world: World,
    platform: Platform,
    project: ProjectHandle,
    operators: String,
}

impl Shop {
    async fn new() -> Self {
        let world = World::new().await;
        world.store.commit_on("master").file(".github/towpath.yml", PATH).by("rita").await.unwrap();
        let platform = Platform::start(platform::Config::default()).await.unwrap();
        let project = platform.project("abc123").environment("production").await.unwrap();
        platform.api_token(TOKEN, &["abc123"], Role::Admin);
        project.integrate();
        project.runs_its_branches(&world.store).await.unwrap();
        let file = world.folder.path().join("operator.toml");
        let text = format!(
            "[repository.\"acme/store\".secret]\ncommerce = {{ env = \"COMMERCE\" }}\n\
             [repository.\"acme/store\".commerce]\nproject = \"abc123\"\ntoken = \"commerce\"\n\
             environments = {{ production = \"production\" }}\napi = \"{}\"\nauth = \"{}\"\nallow_private = true\n",
            platform.api_url(),
            platform.auth_url()
        );
        std::fs::write(&file, text).unwrap();
        Self { world, platform, project, operators: file.to_str().unwrap().to_owned() }
    }

    async fn start(&self) -> Server {
        self.world.start_with(&[("TOWPATH_OPERATOR_FILE", &self.operators), ("COMMERCE", TOKEN)]).await
    }

    /// Somebody pushes to production, and the platform deploys that.
    async fn released(&self, file: &str) {
        self.world.later();
        self.world.store.commit_on("production").file(file, "x\n").by("ben").await.unwrap();
        let activity = self.project.fetch(&self.world.store).await.unwrap().pop().unwrap();
        activity.starts().unwrap();
        activity.ends(Ending::success()).unwrap();
        let tip = self.world.store.tip("production").unwrap();
        let live = async {
            let is_live = || {
                let made = self.world.store.deployments().into_iter().find(|it| it.sha() == tip);
                made.is_some_and(|it| it.state().as_deref() == Some("success"))
            };
            while !is_live() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, live).await.expect("the deploy does not end");
        self.world.quiet().await;
    }

    /// The open pull requests that were prepared.
    fn prepared(&self) -> Vec<PullHandle> {
        let mut pulls = self.world.store.pulls();
        pulls.retain(|it| it.state().is_some_and(|it| it.open && it.base == "production"));
        pulls
    }

    async fn says(&self, pull: &PullHandle, text: &str) {
        self.world.later();
        pull.comment(text).by("rita").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_request_a_rollback_is_prepared_once() {
    let shop = Shop::new().await;
    let world = &shop.world;
    let mut server = shop.start().await;
    world.quiet().await;
    for file in ["good.txt", "bad.txt"] {
        shop.released(file).await;
    }
    topic(&world.store, "feature/cart", "integration").await;
    let pull = world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    world.quiet().await;
    let (mut number, mut reached) = (0, true);
    while reached {
        let all = world.github.faults().rest("*", "*");
        let fault = if number % 2 == 0 { all.hold_answer() } else { all.hang_until_released() };
        let fault = fault.after(number).times(1);
        let before = world.github.faults().held();
        shop.says(&pull, "/rollback production --reason broken").await;
        reached = world.held_or_quiet(before).await;
        fault.remove();
        server.kill().await;
        server = shop.start().await;
        world.quiet().await;
        let prepared = shop.prepared();
        assert_eq!(prepared.len(), 1, "killed at request {number}");
        let branch = prepared[0].state().unwrap().head;
        let refs = world.store.refs();
        let made: Vec<&String> = refs.keys().filter(|it| it.starts_with(PREPARED)).collect();
        assert_eq!(made, [&format!("refs/heads/{branch}")], "killed at request {number}");
        assert_eq!(world.check(&prepared[0]).await, "success", "killed at request {number}");
        shop.says(&pull, "/resume production --reason repaired").await;
        world.quiet().await;
        prepared[0].close().by("rita").await.unwrap();
        world.store.delete_branch(&branch).by("rita").await.unwrap();
        world.quiet().await;
        number += 1;
    }
    assert!(number > 8, "a rollback asks for more than {number} things");
    server.stop().await;
    shop.platform.shutdown();
}
