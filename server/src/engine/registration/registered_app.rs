use crate::engine::whole_file::{PRIVATE, write_whole_file};
use crate::github::{ApiError, AppKey, InvalidKey, Secret, exchange_code};
use crate::model::{ErrorContext, ForPeople, UserMessage};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long GitHub may take to hand the credentials out.
const WITHIN: Duration = Duration::from_secs(20);

/// The App as it was registered by the set-up page, with its credentials.
#[derive(Clone, Serialize, Deserialize)]
pub struct RegisteredApp {
    /// Its number.
    pub id: u64,
    /// What people call it.
    pub name: String,
    /// Its page on GitHub.
    pub html_url: String,
    /// Where GitHub's REST API is.
    pub api_url: String,
    /// This server's address from outside, as it was confirmed.
    pub address: String,
    private_key: String,
    webhook_secret: String,
    client_id: String,
    client_secret: String,
}

impl fmt::Debug for RegisteredApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredApp")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Why there are no credentials though GitHub has sent somebody back with a code.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// GitHub does not know the code: it was exchanged before, or its hour is over.
    #[error("GitHub does not know the code")]
    Spent(#[source] ApiError),
    /// No answer came: GitHub may have handed them out.
    #[error("GitHub's answer was lost")]
    Lost(#[source] ApiError),
    /// GitHub does not hand them out.
    #[error("GitHub does not hand the credentials out")]
    Refused(#[source] ApiError),
    /// What it hands out cannot be used.
    #[error("GitHub's credentials cannot be used")]
    Unusable(#[from] InvalidKey),
    /// It hands out no webhook secret.
    #[error("GitHub hands out no webhook secret")]
    NoSecret,
}

/// What to do where GitHub has made an App, and its credentials did not come to be kept.
pub const REGISTER_AGAIN: &str = "GitHub hands the credentials out only once, so delete the App that it has just made, on the \
                                  page of your GitHub Apps, and register again.";

impl ForPeople for ExchangeError {
    fn for_people(&self) -> UserMessage {
        UserMessage::new(match self {
            Self::Spent(_) => {
                "GitHub does not know this code any more: it was used before, or an hour has passed. Register again; if an \
                 App of that name is there already, delete it first or choose another name."
                    .to_owned()
            }
            Self::Lost(_) => format!("GitHub's answer was lost. {REGISTER_AGAIN}"),
            Self::Refused(error) => format!("GitHub refuses: {error}. {REGISTER_AGAIN}"),
            Self::Unusable(error) => {
                format!("GitHub sent a private key that cannot be used: {error}. {REGISTER_AGAIN}")
            }
            Self::NoSecret => format!("GitHub sent no webhook secret. {REGISTER_AGAIN}"),
        })
    }
}

/// Has GitHub hand out the credentials of the App that somebody has registered there.
pub async fn register(api_url: &str, code: &str, address: &str) -> Result<RegisteredApp, ExchangeError> {
    let made = exchange_code(api_url, code, WITHIN).await.map_err(|error| match error {
        ApiError::NotFound { .. } => ExchangeError::Spent(error),
        ApiError::NoAnswer { .. } | ApiError::Failed { .. } | ApiError::Unreadable { .. } => {
            ExchangeError::Lost(error)
        }
        error => ExchangeError::Refused(error),
    })?;
    AppKey::from_pem(&made.id.to_string(), &made.pem)?;
    Ok(RegisteredApp {
        id: made.id,
        name: made.name,
        html_url: made.html_url,
        api_url: api_url.to_owned(),
        address: address.to_owned(),
        private_key: made.pem,
        webhook_secret: made.webhook_secret.ok_or(ExchangeError::NoSecret)?,
        client_id: made.client_id,
        client_secret: made.client_secret,
    })
}

impl RegisteredApp {
    fn file(data_dir: &Path) -> PathBuf {
        data_dir.join("app.json")
    }

    /// The one that is kept in a data folder, if there is one.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn kept_in(data_dir: &Path) -> Result<Option<Self>, ErrorContext> {
        let file = Self::file(data_dir);
        let named = |error| ErrorContext::new(file.display().to_string(), error);
        match std::fs::read_to_string(&file) {
            // What the parser says could hold parts of a secret.
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|_| {
                named(io::Error::new(io::ErrorKind::InvalidData, "it does not hold an App's credentials"))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(named(error)),
        }
    }

    /// Keeps it in a data folder, closed to others.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep_in(&self, data_dir: &Path) -> Result<(), ErrorContext> {
        let file = Self::file(data_dir);
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        write_whole_file(&file, &text, PRIVATE)
            .map_err(|error| ErrorContext::new(file.display().to_string(), error))
    }

    /// What the server is told of it by variables of the environment, each on one line.
    pub fn variables(&self) -> [(&'static str, String); 6] {
        [
            ("GITHUB_API_URL", self.api_url.clone()),
            ("GITHUB_APP_ID", self.id.to_string()),
            ("GITHUB_APP_PRIVATE_KEY", self.private_key.trim().replace('\n', "\\n")),
            ("GITHUB_WEBHOOK_SECRET", self.webhook_secret.clone()),
            ("GITHUB_APP_CLIENT_ID", self.client_id.clone()),
            ("GITHUB_APP_CLIENT_SECRET", self.client_secret.clone()),
        ]
    }

    /// Writes it as variables of the environment, for a secret store, closed to others.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_variables(&self, file: &Path) -> Result<(), ErrorContext> {
        let lines = self.variables().map(|(name, value)| format!("{name}={value}\n"));
        write_whole_file(file, &lines.concat(), PRIVATE)
            .map_err(|error| ErrorContext::new(file.display().to_string(), error))
    }

    /// Its private key.
    ///
    /// # Errors
    /// When it was damaged since it was kept.
    pub fn key(&self) -> Result<AppKey, InvalidKey> {
        AppKey::from_pem(&self.id.to_string(), &self.private_key)
    }

    /// What its webhooks are signed with.
    pub fn secret(&self) -> Secret {
        Secret::new(&self.webhook_secret)
    }

    /// Where people install it.
    pub fn installation_page(&self) -> String {
        format!("{}/installations/new", self.html_url)
    }
}
