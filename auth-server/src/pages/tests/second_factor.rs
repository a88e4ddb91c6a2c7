//! The pages of second factors in their states.

use super::Values;
use crate::pages::{
    AccountAppPage, AccountSecurityPage, FactorDates, PageContext, PasskeyForm, PasskeyRow,
    RecoveryCodesPage, SecondFactorNotice, SecondFactorPage, SecondFactorSetUpPage, SecurityNotice, TotpForm,
};

pub(super) fn add_samples(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    visitor: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    let passkey = || Some(PasskeyForm::new("{}", values.other));
    let wait = SecondFactorNotice::TooManyAttempts { wait_seconds: 60 };
    for (name, passkey, has_app, notice) in [
        ("second-factor-app", None, true, None),
        ("second-factor-passkey", passkey(), false, None),
        ("second-factor-both", passkey(), true, None),
        (
            "second-factor-wrong",
            None,
            true,
            Some(SecondFactorNotice::WrongCode),
        ),
        (
            "second-factor-refused",
            passkey(),
            true,
            Some(SecondFactorNotice::PasskeyRefused),
        ),
        ("second-factor-wait", None, true, Some(wait)),
    ] {
        let page = SecondFactorPage {
            page: visitor(),
            csrf: values.other.to_owned(),
            return_to: values.other.to_owned(),
            start_over: "/login".to_owned(),
            user: values.user.to_owned(),
            passkey,
            has_app,
            has_recovery_codes: true,
            notice,
        };
        add(name, &page);
    }
    for (name, passkey, notice) in [
        ("second-factor-set-up", passkey(), None),
        (
            "second-factor-set-up-wrong",
            None,
            Some(SecondFactorNotice::WrongCode),
        ),
        (
            "second-factor-set-up-late",
            passkey(),
            Some(SecondFactorNotice::SetUpExpired),
        ),
        (
            "second-factor-set-up-known",
            passkey(),
            Some(SecondFactorNotice::PasskeyNotAdded),
        ),
    ] {
        let page = SecondFactorSetUpPage {
            page: visitor(),
            csrf: values.other.to_owned(),
            return_to: values.other.to_owned(),
            start_over: "/login".to_owned(),
            user: values.user.to_owned(),
            totp: TotpForm::new(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
                "otpauth://totp/x",
                values.other,
            ),
            passkey,
            notice,
        };
        add(name, &page);
    }
    add_account_samples(add, visitor, values);
    let codes = RecoveryCodesPage {
        page: visitor(),
        codes: (0..10).map(|n| format!("abcd-efgh-ijkm-{n}{n}{n}{n}")).collect(),
        next: "/".to_owned(),
    };
    add("recovery-codes", &codes);
}

/// What users see of their own second factors.
fn add_account_samples(
    add: &mut dyn FnMut(&str, &dyn askama::DynTemplate),
    visitor: &dyn Fn() -> PageContext,
    values: &Values<'_>,
) {
    for (name, is_recent, protected, notice) in [
        ("security", true, false, None),
        ("security-on", true, true, Some(SecurityNotice::PasskeyAdded)),
        ("security-stale", false, true, None),
        ("security-wrong", true, true, Some(SecurityNotice::WrongPassword)),
        ("security-unfit", true, true, Some(SecurityNotice::UnfitPassword)),
    ] {
        let page = AccountSecurityPage {
            page: visitor().with_user(values.user),
            csrf: values.other.to_owned(),
            return_to: "/account/security".to_owned(),
            is_recent,
            has_own_password: !name.ends_with("stale"),
            app: protected.then_some(FactorDates {
                created_at: 1_795_000_000,
                last_used_at: Some(1_795_100_000),
            }),
            passkeys: (0..if protected { 2 } else { 0 })
                .map(|n| PasskeyRow {
                    id: format!("0190-{n}"),
                    name: values.client.to_owned(),
                    dates: FactorDates {
                        created_at: 1_795_000_000,
                        last_used_at: (n == 0).then_some(1_795_200_000),
                    },
                })
                .collect(),
            can_have_passkeys: true,
            passkey: is_recent.then(|| PasskeyForm::new("{}", values.other)),
            recovery_codes: 9,
            notice,
        };
        add(name, &page);
    }
    for (name, notice) in [
        ("security-app", None),
        ("security-app-wrong", Some(SecondFactorNotice::WrongCode)),
    ] {
        let page = AccountAppPage {
            page: visitor().with_user(values.user),
            csrf: values.other.to_owned(),
            return_to: "/account/security".to_owned(),
            totp: TotpForm::new(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
                "otpauth://totp/x",
                values.other,
            ),
            notice,
        };
        add(name, &page);
    }
}
