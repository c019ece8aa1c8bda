//! Apps that are registered from a manifest, by whoever presses the button.

use std::sync::Arc;

use serde_json::Value;

use super::{SOMEBODY, by_whom, sentence};
use crate::acts::manifests::{Manifest, register};
use crate::hub::Hub;
use crate::{Refused, Sandbox};

impl Sandbox {
    /// Registers an app as its manifest says, as somebody does who presses the button of that page.
    pub fn register_from_manifest(&self, manifest: &Value) -> RegisterFromManifest {
        RegisterFromManifest {
            hub: Arc::clone(&self.hub),
            manifest: manifest.to_string(),
            name: None,
            organization: None,
            state: None,
            by: SOMEBODY.to_owned(),
        }
    }
}

/// An app to be registered from a manifest. Answers the address where the browser goes on: the manifest's
/// `redirect_url` with `code` and `state`.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct RegisterFromManifest {
    hub: Arc<Hub>,
    manifest: String,
    name: Option<String>,
    organization: Option<String>,
    state: Option<String>,
    by: String,
}

impl RegisterFromManifest {
    /// Under another name than the manifest's.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// For an organisation, which whoever does it has to administer, instead of for themselves.
    pub fn for_organization(mut self, login: &str) -> Self {
        self.organization = Some(login.to_owned());
        self
    }

    /// With the `state` that comes back.
    pub fn with_state(mut self, state: &str) -> Self {
        self.state = Some(state.to_owned());
        self
    }

    async fn run(self) -> Result<String, Refused> {
        let manifest = Manifest::read(&self.manifest)?;
        let person = self.hub.with(|world| world.person(&self.by));
        let name = self.name.as_ref().unwrap_or(&manifest.name);
        let code = register(&self.hub, &manifest, name, self.organization.as_deref(), person)?;
        Ok(manifest.address(&code, self.state.as_deref()))
    }
}

by_whom!(RegisterFromManifest);
sentence!(RegisterFromManifest => String);
