//! The webhooks that were sent.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::page;
use super::parts::{Light, moment};

/// One try to deliver one webhook.
#[derive(Debug, Clone)]
pub(in crate::page) struct DeliveryLine {
    pub(in crate::page) id: u64,
    pub(in crate::page) app: String,
    pub(in crate::page) event: String,
    pub(in crate::page) guid: String,
    pub(in crate::page) status: String,
    pub(in crate::page) good: bool,
    pub(in crate::page) again: bool,
    pub(in crate::page) at: DateTime<Utc>,
}

/// The webhooks that were sent, newest first; `more` older ones are not shown.
pub(in crate::page) fn deliveries(lines: &[DeliveryLine], more: usize) -> Markup {
    let body = html! {
        h1 { "Webhook deliveries" }
        section.card #deliveries data-live {
            @if lines.is_empty() {
                p.empty { "No webhook was sent yet." }
            } @else {
                table.log {
                    thead { tr { th { "" } th { "Event" } th { "To" } th { "Answer" } th { "When" } th { "" } } }
                    tbody { @for line in lines { (row(line)) } }
                }
            }
        }
        @if more > 0 { p.soft { "and " (more) " older ones" } }
    };
    page("Webhook deliveries", &[], &body)
}

fn row(line: &DeliveryLine) -> Markup {
    let light = if line.good { Light::Success } else { Light::Failure };
    html! {
        tr {
            td { (light.icon()) }
            td { strong { (line.event) } @if line.again { " " span.label { "redelivery" } } br; span.soft.sha { (line.guid) } }
            td { (line.app) }
            td { (line.status) }
            td.soft { (moment(line.at)) }
            td { form method="post" action={ "/deliveries/" (line.id) "/redeliver" } { button { "Redeliver" } } }
        }
    }
}
