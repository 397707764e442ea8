//! The pages whose access Rollcall administers, the applications they belong to and the levels
//! they know (portal contract 2.1 to 2.4, product contract section 2). Which role opens which of
//! them is not told here but in the matrix of [`roles`](super::roles).

mod levels;

pub use self::levels::{Level, Note};
use super::users::words;

words! {
    /// A part of the platform that an organization may have ("provisioned") or not.
    Application {
        /// Call targets, scheduler widgets, reports.
        Callback = "callback",
        /// Connections to other systems.
        Connections = "connections",
        /// Lookup data sets and their templates.
        Datastore = "datastore",
        /// Block list and message lookup.
        Handoff = "handoff",
        /// Application clients; in Rollcall the API tokens.
        MindfulApi = "mindful_api",
        /// Users and roles: Rollcall itself.
        Platform = "platform",
        /// Webhooks.
        Webhooks = "webhooks",
        /// The pages that account roles fill. It has no application roles of its own.
        Workspace = "workspace",
    }
}

impl Application {
    /// All that an organization may lack or have recorded; Workspace is there without a record.
    pub const PROVISIONABLE: [Self; 7] = [
        Self::Callback,
        Self::Connections,
        Self::Datastore,
        Self::Handoff,
        Self::MindfulApi,
        Self::Platform,
        Self::Webhooks,
    ];

    /// The name shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Callback => "Callback",
            Self::Connections => "Connections",
            Self::Datastore => "Datastore",
            Self::Handoff => "Handoff",
            Self::MindfulApi => "Mindful API",
            Self::Platform => "Platform Management",
            Self::Webhooks => "Webhooks",
            Self::Workspace => "Workspace",
        }
    }

    /// Whether every organization has it, with or without a checkbox (portal contract 1.14).
    pub const fn is_always_provisioned(self) -> bool {
        matches!(self, Self::Platform | Self::Workspace)
    }

    /// Its pages, in the order of the contract.
    pub fn pages(self) -> impl Iterator<Item = Page> {
        Page::ALL.iter().copied().filter(move |page| page.application() == self)
    }
}

