use super::{EceCode, Stage};
use std::fmt::Write as _;

/// All codes as Markdown: the part of `docs/commerce.md` below its heading *The codes*.
pub fn table() -> String {
    let mut text = String::new();
    let critical = |stage| EceCode::all().filter(move |it| it.is_critical() && it.stage == stage);
    section(&mut text, "Codes of the build", critical(Stage::Build));
    section(&mut text, "Codes of the deploy", critical(Stage::Deploy));
    section(&mut text, "Codes of the post-deploy", critical(Stage::PostDeploy));
    section(&mut text, "Codes of any stage", critical(Stage::General));
    section(&mut text, "Warnings", EceCode::all().filter(|it| !it.is_critical()));
    text.truncate(text.trim_end().len() + 1);
    text
}

fn section<'a>(text: &mut String, heading: &str, codes: impl Iterator<Item = &'a EceCode>) {
    // Writing into a text does not fail.
    let _ = write!(
        text,
        "### {heading}\n\n| code | what happened | class | what customers see | next step |\n|---|---|---|---|---|\n"
    );
    for EceCode { number, title, class, customers, next, .. } in codes {
        let class = class.as_str();
        let _ = writeln!(text, "| {number} | {title} | {class} | {customers} | {next} |");
    }
    text.push('\n');
}

impl EceCode {
    /// The heading of [`table`] under which it stands, as the fragment of an address.
    pub fn fragment(&self) -> &'static str {
        match self.stage {
            _ if !self.is_critical() => "warnings",
            Stage::Build => "codes-of-the-build",
            Stage::Deploy => "codes-of-the-deploy",
            Stage::PostDeploy => "codes-of-the-post-deploy",
            Stage::General => "codes-of-any-stage",
        }
    }
}
