//! Second factors: what is asked for beyond the password, and how users keep theirs.
//!
//! Between password and second factor a user is *half signed in*: a signed note in the browser that is worth nothing
//! but the next step, for five minutes, once.

mod codes;
mod half;
mod keep;
mod passkeys;
mod ticket;

use uuid::Uuid;

use super::{FlowError, Services};
use crate::domain::second_factor::{Remaining, SecondFactors, Totp};
use crate::domain::session::Session;
use crate::domain::user::User;
use crate::store::StoreError;
use crate::store::sql::{self, recovery_codes, second_factors};

pub use half::HalfSignedIn;
pub use keep::{FactorChange, FactorRefusal, Keeper, TotpSetUp};

/// Seconds after a sign-in in which its user may change second factors.
const RECENT_SECONDS: i64 = 600;

impl Services {
    /// Whether a session's user proved who they are a moment ago.
    pub fn is_recent(&self, session: &Session) -> bool {
        self.clock.now() - session.auth_time <= RECENT_SECONDS
    }

    /// What a user has beyond the password.
    pub async fn second_factors(&self, user_id: Uuid) -> Result<SecondFactors, StoreError> {
        let database = &self.database;
        let totp = sql::totp::find(database, user_id).await?;
        Ok(SecondFactors {
            totp: totp.map(|row| Totp {
                created_at: row.created_at,
                last_used_at: row.last_used_at,
            }),
            passkeys: sql::passkeys::of_user(database, user_id).await?,
            recovery_codes: recovery_codes::count(database, user_id).await?,
        })
    }

    /// What else a user must do who knows the password.
    pub async fn remaining(&self, user: &User) -> Result<Remaining, FlowError> {
        let has_any = second_factors::count(&self.database, user.id).await? > 0;
        Ok(if has_any {
            Remaining::Prove
        } else if self.settings.require_second_factor.holds_for(user.is_admin) {
            Remaining::SetUp
        } else {
            Remaining::Nothing
        })
    }
}
