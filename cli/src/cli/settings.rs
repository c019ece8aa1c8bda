//! Reading the settings of `serve`. All that is wrong with them is told in one go, each by the variable that says it.

use super::addresses::{api_url, docs_url, otlp_endpoint, public_url};
use super::credentials::Credentials;
use super::problem::{Problem, Problems};
use super::process_variables::{Lookup, Variables, file};
use super::variables::{
    API_URL, DATA_DIR, DATABASE_URL, DOCS_URL, HOST, LISTS_LAG, LOG_FORMAT, METRICS_TOKEN, MIRRORS_MAX,
    OPERATOR_FILE, OTLP_ENDPOINT, PORT, PUBLIC_URL, RUST_LOG, SLUGS_MAX,
};
use crate::deploy::operator::Operator;
use crate::engine::{Deploying, MirrorBounds, Places, RegisteredApp};
use crate::github::InvalidKey;
use crate::model::{DocsUrl, error_chain};
use crate::web::MetricsToken;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// What `serve` is told by its environment.
#[derive(Debug)]
pub(super) struct Settings {
    /// Who we are on GitHub, as the environment says, or else as the set-up page has kept it; `None` while the App is not
    /// set up.
    pub(super) app: Option<Credentials>,
    /// What the set-up page has kept, where that is who we are.
    pub(super) registered: Option<RegisteredApp>,
    /// Where GitHub's REST API is.
    pub(super) api_url: String,
    /// Whether the environment says where.
    pub(super) api_url_is_said: bool,
    /// Where the database, the mirrors and the lock are kept.
    pub(super) places: Places,
    /// What is logged.
    pub(super) filter: Targets,
    /// How the log is written.
    pub(super) log: LogFormat,
    /// How much room mirrors may take.
    pub(super) mirrors: MirrorBounds,
    /// Where what is shown is explained.
    pub(super) docs: DocsUrl,
    /// How late GitHub's lists may be.
    pub(super) lists_lag: Duration,
    /// What the operator allows and holds for deploys.
    pub(super) deploying: Deploying,
    /// With what numbers may be read from elsewhere.
    pub(super) metrics_token: Option<MetricsToken>,
    /// Where traces go, if anywhere.
    pub(super) otlp_endpoint: Option<String>,
}

