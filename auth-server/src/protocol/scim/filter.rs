//! Filters (RFC 7644 3.4.2.2): text becomes a tree whose attributes exist and whose values have the right type.

use chrono::DateTime;
use serde_json::Value;

use super::error::{ScimError, ScimErrorKind};

/// Longest filter, in bytes.
pub const MAX_FILTER_BYTES: usize = 2048;
/// How deep parentheses may nest.
const MAX_DEPTH: usize = 16;
/// How many comparisons a filter may make.
const MAX_COMPARISONS: usize = 32;

/// What can be compared how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, whatever its case.
    Text,
    /// Text byte for byte.
    ExactText,
    /// True or false: `eq` and `ne`.
    Flag,
    /// A moment.
    Moment,
    /// One of several ids: `eq`.
    Reference,
}

/// The attributes of a resource that a filter or an order may name.
pub trait Attribute: Copy {
    /// The resource's schema, which may stand before an attribute's name.
    const SCHEMA: &'static str;

    /// Finds an attribute by its path, in lower case.
    fn named(path: &str) -> Option<Self>;

    /// How it compares.
    fn kind(self) -> Kind;
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `co`
    Contains,
    /// `sw`
    StartsWith,
    /// `ew`
    EndsWith,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
}

impl Operator {
    fn named(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "co" => Self::Contains,
            "sw" => Self::StartsWith,
            "ew" => Self::EndsWith,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            _ => return None,
        })
    }

    fn suits(self, kind: Kind) -> bool {
        match kind {
            Kind::Text | Kind::ExactText => true,
            Kind::Flag => matches!(self, Self::Equal | Self::NotEqual),
            Kind::Moment => !matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith),
            Kind::Reference => self == Self::Equal,
        }
    }
}

/// What an attribute is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// For text and references.
    Text(String),
    /// For flags.
    Flag(bool),
    /// Seconds since the Unix epoch.
    Moment(i64),
}

/// A filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter<A> {
    /// Both.
    And(Box<Self>, Box<Self>),
    /// Either.
    Or(Box<Self>, Box<Self>),
    /// Not.
    Not(Box<Self>),
    /// The attribute has a value (`pr`).
    Present(A),
    /// A comparison.
    Compare(A, Operator, Literal),
}

/// Reads a filter.
pub fn parse<A: Attribute>(text: &str) -> Result<Filter<A>, ScimError> {
    if text.len() > MAX_FILTER_BYTES {
        return Err(invalid(format!("a filter has at most {MAX_FILTER_BYTES} bytes")));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
        comparisons: 0,
        within: None,
    };
    let filter = parser.either()?;
    match parser.next() {
        None => Ok(filter),
        Some(token) => Err(invalid(format!("{token} is not expected there"))),
    }
}

/// Finds an attribute by the name a request uses: in any case, with or without the schema before it.
pub fn attribute<A: Attribute>(path: &str) -> Option<A> {
    let path = path.to_ascii_lowercase();
    let schema = A::SCHEMA.to_ascii_lowercase();
    let local = path
        .strip_prefix(&schema)
        .and_then(|rest| rest.strip_prefix(':'))
        .unwrap_or(&path);
    A::named(local)
}

fn invalid(detail: String) -> ScimError {
    ScimError::new(ScimErrorKind::InvalidFilter, detail)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Word(String),
    Literal(Value),
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => f.write_str("("),
            Self::Close => f.write_str(")"),
            Self::OpenBracket => f.write_str("["),
            Self::CloseBracket => f.write_str("]"),
            Self::Word(word) => write!(f, "{word:?}"),
            Self::Literal(_) => f.write_str("a value"),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, ScimError> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '[' => (Token::OpenBracket, 1),
            ']' => (Token::CloseBracket, 1),
            '"' => string(rest)?,
            _ => word(rest)?,
        };
        found.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(found)
}

/// A JSON string at the beginning of a text.
fn string(text: &str) -> Result<(Token, usize), ScimError> {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, character)| {
        let ends = *character == '"' && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    });
    let quoted = end.and_then(|(at, _)| text.get(..=at));
    let value = quoted.and_then(|quoted| serde_json::from_str::<String>(quoted).ok());
    match (quoted, value) {
        (Some(quoted), Some(value)) if !value.contains('\0') => {
            Ok((Token::Literal(Value::String(value)), quoted.len()))
        }
        _ => Err(invalid("a string does not end, or is no JSON string".to_owned())),
    }
}

