use super::body::Limits;
use super::connection::Connection;
use super::live::{self, Live};
use super::metrics_token::MetricsToken;
use super::routes;
use super::setup::{self, SetUp};
use super::watching::Peer;
use crate::engine::{Engine, EngineFailure};
use crate::model::{ForPeople, UserMessage, error_chain};
use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

/// How long open connections get to finish what they have begun when the server stops. Together with
/// [`ENGINE_WITHIN`] it keeps a stop within ten seconds.
const CONNECTIONS_WITHIN: Duration = Duration::from_secs(3);
/// How long the engine gets after that.
const ENGINE_WITHIN: Duration = Duration::from_secs(6);
/// How much of a request or an answer one connection holds besides a body that is kept, in bytes.
const BUFFER: usize = 64 * 1024;
/// The pause after a connection could not be accepted, so that a full table of files is no busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why the server could not start listening: which setting, what it holds, what it should.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// There is no such host.
    #[error("HOST is {host:?}, for which no address is known")]
    Unresolved {
        /// What HOST holds.
        host: String,
        /// What the system says, if anything.
        source: Option<io::Error>,
    },
    /// The address is another machine's.
    #[error("HOST is {host:?}, which is no address of this machine; 0.0.0.0 stands for all it has")]
    Elsewhere {
        /// What HOST holds.
        host: String,
    },
    /// Somebody else is there.
    #[error(
        "cannot listen on {address}: something listens there already; stop it, or set PORT or HOST to another"
    )]
    Taken {
        /// Where.
        address: String,
    },
    /// The system does not let us.
    #[error("cannot listen on {address}: this user may not; set PORT to 1024 or more")]
    Forbidden {
        /// Where.
        address: String,
    },
    /// Anything else.
    #[error("cannot listen on {address}")]
    Other {
        /// Where.
        address: String,
        /// What the system says.
        source: io::Error,
    },
}

impl BindError {
    fn of(host: &str, port: u16, error: io::Error) -> Self {
        let address = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::Taken { address },
            io::ErrorKind::AddrNotAvailable => Self::Elsewhere { host: host.to_owned() },
            io::ErrorKind::PermissionDenied => Self::Forbidden { address },
            _ => Self::Other { address, source: error },
        }
    }
}

impl ForPeople for BindError {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::Unresolved { source, .. } => {
                let why = source.as_ref().map(ForPeople::for_people);
                let why = why.unwrap_or_else(|| UserMessage::new("the system names none"));
                UserMessage::new(format!(
                    "{self}: {why}; it should be an address of this machine, such as 0.0.0.0 for all of them or \
                     127.0.0.1 for this machine alone"
                ))
            }
            Self::Other { source, .. } => UserMessage::new(format!(
                "{self}: {}; set HOST and PORT to where it can",
                source.for_people()
            )),
            Self::Elsewhere { .. } | Self::Taken { .. } | Self::Forbidden { .. } => {
                UserMessage::new(self.to_string())
            }
        }
    }
}

/// The listening server.
pub struct Server {
    address: SocketAddr,
    live: Arc<Live>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens on an address that `bind` took, and serves the engine. Numbers are told to this machine alone.
    pub fn start(listener: TcpListener, engine: Engine, limits: Limits) -> io::Result<Self> {
        Self::start_watched(listener, engine, limits, None)
    }

    /// The same. Numbers are told to whoever has this token, too.
    pub fn start_watched(
        listener: TcpListener,
        engine: Engine,
        limits: Limits,
        metrics_token: Option<MetricsToken>,
    ) -> io::Result<Self> {
        let live = Live::new();
        let (engine, of_connections) = (Arc::new(engine), ConnectionLimits::of(&limits));
        // Without the set-up page nobody can show that they are the operator.
        let is_operator = Arc::new(|_: &http::HeaderMap| false);
        let routes = routes::of(Arc::clone(&engine), limits, metrics_token, is_operator);
        live.begin(engine, routes.clone());
        Self::listening(listener, (live, routes), of_connections, watch::channel(false))
    }

