//! The post office's counter: parcels are handed in here, in the order of their changes, and a task in the background
//! (`webhooks`) takes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use crate::faults::Order;
use crate::model::Parcel;

/// What the task in the background is told.
#[derive(Debug)]
pub(crate) enum Post {
    Parcel(Box<Parcel>),
    /// Lets held parcels go.
    Release(Order),
    /// Lets the parcels of an event go that were gathered.
    Gathered(String),
}

/// Where parcels are handed in.
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

    /// Hands something in after a while. It counts as waiting all the time, so that settled means delivered.
    pub(crate) fn post_later(&self, duration: Duration, post: Post) {
        self.waiting.count.fetch_add(1, Ordering::SeqCst);
        let office = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(duration).await;
            office.post(post);
            office.done();
        });
    }

    /// Something that was handed in has been dealt with.
    pub(crate) fn done(&self) {
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