/// An attribute's path, an operator, a number, or `true`, `false`, `null`.
fn word(text: &str) -> Result<(Token, usize), ScimError> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "._:$-+".contains(character);
    let end = text.find(|character| !allowed(character)).unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default();
    if word.is_empty() {
        return Err(invalid(
            "a filter has a character that is not expected".to_owned(),
        ));
    }
    let token = match word.to_ascii_lowercase().as_str() {
        "true" => Token::Literal(Value::Bool(true)),
        "false" => Token::Literal(Value::Bool(false)),
        "null" => Token::Literal(Value::Null),
        _ if word.starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first)) => {
            serde_json::from_str(word)
                .map(Token::Literal)
                .map_err(|_| invalid(format!("{word:?} is no number")))?
        }
        _ => Token::Word(word.to_owned()),
    };
    Ok((token, end))
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    comparisons: usize,
    /// The attribute whose brackets we are in: `members[value eq "..."]`.
    within: Option<String>,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// Takes the next token if it is this one.
    fn takes(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found =
            matches!(self.tokens.get(self.at), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn require(&mut self, token: &Token) -> Result<(), ScimError> {
        if self.takes(token) {
            return Ok(());
        }
        Err(invalid(format!("{token} is missing")))
    }

    /// `and` binds closer than `or`.
    fn either<A: Attribute>(&mut self) -> Result<Filter<A>, ScimError> {
        let mut filter = self.both()?;
        while self.takes_word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.both()?));
        }
        Ok(filter)
    }

    fn both<A: Attribute>(&mut self) -> Result<Filter<A>, ScimError> {
        let mut filter = self.one()?;
        while self.takes_word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one<A: Attribute>(&mut self) -> Result<Filter<A>, ScimError> {
        if self.takes_word("not") {
            self.require(&Token::Open)?;
            return Ok(Filter::Not(Box::new(self.inside()?)));
        }
        if self.takes(&Token::Open) {
            return self.inside();
        }
        self.comparison()
    }

    /// After an opening parenthesis, to the closing one.
    fn inside<A: Attribute>(&mut self) -> Result<Filter<A>, ScimError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(invalid(format!("parentheses nest at most {MAX_DEPTH} deep")));
        }
        let filter = self.either()?;
        self.depth -= 1;
        self.require(&Token::Close)?;
        Ok(filter)
    }

    fn comparison<A: Attribute>(&mut self) -> Result<Filter<A>, ScimError> {
        self.comparisons += 1;
        if self.comparisons > MAX_COMPARISONS {
            return Err(invalid(format!(
                "a filter makes at most {MAX_COMPARISONS} comparisons"
            )));
        }
        let Some(Token::Word(path)) = self.next() else {
            return Err(invalid("an attribute is missing".to_owned()));
        };
        if self.within.is_none() && self.takes(&Token::OpenBracket) {
            // One comparison: several would have to hold for the same value.
            self.within = Some(path);
            let filter = self.comparison()?;
            self.within = None;
            self.require(&Token::CloseBracket)?;
            return Ok(filter);
        }
        let path = match &self.within {
            Some(outer) => format!("{outer}.{path}"),
            None => path,
        };
        let attribute: A =
            attribute(&path).ok_or_else(|| invalid(format!("no filter knows the attribute {path:?}")))?;
        let Some(Token::Word(word)) = self.next() else {
            return Err(invalid(format!("an operator is missing after {path:?}")));
        };
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(attribute));
        }
        let operator = Operator::named(&word).ok_or_else(|| invalid(format!("{word:?} is no operator")))?;
        let Some(Token::Literal(value)) = self.next() else {
            return Err(invalid(format!("a value is missing after {word:?}")));
        };
        // A comparison with nothing asks whether there is a value.
        if value.is_null() {
            return match operator {
                Operator::Equal => Ok(Filter::Not(Box::new(Filter::Present(attribute)))),
                Operator::NotEqual => Ok(Filter::Present(attribute)),
                _ => Err(invalid(format!("{word} cannot compare with null"))),
            };
        }
        if !operator.suits(attribute.kind()) {
            return Err(invalid(format!("{path:?} cannot be compared by {word}")));
        }
        let literal = literal(attribute.kind(), &value)
            .ok_or_else(|| invalid(format!("{path:?} cannot be compared with that value")))?;
        Ok(Filter::Compare(attribute, operator, literal))
    }
}

fn literal(kind: Kind, value: &Value) -> Option<Literal> {
    match (kind, value) {
        (Kind::Text | Kind::ExactText | Kind::Reference, Value::String(text)) => {
            Some(Literal::Text(text.clone()))
        }
        (Kind::Flag, Value::Bool(flag)) => Some(Literal::Flag(*flag)),
        // Some clients quote flags.
        (Kind::Flag, Value::String(text)) => text.to_ascii_lowercase().parse().ok().map(Literal::Flag),
        (Kind::Moment, Value::String(text)) => DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|moment| Literal::Moment(moment.timestamp())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
