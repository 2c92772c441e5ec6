//! The host of the primary loses its power: nothing is refused, nothing answers, and a replica takes its place.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::sync::watch;

use super::{Node, PATIENCE, catches_up, pair, publish};
use crate::support::data;
use crate::support::servers::{Server, folder};

/// How long a connection on this machine may take that is taken at all.
const TAKEN: Duration = Duration::from_millis(500);

/// A way to a server over TCP, until it falls silent.
struct Way {
    port: u16,
    is_silent: watch::Sender<bool>,
}

impl Way {
    /// The system takes about `backlog` connections by itself once nobody takes them here.
    fn to(server: &Server, backlog: u32) -> Way {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let listener = socket.listen(backlog).expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let (is_silent, hears) = watch::channel(false);
        let (server, mut itself) = (server.socket(), hears.clone());
        actix_web::rt::spawn(async move {
            loop {
                tokio::select! {
                    biased;
                    _ = itself.wait_for(|silent| *silent) => std::future::pending().await,
                    visitor = listener.accept() => {
                        let (visitor, _) = visitor.expect("a connection");
                        actix_web::rt::spawn(carry(visitor, server.clone(), hears.clone()));
                    }
                }
            }
        });
        Way { port, is_silent }
    }

    /// From now on nothing is carried.
    fn falls_silent(&self) {
        self.is_silent.send_replace(true);
    }

    /// No connection comes about any more. Returns those that are in the way of others.
    async fn is_full(&self) -> Vec<TcpStream> {
        let mut taken = Vec::new();
        while let Ok(one) = tokio::time::timeout(TAKEN, TcpStream::connect(("127.0.0.1", self.port))).await {
            taken.push(one.expect("a connection"));
            assert!(taken.len() < 100, "the system takes more than it was told to");
        }
        taken
    }
}

async fn carry(mut visitor: TcpStream, server: PathBuf, mut hears: watch::Receiver<bool>) {
    // Either side may go at any time.
    let Ok(mut server) = UnixStream::connect(server).await else { return };
    tokio::select! {
        biased;
        _ = hears.wait_for(|silent| *silent) => std::future::pending().await,
        _ = tokio::io::copy_bidirectional(&mut visitor, &mut server) => {}
    }
}

#[actix_web::test]
async fn a_primary_without_power_is_left_for_the_one_that_took_its_place_by_who_listens_and_by_quick_reads() {
    is_left_for_the_other(1, true).await;
}

#[actix_web::test]
async fn a_primary_that_takes_connections_and_never_says_a_word_is_left_as_well() {
    is_left_for_the_other(1024, false).await;
}

async fn is_left_for_the_other(backlog: u32, fills_up: bool) {
    let folder = folder();
    let (mut primary, replica) = pair(folder.path()).await;
    let way = Way::to(&primary, backlog);
    let hosts = format!("postgres@127.0.0.1:{},", way.port);
    let url = format!("{}?target_session_attrs=read-write", replica.url().replace("postgres@", &hosts));
    let node = Node::start(&[("DATABASE_URL", &url), ("RESPONSE_CACHE_BYTES", "0"), ("STATEMENT_TIMEOUT", "2")]).await;
    publish(&primary, &data::small()).await;
    node.sees("database_server_head_revision", "primary", 1).await;
    catches_up(&replica, &primary).await;
    way.falls_silent();
    let _in_the_way = if fills_up { way.is_full().await } else { Vec::new() };
    primary.end("KILL");
    replica.sql("SELECT pg_promote()").await;
    let [correction, ..] = data::events();
    publish(&replica, &correction).await;
    node.sees("database_server_head_revision", "primary", 2).await;
    let quick = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'SELECT t.revision_from%'";
    let since = Instant::now();
    while replica.text(quick).await == "0" {
        // At first the pool may have nothing but connections to the one that is silent.
        let answer = node.get("/v1/observations/cases-s1").await;
        assert!([200, 503].contains(&answer.status), "{}", answer.text);
        assert!(since.elapsed() < PATIENCE, "no read is quick");
    }
    assert_eq!(node.at("/v1/observations/cases-s1").await.0, 2);
}
