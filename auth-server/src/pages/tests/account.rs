//! The pages of the account in their states.

use std::collections::BTreeMap;
use std::sync::Arc;

use token_format::catalogue::Catalogue;

use super::Values;
use crate::domain::audit::AuditKind;
use crate::domain::session::Amr;
use crate::pages::{
    AppsNotice, ConnectedApp, ConnectedAppsPage, ConsentClient, HistoryLine, HistoryPage, Language, Moment,
    PageContext, PermissionTexts, ProfileNotice, ProfilePage, SessionLine, SessionsNotice, SessionsPage,
    Vetting,
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
const THEN: Moment = Moment(1_790_000_000);

fn permissions() -> PermissionTexts {
    PermissionTexts::new(Arc::new(Catalogue::new(&BTreeMap::new()).unwrap()))
}

pub(super) fn add_all(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    user: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    add_apps(add, user, values);
    add_sessions(add, user, values);
    add_history(add, user, values);
    add_profile(add, user, values);
}

fn add_apps(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    user: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    let app = |reviewed: bool, blocked: bool| ConnectedApp {
        client_id: values.other.to_owned(),
        client: ConsentClient {
            name: values.client.to_owned(),
            logo: blocked.then(|| "/assets/anteroom.svg".to_owned()),
            vetting: if reviewed { Vetting::Added } else { Vetting::None },
            homepage: Some("https://calendar.atelier.example/".to_owned()),
            policy: None,
            registered_by: reviewed.then(|| values.user.to_owned()),
        },
        blocked,
        scope: vec!["openid".to_owned(), values.scope.to_owned()],
        since: THEN,
        last_used: reviewed.then_some(THEN),
    };
    let page = |apps, notice, more: bool| ConnectedAppsPage {
        page: user().with_areas(true, Some("/admin"), "/account"),
        csrf: values.other.to_owned(),
        apps,
        permissions: permissions(),
        next: more.then(|| "/account?after=1.a".to_owned()),
        later: more,
        notice,
    };
    add("account-none", &page(Vec::new(), None, false));
    let all = vec![app(true, false), app(false, false), app(true, true)];
    add("account", &page(all, None, true));
    let one = vec![app(true, false)];
    add("account-withdrawn", &page(one, Some(AppsNotice::One), false));
    add(
        "account-withdrawn-all",
        &page(Vec::new(), Some(AppsNotice::All), false),
    );
}

fn add_sessions(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    user: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    let session = |user_agent: &str, amr: &[Amr], is_this| SessionLine {
        sid: values.other.to_owned(),
        user_agent: user_agent.to_owned(),
        since: THEN,
        proven: Moment(THEN.0 + i64::from(is_this) * 60),
        amr: amr.to_vec(),
        is_this,
    };
    let page = |sessions, notice| SessionsPage {
        page: user().with_areas(false, None, "/account"),
        csrf: values.other.to_owned(),
        csrf_others: values.other.to_owned(),
        sessions,
        notice,
    };
    let here = || session(FIREFOX, &[Amr::Pwd], true);
    let several = vec![
        here(),
        session(values.other, &[], false),
        session(FIREFOX, &[Amr::Hwk, Amr::Mfa], false),
        session(FIREFOX, &[Amr::Pwd, Amr::Otp, Amr::Mfa], false),
        session(FIREFOX, &[Amr::Pwd, Amr::Swk, Amr::Mfa], false),
    ];
    add("account-sessions", &page(several, Some(SessionsNotice::One)));
    add(
        "account-sessions-one",
        &page(vec![here()], Some(SessionsNotice::Others)),
    );
}

fn add_history(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    user: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    let line = |kind, more: bool| HistoryLine {
        at: THEN,
        kind,
        application: more.then(|| values.client.to_owned()),
        scope: more.then(|| values.scope.to_owned()).into_iter().collect(),
        address: more.then(|| values.other.to_owned()),
    };
    let page = |lines, more: bool| HistoryPage {
        page: user().with_areas(false, Some("/admin/review"), "/account/history"),
        lines,
        permissions: permissions(),
        next: more.then(|| "/account/history?after=1.a".to_owned()),
        later: more,
    };
    let lines = vec![
        line(Some(AuditKind::ConsentGranted), true),
        line(Some(AuditKind::SignInFailed), false),
        line(Some(AuditKind::AdminCommand), false),
        line(None, false),
    ];
    add("account-history", &page(lines, true));
    add("account-history-none", &page(Vec::new(), false));
}

fn add_profile(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    user: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    let page = |verified, preferred, is_recent, notice| ProfilePage {
        page: user().with_areas(false, None, "/account/profile"),
        csrf_language: values.other.to_owned(),
        csrf_verify: values.other.to_owned(),
        name: values.client.to_owned(),
        email: values.user.to_owned(),
        verified,
        since: THEN,
        preferred,
        is_recent,
        notice,
    };
    let french = Some(Language::French);
    add("account-profile", &page(Some(THEN), french, true, None));
    let sent = Some(ProfileNotice::LinkSent);
    add("account-profile-unverified", &page(None, None, false, sent));
    let kept = Some(ProfileNotice::LanguageKept);
    add("account-profile-language", &page(Some(THEN), french, true, kept));
    let unknown = Some(ProfileNotice::UnknownLanguage);
    add("account-profile-wrong", &page(None, None, true, unknown));
}
