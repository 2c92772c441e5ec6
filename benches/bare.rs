//! The other side of every benchmark ratio: bare actix-web with a constant answer, and with one
//! prepared statement on the same rows. Started by `benches/run`.

use actix_web::{App, HttpResponse, HttpServer, web};
use tokio_postgres::{Client, NoTls, Statement};

const RECORD: &str = "SELECT body FROM commitments WHERE id = $1 AND revision_to = 9223372036854775807";
const PAGE: &str =
    "SELECT body FROM commitments WHERE revision_to = 9223372036854775807 ORDER BY programme, number, id LIMIT 50";

/// One connection a worker, on which statements are pipelined.
struct Bare {
    client: Client,
    record: Statement,
    page: Statement,
}

async fn bare(url: String) -> Result<Bare, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
    actix_web::rt::spawn(connection);
    let (record, page) = (client.prepare(RECORD).await?, client.prepare(PAGE).await?);
    Ok(Bare { client, record, page })
}

fn json(body: String) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(body)
}

async fn record(bare: web::Data<Bare>, id: web::Path<String>) -> HttpResponse {
    match bare.client.query_one(&bare.record, &[&id.as_str()]).await {
        Ok(row) => json(row.get(0)),
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

/// `bare ADDRESS DATABASE_URL RECORD_FILE PAGE_FILE`; the files hold the constant answers.
#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, url, record_file, page_file] = words.as_slice() else {
        return Err("usage: bare ADDRESS DATABASE_URL RECORD_FILE PAGE_FILE".into());
    };
    let constants = [std::fs::read_to_string(record_file)?, std::fs::read_to_string(page_file)?];
    let url = url.clone();
    HttpServer::new(move || {
        let [constant_record, constant_page] = constants.clone();
        let url = url.clone();
        App::new()
            .data_factory(move || bare(url.clone()))
            .route("/constant/record", web::get().to(move || std::future::ready(json(constant_record.clone()))))
            .route("/constant/page", web::get().to(move || std::future::ready(json(constant_page.clone()))))
            .route("/record/{id}", web::get().to(record))
            .route("/page", web::get().to(page))
    })
    .workers(std::thread::available_parallelism()?.get())
    .bind(address)?
    .run()
    .await?;
    Ok(())
}
