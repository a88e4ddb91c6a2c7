//! What users do to their own accounts beside the second factors: sessions, language, and a copy of everything.

use serde_json::{Value, json};

use super::audit::Subject;
use super::{FlowError, Services};
use crate::domain::audit::AuditKind;
use crate::domain::event::Event;
use crate::domain::listing::Listed;
use crate::domain::role::Role;
use crate::domain::secret::PlainToken;
use crate::domain::user::User;
use crate::store::sql::audit::AuditRow;
use crate::store::sql::audit_log::AuditQuery;
use crate::store::sql::people::{self, Update};
use crate::store::sql::{audit_log, consents, groups, mail_links};

/// Rows that are read at once.
const PART: i64 = 500;
/// Lines of the audit log in a download, the newest of them.
const MOST_LINES: usize = 10_000;
/// Groups in a download.
const MOST_GROUPS: i64 = 10_000;

impl Services {
    /// Ends one session of a user; false when the user has none such.
    pub async fn end_own_session(&self, user: &User, sid: &str, address: &str) -> Result<bool, FlowError> {
        let now_ms = self.clock.now_millis();
        let ended = self.tokens.end_session_of(user.id, sid, now_ms).await?;
        if ended {
            let subject = subject(user, address);
            self.audit(AuditKind::SignOut, subject, "one session, ended in the account")
                .await;
        }
        Ok(ended)
    }

    /// Ends every session of a user but the one of this cookie.
    pub async fn end_other_sessions(
        &self,
        user: &User,
        cookie: &PlainToken,
        address: &str,
    ) -> Result<(), FlowError> {
        self.tokens
            .end_user_sessions(user.id, Some(&cookie.hashed()))
            .await?;
        let subject = subject(user, address);
        self.audit(
            AuditKind::SignOut,
            subject,
            "all other sessions, ended in the account",
        )
        .await;
        Ok(())
    }

    /// Sets the language of a user's messages and pages; none: the browser's.
    pub async fn set_language(
        &self,
        user: &User,
        language: Option<&str>,
        address: &str,
    ) -> Result<(), FlowError> {
        let update = Update {
            language: Some(language),
            ..Update::default()
        };
        let known = people::update(&self.database, user.id, &update, self.clock.now()).await?;
        if known.is_some() {
            let event = Event::UserChanged { user_id: user.id };
            self.tokens.publish(&event, self.clock.now_millis()).await?;
            let detail = format!("language: {}", language.unwrap_or("the browser's"));
            self.audit(AuditKind::AccountChanged, subject(user, address), detail)
                .await;
        }
        Ok(())
    }

    /// The lines of the audit log about a user, the newest first.
    pub async fn history(&self, user: &User, query: AuditQuery) -> Result<Listed<AuditRow>, FlowError> {
        let query = AuditQuery {
            user_id: Some(user.id.to_string()),
            ..query
        };
        Ok(audit_log::list(&self.database, &query).await?)
    }

