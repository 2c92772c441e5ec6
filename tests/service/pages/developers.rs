//! The guide for developers: its programs run as they stand.

use std::process::{Command, Output};

use super::{all, page};
use crate::support::Service;

async fn run(program: &'static str, words: Vec<String>, folder: std::path::PathBuf) -> Output {
    let started = move || Command::new(program).args(words).current_dir(folder).output();
    actix_web::rt::task::spawn_blocking(started).await.expect("a task").expect(program)
}

#[actix_web::test]
async fn every_program_of_the_guide_for_developers_runs_in_both_languages() {
    let service = Service::shandong().await;
    let folder = tempfile::tempdir().expect("a folder");
    let commitments = service.get("/v1/commitments?status=in_progress,completed&limit=1000").await.ids().len();
    let has_node = Command::new("node").arg("--version").output().is_ok();
    for language in ["en", "zh-Hans"] {
        let html = page(&service, &format!("/developers?lang={language}")).await;
        let runs: [(&str, &'static str, &[&str]); 3] =
            [("sh", "sh", &["-c"]), ("python", "python3", &["-c"]), ("js", "node", &["--input-type=module", "-e"])];
        for (name, program, flags) in runs {
            let texts = all(&html, &format!("code.language-{name}"));
            assert!(!texts.is_empty(), "{name}");
            for text in texts.into_iter().filter(|_| program != "node" || has_node) {
                let words = flags.iter().map(|flag| (*flag).to_owned()).chain([text.clone()]).collect();
                let output = run(program, words, folder.path().to_owned()).await;
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
                if text.contains("item") {
                    assert_eq!(said.lines().count(), commitments, "every page of the list: {said}");
                }
            }
        }
    }
    assert!(folder.path().join("observations.csv").exists());
}
