//! What a page needs to let a browser use or make a passkey. The script is progressive: the form is shown by it alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A passkey's part of a page.
#[derive(Debug, Clone)]
pub struct PasskeyForm {
    pub(super) options: String,
    pub(super) state: String,
}

impl PasskeyForm {
    /// `options` are those of `navigator.credentials`, JSON; `state` comes back with the answer.
    pub fn new(options: &str, state: impl Into<String>) -> Self {
        Self {
            options: URL_SAFE_NO_PAD.encode(options),
            state: state.into(),
        }
    }
}
