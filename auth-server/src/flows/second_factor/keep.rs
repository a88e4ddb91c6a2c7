//! Adding and removing second factors. Whoever calls has seen to it that the user signed in a moment ago.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::HalfSignedIn;
use crate::domain::audit::AuditKind;
use crate::domain::mail::Letter;
use crate::domain::second_factor::{
    Proof, RECOVERY_CODES, check_passkey_name, new_recovery_code, recovery_code,
};
use crate::domain::secret::PlainToken;
use crate::domain::session::Session;
use crate::domain::totp::{TotpSecret, digits};
use crate::domain::user::User;
use crate::domain::webhook::{EventType, Happening};
use crate::flows::audit::Subject;
use crate::flows::post::Recipient;
use crate::flows::throttle::Attempt;
use crate::flows::{FlowError, Services};
use crate::passkeys::{Ceremony, PasskeyError};
use crate::paths;
use crate::store::sql::passkeys::StoredPasskey;
use crate::store::sql::second_factors::Added;
use crate::store::sql::totp::TotpRow;
use crate::store::sql::{self, recovery_codes};

const TOTP: &str = "totp-set-up";
const PASSKEY: &str = "passkey-set-up";

/// Who changes a factor, and in which browser.
#[derive(Clone, Copy)]
pub struct Keeper<'a> {
    /// The user, whose factors they are.
    pub user: &'a User,
    /// The cookie that the steps are bound to: of the session, or of the forms before there is one.
    pub bearer: &'a str,
    /// The session that goes on; the others end when the account gets its first factor, since they were begun with
    /// less. None at a sign-in that waits for the first factor, which can add nothing but that.
    pub session: Option<&'a PlainToken>,
    /// Where the request came from.
    pub address: &'a str,
    /// BCP 47 tag of the language of messages to a user who chose none.
    pub language: &'a str,
}

/// The cookies are left out.
impl std::fmt::Debug for Keeper<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper")
            .field("user", self.user)
            .finish_non_exhaustive()
    }
}

/// An authenticator app that is being set up.
#[derive(Clone, Debug)]
pub struct TotpSetUp {
    /// The secret as people type it.
    pub secret: String,
    /// The address in the QR code.
    pub uri: String,
    /// For the second step.
    pub ticket: String,
}

/// What became of a factor that was to be added.
#[derive(Clone, Debug)]
pub enum FactorChange {
    /// It is there. Recovery codes come with the first one: they are shown now and never again.
    Done {
        /// What the user has proven by it.
        proof: Proof,
        /// The codes, if they are new.
        recovery_codes: Vec<String>,
    },
    /// The code, or the passkey's answer, is wrong.
    Wrong,
    /// It took too long, or was done before.
    Expired,
    /// It cannot be added.
    Refused(FactorRefusal),
}

/// Why a factor cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorRefusal {
    /// There is an authenticator app already, or the passkey is somebody's.
    Known,
    /// As many passkeys as anybody may have.
    TooMany,
    /// The name does not fit.
    Name,
}

impl Services {
    /// Begins to set up an authenticator app.
    pub fn start_totp(&self, keeper: &Keeper<'_>) -> TotpSetUp {
        let secret = TotpSecret::generate();
        let payload = URL_SAFE_NO_PAD.encode(secret.reveal());
        let ticket = self.write_ticket(&totp_purpose(keeper), keeper.bearer, &payload);
        self.describe_totp(keeper.user, &secret, ticket)
    }

    /// The same set-up again, for a page that is shown a second time; none when it took too long.
    pub fn resume_totp(&self, keeper: &Keeper<'_>, ticket: &str) -> Option<TotpSetUp> {
        let known = self.read_ticket(&totp_purpose(keeper), keeper.bearer, ticket)?;
        let secret = TotpSecret::stored(URL_SAFE_NO_PAD.decode(known.payload).ok()?);
        Some(self.describe_totp(keeper.user, &secret, ticket.to_owned()))
    }

    fn describe_totp(&self, user: &User, secret: &TotpSecret, ticket: String) -> TotpSetUp {
        let host = self.issuer.split("://").nth(1).unwrap_or(&self.issuer);
        TotpSetUp {
            uri: secret.uri(host, &user.email),
            secret: secret.base32(),
            ticket,
        }
    }

