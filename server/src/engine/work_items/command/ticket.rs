//! `/ticket ID`: the platform's support has acknowledged a ticket on what the pull request changes.

use super::call::{Call, Command, Step, environment_of};
use super::state::refused;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Spec, Takes, Until, Value, WorksOn};
use crate::engine::work_error::WorkError;
use crate::model::calendar::after_working_time;
use crate::model::{Attested, UnixSeconds};
use crate::report::{self, CommandReply, CommandStatus};
use std::time::Duration;

const TICKET: Parameter = Parameter::new("ID", Takes::Text);
const ACKNOWLEDGED: Flag =
    Flag::new("acknowledged", Some(Takes::Time), "when the support acknowledged it").required();
const NOTICE: Flag =
    Flag::new("notice", Some(Takes::Time), "how much notice it wants, in place of the usual");

/// More notice than this nobody asks for.
const NOTICE_MAX: Duration = Duration::from_secs(365 * 86_400);

const SPEC: Spec = Spec {
    name: "ticket",
    summary: "names the ticket that the platform's support has acknowledged for what this pull request changes",
    example: "SUP-4711 --acknowledged 2026-12-01T09:00Z",
    kind: Kind::Act,
    works_on: WorksOn::OpenPullRequests,
    parameters: &[TICKET],
    flags: &[ACKNOWLEDGED, NOTICE, Flag::NOTE, Flag::HEAD],
    right: DefaultRight::WRITE,
    unchanged: "no ticket was noted",
};

pub(super) struct Ticket;

impl Command for Ticket {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let refuse = |code: &str, why: &str| Ok(Step::said(refused(code, SPEC.unchanged, why)));
        let Some(environment) = environment_of(call.pull, call.path) else {
            return refuse("no_environment", "The pull request goes into no environment.");
        };
        let Some(rule) = &environment.requires.tickets else {
            let words = "The configuration asks for no tickets in %.";
            return refuse("no_tickets", &report::sentence(words, &[&environment.name]));
        };
        let Some(Value::Text(ticket)) = call.arguments.value(TICKET.name) else {
            return Err(WorkError::give_up("the command was bound without its ticket"));
        };
        let acknowledged = match call.arguments.value(ACKNOWLEDGED.name) {
            Some(Value::Until(Until::At(at))) => *at,
            Some(Value::Until(Until::Local(at))) => call.local_moment(*at),
            _ => return refuse("no_moment", "`--acknowledged` takes a moment, such as `2026-12-01T09:00Z`."),
        };
        if acknowledged > call.ctx.now().to_seconds() {
            return refuse("future", "`--acknowledged` is a time that has not come yet.");
        }
        let notice = match call.arguments.value(NOTICE.name) {
            None => rule.notice,
            Some(Value::Until(Until::After(notice))) if *notice <= NOTICE_MAX => *notice,
            Some(_) => return refuse("no_notice", "`--notice` takes a length of time, such as `48h`."),
        };
        let calendar = &call.path.calendar;
        let earliest = after_working_time(acknowledged, notice, &calendar.zone, &calendar.holidays);
        let Some(earliest) = earliest.map(UnixSeconds::to_millis) else {
            return refuse("no_notice", "So much notice ends further away than days go.");
        };
        let seen = match call.pull_as_seen().await? {
            Ok(now) => match call.seen_at(now.head.sha).await? {
                Ok(seen) => seen,
                Err(said) => return Ok(Step::said(said)),
            },
            Err(said) => return Ok(Step::said(said)),
        };
        let name = &environment.name;
        let words = if earliest <= call.ctx.now() {
            report::sentence("ticket % is acknowledged, and its notice for % is over.", &[ticket, name])
        } else {
            let at = report::moment(earliest.to_seconds());
            let words = format!("ticket % is acknowledged; by its notice this may go into % from {at} on.");
            report::sentence(&words, &[ticket, name])
        };
        let said = CommandReply::new(CommandStatus::Done, "done", words);
        let what = Attested::Ticket { ticket: ticket.clone(), number: call.number, earliest };
        call.vouched(environment, (what, seen), said).await
    }
}
