//! TP708: relationships and routes that lead to nothing.

use super::project::{Application, File};
use super::services::{Service, services, target};
use super::{Findings, Judged, Words, say};
use crate::commerce::read::{Key, Node};
use crate::model::{Code, Outcome, Sentence};

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    let head = judged.head;
    let all = services(&head.services);
    let names: Vec<&str> = head.applications.iter().filter_map(Application::name).collect();
    if !matches!(head.services.tree, File::Unread(_)) {
        for application in &head.applications {
            for key in application.get("relationships").map_or(&[][..], Node::keys) {
                if let Some((title, remedy)) = dangling(key, &all, &names) {
                    tell((&application.path, key.place.line), title, remedy, findings);
                }
            }
        }
    }
    // An application that could not be read has a name that is not known.
    if names.len() < head.applications.len() {
        return;
    }
    for route in head.routes.root().map_or(&[][..], Node::keys) {
        if route.value.get("type").and_then(Node::scalar) != Some("upstream") {
            continue;
        }
        let upstream = route.value.key("upstream");
        let target = upstream.and_then(|key| key.value.scalar()).unwrap_or_default();
        let is_varnish = |service: &&Service<'_>| service.type_name.starts_with("varnish");
        let mut upstreams = names.iter().copied().chain(all.iter().filter(is_varnish).map(|it| it.id));
        if upstreams.any(|name| target.strip_prefix(name) == Some(":http")) {
            continue;
        }
        let line = upstream.unwrap_or(route).place.line;
        let wanted = names.iter().map(|name| format!("{name}:http")).collect::<Vec<_>>().join(", ");
        let title = say("The route % leads to no application", [&route.name]);
        tell((&head.routes.path, line), title, say("Set upstream to %.", [&wanted]), findings);
    }
}

fn tell(at: (&str, u32), title: Sentence, remedy: Sentence, findings: &mut Findings) {
    let detail = say("The platform refuses the push with an invalid deployment; nothing is deployed.", []);
    findings.add(Code::RelationshipInvalid, Outcome::Fail, at, Words { title, detail, remedy });
}

/// What is wrong with a relationship, and what to do.
fn dangling(key: &Key, all: &[Service<'_>], applications: &[&str]) -> Option<(Sentence, Sentence)> {
    let (name, endpoint) = target(key)?;
    if applications.contains(&name) {
        return None;
    }
    let Some(service) = all.iter().find(|service| service.id == name) else {
        let near = crate::model::config::nearest(name, all.iter().map(|service| service.id));
        let remedy = match near {
            Some(meant) => say("Did you mean %?", [meant]),
            None => say("Add the service % to .magento/services.yaml, or remove the relationship.", [name]),
        };
        return Some((say("The relationship % names no service: %", [&key.name, name]), remedy));
    };
    let endpoint = endpoint?;
    if service.has_endpoint(endpoint) {
        return None;
    }
    let title = say("The relationship % names no endpoint of %: %", [&key.name, name, endpoint]);
    let wanted = format!("{name}:{}", service.endpoint());
    Some((title, say("Write %.", [&wanted])))
}
