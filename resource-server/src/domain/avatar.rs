//! Pictures of users.

/// The largest picture, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;

/// What is known about a picture beside its bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Avatar {
    /// How it is written.
    pub format: ImageFormat,
    /// Its size in bytes.
    pub size_bytes: i64,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// Unix seconds.
    pub updated_at: i64,
}

/// How a picture may be written. All three hold pixels and no programs (as SVG does).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ImageFormat {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    WebP,
}

impl ImageFormat {
    /// The format that the first bytes show, whatever the sender calls it.
    pub fn of(image: &[u8]) -> Option<Self> {
        if image.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if image.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if image.starts_with(b"RIFF") && image.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else {
            None
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }

    /// The reverse of [`ImageFormat::media_type`].
    pub fn parse(media_type: &str) -> Option<Self> {
        [Self::Png, Self::Jpeg, Self::WebP]
            .into_iter()
            .find(|format| format.media_type() == media_type)
    }
}

#[cfg(test)]
mod tests {
    use super::ImageFormat;

    #[test]
    fn the_first_bytes_tell_the_format() {
        for (image, format) in [
            (&b"\x89PNG\r\n\x1a\n..."[..], Some(ImageFormat::Png)),
            (b"\xff\xd8\xff\xe0", Some(ImageFormat::Jpeg)),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", Some(ImageFormat::WebP)),
            (b"RIFF\x01\x02\x03\x04WAVE", None),
            (b"RIFF", None),
            (b"\x89PNG", None),
            (b"GIF89a", None),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", None),
            (b"<?xml version=\"1.0\"?><svg/>", None),
            (b" \xff\xd8\xff", None),
            (b"", None),
        ] {
            assert_eq!(ImageFormat::of(image), format, "{image:?}");
        }
    }
}
