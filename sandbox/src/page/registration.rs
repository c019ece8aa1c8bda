//! Registering an app from a manifest: another site sends the browser here with it, a person looks and presses the
//! button, and the browser goes back with a code.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::act::{go_on, person_named};
use super::door::{LeadsTo, Refusal, reason};
use super::show::administrators;
use super::view;
use crate::Refused;
use crate::acts::manifests::{self, LONGEST_NAME, Manifest, organization_named, origin};
use crate::hub::Hub;

type Answer = Result<Response, Refusal>;

/// The form of another site.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    manifest: String,
}

/// What may stand in the query of the address that it is sent to.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    state: Option<String>,
}

/// `/settings/apps/new`
pub(super) async fn ask_own(
    State(hub): State<Arc<Hub>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Answer {
    Asked { organization: None, manifest: sent.manifest, state: wanted.state }.show(&hub, &headers)
}

/// `/organizations/{organization}/settings/apps/new`
pub(super) async fn ask(
    State(hub): State<Arc<Hub>>,
    Path(organization): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Answer {
    Asked { organization: Some(organization), manifest: sent.manifest, state: wanted.state }
        .show(&hub, &headers)
}

/// The form with the button.
#[derive(Debug, Deserialize)]
pub(super) struct Confirmed {
    who: String,
    name: String,
    manifest: String,
    state: Option<String>,
}

/// Registers it for whoever presses the button.
pub(super) async fn create_own(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Form(form): Form<Confirmed>,
) -> Answer {
    let asked = Asked { organization: None, manifest: form.manifest, state: form.state };
    asked.confirm(&hub, &headers, &form.who, form.name)
}

/// Registers it for an organisation.
pub(super) async fn create(
    State(hub): State<Arc<Hub>>,
    Path(organization): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Confirmed>,
) -> Answer {
    let asked = Asked { organization: Some(organization), manifest: form.manifest, state: form.state };
    asked.confirm(&hub, &headers, &form.who, form.name)
}

/// What another site asks for.
struct Asked {
    organization: Option<String>,
    manifest: String,
    state: Option<String>,
}

impl Asked {
    /// The page with the button.
    fn show(self, hub: &Hub, headers: &HeaderMap) -> Answer {
        let manifest = Manifest::read(&self.manifest)?;
        let name = manifest.name.clone();
        self.page(hub, headers, (manifest, name), None)
    }

    /// What happens when the button is pressed. A name that will not do can be changed.
    fn confirm(self, hub: &Hub, headers: &HeaderMap, who: &str, name: String) -> Answer {
        let manifest = Manifest::read(&self.manifest)?;
        let (person, login) = hub.with(|world| {
            let found = person_named(world, who)?;
            Ok::<_, Refused>((found.id, found.login.clone()))
        })?;
        match manifests::register(hub, &manifest, &name, self.organization.as_deref(), person) {
            Ok(code) => Ok(go_on(&login, &manifest.address(&code, self.state.as_deref()))),
            Err(refused) if refused.status == 422 => {
                let page = self.page(hub, headers, (manifest, name), Some(reason(&refused)))?;
                Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
            }
            Err(refused) => Err(refused.into()),
        }
    }

    fn page(
        self,
        hub: &Hub,
        headers: &HeaderMap,
        (manifest, name): (Manifest, String),
        problem: Option<String>,
    ) -> Answer {
        let (owner, people) = hub.with(|world| {
            let owner = self.organization.map(|login| organization_named(world, &login)).transpose()?;
            let people = administrators(world, owner, headers);
            Ok::<_, Refused>((owner.map(|id| world.login(id)), people))
        })?;
        let leads_to = origin(&manifest.redirect_url).map(|site| Extension(LeadsTo(site)));
        let view = view::RegistrationView {
            organization: owner,
            name,
            longest_name: LONGEST_NAME,
            manifest: self.manifest,
            state: self.state,
            hook_url: manifest.hook_url,
            permissions: manifest.permissions,
            events: manifest.events,
            problem,
            people,
        };
        Ok((leads_to, Html(view::registration(&view).into_string())).into_response())
    }
}
