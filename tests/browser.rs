#![allow(clippy::unwrap_used, reason = "a test may end by unwrapping")]
//! The demo's page in a real browser, clicked through as its user would.

#[path = "stories/in_memory.rs"]
mod in_memory;
#[path = "browser/set_up.rs"]
mod set_up;
#[path = "browser/webdriver.rs"]
mod webdriver;

use in_memory::keep_files_in_memory;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use towpath_sandbox::{AppConfig, AppHandle, Config, Permission, PullHandle, RepoHandle, Sandbox};
use webdriver::{Browser, Width};

const DESK: Width = Width(1200);
const TELEPHONE: Width = Width(400);

/// The browser, or `None` where there is none and nobody insists.
fn browser(width: Width) -> Option<Browser> {
    match Browser::open(width) {
        Ok(browser) => Some(browser),
        Err(missing) => {
            let words = format!("NOT TESTED: no browser clicked anything, as {missing} is not installed");
            assert!(std::env::var_os("CI").is_none(), "{words}");
            // The macros' output is kept back from tests that end well.
            let _ = writeln!(std::io::stderr(), "\n*** {words} ***\n");
            None
        }
    }
}

/// The demo as somebody started it in a terminal who now goes to its page.
struct Demo {
    process: Child,
    repository: String,
    folder: TempDir,
}

impl Demo {
    fn start() -> Self {
        keep_files_in_memory();
        let folder = tempfile::tempdir().unwrap();
        let mut demo = Command::new(env!("CARGO_BIN_EXE_towpath"));
        demo.arg("demo").env("TMPDIR", folder.path()).env_remove("RUST_LOG");
        let mut process = demo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        let mut demo = Self { process, repository: String::new(), folder };
        let mut lines = said.lines().map_while(Result::ok);
        let address = |line: String| {
            let line = line.trim();
            (line.starts_with("http://") && line.ends_with("/acme/store")).then(|| line.to_owned())
        };
        demo.repository = lines.find_map(address).expect("the demo says where its page is");
        std::thread::spawn(move || lines.for_each(drop));
        demo
    }

