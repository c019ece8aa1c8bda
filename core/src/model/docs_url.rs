use super::Code;

/// Where the documentation of this version is, as a folder on the web: `…/docs`, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocsUrl(String);

impl DocsUrl {
    /// The documentation in the folder of this address.
    pub fn new(folder: impl Into<String>) -> Self {
        let folder: String = folder.into();
        Self(folder.trim_end_matches('/').to_owned())
    }

    /// The page that explains the codes.
    pub fn findings(&self) -> String {
        format!("{}/findings.md", self.0)
    }

    /// What one code means.
    pub fn finding(&self, code: Code) -> String {
        format!("{}#{}", self.findings(), code.as_str().to_lowercase())
    }

    /// Where a link on the page that explains the codes leads.
    pub fn from_findings(&self, target: &str) -> String {
        match target {
            fragment if fragment.starts_with('#') => format!("{}{fragment}", self.findings()),
            address if address.contains("://") => address.to_owned(),
            file => format!("{}/{file}", self.0),
        }
    }

    /// A heading of the page on Adobe Commerce, by its fragment.
    pub fn commerce(&self, heading: &str) -> String {
        format!("{}/commerce.md#{heading}", self.0)
    }

    /// The page on the configuration file.
    pub fn configuration(&self) -> String {
        format!("{}/configuration.md", self.0)
    }
}

impl Default for DocsUrl {
    /// As this version was released.
    fn default() -> Self {
        Self(concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/v", env!("CARGO_PKG_VERSION"), "/docs").to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_link_to_the_version_that_runs() {
        let link = DocsUrl::default().finding(Code::ChangesNothing);
        assert!(link.starts_with("https://"), "{link}");
        assert!(
            link.contains(env!("CARGO_PKG_VERSION")) && link.ends_with("/docs/findings.md#tp208"),
            "{link}"
        );
    }

    #[test]
    fn another_folder_can_be_named_with_a_slash_or_without() {
        for folder in ["https://docs.example.com/towpath", "https://docs.example.com/towpath/"] {
            let docs = DocsUrl::new(folder);
            assert_eq!(docs.finding(Code::WrongBase), "https://docs.example.com/towpath/findings.md#tp101");
            assert_eq!(docs.configuration(), "https://docs.example.com/towpath/configuration.md");
            assert_eq!(docs.commerce("warnings"), "https://docs.example.com/towpath/commerce.md#warnings");
        }
    }
}
