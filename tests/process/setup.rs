//! The set-up page: from a server that is told nothing to the first verdict, and whoever must not get there.

use crate::server::{Environment, LOOK_EVERY, PATIENCE, Server};
use crate::shop::topic;
use crate::world::World;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tokio::process::Command;
use tokio::time::Instant;
use towpath_sandbox::{Method as MergeMethod, Permission, RepoHandle};

/// What a browser is answered.
pub struct Reply {
    pub status: u16,
    headers: HeaderMap,
    body: String,
}

impl Reply {
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What stands behind the first of some words, up to the next quotation mark, as a browser reads it.
    fn value(&self, after: &str) -> String {
        let (_, rest) = self.body.split_once(after).unwrap_or_else(|| panic!("no {after} in {}", self.body));
        let value = rest.split('"').next().unwrap();
        [("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
            .iter()
            .fold(value.to_owned(), |text, (markup, character)| text.replace(markup, character))
    }

    /// How many of the five lights are green.
    fn green(&self) -> usize {
        self.body.matches("<li class=\"green\">").count()
    }
}

/// A server that is told nothing, beside a GitHub.
pub struct SetUp {
    world: World,
    pub server: Server,
}

impl SetUp {
    pub fn environment(world: &World) -> Environment {
        vec![
            ("TOWPATH_DATA_DIR", "data".to_owned()),
            ("PWD", world.folder.path().to_str().unwrap().to_owned()),
            ("TOWPATH_LISTS_LAG_SECONDS", "0".to_owned()),
        ]
    }

    pub async fn begin() -> Self {
        Self::begin_with(&[]).await
    }

    async fn begin_with(arguments: &[&str]) -> Self {
        let world = World::new().await;
        world.store.allow("olga", Permission::Admin);
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.arg("serve").args(arguments);
        let server = Server::start_by(command, &Self::environment(&world)).await;
        Self { world, server }
    }

    fn address(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub fn data(&self) -> std::path::PathBuf {
        self.world.folder.path().join("data")
    }

    /// What `towpath setup-link` prints.
    pub async fn link(&self) -> String {
        let port = self.server.address.rsplit_once(':').unwrap().1;
        let link = crate::setup_link::setup_link(self.world.folder.path()).await.unwrap();
        let link = link.replace("localhost", "127.0.0.1");
        let here = format!("http://127.0.0.1:{port}/setup?key=");
        assert!(link.starts_with(&here), "{link}");
        link
    }

    /// Opens the link; answers the cookie.
    async fn visit(&self) -> String {
        let reply = browse(Method::GET, &self.link().await, "", None).await;
        assert_eq!((reply.status, reply.header(header::LOCATION)), (303, "setup"), "{}", reply.body);
        let cookie = reply.header(header::SET_COOKIE);
        assert!(cookie.ends_with("; HttpOnly; SameSite=Lax"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn get(&self, path: &str, cookie: &str) -> Reply {
        browse(Method::GET, &format!("{}{path}", self.address()), cookie, None).await
    }

    async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Reply {
        browse(Method::POST, &format!("{}{path}", self.address()), cookie, Some(fields)).await
    }

    /// Chooses this GitHub and `acme`; answers the page with the button.
    async fn choose(&self, cookie: &str) -> Reply {
        let page = self.get("/setup", cookie).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.value("name=\"address\" value=\""), self.address(), "what the browser used");
        let (form, github) = (page.value("name=\"form\" value=\""), self.world.github.url());
        let fields = [
            ("form", form.as_str()),
            ("github", github.as_str()),
            ("organisation", "acme"),
            ("address", &self.address()),
        ];
        let page = self.post("/setup/register", cookie, &fields).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page
    }

    /// Presses the button, and GitHub's, there under this name; answers where GitHub sends the browser.
    async fn confirm(&self, page: &Reply, name: &str) -> String {
        let manifest: Value = serde_json::from_str(&page.value("name=\"manifest\" value=\"")).unwrap();
        let action = page.value("<form method=\"post\" action=\"");
        let (to, state) = action.split_once("?state=").unwrap();
        assert_eq!(to, format!("{}/organizations/acme/settings/apps/new", self.world.github.url()));
        let sentence = self.world.github.register_from_manifest(&manifest).for_organization("acme");
        let back = sentence.named(name).with_state(state).by("olga").await.unwrap();
        assert!(back.starts_with(&format!("{}/setup/registered?code=", self.address())), "{back}");
        back
    }

    /// All of it up to GitHub's way back; answers the cookie.
    async fn register(&self) -> String {
        let cookie = self.visit().await;
        let back = self.confirm(&self.choose(&cookie).await, "Towpath for acme").await;
        let reply = browse(Method::GET, &back, &cookie, None).await;
        assert_eq!((reply.status, reply.header(header::LOCATION)), (303, "../setup"), "{}", reply.body);
        cookie
    }

    /// Waits until a page has these words.
    async fn until(&self, path: &str, words: &str, cookie: &str) -> Reply {
        let began = Instant::now();
        loop {
            let page = self.get(path, cookie).await;
            if page.body.contains(words) {
                return page;
            }
            assert!(began.elapsed() < PATIENCE, "no {words} in {}", page.body);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until so many lights are green.
    async fn until_green(&self, count: usize, cookie: &str) -> Reply {
        let began = Instant::now();
        loop {
            let page = self.get("/setup", cookie).await;
            assert_eq!(page.status, 200);
            if page.green() >= count {
                return page;
            }
            assert!(began.elapsed() < PATIENCE, "{} of {count} are green:\n{}", page.green(), page.body);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// What a browser does that follows nothing by itself.
pub async fn browse(method: Method, address: &str, cookie: &str, fields: Option<&[(&str, &str)]>) -> Reply {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = fields.unwrap_or_default().iter();
    let body: Vec<_> = pairs.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let mut request = Request::builder().method(method).uri(address);
    if !cookie.is_empty() {
        request = request.header(header::COOKIE, cookie);
    }
    if fields.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
    let reply = client.request(request.body(Full::new(Bytes::from(body.join("&")))).unwrap()).await.unwrap();
    let (parts, body) = reply.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    Reply { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// Whether nobody but the owner may read a file.
pub fn is_closed(file: &Path) -> bool {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777 == 0o600
}

#[tokio::test]
async fn from_nothing_to_the_first_verdict_without_a_restart() {
    let set_up = SetUp::begin().await;
    let cookie = set_up.register().await;
    let page = set_up.until_green(3, &cookie).await;
    assert!(page.body.contains("/apps/towpath-for-acme/installations/new"), "{}", page.body);
    assert!(is_closed(&set_up.data().join("app.json")));

    let apps = set_up.world.github.apps();
    let app = apps.last().unwrap();
    app.install("acme").on([&set_up.world.store]).await.unwrap();
    let page = set_up.until_green(4, &cookie).await;
    assert!(page.body.contains("on 1 repository"), "{}", page.body);

    topic(&set_up.world.store, "feature/first", "integration").await;
    let pull = set_up.world.store.open_pull("feature/first").into("integration").by("ana").await.unwrap();
    let page = set_up.until_green(5, &cookie).await;
    let first = format!("/acme/store/pull/{}", pull.number());
    assert!(page.body.contains(&first) && page.body.contains("Everything works"), "{}", page.body);

    let began = Instant::now();
    while !set_up.server.log().iter().any(|line| line.contains("set-up: First verdict")) {
        assert!(began.elapsed() < PATIENCE, "the log does not tell of the first verdict");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let log = set_up.server.stop().await.log.join("\n");
    for light in ["App registered", "GitHub accepts", "Webhook reachable", "Installed", "First verdict"] {
        assert!(log.contains(&format!("set-up: {light}")), "{light} is not in\n{log}");
    }
    assert!(!log.contains("key="), "{log}");
}

/// A repository whose environments have names of their own.
async fn tool(world: &World) -> RepoHandle {
    let tool = world.github.repository("acme/tool").default_branch("main").create().await.unwrap();
    tool.commit_on("main").orphan().file("README", "A tool\n").by("rita").await.unwrap();
    for branch in ["develop", "uat"] {
        tool.branch(branch).from("main").by("rita").await.unwrap();
    }
    topic(&tool, "feature/cart", "develop").await;
    for (head, base) in [("feature/cart", "develop"), ("develop", "uat"), ("uat", "main")] {
        let pull = tool.open_pull(head).into(base).by("ana").await.unwrap();
        pull.merge(MergeMethod::Merge).by("rita").await.unwrap();
    }
    tool
}

#[tokio::test]
async fn the_page_shows_what_it_found_and_proposes_a_file_to_nobody_unless_asked() {
    let set_up = SetUp::begin().await;
    let cookie = set_up.register().await;
    set_up.until_green(3, &cookie).await;
    let tool = tool(&set_up.world).await;
    let apps = set_up.world.github.apps();
    apps.last().unwrap().install("acme").on([&set_up.world.store, &tool]).await.unwrap();
    let until = async |words: &str| set_up.until("/setup", words, &cookie).await;
    let page = until("<b>acme/tool</b>: develop → uat → main, no copy branch.").await;
    assert!(page.body.contains("<pre>version: 1\nenvironments:"), "{}", page.body);
    let ours = || tool.pulls().into_iter().filter(towpath_sandbox::PullHandle::is_open).count();
    assert_eq!(ours(), 0, "nothing is written to GitHub unasked");

    let (_, button) = page.body.split_once("action=\"setup/propose\"").unwrap();
    let value = |name: &str| {
        let (_, rest) = button.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let (form, repository) = (value("form"), value("repository"));
    let wrong = "0".repeat(64);
    for (cookie, form) in [("", form.as_str()), (cookie.as_str(), wrong.as_str())] {
        let fields = [("form", form), ("repository", repository.as_str())];
        assert_eq!(set_up.post("/setup/propose", cookie, &fields).await.status, 404);
    }
    let fields = [("form", form.as_str()), ("repository", repository.as_str())];
    assert_eq!(set_up.post("/setup/propose", &cookie, &fields).await.status, 303);
    until("Proposed by <a href=").await;
    assert_eq!(ours(), 1);
    set_up.server.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_told_on_the_page_to_whoever_holds_the_link_and_looked_at_once() {
    let set_up = SetUp::begin().await;
    let cookie = set_up.visit().await;
    let early = set_up.get("/setup/doctor", &cookie).await;
    assert_eq!((early.status, early.header(header::LOCATION)), (303, "../setup"), "there is no App yet");
    let cookie = set_up.register().await;
    set_up.until_green(3, &cookie).await;
    set_up.world.store.unprotect("staging");
    let apps = set_up.world.github.apps();
    apps.last().unwrap().install("acme").on([&set_up.world.store]).await.unwrap();
    set_up.until_green(4, &cookie).await;

    let page = set_up.get("/setup/doctor", &cookie).await;
    let (form, wrong) = (page.value("name=\"form\" value=\""), "0".repeat(64));
    assert!(page.body.contains(">Look</button>") && !page.body.contains("http-equiv"), "{}", page.body);
    for (cookie, form) in [("", form.as_str()), (cookie.as_str(), wrong.as_str())] {
        assert_eq!(set_up.post("/setup/doctor", cookie, &[("form", form)]).await.status, 404);
    }
    assert_eq!(set_up.get("/setup/doctor", "").await.status, 404);

    let faults = set_up.world.github.faults();
    let looks = faults.rest("GET", "/app/hook/config").hang_until_released();
    let look = async || {
        let reply = set_up.post("/setup/doctor", &cookie, &[("form", &form)]).await;
        assert_eq!((reply.status, reply.header(header::LOCATION)), (303, "../setup/doctor"));
        set_up.get("/setup/doctor", &cookie).await
    };
    for _ in 0..2 {
        let page = look().await;
        assert!(
            page.body.contains("It is being looked at.") && page.body.contains("http-equiv"),
            "{}",
            page.body
        );
    }
    while faults.held() == 0 {
        tokio::task::yield_now().await;
    }
    faults.release();
    let page = set_up.until("/setup/doctor", "Looked at", &cookie).await;
    assert_eq!(
        look().await.body.matches(">Look again</button>").count(),
        1,
        "what is fresh is not looked at again"
    );
    assert_eq!(looks.hits(), 1);
    for words in ["<h3>acme/store</h3>", "<b>staging</b>: ", "gh api --hostname", "What follows: "] {
        assert!(page.body.contains(words), "{words} is not in {}", page.body);
    }
    assert!(!page.body.contains("PRIVATE KEY") && !page.body.contains(&cookie), "{}", page.body);
    let lights = set_up.get("/setup", &cookie).await;
    assert!(
        lights.body.contains("faults</b>") && lights.body.contains("href=\"setup/doctor\""),
        "{}",
        lights.body
    );
    set_up.server.stop().await;
}

#[tokio::test]
async fn where_credentials_cannot_be_kept_it_says_what_to_do_with_the_app_that_was_made() {
    let set_up = SetUp::begin().await;
    let cookie = set_up.visit().await;
    let back = set_up.confirm(&set_up.choose(&cookie).await, "Towpath for acme").await;
    std::fs::create_dir_all(set_up.data().join("app.json").join("in the way")).unwrap();
    let failed = browse(Method::GET, &back, &cookie, None).await;
    assert_eq!(failed.status, 500);
    for words in ["could not be kept", "app.json: Is a directory", "delete the App that it has just made"] {
        assert!(failed.body.contains(words), "{words} is not in {}", failed.body);
    }
    set_up.server.stop().await;
}

#[tokio::test]
async fn who_is_registered_is_known_after_a_restart_and_registers_no_other() {
    let set_up = SetUp::begin().await;
    let cookie = set_up.visit().await;
    let early = set_up.choose(&cookie).await;
    set_up.register().await;
    let back = set_up.confirm(&early, "Another").await;
    let second = browse(Method::GET, &back, &cookie, None).await;
    assert_eq!(second.status, 409, "{}", second.body);

    let SetUp { world, server } = set_up;
    assert_eq!(server.stop().await.code(), Some(0));
    let mut mixed = SetUp::environment(&world);
    mixed.push(("GITHUB_APP_ID", "7".to_owned()));
    let refused = Server::refused(&mixed).await;
    assert_eq!(refused.code(), Some(2), "some variables and what is kept are never mixed: {:?}", refused.log);
    assert!(
        refused.log[0].contains("GITHUB_APP_PRIVATE_KEY and GITHUB_WEBHOOK_SECRET are not set"),
        "{:?}",
        refused.log
    );
    let server = Server::start(&SetUp::environment(&world)).await;
    let set_up = SetUp { world, server };
    assert_eq!(set_up.get("/setup", &cookie).await.status, 404, "a visit ends with the server");
    let cookie = set_up.visit().await;
    let page = set_up.until_green(2, &cookie).await;
    assert!(!page.body.contains("Register on GitHub"), "{}", page.body);
    let form = "0".repeat(64);
    let fields = [("form", form.as_str()), ("github", ""), ("organisation", ""), ("address", "")];
    assert_eq!(set_up.post("/setup/register", &cookie, &fields).await.status, 404);
    set_up.server.stop().await;
}

#[tokio::test]
async fn strangers_see_nothing_whatever_they_bring() {
    let set_up = SetUp::begin().await;
    let link = set_up.link().await;
    let newer = set_up.link().await;
    for address in [link.as_str(), &format!("{}/setup?key=", set_up.address()), &format!("{newer}0")] {
        let reply = browse(Method::GET, address, "", None).await;
        assert_eq!((reply.status, reply.header(header::SET_COOKIE)), (404, ""), "{}", reply.body);
    }
    assert_eq!(browse(Method::GET, &newer, "", None).await.status, 303);
    assert_eq!(browse(Method::GET, &newer, "", None).await.status, 404, "a key is good once");
    let own = set_up.visit().await;
    let form = set_up.get("/setup", &own).await.value("name=\"form\" value=\"");
    let other = set_up.visit().await;
    for cookie in ["", "towpath_setup=", "towpath_setup=0", &other] {
        if cookie != other {
            assert_eq!(set_up.get("/setup", cookie).await.status, 404);
        }
        let fields =
            [("form", form.as_str()), ("github", ""), ("organisation", ""), ("address", "localhost")];
        assert_eq!(set_up.post("/setup/register", cookie, &fields).await.status, 404);
        assert_eq!(set_up.post("/setup/ping", cookie, &fields[..1]).await.status, 404);
    }
    let page = set_up.get("/setup", &own).await;
    for (name, value) in
        [("cache-control", "no-store"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")]
    {
        assert_eq!(page.header(name), value);
    }
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    let log = set_up.server.stop().await.log.join("\n");
    assert!(!log.contains(newer.split_once("key=").unwrap().1), "a key is in the log");
}

#[tokio::test]
async fn what_github_brings_back_counts_once_and_for_the_visit_that_went_there() {
    let set_up = SetUp::begin().await;
    let cookie = set_up.visit().await;
    let other = set_up.visit().await;
    let back = set_up.confirm(&set_up.choose(&cookie).await, "Towpath for acme").await;
    assert_eq!(browse(Method::GET, &back, "", None).await.status, 404);
    let strange = browse(Method::GET, &back, &other, None).await;
    assert_eq!(strange.status, 400, "another visit's state");
    let forged = format!("{back}0");
    assert_eq!(browse(Method::GET, &forged, &cookie, None).await.status, 400);
    assert!(!set_up.data().join("app.json").exists());
    let exchanges = set_up.world.github.faults().rest("POST", "/app-manifests/*");
    let exchanges = exchanges.hang(std::time::Duration::ZERO);
    let [first, second] =
        futures_of([browse(Method::GET, &back, &cookie, None), browse(Method::GET, &back, &cookie, None)])
            .await;
    for tab in [first, second] {
        assert_eq!((tab.status, tab.header(header::LOCATION)), (303, "../setup"), "{}", tab.body);
    }
    assert_eq!(exchanges.hits(), 1, "a code is exchanged once");
    set_up.until_green(3, &cookie).await;
    set_up.server.stop().await;
}

/// Both at the same time.
async fn futures_of<F: Future>([first, second]: [F; 2]) -> [F::Output; 2] {
    let (first, second) = tokio::join!(first, second);
    [first, second]
}

#[tokio::test]
async fn an_exchange_that_fails_says_why_and_another_registration_works() {
    let set_up = SetUp::begin().await;
    let cookie = set_up.visit().await;
    for (status, words) in [
        (404, "was used before, or an hour has passed"),
        (422, "GitHub refuses"),
        (500, "delete the App that it has just made"),
    ] {
        let page = set_up.choose(&cookie).await;
        let fault = set_up.world.github.faults().rest("POST", "/app-manifests/*").status(status).times(1);
        let back = set_up.confirm(&page, &format!("Attempt {status}")).await;
        let failed = browse(Method::GET, &back, &cookie, None).await;
        assert_eq!(failed.status, 502);
        assert!(failed.body.contains(words), "{}", failed.body);
        assert_eq!(fault.hits(), 1, "a code is exchanged once");
        assert!(!set_up.data().join("app.json").exists());
    }
    let page = set_up.choose(&cookie).await;
    let back = set_up.confirm(&page, "At last").await;
    let worked = browse(Method::GET, &back, &cookie, None).await;
    assert_eq!(worked.status, 303, "{}", worked.body);
    let page = set_up.until_green(3, &cookie).await;
    assert!(page.body.contains("At last"));
    set_up.server.stop().await;
}

#[tokio::test]
async fn credentials_for_a_secret_store_go_into_their_file_alone() {
    let set_up = SetUp::begin_with(&["--print-credentials", "for the store"]).await;
    let cookie = set_up.register().await;
    set_up.until_green(3, &cookie).await;
    let file = set_up.world.folder.path().join("for the store");
    assert!(is_closed(&file) && !set_up.data().join("app.json").exists());
    let text = std::fs::read_to_string(&file).unwrap();
    let SetUp { world, server } = set_up;
    server.stop().await;

    let names = ["GITHUB_API_URL", "GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET"];
    let mut environment = SetUp::environment(&world);
    environment.extend(names.map(|name| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        (name, line.unwrap_or_else(|| panic!("{name} is not in {text}")).to_owned())
    }));
    let server = Server::start(&environment).await;
    let set_up = SetUp { world, server };
    let cookie = set_up.visit().await;
    set_up.until_green(2, &cookie).await;
    set_up.server.stop().await;
}
