//! A running git's output as the body of an answer.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::{Child, ChildStdout};

/// Reads as fast as the client takes it. Dropped, it ends git.
#[derive(Debug)]
pub(crate) struct Output {
    _child: Child,
    stdout: ChildStdout,
}

impl Output {
    pub(crate) const fn new(child: Child, stdout: ChildStdout) -> Self {
        Self { _child: child, stdout }
    }
}

impl Body for Output {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let mut space = vec![0; 16 * 1024];
        let mut buffer = ReadBuf::new(&mut space);
        match Pin::new(&mut self.stdout).poll_read(context, &mut buffer) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Some(Err(error))),
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Poll::Ready(None),
            Poll::Ready(Ok(())) => {
                let bytes = Bytes::copy_from_slice(buffer.filled());
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
        }
    }
}