macro_rules! pages {
    ($($variant:ident = $key:literal in $application:ident: $label:literal,)+) => {
        words! {
            /// One page of the matrix.
            Page { $(#[doc = $label] $variant = $key,)+ }
        }

        impl Page {
            /// The application it belongs to.
            pub const fn application(self) -> Application {
                match self { $(Self::$variant => Application::$application,)+ }
            }

            /// The name shown.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }
        }
    };
}

pages! {
    CallbackOverview = "callback.overview" in Callback: "Callback Overview (coming soon)",
    CallbackStatus = "callback.status" in Callback: "Callback Status",
    CallDetail = "callback.call_detail" in Callback: "Call Detail",
    Insights = "callback.insights" in Callback: "Insights",
    Exports = "callback.exports" in Callback: "Exports",
    GlobalSettings = "callback.global_settings" in Callback: "Global Settings",
    CallTargets = "callback.call_targets" in Callback: "Call Targets",
    SmartRules = "callback.smart_rules" in Callback: "Smart Rules",
    BusinessUnits = "callback.business_units" in Callback: "Business Units",
    MediaSets = "callback.media_sets" in Callback: "Media Sets",
    PhoneNumbers = "callback.phone_numbers" in Callback: "Phone Numbers",
    Widgets = "callback.widgets" in Callback: "Widgets",
    Templates = "callback.templates" in Callback: "Templates",
    Intents = "callback.intents" in Callback: "Intents",
    UserDataSets = "callback.user_data_sets" in Callback: "User Data Sets",
    AccessControlPolicies = "callback.access_control_policies" in Callback: "Access Control Policies",
    CallbackApi = "callback.api" in Callback: "API",
    Alerts = "callback.alerts" in Callback: "Alerts",
    Connections = "connections.connections" in Connections: "Connections",
    LookupDataSet = "datastore.lookup_data_set" in Datastore: "Lookup Data Set",
    DataSetTemplates = "datastore.data_set_templates" in Datastore: "Data Set Templates",
    BlockList = "handoff.block_list" in Handoff: "Block List",
    MessageLookup = "handoff.message_lookup" in Handoff: "Message Lookup",
    ApplicationClients = "mindful_api.application_clients" in MindfulApi: "Application Clients",
    UserManagement = "platform.user_management" in Platform: "User Management",
    ApplicationRoles = "platform.application_roles" in Platform: "Application Roles",
    Webhooks = "webhooks.webhooks" in Webhooks: "Webhooks",
    Organizations = "workspace.organizations" in Workspace: "Organizations",
    Engagements = "workspace.engagements" in Workspace: "Engagements",
    DataSources = "workspace.data_sources" in Workspace: "Data source set-up",
    Analyses = "workspace.analyses" in Workspace: "Analyses",
    Dashboards = "workspace.dashboards" in Workspace: "Dashboards",
    Investigations = "workspace.investigations" in Workspace: "Investigations",
    Integrations = "workspace.integrations" in Workspace: "Integrations",
    Apps = "workspace.apps" in Workspace: "Actions and apps",
}

impl Page {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The pages that hand out power over people, roles and tokens. Only on these may nobody give
    /// more than they have (product contract 8.31).
    pub const ADMINISTRATIVE: [Self; 3] = [Self::UserManagement, Self::ApplicationRoles, Self::ApplicationClients];

    /// The levels a custom role may use on it, lowest first (portal contract 2.4, product contract
    /// 8.32).
    pub const fn offered(self) -> &'static [Level] {
        use Level::{All, Edit, Most, None, View};
        match self {
            Self::Exports => &[None, View, Most, All],
            Self::GlobalSettings => &[None, View, Edit, Most],
            Self::CallTargets => &[None, View, Most],
            Self::UserManagement | Self::ApplicationRoles => &[None, View, Edit, All],
            _ if matches!(self.application(), Application::Workspace) => &[None, View, Edit, All],
            _ => &[None, View, All],
        }
    }

    /// What a level is called on this page (portal contract 2.3).
    pub const fn level_label(self, level: Level) -> &'static str {
        match (self, level) {
            (Self::Exports, Level::Most) => "All except Audit reports",
            (Self::GlobalSettings, Level::Edit) => "Some settings (no messaging)",
            (Self::Alerts, Level::View) => "View only - cannot acknowledge/clear alerts",
            (Self::UserManagement, Level::Edit) => "View and edit existing users",
            (Self::ApplicationRoles, Level::Edit) => "View default roles / view and edit existing custom roles",
            (_, Level::None) => "No access",
            (_, Level::View) => "View only",
            (_, Level::Edit) => "View and edit",
            (_, Level::Most) => "Most settings",
            (_, Level::All) => "All",
        }
    }

    /// The qualification that belongs to a level of this page, whichever role gives it.
    pub const fn note(self, level: Level) -> Option<Note> {
        match (self, level) {
            (_, Level::None) => None,
            (Self::CallbackOverview, _) => Some(Note::ComingSoon),
            (Self::GlobalSettings | Self::CallTargets, Level::Most) => Some(Note::VendorReserved),
            (Self::Alerts, Level::View) => Some(Note::AlertsReadOnly),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn there_are_27_pages_and_8_of_the_workspace() {
        assert_eq!(Page::COUNT, 35);
        assert_eq!(Application::Workspace.pages().count(), 8);
        assert_eq!(Application::Callback.pages().count(), 18);
        let total: usize = Application::ALL.iter().map(|one| one.pages().count()).sum();
        assert_eq!(total, 35);
    }

    #[test]
    fn all_but_the_workspace_can_be_provisioned() {
        let provisionable: Vec<Application> =
            Application::ALL.iter().copied().filter(|one| *one != Application::Workspace).collect();
        assert_eq!(provisionable, Application::PROVISIONABLE);
    }

    #[test]
    fn every_key_is_its_applications_and_its_own() {
        let mut seen = HashSet::new();
        for page in Page::ALL {
            let prefix = format!("{}.", page.application().key());
            assert!(page.key().starts_with(&prefix), "{}", page.key());
            assert!(seen.insert(page.key()));
            assert_eq!(page.key().parse::<Page>().unwrap(), *page);
        }
        assert!("callback.nothing".parse::<Page>().is_err());
        assert!("Callback.Exports".parse::<Page>().is_err());
    }

    #[test]
    fn labels_of_the_contract() {
        assert_eq!(Page::CallbackOverview.label(), "Callback Overview (coming soon)");
        assert_eq!(Page::DataSources.label(), "Data source set-up");
        assert_eq!(Page::Apps.label(), "Actions and apps");
        assert_eq!(Application::Platform.label(), "Platform Management");
        let specific: Vec<(&str, &str, &str)> = Page::ALL
            .iter()
            .flat_map(|page| Level::ALL.iter().map(move |level| (*page, *level)))
            .filter(|(page, level)| page.offered().contains(level))
            .filter(|(_, level)| !matches!(level, Level::None | Level::All))
            .map(|(page, level)| (page.key(), level.key(), page.level_label(level)))
            .filter(|(page, _, label)| !page.starts_with("workspace") && *label != "View only")
            .collect();
        assert_eq!(
            specific,
            [
                ("callback.exports", "most", "All except Audit reports"),
                ("callback.global_settings", "edit", "Some settings (no messaging)"),
                ("callback.global_settings", "most", "Most settings"),
                ("callback.call_targets", "most", "Most settings"),
                ("callback.alerts", "view", "View only - cannot acknowledge/clear alerts"),
                ("platform.user_management", "edit", "View and edit existing users"),
                ("platform.application_roles", "edit", "View default roles / view and edit existing custom roles"),
            ]
        );
        for page in Application::Workspace.pages() {
            assert_eq!(page.level_label(Level::Edit), "View and edit");
        }
    }

    #[test]
    fn offered_levels_of_the_contract() {
        let offered = |page: Page| -> Vec<&str> { page.offered().iter().map(|level| level.key()).collect() };
        assert_eq!(offered(Page::Exports), ["none", "view", "most", "all"]);
        assert_eq!(offered(Page::GlobalSettings), ["none", "view", "edit", "most"]);
        assert_eq!(offered(Page::CallTargets), ["none", "view", "most"]);
        for page in [Page::UserManagement, Page::ApplicationRoles, Page::Apps] {
            assert_eq!(offered(page), ["none", "view", "edit", "all"]);
        }
        for page in [Page::Alerts, Page::ApplicationClients, Page::CallbackOverview] {
            assert_eq!(offered(page), ["none", "view", "all"]);
        }
    }

    #[test]
    fn offered_levels_rise_and_start_with_no_access() {
        for page in Page::ALL {
            assert_eq!(page.offered().first(), Some(&Level::None));
            assert!(page.offered().is_sorted());
        }
    }

    proptest! {
        #[test]
        fn only_exact_keys_are_pages(key in "[a-z_.]{0,30}") {
            let known = Page::ALL.iter().any(|page| page.key() == key);
            prop_assert_eq!(key.parse::<Page>().is_ok(), known);
        }
    }
}
