FROM rust:1.95-slim-trixie AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock build.rs ./
COPY src src
COPY migrations migrations
COPY benches benches
COPY tests tests
RUN cargo build --release --locked --bin open-commitments

FROM debian:trixie-slim
# The health check asks with curl, backup and restore run pg_dump, pg_restore and psql (no older than the
# server of docker-compose.yml), and pictures take characters that the program's own font lacks from the system's.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl fonts-wqy-microhei postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home open-commitments
COPY --from=build /build/target/release/open-commitments /usr/local/bin/open-commitments
COPY data /usr/local/share/open-commitments
USER open-commitments
ENV BIND=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/health/ready"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["open-commitments"]
CMD ["serve", "--publish", "/usr/local/share/open-commitments/shandong-justice-2020.json"]
