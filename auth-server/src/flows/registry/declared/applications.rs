//! Applications as they are declared.

use serde_json::json;

use super::{Declaration, DeclaredApplication, Difference, Outcome, differing, flag, names};
use crate::domain::application::AuthMethod;
use crate::domain::audit::AuditKind;
use crate::domain::registration::ApplicationChange;
use crate::domain::webhook::EventType;
use crate::flows::registry::Registry;
use crate::flows::registry::changing::Step;
use crate::flows::registry::checks;
use crate::flows::registry::problem::{Problem, RegistryError, refuse};
use crate::flows::registry::registering::NewApplication;

impl Registry<'_> {
    /// Makes an application what is declared. With `dry_run` nothing is written.
    pub async fn declare_application(
        &self,
        declared: &DeclaredApplication,
        dry_run: bool,
    ) -> Result<Declaration, RegistryError> {
        let new = &declared.application;
        let client_id = new.client_id.clone().unwrap_or_default();
        match self.application(&client_id).await {
            Err(RegistryError::NotFound(_)) => {
                let id = Some(client_id.clone());
                if dry_run {
                    self.check_new(new).await?;
                    return Ok(Declaration::of(id, Outcome::Added));
                }
                let created = self
                    .insert_declared(new.clone(), declared.disabled, declared.secrets.as_deref())
                    .await?;
                let detail = format!("application {:?} added by apply", new.name);
                self.audit(AuditKind::AdminCommand, new.owner_id, Some(&client_id), detail)
                    .await?;
                return Ok(Declaration {
                    secret: created.secret,
                    ..Declaration::of(id, Outcome::Added)
                });
            }
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        let wanted = new.as_change();
        if !dry_run {
            self.check_owner(new.owner_id).await?;
        }
        let edited = self
            .consider(&client_id, dry_run, |before| {
                let application = &before.application;
                if application.auth_methods != new.kind.auth_methods() {
                    let reason = "this is decided when the application is made";
                    return Err(Problem::Kind { reason }.of("kind").into());
                }
                let mut after = application.clone();
                wanted.apply(&mut after);
                after.disabled = declared.disabled;
                refuse(self.rules(false).check(&after, Some(application)))?;
                let secrets = declared.secrets.as_ref().filter(|wanted| {
                    wanted.len() != application.secrets.len()
                        || application
                            .secrets
                            .iter()
                            .any(|secret| !wanted.contains(&secret.hash))
                });
                Ok(Step {
                    secrets: secrets.cloned(),
                    ..Step::of(after, String::new())
                })
            })
            .await?;
        let (before, after) = (&edited.before.application, &edited.after);
        let mut differences = differing(
            &json!(ApplicationChange::of(before)),
            &json!(ApplicationChange::of(after)),
        );
        differences.extend(flag("disabled", before.disabled, after.disabled));
        if edited.secrets_change {
            differences.push(Difference {
                field: "secret_hashes".to_owned(),
                before: json!(before.secrets.len()),
                after: json!(declared.secrets.as_ref().map(Vec::len)),
            });
        }
        let declaration = Declaration::changed(client_id.clone(), differences);
        let is_same = declaration.outcome == Outcome::Same;
        if dry_run || (is_same && !after.disabled) {
            return Ok(declaration);
        }
        // A block is repeated in case an earlier one got no further.
        if after.disabled {
            self.revoke_all_of(&client_id).await?;
        }
        self.announce_application(&client_id).await?;
        if is_same {
            return Ok(declaration);
        }
        self.audit(
            AuditKind::AdminCommand,
            None,
            Some(&client_id),
            format!(
                "application changed by apply: {}",
                names(&declaration.differences)
            ),
        )
        .await?;
        let blocked = after.disabled && !before.disabled;
        if declaration.differences.len() > usize::from(blocked) {
            self.notices()
                .application(EventType::ApplicationChanged, &client_id)
                .await?;
        }
        if blocked {
            self.notices()
                .application(EventType::ApplicationDisabled, &client_id)
                .await?;
        }
        Ok(declaration)
    }
}

impl NewApplication {
    /// As a change that leaves nothing as it was.
    fn as_change(&self) -> ApplicationChange {
        ApplicationChange {
            name: Some(self.name.clone()),
            profile: Some(self.profile),
            policy: Some(self.policy.clone()),
            redirect_uris: Some(self.redirect_uris.clone()),
            scope: Some(self.scope.clone()),
            domains: Some(checks::normalized_domains(&self.domains)),
            owner_id: Some(self.owner_id),
            homepage_url: Some(self.homepage_url.clone()),
            policy_url: Some(self.policy_url.clone()),
            logo_url: Some(self.about.logo_url.clone()),
            use_case: Some(self.about.use_case.clone()),
            description: Some(self.about.description.clone()),
        }
    }

    /// Whether it proves itself by a secret.
    pub(in crate::flows::registry) fn has_secret(&self) -> bool {
        self.kind
            .auth_methods()
            .iter()
            .any(|method| *method != AuthMethod::None)
    }
}
