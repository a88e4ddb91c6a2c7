//! What users have in their pockets: an authenticator app (RFC 6238), and an authenticator for passkeys (WebAuthn), both
//! in software and with their own arithmetic, so that the server's is not tested against itself.

use std::sync::Arc;

use auth_server::domain::secret::PlainToken;
use auth_server::domain::user::User;
use auth_server::flows::second_factor::{FactorChange, Keeper};
use auth_server::store::sql::users;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Page, Server};

/// An authenticator app with one account in it.
#[derive(Clone, Debug)]
pub struct App {
    secret: Vec<u8>,
    /// The recovery codes that came with it.
    pub recovery_codes: Vec<String>,
}

impl App {
    /// Takes the key as a page shows it.
    pub fn new(base32: &str) -> Self {
        let digits = base32.chars().filter(|c| !c.is_whitespace()).map(|c| {
            let place = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).expect("base32");
            u8::try_from(place).expect("five bits")
        });
        let bits: Vec<u8> = digits
            .flat_map(|digit| (0..5).rev().map(move |bit| digit >> bit & 1))
            .collect();
        let secret = bits
            .chunks_exact(8)
            .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit))
            .collect();
        Self {
            secret,
            recovery_codes: Vec::new(),
        }
    }

    /// The code that the app shows `offset` steps from the server's time.
    pub fn code(&self, server: &Server, offset: i64) -> String {
        self.code_of_step(server.state.services.clock.now() / 30 + offset)
    }

    /// The code of a time step.
    pub fn code_of_step(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let at = usize::from(bytes[19] & 15);
        let word = u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }

    /// The key itself, to look for it.
    pub fn secret_bytes(&self) -> Vec<u8> {
        self.secret.clone()
    }

    /// The same as it is stored unsealed.
    pub fn secret_base64(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(&self.secret)
    }

    /// A code that is wrong now.
    pub fn wrong_code(&self, server: &Server) -> String {
        let right: Vec<String> = (-2..=2).map(|offset| self.code(server, offset)).collect();
        (0..10)
            .map(|n| format!("{n:06}"))
            .find(|code| !right.contains(code))
            .expect("a wrong code")
    }
}

/// An authenticator with one passkey; a clone is a copy of the device.
#[derive(Clone)]
pub struct Authenticator {
    pub key: Arc<EcdsaKeyPair>,
    pub credential_id: Vec<u8>,
    pub user_handle: Option<Vec<u8>>,
    /// What it says where it is used.
    pub origin: String,
    /// For whom it signs; none: for whom it is asked to.
    pub rp_id: Option<String>,
    /// The counter that it shows next; none: it always shows 0.
    pub counter: Option<u32>,
    /// Whether it asks for a finger or a PIN.
    pub verifies: bool,
    /// Whether the key may leave the device.
    pub synced: bool,
}

impl Authenticator {
    pub fn new(server: &Server) -> Self {
        let id: [u8; 32] = rand::random();
        Self {
            key: Arc::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key")),
            credential_id: id.to_vec(),
            user_handle: None,
            origin: server.config.issuer_url.clone(),
            rp_id: None,
            counter: Some(1),
            verifies: true,
            synced: false,
        }
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false})
            .to_string()
    }

    fn data(&mut self, rp_id: &Value, more: u8) -> Vec<u8> {
        let asked = rp_id.as_str().expect("an RP ID");
        let rp_id = self.rp_id.as_deref().unwrap_or(asked);
        let mut data = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
        let verified = if self.verifies { 0x04 } else { 0 };
        let synced = if self.synced { 0x18 } else { 0 };
        data.push(0x01 | verified | synced | more);
        let count = self.counter.unwrap_or_default();
        data.extend(count.to_be_bytes());
        self.counter = self.counter.map(|count| count + 1);
        data
    }

    /// `navigator.credentials.create`.
    pub fn create(&mut self, options: &Value) -> Value {
        let handle = options["user"]["id"].as_str().expect("a user");
        self.user_handle = Some(URL_SAFE_NO_PAD.decode(handle).expect("base64url"));
        let client_data = self.client_data("webauthn.create", options);
        let mut data = self.data(&options["rp"]["id"], 0x40);
        data.extend([0; 16]);
        data.extend([0, 32]);
        data.extend(&self.credential_id);
        // COSE_Key: EC2, ES256, P-256.
        let point = self.key.public_key().as_ref().to_vec();
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..]);
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).expect("short"));
        object.extend(data);
        let id = URL_SAFE_NO_PAD.encode(&self.credential_id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": {
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
            "attestationObject": URL_SAFE_NO_PAD.encode(object),
        }})
    }

    /// `navigator.credentials.get`.
    pub fn get(&mut self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        let data = self.data(&options["rpId"], 0);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, client_data.as_bytes()).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("signed");
        let id = URL_SAFE_NO_PAD.encode(&self.credential_id);
        let handle = self
            .user_handle
            .as_ref()
            .map(|handle| URL_SAFE_NO_PAD.encode(handle));
        json!({"id": id, "rawId": id, "type": "public-key", "response": {
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
            "authenticatorData": URL_SAFE_NO_PAD.encode(data),
            "signature": URL_SAFE_NO_PAD.encode(signature),
            "userHandle": handle,
        }})
    }
}

impl Page {
    /// The options that a page gives a browser for passkeys.
    pub fn passkey_options(&self) -> Value {
        let options = self.attributes("form[data-passkey]", "data-options").remove(0);
        let bytes = URL_SAFE_NO_PAD.decode(options).expect("base64url");
        serde_json::from_slice(&bytes).expect("JSON")
    }
}

impl Server {
    pub async fn user(&self, email: &str) -> User {
        let found = users::find_by_email(&self.state.services.database, email).await;
        found.expect("read").expect("a user")
    }

    /// Sets up an authenticator app for a user.
    pub async fn give_app(&self, email: &str) -> App {
        let user = self.user(email).await;
        let session = PlainToken::presented("none");
        let keeper = keeper(&user, &session);
        let services = &self.state.services;
        let set_up = services.start_totp(&keeper);
        let mut app = App::new(&set_up.secret);
        // A step back, so that the code of this moment is still to be had.
        let change = services
            .finish_totp(&keeper, &set_up.ticket, &app.code(self, -1))
            .await;
        match change.expect("an answer") {
            FactorChange::Done { recovery_codes, .. } => app.recovery_codes = recovery_codes,
            other => panic!("{other:?}"),
        }
        app
    }

    /// Gives a user a passkey.
    pub async fn give_passkey(&self, email: &str) -> Authenticator {
        let mut authenticator = Authenticator::new(self);
        self.register(email, &mut authenticator).await;
        authenticator
    }

    /// Adds an authenticator's passkey to a user.
    pub async fn register(&self, email: &str, authenticator: &mut Authenticator) {
        let user = self.user(email).await;
        let session = PlainToken::presented("none");
        let keeper = keeper(&user, &session);
        let services = &self.state.services;
        let ceremony = services.start_passkey(&keeper).await.expect("an answer");
        let ceremony = ceremony.expect("a server with a host name");
        let options = serde_json::from_str(&ceremony.options).expect("JSON");
        let answer = authenticator.create(&options).to_string();
        let change = services
            .finish_passkey(&keeper, &ceremony.state, &answer, "Key")
            .await
            .expect("an answer");
        assert!(matches!(change, FactorChange::Done { .. }), "{change:?}");
    }
}

fn keeper<'a>(user: &'a User, session: &'a PlainToken) -> Keeper<'a> {
    Keeper {
        user,
        bearer: "none",
        session: Some(session),
        address: "192.0.2.1",
        language: "en",
    }
}
