//! A project of Adobe Commerce: what a pull request would make of its files.

use crate::shop::{merge, topic};
use crate::stage::{Setting, Stage};
use std::path::Path;
use towpath_sandbox::{Annotation, PullHandle};

pub(crate) const CONFIG_PHP: &str = "app/etc/config.php";
pub(crate) const SERVICES: &str = ".magento/services.yaml";

/// The preset; of versions that grow old with the years nobody speaks here.
pub(crate) const PRESET: &str = "version: 1\npreset: commerce\nrules:\n  TP723: off\n";

/// The files of a project that breaks no rule: where they lie, and what they hold.
fn template() -> Vec<(String, String)> {
    fn walk(folder: &Path, top: &Path, files: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, top, files);
            } else {
                let name = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("core/src/commerce/rules/tests/template");
    let mut files = Vec::new();
    walk(&top, &top, &mut files);
    files.sort();
    files
}

/// What a file of the template holds.
pub(crate) fn text(path: &str) -> String {
    template().into_iter().find(|(name, _)| name == path).unwrap().1
}

/// The template without one of its websites.
fn without_outlet() -> String {
    let config = text(CONFIG_PHP);
    let outlet = "            'outlet' => ['website_id' => '2', 'code' => 'outlet'],\n";
    assert!(config.contains(outlet), "{config}");
    config.replace(outlet, "")
}

impl Stage {
    /// Every branch holds a shop; `text` is the configuration.
    pub(crate) async fn shop(text: &str) -> Self {
        Self::shop_with(text, Setting::default()).await
    }

    /// The same, with deploys as the setting has them.
    pub(crate) async fn shop_with(text: &str, setting: Setting) -> Self {
        let stage = Self::with(Setting { branches: Vec::new(), ..setting }).await;
        let commit = stage.store.commit_on("master").file(crate::configuration::FILE, text);
        let commit = template().iter().fold(commit, |it, (path, text)| it.file(path, text));
        commit.by("rita").await.unwrap();
        for branch in ["integration", "staging", "production"] {
            stage.store.branch(branch).from("master").by("rita").await.unwrap();
            stage.store.protect(branch).require_from(&format!("towpath: {branch}"), stage.app.id());
        }
        stage.quiet().await;
        stage
    }

    /// A pull request of a topic that changes one file.
    pub(crate) async fn change(&self, name: &str, (path, text): (&str, &str)) -> PullHandle {
        topic(&self.store, name, "integration").await;
        self.store.commit_on(name).file(path, text).by("ana").await.unwrap();
        self.store.open_pull(name).into("integration").by("ana").await.unwrap()
    }
}

fn annotations(pull: &PullHandle, name: &str) -> Vec<Annotation> {
    pull.check(name).unwrap().state().unwrap().annotations
}

#[tokio::test]
async fn a_website_that_would_be_deleted_is_stopped_at_its_line_and_a_level_softens_it() {
    let stage = Stage::shop(PRESET).await;
    let pull = stage.change("feature/tidy", (CONFIG_PHP, &without_outlet())).await;
    let said = stage.check(&pull).await.is("failure", "The website outlet would be deleted");
    said.says("`app/etc/config.php` on line 9").says("TP701").says("/override TP701");
    stage.comment(&pull).await;
    let remark = Annotation {
        path: CONFIG_PHP.to_owned(),
        line: 9,
        level: "failure".to_owned(),
        title: "TP701 The website outlet would be deleted".to_owned(),
    };
    assert_eq!(annotations(&pull, "towpath: integration"), std::slice::from_ref(&remark));
    assert!(merge(&pull).await.is_err());
    // GitHub adds the remarks of an update to those that are there.
    stage.configure("master", &PRESET.replace("TP723: off", "TP723: off\n  TP701: warn")).await;
    let said = stage.check(&pull).await.is("success", "Warning: The website outlet would be deleted");
    said.says("This project's rules set TP701 to `warn`");
    stage.comment(&pull).await;
    assert_eq!(annotations(&pull, "towpath: integration"), [remark]);
    merge(&pull).await.unwrap();
    stage.quiet().await;
    stage.read(&pull);
    stage.end().await;
}