/// What came of reading the settings: as much as could be read, so that the rest can be looked at in the same go.
#[derive(Debug)]
pub(super) struct Reading {
    /// The settings, where each of them could be read.
    pub(super) settings: Option<Settings>,
    /// Where things are kept.
    pub(super) places: Option<Places>,
    /// The address and the port to listen on.
    pub(super) listen: Option<(String, u16)>,
    /// All that is wrong.
    pub(super) problems: Vec<Problem>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Where things are kept, for who needs nothing else of the settings.
pub(super) fn places(lookup: Lookup) -> Result<Places, Problem> {
    let variables = Variables::new(lookup);
    match variables.places() {
        Some(places) => Ok(places),
        None => Err(Problem::new(Problems(&variables.into_problems()).to_string())),
    }
}

/// What to log, for who needs nothing else of the settings.
pub(super) fn log_filter(lookup: Lookup) -> Result<Targets, Problem> {
    let variables = Variables::new(lookup);
    match variables.filter() {
        Some(filter) => Ok(filter),
        None => Err(Problem::new(Problems(&variables.into_problems()).to_string())),
    }
}

impl Reading {
    /// Reads the settings.
    pub(super) fn of(lookup: Lookup) -> Self {
        let variables = Variables::new(lookup);
        let app = Credentials::read(&variables);
        let api_url_said = variables.read(API_URL, None, |text| api_url(text).map(Some));
        let places = variables.places();
        let host = variables.read(HOST, "0.0.0.0".to_owned(), |host| Ok(host.to_owned()));
        let port = variables.read(PORT, 8080, |text| {
            text.parse().map_err(|_| Problem::of(PORT, text, "it should be a number from 0 to 65535"))
        });
        let (filter, log) = (variables.filter(), variables.read(LOG_FORMAT, LogFormat::Pretty, log_format));
        let default = MirrorBounds::default();
        let mirrors = variables.read(MIRRORS_MAX, default.bytes, |text| size(MIRRORS_MAX, text));
        let docs = variables.read(DOCS_URL, DocsUrl::default(), docs_url);
        let lists_lag = variables.read(LISTS_LAG, Duration::from_secs(30), |text| {
            let read = text.parse().ok().filter(|seconds| *seconds <= 600);
            read.map(Duration::from_secs)
                .ok_or_else(|| Problem::of(LISTS_LAG, text, "it should be a number of seconds, 600 at most"))
        });
        let deploying = variables.deploying();
        let metrics_token = variables.metrics_token();
        let otlp_endpoint = variables.read(OTLP_ENDPOINT, None, |text| otlp_endpoint(text).map(Some));
        let settings = (|| {
            let said = api_url_said?;
            Some(Settings {
                app,
                registered: None,
                api_url_is_said: said.is_some(),
                api_url: said.unwrap_or_else(|| "https://api.github.com".to_owned()),
                places: places.clone()?,
                filter: filter?,
                log: log?,
                mirrors: MirrorBounds { bytes: mirrors?, ..default },
                docs: docs?,
                lists_lag: lists_lag?,
                deploying: deploying?,
                metrics_token,
                otlp_endpoint: otlp_endpoint?,
            })
        })();
        // What is wrong with the port says nothing about the host: any free one will do to find out.
        let listen = host.map(|host| (host, port.unwrap_or_default()));
        let mut problems = variables.into_problems();
        let mut settings = settings.filter(|_| problems.is_empty());
        if let Some(of) = settings.as_mut().filter(|it| it.app.is_none())
            && let Err(problem) = of.take_what_is_kept()
        {
            problems.push(problem);
            settings = None;
        }
        Self { settings, places, listen, problems }
    }
}

impl Settings {
    /// Takes the App that the set-up page has kept in the data folder, if there is one.
    fn take_what_is_kept(&mut self) -> Result<(), Problem> {
        let kept = RegisteredApp::kept_in(&self.places.data_dir);
        match kept.map_err(|error| Problem::new(error_chain(&error)))? {
            Some(app) => self.take(app).map_err(|error| Problem::new(error_chain(&error))),
            None => Ok(()),
        }
    }

    /// Takes an App that the set-up page has registered.
    fn take(&mut self, app: RegisteredApp) -> Result<(), InvalidKey> {
        let (credentials, (api_url, public_url)) = self.of_registered(&app)?;
        (self.app, self.registered, self.api_url) = (Some(credentials), Some(app), api_url);
        self.deploying.public_url = public_url;
        Ok(())
    }

    /// Who we are with an App that the set-up page has registered, where GitHub's REST API is, and this server from outside:
    /// what the environment says of the two wins.
    pub(super) fn of_registered(
        &self,
        app: &RegisteredApp,
    ) -> Result<(Credentials, (String, Option<String>)), InvalidKey> {
        let credentials = Credentials { id: app.id, key: app.key()?, secrets: vec![app.secret()] };
        let api_url = if self.api_url_is_said { &self.api_url } else { &app.api_url };
        let public_url = self.deploying.public_url.as_ref().unwrap_or(&app.address);
        Ok((credentials, (api_url.clone(), Some(public_url.clone()))))
    }
}

impl Variables<'_> {
    fn places(&self) -> Option<Places> {
        let data_dir = self.path(DATA_DIR).unwrap_or_else(|| PathBuf::from("data"));
        let default = data_dir.join("towpath.db");
        let database = self.read(DATABASE_URL, default, sqlite_path)?;
        self.good(Places::new(&data_dir, &database).map_err(|error| Problem::told(&error)))
    }

    fn filter(&self) -> Option<Targets> {
        self.read(RUST_LOG, Targets::new().with_default(LevelFilter::INFO), log_directives)
    }

