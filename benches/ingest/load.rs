//! GitHub's side: calls over connections that stay open, as many at a time or a second as asked.

use crate::payload::{PullRequests, guid};
use crate::wire::{Framing, answer, head, signature};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

const CONNECTIONS: u64 = 64;

/// What was measured of some calls.
pub struct Measured {
    waits: Vec<Duration>,
    took: Duration,
}

impl Measured {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.count() / self.took.as_secs_f64()
    }

    /// How many were answered.
    pub fn count(&self) -> f64 {
        u32::try_from(self.waits.len()).map_or(f64::MAX, f64::from)
    }

    /// The wait that this share of the calls, in thousandths, did not exceed, in milliseconds.
    pub fn wait(&self, permille: usize) -> f64 {
        self.waits[(self.waits.len() - 1) * permille / 1000].as_secs_f64() * 1e3
    }
}

/// Signed bodies, made beforehand so that making them is not measured.
pub struct Load {
    bodies: Vec<(String, String)>,
    next: AtomicU64,
    /// What every call is answered when all is well.
    wanted: u16,
}

impl Load {
    /// Calls that are in order, about so many pull requests in turn.
    pub fn signed(pulls: u64) -> Arc<Self> {
        let recorded = PullRequests::recorded(pulls);
        let bodies = (0..1_000).map(|n| recorded.event(n)).map(|body| (signature(body.as_bytes()), body));
        Arc::new(Self { bodies: bodies.collect(), next: AtomicU64::new(0), wanted: 202 })
    }

    /// Calls with a signature that is none of theirs.
    pub fn forged() -> Arc<Self> {
        let recorded = PullRequests::recorded(1_000);
        let bodies = (0..1_000).map(|n| (signature(b"another body"), recorded.event(n)));
        Arc::new(Self { bodies: bodies.collect(), next: AtomicU64::new(0), wanted: 401 })
    }

    async fn call(&self, stream: &mut TcpStream) {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let (signature, body) = &self.bodies[usize::try_from(n).unwrap_or(0) % self.bodies.len()];
        let head = head("pull_request", &guid(n), Some(signature), Framing::Announced(body.len()));
        let call = [head.as_bytes(), body.as_bytes()].concat();
        stream.write_all(&call).await.expect("the server takes it");
        assert_eq!(answer(stream).await.expect("an answer"), self.wanted);
    }

    /// As fast as answers come, on 64 connections.
    pub async fn full(self: &Arc<Self>, address: SocketAddr, run: Duration) -> Measured {
        let start = Instant::now();
        let mut connections = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let load = Arc::clone(self);
            connections.spawn(async move {
                let mut stream = connect(address).await;
                let mut waits = Vec::new();
                while start.elapsed() < run {
                    let asked = Instant::now();
                    load.call(&mut stream).await;
                    waits.push(asked.elapsed());
                }
                waits
            });
        }
        measured(connections, start).await
    }

    /// So many a second at even distances, whether or not the former ones were answered; a call that had
    /// to wait for a connection has waited.
    pub async fn steady(self: &Arc<Self>, address: SocketAddr, rate: u64, run: Duration) -> Measured {
        let start = Instant::now();
        let calls = rate * run.as_secs();
        let mut connections = JoinSet::new();
        for connection in 0..CONNECTIONS {
            let load = Arc::clone(self);
            connections.spawn(async move {
                let mut stream = connect(address).await;
                let mut waits = Vec::new();
                for n in (connection..calls).step_by(usize::try_from(CONNECTIONS).unwrap_or(1)) {
                    let due = start + Duration::from_nanos(1_000_000_000 / rate * n);
                    sleep_until(due).await;
                    load.call(&mut stream).await;
                    waits.push(due.elapsed());
                }
                waits
            });
        }
        measured(connections, start).await
    }
}

async fn measured(connections: JoinSet<Vec<Duration>>, start: Instant) -> Measured {
    let mut waits = connections.join_all().await.concat();
    let took = start.elapsed();
    waits.sort_unstable();
    Measured { waits, took }
}

async fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    stream
}

/// One call with a body of this size; how long until it was answered 202.
pub async fn large(address: SocketAddr, size: usize, n: u64) -> Duration {
    let start = r#"{"action":"opened","installation":{"id":1},"repository":{"id":1},"pull_request":{"number":1},"padding":""#;
    let body = format!("{start}{}\"}}", "x".repeat(size - start.len() - 2));
    let signature = signature(body.as_bytes());
    let head = head("pull_request", &format!("large-{n}"), Some(&signature), Framing::Announced(body.len()));
    let mut stream = connect(address).await;
    let asked = Instant::now();
    stream.write_all(head.as_bytes()).await.expect("the server takes it");
    stream.write_all(body.as_bytes()).await.expect("the server takes it");
    assert_eq!(answer(&mut stream).await.expect("an answer"), 202);
    asked.elapsed()
}

/// The status of a page.
pub async fn get(address: SocketAddr, path: &str) -> u16 {
    let mut stream = connect(address).await;
    let call = format!("GET {path} HTTP/1.1\r\nHost: towpath.example\r\n\r\n");
    stream.write_all(call.as_bytes()).await.expect("the server takes it");
    answer(&mut stream).await.expect("an answer")
}
