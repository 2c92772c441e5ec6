//! The other side of the ratios of `benches/reads`: bare actix-web with constant answers, and with one prepared
//! statement on the same rows.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};
use tokio_postgres::{Client, NoTls, Statement};

const RECORD: &str = "SELECT body FROM commitments WHERE id = $1 AND revision_to = 9223372036854775807";

/// One connection a worker, on which statements are pipelined.
struct Bare {
    client: Client,
    record: Statement,
    page: Statement,
}

async fn bare(url: String, page: String) -> Result<Bare, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    actix_web::rt::spawn(connection);
    let (record, page) = (client.prepare(RECORD).await?, client.prepare(&page).await?);
    Ok(Bare { client, record, page })
}

fn json(body: impl Into<web::Bytes>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(body.into())
}

async fn record(bare: web::Data<Bare>, id: web::Path<String>) -> HttpResponse {
    match bare.client.query_one(&bare.record, &[&id.as_str()]).await {
        Ok(row) => json(row.get::<_, String>(0)),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

async fn page(bare: web::Data<Bare>) -> HttpResponse {
    match bare.client.query(&bare.page, &[]).await {
        Ok(rows) => {
            let bodies: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
            json(format!("{{\"data\":[{}]}}", bodies.join(",")))
        }
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

/// An answer of the service as it was sent.
#[derive(Clone)]
struct Constant {
    name: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: web::Bytes,
}

impl Constant {
    fn read(folder: &str, name: &'static str) -> std::io::Result<Constant> {
        let own = ["content-length", "date", "transfer-encoding", "connection"];
        let headers = std::fs::read_to_string(format!("{folder}/{name}.headers"))?;
        let headers = headers.lines().filter_map(|line| line.split_once(": "));
        let headers = headers.filter(|(name, _)| !own.contains(&name.to_ascii_lowercase().as_str()));
        let headers = headers.filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?))).collect();
        Ok(Constant { name, headers, body: std::fs::read(format!("{folder}/{name}.body"))?.into() })
    }

    fn answer(&self) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        for (name, value) in &self.headers {
            response.append_header((name.clone(), value.clone()));
        }
        response.body(self.body.clone())
    }
}

/// `bare ADDRESS DATABASE_URL FOLDER SQL`: the folder holds the constant answers, the SQL is that of a page.
#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, url, folder, sql] = words.as_slice() else {
        return Err("usage: bare ADDRESS DATABASE_URL FOLDER SQL".into());
    };
    let constants = [Constant::read(folder, "record")?, Constant::read(folder, "page")?];
    let (url, sql) = (url.clone(), sql.clone());
    HttpServer::new(move || {
        let (url, sql) = (url.clone(), sql.clone());
        let mut app = App::new().data_factory(move || bare(url.clone(), sql.clone()));
        for constant in constants.clone() {
            let (name, whole) = (constant.name, constant.clone());
            app = app
                .route(&format!("/constant/{name}"), web::get().to(move || std::future::ready(whole.answer())))
                .route(
                    &format!("/body/{name}"),
                    web::get().to(move || std::future::ready(json(constant.body.clone()))),
                );
        }
        app.route("/record/{id}", web::get().to(record)).route("/page", web::get().to(page))
    })
    .workers(std::thread::available_parallelism()?.get())
    .bind(address)?
    .run()
    .await?;
    Ok(())
}
