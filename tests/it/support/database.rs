//! A database of its own for every test: a temporary SQLite file, or a fresh database of the PostgreSQL cluster that
//! `TEST_POSTGRES_URL` names.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};
use tempfile::TempDir;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Where a test's database is, and what goes away with it.
pub struct Database {
    pub url: String,
    pub folder: TempDir,
    cluster: Option<(String, String)>,
}

impl Database {
    /// A file that does not exist yet.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let url = format!("sqlite:{}", folder.path().join("rollcall.db").display());
        Self { url, folder, cluster: None }
    }

    /// An empty database; none without a cluster.
    pub async fn postgres() -> Option<Self> {
        let cluster = std::env::var("TEST_POSTGRES_URL").ok()?;
        let name = format!("it_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        run(&cluster, &format!("CREATE DATABASE {name}")).await;
        let (server, _) = cluster.rsplit_once('/').expect("a database in the URL");
        let url = format!("{server}/{name}");
        Some(Self { url, folder: tempfile::tempdir().expect("folder"), cluster: Some((cluster, name)) })
    }

    /// Each database there is to test on.
    pub async fn each() -> Vec<Self> {
        let mut databases = vec![Self::sqlite()];
        databases.extend(Self::postgres().await);
        databases
    }

    pub fn is_postgres(&self) -> bool {
        self.cluster.is_some()
    }

    /// A copy of a database nobody has open.
    pub async fn copy(&self) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let Some((cluster, original)) = &self.cluster else {
            let file = folder.path().join("rollcall.db");
            std::fs::copy(self.folder.path().join("rollcall.db"), &file).expect("copied");
            return Self { url: format!("sqlite:{}", file.display()), folder, cluster: None };
        };
        let name = format!("it_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        run(cluster, &format!("CREATE DATABASE {name} TEMPLATE {original}")).await;
        let (server, _) = cluster.rsplit_once('/').expect("a database in the URL");
        Self { url: format!("{server}/{name}"), folder, cluster: Some((cluster.clone(), name)) }
    }

    /// Gives the space back. The cluster of a failed test keeps it for a look.
    pub async fn drop(self) {
        if let Some((cluster, name)) = &self.cluster {
            run(cluster, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

async fn run(cluster: &str, sql: &str) {
    let pool: PgPool = PgPoolOptions::new().max_connections(1).connect(cluster).await.expect("PostgreSQL");
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&pool).await.expect("the cluster obeys");
    pool.close().await;
}
