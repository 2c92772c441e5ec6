//! Finished files: length, digest, parts, and the folder that keeps them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::exports::{FORMATS, file, listed, observations, says_the_same, varied};
use crate::support::data::{self, observation, publication};
use crate::support::{Service, Settings};

#[actix_web::test]
async fn a_pinned_file_is_the_same_for_good_and_head_goes_on() {
    let service = varied().await;
    let mut before = Vec::new();
    for format in FORMATS {
        before.push(file(&service, &format!("/v1/exports/observations.{format}?revision=3")).await);
    }
    service.publishes(&publication(
        "new_data",
        json!({"observations": [observation("later", "cases", "2021", json!(1))]}),
    ));
    service.publishes(&data::withdrawal(&[("observation", "figure-2018-s1")]));
    for (format, before) in FORMATS.iter().zip(before) {
        let after = file(&service, &format!("/v1/exports/observations.{format}?revision=3")).await;
        assert!(after.bytes == before.bytes, "{format}");
        for name in ["etag", "repr-digest", "content-length", "ledger-revision"] {
            assert_eq!(after.header(name), before.header(name), "{format} {name}");
        }
        let head = file(&service, &format!("/v1/exports/observations.{format}")).await;
        assert!(head.bytes != before.bytes, "{format}");
        assert_eq!(head.header("ledger-revision"), "5");
        says_the_same(observations(), format, &head.bytes, &listed(&service, observations(), "").await);
    }
}

#[actix_web::test]
async fn files_have_a_length_a_digest_and_a_strong_validator() {
    let service = varied().await;
    let paths = FORMATS.iter().map(|format| format!("/v1/exports/observations.{format}?revision=3"));
    let others = ["/v1/exports/observations.xlsx", "/v1/exports/observations.parquet", "/v1/exports/all.zip"];
    for path in paths.chain(others.map(str::to_owned)) {
        let whole = file(&service, &path).await;
        let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&whole.bytes)));
        assert_eq!(whole.header("repr-digest"), digest, "{path}");
        assert_eq!(whole.header("content-length"), whole.bytes.len().to_string(), "{path}");
        assert_eq!(whole.header("accept-ranges"), "bytes");
        let etag = whole.header("etag").to_owned();
        assert!(etag.starts_with("\"1-"), "{path}: {etag}");
        let encoded = service.bytes(&path, &[("accept-encoding", "gzip, br, zstd")]).await;
        assert!(encoded.header("content-encoding").is_empty() && encoded.bytes == whole.bytes, "{path}");
        let unchanged = service.bytes(&path, &[("if-none-match", &etag)]).await;
        assert_eq!((unchanged.status, unchanged.bytes.len()), (304, 0), "{path}");
        let head = service.request("HEAD", &path, &[]).await;
        assert_eq!(
            (head.header("content-length"), head.header("repr-digest")),
            (whole.header("content-length"), digest.as_str())
        );
    }
}

#[actix_web::test]
async fn parts_of_a_file_fit_together() {
    let service = varied().await;
    let path = "/v1/exports/observations.csv?revision=3";
    let whole = file(&service, path).await;
    let (etag, length) = (whole.header("etag").to_owned(), whole.bytes.len());
    let last = length - 1;
    for (range, part) in [
        ("bytes=0-9".to_owned(), 0..10),
        (format!("bytes=10-{last}"), 10..length),
        (format!("bytes=10-{}", length * 2), 10..length),
        ("bytes=100-".to_owned(), 100..length),
        ("bytes=-7".to_owned(), length - 7..length),
        (format!("bytes=-{}", length * 2), 0..length),
    ] {
        let answer = service.bytes(path, &[("range", &range), ("if-range", &etag)]).await;
        assert_eq!((answer.status, &answer.bytes), (206, &whole.bytes[part.clone()].to_vec()), "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {}-{}/{length}", part.start, part.end - 1));
        assert_eq!(answer.header("content-length"), part.len().to_string());
        assert_eq!(answer.header("repr-digest"), whole.header("repr-digest"), "the digest is of the whole");
    }
    // Several parts, other units, nonsense and parts of another file get the whole.
    for (range, if_range) in [
        ("bytes=0-1,5-6", etag.as_str()),
        ("lines=0-1", &etag),
        ("bytes=9-1", &etag),
        ("bytes=-", &etag),
        ("bytes=a-b", &etag),
        ("bytes=0-9", "\"another\""),
        ("bytes=0-9", "Tue, 24 Nov 2026 00:00:00 GMT"),
    ] {
        let answer = service.bytes(path, &[("range", range), ("if-range", if_range)]).await;
        assert_eq!((answer.status, &answer.bytes), (200, &whole.bytes), "{range} {if_range}");
    }
    for range in [format!("bytes={length}-"), "bytes=99999999999999999999-".to_owned(), "bytes=-0".to_owned()] {
        let answer = service.request("GET", path, &[("range", &range)]).await;
        assert_eq!((answer.status, answer.problem().as_str()), (416, "range-not-satisfiable"), "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes */{length}"));
    }
    let head = service.request("HEAD", path, &[("range", "bytes=0-9")]).await;
    assert_eq!((head.status, head.header("content-length")), (200, length.to_string().as_str()), "a range is of a GET");
    let stream = service.bytes("/v1/exports/observations.csv", &[("range", "bytes=0-9")]).await;
    assert_eq!((stream.status, stream.header("accept-ranges")), (200, ""), "what is sent as it is read has no parts");
}

