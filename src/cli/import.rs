//! `import`: an announcement in prose into a publication to review.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;

use super::{Failed, connect, open, value};
use crate::config::Import as Asked;
use crate::db::OPEN;
use crate::db::statement::{Bind, Statement};
use crate::ingest::known::{Known, Rules};
use crate::ingest::records::{Import, Settings};
use crate::ingest::{self, reading, review};
use crate::model::kinds::KINDS;
use crate::model::message::Language;
use crate::model::period::{Period, parse_day, sdmx_of};
use crate::model::publication::{self, is_id};
use crate::say;

pub fn run(mut asked: Asked) -> Result<(), Failed> {
    // An interval that a shorter name says is taken as that.
    let named = asked.period.as_deref().and_then(|period| period.split_once('/'));
    let named = named.and_then(|(from, to)| sdmx_of(parse_day(from)?, parse_day(to)?));
    asked.period = named.or(asked.period);
    check(&asked)?;
    let bytes = super::publish::read_at_most(&asked.file, reading::MAX_FILE)?;
    let rules = rules(asked.rules.as_deref())?;
    let known = if asked.ledger { value(known(&asked, &rules))? } else { Known::default() };
    let settings = Settings {
        programme: asked.programme.clone(),
        organization: asked.organization.clone(),
        organization_name: asked.organization_name.clone(),
        year: asked.year,
        period: asked.period.clone(),
        reported_on: asked.reported_on.clone(),
        source_url: asked.source_url.clone(),
        include_text: asked.include_text,
    };
    let path = asked.file.display().to_string();
    let import = ingest::import(&bytes, &settings, &known, &rules).map_err(|message| {
        let (en, zh) = (message.en, message.zh);
        Failed(say!("{path}: {en}", "{path}：{zh}"))
    })?;
    let text = serde_json::to_string_pretty(&import.publication).map_err(Failed::of)?;
    match &asked.output {
        Some(output) => write(output, &format!("{text}\n"))?,
        None => println!("{text}"),
    }
    if let Some(page) = &asked.review {
        write(page, &review::page(&import, Language::of_terminal()).map_err(Failed::of)?)?;
    }
    report(&import);
    Ok(())
}

fn check(asked: &Asked) -> Result<(), Failed> {
    for id in [&asked.programme, &asked.organization] {
        if !is_id(id) || id.len() > 60 {
            return Err(Failed(say!(
                "“{id}” is no id: a slug of at most 60 lower-case letters, digits and hyphens, such as sd-justice-2020.",
                "“{id}”不是合法 id：应为不超过 60 个字符、由小写字母、数字和连字符组成的短名，例如 sd-justice-2020。"
            )));
        }
    }
    if let Some(period) = asked.period.as_deref().filter(|period| Period::parse(period).is_none()) {
        return Err(Failed(say!(
            "“{period}” is no period: write 2020-S1, 2020-Q3, 2020, or 2020-01-01/2020-09-30.",
            "“{period}”不是合法期间：请写 2020-S1、2020-Q3、2020 或 2020-01-01/2020-09-30。"
        )));
    }
    if let Some(day) = asked.reported_on.as_deref().filter(|day| parse_day(day).is_none()) {
        return Err(Failed(say!("“{day}” is no day: write 2020-07-20.", "“{day}”不是合法日期：请写 2020-07-20。")));
    }
    Ok(())
}

fn rules(path: Option<&Path>) -> Result<Rules, Failed> {
    let Some(path) = path else { return Ok(Rules::default()) };
    let bytes = super::publish::read(path)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let path = path.display();
        Failed(say!("{path} is not a file of rules: {error}.", "{path} 不是合法的规则文件：{error}。"))
    })
}

fn write(path: &Path, text: &str) -> Result<(), Failed> {
    std::fs::write(path, text).map_err(|error| {
        let path = path.display();
        Failed(say!("{path} cannot be written: {error}.", "无法写入 {path}：{error}。"))
    })
}

/// What the ledger has, and had, of the publisher, and the metrics that the rules name, whoever's they are.
async fn known(asked: &Asked, rules: &Rules) -> Result<Known, Failed> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        id: String,
        /// Absent where the record was withdrawn or redacted.
        #[diesel(sql_type = Nullable<Text>)]
        body: Option<String>,
    }
    let opened = open(&asked.database).await?;
    let mut connection = connect(&opened).await?;
    let mut known = Known::default();
    for kind in KINDS {
        // A redaction leaves nothing of a record but its changes.
        let sql = format!(
            "SELECT k.id, t.body FROM (SELECT c.id FROM changes c JOIN revisions r USING (revision) \
                 WHERE r.publisher = ? AND c.kind = ? UNION SELECT c.id FROM changes c WHERE c.kind = ? AND c.id = ANY(?)) k \
             LEFT JOIN {} t ON t.id = k.id AND t.revision_to = {OPEN}",
            kind.collection
        );
        let named = rules.metrics.iter().filter(|_| kind.name == "metric").map(|rule| rule.id.clone()).collect();
        let (publisher, name) = (Bind::Text(asked.organization.clone()), Bind::Text(kind.name.to_owned()));
        let rows: Vec<Row> = Statement::of(&sql, [publisher, name.clone(), name, Bind::Texts(named)])
            .get_results(&mut connection)
            .await
            .map_err(Failed::of)?;
        for Row { id, body } in rows {
            match body {
                Some(body) => {
                    known.records.insert((kind.name, id), serde_json::from_str(&body).map_err(Failed::of)?);
                }
                None => {
                    known.gone.insert((kind.name, id));
                }
            }
        }
    }
    Ok(known)
}

/// What a person is to look at, warnings first; then what it comes to.
fn report(import: &Import) {
    for note in &import.notes {
        let line = note.line;
        let (en, zh) = (&note.message.en, &note.message.zh);
        let sign = if note.warns { "!" } else { "-" };
        eprintln!("{sign} {}", say!("line {line}: {en}", "第 {line} 行：{zh}"));
    }
    let counts: Vec<String> = import.publication["records"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, list)| format!("{} {name}", list.as_array().map_or(0, Vec::len)))
        .collect();
    let counts = counts.join(", ");
    let warnings = import.notes.iter().filter(|note| note.warns).count();
    let others = import.notes.len() - warnings;
    let said = say!(
        "Found: {counts}. To decide: {warnings}. Left out of the records: {others} passages, listed above.",
        "识别结果：{counts}。待决定 {warnings} 处；未列入记录的文字 {others} 处，见上。"
    );
    eprintln!("{said}");
    // What does not hold by itself is said now rather than when it is published.
    let (_, problems) = publication::parse(import.publication.to_string().as_bytes());
    for problem in problems.iter() {
        let line = problem.line(Language::of_terminal());
        let said = say!("The publication is not right yet: {line}", "发布内容尚有问题：{line}");
        eprintln!("{said}");
    }
}
