//! Signing in: the password check, and the session that follows when nothing else is asked for.

use super::audit::Subject;
use super::{FlowError, Services};
use crate::domain::audit::AuditKind;
use crate::domain::second_factor::Remaining;
use crate::domain::secret::{PlainToken, hex};
use crate::domain::session::{Amr, Session};
use crate::domain::user::{MAX_PASSWORD_BYTES, User, normalize_email};
use crate::ldap::{Bound, Directory};
use crate::store::sql::users;

/// Mark of session cookies.
const SESSION_MARK: &str = "se-";

/// Somebody who knows the password.
#[derive(Clone, Debug)]
pub struct KnownUser {
    /// Who.
    pub user: User,
    /// What else is asked for before the user is signed in.
    pub remaining: Remaining,
}

impl Services {
    /// Checks a user's password; none when user or password is wrong, which look and take the same, whether or not
    /// the user has a second factor.
    pub async fn check_password(
        &self,
        username: &str,
        password: &str,
        address: &str,
        client_id: Option<&str>,
    ) -> Result<Option<KnownUser>, FlowError> {
        let email = normalize_email(username).unwrap_or_else(|_| username.to_lowercase());
        // Before anything is counted: a database that is down costs nobody a sign-in.
        let known = users::find_by_email(&self.database, &email).await?;
        let attempt = self.count_attempt(&email, address, client_id).await?;
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
                let remaining = self.remaining(&user).await?;
                if remaining == Remaining::Nothing {
                    self.attempt_succeeded(&attempt).await?;
                    self.audit(AuditKind::SignIn, subject, "password").await;
                } else {
                    let detail = "the password was right; a second factor is asked for";
                    self.audit(AuditKind::SecondFactorAsked, subject, detail).await;
                }
                Ok(Some(KnownUser { user, remaining }))
            }
            refused => {
                self.attempt_failed(&attempt).await?;
                let reason = refused.err().unwrap_or_else(|| "the user is blocked".to_owned());
                self.audit(AuditKind::SignInFailed, subject, reason).await;
                Ok(None)
            }
        }
    }

    /// The user whose password this is, or why it is nobody's.
    pub(super) async fn prove_user(
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

    /// Begins a session for a user who has just proven who they are, by `amr`; none when what was proven holds no
    /// more. The cookie's value is new: one that a stranger planted is never adopted (session fixation).
    pub async fn begin_session(
        &self,
        user: &User,
        amr: Vec<Amr>,
        user_agent: &str,
    ) -> Result<Option<(PlainToken, Session)>, FlowError> {
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
            amr,
        };
        self.tokens.store_session(&cookie.hashed(), &session).await?;
        // Whoever ends a user's sessions changes the account first. Looked at only now, either that change is seen
        // here, or the session just stored is among those that end (B10).
        if self.still_proven(user, &session.amr).await? {
            return Ok(Some((cookie, session)));
        }
        self.tokens.end_session(&cookie.hashed()).await?;
        let subject = Subject {
            user_id: Some(user.id),
            client_id: None,
            address: None,
        };
        let detail = "the account was changed while its user signed in";
        self.audit(AuditKind::SignInFailed, subject, detail).await;
        Ok(None)
    }

    /// Whether a user may still sign in with the password that was checked, and with nothing else than `amr`.
    async fn still_proven(&self, user: &User, amr: &[Amr]) -> Result<bool, FlowError> {
        let now = users::find(&self.database, user.id).await?;
        let Some(now) = now.filter(|now| !now.disabled && now.password_hash == user.password_hash) else {
            return Ok(false);
        };
        Ok(amr.contains(&Amr::Mfa) || self.remaining(&now).await? == Remaining::Nothing)
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
