//! `rollcall demo`: fills an empty database with believable people, so that the program can be looked at and measured
//! without anybody's real data. A fixed seed decides everything; only the day it is run on moves the dates along.

mod dice;
mod history;
mod names;
mod people;

use std::{process::ExitCode, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

use self::{
    dice::Dice,
    names::Names,
    people::{Account, Crew, Shared},
};
use super::{CommandError, open};
use crate::{
    app::App,
    config::Config,
    domain::{
        audit::{AuditAction, AuditActor, AuditScope, AuditTarget, Author, Occasion},
        ids::{CustomRoleId, OrganizationId, UserId},
        organizations::NewOrganization,
        roles::AccountRole,
        sign_in::{LOCK, LOCKING_FAILURE},
        text::{DisplayName, Email, OrganizationName, RoleName},
        time::{Timestamp, days, minutes},
    },
    error::AppError,
    store::demo::DemoUser,
};

/// Decides who is made up; another seed, other people.
const SEED: u64 = 1;
/// Everybody's password: a demonstration has no secrets.
const PASSWORD: &str = "amber-canyon-whistle-62";
/// People added in one transaction.
const BATCH: u32 = 5000;
/// The oldest organization was founded this many days ago.
const AGE: u64 = 1100;

pub(super) async fn run(config: Config, organizations: u32, users: u32) -> Result<ExitCode, CommandError> {
    let app = open(config).await?;
    if !app.db.begin_read().await?.is_empty().await? {
        return Err(CommandError::Refused("the database is not empty; demo only fills an empty one".to_owned()));
    }
    let password_hash = app.hasher.hash(PASSWORD).await.map_err(AppError::from)?;
    let now = app.clock.now();
    let mut demo = Demo {
        app: &app,
        dice: Dice::new(SEED),
        names: Names::new(),
        shared: Vec::new(),
        password_hash: password_hash.into(),
        now,
        today: midnight(now),
        progress: progress(u64::from(organizations) * u64::from(users)),
    };
    let mut accounts = vec![demo.add_server_administrator().await?];
    for number in 0..organizations {
        let made = demo.add_organization(number, users).await?;
        if number == 0 {
            accounts.extend(made);
        }
    }
    demo.progress.set_message("telling the database what it holds");
    app.db.settle_down().await?;
    demo.progress.finish_and_clear();
    print(&app, organizations, users, &accounts);
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Everything the making of people needs.
struct Demo<'a> {
    app: &'a App,
    dice: Dice,
    names: Names,
    /// People of the first organization who belong to the others too.
    shared: Vec<Shared>,
    password_hash: std::sync::Arc<str>,
    now: Timestamp,
    today: Timestamp,
    progress: ProgressBar,
}

impl Demo<'_> {
    async fn add_server_administrator(&mut self) -> Result<Account, CommandError> {
        let occasion = self.occasion(self.today.minus(days(AGE + 1)));
        let id = UserId::new(occasion.now, occasion.entropy.as_ref());
        let (name, email) =
            (valid(DisplayName::parse("Robin Vale"))?, valid(Email::parse("robin.vale@rollcall.example"))?);
        let user = DemoUser {
            id,
            email: email.clone(),
            name: Some(name.clone()),
            account_role: AccountRole::ServerAdministrator,
            password_hash: self.password_hash.clone(),
            password_until: None,
            activated_at: Some(occasion.now),
            disabled_at: None,
            last_login_at: Timestamp::default(),
            created_at: occasion.now,
        };
        let event = Author { actor: AuditActor::System, scope: None }
            .event(AuditAction::AccountCreated, AuditTarget::user(id, name.as_str(), email.as_str()))
            .after(serde_json::json!({
                "email": email.as_str(),
                "name": name.as_str(),
                "account_role": AccountRole::ServerAdministrator.label(),
            }));
        let mut tx = self.app.db.begin_write().await?;
        tx.expect_many_rows().await?;
        tx.add_demo_users(&[user]).await?;
        tx.record_all(vec![(event, occasion)]).await?;
        tx.commit().await?;
        Ok(Account { what: "Server Administrator".to_owned(), email: email.as_str().to_owned() })
    }

    /// Makes an organization and its people; gives the accounts to log in with.
    async fn add_organization(&mut self, number: u32, users: u32) -> Result<Vec<Account>, CommandError> {
        let (name, domain) = names::organization(number);
        self.progress.set_message(name.clone());
        self.names.next_domain();
        let founded = self.today.minus(days(AGE - u64::from(number % 30) * 7));
        let seats = i64::from(users) + i64::from(users / 4) + 5;
        let new = NewOrganization {
            mfa_required: number % 5 == 4,
            government: number % 7 == 6,
            user_limit: (number.is_multiple_of(3)).then_some(seats),
            ..NewOrganization::named(valid(OrganizationName::parse(&name))?)
        };
        let occasion = self.occasion(founded);
        let mut tx = self.app.db.begin_write().await?;
        let id = tx.add_organization(&new, &Author { actor: AuditActor::System, scope: None }, &occasion).await?;
        tx.commit().await?;
        let scope = AuditScope { id, name };
        let roles = self.add_custom_roles(id, &scope, &occasion).await?;
        let mut crew = Crew::new(scope, domain, roles, founded, self.today, users, self.password_hash.clone());
        if number > 0 {
            crew.borrow(&self.shared);
        }
        for first in (0..users).step_by(BATCH as usize) {
            self.add_people(&mut crew, first, users.min(first.saturating_add(BATCH))).await?;
        }
        self.lock_some(&mut crew).await?;
        if number == 0 {
            self.shared = crew.sociable();
        }
        Ok(crew.accounts())
    }

    async fn add_custom_roles(
        &mut self,
        organization: OrganizationId,
        scope: &AuditScope,
        occasion: &Occasion,
    ) -> Result<Vec<(CustomRoleId, String)>, CommandError> {
        let author = Author { actor: AuditActor::System, scope: Some(scope.clone()) };
        let mut tx = self.app.db.begin_write().await?;
        let mut made = Vec::new();
        for (name, description, levels) in names::CUSTOM_ROLES {
            let id = CustomRoleId::new(occasion.now, occasion.entropy.as_ref());
            let name = valid(RoleName::parse(name))?;
            tx.add_demo_role(organization, id, (&name, description), levels, occasion.now).await?;
            let target = AuditTarget { kind: "role", id: Some(id.to_string()), name: name.as_str().to_owned() };
            let levels: std::collections::BTreeMap<_, _> = levels.iter().copied().collect();
            let after = serde_json::json!({ "name": name.as_str(), "description": description, "levels": levels });
            tx.record_all(vec![(author.event(AuditAction::RoleCreated, target).after(after), occasion.clone())])
                .await?;
            made.push((id, name.as_str().to_owned()));
        }
        tx.commit().await?;
        Ok(made)
    }

    async fn add_people(&mut self, crew: &mut Crew, first: u32, end: u32) -> Result<(), CommandError> {
        let batch = crew.hire(first, end, &mut self.names, &mut self.dice).map_err(CommandError::Asked)?;
        let events = crew.history.until(batch.until, &self.dice.entropy());
        let mut tx = self.app.db.begin_write().await?;
        tx.add_demo_users(&batch.users).await?;
        tx.add_demo_members(&batch.members).await?;
        tx.add_demo_sign_ins(&batch.sign_ins).await?;
        tx.record_all(events).await?;
        tx.commit().await?;
        self.progress.inc(u64::from(end - first));
        Ok(())
    }

    /// Somebody always just mistyped a password once too often.
    async fn lock_some(&mut self, crew: &mut Crew) -> Result<(), CommandError> {
        let last_failure = self.now.minus(minutes(4));
        let until = last_failure.plus(LOCK);
        crew.lock(last_failure, until);
        let events = crew.history.until(self.now.plus(Duration::from_secs(1)), &self.dice.entropy());
        let mut tx = self.app.db.begin_write().await?;
        tx.add_demo_locks(crew.locked(), i64::from(LOCKING_FAILURE), last_failure, until).await?;
        tx.record_all(events).await?;
        Ok(tx.commit().await?)
    }

    fn occasion(&self, now: Timestamp) -> Occasion {
        Occasion { now, entropy: self.dice.entropy(), address: None, request_id: None }
    }
}

/// What this program makes up must hold before its own rules.
fn valid<T, E: std::fmt::Display>(parsed: Result<T, E>) -> Result<T, CommandError> {
    parsed.map_err(|error| CommandError::Asked(error.to_string()))
}

/// The beginning of the day, UTC.
fn midnight(now: Timestamp) -> Timestamp {
    let day = 24 * 60 * 60;
    Timestamp::from_seconds(now.seconds().div_euclid(day) * day)
}

/// Drawn on a terminal only.
fn progress(people: u64) -> ProgressBar {
    let bar = ProgressBar::new(people);
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} users  {elapsed}  {msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn print(app: &App, organizations: u32, users: u32, accounts: &[Account]) {
    println!("{organizations} organizations with {users} users each. Log in at {} as", app.config.public_url);
    println!();
    let widest = |text: fn(&Account) -> &str| accounts.iter().map(|account| text(account).len()).max().unwrap_or(0);
    let (what, email) = (widest(|account| &account.what), widest(|account| &account.email));
    for account in accounts {
        println!("  {:what$}  {:email$}  {PASSWORD}", account.what, account.email);
    }
    println!();
    println!("Everybody else has the same password.");
}
