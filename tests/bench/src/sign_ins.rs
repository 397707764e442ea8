//! Signing in, which is to cost a password hash and next to nothing else; and what is left for everybody else meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Params, Version};

use crate::{
    Failure,
    client::{Browser, Load, crowd},
    measure::{administrator, ask},
    program::{Program, login_form},
};

/// The cost the product has unless told otherwise.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// What the rest of the program may take beside the memory of its hashes.
const REST_MIB: u64 = 40;
/// Who signs in at once: enough that every worker is busy all the time.
const CROWD_PER_CORE: usize = 8;
/// More than the queue takes.
const RUSH: usize = 500;

/// Measures everything about signing in.
pub async fn run(binary: &str, folder: &str, time: Duration) -> Result<(), Failure> {
    let cores = thread::available_parallelism()?.get();
    let emails = people(folder).await?;
    let program = Program::start(binary, folder).await?;
    let cookie = program.sign_in(&administrator(folder).await?).await?;
    let calm = others(&program, &cookie, time).await?;

    let floor = bare_hashes(cores, time)?;
    let (signed_in, _) = saturate(&program, &emails, cores, async { Ok(tokio::time::sleep(time).await) }).await?;
    let again = bare_hashes(cores, time)?;
    let floor = f64::midpoint(floor, again);
    println!("\n{cores} hashes at once, m={MEMORY_KIB},t={PASSES},p=1");
    println!("sign-ins a second {signed_in:.1}, bare argon2 {floor:.1}: {:.0} %", signed_in / floor * 100.0);

    let (_, busy) = saturate(&program, &emails, cores, others(&program, &cookie, time)).await?;
    for (what, calm, busy) in [("/users", &calm.0, &busy.0), ("/healthz", &calm.1, &busy.1)] {
        let millis = |time: Duration| time.as_secs_f64() * 1000.0;
        println!(
            "{what}: p50 {:.2} ms, p99 {:.2} ms; while all sign in p50 {:.2} ms, p99 {:.2} ms: {:.1} times",
            millis(calm.p50),
            millis(calm.p99),
            millis(busy.p50),
            millis(busy.p99),
            millis(busy.p99) / millis(calm.p99)
        );
    }
    let (done, refused, locked) = rush(&program, &emails).await?;
    println!("{RUSH} sign-ins at once: {done} in, {refused} told 503 and when to come back, {locked} locked before");
    let (most, bound) = (program.most_resident()? / 1024, cores as u64 * u64::from(MEMORY_KIB) / 1024 + REST_MIB);
    println!("at most {most} MiB resident; the aim is {bound}");
    Ok(())
}

/// People who can sign in with nothing but the password.
async fn people(folder: &str) -> Result<Vec<String>, Failure> {
    let all = ask(
        folder,
        "SELECT group_concat(email) FROM (
             SELECT u.email FROM users u JOIN memberships m ON m.user_id = u.id
             WHERE m.state = 'active' AND u.disabled_at IS NULL AND u.password_hash IS NOT NULL LIMIT 1000)",
    )
    .await?;
    Ok(all.split(',').map(str::to_owned).collect())
}

/// Hashes a second of the crate alone, on so many threads.
fn bare_hashes(threads: usize, time: Duration) -> Result<f64, Failure> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| error.to_string())?;
    let begin = Instant::now();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let params = params.clone();
            thread::spawn(move || {
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let (mut output, mut hashes) = ([0; 32], 0_u32);
                while begin.elapsed() < time {
                    argon2.hash_password_into(b"amber-canyon-whistle-62", b"sixteen bytes ok", &mut output)?;
                    hashes += 1;
                }
                Ok::<_, argon2::Error>(hashes)
            })
        })
        .collect();
    let mut all = 0;
    for worker in workers {
        all += worker.join().map_err(|_| "a thread ended")?.map_err(|error| error.to_string())?;
    }
    Ok(f64::from(all) / begin.elapsed().as_secs_f64())
}

/// Lets a crowd sign in while something else is done; gives the sign-ins a second.
async fn saturate<T>(
    program: &Program,
    emails: &[String],
    cores: usize,
    meanwhile: impl Future<Output = Result<T, Failure>>,
) -> Result<(f64, T), Failure> {
    let over = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for email in emails {
        if tasks.len() == cores * CROWD_PER_CORE {
            break;
        }
        let mut browser = Browser::connect(program.port).await?;
        let (_, request) = login_form(&mut browser, email).await?;
        // The demonstration has people whose address is locked.
        if browser.ask(&request).await?.status != 303 {
            continue;
        }
        let over = over.clone();
        tasks.push(tokio::spawn(async move {
            let (begin, mut done) = (Instant::now(), 0_u32);
            while !over.load(Ordering::Relaxed) {
                let answer = browser.ask(&request).await?;
                if answer.status != 303 {
                    return Err(format!("signing in was answered {}", answer.status).into());
                }
                done += 1;
            }
            Ok::<_, Failure>(f64::from(done) / begin.elapsed().as_secs_f64())
        }));
    }
    // Until everybody is at it.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let result = meanwhile.await;
    over.store(true, Ordering::Relaxed);
    let mut rate = 0.0;
    for task in tasks {
        rate += task.await??;
    }
    Ok((rate, result?))
}

/// What everybody else gets: the list, and the question whether the process lives.
async fn others(program: &Program, cookie: &str, time: Duration) -> Result<(Load, Load), Failure> {
    let list = crowd(program.port, "/users?per_page=50", cookie, 1, time / 2).await?;
    Ok((list, crowd(program.ops_port, "/healthz", "", 1, time / 2).await?))
}

/// Many at the same moment: how many get in and how many are told to come back.
async fn rush(program: &Program, emails: &[String]) -> Result<(usize, usize, usize), Failure> {
    let mut ready = Vec::new();
    for email in emails.iter().cycle().take(RUSH) {
        let mut browser = Browser::connect(program.port).await?;
        let (_, request) = login_form(&mut browser, email).await?;
        ready.push((browser, request));
    }
    let tasks: Vec<_> = ready
        .into_iter()
        .map(|(mut browser, request)| tokio::spawn(async move { browser.ask(&request).await }))
        .collect();
    let (mut done, mut refused, mut locked) = (0, 0, 0);
    for task in tasks {
        let answer = task.await??;
        match (answer.status, answer.header("retry-after")) {
            (303, _) => done += 1,
            (503, Some(_)) => refused += 1,
            (429, _) => locked += 1,
            (status, _) => return Err(format!("a rush was answered {status}").into()),
        }
    }
    Ok((done, refused, locked))
}
