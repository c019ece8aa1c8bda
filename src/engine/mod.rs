//! Where pure meets I/O: the inbox, units of work, leases, effects, the clock.
//!
//! Lives here: taking deliveries in ([`Inbox`]), the loop that leases units and works on them, one
//! file for each kind of unit in `units/`, comparing with GitHub from time to time, and the one retry
//! policy. Only this room uses `store` and `github`.
//!
//! Does not live here: rules (`policy`), words (`report`), questions to git (`lineage`), HTTP (`web`).

mod back_off;
mod called_back;
mod clock;
mod deploys;
mod inbox;
pub mod judge;
mod mirrors;
mod open;
mod room;
mod rulebook;
mod units;
mod whereabouts;
mod work;

pub use back_off::BackOff;
pub use called_back::{REPORT_MAX, Reports};
pub use clock::{Clock, SystemClock};
pub use deploys::{Deploying, REPORTS_PATH, Variables};
pub use inbox::{Inbox, Received, Reception, Refusal};
pub use mirrors::MirrorBounds;
pub use open::{CALL_WITHIN, Config, OpenError, system_random};
pub use room::{Random, Settings};
pub use whereabouts::{NotTold, mirror_of, whereabouts};

use crate::flow::{Flow, Millis};
use crate::github::{Api, Secret};
use crate::store::{Store, StoreError, Unit};
use mirrors::Mirrors;
use room::Room;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// No wait is longer: past the longest that GitHub's rate limits ask for, and any back-off.
const FURTHEST: Millis = 2 * 60 * 60_000;

/// What the engine is made of.
struct Parts {
    locks: [File; 2],
    store: Arc<dyn Store>,
    api: Api,
    mirrors: PathBuf,
    flow: Flow,
    secrets: Vec<Secret>,
    app_id: u64,
    clock: Arc<dyn Clock>,
    random: Random,
    settings: Settings,
    deploying: Deploying,
}

/// The running engine.
pub struct Engine {
    inbox: Inbox,
    reports: Reports,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    /// Held as long as the engine runs.
    _locks: [File; 2],
}

impl Engine {
    /// Starts the work: what was left undone goes on, and everything is compared with GitHub once.
    async fn start(parts: Parts) -> Result<Self, StoreError> {
        let now = parts.clock.now();
        let wake = Arc::new(Notify::new());
        let inbox =
            Inbox::new(parts.secrets.into(), parts.app_id, Arc::clone(&parts.store), Arc::clone(&wake));
        let room = Arc::new(Room {
            store: Arc::clone(&parts.store),
            api: parts.api,
            mirrors: Mirrors::new(parts.mirrors, parts.settings.mirrors, Arc::clone(&parts.clock)),
            means: deploys::Means::new(parts.deploying),
            flow: Arc::new(parts.flow),
            books: rulebook::Books::default(),
            clock: Arc::clone(&parts.clock),
            random: parts.random,
            settings: parts.settings,
            started_at: now,
            wake,
            asked: Mutex::default(),
        });
        parts.store.reclaim(now, now + FURTHEST).await?;
        // It looks over the installations, and these over the repositories.
        parts.store.mark(vec![Unit::App], now).await?;
        let repositories = parts.store.repositories(None).await?;
        room.mirrors.take_up(&repositories.iter().map(|it| it.id).collect());
        let reports = Arc::clone(&room);
        let (stop, stopped) = watch::channel(false);
        let tasks = vec![
            tokio::spawn({
                let room = Arc::clone(&room);
                async move { room.mirrors.measure().await }
            }),
            tokio::spawn(work::run(Arc::clone(&room), stopped.clone())),
            tokio::spawn(keep_time(room, stopped)),
        ];
        let reports = Reports(reports);
        Ok(Self { inbox, reports, store: parts.store, clock: parts.clock, stop, tasks, _locks: parts.locks })
    }

    /// The way in for webhooks.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// The way in for those who carry deploys out.
    pub fn reports(&self) -> &Reports {
        &self.reports
    }

    /// What tells the engine's time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Whether deliveries can be stored and worked on.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.store.ready().await
    }

    /// Takes no new work and lets what has begun end, for at most `within`; what is cut off then is
    /// taken up again by the next start. Closes the store.
    pub async fn stop(self, within: Duration) {
        self.stop.send_replace(true);
        let aborts: Vec<_> = self.tasks.iter().map(JoinHandle::abort_handle).collect();
        let all = async {
            for task in self.tasks {
                if let Err(error) = task.await {
                    tracing::error!(%error, "a part of the engine did not stop well");
                }
            }
        };
        if tokio::time::timeout(within, all).await.is_err() {
            tracing::warn!("work was cut off; the next start takes it up again");
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
        self.store.close().await;
    }
}

/// Marks the App for its regular look at GitHub, and drops what is too old.
async fn keep_time(room: Arc<Room>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let now = room.now();
        tokio::select! {
            () = room.clock.sleep_until(now + room.settings.reconcile) => {}
            _ = stop.changed() => return,
        }
        let now = room.now();
        let (bodies, rows) = (now - room.settings.keep_bodies, now - room.settings.keep_deliveries);
        if let Err(error) = room.store.prune(bodies, rows).await {
            tracing::error!(%error, "old deliveries could not be dropped");
        }
        match room.store.mark(vec![Unit::App], now).await {
            Ok(()) => room.wake.notify_one(),
            Err(error) => tracing::error!(%error, "the regular look at GitHub could not be marked"),
        }
    }
}
