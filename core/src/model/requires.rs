//! What a promotion has to show before it may be merged.

use super::{Grantee, IgnoredPaths};
use std::time::Duration;

/// What a promotion into an environment has to show first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requires {
    /// Whether the files have to be deployed, and accepted, on the environment they come from.
    pub tested: Tested,
    /// How long the files have to have been live, and well, on the environment they come from.
    pub soak: Option<Duration>,
    /// Who has to accept them on the environment they come from.
    pub signoffs: Vec<SignOffRole>,
    /// Whether GitHub's own approving reviews of the promotion are sign-offs as well.
    pub reviews: bool,
    /// What somebody has to say is ready.
    pub readiness: Vec<ReadinessItem>,
    /// Which changes take a ticket first.
    pub tickets: Option<TicketRule>,
    /// Whether it may not lose what keeps static content out of the deploy (TP712).
    pub ideal_state: bool,
}

/// A role in which somebody accepts a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOffRole {
    /// What it is called, such as `admin`.
    pub role: String,
    /// Who has it; empty where whoever may give `/signoff` has.
    pub by: Vec<Grantee>,
    /// Whether nobody may sign off who has made one of the changes.
    pub by_others: bool,
}

/// Something that has to be ready before the first promotion.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadinessItem {
    /// What it is called in commands.
    pub item: String,
    /// What has to be done, in a sentence.
    pub description: String,
    /// The files whose change opens it again.
    pub paths: Option<IgnoredPaths>,
    /// How long it counts.
    pub expires: Option<Duration>,
}

impl Eq for ReadinessItem {}

/// Which changes take a ticket at the platform's support.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketRule {
    /// What takes one.
    pub on: TicketsOn,
    /// How much notice the support wants, in time on working days.
    pub notice: Duration,
}

impl Eq for TicketRule {}

/// What takes a ticket.
#[derive(Debug, Clone, PartialEq)]
pub enum TicketsOn {
    /// A change of one of these files, whatever it is.
    Paths(IgnoredPaths),
    /// A change of services, disks or mounts of a project of Adobe Commerce, as TP717 finds it.
    Services,
}

impl TicketRule {
    /// How much notice of a change the support wants where nothing is written: two working days.
    pub const NOTICE: Duration = Duration::from_secs(48 * 3_600);

    /// What holds on the environments of the Pro plan where the project says nothing.
    pub const fn of_pro() -> Self {
        Self { on: TicketsOn::Services, notice: Self::NOTICE }
    }
}

/// Whether a promotion waits until its files were deployed where they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tested {
    /// It does not.
    #[default]
    NotAsked,
    /// It does where anybody reports what is deployed. Otherwise it would wait for ever for a report that
    /// nobody sends: so the default asks, which nobody has chosen.
    IfReported,
    /// It does, as the project's configuration says.
    Asked,
}

impl Tested {
    /// The word used in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "false",
            Self::IfReported => "if-reported",
            Self::Asked => "true",
        }
    }
}

impl Requires {
    /// Whether people have to say something.
    pub fn asks_people(&self) -> bool {
        !self.signoffs.is_empty() || !self.readiness.is_empty() || self.tickets.is_some()
    }
}
