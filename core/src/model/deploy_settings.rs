//! How a project has its merges deployed.

use super::drivers;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// How merges into an environment are deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploySettings {
    /// Who carries them out.
    pub driver: DriverSettings,
    /// Whether a configuration says so. Where none does, nobody may mean to deploy at all.
    pub driver_is_written: bool,
    /// Which Deployments count that somebody else has made.
    pub foreign: ForeignDeployments,
    /// How long a deploy may take once somebody has taken it up.
    pub timeout: Duration,
    /// How long it may wait until somebody does.
    pub pick_up_within: Duration,
    /// How long it may take until one that is cancelled has ended for sure.
    pub cancel_within: Duration,
    /// Settings that the build can see: with others it is another build.
    pub build_settings: BTreeMap<String, String>,
}

impl Default for DeploySettings {
    fn default() -> Self {
        Self {
            driver: DriverSettings::Deployment,
            driver_is_written: false,
            foreign: ForeignDeployments::default(),
            timeout: 60 * MINUTE,
            pick_up_within: 15 * MINUTE,
            cancel_within: 2 * MINUTE,
            build_settings: BTreeMap::new(),
        }
    }
}

/// Which Deployments that Towpath has not made count as deploys of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ForeignDeployments {
    /// Those that come while nobody has ever taken up one of Towpath's own.
    #[default]
    UntilTakenUp,
    /// All of them.
    All,
    /// None of them.
    None,
    /// Those that the jobs of one workflow make.
    OfWorkflow {
        /// Its file in `.github/workflows`.
        file: String,
    },
}

macro_rules! driver_settings {
    ($(
        $(#[$doc:meta])*
        $file:ident $word:literal => $kind:ident
            $({ $($(#[$set:meta])* $key:ident: $type:ident,)* } [$($(#[$may:meta])* $also:ident: $opt:ident $name:literal,)*])?;
    )+) => {
        /// Who carries deploys out.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum DriverSettings {
            /// Nobody: merges into the environment are not deployed.
            None,
            $(
                $(#[$doc])*
                $kind $({
                    $($(#[$set])* $key: String,)*
                    $($(#[$may])* $also: Option<String>,)*
                })?,
            )+
        }

        impl DriverSettings {
            /// The word used in the configuration.
            pub const fn as_str(&self) -> &'static str {
                match self {
                    Self::None => "none",
                    $(Self::$kind { .. } => $word,)+
                }
            }

            /// What else the configuration says of it: keys and values.
            pub fn settings(&self) -> Vec<(&'static str, &str)> {
                match self {
                    Self::None => Vec::new(),
                    $(Self::$kind $({ $($key,)* $($also,)* })? => {
                        let settings = [
                            $($((stringify!($key), Some($key.as_str())),)* $((stringify!($also), $also.as_deref()),)*)?
                        ];
                        let settings: [(&'static str, Option<&str>); _] = settings;
                        settings.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
                    })+
                }
            }
        }
    };
}

drivers!(driver_settings);

impl Default for DriverSettings {
    fn default() -> Self {
        Self::Deployment
    }
}
