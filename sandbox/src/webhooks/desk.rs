//! The task in the background: takes parcels in the order of their changes and hands them over one by one,
//! unless a planted failure says otherwise.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::send;
use crate::faults::{HookEffect, Order};
use crate::hub::Hub;
use crate::model::Parcel;
use crate::office::Post;

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
                hub.office.post_later(duration, Post::Parcel(Box::new(parcel)));
            }
            Some(HookEffect::ReverseWithin(duration)) => {
                let event = parcel.event.clone();
                let gathered = self.gathered.entry(event.clone()).or_default();
                gathered.push(parcel);
                if gathered.len() == 1 {
                    hub.office.post_later(duration, Post::Gathered(event));
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
