//! Samples of the user pages: the people and numbers are made up.

mod forms;
mod list;
mod people;
mod roles;
mod single;

pub(super) use roles::access;

use super::{html, shell, when};
use crate::web::pages::shell::Shell;

pub(super) fn all() -> Vec<(&'static str, String)> {
    vec![
        ("users", html(&list::index())),
        ("users-filter", html(&list::filtered())),
        ("users-empty", html(&list::empty())),
        ("users-viewer", html(&list::viewer())),
        (
            "users-flash",
            html(&crate::web::pages::users::Index {
                shell: Shell { flash: Some("The changes to Priya Raman were saved.".into()), ..shell("/users") },
                ..list::index()
            }),
        ),
        ("fragment-users", html(&crate::web::pages::users::Index { shell: fragment(), ..list::index() })),
        ("user", html(&single::show())),
        ("user-invited", html(&single::invited())),
        ("invite", html(&forms::invite(shell("/users")))),
        ("fragment-invite", html(&forms::invite(fragment()))),
        ("invite-failed", html(&forms::invite_failed(Shell { failed: true, ..shell("/users") }))),
        ("fragment-invite-failed", html(&forms::invite_failed(fragment()))),
        ("invite-results", html(&forms::invite_results())),
        ("edit", html(&forms::edit(shell("/users")))),
        ("fragment-edit", html(&forms::edit(fragment()))),
        ("edit-conflict", html(&forms::conflict(Shell { failed: true, ..shell("/users") }))),
        ("fragment-edit-conflict", html(&forms::conflict(fragment()))),
        ("delete", html(&single::delete(shell("/users")))),
        ("fragment-delete", html(&single::delete(fragment()))),
        ("delete-refused", html(&single::refused())),
        ("fragment-resend", html(&single::resend())),
        ("bulk-confirm", html(&single::bulk_confirm())),
        ("bulk-results", html(&single::bulk_results())),
        ("bulk-running", html(&single::bulk_running(shell("/users")))),
        ("fragment-bulk-running", html(&single::bulk_running(fragment()))),
        ("import", html(&single::import(None))),
        ("import-failed", html(&single::import(Some("Save the file as CSV with the encoding UTF-8.")))),
        ("import-check", html(&single::import_check())),
    ]
}

fn fragment() -> Shell {
    Shell { fragment: true, csrf: "token".into(), ..Shell::default() }
}
