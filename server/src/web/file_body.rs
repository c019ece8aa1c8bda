//! A file as the body of an answer, held in small pieces whoever reads it.

use bytes::Bytes;
use hyper::body::{Body, Frame};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::fs::File;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;

/// How much of it is held, in bytes.
const PIECE: usize = 16 * 1024;

/// The file as it is while it is read. Its length is not told, since a log may still grow or be cut.
pub(super) struct FileBody {
    file: File,
    piece: Box<[u8]>,
    /// What a file that grows is read of at most, in bytes.
    left: usize,
    _one_of: OwnedSemaphorePermit,
}

impl FileBody {
    pub(super) fn new(mut file: File, most: usize, one_of: OwnedSemaphorePermit) -> Self {
        file.set_max_buf_size(PIECE);
        Self { file, piece: vec![0; PIECE].into_boxed_slice(), left: most, _one_of: one_of }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        let most = this.left.min(PIECE);
        let mut into = ReadBuf::new(&mut this.piece[..most]);
        Poll::Ready(match ready!(Pin::new(&mut this.file).poll_read(context, &mut into)) {
            Ok(()) if into.filled().is_empty() => None,
            Ok(()) => {
                let read = Bytes::copy_from_slice(into.filled());
                this.left -= read.len();
                Some(Ok(Frame::data(read)))
            }
            Err(error) => Some(Err(error)),
        })
    }
}
