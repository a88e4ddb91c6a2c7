//! Guesses are counted, per minute and in the token store, so that every instance sees them. The counts delay, they
//! never lock: after a minute of quiet the right password works again, and a user is held up by a stranger's guesses
//! only past the much higher limit that counts the account from everywhere.
//!
//! Codes are counted with the passwords, and by the hour on top: six digits are few, and who gets as far as guessing
//! them knows the password already, so that no stranger holds anybody up there.

use std::time::Duration;

use uuid::Uuid;

use super::audit::Subject;
use super::{FlowError, Services};
use crate::domain::audit::AuditKind;
use crate::domain::secret::HashedToken;

const WINDOW: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// One attempt that was counted.
#[derive(Debug)]
pub(super) struct Attempt {
    here: String,
    everywhere: String,
    from_address: String,
}

impl Attempt {
    /// The counts of an attempt, none of them raised.
    pub(super) fn of(email: &str, address: &str) -> Self {
        let account = HashedToken::of(email.as_bytes());
        Self {
            here: format!("sign-in:{}:{address}", account.as_str()),
            everywhere: format!("sign-in:{}", account.as_str()),
            from_address: format!("sign-in-from:{address}"),
        }
    }
}

fn exceeds(limit: u64, total: u64) -> bool {
    limit > 0 && total > limit
}

fn codes_of(user_id: Uuid) -> String {
    format!("second-factor:{user_id}")
}

impl Services {
    /// Counts an attempt at an account, before it is looked at, so that parallel guesses cannot slip through. The
    /// account's own counter is raised only by guesses that are looked at: what one address sends in vain holds
    /// nobody else up.
    pub(super) async fn count_attempt(
        &self,
        email: &str,
        address: &str,
        client_id: Option<&str>,
    ) -> Result<Attempt, FlowError> {
        let attempt = Attempt::of(email, address);
        let [from_here, failures] = self
            .count([(&attempt.here, 1), (&attempt.from_address, 0)], WINDOW)
            .await?;
        let limits = &self.settings;
        let refused = if exceeds(limits.failures_per_account_and_address, from_here) {
            Some("sign-ins for this account from this address")
        } else if exceeds(limits.failures_per_address, failures + 1) {
            Some("sign-ins from this address")
        } else {
            let [from_everywhere] = self.count([(&attempt.everywhere, 1)], WINDOW).await?;
            exceeds(limits.failures_per_account, from_everywhere).then_some("sign-ins for this account")
        };
        match refused {
            None => Ok(attempt),
            Some(limit) => Err(self.throttled(limit, WINDOW, None, address, client_id).await),
        }
    }

    /// Counts a code that somebody with the right password shows.
    pub(super) async fn count_code(&self, user_id: Uuid, address: &str) -> Result<(), FlowError> {
        let key = codes_of(user_id);
        let [codes] = self.count([(&key, 1)], HOUR).await?;
        if exceeds(self.settings.second_factor_failures_per_hour, codes) {
            let limit = "second factors for this account";
            return Err(self.throttled(limit, HOUR, Some(user_id), address, None).await);
        }
        Ok(())
    }

    /// Counts an attempt that names no account. Nothing is raised by the attempt itself.
    pub(super) async fn check_address(&self, address: &str) -> Result<(), FlowError> {
        let key = format!("sign-in-from:{address}");
        let [failures] = self.count([(&key, 0)], WINDOW).await?;
        if exceeds(self.settings.failures_per_address, failures + 1) {
            let limit = "sign-ins from this address";
            return Err(self.throttled(limit, WINDOW, None, address, None).await);
        }
        Ok(())
    }

    /// The same after it has failed.
    pub(super) async fn address_failed(&self, address: &str) -> Result<(), FlowError> {
        let key = format!("sign-in-from:{address}");
        let [_] = self.count([(&key, 1)], WINDOW).await?;
        Ok(())
    }

    /// The attempt was wrong.
    pub(super) async fn attempt_failed(&self, attempt: &Attempt) -> Result<(), FlowError> {
        let [_] = self.count([(&attempt.from_address, 1)], WINDOW).await?;
        Ok(())
    }

    /// The attempt was right, to the end: the account's counts start anew. Not before its end: who knows the password
    /// could else set them back between two guesses at the second factor.
    pub(super) async fn attempt_succeeded(&self, attempt: &Attempt) -> Result<(), FlowError> {
        self.tokens.forget_count(&attempt.here).await?;
        self.tokens.forget_count(&attempt.everywhere).await?;
        Ok(())
    }

    /// A code was right.
    pub(super) async fn code_succeeded(&self, user_id: Uuid) -> Result<(), FlowError> {
        Ok(self.tokens.forget_count(&codes_of(user_id)).await?)
    }

    async fn throttled(
        &self,
        limit: &'static str,
        window: Duration,
        user_id: Option<Uuid>,
        address: &str,
        client_id: Option<&str>,
    ) -> FlowError {
        let subject = Subject {
            user_id,
            client_id,
            address: Some(address),
        };
        self.audit(AuditKind::SignInFailed, subject, format!("throttled: {limit}"))
            .await;
        FlowError::Throttled {
            retry_after: window.as_secs(),
            limit,
        }
    }

    async fn count<const N: usize>(
        &self,
        counts: [(&String, u64); N],
        window: Duration,
    ) -> Result<[u64; N], FlowError> {
        let counts = counts.map(|(key, amount)| (key.clone(), amount));
        let totals = self
            .tokens
            .count(&counts, window, self.clock.now_millis())
            .await?;
        Ok(std::array::from_fn(|place| {
            totals.get(place).copied().unwrap_or_default()
        }))
    }
}