    /// One that holds nothing would let everybody in who sends nothing, so it is no way to say that there is none.
    fn metrics_token(&self) -> Option<MetricsToken> {
        let wrong = |what: &str| {
            Problem::of(METRICS_TOKEN, "", format!("{what}; `openssl rand -hex 32` makes a good one"))
        };
        if self.is_blank(METRICS_TOKEN) {
            self.bad(wrong("it is empty; unset it where only this machine may read numbers"));
            return None;
        }
        let token = self.read(METRICS_TOKEN, None, |token| match token.chars().count() {
            ..TOKEN_LEAST => Err(wrong(&format!("it should have {TOKEN_LEAST} characters or more"))),
            _ => Ok(Some(MetricsToken::new(token))),
        });
        token.flatten()
    }

    /// What the operator allows for deploys; the secrets themselves are read when they are needed.
    fn deploying(&self) -> Option<Deploying> {
        let operator = match self.path(OPERATOR_FILE) {
            None => Some(Operator::default()),
            Some(path) => self.good(operator(&path)),
        };
        let public_url = self.read(PUBLIC_URL, None, |text| public_url(text).map(Some));
        let slug_bytes = self.read(SLUGS_MAX, None, |text| size(SLUGS_MAX, text).map(Some));
        Some(Deploying {
            operator: operator?,
            public_url: public_url?,
            variables: Arc::new(|name| std::env::var(name).ok()),
            slug_bytes: slug_bytes?,
            cloud_look_every: None,
            ssh: None,
        })
    }
}

/// The fewest characters of a token: fewer can be guessed.
const TOKEN_LEAST: usize = 16;

fn operator(path: &Path) -> Result<Operator, Problem> {
    let text = file(OPERATOR_FILE, path)?;
    Operator::read(&text).map_err(|error| {
        let what = format!("this file is not valid: {}", error.trim_end());
        Problem::of(OPERATOR_FILE, &path.to_string_lossy(), what)
    })
}

fn log_format(text: &str) -> Result<LogFormat, Problem> {
    match text {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err(Problem::of(LOG_FORMAT, text, "it should be pretty or json")),
    }
}

/// What to log. A word that is no level would be taken for the name of a part of the server that nobody has, and
/// silence all others; and so would a span in brackets, which other programs know.
fn log_directives(text: &str) -> Result<Targets, Problem> {
    let should = "it should be error, warn, info, debug or trace, or such as info,hyper=debug";
    let wrong = || Problem::of(RUST_LOG, text, should);
    let directives: Vec<&str> = text.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    if text.contains('[') {
        return Err(wrong());
    }
    // The program is made of several crates, which are one to whoever reads its log.
    let rooms = directives.iter().filter_map(|it| it.strip_prefix("towpath::"));
    let elsewhere =
        rooms.flat_map(|room| ["core", "server", "cli"].map(|part| format!("towpath_{part}::{room}")));
    let all: Vec<String> = directives.iter().map(|it| (*it).to_owned()).chain(elsewhere).collect();
    let filter = all.join(",").parse().map_err(|_| wrong())?;
    let is_heard = |directive: &&str| {
        let target = directive.split('=').next().unwrap_or_default();
        directive.parse::<LevelFilter>().is_ok() || target.is_empty() || target.starts_with("towpath")
    };
    if directives.iter().any(is_heard) {
        return Ok(filter);
    }
    Err(Problem::of(RUST_LOG, text, format!("nothing that the server says would be logged; {should}")))
}

/// A size as people write it.
fn size(name: &str, text: &str) -> Result<u64, Problem> {
    let bytes = text.parse::<bytesize::ByteSize>();
    let bytes = bytes
        .map_err(|_| Problem::of(name, text, "it should be a size: 20GB, 500MB, or a number of bytes"))?;
    Ok(bytes.as_u64())
}

