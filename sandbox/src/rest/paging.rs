//! Lists in pages, with `Link` headers that lead through them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Call, Reply};

/// One page of a list and the way to the others.
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    pub(crate) total: usize,
    pub(crate) link: Option<String>,
}

/// Cuts the asked-for page out of a list: `per_page` up to 100, 30 unless asked.
pub(crate) fn page(call: &Call, all: Vec<Value>) -> Page {
    let number = |name: &str| call.query.get(name).and_then(|text| text.parse::<usize>().ok());
    let size = per_page(call);
    let page = number("page").unwrap_or(1).max(1);
    let total = all.len();
    let last = total.div_ceil(size).max(1);
    let mut links = Vec::new();
    let mut add = |page: usize, relation: &str| {
        let url = address(call, &[("page", page.to_string())]);
        links.push(format!("<{url}>; rel=\"{relation}\""));
    };
    if page > 1 {
        add(page - 1, "prev");
    }
    if page < last {
        add(page + 1, "next");
        add(last, "last");
    }
    if page > 1 {
        add(1, "first");
    }
    let items = all.into_iter().skip(size.saturating_mul(page - 1)).take(size).collect();
    let link = (!links.is_empty()).then(|| links.join(", "));
    Page { items, total, link }
}

/// A page as a bare array.
pub(crate) fn array(call: &Call, all: Vec<Value>) -> Reply {
    let page = page(call, all);
    Reply { status: 200, body: Some(Value::Array(page.items)), link: page.link, raw: None }
}

/// How many items a page has.
pub(crate) fn per_page(call: &Call) -> usize {
    let asked = call.query.get("per_page").and_then(|text| text.parse::<usize>().ok());
    asked.unwrap_or(30).clamp(1, 100)
}

/// The call's own address with some parameters replaced.
pub(crate) fn address(call: &Call, replaced: &[(&str, String)]) -> String {
    let api = call.hub.with(|world| world.urls.api.clone());
    let mut pairs = call.query.clone();
    for (name, value) in replaced {
        pairs.insert((*name).to_owned(), value.clone());
    }
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let query: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name).replace("%5F", "_"), encode(value)))
        .collect();
    format!("{api}{}?{}", call.path, query.join("&"))
}
