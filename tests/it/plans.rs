//! No list reads a whole table: the plan each database makes for every kind of list, with twenty thousand members.

use rollcall::{
    domain::{
        ids::{CustomRoleId, OrganizationId},
        pages::{Level, Page},
        query::{Condition, Paging, SortBy},
        roles::PageChange,
        users::{Cursor, CursorKey, KindFilter, LoginFilter, MfaFilter, StatusFilter, UserQuery, UserSort},
    },
    store::{TenantUserQuery, Tx, USER_FIELDS},
};

use crate::support::{TestApp, both};

const MEMBERS: usize = 20_000;
const OTHERS: usize = 2_000;

/// Two organizations full of people: a few invited, disabled, locked, with a rare role or an authenticator.
async fn fill(app: &TestApp) -> OrganizationId {
    app.add_organization("Beta").await;
    let acme = app.pool.texts("SELECT id FROM organizations WHERE name = 'Acme'").await.remove(0);
    let beta = app.pool.texts("SELECT id FROM organizations WHERE name = 'Beta'").await.remove(0);
    // SQLite waits for the disk at every commit; PostgreSQL counts faster when each batch is one of its own.
    let (begin, commit) = if app.is_postgres() { ("SELECT 1", "SELECT 1") } else { ("BEGIN", "COMMIT") };
    app.pool.run(begin).await;
    for first in (0..MEMBERS + OTHERS).step_by(500) {
        let people: Vec<Somebody> =
            (first..first + 500).map(|number| Somebody::new(number, app.is_postgres())).collect();
        let into = |table: &str, rows: Vec<String>| format!("INSERT INTO {table} VALUES {}", rows.join(", "));
        let users =
            "users (id, kind, email, email_key, address_hash, display_name, search_text, created_at, activated_at)";
        app.pool.run(&into(users, people.iter().map(Somebody::user).collect())).await;
        let memberships = "memberships (organization_id, user_id, kind, account_role, state, name_key, email_key,
             last_login_at, created_at, created_by_name, changed_at, changed_by_name, invited_until, enabled)";
        let row = |one: &Somebody| one.membership(if one.number < MEMBERS { &acme } else { &beta });
        app.pool.run(&into(memberships, people.iter().map(row).collect())).await;
        let roles = |one: &Somebody| one.role(if one.number < MEMBERS { &acme } else { &beta });
        let roles = people.iter().map(roles).collect();
        app.pool.run(&into("membership_roles (organization_id, user_id, role_id)", roles)).await;
        let with: Vec<String> =
            people.iter().filter(|one| one.number % 900 == 0).map(Somebody::authenticator).collect();
        if !with.is_empty() {
            app.pool.run(&into("authenticators (user_id, state, secret, created_at)", with)).await;
        }
        let locked: Vec<String> = people.iter().filter(|one| one.number % 7 == 0).map(Somebody::attempts).collect();
        app.pool.run(&into("sign_in_attempts (address_hash, failures, locked_until)", locked)).await;
    }
    app.pool.run(commit).await;
    acme.parse().expect("an id")
}

struct Somebody {
    number: usize,
    id: String,
    hash: String,
    yes: &'static str,
    no: &'static str,
}

impl Somebody {
    fn new(number: usize, is_postgres: bool) -> Self {
        let bytes = format!("{number:064x}");
        let hash = if is_postgres { format!("'\\x{bytes}'::bytea") } else { format!("x'{bytes}'") };
        let (yes, no) = if is_postgres { ("TRUE", "FALSE") } else { ("1", "0") };
        Self { number, id: format!("019aa193-1000-7000-8000-{number:012}"), hash, yes, no }
    }

    fn user(&self) -> String {
        let (id, hash, number) = (&self.id, &self.hash, self.number);
        let (name, email) = (format!("Person {number}"), format!("p{number}@crowd.example"));
        let search = format!("person {number} {email}");
        format!("('{id}', 'person', '{email}', '{email}', {hash}, '{name}', '{search}', 1, 1)")
    }

