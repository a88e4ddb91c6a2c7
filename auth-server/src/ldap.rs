//! Where users live: in this server's own database, or in an LDAP directory (RFC 4511) that other systems share.
//!
//! With LDAP, the directory alone decides on passwords. What this server keeps of a person is a record with an id
//! of its own, made or refreshed at each sign-in, that consents and blocks hang on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ldap3::{
    Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchEntry, SearchOptions, dn_escape, ldap_escape,
};
use tokio::sync::Semaphore;

use crate::config::{DirectoryConfig, DirectoryMode, LdapConfig};
use crate::domain::user::normalize_email;

/// LDAP result codes (RFC 4511 appendix A).
const INVALID_CREDENTIALS: u32 = 49;
const BUSY: u32 = 51;
const UNAVAILABLE: u32 = 52;
/// More than one person under an address is refused, so two are enough to know.
const AT_MOST: i32 = 2;

/// Where users live.
#[derive(Clone, Debug)]
pub enum Directory {
    /// In this server's database.
    Own,
    /// In an LDAP directory, which this server reads and never changes.
    Ldap(Arc<LdapDirectory>),
}

/// An LDAP directory.
#[derive(Debug)]
pub struct LdapDirectory {
    settings: LdapConfig,
    connections: Semaphore,
}

/// A person as the directory knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Normalized.
    pub email: String,
    /// For pages.
    pub name: String,
}

/// What became of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The directory accepted the password.
    Accepted(Person),
    /// It did not; the reason is for administrators.
    Refused(String),
}

/// Why the directory gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum LdapError {
    /// Out of reach, or too slow.
    #[error("LDAP: {0}")]
    Unavailable(#[from] ldap3::LdapError),
    /// Did not answer in time.
    #[error("LDAP: no answer within {0} seconds")]
    Slow(u64),
    /// Answers, but not what the settings need.
    #[error("LDAP: {0}")]
    Settings(String),
}

impl Directory {
    /// The directory that the settings name.
    pub fn new(config: &DirectoryConfig) -> Self {
        match config.mode {
            DirectoryMode::Own => Self::Own,
            DirectoryMode::Ldap => Self::Ldap(Arc::new(LdapDirectory::new(config.ldap.clone()))),
        }
    }

    /// Whether users and groups can be changed here.
    pub fn is_writable(&self) -> bool {
        matches!(self, Self::Own)
    }
}

impl LdapDirectory {
    /// A directory that is connected to when somebody signs in.
    pub fn new(settings: LdapConfig) -> Self {
        Self {
            connections: Semaphore::new(settings.max_connections),
            settings,
        }
    }

    /// Finds the person with an address and proves the password by a bind in their name.
    pub async fn bind(&self, email: &str, password: &str) -> Result<Bound, LdapError> {
        // RFC 4513 5.1.2: a bind with a name and no password is anonymous, and succeeds.
        if password.is_empty() || password.contains('\0') {
            return Ok(Bound::Refused("an empty password".to_owned()));
        }
        self.bounded(async {
            let mut ldap = self.connect().await?;
            let found = self.search(&mut ldap, email).await?;
            // Whoever is not there gets a bind all the same: the time taken does not tell.
            let (dn, person) = match found {
                Ok((dn, person)) => (dn, Ok(person)),
                Err(reason) => (self.nobody(email), Err(reason)),
            };
            let result = ldap.simple_bind(&dn, password).await?;
            let _ = ldap.unbind().await;
            match (result.rc, person) {
                (0, Ok(person)) => Ok(Bound::Accepted(person)),
                (BUSY | UNAVAILABLE, _) => Err(LdapError::Unavailable(result.into())),
                (_, Err(reason)) => Ok(Bound::Refused(reason)),
                (INVALID_CREDENTIALS, _) => Ok(Bound::Refused("wrong password".to_owned())),
                (code, _) => Ok(Bound::Refused(format!(
                    "the directory refuses the bind: result {code}"
                ))),
            }
        })
        .await
    }

    /// The person with an address, without proof of who asks.
    pub async fn find(&self, email: &str) -> Result<Option<Person>, LdapError> {
        self.bounded(async {
            let mut ldap = self.connect().await?;
            let found = self.search(&mut ldap, email).await?;
            let _ = ldap.unbind().await;
            Ok(found.ok().map(|(_, person)| person))
        })
        .await
    }

    /// Whether the directory answers and the settings let this server search it.
    pub async fn probe(&self) -> Result<(), LdapError> {
        self.find("nobody@directory.invalid").await.map(|_| ())
    }

    async fn bounded<T>(&self, work: impl Future<Output = Result<T, LdapError>>) -> Result<T, LdapError> {
        let seconds = self.settings.timeout_seconds;
        tokio::time::timeout(Duration::from_secs(seconds), async {
            let _place = self.connections.acquire().await;
            work.await
        })
        .await
        .map_err(|_| LdapError::Slow(seconds))?
    }

    /// A connection that may search.
    async fn connect(&self) -> Result<Ldap, LdapError> {
        let settings = LdapConnSettings::new().set_starttls(self.settings.starttls);
        let (connection, mut ldap) = LdapConnAsync::with_settings(settings, &self.settings.url).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(%error, "LDAP connection ended");
            }
        });
        if !self.settings.bind_dn.is_empty() {
            let result = ldap
                .simple_bind(&self.settings.bind_dn, &self.settings.bind_password)
                .await?;
            if result.rc == INVALID_CREDENTIALS {
                return Err(LdapError::Settings(
                    "directory.ldap.bind_dn and bind_password are not accepted".to_owned(),
                ));
            }
            result.success()?;
        }
        Ok(ldap)
    }

    /// Name and record of the one person with an address; else why there is none.
    async fn search(
        &self,
        ldap: &mut Ldap,
        email: &str,
    ) -> Result<Result<(String, Person), String>, LdapError> {
        let settings = &self.settings;
        let filter = settings.filter.replace("{email}", &ldap_escape(email));
        let attributes = [
            settings.email_attribute.as_str(),
            settings.name_attribute.as_str(),
        ];
        ldap.with_search_options(SearchOptions::new().sizelimit(AT_MOST));
        let (entries, result) = ldap
            .search(&settings.base_dn, Scope::Subtree, &filter, attributes)
            .await?
            .success()
            .map_err(|error| LdapError::Settings(format!("search below {}: {error}", settings.base_dn)))?;
        drop(result);
        let mut entries = entries
            .into_iter()
            .filter(|entry| !entry.is_ref())
            .map(SearchEntry::construct);
        Ok(match (entries.next(), entries.next()) {
            (None, _) => Err("no such user in the directory".to_owned()),
            (Some(_), Some(_)) => Err("several people in the directory have this address".to_owned()),
            (Some(entry), None) => self.person(&entry.attrs).map(|person| (entry.dn, person)),
        })
    }

    fn person(&self, attributes: &HashMap<String, Vec<String>>) -> Result<Person, String> {
        let first = |wanted: &str| {
            attributes
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .and_then(|(_, values)| values.first())
        };
        let email = first(&self.settings.email_attribute)
            .and_then(|address| normalize_email(address).ok())
            .ok_or_else(|| {
                format!(
                    "the entry has no {} that is an address",
                    self.settings.email_attribute
                )
            })?;
        let name = first(&self.settings.name_attribute)
            .map(|name| {
                name.chars()
                    .filter(|c| !c.is_control())
                    .take(200)
                    .collect::<String>()
            })
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
        Ok(Person { email, name })
    }

    fn nobody(&self, email: &str) -> String {
        format!("cn={},{}", dn_escape(email), self.settings.base_dn)
    }
}
