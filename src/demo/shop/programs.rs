use crate::demo::error::DemoError;
use crate::deploy::operator::Operator;
use crate::model::shared_error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use towpath_sandbox::write_program;

const SCRIPT: &str = include_str!("shop.sh");
const BOUTIQUE_SCRIPT: &str = include_str!("boutique.sh");

/// The project of Adobe Commerce, whose environments are deployed by a script of their own.
pub(in crate::demo) const BOUTIQUE: &str = "acme/boutique";

/// The steps of each phase, by the words of the workflow.
const STEPS: [(&str, &[&str]); 3] = [
    ("build", &["validate", "compile", "static-content"]),
    ("deploy", &["maintenance-on", "install", "routing", "maintenance-off"]),
    ("verify", &["smoke"]),
];

/// The operator's programs, on this machine.
pub(in crate::demo) struct Programs {
    script: PathBuf,
    boutique: PathBuf,
    sites: PathBuf,
}

impl Programs {
    /// Writes the program into `folder`, and makes an empty site for each environment there.
    pub(in crate::demo) fn install(folder: &Path, environments: &[&str]) -> Result<Self, DemoError> {
        let failed = |error: std::io::Error| DemoError::SetUp(shared_error(error));
        let (script, boutique, sites) = (folder.join("shop"), folder.join("boutique"), folder.join("sites"));
        for (program, text) in [(&script, SCRIPT), (&boutique, BOUTIQUE_SCRIPT)] {
            write_program(program, text, 0o755).map_err(failed)?;
        }
        for name in environments.iter().chain(&["boutique"]) {
            fs::create_dir_all(sites.join(name)).map_err(failed)?;
        }
        Ok(Self { script, boutique, sites })
    }

    /// Where the sites are.
    pub(in crate::demo) fn sites(&self) -> &Path {
        &self.sites
    }

    /// What an operator would have written into the file that `TOWPATH_OPERATOR_FILE` names.
    pub(in crate::demo) fn operator(&self, environments: &[&str], url: &str) -> Result<Operator, DemoError> {
        let mut text = String::new();
        let script = self.script.display().to_string();
        for environment in environments {
            let site = self.sites.join(environment).display().to_string();
            // Writing into a text does not fail.
            let _ = writeln!(text, "[repository.\"acme/store\".environment.{environment}]");
            for (phase, steps) in STEPS {
                let step = |name: &&str| format!("{{ step = {name:?}, run = [{script:?}, {name:?}] }}");
                let steps: Vec<String> = steps.iter().map(step).collect();
                let _ = writeln!(text, "{phase} = [{}]", steps.join(", "));
            }
            let _ = writeln!(text, "url = \"{url}/{environment}/\"\ntimeout = \"1m\"");
            let _ = writeln!(text, "variables = {{ SHOP_SITE = {site:?} }}");
        }
        let (script, site) = (self.boutique.display(), self.sites.join("boutique").display().to_string());
        for environment in ["integration", "staging", "production"] {
            let _ = writeln!(text, "[repository.{BOUTIQUE:?}.environment.{environment}]");
            let _ = writeln!(text, "deploy = [{{ step = \"ece-tools\", run = [\"{script}\"] }}]");
            let _ = writeln!(text, "timeout = \"1m\"\nvariables = {{ SHOP_SITE = {site:?} }}");
        }
        Operator::read(&text).map_err(|fault| DemoError::SetUp(shared_error(fault)))
    }
}