    fn membership(&self, organization: &str) -> String {
        let (id, number) = (&self.id, self.number);
        let state = match number % 1000 {
            0..20 => "disabled",
            20..40 => "invited",
            _ => "active",
        };
        let account_role = if number % 2000 == 50 { "analyst" } else { "user" };
        let kind = if number % 4000 == 60 { "token" } else { "person" };
        let until = if state == "invited" { 1 + i64::from(number % 2 == 1) * 4_000_000_000_000_000 } else { 0 };
        let enabled = if state == "disabled" { self.no } else { self.yes };
        let login =
            if number % 500 == 70 { 0 } else { 1_763_000_000_000_000 + i64::try_from(number).unwrap_or_default() };
        format!(
            "('{organization}', '{id}', '{kind}', '{account_role}', '{state}', 'person {number:06}',
              'p{number}@crowd.example', {login}, {number}, '', 1, '', {until}, {enabled})"
        )
    }

    fn role(&self, organization: &str) -> String {
        let role = if self.number % 3000 == 5 { "datastore:agent" } else { "callback:viewer" };
        format!("('{organization}', '{}', '{role}')", self.id)
    }

    fn authenticator(&self) -> String {
        format!("('{}', 'active', {}, 1)", self.id, self.hash)
    }

    fn attempts(&self) -> String {
        let until = if self.number.is_multiple_of(4900) { 4_000_000_000_000_000_i64 } else { 0 };
        format!("({}, 1, {until})", self.hash)
    }
}

/// Every filter and order there is. Those in the first list find few people, so that the database may start from the
/// filter; those in the second find many and have to be walked in the order of the list: of their statements only the
/// walk counts.
fn queries() -> (Vec<UserQuery>, Vec<UserQuery>) {
    let usual = UserQuery::default;
    let cursor =
        |key, before| Some(Cursor { key, id: "019aa193-1000-7000-8000-000000000500".to_owned(), before, skipped: 25 });
    let mut rare = vec![
        UserQuery { search: "person 12345".to_owned(), ..usual() },
        UserQuery { search: "777@crowd".to_owned(), status: StatusFilter::Active, ..usual() },
        UserQuery { role: Some("analyst".to_owned()), ..usual() },
        UserQuery { role: Some("datastore:agent".to_owned()), ..usual() },
        UserQuery { role: Some("datastore:agent".to_owned()), search: "person 3".to_owned(), ..usual() },
        UserQuery { status: StatusFilter::Locked, ..usual() },
        UserQuery { status: StatusFilter::Expired, ..usual() },
        UserQuery { kind: KindFilter::ServiceAccounts, ..usual() },
        UserQuery { last_login: Some(LoginFilter::Never), ..usual() },
    ];
    let mut walked = vec![
        UserQuery { search: "p1".to_owned(), ..usual() },
        UserQuery { search: "crowd.example".to_owned(), ..usual() },
        UserQuery { role: Some("callback:viewer".to_owned()), ..usual() },
        UserQuery { role: Some("user".to_owned()), status: StatusFilter::Disabled, ..usual() },
        UserQuery { mfa: Some(MfaFilter::NotSetUp), ..usual() },
        UserQuery { mfa: Some(MfaFilter::On), ..usual() },
        UserQuery { last_login: Some(LoginFilter::Over30Days), ..usual() },
        UserQuery { kind: KindFilter::All, rows: 100, ..usual() },
        UserQuery { rows: 1000, ..usual() },
    ];
    for descending in [false, true] {
        for (sort, key) in [
            (UserSort::Name, CursorKey::Text("person 000500".to_owned())),
            (UserSort::Email, CursorKey::Text("p500@crowd.example".to_owned())),
            (UserSort::Status, CursorKey::Pair("active".to_owned(), "person 000500".to_owned())),
            (UserSort::LastLogin, CursorKey::Number(1_763_000_000_000_500)),
        ] {
            for status in [StatusFilter::All, StatusFilter::Active, StatusFilter::Invited, StatusFilter::Disabled] {
                let query = UserQuery { sort, descending, status, ..usual() };
                walked.extend(
                    [false, true].map(|before| UserQuery { cursor: cursor(key.clone(), before), ..query.clone() }),
                );
                walked.push(query);
            }
            rare.push(UserQuery { sort, descending, search: "person 12345".to_owned(), ..usual() });
        }
    }
    (rare, walked)
}

