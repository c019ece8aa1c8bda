//! An app's own page, its installation on an account, and the account's page.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::HeaderMap;
use serde::Deserialize;

use super::act::{go_on, person_named};
use super::door::{LeadsTo, Refusal};
use super::show::administrators;
use super::view;
use crate::Refused;
use crate::acts::{apps, manifests};
use crate::hub::Hub;
use crate::model::{Account, AccountKind, App, Installation, World};

type Answer = Result<Response, Refusal>;

fn app_named<'a>(world: &'a World, slug: &str) -> Result<&'a App, Refused> {
    world.apps.values().find(|app| app.slug == slug).ok_or_else(Refused::not_found)
}

/// The accounts that an app can be installed on: those that have repositories, and only its owner if it is not public.
fn targets(world: &World, app: &App) -> Vec<view::Target> {
    let open = |account: &&Account| app.public || account.id == app.owner;
    let accounts = world.accounts.values().filter(open);
    let able = accounts.filter(|account| world.repositories_of(account.id).next().is_some());
    able.map(|account| view::Target {
        id: account.id,
        login: account.login.clone(),
        installed: installed_on(world, app.id, account.id),
    })
    .collect()
}

fn installed_on(world: &World, app: u64, account: u64) -> bool {
    world.installations.values().any(|found| found.app == app && found.account == account)
}

/// `/apps/{slug}`
pub(super) async fn show(State(hub): State<Arc<Hub>>, Path(slug): Path<String>) -> Answer {
    let view = hub.with(|world| {
        let app = app_named(world, &slug)?;
        let installed = world.installations.values().filter(|found| found.app == app.id);
        Ok::<_, Refused>(view::AppView {
            name: app.name.clone(),
            slug: app.slug.clone(),
            owner: world.login(app.owner),
            url: app.url.clone(),
            accounts: installed.map(|found| world.login(found.account)).collect(),
            permissions: app.permissions.clone(),
            events: app.events.clone(),
        })
    })?;
    Ok(Html(view::app(&view).into_string()).into_response())
}

/// What may stand in the query of the page for a new installation.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    /// The id of an account.
    target_id: Option<u64>,
}

/// `/apps/{slug}/installations/new`: the account first, if there is a choice, then its repositories.
pub(super) async fn new_installation(
    State(hub): State<Arc<Hub>>,
    Path(slug): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Answer {
    let (app, targets, form) = hub.with(|world| {
        let app = app_named(world, &slug)?.clone();
        let targets = targets(world, &app);
        let mut free = targets.iter().filter(|target| !target.installed);
        let chosen = match (wanted.target_id, free.next(), free.next()) {
            (Some(id), ..) => {
                Some(targets.iter().find(|target| target.id == id).ok_or_else(Refused::not_found)?)
            }
            (None, Some(only), None) => Some(only),
            (None, ..) => None,
        };
        let form = chosen.filter(|target| !target.installed).map(|target| view::InstallForm {
            account: target.login.clone(),
            repositories: world.repositories_of(target.id).map(|found| found.name.clone()).collect(),
            people: administrators(world, Some(target.id), &headers),
        });
        Ok::<_, Refused>((app, targets, form))
    })?;
    let leads_to = app.setup_url.as_deref().and_then(manifests::origin).map(|site| Extension(LeadsTo(site)));
    let page = view::install((&app.name, &app.slug), &targets, form.as_ref());
    Ok((leads_to, Html(page.into_string())).into_response())
}

/// The form of an installation, in which a name may come more than once.
type Fields = Form<Vec<(String, String)>>;

/// Installs an app, as somebody who administers the account.
pub(super) async fn install(
    State(hub): State<Arc<Hub>>,
    Path(slug): Path<String>,
    Form(fields): Fields,
) -> Answer {
    let back = format!("/apps/{slug}/installations/new");
    let refusal = |refused| Refusal::new(refused, back.clone());
    let field = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value);
    let (app, login, account, sender) =
        hub.with(|world| allowed(world, &slug, field("account"), field("who"))).map_err(refusal)?;
    let chosen = match field("selection") {
        "all" => None,
        "selected" => {
            let names = fields.iter().filter(|(name, _)| name == "repository").map(|(_, value)| value);
            Some(hub.with(|world| repositories(world, &account, names)).map_err(refusal)?)
        }
        _ => return Err(refusal(Refused::new(422, "Say whether it is for all repositories"))),
    };
    let id = apps::install(&hub, app.id, &account, chosen, sender).map_err(refusal)?;
    let address = match app.setup_url {
        Some(page) => manifests::with_query(&page, &format!("installation_id={id}&setup_action=install")),
        None => format!("/{account}"),
    };
    Ok(go_on(&login, &address))
}

/// The app, the person's login, the account's login and the person, if the person may install the app there.
fn allowed(
    world: &World,
    slug: &str,
    account: &str,
    who: &str,
) -> Result<(App, String, String, u64), Refused> {
    let app = app_named(world, slug)?;
    let person = person_named(world, who)?;
    let known = targets(world, app);
    let target = known.iter().find(|target| target.login.eq_ignore_ascii_case(account));
    let target = target.ok_or_else(Refused::not_found)?;
    if !world.administers(person.id, target.id) {
        let sentence = format!("{} does not administer {}", person.login, target.login);
        return Err(Refused::new(403, sentence));
    }
    Ok((app.clone(), person.login.clone(), target.login.clone(), person.id))
}

/// The repositories of an account by their names, one at least.
fn repositories<'a>(
    world: &World,
    account: &str,
    names: impl Iterator<Item = &'a String>,
) -> Result<BTreeSet<u64>, Refused> {
    let mut chosen = BTreeSet::new();
    for name in names {
        chosen.insert(world.repository_named(account, name).ok_or_else(Refused::not_found)?.id);
    }
    if chosen.is_empty() {
        return Err(Refused::new(422, "Choose one repository at least"));
    }
    Ok(chosen)
}

/// `/settings/installations/{id}` leads to the account, which shows what is installed.
pub(super) async fn installation(State(hub): State<Arc<Hub>>, Path(id): Path<u64>) -> Answer {
    let login = hub.with(|world| {
        let found = world.installations.get(&id).ok_or_else(Refused::not_found)?;
        Ok::<_, Refused>(world.login(found.account))
    })?;
    Ok(Redirect::to(&format!("/{login}")).into_response())
}

/// `/{owner}`
pub(super) async fn account(State(hub): State<Arc<Hub>>, Path(owner): Path<String>) -> Answer {
    let view = hub.with(|world| {
        let found = world.account_named(&owner).filter(|found| found.kind != AccountKind::Bot);
        let found = found.ok_or_else(Refused::not_found)?;
        let installed = world.installations.values().filter(|each| each.account == found.id);
        Ok::<_, Refused>(view::AccountView {
            login: found.login.clone(),
            repositories: world.repositories_of(found.id).map(|each| world.full_name(each)).collect(),
            installations: installed.filter_map(|each| installation_line(world, each)).collect(),
        })
    })?;
    Ok(Html(view::account(&view).into_string()).into_response())
}

fn installation_line(world: &World, installation: &Installation) -> Option<view::InstallationLine> {
    let app = world.apps.get(&installation.app)?;
    let chosen = installation.repositories.as_ref();
    let living = |chosen: &BTreeSet<u64>| {
        chosen.iter().filter_map(|id| world.repository(*id)).map(|found| found.name.clone()).collect()
    };
    Some(view::InstallationLine {
        app: app.name.clone(),
        slug: app.slug.clone(),
        repositories: chosen.map(living),
        suspended: installation.suspended_at.is_some(),
    })
}
