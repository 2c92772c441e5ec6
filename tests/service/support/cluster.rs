//! One PostgreSQL for the whole run, a database for each test. `DATABASE_URL` names another server.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use open_commitments::db::migrate::{self, Direction};
use open_commitments::db::private_postgres::{PrivatePostgres, Settings};
use open_commitments::db::session;
use tokio_postgres::NoTls;

/// Databases are named after the process that made them, so that leftovers of dead ones are known.
const PREFIX: &str = "oc_test";

/// A server with a migrated template.
pub struct Cluster {
    server: Option<PrivatePostgres>,
    template: String,
    /// Of a server that one test alone uses; it goes after the server.
    _folder: Option<tempfile::TempDir>,
}

/// The server goes with the last test that uses it.
static CLUSTER: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Cluster {
    fn shared() -> Arc<Cluster> {
        let mut shared = CLUSTER.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(cluster) = shared.upgrade() {
            return cluster;
        }
        // Blocking work with a runtime of its own: tests run on single-threaded ones.
        let cluster = std::thread::spawn(|| runtime().block_on(Cluster::of_the_run())).join().expect("a cluster");
        let cluster = Arc::new(cluster);
        *shared = Arc::downgrade(&cluster);
        cluster
    }

    async fn of_the_run() -> Cluster {
        let start = || PrivatePostgres::start(&settings(data_dir())).expect("PostgreSQL");
        let server = std::env::var("DATABASE_URL").is_err().then(start);
        Cluster::start(server, None).await
    }

    async fn start(server: Option<PrivatePostgres>, folder: Option<tempfile::TempDir>) -> Cluster {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let template = format!("{PREFIX}_{}_template{number}", std::process::id());
        let cluster = Cluster { server, template, _folder: folder };
        cluster.sweep().await;
        cluster.execute(&format!("CREATE DATABASE {}", cluster.template)).await;
        migrate::run(&cluster.url(&cluster.template), "Asia/Shanghai", Direction::Up).await.expect("migrations");
        cluster
    }

    pub fn url(&self, database: &str) -> String {
        match &self.server {
            Some(server) => server.database_url(database),
            None => {
                let url = std::env::var("DATABASE_URL").expect("DATABASE_URL");
                let mut url = url::Url::parse(&url).expect("DATABASE_URL is a URL");
                url.set_path(database);
                url.into()
            }
        }
    }

    async fn client(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client
    }

    async fn execute(&self, sql: &str) {
        self.client().await.batch_execute(sql).await.expect("the statement");
    }

    /// Drops databases of processes that are gone.
    async fn sweep(&self) {
        let client = self.client().await;
        let query = format!("SELECT datname FROM pg_database WHERE datname LIKE '{PREFIX}\\_%'");
        for row in client.query(&query, &[]).await.expect("databases") {
            let name: String = row.get(0);
            let process = name.split('_').nth(2).unwrap_or_default().to_owned();
            let mut alive = Command::new("kill");
            alive.args(["-0", &process]).stdout(Stdio::null()).stderr(Stdio::null());
            if !alive.status().is_ok_and(|status| status.success()) {
                // Another run may sweep at the same time.
                let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
            }
        }
    }
}

/// Never in the checkout, which PostgreSQL's user may not be able to reach.
fn data_dir() -> PathBuf {
    let user = Command::new("id").arg("-u").output().expect("id").stdout;
    let user = String::from_utf8(user).expect("a number").trim().to_owned();
    PathBuf::from("/tmp").join(format!("open-commitments-tests-{user}"))
}

fn settings(data_dir: PathBuf) -> Settings {
    let options =
        [("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off"), ("max_connections", "400")];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Settings { data_dir, bin_dir: std::env::var_os("PG_BIN_DIR").map(PathBuf::from), options }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// A migrated database with an empty ledger; dropped with this value.
pub struct TestDatabase {
    pub name: String,
    pub url: String,
    cluster: Arc<Cluster>,
}

impl TestDatabase {
    pub async fn create() -> TestDatabase {
        let cluster = Cluster::shared();
        let template = cluster.template.clone();
        TestDatabase::from(cluster, &template).await
    }

    /// One on a server that nobody else uses.
    pub async fn apart() -> TestDatabase {
        let start = || {
            let folder = tempfile::tempdir().expect("a folder");
            let server = PrivatePostgres::start(&settings(folder.path().to_owned())).expect("PostgreSQL");
            runtime().block_on(Cluster::start(Some(server), Some(folder)))
        };
        let cluster = Arc::new(std::thread::spawn(start).join().expect("a cluster"));
        let template = cluster.template.clone();
        TestDatabase::from(cluster, &template).await
    }

    /// Another database on the same server.
    pub async fn beside(&self) -> TestDatabase {
        TestDatabase::from(self.cluster.clone(), &self.cluster.template).await
    }

    /// One in which there is no schema and no ledger yet.
    pub async fn bare() -> TestDatabase {
        TestDatabase::from(Cluster::shared(), "template1").await
    }

    async fn from(cluster: Arc<Cluster>, template: &str) -> TestDatabase {
        static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let name = format!("{PREFIX}_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let url = cluster.url(&name);
        let turn = ONE_AT_A_TIME.lock().await;
        cluster.execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        drop(turn);
        TestDatabase { name, url, cluster }
    }

    /// A connection as the program makes them.
    pub async fn connection(&self) -> AsyncPgConnection {
        session::connect(&self.url, Duration::ZERO).await.expect("a connection")
    }

    /// A plain connection, for looking and for attacking.
    pub async fn client(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client
    }

    /// The newest revision, where the database has a ledger and can be reached.
    pub async fn head(&self) -> Option<i64> {
        let (client, connection) = tokio_postgres::connect(&self.url, tokio_postgres::NoTls).await.ok()?;
        actix_web::rt::spawn(connection);
        client.query_one("SELECT revision FROM head", &[]).await.ok()?.try_get(0).ok()
    }

    /// Takes the place of another database, as one that is restored from a backup does. Both lose their connections.
    pub async fn becomes(&self, other: &TestDatabase) {
        let (name, other) = (&self.name, &other.name);
        for database in [name, other] {
            self.cluster.execute(&format!("ALTER DATABASE {database} ALLOW_CONNECTIONS false")).await;
            let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
            self.cluster.execute(&end).await;
        }
        for (from, to) in [
            (name.as_str(), format!("{name}_before")),
            (other, name.clone()),
            (&format!("{name}_before"), other.clone()),
        ] {
            self.cluster.execute(&format!("ALTER DATABASE {from} RENAME TO {to}")).await;
        }
        for database in [name, other] {
            self.cluster.execute(&format!("ALTER DATABASE {database} ALLOW_CONNECTIONS true")).await;
        }
    }

    /// A statement as an operator with psql would run it.
    pub async fn sql(&self, statement: &str) -> Result<(), tokio_postgres::Error> {
        self.client().await.batch_execute(statement).await
    }

    /// One text.
    pub async fn text(&self, query: &str) -> String {
        self.client().await.query_one(query, &[]).await.expect("a row").get(0)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (cluster, name) = (self.cluster.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            runtime().block_on(async {
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                // A test may have taken the server down.
                if let Ok((client, connection)) = tokio_postgres::connect(&cluster.url("postgres"), NoTls).await {
                    tokio::spawn(connection);
                    let _ = client.batch_execute(&sql).await;
                }
            });
        });
        let _ = dropped.join();
    }
}
