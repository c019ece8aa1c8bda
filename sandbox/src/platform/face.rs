//! The face: starting, stopping, and the ways into everything else.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::handles::{NewProject, ProjectHandle};
use super::hub::{Asked, Hub};
use super::world::{Grant, Role, World};
use super::{certifier, remote, server};
use crate::Refused;
use crate::clock::{Clock, SystemClock};
use crate::faults::Faults;
use crate::sandbox::Error;

/// How a platform is started.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens; a free loopback port unless said otherwise.
    pub listen: SocketAddr,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Default for Config {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), clock: Arc::new(SystemClock) }
    }
}

/// A running platform. Clones are handles on the same one; it stops when [`Platform::shutdown`] is called or the last
/// handle is dropped.
#[derive(Debug, Clone)]
pub struct Platform {
    hub: Arc<Hub>,
    stop: Arc<watch::Sender<bool>>,
}

impl Platform {
    /// Starts one without projects.
    ///
    /// # Errors
    /// If the address cannot be listened on, or there is no temporary folder, or no git.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix("platform-").tempdir()?;
        crate::git::command(folder.path()).arg("--version").output().await.map_err(Error::Git)?;
        let listener = TcpListener::bind(config.listen).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let hub = Arc::new(Hub::new(config.clock, folder, url));
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(server::serve(Arc::clone(&hub), listener, stopped));
        Ok(Self { hub, stop: Arc::new(stop) })
    }

    /// Stops listening and drops all connections.
    pub fn shutdown(&self) {
        // Nobody listening any more means it has stopped already.
        let _ = self.stop.send(true);
    }

    /// The root of the API, without a trailing slash.
    pub fn api_url(&self) -> String {
        self.hub.url.clone()
    }

    /// Where an API token is exchanged for an access token.
    pub fn auth_url(&self) -> String {
        format!("{}/oauth2/token", self.hub.url)
    }

    /// Where certificates for SSH are made.
    pub fn certifier_url(&self) -> String {
        format!("{}/ssh", self.hub.url)
    }

    /// The public key of those who make certificates, in a file.
    ///
    /// # Errors
    /// If there is no ssh-keygen.
    pub async fn certifier_key(&self) -> Result<PathBuf, Refused> {
        certifier::authority(&self.hub).await.map(|key| key.with_extension("pub"))
    }

    /// Certificates are good for this user of a machine, too.
    pub fn certifies_for(&self, user: &str) {
        self.hub.with(|world| world.principals.push(user.to_owned()));
    }

    /// A program that takes the place of ssh, and reaches the git servers of all projects.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn ssh(&self) -> Result<PathBuf, Refused> {
        remote::program(&self.hub)
    }

    /// Whether nobody answers that program.
    ///
    /// # Errors
    /// If that cannot be noted.
    pub fn is_silent_over_ssh(&self, is_silent: bool) -> Result<(), Refused> {
        remote::set_silent(&self.hub, is_silent)
    }

    /// The line of a file with host keys by which that program is satisfied.
    pub fn host_key(&self) -> String {
        format!("{} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlatform\n", remote::HOST)
    }

    /// What that program was run with so far: its arguments and its environment.
    pub fn ssh_runs(&self) -> String {
        std::fs::read_to_string(self.hub.folder().join(remote::RUNS)).unwrap_or_default()
    }

    /// The book in which failures are planted, by the paths of the API.
    pub fn faults(&self) -> &Faults {
        &self.hub.faults
    }

    /// Begins the sentence that makes a project.
    pub fn project(&self, id: &str) -> NewProject {
        NewProject::new(Arc::clone(&self.hub), id)
    }

    /// A project that is there already.
    pub fn known_project(&self, id: &str) -> ProjectHandle {
        ProjectHandle { hub: Arc::clone(&self.hub), id: id.to_owned() }
    }

    /// Takes a token of a user who has this role in these projects, from now on.
    pub fn api_token(&self, token: &str, projects: &[&str], role: Role) {
        let projects = projects.iter().map(|id| (*id).to_owned()).collect();
        self.hub.with(|world| world.grants.insert(token.to_owned(), Grant { projects, role }));
    }

    /// Takes no such token any more.
    pub fn revoke(&self, token: &str) {
        self.hub.with(|world| world.grants.remove(token));
    }

    /// Ends the life of every access token.
    pub fn expire_access(&self) {
        self.hub.with(World::expire_access);
    }

    /// All that was asked so far, the oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        self.hub.asked()
    }

    /// How often this was asked: a method, and how the path ends, without its query.
    pub fn count(&self, method: &str, path_end: &str) -> usize {
        let path = |asked: &Asked| asked.path.split('?').next().unwrap_or_default().to_owned();
        self.asked().iter().filter(|it| it.method == method && path(it).ends_with(path_end)).count()
    }
}
