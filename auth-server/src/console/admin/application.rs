//! `/admin/applications/{id}`: everything about one application, and what administrators do to it.

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use token_format::scope::ScopeSet;
use uuid::Uuid;

use super::super::guard::{Area, SignedIn};
use super::super::moment;
use super::applications::checklist;
use super::{WITH_SCRIPT, addresses, failed, forms, refused};
use crate::domain::listing::Place;
use crate::domain::registration::ApplicationChange;
use crate::domain::token::{RevocationTarget, TokenFilter, TokenSummary};
use crate::flows::registry::{FieldProblem, NewSecret, Problem, Registry, RegistryError, Thing};
use crate::http::headers::{PagePolicy, page, see_other};
use crate::http::visitor::Visitor;
use crate::pages::{
    AdminTab, AdminTabs, ApplicationEvent, ApplicationFields, ApplicationNotice, ApplicationPage,
    ApplicationSecretPage, PolicyFields, SecretLine, TokenLine,
};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::store::sql::audit_log::AuditQuery;

/// Tokens of a part of the list.
const TOKENS: u32 = 20;
/// Lines of the audit log below an application.
const HISTORY: i64 = 10;
const DAY: i64 = 86_400;

/// What a form that was refused shows again.
#[derive(Default)]
struct Again {
    notice: Option<ApplicationNotice>,
    fields: Option<(ApplicationFields, ScopeSet)>,
    policy: Option<PolicyFields>,
    /// What is wrong in another form than those.
    problems: Vec<FieldProblem>,
    /// The version that the form was about.
    version: Option<i64>,
}

fn here(id: &str) -> String {
    format!("{}/{id}", paths::ADMIN_APPLICATIONS)
}

/// Shows an application.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let signed = match SignedIn::enter(&state, &visitor, Area::Audit, &here(&id)).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    let params = Params::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let again = Again {
        notice: params.get("done").and_then(ApplicationNotice::done),
        ..Again::default()
    };
    shown(&state, &visitor, &signed, &id, tokens_after(&params), again).await
}

/// Behind which token the list of tokens begins.
fn tokens_after(params: &Params) -> Option<Place> {
    params.get("tokens")?.parse().ok()
}

async fn shown(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    id: &str,
    after: Option<Place>,
    again: Again,
) -> Response {
    match gathered(state, visitor, signed, id, after, again).await {
        Ok(template) => page(StatusCode::OK, &template, &WITH_SCRIPT),
        Err(error) => failed(state, visitor, &error),
    }
}

async fn gathered(
    state: &AppState,
    visitor: &Visitor,
    signed: &SignedIn,
    id: &str,
    after: Option<Place>,
    again: Again,
) -> Result<ApplicationPage, RegistryError> {
    let registry = state.services.registry(signed.actor());
    let found = registry.application(id).await?;
    let application = found.application;
    let here = here(&application.client_id);
    let filter = TokenFilter::Client(application.client_id.clone());
    let tokens = registry.live_tokens(&filter, after.as_ref(), TOKENS).await?;
    let asked = AuditQuery {
        client_id: Some(application.client_id.clone()),
        limit: HISTORY,
        ..AuditQuery::default()
    };
    let audit = registry.audit_log(&asked).await?.items;
    let owner = match application.owner_id {
        Some(owner) => addresses(&registry, vec![owner]).await?.remove(&owner),
        None => None,
    };
    let context = signed.page(visitor, &here);
    let (fields, scope) = again.fields.unwrap_or_else(|| {
        let mut fields = ApplicationFields::of(&application, owner.as_deref(), &state.services.catalogue);
        fields.problems = again.problems;
        (fields, application.scope.clone())
    });
    let now = state.services.clock.now();
    Ok(ApplicationPage {
        permissions: checklist(state, &context, &scope),
        page: context,
        tabs: AdminTabs::of(&signed.user, AdminTab::Applications),
        csrf: signed.csrf(state, &here),
        may_change: signed.user.is_admin,
        notice: again.notice,
        version: again.version.unwrap_or(found.version),
        has_proposal: found.proposal.is_some(),
        created: moment(application.created_at),
        fields,
        policy: again
            .policy
            .unwrap_or_else(|| PolicyFields::of(&application.policy)),
        secrets: secrets(&application.secrets, now),
        tokens: token_lines(&registry, tokens.items).await?,
        tokens_after: after.map(|place| place.to_string()),
        older_tokens: tokens.next.map(|place| place.to_string()),
        audit: audit
            .into_iter()
            .map(|row| ApplicationEvent {
                at: moment(row.at),
                kind: row.kind,
                detail: row.detail,
            })
            .collect(),
        application,
    })
}

