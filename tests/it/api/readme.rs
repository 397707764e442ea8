//! The examples of the README, run as they are written: by a shell, with curl, against a listening program.

use std::{net::SocketAddr, process::Command};

use super::invited;
use crate::support::{TestApp, database::Database};

/// The commands of the section "Use the APIs", one for each indented block, and what each needs to be told.
fn examples() -> Vec<String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("README.md");
    let section = text.split("\n## ").find(|section| section.starts_with("Use the APIs")).expect("the section");
    let mut blocks: Vec<String> = Vec::new();
    let mut is_inside = false;
    for line in section.lines() {
        match line.strip_prefix("    ") {
            Some(code) if is_inside => {
                let block = blocks.last_mut().expect("a block");
                block.push('\n');
                block.push_str(code);
            }
            Some(code) => blocks.push(code.to_owned()),
            None => {}
        }
        is_inside = line.starts_with("    ");
    }
    blocks.into_iter().filter(|block| block.contains("curl")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_readme_run() {
    let examples = examples();
    assert!(examples.len() >= 4, "{examples:?}");
    for database in Database::each().await {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = TestApp::ready(database, &[("ROLLCALL_PUBLIC_URL", &format!("http://{address}"))]).await;
        let service = app.router().into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, service).await });
        let host = address.to_string();
        let (api, global) = (app.api().await, app.global_api().await);
        let user = invited(&api.at(app.router()).with("host", &host), "existing@example.com", "ROLE_USER").await;
        for example in &examples {
            let mut shell = Command::new("bash");
            shell.args(["-euc", &example.replace("127.0.0.1:8080", &host)]);
            shell.env("ROLLCALL_TOKEN", &api.token).env("ROLLCALL_GLOBAL_TOKEN", &global.token);
            shell.env("USER_ID", user["id"].as_str().expect("id")).env("TENANT", app.organization("Acme").await);
            let ran = tokio::task::spawn_blocking(move || shell.output()).await.expect("ran").expect("bash");
            let (said, complained) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
            assert!(ran.status.success(), "{example}\n{said}\n{complained}");
            assert!(said.starts_with('{'), "{example}\n{said}");
        }
        server.abort();
        app.close().await;
    }
}
