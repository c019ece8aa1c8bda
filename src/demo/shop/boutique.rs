//! The repository of a project of Adobe Commerce.

use super::programs::BOUTIQUE;
use crate::demo::error::DemoError;
use towpath_sandbox::{AppHandle, Permission, RepoHandle, Sandbox};

/// What deletes a website from the database where it names it no more.
pub(in crate::demo) const CONFIG_PHP: &str = "app/etc/config.php";
/// One of its websites.
pub(in crate::demo) const OUTLET: &str = "        'outlet' => ['website_id' => '2'],\n";

/// Staging waits for a person.
const CONFIGURATION: &str = "\
version: 1
preset: commerce
environments:
  - name: integration
    accepts: [topics]
  - name: staging
    accepts: [integration]
    requires: { signoffs: [maintain] }
  - name: production
    accepts: [staging, hotfixes]
copy: none
";

/// What the file holds.
pub(in crate::demo) fn config_php() -> String {
    format!(
        "<?php\nreturn [\n    'modules' => ['Acme_Cart' => 1],\n    'scopes' => ['websites' => [\n        \
         'base' => ['website_id' => '1'],\n{OUTLET}    ]],\n];\n"
    )
}

/// A shop of Adobe Commerce with two websites and a module of its own.
pub(in crate::demo) async fn create_boutique(
    github: &Sandbox,
    app: &AppHandle,
) -> Result<RepoHandle, DemoError> {
    let repository = github
        .repository(BOUTIQUE)
        .default_branch("master")
        .public()
        .with("ana", Permission::Write)
        .with("rita", Permission::Maintain)
        .create()
        .await?;
    let module = "<config><module name=\"Acme_Cart\"/></config>\n";
    let services = "db:\n    type: mariadb:11.4\n    disk: 5120\n";
    let commit = repository.commit_on("master").orphan().file(".github/towpath.yml", CONFIGURATION);
    let commit = commit.file(CONFIG_PHP, config_php()).file(".magento/services.yaml", services);
    let commit = commit.file("app/code/Acme/Cart/etc/module.xml", module);
    commit.message("Start the boutique").by("rita").await?;
    for branch in ["integration", "staging", "production"] {
        repository.branch(branch).from("master").by("rita").await?;
        repository.protect(branch).require_from(&format!("towpath: {branch}"), app.id());
    }
    Ok(repository)
}
