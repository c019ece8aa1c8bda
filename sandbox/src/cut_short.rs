//! An answer that breaks off.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body as AnyBody;
use bytes::Bytes;
use hyper::body::{Body, Frame};

/// Sends the beginning of a body and then fails.
#[derive(Debug)]
pub(crate) struct CutShort {
    rest: Option<Bytes>,
}

impl CutShort {
    /// The first `after` bytes of a body.
    pub(crate) fn new(mut body: Bytes, after: usize) -> Self {
        body.truncate(after);
        Self { rest: Some(body) }
    }
}

impl Body for CutShort {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(match self.rest.take() {
            Some(bytes) => Ok(Frame::data(bytes)),
            None => Err(std::io::Error::other("cut short on purpose")),
        }))
    }
}

/// All of a body that was made in memory.
pub(crate) async fn whole(body: AnyBody) -> Bytes {
    // These bodies were made in memory; reading them back cannot fail.
    axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default()
}
