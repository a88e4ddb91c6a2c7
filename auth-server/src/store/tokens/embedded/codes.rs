//! Authorization codes.

use super::connection::{Connection, to_json, values};
use super::cut_offs::not_cut_off;
use super::families::{self, Family};
use crate::domain::grant::FamilyId;
use crate::domain::secret::HashedToken;
use crate::domain::token::{CodeRecord, Opening, Redemption};
use crate::store::StoreError;

/// For how long after its use a code's record stays at least, so that a replay is seen.
const REPLAY_WATCH_MS: i64 = 600_000;

pub(super) async fn store(
    mut db: Connection<'_>,
    (code, record, now_ms): &(HashedToken, CodeRecord, i64),
) -> Result<(), StoreError> {
    let grant = &record.grant;
    db.execute(
        "INSERT INTO token_code (hash, family, client_id, user_id, grant_json, binding_json, issued_at_ms, \
         expires_at_ms, kept_until_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        values![
            code.as_str(),
            &record.family.0.to_string(),
            &grant.client_id,
            grant.user_id.map(|id| id.to_string()).as_deref(),
            &to_json(grant, "grant")?,
            &to_json(&record.binding, "binding")?,
            *now_ms,
            record.expires_at_ms,
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn redeem(
    mut db: Connection<'_>,
    (code, opening, now_ms): &(HashedToken, Opening, i64),
) -> Result<Redemption, StoreError> {
    // Whoever flips the flag has won; others wait here for the winner's commit.
    let won = db
        .row(
            concat!(
                "UPDATE token_code SET used = TRUE, \
                 kept_until_ms = CASE WHEN expires_at_ms > $3 THEN expires_at_ms ELSE $3 END \
                 WHERE hash = $1 AND used = FALSE AND expires_at_ms > $2 AND ",
                not_cut_off!(
                    "token_code.client_id",
                    "token_code.user_id",
                    "token_code.issued_at_ms"
                ),
                " RETURNING family, grant_json, binding_json, expires_at_ms, issued_at_ms"
            ),
            values![code.as_str(), *now_ms, *now_ms + REPLAY_WATCH_MS],
        )
        .await?;
    let Some(row) = won else {
        return replay(db, code, *now_ms).await;
    };
    let record = CodeRecord {
        family: FamilyId(row.parse(0, "token_code.family")?),
        grant: row.json(1, "token_code.grant_json")?,
        binding: row.json(2, "token_code.binding_json")?,
        expires_at_ms: row.int(3)?,
    };
    let family = Family {
        id: record.family,
        grant: &record.grant,
        grant_json: row.text(1)?,
        authorized_at_ms: row.int(4)?,
    };
    families::open(&mut db, &family, opening).await?;
    Ok(Redemption::Redeemed(Box::new(record)))
}

/// A code that nobody may redeem: a used one takes its family with it.
async fn replay(mut db: Connection<'_>, code: &HashedToken, now_ms: i64) -> Result<Redemption, StoreError> {
    let used = db
        .row(
            "SELECT family, grant_json FROM token_code WHERE hash = $1 AND used = TRUE AND kept_until_ms > $2",
            values![code.as_str(), now_ms],
        )
        .await?;
    let Some(row) = used else {
        return Ok(Redemption::Unknown);
    };
    let family = FamilyId(row.parse(0, "token_code.family")?);
    families::revoke(&mut db, family, now_ms).await?;
    Ok(Redemption::Replayed {
        family,
        grant: Box::new(row.json(1, "token_code.grant_json")?),
    })
}