fn secrets(kept: &[crate::domain::application::ClientSecret], now: i64) -> Vec<SecretLine> {
    kept.iter()
        .map(|secret| SecretLine {
            id: secret.id.to_string(),
            label: secret.label.clone(),
            created: moment(secret.created_at),
            last_used: secret.last_used_at.map(moment),
            ends: secret.expires_at.map(moment),
            is_over: secret.expires_at.is_some_and(|end| end <= now),
        })
        .collect()
}

async fn token_lines(
    registry: &Registry<'_>,
    tokens: Vec<TokenSummary>,
) -> Result<Vec<TokenLine>, RegistryError> {
    let users: Vec<Uuid> = tokens.iter().filter_map(|token| token.user_id).collect();
    let users = addresses(registry, users).await?;
    let lines = tokens.into_iter().map(|token| TokenLine {
        id: token.place().to_string(),
        user: token.user_id.and_then(|user| users.get(&user).cloned()),
        scope: token.scope.to_string(),
        issued: moment(token.issued_at_ms / 1000),
        last_used: moment(token.last_used_at_ms / 1000),
        ends: moment(token.expires_at_ms / 1000),
    });
    Ok(lines.collect())
}

/// What a form came to.
enum Done {
    /// The page says so.
    Word(&'static str),
    /// A secret, to be shown once.
    Secret(NewSecret),
}

/// Changes an application, blocks it, makes and takes away secrets, removes tokens.
pub(super) async fn change(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let action = here(&id);
    let (signed, params) = match SignedIn::submit(&state, &visitor, Area::Admin, &action, request).await {
        Ok(submitted) => submitted,
        Err(response) => return *response,
    };
    let registry = state.services.registry(signed.actor());
    match done(&registry, &params, &id, state.services.clock.now()).await {
        Ok(Done::Word(word)) => see_other(&format!("{action}?done={word}")),
        Ok(Done::Secret(made)) => match registry.application(&id).await {
            Ok(found) => {
                let template = ApplicationSecretPage {
                    page: signed.page(&visitor, &action),
                    tabs: AdminTabs::of(&signed.user, AdminTab::Applications),
                    name: found.application.name,
                    id: found.application.client_id,
                    secret: Some(made.secret.reveal().to_owned()),
                    is_new: false,
                };
                page(StatusCode::OK, &template, &PagePolicy::default())
            }
            Err(error) => failed(&state, &visitor, &error),
        },
        Err(RegistryError::Invalid(problems)) => {
            let error = RegistryError::Invalid(problems.clone());
            let again = typed(&params, problems);
            let shown = shown(&state, &visitor, &signed, &id, None, again).await;
            refused(shown, StatusCode::UNPROCESSABLE_ENTITY, error)
        }
        // What was typed was about a state that is no more: the page shows what there is now.
        Err(RegistryError::Conflict(conflict)) => {
            let again = Again {
                notice: Some(ApplicationNotice::Conflict(conflict)),
                ..Again::default()
            };
            let shown = shown(&state, &visitor, &signed, &id, None, again).await;
            refused(shown, StatusCode::CONFLICT, conflict)
        }
        Err(error) => failed(&state, &visitor, &error),
    }
}

/// What was typed, to be shown again with what is wrong.
fn typed(params: &Params, problems: Vec<FieldProblem>) -> Again {
    let mut again = Again {
        notice: Some(ApplicationNotice::Problems),
        version: params.get("version").and_then(|version| version.parse().ok()),
        ..Again::default()
    };
    if params.get("action") == Some("policy") {
        again.policy = Some(PolicyFields {
            problems,
            ..forms::policy_fields(params)
        });
    } else if params.get("action") == Some("edit") {
        let fields = ApplicationFields {
            problems,
            ..forms::fields(params)
        };
        again.fields = Some((fields, forms::scope(params).unwrap_or_default()));
    } else {
        again.problems = problems;
    }
    again
}

async fn done(registry: &Registry<'_>, params: &Params, id: &str, now: i64) -> Result<Done, RegistryError> {
    let field = |name: &str| params.get(name).unwrap_or_default().trim();
    let label = params
        .get("label")
        .map(str::trim)
        .filter(|label| !label.is_empty());
    Ok(match field("action") {
        "edit" => {
            let change = edited(registry, params).await?;
            registry.edit_application(id, &change, version(params)?).await?;
            Done::Word("saved")
        }
        "policy" => {
            let policy = forms::policy(&forms::policy_fields(params)).map_err(RegistryError::Invalid)?;
            let change = ApplicationChange {
                policy: Some(policy),
                ..ApplicationChange::default()
            };
            registry.edit_application(id, &change, version(params)?).await?;
            Done::Word("saved")
        }
        "disable" => {
            registry.set_application_disabled(id, true).await?;
            Done::Word("disabled")
        }
        "enable" => {
            registry.set_application_disabled(id, false).await?;
            Done::Word("enabled")
        }
        "add_secret" => {
            let ends = match field("days") {
                "" => None,
                days => Some(now + DAY * days_of(days)?),
            };
            Done::Secret(registry.add_secret(id, label, ends).await?)
        }
        "rotate_secret" => {
            let overlap = field("overlap").parse();
            let overlap = overlap.map_err(|_| Problem::Choice.of("overlap_seconds"))?;
            Done::Secret(registry.rotate_secret(id, overlap, label).await?)
        }
        "revoke_secret" => {
            let secret = field("secret").parse::<Uuid>();
            let secret = secret.map_err(|_| RegistryError::NotFound(Thing::Secret))?;
            registry.revoke_secret(id, secret).await?;
            Done::Word("secret-revoked")
        }
        "remove_token" => {
            let token = field("token").parse::<Place>();
            let token = token.map_err(|_| RegistryError::NotFound(Thing::Token))?;
            registry.remove_token_of(id, &token.id).await?;
            Done::Word("token-removed")
        }
        "remove_tokens" => {
            registry.application(id).await?;
            let all = RevocationTarget::Client(id.to_owned());
            registry.remove_tokens(&all).await?;
            Done::Word("tokens-removed")
        }
        _ => return Err(Problem::Choice.of("action").into()),
    })
}

/// The version that the form was about; without it nothing is changed.
fn version(params: &Params) -> Result<Option<i64>, RegistryError> {
    let version = params.get("version").and_then(|version| version.parse().ok());
    version
        .map(Some)
        .ok_or_else(|| Problem::Required.of("version").into())
}

fn days_of(days: &str) -> Result<i64, FieldProblem> {
    let (least, most) = (1, 3650);
    let days = days.parse().ok().filter(|days| (least..=most).contains(days));
    days.ok_or_else(|| Problem::Range { least, most }.of("expires_at"))
}

/// The change that the form describes.
async fn edited(registry: &Registry<'_>, params: &Params) -> Result<ApplicationChange, RegistryError> {
    let fields = forms::fields(params);
    let owner = match fields.owner.as_str() {
        "" => None,
        email => match registry.user_by_email(email).await {
            Ok(person) => Some(person.user.id),
            Err(RegistryError::NotFound(_) | RegistryError::Invalid(_)) => {
                return Err(Problem::UnknownUser.of("owner_id").into());
            }
            Err(error) => return Err(error),
        },
    };
    Ok(ApplicationChange {
        name: Some(fields.name.clone()),
        profile: Some(forms::profile(&fields.profile)?),
        policy: None,
        redirect_uris: Some(forms::lines(&fields.redirect_uris)),
        scope: Some(forms::scope(params)?),
        domains: Some(forms::lines(&fields.domains)),
        owner_id: Some(owner),
        homepage_url: Some(forms::optional(&fields.homepage_url)),
        policy_url: Some(forms::optional(&fields.policy_url)),
        logo_url: Some(forms::optional(&fields.logo_url)),
        use_case: Some(forms::optional(&fields.use_case)),
        description: Some(forms::optional(&fields.description)),
    })
}
