//! Pages of a collection: `page` from 1, `page_size` from 1 to 100.

/// Items on a page when the request names no number.
pub const DEFAULT_SIZE: u32 = 20;
/// The most items on a page.
pub const MAX_SIZE: u32 = 100;

/// Which part of a collection is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Page {
    number: u32,
    size: u32,
    /// Whether the request named the size, so that links repeat it.
    explicit_size: bool,
}

/// Why there is no such page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PageError {
    /// `page` is not a number from 1, or lies beyond the end.
    Number,
    /// `page_size` is not a number.
    SizeNotANumber,
    /// `page_size` is below 1.
    SizeTooSmall,
    /// `page_size` is above [`MAX_SIZE`].
    SizeTooLarge,
}

impl Page {
    /// One item: to learn how many there are.
    pub const SMALLEST: Self = Self {
        number: 1,
        size: 1,
        explicit_size: true,
    };

    /// Reads the query parameters; an empty one counts as absent.
    pub fn parse(page: Option<&str>, page_size: Option<&str>) -> Result<Self, PageError> {
        let given_size = page_size.filter(|text| !text.is_empty());
        let size = match given_size {
            None => DEFAULT_SIZE,
            Some(text) => match integer(text).ok_or(PageError::SizeNotANumber)? {
                Integer::Negative | Integer::Value(0) => return Err(PageError::SizeTooSmall),
                Integer::Value(size) if size <= MAX_SIZE => size,
                Integer::Value(_) | Integer::Huge => return Err(PageError::SizeTooLarge),
            },
        };
        let number = match page.filter(|text| !text.is_empty()) {
            None => 1,
            Some(text) => match integer(text) {
                Some(Integer::Value(number)) if number >= 1 => number,
                _ => return Err(PageError::Number),
            },
        };
        Ok(Self {
            number,
            size,
            explicit_size: given_size.is_some(),
        })
    }

    /// How many items to answer with at most.
    pub fn size(self) -> i64 {
        i64::from(self.size)
    }

    /// How many items come before this page.
    pub fn offset(self) -> i64 {
        i64::from(self.number - 1) * i64::from(self.size)
    }

    /// How many items the collection has, if this page with its `found` items tells: one that is not
    /// full is the last.
    pub fn count_of_last(self, found: usize) -> Option<i64> {
        let found = i64::try_from(found).unwrap_or(i64::MAX);
        let is_last = found < self.size() && (found > 0 || self.offset() == 0);
        is_last.then(|| self.offset() + found)
    }

    /// Whether a collection of `count` items has this page. The first page is always there.
    pub fn exists(self, count: i64) -> bool {
        self.number == 1 || self.offset() < count
    }

    /// The query of the next page, if there is one.
    pub fn next(self, count: i64) -> Option<String> {
        (self.offset() + self.size() < count).then(|| self.query(self.number + 1))
    }

    /// The query of the page before, if there is one.
    pub fn previous(self) -> Option<String> {
        (self.number > 1).then(|| self.query(self.number - 1))
    }

    fn query(self, number: u32) -> String {
        if self.explicit_size {
            format!("page={number}&page_size={}", self.size)
        } else {
            format!("page={number}")
        }
    }
}

enum Integer {
    Negative,
    Value(u32),
    Huge,
}

fn integer(text: &str) -> Option<Integer> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if negative {
        return Some(Integer::Negative);
    }
    Some(digits.parse().map_or(Integer::Huge, Integer::Value))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Page, PageError};

    /// S0.21, S0.22
    #[test]
    fn bounds_and_defaults() {
        let page = Page::parse(None, Some("")).unwrap();
        assert_eq!((page.offset(), page.size()), (0, 20));
        let page = Page::parse(Some("3"), Some("100")).unwrap();
        assert_eq!((page.offset(), page.size()), (200, 100));
        for number in ["0", "-1", "abc", "1.5", "+1", " 1", "99999999999999999999"] {
            assert_eq!(
                Page::parse(Some(number), None),
                Err(PageError::Number),
                "{number}"
            );
        }
        for (size, error) in [
            ("0", PageError::SizeTooSmall),
            ("-5", PageError::SizeTooSmall),
            ("101", PageError::SizeTooLarge),
            ("99999999999999999999", PageError::SizeTooLarge),
            ("abc", PageError::SizeNotANumber),
            ("-", PageError::SizeNotANumber),
        ] {
            assert_eq!(Page::parse(None, Some(size)), Err(error), "{size}");
        }
    }

    /// S0.24
    #[test]
    fn links_lead_to_the_neighbours_and_repeat_an_explicit_size() {
        let first = Page::parse(None, None).unwrap();
        assert_eq!(first.next(21).as_deref(), Some("page=2"));
        assert_eq!(first.next(20), None);
        assert_eq!(first.previous(), None);
        let second = Page::parse(Some("2"), Some("5")).unwrap();
        assert_eq!(second.next(11).as_deref(), Some("page=3&page_size=5"));
        assert_eq!(second.previous().as_deref(), Some("page=1&page_size=5"));
    }

    #[test]
    fn the_last_page_number_does_not_overflow() {
        let last = Page::parse(Some("4294967295"), Some("100")).unwrap();
        assert!(!last.exists(1_000_000));
        assert_eq!(last.next(1_000_000), None);
    }
}
