//! Bodies that nobody reads. actix-web waits for the end of a chunked one that was dropped, however long that takes; a
//! connection whose body is still held when the answer is out it ends instead.

use std::time::Duration;

use actix_http::Request;
use actix_web::http::{Method, header};

/// How long a body is held: longer than answers take.
const HOLD: Duration = Duration::from_secs(10);

/// Holds the body of a request that takes none.
pub fn hold_unasked(request: &mut Request) {
    let publishes = request.method() == Method::POST && request.path().ends_with("/v1/revisions");
    if !publishes && request.head().headers.contains_key(header::TRANSFER_ENCODING) {
        hold(request.take_payload());
    }
}

/// Holds a body until its answer is out.
pub fn hold(body: impl Sized + 'static) {
    actix_web::rt::spawn(async move {
        tokio::time::sleep(HOLD).await;
        drop(body);
    });
}
