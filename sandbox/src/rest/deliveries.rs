//! The log of webhooks, and asking for one again.

use serde_json::{Value, json};

use super::paging::{address, per_page};
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::model::{Delivery, Parcel, World};
use crate::shape;

/// How long GitHub keeps deliveries.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(3);

fn own(world: &World, app: u64, id: u64) -> Result<&Delivery, Refused> {
    let found = world.deliveries.get(&id).filter(|found| found.app == app);
    found.filter(|found| found.delivered_at > world.now - KEPT).ok_or_else(Refused::not_found)
}

/// `GET /app/hook/deliveries`: newest first; the cursor is only in the `Link` header.
pub(crate) async fn list(call: Call) -> Answer {
    let app = call.app()?;
    let size = per_page(&call);
    let cursor = call.query.get("cursor").map(|text| text.trim_start_matches("v1_").parse::<u64>());
    let cursor = match cursor {
        Some(Err(_)) => return Err(Refused::new(422, "Invalid cursor")),
        Some(Ok(id)) => Some(id),
        None => None,
    };
    let wanted = call.query.get("status").cloned();
    if wanted.as_deref().is_some_and(|word| word != "success" && word != "failure") {
        return Err(Refused::unprocessable("status must be one of: success, failure"));
    }
    let (items, next) = call.hub.with(|world| {
        let mut found = world
            .deliveries
            .values()
            .rev()
            .filter(|delivery| delivery.app == app && delivery.delivered_at > world.now - KEPT)
            .filter(|delivery| cursor.is_none_or(|cursor| delivery.id < cursor))
            .filter(|delivery| match wanted.as_deref() {
                Some("success") => delivery.status == "OK",
                Some(_) => delivery.status != "OK",
                None => true,
            });
        let page: Vec<&Delivery> = found.by_ref().take(size).collect();
        let next = found.next().and(page.last()).map(|last| last.id);
        (page.into_iter().map(shape::delivery_item).collect::<Vec<Value>>(), next)
    });
    let link = next.map(|id| {
        let url = address(&call, &[("cursor", format!("v1_{id}"))]);
        format!("<{url}>; rel=\"next\"")
    });
    Ok(Reply { status: 200, body: Some(Value::Array(items)), link, raw: None })
}

/// `GET /app/hook/deliveries/{id}`
pub(crate) async fn show(call: Call) -> Answer {
    let (app, id) = (call.app()?, call.number("id")?);
    call.hub.with(|world| {
        let url = world.apps.get(&app).and_then(|app| app.hook.url.as_deref());
        Ok(Reply::ok(shape::delivery(own(world, app, id)?, url)))
    })
}

/// `POST /app/hook/deliveries/{id}/attempts`: sends it again, with the same GUID.
pub(crate) async fn redeliver(call: Call) -> Answer {
    let (app, id) = (call.app()?, call.number("id")?);
    call.hub.with(|world| {
        let delivery = own(world, app, id)?.clone();
        world.outbox.push(Parcel {
            app,
            installation: delivery.installation,
            repository: delivery.repository,
            event: delivery.event,
            action: delivery.action,
            guid: delivery.guid,
            payload: delivery.payload,
            redelivery: true,
            excused: false,
        });
        Ok(Reply { status: 202, body: Some(json!({})), link: None, raw: None })
    })
}
