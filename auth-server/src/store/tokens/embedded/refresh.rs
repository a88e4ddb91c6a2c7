//! Refresh tokens: rotation, grace, reuse.

use super::connection::{Connection, Row, values};
use super::cut_offs::not_cut_off;
use super::families;
use crate::domain::grant::FamilyId;
use crate::domain::secret::HashedToken;
use crate::domain::token::{RefreshAttempt, RefreshOutcome, RefreshPolicy, RefreshView};
use crate::store::StoreError;

pub(super) async fn attempt(
    mut db: Connection<'_>,
    (attempt, now_ms): &(RefreshAttempt, i64),
) -> Result<RefreshOutcome, StoreError> {
    let now_ms = *now_ms;
    let presented = attempt.presented.as_str();
    lock_family(&mut db, presented).await?;
    let Some(row) = find(&mut db, presented, now_ms).await? else {
        return Ok(RefreshOutcome::Unknown);
    };
    if row.text(1)? != attempt.client_id {
        return Ok(RefreshOutcome::WrongClient);
    }
    let (id, grant) = (row.text(0)?, Box::new(row.json(2, "token_family.grant_json")?));
    let family = FamilyId(row.parse(0, "token_refresh.family")?);

    if row.maybe_int(6)?.is_some() {
        if !is_repeat(&row, &attempt.policy, now_ms)? {
            families::revoke(&mut db, family, now_ms).await?;
            return Ok(RefreshOutcome::Replayed { family, grant });
        }
        families::use_again(&mut db, &id, &attempt.access, 0).await?;
        return Ok(RefreshOutcome::Repeated { family, grant });
    }
    let mut expires_at_ms = row.int(5)?;
    if let RefreshPolicy::Rotate { successor, .. } = &attempt.policy {
        let used = db
            .execute(
                "UPDATE token_refresh SET used_at_ms = $2, successor = $3 WHERE hash = $1 AND used_at_ms IS NULL",
                values![presented, now_ms, successor.hash.as_str()],
            )
            .await?;
        if used == 0 {
            return Err(super::connection::corrupt(
                "token_refresh",
                "used behind the family's lock",
            ));
        }
        expires_at_ms =
            families::add_refresh(&mut db, &id, successor, attempt.access.issued_at_ms, row.int(3)?).await?;
    }
    families::use_again(&mut db, &id, &attempt.access, expires_at_ms).await?;
    Ok(RefreshOutcome::Refreshed { family, grant })
}

/// Lets the refreshes of one family queue. SQLite needs no lock: it has one writer at a time.
async fn lock_family(db: &mut Connection<'_>, presented: &str) -> Result<(), StoreError> {
    if let Connection::Postgres(_) = db {
        db.row(
            "SELECT id FROM token_family WHERE id = (SELECT family FROM token_refresh WHERE hash = $1) FOR UPDATE",
            values![presented],
        )
        .await?;
    }
    Ok(())
}

/// A refresh token that is neither over nor revoked: 0 family, 1 client, 2 grant, 3 family's end, 4 issue,
/// 5 end, 6 use, 7 recorded successor, 8 the successor if it exists, 9 its use.
async fn find(db: &mut Connection<'_>, hash: &str, now_ms: i64) -> Result<Option<Row>, StoreError> {
    db.row(
        concat!(
            "SELECT r.family, f.client_id, f.grant_json, f.ends_at_ms, r.issued_at_ms, r.expires_at_ms, \
             r.used_at_ms, r.successor, s.hash, s.used_at_ms \
             FROM token_refresh r JOIN token_family f ON f.id = r.family \
             LEFT JOIN token_refresh s ON s.hash = r.successor \
             WHERE r.hash = $1 AND r.expires_at_ms > $2 AND f.ends_at_ms > $2 AND f.revoked = FALSE AND ",
            not_cut_off!("f.client_id", "f.user_id", "f.authorized_at_ms")
        ),
        values![hash, now_ms],
    )
    .await
}

/// Whether a used token may be answered with the same successor once more.
fn is_repeat(row: &Row, policy: &RefreshPolicy, now_ms: i64) -> Result<bool, StoreError> {
    let RefreshPolicy::Rotate { successor, grace_ms } = policy else {
        return Ok(false);
    };
    let used_at_ms = row.maybe_int(6)?.unwrap_or(i64::MIN);
    let successor_unused = row.maybe_text(8)?.is_some() && row.maybe_int(9)?.is_none();
    Ok(*grace_ms > 0
        && used_at_ms.saturating_add(*grace_ms) >= now_ms
        && row.maybe_text(7)?.as_deref() == Some(successor.hash.as_str())
        && successor_unused)
}

pub(super) async fn view(
    db: &mut Connection<'_>,
    token: &HashedToken,
    now_ms: i64,
) -> Result<Option<RefreshView>, StoreError> {
    let Some(row) = find(db, token.as_str(), now_ms).await? else {
        return Ok(None);
    };
    Ok(Some(RefreshView {
        family: FamilyId(row.parse(0, "token_refresh.family")?),
        grant: row.json(2, "token_family.grant_json")?,
        issued_at_ms: row.int(4)?,
        expires_at_ms: row.int(5)?,
        used: row.maybe_int(6)?.is_some(),
    }))
}
