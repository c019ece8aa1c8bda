//! A server in a process of its own, started the same way for both, and what it uses.

use crate::wire::SECRET;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;
use towpath_sandbox::AppConfig;

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The one that only verifies: this program in its other role.
    Bare,
    /// `towpath serve`, with a GitHub that does not answer.
    Towpath,
}

/// Where it may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cores {
    /// Wherever the system puts it.
    All,
    /// On the first core alone.
    One,
}

impl Cores {
    /// Starts a program there.
    fn command(self, program: impl AsRef<OsStr>) -> Command {
        match self {
            Self::All => Command::new(program),
            Self::One => {
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", "0"]).arg(program);
                command
            }
        }
    }
}

/// A running server; killed when dropped.
pub struct Served {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process until it answered that it is ready.
    pub started_in: Duration,
    _folder: TempDir,
}

impl Served {
    /// Starts one with nothing stored.
    pub async fn start(kind: Kind, cores: Cores) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = match kind {
            Kind::Bare => {
                let mut command = cores.command(std::env::current_exe().expect("this program"));
                command.env(crate::ROLE, "bare");
                command
            }
            Kind::Towpath => {
                let mut command = cores.command(env!("CARGO_BIN_EXE_towpath"));
                command.arg("serve");
                command
            }
        };
        command
            .env("GITHUB_APP_ID", "1")
            .env("GITHUB_APP_PRIVATE_KEY", AppConfig::demo_key())
            .env("GITHUB_WEBHOOK_SECRET", SECRET)
            .env("GITHUB_API_URL", "http://127.0.0.1:1")
            .env("TOWPATH_DATA_DIR", folder.path())
            .env("HOST", "127.0.0.1")
            .env("PORT", "0")
            .env("LOG_FORMAT", "json")
            .env("RUST_LOG", "off,towpath::cli=info")
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn().expect("the server starts");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        log.read_line(&mut line).expect("a line");
        let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        let address = said["fields"]["address"].as_str().and_then(|text| text.parse().ok());
        let address = address.unwrap_or_else(|| panic!("no address in {line}"));
        std::thread::spawn(move || log.lines().for_each(drop));
        let mut served = Self { child, address, started_in: Duration::ZERO, _folder: folder };
        assert_eq!(crate::load::get(address, "/readyz").await, 200);
        served.started_in = begun.elapsed();
        served
    }

    /// The processor time it has used, user and system, in clock ticks. Only ratios are made of it.
    pub fn ticks(&self) -> f64 {
        let stat = self.proc("stat");
        // The name, in brackets, may hold anything; the 12th and 13th values after it are the times.
        let values = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let mut values = values.split_whitespace().skip(11).map(|value| value.parse().unwrap_or(0.0));
        values.next().unwrap_or(0.0) + values.next().unwrap_or(0.0)
    }

    /// A line of its memory figures, in MB: `VmRSS` is what it holds, `VmHWM` the most it held.
    pub fn megabytes(&self, name: &str) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kilobytes.unwrap_or(f64::NAN) / 1024.0
    }

    /// What it has had written to disks, in bytes.
    pub fn written(&self) -> f64 {
        let io = self.proc("io");
        let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
        line.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(f64::NAN)
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
