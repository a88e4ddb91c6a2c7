//! Pictures by their first bytes. What a server says about them is not believed, and SVG is not among them: it can
//! carry script.

/// A kind of picture that browsers show and that carries no script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    WebP,
}

impl Picture {
    /// The kind that some bytes begin as.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let is = |mark: &[u8]| bytes.starts_with(mark);
        if is(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if is(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if is(b"GIF87a") || is(b"GIF89a") {
            Some(Self::Gif)
        } else if is(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else {
            None
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_decide() {
        for (bytes, expected) in [
            (&b"\x89PNG\r\n\x1a\nrest"[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a..", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\0\0\0\0WAVE", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
            (b"<html>", None),
            (b"", None),
        ] {
            assert_eq!(Picture::of(bytes).map(Picture::media_type), expected);
        }
    }
}
