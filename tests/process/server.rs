//! `towpath serve` as a process.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long anything that is bound to happen may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked for.
pub const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What the process is told by its environment. It is started in the folder that `PWD` names.
pub type Environment = Vec<(&'static str, String)>;

/// A running server.
pub struct Server {
    pub address: String,
    child: Child,
    log: Log,
    readers: [JoinHandle<()>; 2],
}

/// A server that has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub log: Vec<String>,
    /// How long it took to end.
    pub took: Duration,
}

impl Ended {
    /// The exit code; `None` after a signal.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

/// All that the process has written, on either stream, line by line.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn read(&self, from: impl AsyncRead + Send + Unpin + 'static) -> JoinHandle<()> {
        let log = self.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(from).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                log.0.lock().unwrap().push(line);
            }
        })
    }

    /// Where the server says that it listens.
    fn address(&self) -> Option<String> {
        self.lines().iter().find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(line["fields"]["address"].as_str()?.to_owned())
        })
    }
}

impl Server {
    /// Starts it and waits until it listens.
    pub async fn start(environment: &Environment) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.arg("serve");
        Self::start_by(command, environment).await
    }

    /// Starts it by another command that becomes it.
    pub async fn start_by(command: Command, environment: &Environment) -> Self {
        let mut server = Self::spawn(command, environment);
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(address) = server.log.address() {
                server.address = address;
                return server;
            }
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("the server ended at its start: {status}\n{}", server.log.lines().join("\n"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        panic!("the server does not say where it listens:\n{}", server.log.lines().join("\n"));
    }

    /// Starts one that is not expected to run, and waits for its end.
    pub async fn refused(environment: &Environment) -> Ended {
        Self::refused_by(&["serve"], environment).await
    }

    /// The same with these arguments.
    pub async fn refused_by(arguments: &[&str], environment: &Environment) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.args(arguments);
        Self::spawn(command, environment).end().await
    }

    fn spawn(mut command: Command, environment: &Environment) -> Self {
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs([("HOST", "127.0.0.1"), ("PORT", "0"), ("LOG_FORMAT", "json")]);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        if let Some((_, folder)) = environment.iter().find(|(name, _)| *name == "PWD") {
            command.current_dir(folder);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let log = Log::default();
        let readers = [log.read(child.stdout.take().unwrap()), log.read(child.stderr.take().unwrap())];
        Self { address: String::new(), child, log, readers }
    }

    /// The number of the process.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// What it has written so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lines()
    }

    /// Kills it at once, whatever it does.
    pub async fn kill(mut self) -> Vec<String> {
        self.child.start_kill().unwrap();
        let status = self.child.wait().await.unwrap();
        assert_eq!(status.signal(), Some(9), "it ended before it was killed: {:?}", self.log.lines());
        assert_eq!(errors(&self.log.lines()), [""; 0]);
        self.log.lines()
    }

    /// Asks it to stop, as a deployment does.
    pub fn terminate(&self) {
        let pid = self.pid().to_string();
        let asked = std::process::Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status();
        assert!(asked.unwrap().success());
    }

    /// Asks it to stop and waits for its end.
    pub async fn stop(self) -> Ended {
        self.terminate();
        self.end().await
    }

    /// Waits for its end, which has to come by itself.
    pub async fn end(mut self) -> Ended {
        let began = Instant::now();
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it does not end");
        let took = began.elapsed();
        for reader in self.readers {
            reader.await.unwrap();
        }
        Ended { status: status.unwrap(), log: self.log.lines(), took }
    }
}

/// The lines of a log that tell of an error or a panic.
pub fn errors(log: &[String]) -> Vec<&str> {
    log.iter()
        .map(String::as_str)
        .filter(|line| line.contains("\"ERROR\"") || line.contains("panicked at"))
        .collect()
}
