//! The parts that pages are made of (`/docs/style`, in development alone).

use askama::Template;

use super::PageContext;

/// Shows every part of the stylesheet in every state. It is for those who work on the pages, so it is in English.
#[derive(Debug, Template)]
#[template(path = "docs/style.html")]
pub struct StylePage {
    /// What every page needs.
    pub page: PageContext,
}
