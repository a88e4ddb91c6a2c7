//! Signing in: the password check with its throttles, and the session that follows.
//!
//! Throttles count failures per minute, in the token store so that every instance sees them. They delay, they
//! never lock: after a minute of quiet the right password works again, and a user is held up by a stranger's
//! guesses only past the much higher limit that counts the account from everywhere.

use std::time::Duration;

use super::audit::Subject;
use super::{FlowError, Services};
use crate::domain::audit::AuditKind;
use crate::domain::secret::{HashedToken, PlainToken, hex};
use crate::domain::session::Session;
use crate::domain::user::{MAX_PASSWORD_BYTES, User, normalize_email};
use crate::ldap::{Bound, Directory};
use crate::store::sql::users;

const WINDOW: Duration = Duration::from_mins(1);

/// Mark of session cookies.
const SESSION_MARK: &str = "se-";

impl Services {
    /// Checks a user's password; none when user or password is wrong, which look and take the same.
    pub async fn check_password(
        &self,
        username: &str,
        password: &str,
        address: &str,
        client_id: Option<&str>,
    ) -> Result<Option<User>, FlowError> {
        let email = normalize_email(username).unwrap_or_else(|_| username.to_lowercase());
        let account = HashedToken::of(email.as_bytes());
        let here = format!("sign-in:{}:{address}", account.as_str());
        let everywhere = format!("sign-in:{}", account.as_str());
        let from_address = format!("sign-in-from:{address}");
        // Before anything is counted: a database that is down costs nobody a sign-in.
        let known = users::find_by_email(&self.database, &email).await?;
        // Raised before the check, so that parallel guesses cannot slip through. The account's own counter is
        // raised only by guesses that are looked at: what one address sends in vain holds nobody else up.
        let [from_here, failures] = self
            .count_sign_ins([(here.clone(), 1), (from_address.clone(), 0)])
            .await?;
        let limits = &self.settings;
        let exceeds = |limit: u64, total: u64| limit > 0 && total > limit;
        let refused = if exceeds(limits.failures_per_account_and_address, from_here) {
            Some("sign-ins for this account from this address")
        } else if exceeds(limits.failures_per_address, failures + 1) {
            Some("sign-ins from this address")
        } else {
            let [from_everywhere] = self.count_sign_ins([(everywhere.clone(), 1)]).await?;
            exceeds(limits.failures_per_account, from_everywhere).then_some("sign-ins for this account")
        };
        if let Some(limit) = refused {
            let subject = Subject {
                client_id,
                address: Some(address),
                ..Subject::default()
            };
            self.audit(AuditKind::SignInFailed, subject, format!("throttled: {limit}"))
                .await;
            return Err(FlowError::Throttled {
                retry_after: WINDOW.as_secs(),
                limit,
            });
        }
        let known_id = known.as_ref().map(|user| user.id);
        let proof = self.prove_user(&email, password, known).await?;
        let user_id = proof.as_ref().map_or(known_id, |user| Some(user.id));
        let subject = Subject {
            user_id,
            client_id,
            address: Some(address),
        };
        match proof {
            Ok(user) if !user.disabled => {
                self.tokens.forget_count(&here).await?;
                self.tokens.forget_count(&everywhere).await?;
                self.audit(AuditKind::SignIn, subject, "password").await;
                Ok(Some(user))
            }
            refused => {
                self.count_sign_ins([(from_address, 1)]).await?;
                let reason = refused.err().unwrap_or_else(|| "the user is blocked".to_owned());
                self.audit(AuditKind::SignInFailed, subject, reason).await;
                Ok(None)
            }
        }
    }

    /// The user whose password this is, or why it is nobody's.
    async fn prove_user(
        &self,
        email: &str,
        password: &str,
        known: Option<User>,
    ) -> Result<Result<User, String>, FlowError> {
        if password.len() > MAX_PASSWORD_BYTES {
            return Ok(Err("a password that is too long".to_owned()));
        }
        match &self.directory {
            Directory::Own => {
                let stored = known.as_ref().and_then(|user| user.password_hash.clone());
                let matches = self.passwords.verify(password.to_owned(), stored).await?;
                Ok(match known {
                    None => Err("no such user".to_owned()),
                    Some(user) if matches => Ok(user),
                    Some(_) => Err("wrong password".to_owned()),
                })
            }
            Directory::Ldap(ldap) => match Box::pin(ldap.bind(email, password)).await? {
                Bound::Refused(reason) => Ok(Err(reason)),
                Bound::Accepted(person) => {
                    let id = self.clock.new_id();
                    let user = users::keep(&self.database, id, &person.email, &person.name, self.clock.now());
                    Ok(Ok(user.await?))
                }
            },
        }
    }

    async fn count_sign_ins<const N: usize>(
        &self,
        counts: [(String, u64); N],
    ) -> Result<[u64; N], FlowError> {
        let totals = self
            .tokens
            .count(&counts, WINDOW, self.clock.now_millis())
            .await?;
        Ok(std::array::from_fn(|place| {
            totals.get(place).copied().unwrap_or_default()
        }))
    }

    /// Begins a session for a user who has just proven who they are. The cookie's value is new: one that a
    /// stranger planted is never adopted (session fixation).
    pub async fn begin_session(
        &self,
        user: &User,
        user_agent: &str,
    ) -> Result<(PlainToken, Session), FlowError> {
        let cookie = PlainToken::generate(SESSION_MARK);
        let handle: [u8; 16] = rand::random();
        let now = self.clock.now();
        let session = Session {
            sid: hex(&handle),
            user_id: user.id,
            auth_time: now,
            created_at: now,
            expires_at: now + self.settings.session_seconds,
            user_agent: user_agent.chars().take(200).collect(),
        };
        self.tokens.store_session(&cookie.hashed(), &session).await?;
        Ok((cookie, session))
    }

    /// The session behind a cookie, and its user unless blocked since.
    pub async fn session(&self, cookie: &PlainToken) -> Result<Option<(Session, User)>, FlowError> {
        let found = self
            .tokens
            .find_session(&cookie.hashed(), self.clock.now_millis())
            .await?;
        let Some(session) = found else { return Ok(None) };
        let user = users::find(&self.database, session.user_id)
            .await?
            .filter(|user| !user.disabled);
        Ok(user.map(|user| (session, user)))
    }

    /// Ends a session: the cookie is worth nothing from now on.
    pub async fn end_session(&self, cookie: &PlainToken, address: &str) -> Result<(), FlowError> {
        let hash = cookie.hashed();
        let session = self.tokens.find_session(&hash, self.clock.now_millis()).await?;
        self.tokens.end_session(&hash).await?;
        if let Some(session) = session {
            let subject = Subject {
                user_id: Some(session.user_id),
                client_id: None,
                address: Some(address),
            };
            self.audit(AuditKind::SignOut, subject, "signed out").await;
        }
        Ok(())
    }
}
