//! Tickets: what this server says to itself by way of a browser. Signed for one purpose and one browser, good for five
//! minutes; a ticket that must be used once is remembered when it is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::secret::hex;
use crate::flows::{FlowError, Services};

/// Seconds that a ticket is good for.
pub(super) const TICKET_SECONDS: i64 = 300;
const LABEL: &str = "ticket";

/// A ticket that is ours, unexpired and in the right hands.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) payload: String,
    nonce: String,
    expires_at: i64,
}

impl Services {
    /// Writes a ticket for `purpose`, good in the hands of `bearer` alone: the value of a cookie.
    pub(super) fn write_ticket(&self, purpose: &str, bearer: &str, payload: &str) -> String {
        let nonce: [u8; 16] = rand::random();
        let expires_at = self.clock.now() + TICKET_SECONDS;
        let body = URL_SAFE_NO_PAD.encode(format!("{expires_at}.{}.{payload}", hex(&nonce)));
        let mac = self.mac.hex(LABEL, &[purpose, bearer, &body]);
        format!("{body}.{mac}")
    }

    /// Reads a ticket; none when it is not good.
    pub(super) fn read_ticket(&self, purpose: &str, bearer: &str, text: &str) -> Option<Ticket> {
        let (body, mac) = text.split_once('.')?;
        if !self.mac.verify_hex(LABEL, &[purpose, bearer, body], mac) {
            return None;
        }
        let body = String::from_utf8(URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        let mut parts = body.splitn(3, '.');
        let expires_at: i64 = parts.next()?.parse().ok()?;
        let nonce = parts.next()?.to_owned();
        let payload = parts.next()?.to_owned();
        (self.clock.now() < expires_at).then_some(Ticket {
            payload,
            nonce,
            expires_at,
        })
    }

    /// Uses a ticket up: of any number of callers, one gets true.
    pub(super) async fn use_ticket(&self, ticket: &Ticket) -> Result<bool, FlowError> {
        let key = format!("{LABEL}:{}", ticket.nonce);
        let expires_at_ms = ticket.expires_at.saturating_mul(1000);
        let now_ms = self.clock.now_millis();
        Ok(self.tokens.remember_once(&key, expires_at_ms, now_ms).await?)
    }
}
