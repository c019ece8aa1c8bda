//! Starts a stand-in with a little repository and stays up, to look at its pages by hand.
//!
//! ```sh
//! cargo run -p towpath-sandbox --example serve            # http://127.0.0.1:8081
//! cargo run -p towpath-sandbox --example serve -- 9000    # on another port
//! ```

use std::error::Error;
use std::net::SocketAddr;

use towpath_sandbox::{AppConfig, Config, Permission, RepoHandle, Sandbox};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).map_or(Ok(8081), |text| text.parse())?;
    let listen = SocketAddr::from(([127, 0, 0, 1], port));
    let github = Sandbox::start(Config { listen, ..Config::default() }).await?;
    let repo = shop(&github).await?;
    reviews(&github, &repo).await?;
    deploys(&repo).await?;
    println!("The stand-in is at {} until it is interrupted.", github.url());
    std::future::pending().await
}

/// `acme/shop` with two branches that people merge into, and two topics.
async fn shop(github: &Sandbox) -> Result<RepoHandle, Box<dyn Error>> {
    let repo = github.repository("acme/shop");
    let repo =
        repo.with("ana", Permission::Admin).with("ben", Permission::Write).with("eve", Permission::Read);
    let repo = repo.create().await?;
    let readme = "# Shop\n\nSells things.\n";
    repo.commit_on("main").orphan().file("README.md", readme).message("Open the shop").by("ana").await?;
    repo.branch("staging").from("main").by("ana").await?;
    let cart = repo.commit_on("feature/cart").from("main").file("src/cart.rs", "pub struct Cart;\n");
    cart.message("Add a cart").by("ben").await?;
    let sum = repo.commit_on("feature/cart").file("src/cart.rs", "pub struct Cart {\n    pub sum: u64,\n}\n");
    sum.message("Let the cart know its sum").by("ben").await?;
    let fix = repo.commit_on("fix/typo").from("main").file("README.md", "# Shop\n\nSells fine things.\n");
    fix.message("Say what is sold").by("ana").await?;
    repo.protect("main").require("build");
    Ok(repo)
}

/// Two pull requests: one whose required check is red, one that may be merged.
async fn reviews(github: &Sandbox, repo: &RepoHandle) -> Result<(), Box<dyn Error>> {
    let ci = github.app(AppConfig::new("ci").permission("checks", "write")).await?;
    ci.install("acme").on([repo]).await?;
    let cart = repo.open_pull("feature/cart").into("main").title("A cart");
    let cart = cart.body("Gives the shop a **cart**.\n\n- [x] holds things\n- [ ] sums up").by("ben").await?;
    repo.check(&ci, "build", "feature/cart").concluded("failure").await?;
    repo.check(&ci, "lint", "feature/cart").running().await?;
    let asked = cart.comment("Does it build for you? `cargo build` says no here.").by("ana").await?;
    asked.react("eyes").by("ben").await?;
    asked.react("+1").by("eve").await?;
    cart.comment("A linker flag was missing.").by_app(&ci).await?;
    cart.comment_on("src/cart.rs", 1, "Needs a field for vouchers.").by("ana").await?;
    cart.request_changes("Sum it up first.").by("ana").await?;
    let fix = repo.open_pull("fix/typo").into("main").title("Say what is sold").by("ana").await?;
    repo.check(&ci, "build", "fix/typo").concluded("success").await?;
    fix.comment("Go on!\n\n<details><summary>Why</summary>\n\nIt is true.\n\n</details>").by("eve").await?;
    Ok(())
}

/// Deploys that went well and badly, and an issue about one of them.
async fn deploys(repo: &RepoHandle) -> Result<(), Box<dyn Error>> {
    repo.deploy("staging").by("ben").await?;
    let production = repo.deploy("main").to("production").ends("in_progress").by("ana").await?;
    let failure = production.status("failure").description("build: the linker found no entry point");
    failure.log_url("https://ci.example.com/runs/17").by("deployer").await?;
    repo.deploy("main").to("review-apps/feature-cart").ends("in_progress").by("ben").await?;
    let issue = repo.open_issue("The deploy to production failed");
    issue.body("The job `build` of [run 17](https://ci.example.com/runs/17) failed.").by("ben").await?;
    repo.open_issue("Nobody knows the opening hours").by("eve").await?.close().by("ana").await?;
    Ok(())
}
