//! Why somebody may not, in words: what is missing, what they have, and who may.

use crate::commands::rights::{Refusal, Standing};
use crate::model::config::RepositoryConfig;
use crate::model::{Cause, Grantee, RepositoryRole};
use crate::report;

pub(super) fn plain(refusal: &Refusal, who: &str) -> String {
    let needs = match &refusal.missing {
        Some(Grantee::Role(role)) => format!("it takes the role {role}"),
        Some(Grantee::Team(slug)) => format!("it takes a member of the team {slug}"),
        None => "nobody may do it here".to_owned(),
    };
    match refusal.has {
        Standing::Role(role) => format!("{needs}, and {who} has the role {role}"),
        Standing::Stranger | Standing::Nobody => {
            format!("{needs}, and {who} is no collaborator of this repository")
        }
    }
}

/// Why nobody may act, as plain text: who may is written in a file that is invalid, and what held before is not known.
pub(super) fn rights_unknown(config: &RepositoryConfig) -> Option<String> {
    let file = match &config.invalid {
        Some(Cause::ConfigurationInvalid { place, line, .. }) => format!("{place} is invalid in line {line}"),
        _ => "the configuration cannot be read".to_owned(),
    };
    let why = format!("{file}, and who may act is not known before it is repaired");
    config.is_guess.then_some(why)
}

/// The reason, and who may.
pub(super) fn words(refusal: &Refusal) -> String {
    let missing = match &refusal.missing {
        Some(it) => needs(it),
        None => "Nobody may do this here".to_owned(),
    };
    let has = has(refusal.has);
    let may: Vec<String> = refusal.who_may.iter().map(who).collect();
    format!("{missing}, and {has}. Who may: {}.", may.join("; "))
}

/// What somebody is to the repository.
pub(super) fn has(standing: Standing) -> String {
    match standing {
        Standing::Role(role) => format!("you have {}", role_words(role)),
        Standing::Stranger => "you are no collaborator of this repository".to_owned(),
        Standing::Nobody => "you have none".to_owned(),
    }
}

fn needs(grantee: &Grantee) -> String {
    match grantee {
        Grantee::Role(role) => format!("This takes {}", role_words(*role)),
        Grantee::Team(slug) => report::sentence("This takes a member of the team %", &[slug]),
    }
}

fn role_words(role: RepositoryRole) -> String {
    format!("the role `{role}`")
}

/// Who is meant, as people say it.
pub(super) fn who(grantee: &Grantee) -> String {
    match grantee {
        Grantee::Role(RepositoryRole::Admin) => "whoever has the role `admin`".to_owned(),
        Grantee::Role(role) => format!("whoever has the role `{role}` or a higher one"),
        Grantee::Team(slug) => report::sentence("members of the team %", &[slug]),
    }
}
