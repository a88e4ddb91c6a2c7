//! Lists of what is alive, newest first.

use token_format::scope::ScopeSet;

use super::connection::{Connection, Row, corrupt, values};
use super::cut_offs::not_cut_off;
use crate::domain::grant::Grant;
use crate::domain::listing::Place;
use crate::domain::token::{TokenFilter, TokenSummary};
use crate::store::StoreError;

/// Families and lone tokens of one client or user, older than a place. Each half stops after `limit` rows, and before
/// the client's or user's own cut-off, so that what it killed is not walked over.
macro_rules! list_by {
    ($column:literal) => {
        concat!(
            "SELECT line, grant_json, scope, issued, used, ends FROM (\
             SELECT * FROM (SELECT 'family:' || f.id AS line, f.grant_json AS grant_json, \
             CAST(NULL AS TEXT) AS scope, f.issued_at_ms AS issued, f.last_used_at_ms AS used, \
             f.expires_at_ms AS ends FROM token_family f WHERE f.",
            $column,
            " = $1 AND f.issued_at_ms > \
             COALESCE((SELECT c.before_ms FROM token_cutoff c WHERE c.target = $2), -1) \
             AND f.issued_at_ms <= $4 AND (f.issued_at_ms < $4 OR 'family:' || f.id < $5) \
             AND f.expires_at_ms > $3 AND f.revoked = FALSE AND ",
            not_cut_off!("f.client_id", "f.user_id", "f.authorized_at_ms"),
            " ORDER BY f.issued_at_ms DESC, f.id DESC LIMIT $6) AS families UNION ALL \
             SELECT * FROM (SELECT 'token:' || a.id, a.grant_json, a.scope, a.issued_at_ms AS issued, \
             a.issued_at_ms, a.expires_at_ms FROM token_access a WHERE a.",
            $column,
            " = $1 AND a.issued_at_ms > \
             COALESCE((SELECT c.before_ms FROM token_cutoff c WHERE c.target = $2), -1) \
             AND a.issued_at_ms <= $4 AND (a.issued_at_ms < $4 OR 'token:' || a.id < $5) \
             AND a.expires_at_ms > $3 AND ",
            not_cut_off!("a.client_id", "a.user_id", "a.issued_at_ms"),
            " ORDER BY a.issued_at_ms DESC, a.id DESC LIMIT $6) AS tokens\
             ) AS lines ORDER BY issued DESC, line DESC LIMIT $6"
        )
    };
}

pub(super) async fn list(
    db: &mut Connection<'_>,
    filter: &TokenFilter,
    after: Option<&Place>,
    limit: u32,
    now_ms: i64,
) -> Result<Vec<TokenSummary>, StoreError> {
    let (sql, owner, cut_off) = match filter {
        TokenFilter::Client(id) => (list_by!("client_id"), id.clone(), format!("c:{id}")),
        TokenFilter::User(id) => (list_by!("user_id"), id.to_string(), format!("u:{id}")),
    };
    let (at, id) = after.map_or((i64::MAX, ""), |place| (place.at, place.id.as_str()));
    let values = values![&owner, &cut_off, now_ms, at, id, i64::from(limit)];
    db.rows(sql, values).await?.iter().map(summary).collect()
}

fn summary(row: &Row) -> Result<TokenSummary, StoreError> {
    let grant: Grant = row.json(1, "grant_json")?;
    let narrowed = row
        .maybe_text(2)?
        .map(|scope| ScopeSet::parse(&scope))
        .transpose();
    Ok(TokenSummary {
        id: row.text(0)?,
        client_id: grant.client_id,
        user_id: grant.user_id,
        scope: narrowed
            .map_err(|error| corrupt("token_access.scope", error))?
            .unwrap_or(grant.scope),
        issued_at_ms: row.int(3)?,
        last_used_at_ms: row.int(4)?,
        expires_at_ms: row.int(5)?,
    })
}
