//! Content negotiation (RFC 9110 12.5.1) between two media types.

/// Thousandths of a quality value, so that they compare exactly.
type Quality = u16;
const HIGHEST: Quality = 1000;

/// Whether the `Accept` fields ask for `special` rather than `usual`: by its name, since no wildcard means it,
/// and at least as much as for the usual one. Whoever names both alike can read both, and gets the special one.
pub fn prefers(fields: &[&[u8]], special: &str, usual: &str) -> bool {
    let ranges = || {
        fields
            .iter()
            .filter_map(|field| std::str::from_utf8(field).ok())
            .flat_map(|field| field.split(','))
            .filter_map(range)
    };
    let quality = |name: &str| {
        ranges()
            .filter(|(range, _)| range.eq_ignore_ascii_case(name))
            .map(|(_, quality)| quality)
            .max()
    };
    let family = usual.split_once('/').map_or(usual, |(family, _)| family);
    let of_usual = quality(usual)
        .or_else(|| quality(&format!("{family}/*")))
        .or_else(|| quality("*/*"));
    quality(special).is_some_and(|special| special > 0 && special >= of_usual.unwrap_or(0))
}

/// A media range and its weight; none where the weight is none.
fn range(text: &str) -> Option<(&str, Quality)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next()?;
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
    });
    Some((name, weight.map_or(Some(HIGHEST), thousandths)?))
}

/// RFC 9110 12.4.2: 0 to 1 with at most three decimals.
fn thousandths(weight: &str) -> Option<Quality> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: Quality = format!("{decimals:0<3}").parse().ok()?;
    match (whole, fraction) {
        ("0", fraction) => Some(fraction),
        ("1", 0) => Some(HIGHEST),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::prefers;

    const JWT: &str = "application/token-introspection+jwt";

    fn asks_for_jwt(fields: &[&str]) -> bool {
        let fields: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
        prefers(&fields, JWT, "application/json")
    }

    #[test]
    fn named_and_not_less_welcome_than_the_usual_type() {
        for field in [
            JWT,
            "Application/Token-Introspection+JWT",
            " application/token-introspection+jwt ; q=0.001 ",
            "application/token-introspection+jwt, application/json",
            "application/json;q=0.9, application/token-introspection+jwt",
            "application/token-introspection+jwt, */*;q=0.1",
            "application/token-introspection+jwt, */*",
            "application/json;q=0.2, */*, application/token-introspection+jwt;q=0.5",
            "application/token-introspection+jwt;Q=1.000, application/json;q=0.999",
            "text/html, application/token-introspection+jwt;q=0.1",
        ] {
            assert!(asks_for_jwt(&[field]), "{field}");
        }
        assert!(asks_for_jwt(&["text/html", JWT]), "two fields are one list");
    }

    #[test]
    fn anything_else_gets_the_usual_type() {
        for field in [
            "",
            "*/*",
            "application/*",
            "application/json",
            "text/html",
            "application/jwt",
            "application/token-introspection+jwt;q=0",
            "application/token-introspection+jwt;q=0.000",
            "application/token-introspection+jwt;q=0.5, application/json",
            "application/token-introspection+jwt;q=0.5, */*;q=0.6",
            "application/token-introspection+jwt;q=0.5, application/*;q=0.6, */*;q=0.1",
            "application/token-introspection+jwt;q=2",
            "application/token-introspection+jwt;q=1.001",
            "application/token-introspection+jwt;q=-1",
            "application/token-introspection+jwt;q=",
            "application/token-introspection+jwt;q=0.1234",
            "application/token-introspection+jwtx",
            ",,;;q",
        ] {
            assert!(!asks_for_jwt(&[field]), "{field}");
        }
        assert!(!prefers(&[b"\xff\xfe"], JWT, "application/json"));
        assert!(!asks_for_jwt(&[]));
    }
}
