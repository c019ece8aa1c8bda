use super::layer::TraceLayer;
use super::otlp::{Span, body};
use crate::model::{ForPeople, UnixMillis, UserMessage, error_chain};
use crate::tls::{client_encryption, system_authorities};
use reqwest::Client;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// How many spans may wait for being sent.
const WAITING: usize = 4_096;
/// How many are sent at once.
const AT_ONCE: usize = 512;
/// How long the first one waits for others.
const GATHERED: Duration = Duration::from_secs(1);
/// How long one call to the collector may take.
const SENT_WITHIN: Duration = Duration::from_secs(5);
/// How long the last call may take, when the server stops.
const LAST_WITHIN: Duration = Duration::from_secs(1);

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The calls cannot be encrypted.
    #[error("the connection to the collector of traces cannot be encrypted")]
    Tls(#[source] rustls::Error),
    /// The client cannot be made, or the collector did not answer. Its address may hold a key, and is left out.
    #[error("the collector of traces cannot be called")]
    Call(#[source] reqwest::Error),
    /// The collector does not take them.
    #[error("the collector of traces answers {0}")]
    Refused(u16),
}

impl ForPeople for TracesError {
    fn for_people(&self) -> UserMessage {
        UserMessage::new(error_chain(self))
    }
}

/// Sends traces until it is stopped.
pub struct Exporter {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Exporter {
    /// Begins to send to a collector: its address without `/v1/traces`. The layer is to be put over the log; `seed` is
    /// another number each time.
    ///
    /// # Errors
    /// When no connection can be set up. Nothing is sent yet.
    pub fn start(endpoint: &str, now: UnixMillis, seed: u32) -> Result<(Self, TraceLayer), TracesError> {
        let address = format!("{endpoint}/v1/traces");
        let encryption = client_encryption(system_authorities()).map_err(TracesError::Tls)?;
        let client = Client::builder()
            .tls_backend_preconfigured(encryption)
            .timeout(SENT_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("towpath")
            .build()
            .map_err(|error| TracesError::Call(error.without_url()))?;
        let (sender, spans) = mpsc::channel(WAITING);
        let (stop, stopped) = oneshot::channel();
        let collector = Collector { client, address, failing: false };
        let task = tokio::spawn(collector.run(spans, stopped));
        Ok((Self { stop, task }, TraceLayer::new(sender, now, seed)))
    }

    /// Sends what waits, and ends.
    pub async fn stop(self) {
        // An error means that it has ended by itself.
        let _ = self.stop.send(());
        let _ = tokio::time::timeout(LAST_WITHIN, self.task).await;
    }
}

struct Collector {
    client: Client,
    address: String,
    /// Whether the last call failed, which is told once.
    failing: bool,
}

impl Collector {
    async fn run(mut self, mut spans: mpsc::Receiver<Span>, mut stopped: oneshot::Receiver<()>) {
        let mut gathered = Vec::new();
        let mut is_last = false;
        while !is_last {
            tokio::select! {
                received = spans.recv_many(&mut gathered, AT_ONCE) => if received == 0 { return },
                _ = &mut stopped => is_last = true,
            }
            if !is_last && gathered.len() < AT_ONCE {
                is_last = tokio::time::timeout(GATHERED, &mut stopped).await.is_ok();
            }
            while let Ok(span) = spans.try_recv() {
                gathered.push(span);
            }
            for piece in gathered.chunks(AT_ONCE) {
                let sent = self.send(piece).await;
                self.tell(sent);
            }
            gathered.clear();
        }
    }

    async fn send(&self, spans: &[Span]) -> Result<(), TracesError> {
        let request = self.client.post(&self.address).header("content-type", "application/json");
        let answer = request.body(body(spans).to_string()).send().await;
        let answer = answer.map_err(|error| TracesError::Call(error.without_url()))?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(TracesError::Refused(answer.status().as_u16()))
        }
    }

    fn tell(&mut self, sent: Result<(), TracesError>) {
        match sent {
            Ok(()) if std::mem::take(&mut self.failing) => tracing::info!("traces can be sent again"),
            Err(error) if !std::mem::replace(&mut self.failing, true) => {
                tracing::warn!(error = error_chain(&error), "traces are lost until they can be sent again");
            }
            _ => {}
        }
    }
}
