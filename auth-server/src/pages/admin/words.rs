//! Words for the values of an application and its policy.

use super::super::PageContext;
use super::super::texts::Text;
use crate::domain::policy::GrantType;

impl PageContext {
    pub(super) fn client_kind(&self, kind: &str) -> &'static Text {
        let texts = &self.admin().kind;
        match kind {
            "public" => &texts.public,
            "key_only" => &texts.key_only,
            _ => &texts.confidential,
        }
    }

    pub(super) fn policy_life(&self, name: &str) -> &'static Text {
        let texts = &self.admin().policy;
        match name {
            "access_seconds" => &texts.access_seconds,
            "access_from_refresh_seconds" => &texts.access_from_refresh_seconds,
            "refresh_seconds" => &texts.refresh_seconds,
            "family_seconds" => &texts.family_seconds,
            "code_seconds" => &texts.code_seconds,
            _ => &texts.reuse_grace_seconds,
        }
    }

    pub(super) fn policy_choice(&self, name: &str) -> &'static Text {
        let texts = &self.admin().policy;
        match name {
            "pkce" => &texts.pkce,
            "access_format" => &texts.access_format,
            "refresh" => &texts.refresh,
            "redirect_uri_at_exchange" => &texts.redirect_uri_at_exchange,
            _ => &texts.token_type,
        }
    }

    pub(super) fn policy_option(&self, value: &str) -> &'static Text {
        let texts = &self.admin().policy_option;
        match value {
            "required" => &texts.required,
            "optional_for_confidential" => &texts.optional_for_confidential,
            "jwt" => &texts.jwt,
            "opaque" => &texts.opaque,
            "opaque86" => &texts.opaque86,
            "rotate" => &texts.rotate,
            "keep" => &texts.keep,
            "as_requested" => &texts.as_requested,
            "optional" => &texts.optional,
            "Bearer" => &texts.bearer,
            _ => &texts.lower_bearer,
        }
    }

    pub(super) fn policy_flag(&self, name: &str) -> &'static Text {
        let texts = &self.admin().policy;
        match name {
            "review" => &texts.review,
            _ => &texts.allow_any_domain,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(super) fn grant(&self, grant: &GrantType) -> &'static Text {
        let texts = &self.admin().grant;
        match *grant {
            GrantType::AuthorizationCode => &texts.authorization_code,
            GrantType::RefreshToken => &texts.refresh_token,
            GrantType::ClientCredentials => &texts.client_credentials,
            GrantType::Password => &texts.password,
            GrantType::Delegation => &texts.delegation,
        }
    }
}
