//! Steps 4 and 5: what the user allows, and the code.

use std::sync::Arc;

use token_format::scope::ScopeSet;

use super::{ConsentQuestion, Decision, Identified, Step, Validated, error};
use crate::domain::application::Application;
use crate::domain::audit::AuditKind;
use crate::domain::grant::{CodeBinding, FamilyId, Grant};
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::domain::token::CodeRecord;
use crate::domain::user::User;
use crate::domain::webhook::{EventType, Happening};
use crate::flows::audit::Subject;
use crate::flows::{FlowError, Services};
use crate::mint::CODE_MARK;
use crate::protocol::error::ErrorCode;
use crate::store::sql::{consents, users};

impl Services {
    /// Step 4: what the user allows. Remembered consent answers for what it covers, but never for a public
    /// client whose redirect URI does not prove who it is (RFC 8252 8.6).
    pub(super) async fn consent(
        &self,
        request: &Identified<'_>,
        validated: &Validated,
        session: &Session,
        user: &User,
        decision: Option<&Decision>,
    ) -> Result<Step, FlowError> {
        let application = &request.application;
        let consent = consents::find(&self.database, user.id, &application.client_id).await?;
        let stored = consent.map(|consent| consent.scope);
        let first_time = stored.is_none();
        let remembered = stored.clone().unwrap_or_default();
        let requested = &validated.negotiated.scope;
        let unproven = application.is_public() && !request.target.is_https();
        let ask_all = validated.prompt.consent || unproven;
        let allowed_before: ScopeSet = requested
            .iter()
            .filter(|scope| !ask_all && remembered.covers(scope))
            .collect();
        let asked = requested.difference(&allowed_before);
        let ask = first_time || !asked.is_empty() || ask_all;
        match decision {
            // A no stands even where another tab has said yes since the page was shown.
            Some(Decision::Deny) => self.denied(request, user, "the user said no").await,
            _ if !ask => {
                self.answer_with_code(request, validated, session, user, requested.clone())
                    .await
            }
            None if validated.prompt.none => Ok(self.refuse(
                request,
                error(
                    ErrorCode::ConsentRequired,
                    "the user has not allowed all of this yet",
                ),
            )),
            None => Ok(Step::Consent(Box::new(ConsentQuestion {
                application: Arc::clone(application),
                owner: self.owner_name(application).await?,
                user: user.clone(),
                target: request.target.clone(),
                mandatory: asked.intersection(&application.policy.mandatory_scope),
                asked,
                allowed_before,
            }))),
            Some(Decision::Allow(ticked)) => {
                let mandatory = requested.intersection(&application.policy.mandatory_scope);
                let granted = allowed_before
                    .union(&asked.intersection(ticked))
                    .union(&mandatory);
                if granted == mandatory && granted != *requested && asked.intersection(ticked).is_empty() {
                    return self.denied(request, user, "nothing was ticked").await;
                }
                let kept = remembered.difference(&asked).union(&granted);
                let saving = consents::save(
                    &self.database,
                    user.id,
                    &application.client_id,
                    stored.as_ref(),
                    &kept,
                    self.clock.now(),
                );
                if !saving.await? {
                    // Another tab allowed or withdrew something since this was read: what is missing now is asked.
                    return Box::pin(self.consent(request, validated, session, user, None)).await;
                }
                let subject = Subject {
                    user_id: Some(user.id),
                    client_id: Some(&application.client_id),
                    address: None,
                };
                self.audit(AuditKind::ConsentGranted, subject, granted.to_string())
                    .await;
                let happening = Happening::new(EventType::GrantCreated)
                    .application(&application.client_id)
                    .user(user.id)
                    .fact("scope", granted.to_string());
                self.emit(happening).await;
                self.answer_with_code(request, validated, session, user, granted)
                    .await
            }
        }
    }

    async fn owner_name(&self, application: &Application) -> Result<Option<String>, FlowError> {
        let Some(owner) = application.owner_id else {
            return Ok(None);
        };
        Ok(users::find(&self.database, owner).await?.map(|owner| owner.name))
    }

    async fn denied(
        &self,
        request: &Identified<'_>,
        user: &User,
        why: &'static str,
    ) -> Result<Step, FlowError> {
        let subject = Subject {
            user_id: Some(user.id),
            client_id: Some(&request.application.client_id),
            address: None,
        };
        self.audit(AuditKind::ConsentDenied, subject, why).await;
        Ok(self.refuse(request, error(ErrorCode::AccessDenied, why)))
    }

    /// Step 5: the code, bound to what the exchange must match.
    async fn answer_with_code(
        &self,
        request: &Identified<'_>,
        validated: &Validated,
        session: &Session,
        user: &User,
        scope: ScopeSet,
    ) -> Result<Step, FlowError> {
        let code = PlainToken::generate(CODE_MARK);
        let now_ms = self.clock.now_millis();
        // A user blocked since the session was read is seen here, or the cut-off is later than this moment.
        if users::find(&self.database, user.id)
            .await?
            .is_none_or(|user| user.disabled)
        {
            return Ok(self.sign_in(request));
        }
        // The same for what the user withdrew in the meantime.
        let consent = consents::find(&self.database, user.id, &request.application.client_id).await?;
        if !consent.is_some_and(|consent| scope.iter().all(|value| consent.scope.covers(value))) {
            return Ok(self.sign_in(request));
        }
        let record = CodeRecord {
            family: FamilyId(self.clock.new_id()),
            grant: Grant {
                client_id: request.application.client_id.clone(),
                user_id: Some(user.id),
                scope,
                resource: validated.resource.url.clone(),
                auth_time: Some(session.auth_time),
                sid: Some(session.sid.clone()),
                email: validated.resource.first_party.then(|| user.email.clone()),
                delegated: false,
            },
            binding: CodeBinding {
                redirect_uri: request.target.uri().to_owned(),
                redirect_uri_was_sent: request.target.was_sent(),
                pkce: validated.negotiated.pkce.clone(),
            },
            expires_at_ms: now_ms + request.application.policy.code_seconds * 1000,
        };
        self.tokens.store_code(&code.hashed(), &record, now_ms).await?;
        Ok(self.answer(request, vec![("code", code.reveal().to_owned())], None))
    }
}
