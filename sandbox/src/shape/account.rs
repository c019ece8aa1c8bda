//! Users, organisations, bots.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{addresses, merge, node_id};
use crate::model::{Account, AccountKind, Permission, Repository, World};

/// `simple-user`; a removed account is shown as the ghost GitHub has for it.
pub(crate) fn user(world: &World, id: u64) -> Value {
    let login = world.login(id);
    let kind = world.accounts.get(&id).map_or(AccountKind::User, |account| account.kind);
    let path = utf8_percent_encode(&login, NON_ALPHANUMERIC).to_string();
    let api = format!("{}/users/{path}", world.urls.api);
    let html = match (kind, login.strip_suffix("[bot]")) {
        (AccountKind::Bot, Some(slug)) => format!("{}/apps/{slug}", world.urls.html),
        _ => format!("{}/{path}", world.urls.html),
    };
    let mut shaped = json!({
        "login": login,
        "id": id,
        "node_id": node_id(kind.as_str(), id),
        "avatar_url": format!("{}/avatars/{id}", world.urls.html),
        "gravatar_id": "",
        "html_url": html,
        "type": kind.as_str(),
        "user_view_type": "public",
        "site_admin": false,
    });
    let list = [
        ("url", ""),
        ("followers_url", "/followers"),
        ("following_url", "/following{/other_user}"),
        ("gists_url", "/gists{/gist_id}"),
        ("starred_url", "/starred{/owner}{/repo}"),
        ("subscriptions_url", "/subscriptions"),
        ("organizations_url", "/orgs"),
        ("repos_url", "/repos"),
        ("events_url", "/events{/privacy}"),
        ("received_events_url", "/received_events"),
    ];
    merge(&mut shaped, addresses(&api, &list));
    shaped
}

/// Who wrote something; `null` once their account is deleted.
pub(crate) fn author(world: &World, id: u64) -> Value {
    nullable_user(world, Some(id).filter(|id| world.accounts.contains_key(id)))
}

/// A user or `null`.
pub(crate) fn nullable_user(world: &World, id: Option<u64>) -> Value {
    id.map_or(Value::Null, |id| user(world, id))
}

/// `organization-simple`, as webhooks carry it.
pub(crate) fn organization(world: &World, id: u64) -> Value {
    let login = world.login(id);
    let mut shaped = json!({
        "login": login,
        "id": id,
        "node_id": node_id("Organization", id),
        "avatar_url": format!("{}/avatars/{id}", world.urls.html),
        "description": null,
    });
    let list = [
        ("url", ""),
        ("repos_url", "/repos"),
        ("events_url", "/events"),
        ("hooks_url", "/hooks"),
        ("issues_url", "/issues"),
        ("members_url", "/members{/member}"),
        ("public_members_url", "/public_members{/member}"),
    ];
    merge(&mut shaped, addresses(&format!("{}/orgs/{login}", world.urls.api), &list));
    shaped
}

/// `repository-collaborator-permission`. A bot has no role at all, not even that of who has none.
pub(crate) fn collaborator(world: &World, repository: &Repository, account: &Account) -> Value {
    let bot = account.kind == AccountKind::Bot;
    let permission = if bot { Permission::None } else { world.permission_of(repository, account.id) };
    let role = if bot { String::new() } else { world.role_of(repository, account.id) };
    let at_least = |level| permission >= level;
    let mut person = user(world, account.id);
    merge(
        &mut person,
        json!({
            "role_name": role,
            "permissions": {
                "pull": at_least(Permission::Read),
                "triage": at_least(Permission::Triage),
                "push": at_least(Permission::Write),
                "maintain": at_least(Permission::Maintain),
                "admin": at_least(Permission::Admin),
            },
        }),
    );
    json!({ "permission": permission.permission(), "role_name": role, "user": person })
}
