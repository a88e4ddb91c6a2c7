//! Our values as arguments of the scripts; what is absent is an empty string.

use redis::ScriptInvocation;
use serde::Serialize;
use token_format::scope::ScopeSet;

use super::connection::corrupt;
use crate::domain::grant::Grant;
use crate::domain::token::{NewAccess, Opening};
use crate::store::StoreError;

pub(super) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt("JSON", error))
}

pub(super) fn user(grant: &Grant) -> String {
    grant.user_id.map(|id| id.to_string()).unwrap_or_default()
}

/// Client, user, and the grant as JSON.
pub(super) fn grant(call: &mut ScriptInvocation<'_>, grant: &Grant, json: String) {
    call.arg(&grant.client_id).arg(user(grant)).arg(json);
}

/// Key, jti, issue, end, scope.
pub(super) fn access(call: &mut ScriptInvocation<'_>, access: &NewAccess) {
    call.arg(access.key.to_text()).arg(access.jti.to_string());
    call.arg(access.issued_at_ms).arg(access.expires_at_ms);
    // A mark before the scope tells "narrowed to nothing" from "not narrowed".
    match &access.scope {
        Some(scope) => call.arg(format!("={}", ScopeSet::as_str(scope))),
        None => call.arg(""),
    };
}

/// The access token, the refresh token and its end, the family's end.
pub(super) fn opening(call: &mut ScriptInvocation<'_>, opening: &Opening) {
    access(call, &opening.access);
    match &opening.refresh {
        Some(refresh) => call.arg(refresh.hash.as_str()).arg(refresh.expires_at_ms),
        None => call.arg("").arg(0),
    };
    call.arg(opening.family_ends_at_ms);
}
