//! Who we are on GitHub: the App's number, its key, its webhook secrets.

use super::problem::Problem;
use super::process_variables::{Variables, file};
use super::variables::{APP_ID, KEY, KEY_PATH, SECRET};
use crate::github::{AppKey, InvalidKey, Secret};

/// The App's credentials.
#[derive(Debug)]
pub(super) struct Credentials {
    /// The App's number.
    pub(super) id: u64,
    /// Its private key.
    pub(super) key: AppKey,
    /// The webhook secrets, any of which may sign.
    pub(super) secrets: Vec<Secret>,
}

/// The fewest characters of a webhook secret: fewer can be guessed.
const SECRET_LEAST: usize = 16;
const SECRET_MADE_BY: &str = "`openssl rand -hex 32` makes a good one";

impl Credentials {
    /// Reads them. `None` where there are none at all, and where something is wrong, which is noted.
    pub(super) fn read(variables: &Variables) -> Option<Self> {
        let given = [APP_ID, KEY, KEY_PATH, SECRET].map(|name| variables.raw(name).is_some());
        let [id, key, key_path, secret] = given;
        if given == [false; 4] {
            return None;
        }
        let parts = [(APP_ID, id), (KEY, key || key_path), (SECRET, secret)];
        let missing: Vec<_> = parts.iter().filter(|(_, set)| !set).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            let are = if missing.len() == 1 { "is" } else { "are" };
            variables.bad(Problem::new(format!(
                "{} {are} not set; the App needs {APP_ID}, {KEY} (or {KEY_PATH}) and {SECRET} together",
                missing.join(" and ")
            )));
        }
        let id: Option<u64> = variables.text(APP_ID).and_then(|text| {
            let read = text.trim().parse();
            variables.good(read.map_err(|_| {
                Problem::of(APP_ID, &text, "it should be the App's number, which its page shows as App ID")
            }))
        });
        // A key can be looked at whatever the number is.
        let key = private_key(variables, &id.map(|id| id.to_string()).unwrap_or_default());
        let secrets = variables.text(SECRET).and_then(|text| variables.good(secrets(&text)));
        Some(Self { id: id?, key: key?, secrets: secrets? })
    }
}

fn private_key(variables: &Variables, app_id: &str) -> Option<AppKey> {
    let read = match (variables.text(KEY), variables.path(KEY_PATH)) {
        (Some(_), Some(_)) => {
            Err(Problem::new(format!("{KEY} and {KEY_PATH} are both set; unset one of them")))
        }
        (Some(key), None) => AppKey::from_pem(app_id, &key).map_err(|error| {
            let hint = match error {
                InvalidKey::NotPem => format!("; the name of a file goes into {KEY_PATH}"),
                InvalidKey::NotRsa => String::new(),
            };
            Problem::of(KEY, "", format!("{error}; it should be the key from the App's page{hint}"))
        }),
        // It is not to be shown.
        (None, Some(path)) if path.to_string_lossy().contains("-----BEGIN") => Err(Problem::new(format!(
            "{KEY_PATH} holds a key, and should name a file; a key goes into {KEY}"
        ))),
        (None, Some(path)) => file(KEY_PATH, &path).and_then(|key| {
            AppKey::from_pem(app_id, &key).map_err(|error| {
                let what = format!("in this file {error}; it should hold the key from the App's page");
                Problem::of(KEY_PATH, &path.to_string_lossy(), what)
            })
        }),
        (None, None) => return None,
    };
    variables.good(read)
}

fn secrets(text: &str) -> Result<Vec<Secret>, Problem> {
    let parts: Vec<_> = text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect();
    let wrong = |what: String| Err(Problem::of(SECRET, "", format!("{what}; {SECRET_MADE_BY}")));
    let Some(shortest) = parts.iter().map(|part| part.chars().count()).min() else {
        return wrong("it holds no secret between its commas".to_owned());
    };
    if shortest < SECRET_LEAST {
        let which = match parts.len() {
            1 => "its secret".to_owned(),
            count => format!("a comma separates secrets, and the shortest of its {count}"),
        };
        let characters = if shortest == 1 { "character" } else { "characters" };
        return wrong(format!("{which} has {shortest} {characters}, and should have {SECRET_LEAST} or more"));
    }
    Ok(parts.into_iter().map(Secret::new).collect())
}
