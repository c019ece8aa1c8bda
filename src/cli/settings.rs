use crate::deploy::operator::Operator;
use crate::engine::{Deploying, MirrorBounds};
use crate::github::{AppKey, Secret};
use std::path::PathBuf;
use std::sync::Arc;

/// What `serve` is told by its environment.
#[derive(Debug)]
pub(super) struct Settings {
    /// Who we are on GitHub; `None` while the App is not set up.
    pub(super) app: Option<AppSettings>,
    /// Where GitHub's REST API is.
    pub(super) api_url: String,
    /// Where the database, the mirrors and the lock are kept.
    pub(super) data_dir: PathBuf,
    /// The SQLite database.
    pub(super) database: PathBuf,
    /// The address to listen on.
    pub(super) host: String,
    /// The port to listen on; 0 takes any free one.
    pub(super) port: u16,
    /// How the log is written.
    pub(super) log: LogFormat,
    /// How much room mirrors may take.
    pub(super) mirrors: MirrorBounds,
    /// What the operator allows and holds for deploys.
    pub(super) deploying: Deploying,
}

/// The App's credentials.
#[derive(Debug)]
pub(super) struct AppSettings {
    /// The App's number.
    pub(super) id: u64,
    /// Its private key.
    pub(super) key: AppKey,
    /// The webhook secrets, any of which may sign.
    pub(super) secrets: Vec<Secret>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// A setting that cannot be used: which, why, and what to do. Never its value where that is secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct SettingsError(String);

/// Names the file that says what is allowed for each repository.
const OPERATOR: &str = "TOWPATH_OPERATOR_FILE";
const APP_ID: &str = "GITHUB_APP_ID";
const KEY: &str = "GITHUB_APP_PRIVATE_KEY";
const KEY_PATH: &str = "GITHUB_APP_PRIVATE_KEY_PATH";
const SECRET: &str = "GITHUB_WEBHOOK_SECRET";

impl Settings {
    /// Reads the settings; `get` looks a variable up.
    pub(super) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        // A variable that is set to nothing counts as not set, as templates of deployments leave them.
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        let data_dir = PathBuf::from(get("TOWPATH_DATA_DIR").unwrap_or_else(|| "data".to_owned()));
        let database = match get("DATABASE_URL") {
            None => data_dir.join("towpath.db"),
            Some(url) => sqlite_path(&url)?,
        };
        let port = match get("PORT") {
            None => 8080,
            Some(text) => text.trim().parse().map_err(|_| {
                SettingsError(format!("PORT is {text:?}, but a number from 0 to 65535 is expected"))
            })?,
        };
        let log = match get("LOG_FORMAT").as_deref() {
            None | Some("pretty") => LogFormat::Pretty,
            Some("json") => LogFormat::Json,
            Some(other) => {
                return Err(SettingsError(format!("LOG_FORMAT is {other:?}; take \"pretty\" or \"json\"")));
            }
        };
        Ok(Self {
            app: app(&get)?,
            api_url: api_url(get("GITHUB_API_URL"))?,
            data_dir,
            database,
            host: get("HOST").unwrap_or_else(|| "0.0.0.0".to_owned()),
            port,
            log,
            mirrors: mirrors(size("TOWPATH_MIRRORS_MAX_BYTES", get("TOWPATH_MIRRORS_MAX_BYTES"))?),
            deploying: deploying(&get)?,
        })
    }
}

fn mirrors(bytes: Option<u64>) -> MirrorBounds {
    let default = MirrorBounds::default();
    MirrorBounds { bytes: bytes.unwrap_or(default.bytes), ..default }
}

/// A size as people write it.
fn size(name: &str, given: Option<String>) -> Result<Option<u64>, SettingsError> {
    let Some(text) = given else { return Ok(None) };
    let bytes = text.trim().parse::<bytesize::ByteSize>().map_err(|_| {
        SettingsError(format!(
            "{name} is {text:?}, but a size is expected: 20GB, 500MB, or a number of bytes"
        ))
    })?;
    Ok(Some(bytes.as_u64()))
}