    /// Presses Ctrl-C.
    fn interrupt(mut self) {
        let kill = format!("kill -INT {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success(), "the demo did not end well");
        let left: Vec<_> = self.folder.path().read_dir().unwrap().collect();
        assert!(left.is_empty(), "the demo left something behind: {left:?}");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn button(words: &str) -> String {
    format!("//button[normalize-space()='{words}']")
}

fn link(words: &str) -> String {
    format!("//a[normalize-space()='{words}']")
}

/// The field that these words stand beside.
fn field(words: &str) -> String {
    format!("//label[starts-with(normalize-space(), '{words}')]/*[self::input or self::textarea]")
}

fn choice(words: &str, option: &str) -> String {
    format!("//label[starts-with(normalize-space(), '{words}')]/select/option[starts-with(., '{option}')]")
}

/// A check in this colour with these words in its title.
fn check(colour: &str, name: &str, words: &str) -> String {
    format!(
        "//article[contains(@class, '{colour}')][.//strong='{name}'][.//*[@class='title'][contains(., '{words}')]]"
    )
}

impl Browser {
    /// Looks whether the page fits its width, so that nobody has to push it about.
    fn fits(&self, Width(width): Width) {
        let wide = self.run("return document.documentElement.scrollWidth").as_u64().unwrap();
        let url = self.run("return location.pathname");
        assert!(wide <= u64::from(width), "{url} takes {wide} pixels and has {width}");
    }

    /// Makes a commit with the form of the repository's page.
    fn commit(&self, who: &str, from: &str, branch: &str, (file, message): (&str, &str)) {
        self.click(&choice("Starting from", from));
        self.write(&field("New branch"), branch);
        self.write(&field("File"), file);
        self.write(&field("Commit message"), message);
        self.write(&field("Its new content"), message);
        self.click(&format!("//form[contains(@action, '/commits')]{}", choice("As", who)));
        self.click(&button("Commit"));
        self.until(&format!("//*[@id='branches']//li[contains(., '{message}')]"));
    }

    /// Opens a pull request from the branch's row on the repository's page.
    fn open_pull(&self, head: &str, base: &str, title: &str) {
        self.click(&format!("//li[.//span[@class='branch']='{head}']{}", link("Pull request")));
        self.click(&choice("Into", base));
        self.write(&field("Title"), title);
        self.click(&button("Open the pull request"));
    }

    fn complains_of_nothing(&self) {
        assert_eq!(self.complaints(), Vec::<String>::new());
    }
}

/// Does in a clone what the commands say, as their reader does.
fn follow(commands: &str, clone_url: &str, by: &str) {
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("store");
    let url = clone_url.replacen("://", &format!("://{by}:demo@"), 1);
    let git = |command: &mut Command, at: &Path| {
        let command =
            command.current_dir(at).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for (name, value) in [("NAME", by), ("EMAIL", "ben@acme.example")] {
            command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    git(Command::new("git").args(["clone", "--quiet", &url]).arg(&clone), folder.path());
    git(Command::new("sh").args(["-c", commands]), &clone);
}

#[test]
fn a_topic_cut_from_master_is_refused_repaired_and_merged_by_clicking() {
    let Some(page) = browser(DESK) else { return };
    let demo = Demo::start();
    page.go(&demo.repository);
    page.commit("ben", "master", "feature/returns", ("returns.txt", "Take goods back"));
    page.commit("ben", "feature/returns", "", ("refunds.txt", "Pay for them"));
    page.open_pull("feature/returns", "integration", "Take goods back");

    // The check comes by itself, and says what is wrong and what to do.
    page.until(&check("red", "towpath: integration", "foreign commits"));
    page.until("//*[@id='comments']//strong[.='towpath[bot]']");
    // The commits are folded, so that the repair is in sight.
    assert!(!page.read("//*[@id='checks']").contains("Promote staging to production"));
    page.click("//*[@id='checks']//summary[starts-with(normalize-space(), 'Evidence')]");
    assert!(page.read("//*[@id='checks']").contains("Promote staging to production"));
    let commands = page.read("(//*[@id='checks']//pre)[1]");
    assert!(commands.contains("git cherry-pick"), "{commands}");
    page.fits(DESK);
    page.resize(TELEPHONE);
    page.fits(TELEPHONE);
    page.resize(DESK);

    // The button cannot be pressed; nor does it help to have an old page on which it can.
    assert!(page.read("//*[@id='merge']").contains("Merging is blocked."));
    let merge = format!("//*[@id='merge']{}", button("Merge"));
    assert!(!page.is_enabled(&merge));
    page.complains_of_nothing();
    // At once: the page follows what happens, and would have it as it was.
    page.run("const it = document.querySelector('#merge button.main'); it.disabled = false; it.click()");
    page.until(
        "//*[@role='alert'][contains(., 'Required status check \"towpath: integration\" is failing')]",
    );
    for complaint in page.complaints() {
        assert!(complaint.contains("405"), "{complaint}");
    }
    page.click(&link("Back"));

    let hint = page.run("return document.querySelector('textarea[name=body]').placeholder");
    assert!(hint.as_str().unwrap().contains("a command: /help, "), "{hint}");
    page.write(&field("Comment"), "I cut it from **master** by mistake.");
    page.click(&button("Comment"));
    page.until("//*[@id='comments']//article[.//strong='ben']//strong[.='master']");

    // The page follows without being loaded again.
    page.run("window.untouched = true");
    follow(&commands, &format!("{}.git", demo.repository), "ben");
    page.until(&check("green", "towpath: integration", "On the path: feature/returns → integration"));
    page.until(&format!("{merge}[not(@disabled)]"));
    assert_eq!(page.run("return window.untouched"), true);
    assert_eq!(page.count("//*[@id='commits']//li"), 2);

    page.click(&merge);
    page.until("//*[@id='state'][contains(., 'Merged')]");
    page.until("//*[@id='merge'][contains(., 'ben merged this into integration.')]");
    page.complains_of_nothing();
    demo.interrupt();
}

#[test]
fn on_a_telephone_a_topic_into_production_is_retargeted_and_every_page_fits() {
    let Some(page) = browser(TELEPHONE) else { return };
    let demo = Demo::start();
    page.go(&demo.repository);
    page.fits(TELEPHONE);
    page.commit("ana", "integration", "feature/spring-sale", ("sale.txt", "Announce the spring sale"));
    page.open_pull("feature/spring-sale", "production", "Announce the spring sale");
    page.until(&check("red", "towpath: production", "Wrong source"));
    page.fits(TELEPHONE);

    page.click("//summary[.='Change or close it']");
    page.click(&choice("Base", "integration"));
    page.click(&button("Retarget"));
    page.until(&check("green", "towpath: integration", "On the path"));
    page.until(&check("grey", "towpath: production", "No longer checked"));
    page.until(&format!("//*[@id='merge']{}[not(@disabled)]", button("Merge")));
    page.click(&format!("//*[@id='merge']{}", button("Merge")));
    page.until("//*[@id='merge'][contains(., 'ana merged this into integration.')]");
    page.fits(TELEPHONE);

    page.click("(//*[@id='commits']//a)[1]");
    page.until("//pre[contains(., '+Announce the spring sale')]");
    page.fits(TELEPHONE);
    page.click(&link("Deliveries"));
    page.until("(//td[.='202 OK'])[10]");
    page.fits(TELEPHONE);
    page.click(&link("Repositories"));
    page.until("//h1[.='Repositories']");
    page.fits(TELEPHONE);
    page.click(&link("acme/store"));
    page.click(&link("New pull request"));
    page.until("//h1[.='New pull request']");
    page.fits(TELEPHONE);
    page.complains_of_nothing();
    demo.interrupt();
}

const HINT: &str = "Say something, or ask: /help, /where";

/// A stand-in with a pull request that people talk about, and an app that answers when the test has it answer.
struct Talk {
    github: Sandbox,
    store: RepoHandle,
    pull: PullHandle,
    app: AppHandle,
}

impl Talk {
    async fn begin() -> Self {
        let config = Config { comment_hint: HINT.to_owned(), ..Config::default() };
        let github = Sandbox::start(config).await.unwrap();
        let store = github.repository("acme/store").with("ana", Permission::Write);
        let store = store.with("eve", Permission::Read).with("rita", Permission::Maintain).create();
        let store = store.await.unwrap();
        store.commit_on("main").orphan().file("README", "Acme\n").by("rita").await.unwrap();
        store.commit_on("topic").from("main").file("topic", "x\n").by("ana").await.unwrap();
        let app =
            AppConfig::new("answers").permission("pull_requests", "write").permission("issues", "write");
        let app = github.app(app).await.unwrap();
        app.install("acme").on([&store]).await.unwrap();
        let pull = store.open_pull("topic").into("main").by("ana").await.unwrap();
        Self { github, store, pull, app }
    }

    /// Somebody reacts to the newest comment on the pull request, and the app replies.
    async fn answer(&self, reaction: &str, reply: &str) {
        let asked = self.pull.comments().pop().unwrap();
        self.store.comment(asked.id).unwrap().react(reaction).by("rita").await.unwrap();
        self.pull.comment(reply).by_app(&self.app).await.unwrap();
    }
}

/// A comment by somebody with these words in it.
fn said(who: &str, words: &str) -> String {
    format!("//*[@id='comments']/article[.//header/strong='{who}'][contains(., '{words}')]")
}

impl Browser {
    /// Gives a comment by the form beneath the conversation.
    fn say(&self, who: &str, words: &str) {
        self.click(&format!("//form[contains(@action, '/comments')]{}", choice("As", who)));
        self.write(&field("Comment"), words);
        self.click(&button("Comment"));
    }

    /// Whether the middle of something is in sight.
    fn is_in_sight(&self, id: &str) -> bool {
        let seen = format!(
            "const at = document.getElementById('{id}').getBoundingClientRect(); \
             return at.top >= 0 && (at.top + at.bottom) / 2 < innerHeight"
        );
        self.run(&seen) == true
    }
}

#[test]
fn whoever_asks_in_a_comment_sees_the_answer_come_on_any_width() {
    let Some(page) = browser(DESK) else { return };
    let live = tokio::runtime::Runtime::new().unwrap();
    let talk = live.block_on(Talk::begin());
    let place = format!("{}/acme/store/pull/{}", talk.github.url(), talk.pull.number());
    for (width, who, reaction, name) in
        [(DESK, "rita", "rocket", "Rocket"), (TELEPHONE, "eve", "-1", "Thumbs down")]
    {
        page.resize(width);
        page.go(&place);
        let hint = page.run("return document.querySelector('textarea[name=body]').placeholder");
        assert_eq!(hint, HINT);
        let roles = page.read("//form[contains(@action, '/comments')]//select");
        let roles: Vec<&str> = roles.lines().map(str::trim).collect();
        assert_eq!(roles, ["ana (write)", "eve (read)", "rita (maintain)"]);
        page.fits(width);
        page.say(who, &format!("/help {who}"));
        page.until(&said(who, &format!("/help {who}")));
        let asked = talk.pull.comments().pop().unwrap();
        let asked_id = format!("comment-{}", asked.id);
        assert!(page.is_in_sight(&asked_id), "whoever has asked has to look for it");
        page.run("window.untouched = true");
        // Whoever types on meanwhile loses nothing, and sees the answer all the same.
        page.write(&field("Comment"), "a second thought");
        let reply =
            format!("Done for {who}\n\n<details><summary>More for {who}</summary>\n\nEvidence\n\n</details>");
        live.block_on(talk.answer(reaction, &reply));
        page.until(&said("answers[bot]", &format!("Done for {who}")));
        page.until(&format!("//*[@id='{asked_id}']//*[@aria-label='{name} by rita']"));
        let typed = page.run("return document.querySelector('textarea[name=body]').value");
        assert_eq!((typed, page.run("return window.untouched")), ("a second thought".into(), true.into()));
        page.fits(width);
    }
    page.complains_of_nothing();
    talk.github.shutdown();
}

#[test]
fn what_somebody_has_unfolded_stays_so_while_more_is_said() {
    let Some(page) = browser(DESK) else { return };
    let live = tokio::runtime::Runtime::new().unwrap();
    let talk = live.block_on(Talk::begin());
    page.go(&format!("{}/acme/store/pull/{}", talk.github.url(), talk.pull.number()));
    page.say("ana", "/why");
    page.until(&said("ana", "/why"));
    let folded =
        |words: &str| format!("{words}\n\n<details><summary>Evidence</summary>\n\nLong\n\n</details>");
    live.block_on(talk.answer("eyes", &folded("Working")));
    page.click("//*[@id='comments']//summary[.='Evidence']");
    // The reply with the open part is edited, and another comment comes.
    let reply = talk.pull.comments().pop().unwrap();
    live.block_on(async {
        let edited = talk.store.comment(reply.id).unwrap();
        edited.edit(&folded("Finished"), None).await.unwrap();
        talk.pull.comment("Thanks").by("rita").await.unwrap();
    });
    page.until(&said("rita", "Thanks"));
    page.until(&said("answers[bot]", "Finished"));
    page.until("//*[@id='comments']//details[@open][summary='Evidence']");
    assert_eq!(page.run("return document.activeElement.textContent"), "Evidence");
    live.block_on(async {
        let gone = talk.store.comment(talk.pull.comments().pop().unwrap().id).unwrap();
        gone.delete(Some("rita")).await.unwrap();
    });
    page.until("//*[@id='comments'][count(article)=2]");
    page.complains_of_nothing();
    talk.github.shutdown();
}
