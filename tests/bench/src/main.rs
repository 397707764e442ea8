//! Measures a Rollcall binary beside floors built for the purpose, in one run on one machine:
//!
//! - *login page*: floor is bare axum that renders the same template;
//! - *`/users`*: floor is bare axum that sends the same statement (list, counts, roles) through bare sqlx and renders the
//!   same template, without session, rights, headers or log;
//! - *users v1*: one user, and a query without a filter; floor is bare axum that sends the same statements through bare
//!   sqlx and answers the same JSON, without token, limits, headers or log;
//! - *signing in*: floor is the bare argon2 crate with the same cost on as many threads; beside it, what other pages
//!   cost while the hashes take the machine, and the most memory that took;
//! - *cold start* and *resident memory* stand by themselves.
//!
//! `rollcall-bench measure BINARY SMALL LARGE SECONDS CONNECTIONS` takes two folders that `rollcall demo` filled;
//! `rollcall-bench floor FOLDER` is the floor and is started by the former. `tests/bench/run` does it all.

mod api_floor;
mod client;
mod floor;
mod measure;
mod program;
mod sign_ins;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["floor", folder] => floor::serve(folder).await,
        ["measure", binary, small, large, seconds, connections] => {
            measure::run(binary, &[small, large], seconds.parse()?, connections.parse()?).await
        }
        _ => Err("rollcall-bench measure BINARY SMALL LARGE SECONDS CONNECTIONS".into()),
    }
}