/// What the operator allows for deploys; the secrets themselves are read when they are needed.
fn deploying(get: &impl Fn(&str) -> Option<String>) -> Result<Deploying, SettingsError> {
    let operator = match get(OPERATOR) {
        None => Operator::default(),
        Some(path) => {
            let text = std::fs::read_to_string(&path).map_err(|error| {
                SettingsError(format!("{OPERATOR} names {path:?}, which cannot be read: {error}"))
            })?;
            Operator::read(&text).map_err(|error| SettingsError(format!("{path}: {error}")))?
        }
    };
    let public_url = get("PUBLIC_URL").map(|url| web_url("PUBLIC_URL", &url)).transpose()?;
    let slug_bytes = size("TOWPATH_SLUGS_MAX_BYTES", get("TOWPATH_SLUGS_MAX_BYTES"))?;
    Ok(Deploying { operator, public_url, variables: Arc::new(|name| std::env::var(name).ok()), slug_bytes })
}

fn sqlite_path(url: &str) -> Result<PathBuf, SettingsError> {
    let wrong = || {
        SettingsError(
            "DATABASE_URL does not begin with \"sqlite://\"; this version keeps its data in SQLite, as in \
             sqlite:///var/lib/towpath/towpath.db"
                .to_owned(),
        )
    };
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).ok_or_else(wrong)?;
    let path = path.split('?').next().unwrap_or_default();
    if path.is_empty() || path == ":memory:" {
        return Err(SettingsError(
            "DATABASE_URL names no file; deliveries that were acknowledged must survive a restart".to_owned(),
        ));
    }
    Ok(PathBuf::from(path))
}

fn api_url(given: Option<String>) -> Result<String, SettingsError> {
    web_url("GITHUB_API_URL", &given.unwrap_or_else(|| "https://api.github.com".to_owned()))
}

/// An address without a slash at its end.
fn web_url(name: &str, url: &str) -> Result<String, SettingsError> {
    let trimmed = url.trim().trim_end_matches('/');
    let uri: Option<http::Uri> = trimmed.parse().ok();
    let usable = uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some()
            && uri.query().is_none()
    });
    if usable {
        Ok(trimmed.to_owned())
    } else {
        Err(SettingsError(format!(
            "{name} is {url:?}; an address such as https://api.github.com or \
             https://github.example.com/api/v3 is expected"
        )))
    }
}

fn app(get: &impl Fn(&str) -> Option<String>) -> Result<Option<AppSettings>, SettingsError> {
    let key = private_key(get)?;
    let (id, key, secrets) = match (get(APP_ID), key, get(SECRET)) {
        (None, None, None) => return Ok(None),
        (Some(id), Some(key), Some(secrets)) => (id, key, secrets),
        (id, key, secrets) => {
            let given = [(APP_ID, id.is_some()), (KEY, key.is_some()), (SECRET, secrets.is_some())];
            let missing: Vec<_> = given.iter().filter(|(_, set)| !set).map(|(name, _)| *name).collect();
            return Err(SettingsError(format!(
                "{} not set; the App needs {APP_ID}, {KEY} (or {KEY_PATH}) and {SECRET} together",
                missing.join(" and ") + if missing.len() == 1 { " is" } else { " are" }
            )));
        }
    };
    let number = id.trim().parse().map_err(|_| {
        SettingsError(format!("{APP_ID} is {id:?}, but the App's number is expected (its page shows it)"))
    })?;
    let key = AppKey::from_pem(id.trim(), &key)
        .map_err(|error| SettingsError(format!("the App's private key cannot be used: {error}")))?;
    let secrets: Vec<_> = secrets.split(',').map(str::trim).filter(|text| !text.is_empty()).collect();
    if secrets.is_empty() {
        return Err(SettingsError(format!("{SECRET} holds no secret between its commas")));
    }
    Ok(Some(AppSettings { id: number, key, secrets: secrets.into_iter().map(Secret::new).collect() }))
}

