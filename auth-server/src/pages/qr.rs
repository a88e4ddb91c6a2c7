//! QR codes as pictures that a page carries along.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qrcodegen::{QrCode, QrCodeEcc};

/// Blank modules around the code (ISO/IEC 18004).
const QUIET: i32 = 4;

/// A picture of `text` as a `data:` address; none when it is too long. Black on white whatever the page's colours are:
/// not every camera reads the opposite.
pub(super) fn picture(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = code.size() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _infallible = write!(path, "M{},{}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0,0h{side}v{side}h-{side}z\"/><path d=\"{path}\"/></svg>"
    );
    Some(format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::picture;

    #[test]
    fn a_picture_without_code() {
        let address = picture("otpauth://totp/x").unwrap();
        assert!(address.starts_with("data:image/svg+xml;base64,"));
        assert_ne!(address, picture("otpauth://totp/y").unwrap());
        assert!(picture(&"x".repeat(5000)).is_none());
    }
}
