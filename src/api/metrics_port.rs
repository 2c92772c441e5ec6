//! A port of its own for Prometheus, which need not be reached from outside.

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};

use super::{State, middleware, plain};

/// A server of `/health/metrics` and nothing else, on a socket that is bound already.
pub fn server(state: web::Data<State>, listener: std::net::TcpListener) -> std::io::Result<Server> {
    let app = move || {
        let figures = web::resource("/health/metrics").route(web::get().to(plain::figures));
        App::new()
            .app_data(state.clone())
            .service(figures.default_service(web::route().to(middleware::other_method)))
            .default_service(web::route().to(middleware::no_path))
            .wrap(from_fn(middleware::frame))
    };
    Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
}
