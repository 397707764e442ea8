//! The layers of the program, held by reading its imports: each may name only those below it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A layer, and those of the others it may name.
const LAYERS: [(&str, &[&str]); 6] = [
    ("domain", &[]),
    ("policy", &["domain"]),
    ("store", &["domain", "policy", "keys"]),
    ("flows", &["domain", "policy", "store", "keys", "app", "hashing", "error", "mail", "config"]),
    ("mail", &["domain", "store", "config", "keys"]),
    ("keys", &["domain"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files
}

/// The files of a module: its folder, and the file beside it.
fn files_of(module: &str) -> Vec<PathBuf> {
    let path = source().join(module);
    let mut files = if path.is_dir() { rust_files(&path) } else { Vec::new() };
    files.extend(Some(path.with_extension("rs")).filter(|file| file.is_file()));
    assert!(!files.is_empty(), "no module {module}");
    files
}

/// A file without comments, texts and unit tests, so that only code is left to name things.
fn code(file: &Path) -> String {
    if file.file_name().is_some_and(|name| name == "tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(file).expect("source");
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Top-level modules a file names through `crate`, in `use` lists and in paths.
fn crate_modules(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => named.extend(top_of_list(list)),
            None => named.extend(Some(word(rest)).filter(|name| !name.is_empty())),
        }
    }
    named
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// The first words of the items of a braced list, up to its end.
fn top_of_list(list: &str) -> Vec<String> {
    let (mut depth, mut item, mut items) = (0, String::new(), Vec::new());
    for letter in list.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(std::mem::take(&mut item)),
            _ if depth == 0 => item.push(letter),
            _ => {}
        }
    }
    items.push(item);
    items.iter().map(|item| word(item.trim())).filter(|name| !name.is_empty()).collect()
}

fn names(code: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(is_part);
        let after = &code[at + name.len()..];
        !before && !after.starts_with(is_part)
    })
}

#[test]
fn imports_are_read_as_rust_reads_them() {
    let code = "use crate::{app::App, domain::{ids::UserId, time}, error};\nlet x = crate::store::Tx;";
    let named: Vec<String> = crate_modules(code).into_iter().collect();
    assert_eq!(named, ["app", "domain", "error", "store"]);
    assert!(names("use sqlx::query;", "sqlx") && !names("use sqlx_core;", "sqlx"));
}

#[test]
fn each_layer_names_only_those_below_it() {
    let mut wrong = Vec::new();
    for (layer, allowed) in LAYERS {
        for file in files_of(layer) {
            for named in crate_modules(&code(&file)) {
                if named != layer && !allowed.contains(&named.as_str()) {
                    wrong.push(format!("{} names {named}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_store_speaks_sql() {
    for file in rust_files(&source()) {
        if !file.starts_with(source().join("store")) {
            assert!(!names(&code(&file), "sqlx"), "{} names sqlx", file.display());
        }
    }
}

#[test]
fn only_the_flows_make_permits_without_asking_the_policy() {
    for file in rust_files(&source()) {
        let may = ["flows", "policy"].iter().any(|layer| file.starts_with(source().join(layer)));
        assert!(may || !names(&code(&file), "without_actor"), "{} makes a permit", file.display());
    }
}

#[test]
fn the_domain_knows_no_framework_and_the_rules_no_clock() {
    let frameworks = ["axum", "sqlx", "askama", "tokio", "tower_sessions", "lettre", "hyper", "http"];
    for (layer, forbidden) in [("domain", &frameworks[..]), ("policy", &frameworks[..])] {
        for file in files_of(layer) {
            let code = code(&file);
            for name in forbidden {
                let path = format!("{name}::");
                assert!(!code.contains(&path) || !names(&code, name), "{} names {name}", file.display());
            }
        }
    }
    for file in files_of("policy") {
        let code = code(&file);
        for word in ["async", "await", "SystemTime", "Instant", "OffsetDateTime"] {
            assert!(!names(&code, word), "{} says {word}", file.display());
        }
    }
}

#[test]
fn time_and_chance_come_from_outside() {
    let wired = ["app.rs"];
    for file in rust_files(&source()) {
        let is_wiring = wired.iter().any(|name| file == source().join(name));
        let code = code(&file);
        for call in
            ["SystemTime::now", "time::Instant::now", "now_utc", "getrandom::fill", "thread_rng", "now_v7", "new_v4"]
        {
            assert!(is_wiring || !code.contains(call), "{} calls {call}", file.display());
        }
    }
}

#[test]
fn pages_and_apis_do_not_know_each_other() {
    let (html, api) = (source().join("web/html"), source().join("web/api"));
    for file in rust_files(&html) {
        assert!(!code(&file).contains("web::api"), "{} names the API", file.display());
    }
    let files = if api.is_dir() { rust_files(&api) } else { Vec::new() };
    for file in files {
        let code = code(&file);
        assert!(!code.contains("web::html") && !code.contains("web::pages"), "{} names the pages", file.display());
    }
}

#[test]
fn nothing_below_the_web_knows_it() {
    for layer in ["domain", "policy", "store", "flows", "mail", "keys", "hashing", "error"] {
        for file in files_of(layer) {
            assert!(!crate_modules(&code(&file)).contains("web"), "{} names the web", file.display());
        }
    }
}
