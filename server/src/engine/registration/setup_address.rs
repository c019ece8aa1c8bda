use crate::engine::whole_file::{PRIVATE, write_whole_file};
use crate::model::ErrorContext;
use std::io;
use std::path::{Path, PathBuf};

/// Where the server's set-up page is, kept in its data folder: who makes a link beside it need not have its settings.
#[derive(Debug)]
pub struct SetupAddress {
    file: PathBuf,
}

impl SetupAddress {
    /// The address of the server with this data folder.
    pub fn of(data_dir: &Path) -> Self {
        Self { file: data_dir.join("setup-address") }
    }

    /// Keeps the server's address, without a slash at its end.
    ///
    /// # Errors
    /// When the data folder cannot be written to.
    pub fn keep(&self, address: &str) -> Result<(), ErrorContext> {
        write_whole_file(&self.file, address, PRIVATE).map_err(|error| self.named(error))
    }

    /// The link to the set-up page with a key.
    ///
    /// # Errors
    /// When no address is kept, or it cannot be read.
    pub fn link(&self, key: &str) -> Result<String, ErrorContext> {
        let address = std::fs::read_to_string(&self.file).map_err(|error| self.named(error))?;
        Ok(format!("{}/setup?key={key}", address.trim()))
    }

    fn named(&self, error: io::Error) -> ErrorContext {
        ErrorContext::new(self.file.display().to_string(), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_leads_to_the_server_that_kept_its_address_last() {
        let folder = tempfile::tempdir().unwrap();
        let address = SetupAddress::of(folder.path());
        assert!(address.link("k").is_err());
        address.keep("http://localhost:4711").unwrap();
        assert_eq!(address.link("k").unwrap(), "http://localhost:4711/setup?key=k");
        address.keep("https://towpath.example.com/towpath").unwrap();
        assert_eq!(address.link("k").unwrap(), "https://towpath.example.com/towpath/setup?key=k");
    }
}
