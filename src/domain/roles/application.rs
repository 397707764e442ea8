//! The sixteen default roles of the applications (portal contract 2.1). A role an application
//! lacks does not exist, so it has no variant.

use super::{Access, matrix};
use crate::domain::pages::Application;
use crate::domain::text::fold;
use crate::domain::users::words;

words! {
    /// The column of the matrix an application role stands in.
    RoleKind {
        /// Administrator.
        Administrator = "administrator",
        /// Manager; Callback, Handoff and Platform Management only.
        Manager = "manager",
        /// Viewer.
        Viewer = "viewer",
        /// Agent; Datastore only.
        Agent = "agent",
    }
}

macro_rules! application_roles {
    ($($variant:ident = $key:literal is $kind:ident of $application:ident: $label:literal,)+) => {
        words! {
            /// A default role of an application, in the order of the contract.
            ApplicationRole { $(#[doc = $label] $variant = $key,)+ }
        }

        impl ApplicationRole {
            /// The name shown: application and role.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// The application it belongs to.
            pub const fn application(self) -> Application {
                match self { $(Self::$variant => Application::$application,)+ }
            }

            /// Its column in the matrix.
            pub const fn kind(self) -> RoleKind {
                match self { $(Self::$variant => RoleKind::$kind,)+ }
            }
        }
    };
}

application_roles! {
    CallbackAdministrator = "callback:administrator" is Administrator of Callback: "Callback Administrator",
    CallbackManager = "callback:manager" is Manager of Callback: "Callback Manager",
    CallbackViewer = "callback:viewer" is Viewer of Callback: "Callback Viewer",
    ConnectionsAdministrator = "connections:administrator" is Administrator of Connections: "Connections Administrator",
    DatastoreAdministrator = "datastore:administrator" is Administrator of Datastore: "Datastore Administrator",
    DatastoreAgent = "datastore:agent" is Agent of Datastore: "Datastore Agent",
    HandoffAdministrator = "handoff:administrator" is Administrator of Handoff: "Handoff Administrator",
    HandoffManager = "handoff:manager" is Manager of Handoff: "Handoff Manager",
    HandoffViewer = "handoff:viewer" is Viewer of Handoff: "Handoff Viewer",
    MindfulApiAdministrator = "mindful_api:administrator" is Administrator of MindfulApi: "Mindful API Administrator",
    MindfulApiViewer = "mindful_api:viewer" is Viewer of MindfulApi: "Mindful API Viewer",
    PlatformAdministrator = "platform:administrator" is Administrator of Platform: "Platform Management Administrator",
    PlatformManager = "platform:manager" is Manager of Platform: "Platform Management Manager",
    PlatformViewer = "platform:viewer" is Viewer of Platform: "Platform Management Viewer",
    WebhooksAdministrator = "webhooks:administrator" is Administrator of Webhooks: "Webhooks Administrator",
    WebhooksViewer = "webhooks:viewer" is Viewer of Webhooks: "Webhooks Viewer",
}

impl ApplicationRole {
    /// The role of this name or key, ignoring case, for imports.
    pub fn from_name_or_key(text: &str) -> Option<Self> {
        let text = fold(text.trim());
        Self::ALL.iter().copied().find(|role| role.key() == text || fold(role.label()) == text)
    }

    /// What it opens by itself, in an organization that has every application.
    pub fn access(self) -> Access {
        Access::from_fn(|page| matrix::application_cell(self, page).level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_sixteen_named_after_application_and_role() {
        assert_eq!(ApplicationRole::ALL.len(), 16);
        for role in ApplicationRole::ALL {
            let key = format!("{}:{}", role.application().key(), role.kind().key());
            assert_eq!(role.key(), key);
            assert_eq!(fold(role.label()), fold(&format!("{} {}", role.application().label(), role.kind().key())));
        }
        assert!(ApplicationRole::ALL.iter().all(|role| role.application() != Application::Workspace));
    }

    #[test]
    fn manager_and_agent_exist_only_where_the_contract_says() {
        let with = |kind: RoleKind| -> Vec<&str> {
            ApplicationRole::ALL
                .iter()
                .filter(|role| role.kind() == kind)
                .map(|role| role.application().key())
                .collect()
        };
        assert_eq!(with(RoleKind::Manager), ["callback", "handoff", "platform"]);
        assert_eq!(with(RoleKind::Agent), ["datastore"]);
        assert_eq!(with(RoleKind::Administrator).len(), 7);
    }

    #[test]
    fn imports_take_names_and_keys_in_any_case() {
        let manager = Some(ApplicationRole::CallbackManager);
        assert_eq!(ApplicationRole::from_name_or_key("callback manager"), manager);
        assert_eq!(ApplicationRole::from_name_or_key(" CALLBACK:MANAGER "), manager);
        assert_eq!(ApplicationRole::from_name_or_key("manager"), None);
    }
}
