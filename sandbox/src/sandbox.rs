//! The face: starting, stopping, and the ways into everything else.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::{Clock, SystemClock};
use crate::faults::{Faults, Order};
use crate::hub::Hub;
use crate::model::{Urls, World};
use crate::office::Office;
use crate::recorder::{Exchange, SentWebhook};
use crate::{acts, git, server, webhooks};

/// How a stand-in is started.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens; a free loopback port unless said otherwise.
    pub listen: SocketAddr,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Requests an hour and installation (or app).
    pub rate_limit: u64,
    /// Whether exchanges and webhooks are kept from the start.
    pub record: bool,
    /// What stands in the field of a new comment on the pages, for those who type there: what programs that listen
    /// understand, say.
    pub comment_hint: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock: Arc::new(SystemClock),
            rate_limit: 5_000,
            record: true,
            comment_hint: String::new(),
        }
    }
}

/// Why a stand-in could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on, or there is no temporary folder.
    #[error("the stand-in cannot start: {0}")]
    Io(#[from] std::io::Error),
    /// There is no git program, or none that works.
    #[error("the stand-in needs the program git (2.38 or later): {0}")]
    Git(std::io::Error),
}

/// A running stand-in. Clones are handles on the same one; it stops when [`Sandbox::shutdown`] is
/// called or the last handle is dropped.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pub(crate) hub: Arc<Hub>,
    address: SocketAddr,
    stop: Arc<watch::Sender<bool>>,
}

impl Sandbox {
    /// Starts one: repositories in a temporary folder, a server, the post office for webhooks.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix("sandbox-").tempdir()?;
        git::command(folder.path()).arg("--version").output().await.map_err(Error::Git)?;
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let url = format!("http://{address}");
        let mut world = World::new(Urls { html: url.clone(), api: url }, config.clock.now());
        world.comment_hint = config.comment_hint;
        let (office, parcels) = Office::open();
        let due = acts::actions::carry_out_due;
        let hub = Arc::new(Hub::new(world, config.clock, folder, office, config.rate_limit, due));
        hub.recorder.switch(config.record);
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(webhooks::run(Arc::downgrade(&hub), parcels));
        tokio::spawn(server::serve(Arc::clone(&hub), listener, stopped));
        Ok(Self { hub, address, stop: Arc::new(stop) })
    }

    /// Stops listening and drops all connections. What it knows stays readable through handles.
    pub fn shutdown(&self) {
        // Nobody listening any more means it has stopped already.
        let _ = self.stop.send(true);
    }

    /// The root of pages and git, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The root of REST, without a trailing slash. The same is served under `/api/v3`, where
    /// GitHub Enterprise Server has it.
    pub fn api_url(&self) -> String {
        self.url()
    }

    /// The address it listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The book in which failures are planted.
    pub fn faults(&self) -> &Faults {
        &self.hub.faults
    }

    /// Waits until every webhook so far has been delivered (or lost, or held, as planted).
    pub async fn settled(&self) {
        self.hub.office.settled().await;
    }

    /// Lets webhooks go that a planted failure holds or delays, and waits until they are delivered.
    pub async fn release_webhooks(&self, order: Order) {
        self.hub.office.release(order);
        self.settled().await;
    }

    /// Keeps exchanges and webhooks from now on, or stops keeping them.
    pub fn record(&self, on: bool) {
        self.hub.recorder.switch(on);
    }

    /// All REST exchanges kept so far, oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.hub.recorder.exchanges()
    }

    /// All webhooks handed over so far, oldest first; doubled and redelivered ones each time.
    pub fn sent_webhooks(&self) -> Vec<SentWebhook> {
        self.hub.recorder.webhooks()
    }

    /// How often each route was asked for: `"POST /repos/{owner}/{repo}/check-runs"` and a number.
    pub fn request_counts(&self) -> BTreeMap<String, u64> {
        self.hub.recorder.counts()
    }

    /// Forgets exchanges, webhooks and counts.
    pub fn forget_records(&self) {
        self.hub.recorder.forget();
    }

    /// Makes the caller of an installation or app run out of requests until the hour is over.
    pub fn exhaust_rate_limit(&self) {
        self.leave_requests(0);
    }

    /// Leaves everybody who has called so many requests until the hour is over.
    pub fn leave_requests(&self, left: u64) {
        self.hub.with(|world| {
            for usage in world.usage.values_mut() {
                usage.used = usage.limit.saturating_sub(left);
            }
        });
    }

    /// Gives everybody a fresh hour of requests.
    pub fn reset_rate_limit(&self) {
        self.hub.with(|world| world.usage.clear());
    }
}
