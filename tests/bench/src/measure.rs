//! The order of the measurements, and the table at the end.

use std::time::Duration;

use crate::{
    Failure,
    client::{Load, crowd},
    program::Program,
    sign_ins,
};

/// Cold starts to take the middle of.
const STARTS: usize = 11;
/// The list as it is asked for.
const LIST: &str = "/users?per_page=50";

/// Measures everything and prints the table.
pub async fn run(binary: &str, folders: &[&str; 2], seconds: u64, browsers: usize) -> Result<(), Failure> {
    let time = Duration::from_secs(seconds);
    println!("{seconds} s a measurement, {browsers} connections; ratios are product to floor\n");
    println!("{:34} {:>9} {:>10} {:>10} {:>9} {:>7}", "", "req/s", "p50", "p99", "bytes", "ratio");
    let mut lists = Vec::new();
    for (number, folder) in folders.iter().enumerate() {
        let members = members(folder).await?;
        let (product, product_login, floor, floor_login) = one_size(binary, folder, browsers, time).await?;
        if number == 0 {
            print("login page", &product_login, Some(&floor_login));
            print("  floor: bare axum + askama", &floor_login, None);
        }
        print(&format!("/users, 50 of {members}"), &product, Some(&floor));
        print("  floor: bare sqlx + axum + askama", &floor, None);
        lists.push(product);
    }
    if let [small, large] = lists.as_slice() {
        println!("\n/users, large to small: {:.2}", large.per_second / small.per_second);
    }
    for folder in folders {
        weigh(binary, folder).await?;
    }
    // Last, for it adds to the database.
    sign_ins::run(binary, folders[0], time).await
}

/// List and login page of the product, then of the floor.
async fn one_size(
    binary: &str,
    folder: &str,
    browsers: usize,
    time: Duration,
) -> Result<(Load, Load, Load, Load), Failure> {
    let (product, product_login) = {
        let program = Program::start(binary, folder).await?;
        let cookie = program.sign_in(&administrator(folder).await?).await?;
        let list = crowd(program.port, LIST, &cookie, browsers, time).await?;
        (list, crowd(program.port, "/login", "", browsers, time).await?)
    };
    let program = Program::floor(folder).await?;
    let list = crowd(program.port, LIST, "", browsers, time).await?;
    Ok((product, product_login, list, crowd(program.port, "/login", "", browsers, time).await?))
}

/// Cold start and memory.
async fn weigh(binary: &str, folder: &str) -> Result<(), Failure> {
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(Program::start(binary, folder).await?.cold_start);
    }
    starts.sort_unstable();
    let program = Program::start(binary, folder).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (all, own) = program.resident()?;
    println!(
        "\n{} members: cold start to first answer {:.1} ms (middle of {STARTS}), resident idle {:.1} MiB, {:.1} of it not backed by a file",
        members(folder).await?,
        starts[STARTS / 2].as_secs_f64() * 1000.0,
        all as f64 / 1024.0,
        own as f64 / 1024.0,
    );
    Ok(())
}

fn print(what: &str, load: &Load, floor: Option<&Load>) {
    let ratio = floor.map_or(String::new(), |floor| format!("{:.2}", load.per_second / floor.per_second));
    let millis = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
    println!(
        "{what:34} {:9.0} {:>10} {:>10} {:9} {ratio:>7}",
        load.per_second,
        millis(load.p50),
        millis(load.p99),
        load.bytes
    );
}

async fn members(folder: &str) -> Result<String, Failure> {
    ask(folder, "SELECT CAST(sum(people) AS TEXT) FROM membership_counts").await
}

/// The first Administrator the demonstration made.
pub async fn administrator(folder: &str) -> Result<String, Failure> {
    ask(folder, "SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.account_role = 'administrator' ORDER BY m.created_at LIMIT 1")
        .await
}

pub async fn ask(folder: &str, question: &'static str) -> Result<String, Failure> {
    use sqlx::Connection;
    let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite:{folder}/rollcall.db")).await?;
    let answer = sqlx::query_scalar(question).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(answer)
}
