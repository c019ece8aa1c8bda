//! The post office: takes parcels in the order of their changes and hands them over one by one,
//! unless a planted failure says otherwise.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::{Notify, mpsc};

use super::{Parcel, send};
use crate::faults::{HookEffect, Order};
use crate::hub::Hub;

/// What the task in the background is told.
#[derive(Debug)]
pub(crate) enum Post {
    Parcel(Box<Parcel>),
    /// Lets held parcels go.
    Release(Order),
    /// Lets the parcels of an event go that were gathered.
    Gathered(String),
}

/// The counter where parcels are handed in.
#[derive(Debug, Clone)]
pub(crate) struct Office {
    sender: mpsc::UnboundedSender<Post>,
    waiting: Arc<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    count: AtomicU64,
    idle: Notify,
}

impl Office {
    /// An office and the end from which its task reads.
    pub(crate) fn open() -> (Self, mpsc::UnboundedReceiver<Post>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { sender, waiting: Arc::default() }, receiver)
    }

    pub(crate) fn send(&self, parcel: Parcel) {
        self.post(Post::Parcel(Box::new(parcel)));
    }

    pub(crate) fn release(&self, order: Order) {
        self.post(Post::Release(order));
    }

    fn post(&self, post: Post) {
        self.waiting.count.fetch_add(1, Ordering::SeqCst);
        if self.sender.send(post).is_err() {
            // The stand-in is being shut down; nobody waits for webhooks any more.
            self.done();
        }
    }

    fn done(&self) {
        if self.waiting.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.waiting.idle.notify_waiters();
        }
    }

    /// Waits until everything handed in has been dealt with.
    pub(crate) async fn settled(&self) {
        loop {
            let idle = self.waiting.idle.notified();
            tokio::pin!(idle);
            // Registered before looking, so that no wake-up falls in between.
            idle.as_mut().enable();
            if self.waiting.count.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }
}

/// The task in the background. Ends when the hub is gone.
pub(crate) async fn run(hub: Weak<Hub>, mut receiver: mpsc::UnboundedReceiver<Post>) {
    let mut desk =
        Desk { client: send::client(), held: Vec::new(), late: Vec::new(), gathered: BTreeMap::new() };
    while let Some(post) = receiver.recv().await {
        let Some(hub) = hub.upgrade() else {
            return;
        };
        match post {
            Post::Parcel(parcel) => desk.take(&hub, *parcel).await,
            Post::Release(order) => desk.release(&hub, order).await,
            Post::Gathered(event) => desk.turn_round(&hub, &event).await,
        }
        hub.office.done();
    }
}

/// Hands something in after a while. It counts as waiting all the time, so that settled means delivered.
fn later(hub: &Hub, duration: Duration, post: Post) {
    hub.office.waiting.count.fetch_add(1, Ordering::SeqCst);
    let office = hub.office.clone();
    tokio::spawn(async move {
        tokio::time::sleep(duration).await;
        office.post(post);
        office.done();
    });
}

struct Desk {
    client: send::Client,
    held: Vec<Parcel>,
    /// Parcels that let some more overtake them.
    late: Vec<(u32, Parcel)>,
    /// Parcels of an event that will be handed over last one first.
    gathered: BTreeMap<String, Vec<Parcel>>,
}

impl Desk {
    async fn take(&mut self, hub: &Arc<Hub>, mut parcel: Parcel) {
        let effect = if parcel.excused {
            None
        } else {
            hub.faults.hook_effect(&parcel.event, parcel.action.as_deref())
        };
        parcel.excused = true;
        match effect {
            None => self.deliver(hub, parcel).await,
            Some(HookEffect::Vanish) => {}
            Some(HookEffect::Lose) => send::log_lost(hub, &parcel),
            Some(HookEffect::Double) => {
                self.deliver(hub, parcel.clone()).await;
                self.deliver(hub, parcel).await;
            }
            Some(HookEffect::DelayBy(others)) => self.late.push((others, parcel)),
            Some(HookEffect::Hold) => self.held.push(parcel),
            Some(HookEffect::DelayFor(duration)) => {
                later(hub, duration, Post::Parcel(Box::new(parcel)));
            }
            Some(HookEffect::ReverseWithin(duration)) => {
                let event = parcel.event.clone();
                let gathered = self.gathered.entry(event.clone()).or_default();
                gathered.push(parcel);
                if gathered.len() == 1 {
                    later(hub, duration, Post::Gathered(event));
                }
            }
        }
    }

    async fn turn_round(&mut self, hub: &Arc<Hub>, event: &str) {
        for parcel in self.gathered.remove(event).into_iter().flatten().rev() {
            self.deliver(hub, parcel).await;
        }
    }

    async fn deliver(&mut self, hub: &Arc<Hub>, parcel: Parcel) {
        send::deliver(hub, &self.client, &parcel).await;
        let mut due = Vec::new();
        for (left, _) in &mut self.late {
            *left = left.saturating_sub(1);
        }
        self.late.retain(|(left, parcel)| {
            if *left == 0 {
                due.push(parcel.clone());
            }
            *left > 0
        });
        for parcel in due {
            send::deliver(hub, &self.client, &parcel).await;
        }
    }

    async fn release(&mut self, hub: &Arc<Hub>, order: Order) {
        let mut parcels = std::mem::take(&mut self.held);
        parcels.extend(std::mem::take(&mut self.late).into_iter().map(|(_, parcel)| parcel));
        match order {
            Order::AsSent => {}
            Order::Reversed => parcels.reverse(),
            // Sorting by a hash of seed and GUID is a shuffle that needs no generator.
            Order::Shuffled(seed) => {
                parcels.sort_by_key(|parcel| {
                    Sha256::digest(format!("{seed} {}", parcel.guid).as_bytes()).to_vec()
                });
            }
        }
        for parcel in parcels {
            send::deliver(hub, &self.client, &parcel).await;
        }
    }
}