/// Tables of people, by the names the statements give them. `json_each` and what was gathered are small.
const BIG: [&str; 15] = [
    "held",
    "m",
    "u",
    "a",
    "t",
    "r",
    "e",
    "x",
    "s",
    "k",
    "l",
    "memberships",
    "users",
    "membership_roles",
    "sign_in_attempts",
];

/// Whether a step of a plan reads all of a big table.
fn reads_all(step: &str) -> bool {
    if let Some((_, rest)) = step.split_once("Seq Scan on ") {
        let name = rest.split([' ', '(']).next().unwrap_or_default();
        return ["memberships", "users", "membership_roles", "sign_in_attempts"].contains(&name);
    }
    let Some(rest) = step.trim().strip_prefix("SCAN ") else { return false };
    let name = rest.split(' ').next().unwrap_or_default();
    // The index of who is disabled everywhere has nobody else in it.
    BIG.contains(&name) && !rest.contains("VIRTUAL TABLE") && !rest.contains("USING INDEX people_disabled")
}

const RARE_ROLE: &str = "019aa193-2000-7000-8000-000000000001";
const EVERYBODYS_ROLE: &str = "019aa193-2000-7000-8000-000000000002";

/// Two custom roles: a few have the one, everybody the other.
async fn give_roles(app: &TestApp, organization: OrganizationId) {
    for (id, condition) in [(RARE_ROLE, "user_id LIKE '%000'"), (EVERYBODYS_ROLE, "user_id LIKE '%'")] {
        app.pool
            .run(&format!(
                "INSERT INTO custom_roles (organization_id, id, name, name_key, created_at, changed_at, changed_by_name)
                 VALUES ('{organization}', '{id}', '{id}', '{id}', 1, 1, '')"
            ))
            .await;
        app.pool
            .run(&format!(
                "INSERT INTO membership_roles SELECT organization_id, user_id, '{id}', '{id}' FROM memberships
                 WHERE organization_id = '{organization}' AND {condition}"
            ))
            .await;
    }
}

/// A preview of a role that everybody has names the first of each kind, and counts the others.
async fn check_preview(tx: &mut Tx, app: &TestApp, organization: OrganizationId) {
    let rare: CustomRoleId = RARE_ROLE.parse().expect("an id");
    let steps = tx.explain_alike_holders(organization, rare, app.now()).await.expect("a plan");
    let scan = steps.iter().find(|step| reads_all(step));
    assert!(scan.is_none(), "{scan:?} in {steps:#?}");
    let everybodys: CustomRoleId = EVERYBODYS_ROLE.parse().expect("an id");
    let changes = [PageChange { page: Page::Exports, before: Level::All, after: Level::None }];
    let kinds = tx.alike_holders(organization, everybodys, &changes, app.now(), 5).await.expect("holders");
    assert!(kinds.len() < 12, "{}", kinds.len());
    assert!(kinds.iter().all(|kind| kind.first.len() <= 5));
    let people: u64 = kinds.iter().map(|kind| kind.people).sum();
    assert_eq!(people, MEMBERS as u64 + 1, "and Sam");
}

