//! The form of an application.

use askama::Template;
use token_format::scope::ScopeSet;

use super::texts::DeveloperTexts;
use crate::flows::registry::{FieldProblem, USE_CASES};
use crate::pages::texts::Text;
use crate::pages::{Language, PageContext};

/// What the form holds.
#[derive(Debug, Clone, Default)]
pub struct AppFields {
    /// Its name.
    pub name: String,
    /// Its home page.
    pub homepage_url: String,
    /// Its privacy policy.
    pub policy_url: String,
    /// Where its logo is.
    pub logo_url: String,
    /// What it is for, of the list.
    pub use_case: String,
    /// What it is for, in words.
    pub description: String,
    /// Where it takes people back to; empty ones are fields to be filled.
    pub redirect_uris: Vec<String>,
    /// What is ticked.
    pub scope: ScopeSet,
    /// It runs where no secret can be kept.
    pub public: bool,
}

/// What stands above the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppFormNotice {
    /// It was not saved.
    Problems,
    /// It was checked, and has problems.
    CheckedWithProblems,
    /// It was checked, and could be submitted.
    CheckedFine,
    /// Somebody else changed or decided it.
    Changed,
}

/// A permission that a developer may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionChoice {
    /// Its value.
    pub scope: String,
    /// In a few words.
    pub label: String,
    /// In a sentence.
    pub description: String,
    /// Whether it is ticked.
    pub ticked: bool,
}

/// `/developer/new` and `/developer/apps/{id}/edit`: posts the fields and `action` (`check`, `add`, `draft`, `submit`)
/// back.
#[derive(Debug, Template)]
#[template(path = "developer/form.html")]
pub struct AppFormPage {
    /// What every page needs.
    pub page: PageContext,
    /// The token that ties the form to this session.
    pub csrf: String,
    /// The same for the questions of its script.
    pub check_csrf: String,
    /// Where it posts to.
    pub action: String,
    /// The application and its saved name; none for a new one.
    pub app: Option<(String, String)>,
    /// The version that is edited.
    pub version: i64,
    /// It is approved: most changes wait for a review.
    pub approved: bool,
    /// It waits for a reviewer already: saving is enough.
    pub pending: bool,
    /// What the form holds.
    pub fields: AppFields,
    /// Permissions that applications of this kind have.
    pub permissions: Vec<PermissionChoice>,
    /// Permissions of other APIs.
    pub more_permissions: Vec<PermissionChoice>,
    /// What stands above the form.
    pub notice: Option<AppFormNotice>,
    /// What is wrong with the fields.
    pub problems: Vec<FieldProblem>,
    /// A field for a callback URL was added: the reader goes on there.
    pub added: bool,
}

/// What is wrong with a field, in a language.
pub fn problem_text(language: Language, problem: &FieldProblem) -> String {
    PageContext::new(language, "/").field_problem(problem)
}

impl AppFormPage {
    fn t(&self) -> &'static DeveloperTexts {
        DeveloperTexts::of(self.page.language)
    }

    fn title(&self) -> String {
        let words = &self.t().form;
        match &self.app {
            Some((_, name)) => words.edit_title.with("name", name),
            None => words.new_title.to_string(),
        }
    }

    fn lead(&self) -> &'static Text {
        let words = &self.t().form;
        match (&self.app, self.approved) {
            (None, _) => &words.new_lead,
            (Some(_), false) => &words.edit_lead,
            (Some(_), true) => &words.edit_approved,
        }
    }

    fn notice_text(&self) -> Option<&'static Text> {
        let words = &self.t().form;
        Some(match self.notice? {
            AppFormNotice::Problems => &words.problems,
            AppFormNotice::CheckedWithProblems => &words.check_problems,
            AppFormNotice::CheckedFine => &words.check_fine,
            AppFormNotice::Changed => &words.changed,
        })
    }

    fn is_fine(&self) -> bool {
        self.notice == Some(AppFormNotice::CheckedFine)
    }

    /// The first problem of a field as a whole.
    fn problem(&self, field: &str) -> Option<String> {
        let of_field = |problem: &&FieldProblem| problem.field == field && problem.index.is_none();
        let problem = self.problems.iter().find(of_field)?;
        Some(self.page.field_problem(problem))
    }

    /// The first problem of one callback URL.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass what they loop over by reference"
    )]
    fn url_problem(&self, index: &usize) -> Option<String> {
        let of_value =
            |problem: &&FieldProblem| problem.field == "redirect_uris" && problem.index == Some(*index);
        let problem = self.problems.iter().find(of_value)?;
        Some(self.page.field_problem(problem))
    }

    /// The fields that hold an address of a page, with their words.
    fn page_fields(&self) -> [(&'static str, &str, &'static Text, &'static Text); 3] {
        let words = &self.t().form;
        let fields = &self.fields;
        [
            (
                "homepage_url",
                fields.homepage_url.as_str(),
                &words.homepage,
                &words.homepage_hint,
            ),
            (
                "policy_url",
                fields.policy_url.as_str(),
                &words.policy,
                &words.policy_hint,
            ),
            (
                "logo_url",
                fields.logo_url.as_str(),
                &words.logo,
                &words.logo_hint,
            ),
        ]
    }

    /// What it may be for.
    fn use_cases(&self) -> impl Iterator<Item = (&'static str, String)> {
        let page = self.page.clone();
        USE_CASES.into_iter().map(move |name| (name, page.use_case(name)))
    }

    fn more_are_ticked(&self) -> bool {
        self.more_permissions.iter().any(|choice| choice.ticked)
    }

    /// Whether the reader goes on at this callback URL: the last one, just added.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass what they loop over by reference"
    )]
    fn goes_on_at(&self, index: &usize) -> bool {
        self.added && index + 1 == self.fields.redirect_uris.len()
    }
}