#[tokio::test]
async fn what_others_have_changed_since_is_not_blamed_on_a_topic() {
    let stage = Stage::shop(PRESET).await;
    let pull = stage.change("feature/pages", ("README", "Acme sells\n")).await;
    let more = text(CONFIG_PHP).replace("'outlet' =>", "'fair' => ['website_id' => '3'], 'outlet' =>");
    stage.store.commit_on("integration").file(CONFIG_PHP, more).by("ben").await.unwrap();
    stage.check(&pull).await.passes();
    // What both have changed cannot be merged by git, so the topic is judged by what it has done itself.
    let other = without_outlet();
    stage.store.commit_on("feature/pages").file(CONFIG_PHP, other).by("ana").await.unwrap();
    let said = stage.check(&pull).await.fails();
    let said = said.says("app/etc/config.php");
    assert!(!said.summary().contains("fair"), "{}", said.summary());
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn services_that_change_wait_for_a_ticket_where_they_need_one() {
    let stage = Stage::shop(PRESET).await;
    let more = text(SERVICES) + "files:\n    type: memcached:1.6\n";
    let pull = stage.change("feature/files", (SERVICES, &more)).await;
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.quiet().await;
    let promotion = stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    let said = stage.check(&promotion).await;
    said.is("action_required", "A ticket is needed for .magento/services.yaml").says("TP407").says("/ticket");
    stage.read(&promotion);
    stage.end().await;
}

#[tokio::test]
async fn without_the_preset_no_file_is_looked_into() {
    let stage = Stage::shop("version: 1\nrules:\n  TP723: off\n").await;
    let pull = stage.change("feature/tidy", (CONFIG_PHP, &without_outlet())).await;
    stage.check(&pull).await.passes();
    assert_eq!(annotations(&pull, "towpath: integration"), []);
    // Whoever switches it on has what is open judged again.
    stage.configure("master", PRESET).await;
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.end().await;
}

/// The check waits for a ticket on the application's file.
async fn waits_for_ticket(stage: &Stage, pull: &PullHandle) -> crate::said::Said {
    let check = stage.check(pull).await;
    let title = check.0.title.clone().unwrap_or_default();
    assert_eq!(check.0.conclusion.as_deref(), Some("action_required"), "{title}");
    assert!(title.contains("A ticket is needed for .magento.app.yaml"), "{title}");
    check
}

/// On the Pro plan nobody has to configure that, and by what changes in the file it is decided.
#[tokio::test]
async fn services_disks_and_mounts_wait_for_a_ticket_by_themselves_and_nothing_else_does() {
    let stage = Stage::shop(PRESET).await;
    let app = text(".magento.app.yaml");
    assert!(app.contains("disk: "), "{app}");
    let release = async |name: &str, (path, text): (&str, &str)| {
        topic(&stage.store, name, "integration").await;
        stage.store.commit_on(name).file(path, text).by("ana").await.unwrap();
        stage.store.merge(name).into("integration").no_ff().by("ana").await.unwrap();
        stage.quiet().await;
    };
    let commented = format!("{app}\n# a remark\n");
    release("feature/remark", (".magento.app.yaml", &commented)).await;
    let pull = stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    let grown: String = commented
        .lines()
        .map(|line| if line.starts_with("disk: ") { "disk: 9216\n".to_owned() } else { format!("{line}\n") })
        .collect();
    release("feature/disk", (".magento.app.yaml", &grown)).await;
    let check = waits_for_ticket(&stage, &pull).await;
    assert!(!check.summary().contains("TP717"), "{}", check.summary());
    stage.all_is_read().await;
    let now = stage.now().to_seconds().0 - 4 * 86_400;
    let at = towpath::model::UnixSeconds(now).to_date().unwrap().format("%Y-%m-%dT%H:%MZ").to_string();
    let ticket = format!("/ticket SUP-7 --acknowledged {at} --notice 1m");
    let said = stage.says(&pull, "ben", &ticket).await;
    assert!(stage.reply(&pull, &said).await.starts_with("**Done**"));
    stage.check(&pull).await.passes();
    // The same file again, but nothing of what the ticket is about.
    release("feature/remark-two", (".magento.app.yaml", &format!("{grown}# another\n"))).await;
    stage.check(&pull).await.passes();
    release("feature/disk-two", (".magento.app.yaml", &grown.replace("9216", "10240"))).await;
    waits_for_ticket(&stage, &pull).await;
    stage.all_is_read().await;

    // Who says so waits for none; TP717 then has its say.
    let none = "version: 1\npreset: commerce\nrules:\n  TP723: off\nenvironments:\n  - { name: integration, accepts: [topics] }\n  \
                - { name: staging, accepts: [integration], requires: { tickets: [] } }\n  \
                - { name: production, accepts: [staging] }\ncopy: none\n";
    stage.configure("master", none).await;
    let check = stage.check(&pull).await;
    assert!(check.summary().contains("TP717"), "{}", check.summary());
    stage.all_is_read().await;
    stage.end().await;
}