#[actix_web::test]
async fn a_redaction_takes_content_out_of_files_that_were_written_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = Service::with(Settings { export_dir: folder.path().into(), ..Settings::default() }).await;
    service.publishes(&data::small());
    let mut secret = observation("secret", "cases", "2019", json!(1));
    secret["note"] = json!({"zh-Hans": "张三的电话"});
    service.publishes(&publication("new_data", json!({"observations": [secret]})));
    let paths: Vec<String> = FORMATS
        .iter()
        .map(|format| format!("/v1/exports/observations.{format}?revision=2"))
        .chain(["/v1/exports/all.zip?revision=2".to_owned()])
        .collect();
    let mut before = Vec::new();
    for path in &paths {
        before.push(file(&service, path).await);
    }
    assert!(String::from_utf8_lossy(&before[1].bytes).contains("张三"));
    let output = service.run(&["redact", "observation", "secret", "--message", "Personal data"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (path, before) in paths.iter().zip(&before) {
        let after = service.bytes(path, &[("if-none-match", before.header("etag"))]).await;
        assert_eq!(after.status, 200, "{path}");
        assert_ne!(after.header("etag"), before.header("etag"), "{path}");
        // A part of the old file is not filled up with one of the new.
        let part = service.bytes(path, &[("range", "bytes=0-9"), ("if-range", before.header("etag"))]).await;
        assert_eq!(part.status, 200, "{path}");
    }
    let records = listed(&service, observations(), "&revision=2").await;
    for (path, format) in paths.iter().zip(FORMATS) {
        says_the_same(observations(), format, &file(&service, path).await.bytes, &records);
    }
}

#[actix_web::test]
async fn a_redaction_empties_the_folder_without_being_asked() {
    let service = Service::small().await;
    file(&service, "/v1/exports/observations.csv?revision=1").await;
    assert!(service.state.exports.bytes() > 0);
    let run = service.run(&["redact", "observation", "cases-s1", "--message", "Personal data"], "");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let emptied = async {
        while service.state.exports.bytes() > 0 {
            actix_web::rt::task::yield_now().await;
        }
    };
    actix_web::rt::time::timeout(std::time::Duration::from_secs(20), emptied).await.expect("an empty folder");
}

#[actix_web::test]
async fn files_that_find_no_room_are_streamed_or_refused() {
    let service = Service::with(Settings { export_bytes: 500, ..Settings::default() }).await;
    service.publishes(&data::small());
    let records = listed(&service, observations(), "").await;
    let streamed = file(&service, "/v1/exports/observations.json?revision=1").await;
    says_the_same(observations(), "json", &streamed.bytes, &records);
    assert_eq!((streamed.header("repr-digest"), streamed.header("surrogate-key")), ("", "pinned"));
    for path in ["observations.xlsx", "observations.parquet?revision=1", "all.zip"] {
        let refused = service.get(&format!("/v1/exports/{path}")).await;
        assert_eq!((refused.status, refused.problem().as_str()), (503, "export-no-room"), "{path}");
        assert_eq!(refused.header("retry-after"), "60");
    }
    assert_eq!(service.state.exports.bytes(), 0, "what was not finished takes no room");
}

#[actix_web::test]
async fn what_was_used_longest_ago_makes_room() {
    let service = Service::small().await;
    let size = file(&service, "/v1/exports/observations.json?revision=1").await.bytes.len() as u64;
    let service = Service::with(Settings { export_bytes: size * 5 / 2, ..Settings::default() }).await;
    service.publishes(&data::small());
    for id in ["cases-s1,settled-s1", "cases-s1", "settled-s1", "cases-s1,settled-s1"] {
        file(&service, &format!("/v1/exports/observations.json?revision=1&id={id}")).await;
        file(&service, "/v1/exports/observations.json?revision=1").await;
        assert!(service.state.exports.bytes() <= size * 5 / 2);
    }
    let unwritable = tempfile::NamedTempFile::new().expect("a file");
    let service = Service::with(Settings { export_dir: unwritable.path().into(), ..Settings::default() }).await;
    service.publishes(&data::small());
    let refused = service.get("/v1/exports/observations.csv?revision=1").await;
    assert_eq!((refused.status, refused.problem().as_str()), (503, "export-no-room"));
    assert_eq!(service.get("/v1/exports/observations.csv").await.status, 200, "head needs no room");
}

#[actix_web::test]
async fn a_file_is_written_once_for_all_and_no_more_than_two_at_a_time() {
    let settings = Settings { gateway_timeout: std::time::Duration::from_secs(2), ..Settings::default() };
    let service = Service::with(settings).await;
    service.publishes(&data::small());
    let lock = service.database.client().await;
    lock.batch_execute("BEGIN; LOCK TABLE observations IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    let ask = |format: &'static str| {
        let service = &service;
        async move { service.get(&format!("/v1/exports/observations.{format}?revision=1")).await }
    };
    // Counting reads the table, too, so not as xlsx.
    let (first, again, second) = tokio::join!(ask("csv"), ask("csv"), ask("ndjson"));
    for waited in [first, again, second] {
        assert_eq!((waited.status, waited.problem().as_str()), (503, "export-busy"));
        assert_eq!(waited.header("retry-after"), "5");
    }
    let third = ask("json").await;
    assert_eq!((third.status, third.header("retry-after")), (503, "10"), "both places are taken: {}", third.text);
    drop(lock);
    let ready = async {
        while ask("csv").await.status != 200 {}
        while ask("json").await.status != 200 {}
    };
    actix_web::rt::time::timeout(std::time::Duration::from_secs(20), ready).await.expect("files");
}
