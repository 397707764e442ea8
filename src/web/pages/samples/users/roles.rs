//! What somebody can do, and the roles that could be given.

use crate::web::pages::parts::{Access, AccessGroup, AccessPage, RoleGroup, RoleOption, RolePicker};

pub(in crate::web::pages::samples) fn access() -> Access {
    let page = |key: &str, label: &str, level, level_label: &str, from: &str| AccessPage {
        key: key.into(),
        label: label.into(),
        level,
        level_label: level_label.into(),
        from: from.into(),
        more: if level == 0 { vec!["Callback Administrator gives All".into()] } else { Vec::new() },
        ..AccessPage::default()
    };
    Access {
        title: "Effective access".into(),
        lead: "And which role allows it".into(),
        groups: vec![
            AccessGroup {
                label: "Callback".into(),
                count: "5 of 6 pages".into(),
                open: true,
                pages: vec![
                    page("callback.call_targets", "Call Targets", 3, "Most settings", "Callback Manager"),
                    page("callback.smart_rules", "Smart Rules", 4, "All", "Callback Manager"),
                    page("callback.exports", "Exports", 4, "All", "Callback Manager, Seasonal reporting"),
                    page(
                        "callback.access_control_policies",
                        "Access Control Policies",
                        1,
                        "View only",
                        "Callback Manager",
                    ),
                    page("callback.business_units", "Business Units", 0, "No access", ""),
                    page(
                        "callback.alerts",
                        "Alerts",
                        1,
                        "View only - cannot acknowledge/clear alerts",
                        "Callback Viewer",
                    ),
                ],
            },
            AccessGroup {
                label: "Handoff".into(),
                count: "0 of 2 pages".into(),
                open: false,
                pages: vec![
                    page("handoff.block_list", "Block List", 0, "No access", ""),
                    page("handoff.message_lookup", "Message Lookup", 0, "No access", ""),
                ],
            },
            AccessGroup {
                label: "Platform Management".into(),
                count: "0 of 1 pages".into(),
                open: false,
                pages: vec![page("platform.user_management", "User Management", 0, "No access", "")],
            },
        ],
        ..Access::default()
    }
}

pub(super) fn picker() -> RolePicker {
    let option = |value: &str, prefix: &str, label: &str, level, grants: &str| RoleOption {
        value: value.into(),
        prefix: prefix.into(),
        label: label.into(),
        level,
        grants: grants.into(),
        ..RoleOption::default()
    };
    let account = |value, label, level| option(value, "", label, level, "");
    let group = |label: &str, options| RoleGroup { label: label.into(), options };
    let of = |application: &str, label: &str, roles: &[(&str, u8, &str)]| {
        let options = roles.iter().map(|(role, level, grants)| {
            option(&format!("{application}:{}", role.to_lowercase()), label, role, *level, grants)
        });
        group(label, options.collect())
    };
    let custom = |value, label, grants| RoleOption { custom: true, ..option(value, "", label, 0, grants) };
    let handoff = "handoff.block_list=4 handoff.message_lookup=4";
    let mut picker = RolePicker {
        account_roles: vec![
            option("administrator", "", "Administrator", 3, "platform.user_management=4 callback.exports=4"),
            account("user_admin", "User Admin", 2),
            account("it_admin", "IT Admin", 2),
            account("organization_creator", "Organization Creator", 2),
            account("analyst", "Analyst", 2),
            account("developer", "Developer", 2),
            RoleOption { checked: true, ..account("user", "User", 1) },
        ],
        groups: vec![
            of(
                "callback",
                "Callback",
                &[
                    ("Administrator", 3, "callback.call_targets=3 callback.smart_rules=4 callback.business_units=4"),
                    (
                        "Manager",
                        2,
                        "callback.call_targets=3 callback.smart_rules=4 callback.exports=4 \
                         callback.access_control_policies=1",
                    ),
                    ("Viewer", 1, "callback.exports=3 callback.alerts=1"),
                ],
            ),
            of("connections", "Connections", &[("Administrator", 3, "")]),
            of("handoff", "Handoff", &[("Administrator", 3, handoff), ("Manager", 2, handoff), ("Viewer", 1, handoff)]),
            of("platform", "Platform Management", &[("Manager", 2, "platform.user_management=2"), ("Viewer", 1, "")]),
            group(
                "Custom roles",
                vec![
                    custom("0198c0de-0000-7000-8000-0000000000aa", "Seasonal reporting", "callback.exports=1"),
                    custom("0198c0de-0000-7000-8000-0000000000ab", "Night shift lead", "callback.alerts=4"),
                ],
            ),
        ],
        ..RolePicker::default()
    };
    for choice in picker.groups.iter_mut().flat_map(|group| &mut group.options) {
        choice.checked = choice.value == "callback:manager";
    }
    picker
}
