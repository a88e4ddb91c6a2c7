//! From a form to a draft and back.

use token_format::catalogue::Owner;
use token_format::scope::ScopeSet;

use crate::domain::application::{Application, ReviewStatus};
use crate::domain::registration::Registration;
use crate::flows::registry::Draft;
use crate::pages::{AppFields, Language, PermissionChoice, PermissionTexts};
use crate::protocol::request::Params;
use crate::protocol::scope::without_implied;
use crate::state::AppState;

/// The permissions of profile jiomeet (S4.13), in the order of its document.
const JIOMEET: [&str; 6] = [
    "user:read",
    "meeting:create",
    "meeting:delete",
    "meeting:read",
    "meeting:update",
    "meeting:join",
];

/// Reads the form. Callback URLs that are left empty are none.
pub(super) fn read(params: &Params) -> AppFields {
    let text = |name| params.get(name).unwrap_or_default().trim().to_owned();
    AppFields {
        name: text("name"),
        homepage_url: text("homepage_url"),
        policy_url: text("policy_url"),
        logo_url: text("logo_url"),
        use_case: text("use_case"),
        description: text("description"),
        redirect_uris: params
            .all("redirect_uri")
            .map(|uri| uri.trim().to_owned())
            .filter(|uri| !uri.is_empty())
            .collect(),
        scope: without_implied(&params.all("scope").collect()),
        public: params.get("kind") == Some("public"),
    }
}

/// What the registry takes.
pub(super) fn draft(fields: &AppFields) -> Draft {
    let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
    Draft {
        name: fields.name.clone(),
        homepage_url: filled(&fields.homepage_url),
        policy_url: filled(&fields.policy_url),
        logo_url: filled(&fields.logo_url),
        use_case: filled(&fields.use_case),
        description: filled(&fields.description),
        redirect_uris: fields.redirect_uris.clone(),
        scope: fields.scope.clone(),
        public: fields.public,
    }
}

/// What is to be edited: the application, with what was proposed of it.
pub(super) fn of(registration: &Registration) -> AppFields {
    let mut application: Application = registration.application.clone();
    if application.review == ReviewStatus::Approved
        && let Some(proposal) = &registration.proposal
    {
        proposal.change.apply(&mut application);
    }
    AppFields {
        public: application.is_public(),
        name: application.name,
        homepage_url: application.homepage_url.unwrap_or_default(),
        policy_url: application.policy_url.unwrap_or_default(),
        logo_url: application.about.logo_url.unwrap_or_default(),
        use_case: application.about.use_case.unwrap_or_default(),
        description: application.about.description.unwrap_or_default(),
        redirect_uris: application.redirect_uris,
        scope: application.scope,
    }
}

/// The permissions that a developer may ask for: those of the profile, and those of other APIs. What is given by
/// administrators alone is not among them.
pub(super) fn permissions(
    state: &AppState,
    language: Language,
    ticked: &ScopeSet,
) -> (Vec<PermissionChoice>, Vec<PermissionChoice>) {
    let services = &state.services;
    let texts = PermissionTexts::new(services.catalogue.clone());
    let choice = |scope: &str| PermissionChoice {
        scope: scope.to_owned(),
        label: texts.label(scope, language),
        description: texts.description(scope, language),
        ticked: ticked.covers(scope),
    };
    let writable = services.directory.is_writable();
    let others = services.catalogue.iter().filter(|(scope, permission)| {
        let can_be_had = writable || !permission.writes_directory || ticked.contains(scope);
        permission.of != Owner::Server && can_be_had && !JIOMEET.contains(scope)
    });
    (
        JIOMEET.into_iter().map(choice).collect(),
        others.map(|(scope, _)| choice(scope)).collect(),
    )
}
