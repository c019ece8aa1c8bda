//! Why the platform could not be asked, or did not do it.

use crate::deploy::drivers::DriverError;
use crate::deploy::drivers::webhook::CallError;
use crate::model::ForPeople;

/// What went wrong with a call to the platform. It shows no token, and no address with a query.
#[derive(Debug, thiserror::Error)]
pub(super) enum CloudFault {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the platform refuses the API token")]
    Token,
    #[error("the user of the API token may not see the project")]
    Project,
    #[error("the platform's API does not let the user of the token do this: {0}")]
    Forbidden(&'static str),
    #[error("the platform's API knows nothing at {0}")]
    Missing(String),
    #[error("the platform's API answered {status} at {url}")]
    Status { url: String, status: u16 },
    #[error("the platform's answer at {url} cannot be read: {why}")]
    Unreadable { url: String, why: &'static str },
    #[error("a link of the platform's API leads elsewhere")]
    Elsewhere,
    #[error("the operator's address cannot be called: {0}")]
    Address(String),
    #[error("the project has no environment {0:?}")]
    NoEnvironment(String),
    /// GitHub or git, of which something is needed beside.
    #[error(transparent)]
    Beside(#[from] DriverError),
}

impl CloudFault {
    /// For people: what happened, and what to do.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Call(error) => error.words(),
            Self::Token => {
                "the platform refuses the API token; who runs Towpath renews the secret that commerce.token names".to_owned()
            }
            Self::Project => {
                "the user of the API token sees no such project; add that user to the project on the platform".to_owned()
            }
            Self::Forbidden(what) => {
                format!("the user of the API token may not {what}; give that user the role of an admin in the project")
            }
            Self::Missing(_) => "the platform's API does not know what was asked for".to_owned(),
            Self::Status { status, .. } => format!("the platform's API answers {status}"),
            Self::Unreadable { why, .. } => format!("the platform's API answers what cannot be read: {why}"),
            Self::Elsewhere => "a link of the platform's API leads to another server, which is not called".to_owned(),
            Self::Address(what) => what.clone(),
            Self::NoEnvironment(name) => {
                format!("the project has no environment {name:?} on the platform; write its name as it is there")
            }
            Self::Beside(error) => error.for_people().to_string(),
        }
    }

    /// In a few words that anybody may read: no address is in them.
    pub(super) fn brief(&self) -> String {
        match self {
            Self::Call(_) => "the platform's API does not answer".to_owned(),
            Self::Token => "the platform refuses the API token".to_owned(),
            Self::Forbidden(_) | Self::Project => "the user of the API token lacks a right".to_owned(),
            Self::Status { .. } | Self::Unreadable { .. } | Self::NoEnvironment(_) | Self::Missing(_) => {
                self.words()
            }
            Self::Elsewhere | Self::Address(_) => "the platform's API cannot be called".to_owned(),
            Self::Beside(_) => "the files of the commit cannot be read".to_owned(),
        }
    }

    /// Whether somebody has to change something before it can be done.
    fn is_for_people(&self) -> bool {
        match self {
            Self::Call(error) => !error.may_pass(),
            Self::Token
            | Self::Project
            | Self::Forbidden(_)
            | Self::Elsewhere
            | Self::Address(_)
            | Self::NoEnvironment(_) => true,
            Self::Missing(_) | Self::Status { .. } | Self::Unreadable { .. } | Self::Beside(_) => false,
        }
    }
}

impl From<CloudFault> for DriverError {
    fn from(fault: CloudFault) -> Self {
        let words = fault.words();
        match fault {
            CloudFault::Beside(error) => error,
            fault if fault.is_for_people() => Self::refused(words).caused_by(fault),
            fault => Self::later(words).caused_by(fault),
        }
    }
}
