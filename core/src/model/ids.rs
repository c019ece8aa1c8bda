use std::fmt;

/// A number by which GitHub names something for ever, through renames and transfers.
macro_rules! github_id {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

github_id!(RepositoryId, "GitHub's number of a repository.");
github_id!(InstallationId, "GitHub's number of an installation of the App on an account.");
github_id!(UserId, "GitHub's number of an account, which stays when its login changes.");
github_id!(PullNumber, "The number of a pull request within its repository.");
