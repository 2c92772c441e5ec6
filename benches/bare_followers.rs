//! The other side of `benches/followers`: bare actix-web that sends what is posted to it, as it came, to everybody who
//! waits and to every stream.

use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{App, Error, HttpResponse, HttpServer};
use futures_util::stream;
use tokio::sync::watch;

type Told = web::Data<watch::Sender<Bytes>>;

/// The next bytes; none where there will be no more.
async fn next(told: &mut watch::Receiver<Bytes>) -> Option<Bytes> {
    told.changed().await.ok()?;
    Some(told.borrow_and_update().clone())
}

async fn wait(told: Told) -> HttpResponse {
    let bytes = next(&mut told.subscribe()).await.unwrap_or_default();
    HttpResponse::Ok().content_type("application/json").body(bytes)
}

async fn events(told: Told) -> HttpResponse {
    let began = Bytes::from_static(b":\n\n");
    let events = stream::unfold((told.subscribe(), Some(began)), |(mut told, began)| async move {
        let bytes = match began {
            Some(began) => began,
            None => next(&mut told).await?,
        };
        Some((Ok::<Bytes, Error>(bytes), (told, None)))
    });
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/event-stream")).streaming(Box::pin(events))
}

async fn tell(told: Told, bytes: Bytes) -> HttpResponse {
    told.send_replace(bytes);
    HttpResponse::Created().finish()
}

async fn waiting(told: Told) -> String {
    told.receiver_count().to_string()
}

/// `bare_followers ADDRESS`
#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("usage: bare_followers ADDRESS")?;
    rlimit::increase_nofile_limit(u64::MAX)?;
    let told: Told = web::Data::new(watch::Sender::new(Bytes::new()));
    HttpServer::new(move || {
        App::new()
            .app_data(told.clone())
            .route("/wait", web::get().to(wait))
            .route("/events", web::get().to(events))
            .route("/tell", web::post().to(tell))
            .route("/waiting", web::get().to(waiting))
    })
    .workers(std::thread::available_parallelism()?.get())
    .bind(address)?
    .run()
    .await?;
    Ok(())
}
