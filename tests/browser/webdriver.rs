//! A browser in the hands of a test: Chromium, driven through chromedriver by the JSON of `WebDriver`.
//!
//! That is a dozen JSON calls, one after the other, so a socket and `serde_json` are all it takes: a client
//! crate would bring an HTTP stack of another generation into the tree for them. That the calls block makes it
//! possible to end the browser's session from `drop`, hence also on a panic.

use base64::Engine as _;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const LOOK_EVERY: Duration = Duration::from_millis(50);
/// 30 seconds of looking.
const LOOKS: u32 = 600;
/// What passes when a page is still loading or has just been freshened.
const PASSING: [&str; 2] = ["no such element", "stale element reference"];
const CALL_WITHIN: Duration = Duration::from_secs(60);

/// A page width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Width(pub(super) u32);

/// One browser with one page.
pub(super) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    // Dropped after the processes that write into it.
    folder: TempDir,
}

/// What chromedriver answered instead of a value: its code and its words.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
struct Refused {
    code: String,
    message: String,
}

impl Browser {
    /// Opens a browser; `Err` names the program that is not installed.
    pub(super) fn open(width: Width) -> Result<Self, &'static str> {
        let binary = chromium().ok_or("Chromium (or Chrome)")?;
        let folder = tempfile::Builder::new().prefix("browser-").tempdir().unwrap();
        let mut driver = Command::new("chromedriver");
        // Whatever the two leave behind goes with the folder.
        driver.arg("--port=0").env("HOME", folder.path()).env("TMPDIR", folder.path());
        driver.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut driver) = driver.spawn() else { return Err("chromedriver") };
        let said = driver.stdout.take().unwrap();
        let mut browser = Self { driver, port: 0, session: String::new(), folder };
        let mut lines = BufReader::new(said).lines().map_while(Result::ok);
        let port =
            lines.find_map(|line| line.split_once("successfully on port ").map(|(_, port)| port.to_owned()));
        let port = port.expect("chromedriver says which port it took");
        browser.port = port.trim_end_matches('.').parse().unwrap();
        // It must not end for want of somebody who listens.
        std::thread::spawn(move || lines.for_each(drop));
        browser.start(&binary);
        browser.resize(width);
        Ok(browser)
    }

    fn start(&mut self, binary: &std::path::Path) {
        let profile = self.folder.path().join("profile");
        let mut arguments: Vec<_> = [
            "--headless",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
        .map(str::to_owned)
        .into();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        // Chromium refuses to build its sandbox as root, and only then.
        if self.folder.path().metadata().unwrap().uid() == 0 {
            arguments.push("--no-sandbox".to_owned());
        }
        let wishes = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "binary": binary, "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let session = self.send("POST", "/session", &wishes).unwrap();
        session["sessionId"].as_str().unwrap().clone_into(&mut self.session);
    }

    /// Makes the page so wide; a narrow one is a telephone's.
    pub(super) fn resize(&self, Width(width): Width) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.post(
            "goog/cdp/execute",
            &json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics }),
        );
    }

    /// Goes to an address.
    pub(super) fn go(&self, url: &str) {
        self.post("url", &json!({ "url": url }));
    }

    /// Clicks what this `XPath` leads to.
    pub(super) fn click(&self, path: &str) {
        self.on(path, |element| self.call("POST", &format!("element/{element}/click"), &json!({})));
    }

    /// Writes into a field, in place of what stands there.
    pub(super) fn write(&self, path: &str, text: &str) {
        self.on(path, |element| self.call("POST", &format!("element/{element}/clear"), &json!({})));
        let text = json!({ "text": text });
        self.on(path, |element| self.call("POST", &format!("element/{element}/value"), &text));
    }

    /// What a person reads there.
    pub(super) fn read(&self, path: &str) -> String {
        let text =
            self.on(path, |element| self.call("GET", &format!("element/{element}/text"), &Value::Null));
        text.as_str().unwrap().to_owned()
    }

    /// Whether a button can be pressed.
    pub(super) fn is_enabled(&self, path: &str) -> bool {
        let enabled =
            self.on(path, |element| self.call("GET", &format!("element/{element}/enabled"), &Value::Null));
        enabled.as_bool().unwrap()
    }

    /// How often something is on the page.
    pub(super) fn count(&self, path: &str) -> usize {
        let found = self.post("elements", &json!({ "using": "xpath", "value": path }));
        found.as_array().unwrap().len()
    }

    /// Waits until there is such a thing on the page, by itself: nothing is loaded anew.
    pub(super) fn until(&self, path: &str) {
        for _ in 0..LOOKS {
            if self.count(path) > 0 {
                return;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        panic!("{path} never came\n{}", self.shown());
    }

    /// Runs a script on the page.
    pub(super) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Keeps a picture of the page in the folder that `TOWPATH_PICTURES` names, where somebody wants pictures.
    pub(super) fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("TOWPATH_PICTURES") else { return };
        let picture = self.call("GET", "screenshot", &Value::Null).unwrap();
        let picture = base64::engine::general_purpose::STANDARD.decode(picture.as_str().unwrap()).unwrap();
        std::fs::write(PathBuf::from(folder).join(format!("{name}.png")), picture).unwrap();
    }

    /// What the page complained of to the browser's console since last asked: scripts, resources, policies.
    pub(super) fn complaints(&self) -> Vec<String> {
        let log = self.post("se/log", &json!({ "type": "browser" }));
        log.as_array().unwrap().iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// Does something to an element once it is there; anew if the page put a fresh one in its place meanwhile.
    fn on(&self, path: &str, act: impl Fn(&str) -> Result<Value, Refused>) -> Value {
        let wanted = json!({ "using": "xpath", "value": path });
        let once = || {
            let element = self.call("POST", "element", &wanted)?;
            // An object of one entry, whose name the standard calls the web element identifier.
            act(element.as_object().unwrap().values().next().unwrap().as_str().unwrap())
        };
        for _ in 0..LOOKS {
            match once() {
                Ok(value) => return value,
                Err(Refused { code, .. }) if PASSING.contains(&code.as_str()) => {
                    std::thread::sleep(LOOK_EVERY);
                }
                Err(refused) => panic!("{path}: {refused}\n{}", self.shown()),
            }
        }
        panic!("{path} was never there for long\n{}", self.shown())
    }

    fn shown(&self) -> String {
        let text = self.run("return document.body.innerText");
        format!("on a page that reads:\n{}", text.as_str().unwrap_or_default())
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        self.call("POST", command, body).unwrap_or_else(|refused| panic!("{command}: {refused}"))
    }

    fn call(&self, method: &str, command: &str, body: &Value) -> Result<Value, Refused> {
        self.send(method, &format!("/session/{}/{command}", self.session), body)
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value, Refused> {
        let answer = exchange(self.port, method, path, body).expect("chromedriver answers");
        let value = answer["value"].clone();
        match value["error"].as_str() {
            Some(code) => Err(Refused { code: code.to_owned(), message: value["message"].to_string() }),
            None => Ok(value),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ending the session ends Chromium; killing chromedriver alone would leave it running. Nothing here may
        // panic: it may be a panic that led here.
        if !self.session.is_empty() {
            let _ = exchange(self.port, "DELETE", &format!("/session/{}", self.session), &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// One HTTP exchange on a connection of its own.
fn exchange(port: u16, method: &str, path: &str, body: &Value) -> std::io::Result<Value> {
    let mut wire = TcpStream::connect(("127.0.0.1", port))?;
    wire.set_read_timeout(Some(CALL_WITHIN))?;
    let body = if body.is_null() { String::new() } else { body.to_string() };
    write!(
        wire,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut wire = BufReader::new(wire);
    let mut length = 0;
    loop {
        let mut line = String::new();
        wire.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(std::io::Error::other)?;
        }
    }
    let mut text = vec![0; length];
    wire.read_exact(&mut text)?;
    serde_json::from_slice(&text).map_err(std::io::Error::other)
}

fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}
