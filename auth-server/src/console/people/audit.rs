//! `/admin/audit`: who did what.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use chrono::{Days, NaiveDate, NaiveTime};
use uuid::Uuid;

use super::super::api::audit::file;
use super::super::guard::{Area, SignedIn};
use super::{LINES, after, audit_line, failed, given, link, read, status, value};
use crate::domain::audit::AuditKind;
use crate::domain::listing::Listed;
use crate::flows::registry::{Registry, RegistryError};
use crate::http::failure::error_page;
use crate::http::headers::{PagePolicy, page};
use crate::http::visitor::Visitor;
use crate::pages::{AdminTab, AdminTabs, AuditFilter, AuditPage, ErrorReason, FormProblems};
use crate::paths;
use crate::protocol::request::Params;
use crate::state::AppState;
use crate::store::sql::audit_log::AuditQuery;

/// A query, or what is wrong with the filter it was to be made of.
type Filtered = Result<AuditQuery, FormProblems>;

fn filter(params: &Params) -> AuditFilter {
    AuditFilter {
        kind: value(params, "kind"),
        user: value(params, "user"),
        client_id: value(params, "client_id"),
        from: value(params, "from"),
        until: value(params, "until"),
    }
}

fn pairs(filter: &AuditFilter) -> [(&'static str, &str); 5] {
    [
        ("kind", &filter.kind),
        ("user", &filter.user),
        ("client_id", &filter.client_id),
        ("from", &filter.from),
        ("until", &filter.until),
    ]
}

/// The first second of a day; with `next` of the day after.
fn day(params: &Params, name: &'static str, next: bool) -> Result<Option<i64>, FormProblems> {
    let Some(text) = given(params, name) else {
        return Ok(None);
    };
    let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
    let day = day.and_then(|day| day.checked_add_days(Days::new(u64::from(next))));
    match day {
        Some(day) => Ok(Some(day.and_time(NaiveTime::MIN).and_utc().timestamp())),
        None => Err(FormProblems::field(name, "date")),
    }
}

/// The id of the user whom the filter names by id or address.
async fn user(registry: &Registry<'_>, text: String) -> Result<Option<String>, RegistryError> {
    if let Ok(id) = text.parse::<Uuid>() {
        return Ok(Some(id.to_string()));
    }
    match registry.user_by_email(&text).await {
        Ok(person) => Ok(Some(person.user.id.to_string())),
        Err(RegistryError::NotFound(_) | RegistryError::Invalid(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn query(registry: &Registry<'_>, params: &Params) -> Result<Filtered, RegistryError> {
    let kind = given(params, "kind");
    if kind
        .as_deref()
        .is_some_and(|kind| AuditKind::from_name(kind).is_none())
    {
        return Ok(Err(FormProblems::field("kind", "other")));
    }
    let (from, until) = match (day(params, "from", false), day(params, "until", true)) {
        (Ok(from), Ok(until)) => (from, until),
        (Err(problems), _) | (_, Err(problems)) => return Ok(Err(problems)),
    };
    let user_id = match given(params, "user") {
        None => None,
        Some(text) => match user(registry, text).await? {
            None => return Ok(Err(FormProblems::field("user", "unknown_user"))),
            found => found,
        },
    };
    Ok(Ok(AuditQuery {
        kind,
        user_id,
        client_id: given(params, "client_id"),
        from,
        until,
        after: after(params),
        limit: LINES,
    }))
}

/// Lists lines, the newest first.
pub(super) async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(text): RawQuery,
) -> Response {
    let params = read(text.as_deref());
    let filter = filter(&params);
    let here = link(paths::ADMIN_AUDIT, &pairs(&filter));
    let signed = match SignedIn::enter(&state, &visitor, Area::Audit, &here).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    let registry = state.services.registry(signed.actor());
    let nothing = Listed {
        items: Vec::new(),
        next: None,
    };
    let found = match query(&registry, &params).await {
        Ok(Ok(query)) => registry
            .audit_log(&query)
            .await
            .map(|found| (found, FormProblems::default())),
        Ok(Err(problems)) => Ok((nothing, problems)),
        Err(error) => Err(error),
    };
    let (found, problems) = match found {
        Ok(found) => found,
        Err(error) => return failed(&state, &visitor, error),
    };
    let with = |path: &str, name: &'static str, value: &str| {
        let narrowed: Vec<_> = pairs(&filter).into_iter().chain([(name, value)]).collect();
        link(path, &narrowed)
    };
    let status = status(&problems);
    let template = AuditPage {
        page: signed.page(&visitor, &here),
        tabs: AdminTabs::of(&signed.user, AdminTab::Audit),
        problems,
        lines: found.items.into_iter().map(audit_line).collect(),
        is_first: after(&params).is_none(),
        older: found
            .next
            .map(|place| with(paths::ADMIN_AUDIT, "after", &place.to_string())),
        csv: with(paths::ADMIN_AUDIT_FILE, "format", "csv"),
        json: with(paths::ADMIN_AUDIT_FILE, "format", "jsonl"),
        filter,
    };
    page(status, &template, &PagePolicy::default())
}

/// Everything that the filters leave, as a file.
pub(super) async fn download(
    State(state): State<AppState>,
    visitor: Visitor,
    RawQuery(text): RawQuery,
) -> Response {
    let params = read(text.as_deref());
    let here = link(paths::ADMIN_AUDIT, &pairs(&filter(&params)));
    let signed = match SignedIn::enter(&state, &visitor, Area::Audit, &here).await {
        Ok(signed) => signed,
        Err(response) => return *response,
    };
    let csv = match given(&params, "format").as_deref() {
        Some("csv") => true,
        None | Some("jsonl") => false,
        Some(_) => {
            let why = "an export is csv or jsonl";
            return error_page(&state, &visitor, ErrorReason::BadInput, Some(why.to_owned()), why);
        }
    };
    let registry = state.services.registry(signed.actor());
    match query(&registry, &params).await {
        Ok(Ok(query)) => file(&state, query, csv),
        // The page says what is wrong with the filter.
        Ok(Err(_)) => crate::http::headers::see_other(&here),
        Err(error) => failed(&state, &visitor, error),
    }
}