    /// Everything that is kept about a user, without any secret: for the user.
    pub async fn everything_about(&self, user: &User, address: &str) -> Result<Value, FlowError> {
        let subject = subject(user, address);
        self.audit(AuditKind::DataDownloaded, subject, "by its user")
            .await;
        let now_ms = self.clock.now_millis();
        let factors = self.second_factors(user.id).await?;
        let sessions = self.tokens.list_sessions(user.id, now_ms).await?;
        let memberships = groups::of_users(&self.database, &[user.id], MOST_GROUPS).await?;
        let (history, history_is_complete) = self.whole_history(user).await?;
        Ok(json!({
            "made_at": self.clock.now(),
            "issuer": self.issuer.as_ref(),
            "account": {
                "id": user.id,
                "email": user.email,
                "email_verified_at": mail_links::verified_at(&self.database, user.id).await?,
                "name": user.name,
                "language": user.language,
                "roles": Role::of(user),
                "disabled": user.disabled,
                "has_password": user.password_hash.is_some(),
                "created_at": user.created_at,
            },
            "groups": memberships.iter().map(|(_, group)| json!({
                "id": group.id,
                "name": group.name,
            })).collect::<Vec<_>>(),
            "second_factors": {
                "authenticator_app": factors.totp.as_ref().map(|totp| json!({
                    "created_at": totp.created_at,
                    "last_used_at": totp.last_used_at,
                })),
                "passkeys": factors.passkeys.iter().map(|passkey| json!({
                    "name": passkey.name,
                    "created_at": passkey.created_at,
                    "last_used_at": passkey.last_used_at,
                })).collect::<Vec<_>>(),
                "recovery_codes_left": factors.recovery_codes,
            },
            "permissions": self.every_consent(user).await?,
            "tokens": self.tokens_of(user.id).await?.iter().map(|token| json!({
                "client_id": token.client_id,
                "scope": token.scope,
                "issued_at": token.issued_at_ms.div_euclid(1000),
                "last_used_at": token.last_used_at_ms.div_euclid(1000),
                "expires_at": token.expires_at_ms.div_euclid(1000),
            })).collect::<Vec<_>>(),
            "sessions": sessions.iter().map(|session| json!({
                "began_at": session.created_at,
                "proven_at": session.auth_time,
                "expires_at": session.expires_at,
                "proven_by": session.amr,
                "browser": session.user_agent,
            })).collect::<Vec<_>>(),
            "history": history,
            "history_is_complete": history_is_complete,
        }))
    }

    async fn every_consent(&self, user: &User) -> Result<Vec<Value>, FlowError> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let part = consents::of_user(&self.database, user.id, after.as_ref(), PART).await?;
            for consent in part.items {
                let application = self.clients.application(&consent.client_id).await?;
                found.push(json!({
                    "client_id": consent.client_id,
                    "application": application.map(|application| application.name.clone()),
                    "scope": consent.scope,
                    "granted_at": consent.granted_at,
                    "updated_at": consent.updated_at,
                }));
            }
            after = part.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    /// The lines about a user, and whether these are all. What others did to the account names them in its words: those
    /// are theirs, and stay out.
    async fn whole_history(&self, user: &User) -> Result<(Vec<Value>, bool), FlowError> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let query = AuditQuery {
                after,
                limit: PART,
                ..AuditQuery::default()
            };
            let part = self.history(user, query).await?;
            found.extend(part.items.iter().map(|row| {
                json!({
                    "at": row.at,
                    "what": row.kind,
                    "client_id": row.client_id,
                    "address": own_address(row),
                    "detail": is_own(row).then_some(&row.detail),
                })
            }));
            after = part.next;
            if after.is_none() || found.len() >= MOST_LINES {
                return Ok((found, after.is_none()));
            }
        }
    }
}

/// Whether a line is of a kind that the user alone writes (or who tried to be the user): in the others, an
/// administrator's address and words may stand.
pub fn is_own(row: &AuditRow) -> bool {
    AuditKind::from_name(&row.kind).is_some_and(|kind| {
        matches!(
            kind,
            AuditKind::SignIn
                | AuditKind::SignInFailed
                | AuditKind::SignOut
                | AuditKind::ConsentGranted
                | AuditKind::ConsentDenied
                | AuditKind::ConsentWithdrawn
                | AuditKind::SecondFactorAsked
                | AuditKind::PasswordReset
                | AuditKind::EmailVerified
                | AuditKind::AccountChanged
                | AuditKind::DataDownloaded
        )
    })
}

/// Where something came from, when that is the user's to know.
pub fn own_address(row: &AuditRow) -> Option<&str> {
    row.address.as_deref().filter(|_| is_own(row))
}

fn subject<'a>(user: &User, address: &'a str) -> Subject<'a> {
    Subject {
        user_id: Some(user.id),
        client_id: None,
        address: Some(address),
    }
}