    /// Adds the app, once it shows the right code.
    pub async fn finish_totp(
        &self,
        keeper: &Keeper<'_>,
        ticket: &str,
        code: &str,
    ) -> Result<FactorChange, FlowError> {
        let ticket = self.read_ticket(&totp_purpose(keeper), keeper.bearer, ticket);
        let Some(ticket) = ticket else {
            return Ok(FactorChange::Expired);
        };
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(&ticket.payload) else {
            return Ok(FactorChange::Expired);
        };
        let secret = TotpSecret::stored(bytes);
        let now = self.clock.now();
        let Some(step) = digits(code).and_then(|code| secret.step_of(&code, now)) else {
            return Ok(FactorChange::Wrong);
        };
        if !self.use_ticket(&ticket).await? {
            return Ok(FactorChange::Expired);
        }
        let (sealed, encrypted) = self.keys.seal(secret.reveal())?;
        let row = TotpRow {
            secret: sealed,
            encrypted,
            last_step: step,
            created_at: now,
            last_used_at: None,
        };
        let user_id = keeper.user.id;
        let codes = new_codes();
        let hashes = self.hashes(user_id, &codes);
        let only_first = keeper.session.is_none();
        let added = sql::totp::insert(&self.database, user_id, &row, &hashes, only_first).await?;
        self.added(keeper, added, "authenticator app added", Proof::Totp, codes)
            .await
    }

    /// Begins to add a passkey; none when this server has no host name.
    pub async fn start_passkey(&self, keeper: &Keeper<'_>) -> Result<Option<Ceremony>, FlowError> {
        let user = keeper.user;
        let existing = sql::passkeys::credential_ids(&self.database, user.id).await?;
        let ceremony = self
            .relying_party
            .start_registration(user.id, &user.email, &user.name, &existing);
        Ok(ceremony.ok().map(|ceremony| Ceremony {
            state: self.write_ticket(&passkey_purpose(keeper), keeper.bearer, &ceremony.state),
            ..ceremony
        }))
    }

    /// Adds the passkey that an authenticator made.
    pub async fn finish_passkey(
        &self,
        keeper: &Keeper<'_>,
        state: &str,
        answer: &str,
        name: &str,
    ) -> Result<FactorChange, FlowError> {
        let user_id = keeper.user.id;
        let Ok(name) = check_passkey_name(name) else {
            return Ok(FactorChange::Refused(FactorRefusal::Name));
        };
        let Some(ticket) = self.read_ticket(&passkey_purpose(keeper), keeper.bearer, state) else {
            return Ok(FactorChange::Expired);
        };
        if !self.use_ticket(&ticket).await? {
            return Ok(FactorChange::Expired);
        }
        let new = match self.relying_party.finish_registration(&ticket.payload, answer) {
            Ok(new) => new,
            Err(error) => {
                self.factor_refused(keeper, &error).await;
                return Ok(FactorChange::Wrong);
            }
        };
        let passkey = StoredPasskey {
            id: self.clock.new_id(),
            user_id,
            credential_id: new.credential_id,
            name: name.to_owned(),
            credential: new.credential,
            sign_count: new.sign_count,
            created_at: self.clock.now(),
        };
        let codes = new_codes();
        let hashes = self.hashes(user_id, &codes);
        let only_first = keeper.session.is_none();
        let added = sql::passkeys::insert(&self.database, &passkey, &hashes, only_first).await?;
        let detail = format!("passkey {name:?} added");
        self.added(keeper, added, &detail, Proof::of_passkey(new.synced), codes)
            .await
    }

    /// Signs in who had to set up a factor first, and just has.
    pub async fn finish_with_set_up(
        &self,
        half: &HalfSignedIn,
        proof: Proof,
        address: &str,
        user_agent: &str,
    ) -> Result<Option<(PlainToken, Session)>, FlowError> {
        // Nothing was guessed, so nothing is counted: the user must see the recovery codes now.
        self.attempt_succeeded(&Attempt::of(&half.user.email, address))
            .await?;
        self.finish_half(half, proof, address, user_agent).await
    }

    /// Removes the app; false when there was none.
    pub async fn remove_totp(&self, keeper: &Keeper<'_>) -> Result<bool, FlowError> {
        let removed = sql::totp::delete(&self.database, keeper.user.id).await?;
        if removed {
            self.factors_changed(keeper, "authenticator app removed").await;
        }
        Ok(removed)
    }

