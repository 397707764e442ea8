//! The order of the measurements, and the table at the end.

use std::time::Duration;

use crate::{
    Failure,
    client::{Browser, Load, crowd, repeat},
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
        let asked = Asked::of(binary, folder).await?;
        let product = {
            let program = Program::start(binary, folder).await?;
            let cookie = program.sign_in(&administrator(folder).await?).await?;
            asked.all(&program, &cookie, browsers, time).await?
        };
        let floor = asked.all(&Program::floor(folder).await?, "", browsers, time).await?;
        if number == 0 {
            print("login page", &product.login, Some(&floor.login));
            print("  floor: bare axum + askama", &floor.login, None);
        }
        for (what, product, floor) in [
            (format!("/users, 50 of {members}"), &product.list, &floor.list),
            ("GET /api/v1/users/{id}".to_owned(), &product.one, &floor.one),
            (format!("POST .../users/query, 50 of {members}"), &product.query, &floor.query),
        ] {
            print(&what, product, Some(floor));
            print("  floor: the same through bare sqlx", floor, None);
        }
        lists.push(product.list);
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

/// What is asked, of the product and of the floor.
struct Asked {
    token: String,
    user: String,
}

/// What came of it.
struct Loads {
    list: Load,
    login: Load,
    one: Load,
    query: Load,
}

impl Asked {
    async fn of(binary: &str, folder: &str) -> Result<Self, Failure> {
        let organization = ask(folder, "SELECT id FROM organizations ORDER BY created_at LIMIT 1").await?;
        let user = "SELECT user_id FROM memberships WHERE account_role = 'administrator' ORDER BY created_at LIMIT 1";
        Ok(Self { token: Program::token(binary, folder, &organization)?, user: ask(folder, user).await? })
    }

    async fn all(&self, program: &Program, cookie: &str, browsers: usize, time: Duration) -> Result<Loads, Failure> {
        let port = program.port;
        let path = format!("/api/v1/users/{}", self.user);
        let one = |browser: &Browser| browser.call("GET", &path, &self.token, "");
        let page = "/api/v1/users/query?page=0&size=50";
        let query = |browser: &Browser| browser.call("POST", page, &self.token, "{}");
        Ok(Loads {
            list: crowd(port, LIST, cookie, browsers, time).await?,
            login: crowd(port, "/login", "", browsers, time).await?,
            one: repeat(port, browsers, time, one).await?,
            query: repeat(port, browsers, time, query).await?,
        })
    }
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
