//! People, organisations and the bots of apps.

use super::{Kind, World};

/// What kind of account somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// A person.
    User,
    /// An organisation.
    Organization,
    /// The bot an app acts as.
    Bot,
}

impl AccountKind {
    /// The word GitHub uses in `type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Organization => "Organization",
            Self::Bot => "Bot",
        }
    }
}

/// A collaborator's role on a repository, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Nothing at all.
    None,
    /// Read and clone.
    Read,
    /// Read, and manage issues; shown as `read` where GitHub knows only four words.
    Triage,
    /// Push and merge.
    Write,
    /// Write, and manage the repository; shown as `write` where GitHub knows only four words.
    Maintain,
    /// Everything.
    Admin,
}

impl Permission {
    /// The legacy word: `admin`, `write`, `read` or `none`.
    pub const fn permission(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read | Self::Triage => "read",
            Self::Write | Self::Maintain => "write",
            Self::Admin => "admin",
        }
    }

    /// The name of the role, which also knows `triage` and `maintain`.
    pub const fn role_name(self) -> &'static str {
        match self {
            Self::Triage => "triage",
            Self::Maintain => "maintain",
            _ => self.permission(),
        }
    }
}

/// A user, an organisation or a bot.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) login: String,
    pub(crate) kind: AccountKind,
}

impl World {
    /// Finds an account by login, ignoring case as GitHub does.
    pub(crate) fn account_named(&self, login: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.login.eq_ignore_ascii_case(login))
    }

    /// The account of that login, made on first mention.
    pub(crate) fn ensure_account(&mut self, login: &str, kind: AccountKind) -> u64 {
        if let Some(known) = self.account_named(login) {
            return known.id;
        }
        let id = self.next(Kind::Account);
        self.accounts.insert(id, Account { id, login: login.to_owned(), kind });
        id
    }

    /// The person of that login, made on first mention; a bot if it ends with `[bot]`.
    pub(crate) fn person(&mut self, login: &str) -> u64 {
        let kind = if login.ends_with("[bot]") { AccountKind::Bot } else { AccountKind::User };
        self.ensure_account(login, kind)
    }

    /// The login of an account, or `ghost` as GitHub shows removed ones.
    pub(crate) fn login(&self, id: u64) -> String {
        self.accounts.get(&id).map_or_else(|| "ghost".to_owned(), |account| account.login.clone())
    }
}
