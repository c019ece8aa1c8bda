//! From a server that is told nothing to the first verdict, by clicking.

use super::webdriver::Browser;
use super::{DESK, TELEPHONE, browser, button, choice, field, link};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;
use towpath_sandbox::{Config, Permission, Sandbox};

/// How long somebody who reads nothing but the pages may take.
const WITHIN: Duration = Duration::from_secs(60);

/// `towpath serve` in an empty folder.
struct Serve {
    process: Child,
    folder: TempDir,
}

impl Serve {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut serve = Command::new(env!("CARGO_BIN_EXE_towpath"));
        serve.arg("serve").current_dir(folder.path()).env_clear();
        serve.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        serve.envs([("HOST", "127.0.0.1"), ("PORT", "0"), ("LOG_FORMAT", "json")]);
        let mut process = serve.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("\"address\"")), "the server says where it listens");
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, folder }
    }

    /// What `towpath setup-link` prints.
    fn link(&self) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        let command = command.arg("setup-link").current_dir(self.folder.path()).env_clear();
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A light that is green.
fn green(words: &str) -> String {
    format!("//li[@class='green'][contains(., '{words}')]")
}

/// A GitHub with the repository of an organisation that olga administers.
async fn github() -> (Sandbox, towpath_sandbox::RepoHandle) {
    let github = Sandbox::start(Config::default()).await.unwrap();
    let store = github.repository("acme/store").with("olga", Permission::Admin);
    let store = store.default_branch("master").with("ana", Permission::Write).create().await.unwrap();
    store.commit_on("master").orphan().file("README", "Acme\n").by("olga").await.unwrap();
    for branch in ["integration", "staging", "production"] {
        store.branch(branch).from("master").by("olga").await.unwrap();
    }
    store.commit_on("feature/first").from("integration").file("first", "1\n").by("ana").await.unwrap();
    (github, store)
}

/// Registers and installs; ends on the set-up page.
fn click_through(page: &Browser, server: &Serve, github: &Sandbox) {
    page.go(&server.link());
    page.until("//h1[.='Set up Towpath']");
    assert_eq!(page.run("return location.search"), "", "the key stays in the history");
    page.fits(DESK);
    page.write(&field("GitHub"), &github.url());
    page.write(&field("Organisation"), "acme");
    page.click(&button("Continue"));
    page.until("//summary[contains(., 'What the App asks for')]");
    page.click("//summary[contains(., 'What the App asks for')]");
    page.until("//th[.='Pull requests: write']");
    page.resize(TELEPHONE);
    page.fits(TELEPHONE);
    page.resize(DESK);
    page.picture("set-up");
    page.click(&button("Register on GitHub"));
    page.click(&choice("As", "olga"));
    page.click(&button("Create GitHub App for acme"));
    page.until(&green("GitHub accepts our credentials"));
    page.until(&green("Webhook reachable, signature right"));
    page.picture("lights");
    page.resize(TELEPHONE);
    page.fits(TELEPHONE);
    page.resize(DESK);
    page.complains_of_nothing();
    page.click(&link("install it on your repositories"));
    page.click(&choice("As", "olga"));
    page.click(&button("Install"));
    page.until(&green("on 1 repository"));
}

/// Has the set-up looked at, and ends on the lights again.
fn look_for_faults(page: &Browser) {
    page.click("//a[@href='setup/doctor']");
    page.click(&button("Look"));
    page.until("//p[contains(., 'Looked at')]");
    // Nothing keeps the branches of this repository.
    page.click(
        "//h3[.='acme/store']/following-sibling::ul/li[@class='fault']//summary[starts-with(., 'Repair')]",
    );
    page.picture("doctor");
    page.resize(TELEPHONE);
    page.fits(TELEPHONE);
    page.picture("doctor-on-a-telephone");
    page.resize(DESK);
    page.complains_of_nothing();
    page.click(&link("Back to the lights"));
    page.until(&green("First verdict"));
}

#[test]
fn from_an_empty_folder_to_the_first_verdict_in_a_minute() {
    let Some(page) = browser(DESK) else { return };
    let live = tokio::runtime::Runtime::new().unwrap();
    let (github, store) = live.block_on(github());
    let began = Instant::now();
    let server = Serve::start();
    click_through(&page, &server, &github);
    let pull = live.block_on(async {
        let pull = store.open_pull("feature/first").into("integration").by("ana");
        pull.await.unwrap()
    });
    page.until(&green("First verdict"));
    page.until("//p[contains(., 'Everything works')]");
    page.picture("all-green");
    assert!(began.elapsed() < WITHIN, "it took {:?}", began.elapsed());
    look_for_faults(&page);
    page.click(&format!("//a[contains(@href, '/acme/store/pull/{}')]", pull.number()));
    page.until("//article[contains(@class, 'green')][.//strong='towpath: integration']");
    page.complains_of_nothing();
    github.shutdown();
}
