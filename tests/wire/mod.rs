//! Webhook calls as they go over the wire, and the answers to them.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::io;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// What the webhook calls here are signed with.
pub(crate) const SECRET: &str = "only for the tests";

/// What GitHub sends as `X-Hub-Signature-256`.
pub(crate) fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// How a body's end is told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Framing {
    Announced(usize),
    Chunked,
}

/// The head of a call; `signed` is the whole signature header's value.
pub(crate) fn head(event: &str, guid: &str, signed: Option<&str>, framing: Framing) -> String {
    let framing = match framing {
        Framing::Announced(size) => format!("Content-Length: {size}"),
        Framing::Chunked => "Transfer-Encoding: chunked".to_owned(),
    };
    let signed = signed.map(|value| format!("X-Hub-Signature-256: {value}\r\n")).unwrap_or_default();
    format!(
        "POST /webhooks/github HTTP/1.1\r\nHost: towpath.example\r\nAccept: */*\r\n\
        User-Agent: GitHub-Hookshot/7f4a1c2\r\nContent-Type: application/json\r\n\
        X-GitHub-Delivery: {guid}\r\nX-GitHub-Event: {event}\r\nX-GitHub-Hook-ID: 292430182\r\n\
        X-GitHub-Hook-Installation-Target-ID: 79929171\r\n\
        X-GitHub-Hook-Installation-Target-Type: integration\r\n{signed}{framing}\r\n\r\n"
    )
}

/// The status of the next answer, read to its end so that the connection can go on.
pub(crate) async fn answer(stream: &mut TcpStream) -> io::Result<u16> {
    let mut buffer = [0; 2048];
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        if let Some((status, size)) = head_of(&buffer[..filled])
            && filled >= size
        {
            return Ok(status);
        }
    }
}

/// The status of an answer and the size of all of it, once its head is there.
fn head_of(read: &[u8]) -> Option<(u16, usize)> {
    let end = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&read[..end]).ok()?;
    let status = head.get(9..12)?.parse().ok()?;
    let size = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    Some((status, end + size.unwrap_or(0)))
}
