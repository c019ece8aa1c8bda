//! Spans as OpenTelemetry's protocol writes them in JSON.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A span that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// The delivery that its trace is named after.
    pub(super) delivery: String,
    /// `None` for the webhook call, from which all others come.
    pub(super) number: Option<u64>,
    pub(super) name: String,
    /// Nanoseconds since the Unix epoch.
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) attributes: Vec<(&'static str, String)>,
    /// Whether an error was logged in it.
    pub(super) failed: bool,
}

/// A server's side of a call, and work that was queued.
const SERVER: u32 = 2;
const CONSUMER: u32 = 5;
const ERROR: u32 = 2;

/// What is sent of these spans.
pub(super) fn body(spans: &[Span]) -> Value {
    let attribute = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let resource =
        [attribute("service.name", "towpath"), attribute("service.version", env!("CARGO_PKG_VERSION"))];
    let spans: Vec<Value> = spans
        .iter()
        .map(|span| {
            let hash = Sha256::digest(span.delivery.as_bytes());
            let (trace, root) = (hex::encode(&hash[..16]), hex::encode(&hash[16..24]));
            let attributes =
                span.attributes.iter().map(|(key, value)| attribute(&format!("towpath.{key}"), value));
            let mut written = json!({
                "traceId": trace,
                "spanId": span.number.map_or_else(|| root.clone(), |number| format!("{number:016x}")),
                "name": span.name,
                "kind": if span.number.is_some() { CONSUMER } else { SERVER },
                "startTimeUnixNano": span.began.to_string(),
                "endTimeUnixNano": span.ended.to_string(),
                "attributes": attributes.collect::<Vec<_>>(),
                "status": if span.failed { json!({ "code": ERROR }) } else { json!({}) },
            });
            if span.number.is_some() {
                written["parentSpanId"] = root.into();
            }
            written
        })
        .collect();
    let scope = json!({ "scope": { "name": "towpath" }, "spans": spans });
    json!({ "resourceSpans": [{ "resource": { "attributes": resource }, "scopeSpans": [scope] }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_lies_beneath_the_webhook_call_of_its_delivery() {
        let span = |number, name: &str| Span {
            delivery: "72d3162e".to_owned(),
            number,
            name: name.to_owned(),
            began: 1,
            ended: 2,
            attributes: vec![("event", "push".to_owned())],
            failed: number.is_some(),
        };
        let body = body(&[span(None, "webhook push"), span(Some(7), "work branch")]);
        let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
        let (call, work) = (&spans[0], &spans[1]);
        assert_eq!(call["traceId"], work["traceId"]);
        assert_eq!(
            (call["traceId"].as_str().unwrap().len(), call["spanId"].as_str().unwrap().len()),
            (32, 16)
        );
        assert_eq!(call["spanId"], work["parentSpanId"]);
        assert!(call.get("parentSpanId").is_none());
        assert_eq!((&work["spanId"], &work["startTimeUnixNano"]), (&"0000000000000007".into(), &"1".into()));
        assert_eq!((&call["status"], &work["status"]["code"]), (&json!({}), &2.into()));
        assert_eq!(
            call["attributes"][0],
            json!({ "key": "towpath.event", "value": { "stringValue": "push" } })
        );
    }
}
