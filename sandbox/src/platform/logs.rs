//! The log of an activity, sent while it is written.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use serde_json::json;
use tokio::sync::mpsc;

use super::hub::Hub;
use super::shape::moment;

/// What is being sent: ends when nobody sends any more.
#[derive(Debug)]
pub(super) struct LogStream(mpsc::Receiver<Bytes>);

impl Body for LogStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// What there is of a log behind the first `from` lines, and whether that is its end; `None` where there is no such log.
fn piece(hub: &Hub, (project, activity): (&str, &str), from: usize) -> Option<(String, usize, bool)> {
    hub.with(|world| {
        let activity = world.project(project)?.activity(activity)?;
        let lines = activity.log.get(from..).unwrap_or_default();
        let mut text = String::new();
        for (number, line) in lines.iter().enumerate() {
            let data = json!({ "timestamp": moment(line.at), "message": line.message });
            let line = json!({ "_id": (from + number).to_string(), "data": data });
            text.push_str(&line.to_string());
            text.push('\n');
        }
        let is_over = activity.state.is_over();
        if is_over {
            text.push_str(
                &json!({ "_id": activity.log.len().to_string(), "seal": true, "data": {} }).to_string(),
            );
            text.push('\n');
        }
        Some((text, from + lines.len(), is_over))
    })
}

/// The log from a line on, as far as it is written.
pub(super) fn so_far(hub: &Hub, of: (&str, &str), from: usize) -> Option<String> {
    piece(hub, of, from).map(|(text, ..)| text)
}

/// The log from a line on, to its end.
pub(super) fn followed(hub: &Arc<Hub>, of: (String, String), mut from: usize) -> LogStream {
    let (sender, receiver) = mpsc::channel(16);
    let hub = Arc::clone(hub);
    tokio::spawn(async move {
        loop {
            let changed = hub.logged.notified();
            tokio::pin!(changed);
            // What is logged from here on is told.
            changed.as_mut().enable();
            let Some((text, next, is_over)) = piece(&hub, (&of.0, &of.1), from) else { return };
            from = next;
            if !text.is_empty() && sender.send(Bytes::from(text)).await.is_err() || is_over {
                return;
            }
            tokio::select! {
                () = changed => {}
                () = sender.closed() => return,
            }
        }
    });
    LogStream(receiver)
}