    /// Removes a passkey; false when the user has no such one.
    pub async fn remove_passkey(&self, keeper: &Keeper<'_>, id: Uuid) -> Result<bool, FlowError> {
        let removed = sql::passkeys::delete(&self.database, keeper.user.id, id).await?;
        if let Some(name) = &removed {
            self.factors_changed(keeper, &format!("passkey {name:?} removed"))
                .await;
        }
        Ok(removed.is_some())
    }

    /// Renames a passkey; false when the user has no such one, or the name does not fit.
    pub async fn rename_passkey(&self, keeper: &Keeper<'_>, id: Uuid, name: &str) -> Result<bool, FlowError> {
        let Ok(name) = check_passkey_name(name) else {
            return Ok(false);
        };
        let renamed = sql::passkeys::rename(&self.database, keeper.user.id, id, name).await?;
        if renamed {
            self.factor_changed(keeper, &format!("passkey renamed to {name:?}"))
                .await;
        }
        Ok(renamed)
    }

    /// Replaces the recovery codes by new ones, to be shown once; none when the user has no second factor.
    pub async fn renew_recovery_codes(&self, keeper: &Keeper<'_>) -> Result<Option<Vec<String>>, FlowError> {
        let user_id = keeper.user.id;
        let codes = new_codes();
        let hashes = self.hashes(user_id, &codes);
        let now = self.clock.now();
        let replaced = recovery_codes::replace(&self.database, user_id, &hashes, now).await?;
        if replaced {
            self.factor_changed(keeper, "recovery codes replaced").await;
        }
        Ok(replaced.then_some(codes))
    }

    fn hashes(&self, user_id: Uuid, codes: &[String]) -> Vec<String> {
        codes
            .iter()
            .filter_map(|code| recovery_code(code))
            .map(|code| self.recovery_hash(user_id, &code))
            .collect()
    }

    async fn added(
        &self,
        keeper: &Keeper<'_>,
        added: Added,
        detail: &str,
        proof: Proof,
        codes: Vec<String>,
    ) -> Result<FactorChange, FlowError> {
        let (with_codes, is_first) = match added {
            Added::Yes { with_codes, is_first } => (with_codes, is_first),
            Added::NotFirst => return Ok(FactorChange::Expired),
            Added::Known => return Ok(FactorChange::Refused(FactorRefusal::Known)),
            Added::TooMany => return Ok(FactorChange::Refused(FactorRefusal::TooMany)),
        };
        if is_first {
            let keep = keeper.session.map(PlainToken::hashed);
            self.tokens
                .end_user_sessions(keeper.user.id, keep.as_ref())
                .await?;
        }
        self.factors_changed(keeper, detail).await;
        Ok(FactorChange::Done {
            proof,
            recovery_codes: if with_codes { codes } else { Vec::new() },
        })
    }

    /// One more or one less: the user hears of it, in case it was somebody else.
    async fn factors_changed(&self, keeper: &Keeper<'_>, detail: &str) {
        self.factor_changed(keeper, detail).await;
        let letter = Letter::SecondFactorChanged {
            link: format!("{}{}", self.issuer, paths::ACCOUNT_SECURITY),
        };
        self.send_mail(Recipient::user(keeper.user, keeper.language), &letter)
            .await;
    }

    async fn factor_changed(&self, keeper: &Keeper<'_>, detail: &str) {
        self.audit(AuditKind::SecondFactorChanged, subject(keeper), detail)
            .await;
        self.emit(Happening::new(EventType::SecondFactorChanged).user(keeper.user.id))
            .await;
    }

    async fn factor_refused(&self, keeper: &Keeper<'_>, error: &PasskeyError) {
        let detail = format!("passkey not added: {error}");
        self.audit(AuditKind::SecondFactorChanged, subject(keeper), detail)
            .await;
    }
}

fn subject<'a>(keeper: &Keeper<'a>) -> Subject<'a> {
    Subject {
        user_id: Some(keeper.user.id),
        client_id: None,
        address: Some(keeper.address),
    }
}

fn new_codes() -> Vec<String> {
    (0..RECOVERY_CODES).map(|_| new_recovery_code()).collect()
}

fn totp_purpose(keeper: &Keeper<'_>) -> String {
    format!("{TOTP}:{}", keeper.user.id)
}

fn passkey_purpose(keeper: &Keeper<'_>) -> String {
    format!("{PASSKEY}:{}", keeper.user.id)
}
