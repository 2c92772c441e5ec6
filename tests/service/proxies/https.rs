//! HTTPS as `deploy/nginx.conf` has it, once its lines for that are taken in.

use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::{Proxy, Visitor, free_port, service};

#[actix_web::test]
async fn a_key_crosses_nginx_by_https_and_not_without() {
    let service = service().await;
    let key = format!("Bearer {}", service.key("org", &[]));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let (certificate, secret) = (file("certificate", made.cert.pem()), file("key", made.signing_key.serialize_pem()));
    let port = free_port();
    let changes = [
        ("# listen 443 ssl;", format!("listen 127.0.0.1:{port} ssl;")),
        ("# ssl_certificate /etc/ssl/data.example.org.pem;", format!("ssl_certificate {certificate};")),
        ("# ssl_certificate_key /etc/ssl/private/data.example.org.key;", format!("ssl_certificate_key {secret};")),
        ("# server_name data.example.org;", "server_name localhost;".to_owned()),
    ];
    let changes: Vec<(&str, &str)> = changes.iter().map(|(from, to)| (*from, to.as_str())).collect();
    let proxy = Proxy::nginx_with(&service.url, &changes).await;
    // An empty publication is refused for what it lacks where the key is taken.
    let (path, own) = ("/v1/revisions?dry_run=true", key.clone());
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let plain = Visitor::local().request("POST", &format!("{}{path}", proxy.url), &headers).await;
    assert_eq!(plain.status, 403, "{}", String::from_utf8_lossy(&plain.bytes));
    let roots = RootCerts::new_with_certs(&[Certificate::from_der(made.cert.der()).to_owned()]);
    let tls = TlsConfig::builder().root_certs(roots).build();
    let agent: ureq::Agent = ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false).build().into();
    let url = format!("https://localhost:{port}/commitments{path}");
    let publishes = move || agent.post(&url).header("authorization", own).content_type("application/json").send("{}");
    let secure = actix_web::web::block(publishes).await.expect("a thread").expect("an answer");
    assert_eq!(secure.status(), 422);
}