async fn check(tx: &mut Tx, app: &TestApp, organization: OrganizationId) {
    let (rare, walked) = queries();
    let mut wrong = Vec::new();
    for (query, ways) in rare.iter().map(|query| (query, usize::MAX)).chain(walked.iter().map(|query| (query, 1))) {
        let plans = tx.explain_user_list(organization, query, app.now()).await.expect("plans");
        assert!(plans.iter().all(|(_, steps)| !steps.is_empty()), "a plan has steps");
        for (sql, steps) in plans.iter().take(ways) {
            if let Some(step) = steps.iter().find(|step| reads_all(step)) {
                wrong.push(format!("{query:?}\n  {step}\n  {}\n{sql}", steps.join("\n  ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} full scans, the first:\n{}", wrong.len(), wrong[0]);
}

/// The lists of both API dialects, as far as they have an order of their own; a filter of the v1 query language may be
/// about anything and then reads the members of the organization.
async fn check_apis(tx: &mut Tx, organization: OrganizationId) {
    let mut plans = Vec::new();
    let usual = || TenantUserQuery { limit: 50, ..TenantUserQuery::default() };
    for tenant in [Some(organization), None] {
        for query in [
            usual(),
            TenantUserQuery { include_disabled: true, ..usual() },
            TenantUserQuery { search: "person 12345".to_owned(), ..usual() },
            TenantUserQuery::one("019aa193-1000-7000-8000-000000000500".parse().expect("an id")),
            TenantUserQuery::by_email("p500@crowd.example"),
        ] {
            let of_list = tx.explain_tenant_users(tenant, &query).await.expect("plans");
            if tenant.is_none() && query.limit > 1 && query.search.is_empty() {
                // Everybody there is: walked along an index, which both databases call a scan of it, and never sorted.
                let (sql, steps) = &of_list[0];
                assert!(
                    !steps.iter().any(|step| step.contains("Sort") || step.contains("ORDER BY")),
                    "{steps:#?}\n{sql}"
                );
            } else {
                plans.extend(of_list);
            }
        }
    }
    let paging = |sort: Vec<SortBy>| Paging { page: 0, size: 50, sort };
    let all = Condition::All(Vec::new());
    let by = |name: &str| {
        let field = *USER_FIELDS.iter().find(|field| field.name == name).expect("a field");
        vec![SortBy { field, descending: true }]
    };
    for sort in [Vec::new(), by("email"), by("creationDate")] {
        plans.push(tx.explain_user_records(organization, &all, &paging(sort)).await.expect("a plan"));
    }
    for (sql, steps) in plans {
        // What SQLite gathered before under the name of a table is small.
        let gathered = steps.iter().filter(|step| step.starts_with("CO-ROUTINE m")).count();
        let scans: Vec<&String> = steps.iter().filter(|step| reads_all(step)).collect();
        let is_gathered = scans.len() == gathered && scans.iter().all(|step| step.trim() == "SCAN m");
        assert!(scans.is_empty() || is_gathered, "{scans:?} in {steps:#?}\n{sql}");
        assert!(!steps.is_empty(), "a plan has steps");
    }
}

/// Whether the check below finds a scan where there is one.
async fn would_be_seen(app: &TestApp) -> bool {
    let steps = if app.is_postgres() {
        app.pool.texts("EXPLAIN SELECT * FROM users WHERE display_name = 'nobody'").await
    } else {
        app.pool.column("EXPLAIN QUERY PLAN SELECT * FROM users u WHERE u.display_name = 'nobody'", "detail").await
    };
    steps.iter().any(|step| reads_all(step))
}

both! {
    async fn no_list_reads_a_whole_table(app) {
        let organization = fill(app).await;
        give_roles(app, organization).await;
        if app.is_postgres() {
            // A trigram index keeps what is new in a list at first; the plans are those of a database at rest.
            app.pool.run("VACUUM ANALYZE").await;
        }
        assert!(would_be_seen(app).await);
        let mut tx = app.app.db.begin_read().await.expect("read");
        check(&mut tx, app, organization).await;
        check_preview(&mut tx, app, organization).await;
        check_apis(&mut tx, organization).await;
        if !app.is_postgres() {
            drop(tx);
            app.pool.run("ANALYZE").await;
            let mut tx = app.app.db.begin_read().await.expect("read");
            check(&mut tx, app, organization).await;
            check_preview(&mut tx, app, organization).await;
            check_apis(&mut tx, organization).await;
        }
    }
}