fn sqlite_path(url: &str) -> Result<PathBuf, Problem> {
    let should = "it should name a file, as sqlite:///var/lib/towpath/towpath.db";
    // What follows another scheme may hold a password.
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).ok_or_else(|| {
        let begins = if scheme.is_empty() {
            "does not begin with sqlite://".to_owned()
        } else {
            format!("begins with {scheme}://, and this version keeps its data in SQLite")
        };
        Problem::new(format!("{DATABASE_URL} {begins}; {should}"))
    })?;
    let path = path.split('?').next().unwrap_or_default();
    if path.is_empty() || path == ":memory:" {
        let why = "deliveries that were acknowledged must survive a restart";
        return Err(Problem::of(DATABASE_URL, url, format!("{why}; {should}")));
    }
    Ok(PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use tracing::Level;

    fn reading(variables: &[(&str, &str)]) -> Reading {
        Reading::of(&|name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let Reading { settings, problems, .. } = reading(variables);
        assert_eq!(settings.is_none(), !problems.is_empty(), "{problems:?}");
        settings.ok_or_else(|| Problems(&problems).to_string())
    }

    #[test]
    fn nothing_set_is_set_up_mode_with_defaults() {
        let Reading { settings, listen, .. } = reading(&[("PORT", ""), ("GITHUB_APP_ID", " ")]);
        let settings = settings.unwrap();
        assert!(settings.app.is_none());
        assert_eq!(settings.api_url, "https://api.github.com");
        assert_eq!(listen, Some(("0.0.0.0".to_owned(), 8080)));
        assert_eq!((settings.log, settings.filter.to_string().as_str()), (LogFormat::Pretty, "info"));
    }

    #[test]
    fn every_path_is_whole_from_the_beginning() {
        let here = std::env::current_dir().unwrap();
        let places = read(&[]).unwrap().places;
        assert_eq!((places.data_dir, places.database), (here.join("data"), here.join("data/towpath.db")));
        let told = [("TOWPATH_DATA_DIR", "my data/of it"), ("DATABASE_URL", "sqlite://../x y.db?mode=rwc")];
        let places = read(&told).unwrap().places;
        assert_eq!(places.data_dir, here.join("my data/of it"));
        assert_eq!(places.database, here.join("../x y.db"));
    }

    #[test]
    fn a_token_for_numbers_is_long_enough_or_not_there() {
        assert!(read(&[]).unwrap().metrics_token.is_none());
        assert!(read(&[("METRICS_TOKEN", "0123456789abcdef")]).unwrap().metrics_token.is_some());
        for empty in ["", "  "] {
            let error = read(&[("METRICS_TOKEN", empty)]).unwrap_err();
            assert!(error.starts_with("METRICS_TOKEN cannot be used: it is empty"), "{error}");
        }
        let error = read(&[("METRICS_TOKEN", "hunter2")]).unwrap_err();
        assert!(error.contains("16 characters") && !error.contains("hunter2"), "{error}");
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
    fn each_setting_that_cannot_be_used_is_told_with_what_it_holds_and_what_it_should() {
        for (name, value, words) in [
            ("PORT", "eighty", "PORT is \"eighty\"; it should be a number from 0 to 65535"),
            ("PORT", "70000", "PORT is \"70000\"; it should be a number"),
            ("LOG_FORMAT", "xml", "LOG_FORMAT is \"xml\"; it should be pretty or json"),
            (
                "TOWPATH_LISTS_LAG_SECONDS",
                "soon",
                "is \"soon\"; it should be a number of seconds, 600 at most",
            ),
            ("TOWPATH_LISTS_LAG_SECONDS", "601", "it should be a number of seconds, 600 at most"),
            ("TOWPATH_MIRRORS_MAX_BYTES", "plenty", "is \"plenty\"; it should be a size: 20GB"),
            ("TOWPATH_SLUGS_MAX_BYTES", "-1", "TOWPATH_SLUGS_MAX_BYTES is \"-1\"; it should be a size"),
            ("GITHUB_API_URL", "github.com", "GITHUB_API_URL is \"github.com\"; it should be https://api."),
            ("PUBLIC_URL", "towpath.example.com", "it should begin with https://"),
            ("DATABASE_URL", "sqlite::memory:", "it should name a file"),
            (
                "DATABASE_URL",
                "towpath.db",
                "DATABASE_URL does not begin with sqlite://; it should name a file",
            ),
            ("RUST_LOG", "verbose", "RUST_LOG is \"verbose\"; nothing that the server says would be logged"),
            ("RUST_LOG", "hyper=debug", "would be logged; it should be error, warn, info"),
            ("RUST_LOG", "towpath=loud", "RUST_LOG is \"towpath=loud\"; it should be error, warn, info"),
            ("RUST_LOG", "towpath[work]=debug", "\"towpath[work]=debug\"; it should be error, warn, info"),
            (
                "TOWPATH_OPERATOR_FILE",
                "/nowhere/at/all",
                "\"/nowhere/at/all\"; this file cannot be read: No such",
            ),
            ("TOWPATH_OPERATOR_FILE", "not-there.toml", "this file (from /"),
            ("GITHUB_APP_PRIVATE_KEY_PATH", "/nowhere/at/all", "this file cannot be read: No such file"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(name) && error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_filter_that_lets_the_server_be_heard_is_taken() {
        for filter in
            ["info", "WARN", "off", "info,hyper=debug", " hyper=debug , info,", "towpath=debug", "towpath"]
        {
            assert!(read(&[("RUST_LOG", filter)]).is_ok(), "{filter}");
        }
    }

    #[test]
    fn a_filter_for_a_part_of_the_server_finds_it_in_whichever_crate_it_lies() {
        let filter =
            log_directives("error,towpath::lineage=debug, towpath::engine=info,towpath::cli::serve=info")
                .unwrap();
        let hears = |target, level| filter.would_enable(target, &level);
        assert!(hears("towpath_core::lineage::mirror", Level::DEBUG));
        assert!(hears("towpath_server::engine::work", Level::INFO));
        assert!(hears("towpath_cli::cli::serve", Level::INFO));
        for quiet in ["towpath_core::store", "towpath_server::web", "towpath_cli::cli"] {
            assert!(!hears(quiet, Level::DEBUG), "{quiet}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let app = |id: &'static str, key: &'static str, secret: &'static str| {
            let app =
                [("GITHUB_APP_ID", id), ("GITHUB_APP_PRIVATE_KEY", key), ("GITHUB_WEBHOOK_SECRET", secret)];
            read(&app).unwrap_err()
        };
        let error = app("my-app", "very private", "hush");
        for words in [
            "3 settings cannot be used:\n",
            "\n  GITHUB_APP_ID is \"my-app\"; it should be the App's number",
            "\n  GITHUB_APP_PRIVATE_KEY cannot be used: no \"BEGIN RSA PRIVATE KEY\"",
            "\n  GITHUB_WEBHOOK_SECRET cannot be used: its secret has 4 characters, and should have 16 or more; \
             `openssl rand -hex 32` makes a good one",
        ] {
            assert!(error.contains(words), "{error}");
        }
        assert!(!error.contains("very private") && !error.contains("hush"), "{error}");
        let error = app("1", "x", "a long enough secret,s");
        assert!(
            error.contains("a comma separates secrets, and the shortest of its 2 has 1 character,"),
            "{error}"
        );
        let error = read(&[("GITHUB_APP_PRIVATE_KEY_PATH", "-----BEGIN RSA PRIVATE KEY-----\nabcdef")]);
        assert!(!error.as_ref().unwrap_err().contains("abcdef"), "{error:?}");
        let error = read(&[("DATABASE_URL", "postgres://ana:hush@db.example.com/x")]).unwrap_err();
        assert!(error.contains("DATABASE_URL begins with postgres://") && !error.contains("hush"), "{error}");
        let error = read(&[("PUBLIC_URL", "https://ana:hush@x.example.com")]).unwrap_err();
        assert!(error.contains("PUBLIC_URL holds") && !error.contains("hush"), "{error}");
    }

    #[test]
    fn what_is_no_text_is_not_taken_for_nothing() {
        use std::os::unix::ffi::OsStringExt as _;
        let lookup = |name: &str| (name == "HOST").then(|| OsString::from_vec(vec![b'h', 0xff]));
        let problems = Reading::of(&lookup).problems;
        assert!(problems[0].to_string().starts_with("HOST is \"h\u{fffd}\"; it holds bytes"), "{problems:?}");
    }

    #[test]
    fn databases_and_servers_of_ones_own() {
        let settings = read(&[
            ("DATABASE_URL", "sqlite:///var/lib/towpath/x.db?mode=rwc"),
            ("GITHUB_API_URL", "https://github.example.com/api/v3/"),
        ]);
        let settings = settings.unwrap();
        assert_eq!(settings.places.database, PathBuf::from("/var/lib/towpath/x.db"));
        assert_eq!(settings.api_url, "https://github.example.com/api/v3");
    }
}
