//! The page of a room.

use askama::Template;

use super::PageContext;
use super::texts::Level;
use crate::domain::access::Role;
use crate::domain::room::AccessLevel;

/// What a room is, how to join it, and for those who manage it how to change it.
#[derive(Debug, Template)]
#[template(path = "rooms/room.html")]
pub struct RoomPage {
    /// What every page needs.
    pub page: PageContext,
    /// Names the room in its address.
    pub slug: String,
    /// What people call it.
    pub name: Option<String>,
    /// Who has to wait in the lobby.
    pub access_level: AccessLevel,
    /// What the reader is here.
    pub standing: Standing,
    /// Where people meet.
    pub meeting_url: Option<String>,
    /// The room's address, for those who join with an app of their own.
    pub address: String,
    /// For dialling in; only for those who take part.
    pub telephone: Option<Telephone>,
    /// What was just done.
    pub notice: Option<Notice>,
    /// The authorization server, where signing out here leaves people signed in.
    pub issuer: String,
}

/// What the reader of the page is in the room.
#[derive(Debug)]
pub enum Standing {
    /// Nobody signed in.
    Visitor {
        /// Whether one can sign in here.
        can_sign_in: bool,
    },
    /// Signed in, without a role.
    Stranger(Account),
    /// Signed in, with a role.
    Participant {
        /// Who it is.
        account: Account,
        /// The role.
        role: Role,
        /// What may be changed; none for who does not manage the room.
        manage: Option<Manage>,
    },
}

/// Who is signed in.
#[derive(Debug)]
pub struct Account {
    /// The e-mail address, where it is known.
    pub email: Option<String>,
    /// The token of this session's forms.
    pub csrf: String,
    /// Whether the user agreed that rooms may be changed.
    pub may_change: bool,
}

/// What the forms show.
#[derive(Debug, Default)]
pub struct Manage {
    /// Who is invited.
    pub attendees: Vec<String>,
    /// What the name field shows.
    pub name: String,
    /// What the field for a new attendee shows.
    pub email: String,
    /// What is wrong with one of them.
    pub wrong: Option<Entry>,
}

/// Why an entry was not taken over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Entry {
    /// The name has too many characters.
    NameTooLong,
    /// The name has a control character.
    NameControlCharacter,
    /// Not an e-mail address.
    Email,
    /// The address is on the list.
    AttendeeThere,
    /// No more addresses fit on the list.
    AttendeesFull,
}

/// How to dial in.
#[derive(Debug)]
pub struct Telephone {
    /// The number.
    pub number: String,
    /// The country it is in.
    pub country: String,
    /// Opens the room.
    pub pin: String,
}

/// Something that was just done, told once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Notice {
    /// The user signed out.
    SignedOut,
    /// The user did not agree to the sign-in.
    Denied,
    /// The room has another name.
    NameSaved,
    /// The room has another access level.
    AccessSaved,
    /// Somebody is invited.
    AttendeeAdded,
    /// Somebody is not invited any more.
    AttendeeRemoved,
}

impl Notice {
    /// Every notice.
    pub const ALL: [Self; 6] = [
        Self::SignedOut,
        Self::Denied,
        Self::NameSaved,
        Self::AccessSaved,
        Self::AttendeeAdded,
        Self::AttendeeRemoved,
    ];

    /// The word for it in a cookie.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::Denied => "denied",
            Self::NameSaved => "name",
            Self::AccessSaved => "access",
            Self::AttendeeAdded => "added",
            Self::AttendeeRemoved => "removed",
        }
    }

    /// The reverse of [`Notice::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.as_str() == text)
    }
}

impl RoomPage {
    /// A restricted room tells strangers nothing of itself: who has its address knows that it is there, but
    /// its name is nobody else's business.
    fn is_private(&self) -> bool {
        self.access_level == AccessLevel::Restricted && self.role().is_none()
    }

    fn title(&self) -> &str {
        if self.is_private() {
            &self.page.t.room.private_title
        } else {
            self.name.as_deref().unwrap_or(&self.slug)
        }
    }

    fn role(&self) -> Option<Role> {
        match &self.standing {
            Standing::Participant { role, .. } => Some(*role),
            Standing::Visitor { .. } | Standing::Stranger(_) => None,
        }
    }

    fn account(&self) -> Option<&Account> {
        match &self.standing {
            Standing::Stranger(account) | Standing::Participant { account, .. } => Some(account),
            Standing::Visitor { .. } => None,
        }
    }

    fn role_text(&self) -> Option<&'static str> {
        let texts = &self.page.t.room;
        self.role().map(|role| match role {
            Role::Owner => texts.owner.as_str(),
            Role::Administrator => &texts.administrator,
            Role::Member => &texts.member,
            Role::Attendee => &texts.attendee,
        })
    }

    fn level_text(&self, level: AccessLevel) -> &'static Level {
        let levels = &self.page.t.level;
        match level {
            AccessLevel::Public => &levels.public,
            AccessLevel::Trusted => &levels.trusted,
            AccessLevel::Restricted => &levels.restricted,
        }
    }

    fn level(&self) -> &'static Level {
        self.level_text(self.access_level)
    }

    fn level_class(&self) -> &'static str {
        match self.access_level {
            AccessLevel::Public => "badge-warn",
            AccessLevel::Trusted => "badge-info",
            AccessLevel::Restricted => "badge-good",
        }
    }

    fn choices(&self) -> impl Iterator<Item = Choice> {
        AccessLevel::ALL.into_iter().map(|level| Choice {
            value: level.as_str(),
            text: self.level_text(level),
            checked: level == self.access_level,
        })
    }

    fn notice_text(&self) -> Option<&'static str> {
        let texts = &self.page.t.notice;
        self.notice.map(|notice| match notice {
            Notice::SignedOut => texts.signed_out.as_str(),
            Notice::Denied => &texts.denied,
            Notice::NameSaved => &texts.name_saved,
            Notice::AccessSaved => &texts.access_saved,
            Notice::AttendeeAdded => &texts.attendee_added,
            Notice::AttendeeRemoved => &texts.attendee_removed,
        })
    }

    fn notice_class(&self) -> &'static str {
        match self.notice {
            Some(Notice::Denied | Notice::SignedOut) | None => "notice-info",
            Some(_) => "notice-good",
        }
    }

    fn has_signed_out(&self) -> bool {
        self.notice == Some(Notice::SignedOut)
    }

    fn wrong(&self) -> Option<Entry> {
        match &self.standing {
            Standing::Participant { manage, .. } => manage.as_ref()?.wrong,
            Standing::Visitor { .. } | Standing::Stranger(_) => None,
        }
    }

    fn wrong_name(&self) -> Option<&'static str> {
        let texts = &self.page.t.wrong;
        match self.wrong()? {
            Entry::NameTooLong => Some(&texts.name_too_long),
            Entry::NameControlCharacter => Some(&texts.name_control),
            Entry::Email | Entry::AttendeeThere | Entry::AttendeesFull => None,
        }
    }

    fn wrong_email(&self) -> Option<&'static str> {
        let texts = &self.page.t.wrong;
        match self.wrong()? {
            Entry::Email => Some(&texts.email),
            Entry::AttendeeThere => Some(&texts.attendee_there),
            Entry::AttendeesFull => Some(&texts.attendees_full),
            Entry::NameTooLong | Entry::NameControlCharacter => None,
        }
    }
}

/// One access level to choose from.
struct Choice {
    value: &'static str,
    text: &'static Level,
    checked: bool,
}