    /// The same with the set-up page, which may be all that there is until the App is registered: then `engine` is
    /// `None`, and what is served besides begins with the registration.
    pub fn start_with_set_up(
        listener: TcpListener,
        engine: Option<Engine>,
        limits: &Limits,
        set_up: SetUp,
    ) -> io::Result<Self> {
        let (live, visits) = (Live::new(), setup::visits(&set_up));
        if let Some(engine) = engine.map(Arc::new) {
            let is_operator = setup::operator_of(&visits, &set_up);
            let token = set_up.metrics_token.clone();
            let routes = routes::of(Arc::clone(&engine), limits.clone(), token, is_operator);
            live.begin(engine, routes);
        }
        let limits = ConnectionLimits::of(limits);
        let served = Router::new().fallback(live::serve).with_state(Arc::clone(&live));
        let (stop, stopped) = watch::channel(false);
        let routes = setup::router(set_up, visits, Arc::clone(&live), stopped.clone()).merge(served);
        Self::listening(listener, (live, routes), limits, (stop, stopped))
    }

    fn listening(
        listener: TcpListener,
        (live, routes): (Arc<Live>, Router),
        limits: ConnectionLimits,
        (stop, stopped): (watch::Sender<bool>, watch::Receiver<bool>),
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, routes, limits, stopped));
        Ok(Self { address, live, stop, accepting })
    }

    /// Takes the address that is to be listened on.
    pub async fn bind(host: &str, port: u16) -> Result<TcpListener, BindError> {
        let unresolved = |source| BindError::Unresolved { host: host.to_owned(), source };
        let addresses = tokio::net::lookup_host((host, port)).await;
        let addresses: Vec<SocketAddr> = addresses.map_err(|error| unresolved(Some(error)))?.collect();
        if addresses.is_empty() {
            return Err(unresolved(None));
        }
        TcpListener::bind(&addresses[..]).await.map_err(|error| BindError::of(host, port, error))
    }

    /// Ends when the engine cannot go on: the process is to end with an error then.
    pub async fn failed(&self) -> EngineFailure {
        self.live.begun().await.failed().await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops within ten seconds: no new connections, open requests are answered, work that has begun is
    /// finished or left to the next start.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.accepting.await {
            tracing::error!(error = error_chain(&error), "the server did not stop well");
        }
        // Connections that were cut off have dropped the engine by now; a straggler only loses the
        // orderly end of the engine, whose next start takes everything up again.
        match self.live.end().map(Arc::try_unwrap) {
            Some(Ok(engine)) => engine.stop(ENGINE_WITHIN).await,
            Some(Err(_)) => tracing::warn!("a request is under way; the engine is left to its next start"),
            None => {}
        }
    }
}

/// How many connections there may be, and how long those at their other ends are waited for.
#[derive(Clone, Copy)]
struct ConnectionLimits {
    count: usize,
    head_within: Duration,
    stall: Duration,
}

impl ConnectionLimits {
    fn of(limits: &Limits) -> Self {
        Self { count: limits.connections, head_within: limits.head_within, stall: limits.stall }
    }
}

async fn accept(
    listener: TcpListener,
    routes: Router,
    limits: ConnectionLimits,
    mut stopped: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = tokio::task::JoinSet::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_within).max_buf_size(BUFFER);
    let places = Arc::new(Semaphore::new(limits.count));
    loop {
        let accepted = async {
            // It is never closed, so there always is one.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            listener.accept().await.map(|(stream, peer)| (stream, peer, place))
        };
        tokio::select! {
            accepted = accepted => match accepted {
                Ok((stream, peer, place)) => {
                    let told = move |mut request: Request<Incoming>| {
                        request.extensions_mut().insert(Peer(peer));
                        request
                    };
                    let connection = http.serve_connection(
                        TokioIo::new(Connection::new(stream, limits.stall)),
                        TowerToHyperService::new(routes.clone().map_request(told)),
                    );
                    let watched = graceful.watch(connection);
                    connections.spawn(async move {
                        let _place = place;
                        if let Err(error) = watched.await {
                            tracing::debug!(error = error_chain(&error), "a connection ended badly");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(error = error_chain(&error), "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    drop(routes);
    if tokio::time::timeout(CONNECTIONS_WITHIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections that were still open have been cut off");
    }
    connections.shutdown().await;
}
