//! Why a call failed.

use crate::deploy::drivers::DriverError;
use crate::model::root_cause;
use http::StatusCode;
use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

/// Why a call failed. As it displays, with its sources, it is for the log; [`CallError::words`] are for
/// people. Addresses in it have no query, which may hold secrets.
#[derive(Debug, thiserror::Error)]
pub(in crate::deploy::drivers) enum CallError {
    #[error("the endpoint cannot be called: {0}")]
    Endpoint(String),
    #[error("resolving the host of {url}")]
    Resolve { url: String, source: io::Error },
    #[error("the host of {url} has no address")]
    NoAddress { url: String },
    #[error("{url} leads to {ip}, which may not be called")]
    NotAllowed { url: String, ip: IpAddr, private_too: bool },
    #[error("no certificates of authorities were found")]
    NoAuthorities,
    #[error("setting TLS up")]
    Tls(#[source] rustls::Error),
    #[error("making a client for {url}")]
    Client { url: String, source: reqwest::Error },
    #[error("making a request to {url}")]
    Request { url: String, source: reqwest::Error },
    #[error("connecting to {url}")]
    Connect { url: String, source: reqwest::Error },
    #[error("waiting for the answer of {url}")]
    Answer { url: String, source: reqwest::Error },
    #[error("{url} was called at {peer:?}, which was not checked")]
    Peer { url: String, peer: Option<IpAddr> },
    #[error("{url} did not answer within {within:?}")]
    Timeout { url: String, within: Duration },
    #[error("{url} answered {status}")]
    Status { url: String, status: StatusCode },
}

impl CallError {
    /// What went wrong while a request was sent to `url`.
    pub(in crate::deploy::drivers) fn sending(url: String, error: reqwest::Error) -> Self {
        let source = error.without_url();
        if source.is_builder() {
            Self::Request { url, source }
        } else if source.is_connect() {
            Self::Connect { url, source }
        } else {
            Self::Answer { url, source }
        }
    }

    /// For people: what was called, what happened and what to do.
    pub(in crate::deploy::drivers) fn words(&self) -> String {
        match self {
            Self::Endpoint(fault) => fault.clone(),
            Self::Resolve { url, source } => {
                format!("{url}: its host was not found ({source}); look at its spelling and at this server's DNS")
            }
            Self::NoAddress { url } => format!("{url}: its host has no address; look at its spelling and its DNS"),
            Self::NotAllowed { url, private_too: false, .. } => {
                format!("{url} leads into a private network; allow_private lets it be called where that is meant")
            }
            Self::NotAllowed { url, ip, private_too: true } => {
                format!("{url} leads to {ip}, which is never called; name another address")
            }
            Self::NoAuthorities => {
                "this machine has no certificates of authorities, so no https:// address can be called; install them"
                    .to_owned()
            }
            Self::Tls(error) => format!("TLS cannot be set up here: {error}"),
            Self::Client { url, source } | Self::Request { url, source } => {
                format!("{url}: the call cannot be made: {}", root_cause(source))
            }
            Self::Connect { url, source } if is_of_tls(source) => format!(
                "{url} could not be called encrypted ({}); it has to speak TLS there, with a certificate for its name that this machine trusts",
                root_cause(source)
            ),
            Self::Connect { url, source } => format!(
                "{url} could not be connected to ({}); see whether it runs and can be reached from this server",
                root_cause(source)
            ),
            Self::Answer { url, source } => {
                format!("{url}: no answer came ({}); see what its log says", root_cause(source))
            }
            Self::Peer { url, .. } => {
                format!("{url} was reached at another address than the one that was checked; tell who runs the server")
            }
            Self::Timeout { url, within } => {
                format!("{url} did not answer within {} s; it should answer at once and deploy after that", within.as_secs())
            }
            Self::Status { url, status } if status.is_redirection() => {
                format!("{url} redirects ({status}), which is not followed; name the address it leads to")
            }
            Self::Status { url, status } => format!("{url} answered {status}; see what its log says"),
        }
    }

    /// Whether the same call may come through later, without anybody changing the operator's file.
    pub(in crate::deploy::drivers) fn may_pass(&self) -> bool {
        match self {
            Self::Endpoint(_) | Self::NotAllowed { .. } | Self::Request { .. } | Self::Peer { .. } => false,
            Self::Status { status, .. } => {
                matches!(status.as_u16(), 408 | 425 | 429) || status.is_server_error()
            }
            _ => true,
        }
    }
}

impl From<CallError> for DriverError {
    fn from(error: CallError) -> Self {
        let words = error.words();
        let told = if error.may_pass() { Self::later(words) } else { Self::refused(words) };
        told.caused_by(error)
    }
}

/// Whether TLS failed. What an I/O error holds is not its source: it shows it as itself.
fn is_of_tls<'a>(error: &'a (dyn Error + 'static)) -> bool {
    let within = |error: &'a (dyn Error + 'static)| match error.downcast_ref().and_then(io::Error::get_ref) {
        Some(held) => Some(held as &(dyn Error + 'static)),
        None => error.source(),
    };
    std::iter::successors(Some(error), |&error| within(error)).any(<dyn Error>::is::<rustls::Error>)
}
