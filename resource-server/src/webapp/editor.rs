//! The first steps of every change: who sends the form, and whether they may change the room.

use axum::http::StatusCode;
use axum::response::Response;

use super::cookies;
use super::failure::Failure;
use super::form::Form;
use super::frame::{append, see_other};
use super::room;
use super::session::{self, SignedIn};
use super::visitor::Visitor;
use crate::domain::principal::Principal;
use crate::domain::room::RoomChange;
use crate::pages::{Entry, Manage, Notice, Problem};
use crate::state::AppState;
use crate::store::RoomView;

/// Somebody who may change a room, before the change.
pub(super) struct Editor<'a> {
    state: &'a AppState,
    visitor: Visitor,
    signed_in: SignedIn<'a>,
    pub(super) view: RoomView,
    pub(super) by: Principal,
}

impl<'a> Editor<'a> {
    /// Session and form first, then the room: strangers do not learn from it which rooms there are.
    pub(super) async fn admit(
        state: &'a AppState,
        visitor: Visitor,
        slug: &str,
        form: &Form,
    ) -> Result<Self, Failure> {
        let admitted = async {
            let token = form.fields.get("csrf")?;
            let signed_in = session::of_form(state, &visitor, &form.headers, token).await?;
            let room = room::find(state, slug).await?;
            let by = signed_in.session.principal();
            let view = state.database.find_room(room.id, (&by).into()).await?;
            let forbidden = |reason| Failure::new(Problem::Forbidden, reason);
            let view = view.ok_or_else(|| forbidden("no role in the room"))?;
            if !view.role.may_manage() {
                return Err(forbidden("neither owner nor administrator"));
            }
            if !signed_in.session.may_change {
                return Err(forbidden("the user did not agree to changes (rooms:update)"));
            }
            Ok((signed_in, view, by))
        };
        let (signed_in, view, by) = admitted.await.map_err(|failure| failure.at(slug))?;
        Ok(Self {
            state,
            visitor,
            signed_in,
            view,
            by,
        })
    }

    /// Changes the room.
    pub(super) async fn update(&self, change: &RoomChange, notice: Notice) -> Result<Response, Failure> {
        let at = self.state.clock.seconds();
        if !self
            .state
            .database
            .update_room(&self.view.room, change, (&self.by).into(), at)
            .await?
        {
            return Err(gone());
        }
        Ok(self.done(notice))
    }

    /// Back to the page, which tells what was done.
    pub(super) fn done(&self, notice: Notice) -> Response {
        back_to_room(self.state, &self.view.room.slug, Some(notice))
    }

    /// The page once more, with what was entered and what is wrong with it.
    pub(super) fn again(self, entry: Entry, enter: impl FnOnce(&mut Manage)) -> Response {
        let mut manage = room::manage(&self.view);
        manage.wrong = Some(entry);
        enter(&mut manage);
        let status = StatusCode::BAD_REQUEST;
        room::show(
            self.state,
            &self.visitor,
            self.view,
            &self.signed_in,
            manage,
            status,
        )
    }
}

/// The room was deleted meanwhile.
pub(super) fn gone() -> Failure {
    Failure::new(Problem::NoRoom, "the room is gone")
}

/// To the page of a room, with something to tell.
pub(super) fn back_to_room(state: &AppState, slug: &str, notice: Option<Notice>) -> Response {
    let mut response = see_other(&format!("{}/{slug}", state.config.base_path()));
    if let Some(notice) = notice {
        let life = cookies::NOTICE_LIFE;
        let cookie = cookies::set(cookies::NOTICE, notice.as_str(), life, &state.config);
        append(response.headers_mut(), cookie);
    }
    response
}
