//! Apps and their installations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{RepoHandle, SOMEBODY, by_whom, sentence};
use crate::acts::apps::{self as acts, AppConfig};
use crate::hub::Hub;
use crate::{Refused, Sandbox};

impl Sandbox {
    /// Registers an app.
    pub async fn app(&self, config: AppConfig) -> Result<AppHandle, Refused> {
        let id = acts::register(&self.hub, config)?;
        Ok(AppHandle::new(Arc::clone(&self.hub), id))
    }

    /// All apps, in the order in which they were registered.
    pub fn apps(&self) -> Vec<AppHandle> {
        let ids: Vec<u64> = self.hub.with(|world| world.apps.keys().copied().collect());
        ids.into_iter().map(|id| AppHandle::new(Arc::clone(&self.hub), id)).collect()
    }
}

/// A registered app.
#[derive(Debug, Clone)]
pub struct AppHandle {
    hub: Arc<Hub>,
    id: u64,
}

impl AppHandle {
    pub(crate) const fn new(hub: Arc<Hub>, id: u64) -> Self {
        Self { hub, id }
    }

    /// The app's id: the issuer of its JSON web tokens.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// The client id, which is good as an issuer too.
    pub fn client_id(&self) -> String {
        self.hub.with(|world| world.apps.get(&self.id).map(|app| app.client_id.clone()).unwrap_or_default())
    }

    /// The handle under which people find it: `/apps/slug`.
    pub fn slug(&self) -> String {
        self.hub.with(|world| world.apps.get(&self.id).map(|app| app.slug.clone()).unwrap_or_default())
    }

    /// Where webhooks go; `None` sends none.
    pub fn webhook_url(&self) -> Option<String> {
        self.hub.with(|world| world.apps.get(&self.id)?.hook.url.clone())
    }

    /// Its installations, in the order in which they were made.
    pub fn installations(&self) -> Vec<InstallationHandle> {
        let ids: Vec<u64> = self.hub.with(|world| {
            let own = world.installations.values().filter(|found| found.app == self.id);
            own.map(|found| found.id).collect()
        });
        ids.into_iter().map(|id| InstallationHandle { hub: Arc::clone(&self.hub), id }).collect()
    }

    /// The login of its bot: `slug[bot]`.
    pub(super) fn bot(&self) -> String {
        let bot = self.hub.with(|world| world.apps.get(&self.id).map(|app| world.login(app.bot)));
        bot.unwrap_or_default()
    }

    /// Changes where webhooks go; `None` sends none.
    pub fn set_webhook_url(&self, url: Option<&str>) {
        self.hub.with(|world| {
            if let Some(app) = world.apps.get_mut(&self.id) {
                app.hook.url = url.map(str::to_owned);
            }
        });
    }

    /// Changes what webhooks are signed with.
    pub fn set_webhook_secret(&self, secret: &str) {
        self.hub.with(|world| {
            if let Some(app) = world.apps.get_mut(&self.id) {
                secret.clone_into(&mut app.hook.secret);
            }
        });
    }

    /// Gives it another name: its handle and its bot's login change, its id stays.
    pub fn rename(&self, slug: &str) {
        self.hub.with(|world| {
            let Some(app) = world.apps.get_mut(&self.id) else { return };
            slug.clone_into(&mut app.slug);
            let bot = app.bot;
            if let Some(bot) = world.accounts.get_mut(&bot) {
                bot.login = format!("{slug}[bot]");
            }
        });
    }

    /// Asks for other permissions and events from now on. Installations keep what they granted until
    /// [`InstallationHandle::accept_new_permissions`].
    pub fn change(&self, permissions: BTreeMap<String, String>, events: BTreeSet<String>) {
        acts::change_app(&self.hub, self.id, permissions, events);
    }

    /// Installs it on an account: on all repositories, or on those of [`Install::on`].
    pub fn install(&self, account: &str) -> Install {
        Install {
            hub: Arc::clone(&self.hub),
            app: self.id,
            account: account.to_owned(),
            repositories: None,
            by: SOMEBODY.to_owned(),
        }
    }
}

/// An app to be installed.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct Install {
    hub: Arc<Hub>,
    app: u64,
    account: String,
    repositories: Option<BTreeSet<u64>>,
    by: String,
}

impl Install {
    /// Only on these repositories.
    pub fn on<'a>(mut self, repositories: impl IntoIterator<Item = &'a RepoHandle>) -> Self {
        self.repositories = Some(repositories.into_iter().map(RepoHandle::id).collect());
        self
    }

    async fn run(self) -> Result<InstallationHandle, Refused> {
        let sender = self.hub.with(|world| world.person(&self.by));
        let id = acts::install(&self.hub, self.app, &self.account, self.repositories, sender)?;
        Ok(InstallationHandle { hub: self.hub, id })
    }
}

/// An installation.
#[derive(Debug, Clone)]
pub struct InstallationHandle {
    hub: Arc<Hub>,
    id: u64,
}

impl InstallationHandle {
    /// Its id.
    pub const fn id(&self) -> u64 {
        self.id
    }

    fn somebody(&self) -> u64 {
        self.hub.with(|world| world.person(SOMEBODY))
    }

    /// Suspends it: its tokens are refused with 403, and it gets no webhooks about repositories.
    pub async fn suspend(&self) -> Result<(), Refused> {
        acts::suspend(&self.hub, self.id, true, self.somebody())
    }

    /// Lets it work again.
    pub async fn unsuspend(&self) -> Result<(), Refused> {
        acts::suspend(&self.hub, self.id, false, self.somebody())
    }

    /// Removes it.
    pub async fn uninstall(&self) -> Result<(), Refused> {
        acts::uninstall(&self.hub, self.id, self.somebody())
    }

    /// Grants what the app has come to ask for.
    pub async fn accept_new_permissions(&self) -> Result<(), Refused> {
        acts::accept(&self.hub, self.id, self.somebody())
    }

    /// Adds repositories.
    pub async fn add<'a>(
        &self,
        repositories: impl IntoIterator<Item = &'a RepoHandle>,
    ) -> Result<(), Refused> {
        let ids: Vec<u64> = repositories.into_iter().map(RepoHandle::id).collect();
        acts::select(&self.hub, self.id, &ids, true, self.somebody())
    }

    /// Takes repositories away.
    pub async fn remove<'a>(
        &self,
        repositories: impl IntoIterator<Item = &'a RepoHandle>,
    ) -> Result<(), Refused> {
        let ids: Vec<u64> = repositories.into_iter().map(RepoHandle::id).collect();
        acts::select(&self.hub, self.id, &ids, false, self.somebody())
    }

    /// A token with everything the installation may do, good for an hour; for tests that do not care
    /// how tokens are come by.
    pub fn token(&self) -> Result<(String, DateTime<Utc>), Refused> {
        self.hub.with(|world| {
            let found = world.installations.get(&self.id).ok_or_else(Refused::not_found)?;
            let permissions = found.permissions.clone();
            let token = world.issue_token(self.id, None, permissions);
            Ok((token.value, token.expires_at))
        })
    }
}

by_whom!(Install);
sentence!(Install => InstallationHandle);
