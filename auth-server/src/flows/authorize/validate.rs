//! Steps 1 and 2: who asks and where the answer may go, then everything else about the request, in one function
//! for every way it can come.

use super::{Identified, Prompt, Refusal, ResponseMode, Validated, error};
use crate::domain::application::ReviewStatus;
use crate::domain::policy::{GrantType, Profile};
use crate::engine::{AuthorizationFacts, negotiate_authorization};
use crate::flows::{FlowError, Services};
use crate::protocol::error::{ErrorCode, ProtocolError};
use crate::protocol::redirect::RedirectTarget;
use crate::protocol::request::Params;
use crate::protocol::scope;

impl Services {
    /// Step 1: the application and the redirect URI.
    pub(super) async fn identify<'a>(
        &self,
        params: &'a Params,
    ) -> Result<Result<Identified<'a>, Refusal>, FlowError> {
        let unknown = |reason: String| Ok(Err(Refusal::UnknownApplication(reason)));
        let client = match read_client(params) {
            Ok(client) => client,
            Err(reason) => return unknown(reason.to_owned()),
        };
        let client_id = client.id();
        let Some(application) = self.clients.application(client_id).await? else {
            return unknown(format!("no application has the client_id {client_id:?}"));
        };
        if matches!(client, Client::Alias(_)) && application.profile != Profile::Jiomeet {
            return unknown(format!(
                "clientId stands for client_id with profile jiomeet alone, and {client_id} has {}",
                application.profile
            ));
        }
        if application.disabled {
            return Ok(Err(Refusal::Blocked(application.name.clone())));
        }
        if application.review != ReviewStatus::Approved {
            return Ok(Err(Refusal::NotApproved(application.review)));
        }
        if params.is_repeated("redirect_uri") {
            return Ok(Err(Refusal::BadRedirect("redirect_uri is repeated".to_owned())));
        }
        let public = application.is_public();
        let target =
            match RedirectTarget::find(&application.redirect_uris, params.get("redirect_uri"), public) {
                Ok(target) => target,
                Err(mismatch) => return Ok(Err(Refusal::BadRedirect(mismatch.to_string()))),
            };
        let mode = match params.get("response_mode") {
            Some("form_post") => ResponseMode::FormPost,
            _ => ResponseMode::Query,
        };
        Ok(Ok(Identified {
            application,
            target,
            mode,
            params,
        }))
    }

    /// Step 2: everything else, in one function for every way a request can come.
    pub(super) fn validate(&self, request: &Identified<'_>) -> Result<Validated, ProtocolError> {
        let params = request.params;
        let invalid = |text: String| ProtocolError::new(ErrorCode::InvalidRequest, text);
        if let Some(name) = params.duplicate() {
            return Err(invalid(format!("the parameter {name} is repeated")));
        }
        for (name, code) in [
            ("request", ErrorCode::RequestNotSupported),
            ("request_uri", ErrorCode::RequestUriNotSupported),
            ("registration", ErrorCode::RegistrationNotSupported),
        ] {
            if params.get(name).is_some() {
                return Err(ProtocolError::new(
                    code,
                    format!("the parameter {name} is not supported"),
                ));
            }
        }
        if let Some(mode) = params
            .get("response_mode")
            .filter(|mode| !matches!(*mode, "query" | "form_post"))
        {
            return Err(
                invalid("response_mode must be query or form_post".to_owned()).because(format!("{mode:?}"))
            );
        }
        Self::check_grant(&request.application, GrantType::AuthorizationCode)?;
        let prompt = read_prompt(params.get("prompt"))?;
        let max_age = params
            .get("max_age")
            .map(|age| {
                age.parse::<i64>()
                    .ok()
                    .filter(|age| *age >= 0)
                    .ok_or("max_age must be a number of seconds")
            })
            .transpose()
            .map_err(|text| invalid(text.to_owned()))?;
        let requested_scope = params.get("scope").map(scope::parse).transpose()?;
        let mut negotiated = negotiate_authorization(&AuthorizationFacts {
            params,
            application: &request.application,
            target: &request.target,
            requested_scope: requested_scope.as_ref(),
        })?;
        let resource = self.target(params)?;
        negotiated.scope = self.narrow(&resource, requested_scope.as_ref(), &negotiated.scope)?;
        Ok(Validated {
            negotiated,
            resource,
            prompt,
            max_age,
        })
    }
}

/// How a request names its application.
enum Client<'a> {
    /// As RFC 6749 does.
    Standard(&'a str),
    /// As profile jiomeet does (S4.37).
    Alias(&'a str),
}

impl<'a> Client<'a> {
    fn id(&self) -> &'a str {
        match self {
            Self::Standard(id) | Self::Alias(id) => id,
        }
    }
}

/// One name for one application: of two that differ, different readers would believe different ones.
fn read_client(params: &Params) -> Result<Client<'_>, &'static str> {
    for (name, problem) in [
        ("client_id", "client_id is repeated"),
        ("clientId", "clientId is repeated"),
    ] {
        if params.is_repeated(name) {
            return Err(problem);
        }
    }
    match (params.get("client_id"), params.get("clientId")) {
        (None, None) => Err("client_id is missing"),
        (Some(id), None) => Ok(Client::Standard(id)),
        (Some(id), Some(alias)) if id == alias => Ok(Client::Standard(id)),
        (Some(_), Some(_)) => Err("client_id and clientId differ"),
        (None, Some(alias)) => Ok(Client::Alias(alias)),
    }
}

fn read_prompt(value: Option<&str>) -> Result<Prompt, ProtocolError> {
    let mut prompt = Prompt::default();
    for word in value
        .unwrap_or_default()
        .split(' ')
        .filter(|word| !word.is_empty())
    {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            other => {
                return Err(error(ErrorCode::InvalidRequest, "prompt has an unknown value")
                    .because(format!("{other:?}")));
            }
        }
    }
    if prompt.none && (prompt.login || prompt.consent) {
        return Err(error(ErrorCode::InvalidRequest, "prompt=none stands alone"));
    }
    Ok(prompt)
}
