//! What the forms of applications say, read into what the registry takes.

use serde_json::{Map, Value};
use token_format::scope::ScopeSet;

use crate::domain::policy::{GrantType, Policy, Profile};
use crate::flows::registry::{FieldProblem, Kind, Problem, policy_problems};
use crate::pages::{ApplicationFields, CHOICES, FLAGS, LIVES, PolicyFields};
use crate::protocol::request::Params;
use crate::protocol::scope::without_implied;

/// What is typed into the form of an application.
pub(super) fn fields(params: &Params) -> ApplicationFields {
    let text = |name: &str| params.get(name).unwrap_or_default().trim().to_owned();
    ApplicationFields {
        name: text("name"),
        redirect_uris: text("redirect_uris"),
        profile: text("profile"),
        kind: text("kind"),
        homepage_url: text("homepage_url"),
        policy_url: text("policy_url"),
        logo_url: text("logo_url"),
        use_case: text("use_case"),
        description: text("description"),
        domains: text("domains"),
        owner: text("owner"),
        other_scope: text("other_scope"),
        problems: Vec::new(),
    }
}

/// The values of a field with one on each line.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A field that may be empty.
pub(super) fn optional(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The ticked permissions. A general one stands for those below it, whether they are ticked or not (S3.49).
pub(super) fn scope(params: &Params) -> Result<ScopeSet, FieldProblem> {
    let mut scope = ScopeSet::default();
    let others = params
        .get("other_scope")
        .into_iter()
        .flat_map(str::split_ascii_whitespace);
    for value in params.all("permission").chain(others) {
        scope.insert(value).map_err(|error| {
            let reason = error.to_string();
            Problem::Scope { reason }.of("scope")
        })?;
    }
    Ok(without_implied(&scope))
}

/// The preset that is chosen.
pub(super) fn profile(name: &str) -> Result<Profile, FieldProblem> {
    name.parse().map_err(|_| Problem::Choice.of("profile"))
}

/// How the application proves who it is.
pub(super) fn kind(name: &str) -> Kind {
    match name {
        "public" => Kind::Public,
        "key_only" => Kind::KeyOnly,
        _ => Kind::Confidential,
    }
}

/// What is typed into the form of a policy.
pub(super) fn policy_fields(params: &Params) -> PolicyFields {
    let names = LIVES
        .map(|(name, _)| name)
        .into_iter()
        .chain(CHOICES.map(|(name, _)| name))
        .chain(FLAGS)
        .chain(["mandatory_scope"]);
    PolicyFields {
        values: names
            .filter_map(|name| Some((name.to_owned(), params.get(name)?.trim().to_owned())))
            .collect(),
        grants: params
            .all("grant")
            .filter_map(|grant| grant.parse().ok())
            .collect(),
        problems: Vec::new(),
    }
}

/// Stands for what is no number: the registry, which knows the bounds, names them.
const NO_LIFE: i64 = -1;

/// The policy that the form describes, or everything that is wrong with it.
pub(super) fn policy(fields: &PolicyFields) -> Result<Policy, Vec<FieldProblem>> {
    let mut members = Map::new();
    let mut problems = Vec::new();
    for (name, field) in LIVES {
        let typed = fields.values.get(name).map_or("", String::as_str);
        if typed.is_empty() {
            if !["access_from_refresh_seconds", "reuse_grace_seconds"].contains(&name) {
                problems.push(Problem::Required.of(field));
                members.insert(name.to_owned(), Value::from(NO_LIFE));
            }
            continue;
        }
        let seconds = typed.parse::<i64>().unwrap_or(NO_LIFE);
        members.insert(name.to_owned(), Value::from(seconds));
    }
    for (name, _) in CHOICES {
        let chosen = fields.values.get(name).cloned().unwrap_or_default();
        members.insert(name.to_owned(), Value::String(chosen));
    }
    for name in FLAGS {
        let on = fields.values.get(name).is_some_and(|value| value == "true");
        members.insert(name.to_owned(), Value::Bool(on));
    }
    let mandatory = fields.values.get("mandatory_scope").cloned().unwrap_or_default();
    if mandatory.parse::<ScopeSet>().is_ok() {
        members.insert("mandatory_scope".to_owned(), Value::String(mandatory));
    } else {
        let reason = "these are no permissions".to_owned();
        problems.push(Problem::Scope { reason }.of("policy.mandatory_scope"));
        members.insert("mandatory_scope".to_owned(), Value::from(""));
    }
    let grants: Vec<Value> = GrantType::ALL
        .into_iter()
        .filter(|grant| fields.grants.contains(grant))
        .map(|grant| Value::String(grant.as_str().to_owned()))
        .collect();
    members.insert("grants".to_owned(), Value::Array(grants));
    let Ok(policy) = serde_json::from_value(Value::Object(members)) else {
        problems.push(Problem::Choice.of("policy"));
        return Err(problems);
    };
    for problem in policy_problems(&policy) {
        if problems.iter().all(|known| known.field != problem.field) {
            problems.push(problem);
        }
    }
    if problems.is_empty() {
        Ok(policy)
    } else {
        Err(problems)
    }
}
