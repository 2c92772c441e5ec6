//! Prometheus on a port of its own.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use open_commitments::api::metrics_port;

use crate::support::{Service, Settings, TestDatabase, data};

#[actix_web::test]
async fn figures_move_off_the_public_port_and_nothing_else_is_at_theirs() {
    let service = Service::with(Settings { metrics_apart: true, ..Settings::default() }).await;
    service.publishes(&data::small());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let apart = format!("http://{}", listener.local_addr().expect("an address"));
    let server = metrics_port::server(service.state.clone(), listener).expect("a server");
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let public = service.get("/health/metrics").await;
    assert_eq!((public.status, public.problem().as_str()), (404, "no-such-path"));
    assert_eq!(service.get("/health/ready").await.status, 200, "probes stay");
    let figures = reqwest::get(format!("{apart}/health/metrics")).await.expect("an answer");
    assert_eq!(figures.status(), 200);
    assert!(figures.text().await.expect("text").contains("\nledger_head_revision 1\n"));
    for path in ["/v1", "/health/ready", "/", "/docs/"] {
        assert_eq!(reqwest::get(format!("{apart}{path}")).await.expect("an answer").status(), 404, "{path}");
    }
    drop(handle.stop(false));
}

#[actix_web::test]
async fn serve_says_where_its_figures_are_and_which_setting_named_an_address_that_is_taken() {
    let database = TestDatabase::create().await;
    let serve = |metrics: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_open-commitments"));
        command.args(["serve", "--bind", "127.0.0.1:0", "--metrics-bind", metrics]);
        command.env("DATABASE_URL", &database.url).env("LANG", "C").env_remove("LC_ALL").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program")
    };
    let mut served = serve("127.0.0.1:0");
    let lines = BufReader::new(served.stdout.take().expect("its output")).lines().map(|line| line.expect("UTF-8"));
    let mut lines = lines;
    let address = lines.find_map(|line| line.strip_prefix("Metrics at ").map(str::to_owned)).expect("the address");
    let text = reqwest::get(&address).await.expect("an answer").text().await.expect("text");
    assert!(text.contains("http_requests_total") || text.contains("ledger_head_revision"), "{text}");
    let taken = address.trim_start_matches("http://").trim_end_matches("/health/metrics").to_owned();
    let refused = serve(&taken).wait_with_output().expect("its output");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains(&taken) && said.contains("METRICS_BIND"), "{said}");
    let ended = Command::new("kill").args(["-TERM", &served.id().to_string()]).status().expect("kill");
    assert!(ended.success());
    assert!(served.wait().expect("its end").success());
}