fn private_key(get: &impl Fn(&str) -> Option<String>) -> Result<Option<String>, SettingsError> {
    match (get(KEY), get(KEY_PATH)) {
        (Some(_), Some(_)) => {
            Err(SettingsError(format!("{KEY} and {KEY_PATH} are both set; unset one of them")))
        }
        (Some(key), None) => Ok(Some(key)),
        (None, Some(path)) => match std::fs::read_to_string(&path) {
            Ok(key) => Ok(Some(key)),
            Err(error) => {
                Err(SettingsError(format!("{KEY_PATH} names {path:?}, which cannot be read: {error}")))
            }
        },
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let get =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(get).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_set_is_set_up_mode_with_defaults() {
        let settings = read(&[("PORT", ""), ("GITHUB_APP_ID", " ")]).unwrap();
        assert!(settings.app.is_none());
        assert_eq!(settings.api_url, "https://api.github.com");
        assert_eq!(settings.database, PathBuf::from("data/towpath.db"));
        assert_eq!((settings.host.as_str(), settings.port), ("0.0.0.0", 8080));
        assert_eq!(settings.log, LogFormat::Pretty);
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let bytes = |text| read(&[("TOWPATH_MIRRORS_MAX_BYTES", text)]).unwrap().mirrors.bytes;
        assert_eq!([bytes("5GB"), bytes("500 MB"), bytes("12345")], [5_000_000_000, 500_000_000, 12_345]);
        assert_eq!(bytes("1GiB"), 1 << 30);
    }

    #[test]
    fn half_an_app_is_an_error_that_names_the_other_half() {
        let error = read(&[("GITHUB_APP_ID", "1")]).unwrap_err();
        assert_eq!(
            error,
            "GITHUB_APP_PRIVATE_KEY and GITHUB_WEBHOOK_SECRET are not set; the App needs GITHUB_APP_ID, \
             GITHUB_APP_PRIVATE_KEY (or GITHUB_APP_PRIVATE_KEY_PATH) and GITHUB_WEBHOOK_SECRET together"
        );
    }

    #[test]
    fn what_cannot_be_used_is_named_and_a_secret_is_not_shown() {
        let app = |id: &'static str, key: &'static str| {
            read(&[("GITHUB_APP_ID", id), ("GITHUB_APP_PRIVATE_KEY", key), ("GITHUB_WEBHOOK_SECRET", "hush")])
        };
        let error = app("my-app", "x").unwrap_err();
        assert!(error.contains("GITHUB_APP_ID is \"my-app\""), "{error}");
        let error = app("1", "very private").unwrap_err();
        assert!(error.contains("private key cannot be used") && !error.contains("very private"), "{error}");
        for (name, value) in [
            ("PORT", "eighty"),
            ("LOG_FORMAT", "xml"),
            ("TOWPATH_MIRRORS_MAX_BYTES", "plenty"),
            ("GITHUB_API_URL", "github.com"),
            ("GITHUB_API_URL", "ftp://github.com"),
            ("DATABASE_URL", "mysql://localhost/x"),
            ("DATABASE_URL", "sqlite::memory:"),
            ("GITHUB_APP_PRIVATE_KEY_PATH", "/nowhere/at/all"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn databases_and_servers_of_ones_own() {
        let settings = read(&[
            ("DATABASE_URL", "sqlite:///var/lib/towpath/x.db?mode=rwc"),
            ("GITHUB_API_URL", "https://github.example.com/api/v3/"),
        ]);
        let settings = settings.unwrap();
        assert_eq!(settings.database, PathBuf::from("/var/lib/towpath/x.db"));
        assert_eq!(settings.api_url, "https://github.example.com/api/v3");
    }
}
