//! `/developers`: how to use the data, with programs that run as they stand.

use actix_web::HttpResponse;
use maud::{Markup, html};

use super::frame::Page;
use super::visit::Visit;
use crate::api::problem::Failure;

/// Lists, one page after the other, in three languages of programs.
const JAVASCRIPT: &str = r#"let address = "{url}/v1/commitments?status=in_progress,completed&limit=5";
while (address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error((await answer.json()).detail);
  const page = await answer.json();
  for (const item of page.data) console.log(item.id, item.status);
  const next = answer.headers.get("link")?.match(/<([^>]*)>; rel="next"/)?.[1];
  address = next ? new URL(next, address).href : null;
}"#;
const PYTHON: &str = r#"import json
from urllib.parse import urlencode
from urllib.request import urlopen

query = {"status": "in_progress,completed", "limit": 5}
while True:
    with urlopen("{url}/v1/commitments?" + urlencode(query)) as answer:
        page = json.load(answer)
    for item in page["data"]:
        print(item["id"], item["status"])
    if not page["next"]:
        break
    query["cursor"] = page["next"]"#;
const CURL: &str = r#"curl --fail --silent '{url}/v1/commitments?status=in_progress,completed&limit=5'"#;
const PINNED: &str = r#"curl --fail --silent '{url}/v1/summary?revision=1'"#;
const COPY: &str = r#"import json
from urllib.request import urlopen

# Keep `after` between runs: what comes is what was published since.
after, records = 0, {}
address = f"{url}/v1/changes?after={after}"
while True:
    with urlopen(address) as answer:
        page = json.load(answer)
    for change in page["data"]:
        key = (change["kind"], change["id"])
        if change["op"] == "upsert":
            records[key] = change.get("record")
        else:
            records.pop(key, None)
    if not page["data"]:
        break
    address = "{url}/v1/changes?cursor=" + page["next"]
print(len(records), "records")"#;
const EXPORTS: &str = r#"curl --fail --silent --output observations.csv '{url}/v1/exports/observations.csv'"#;

pub async fn read(mut visit: Visit) -> Result<HttpResponse, Failure> {
    // Only to know the revision.
    super::revisions::newest(&mut visit, None, 1).await?;
    let visit = &visit;
    let body = html! {
        h1 { (visit.say("For developers", "开发者")) }
        p.lead { (visit.say(
            "Everything on these pages comes from one interface, without a key. Each program below runs as it stands.",
            "本站所有内容都来自同一接口，无需密钥。以下程序均可直接运行。",
        )) }
        (part(visit.say("Ask", "查询"), visit.say(
            "Lists take filters, sort and limit; each path, parameter and member is in the OpenAPI document.",
            "列表可筛选、排序、限量；全部路径、参数与字段见 OpenAPI 文档。",
        ), &[("sh", CURL)], visit))
        (part(visit.say("Page through", "翻页"), visit.say(
            "An answer has next while there is more. A cursor stays at its revision, so no page skips or repeats a row while somebody publishes.",
            "还有内容时应答带有 next。游标固定在同一修订上，翻页期间即使有新发布也不会漏行或重复。",
        ), &[("js", JAVASCRIPT), ("python", PYTHON)], visit))
        (part(visit.say("Say the same for good", "固定版本"), visit.say(
            "Add revision=N, or as_of= with a day, to any address of data or page, and it says the same whenever it is asked. The header Ledger-Revision names the revision of every answer.",
            "任何数据或页面地址加上 revision=N（或 as_of=日期），内容便不再改变。每个应答的标头 Ledger-Revision 说明所属修订。",
        ), &[("sh", PINNED)], visit))
        (part(visit.say("Keep a copy in step", "保持副本同步"), visit.say(
            "The change feed has every change in order, each with its digest. Deletions are entries too, so a copy misses nothing.",
            "变更流按序列出每次变更及其摘要，删除也在其中，副本不会遗漏。",
        ), &[("python", COPY)], visit))
        (part(visit.say("Take files", "下载文件"), visit.say(
            "Each kind of record as CSV, for Excel, NDJSON, XLSX and Parquet, and all of it as one Data Package.",
            "各类记录均有 CSV、Excel 专用 CSV、NDJSON、XLSX、Parquet 文件，并可整体下载为一个数据包。",
        ), &[("sh", EXPORTS)], visit))
        section {
            h2 { (visit.say("In an article", "用于文章")) }
            p { (visit.say(
                "Each metric’s page has its figure as text, chart, picture and frame to take over, and four forms to cite it.",
                "每个指标页都提供可直接取用的文字、图表、图片与嵌入代码，以及四种引用格式。",
            )) }
        }
        section {
            h2 { (visit.say("More", "更多")) }
            ul.plain {
                li { a href=(visit.file("docs/")) { (visit.say("Every path, to try", "全部接口，可在线试用")) } }
                li { a href=(visit.file("openapi.json")) { "OpenAPI 3.1" } ", " a href=(visit.file("openapi-3.0.json")) { "OpenAPI 3.0" } }
                li { a href=(visit.link("problems")) { (visit.say("Every error, and what to do", "全部错误类型与处理办法")) } }
                li { a href=(visit.file("v1/meta")) { (visit.say("What is here", "数据概况")) } }
                li { a href=(visit.file("v1/exports/all.zip")) { (visit.say("All data as one file", "全部数据打包下载")) } }
                li { a href=(visit.file("v1/changes")) { (visit.say("The change feed", "变更流")) } ", " a href=(visit.file("v1/revisions.atom")) { "Atom" } }
                li { a href=(visit.file("catalog.jsonld")) { "DCAT" } ", " a href=(visit.file("catalog-zh.json")) { (visit.say("catalogue for Chinese portals", "政务信息资源目录")) } }
            }
        }
    };
    let mut page = Page::new(visit.say("For developers", "开发者"), "developers", body);
    page.description = visit
        .say(
            "How to read, page through, pin, copy and cite the data, with programs that run.",
            "如何查询、翻页、固定版本、同步与引用数据，附可运行的程序。",
        )
        .to_owned();
    page.respond(visit)
}

fn part(title: &str, about: &str, programs: &[(&str, &str)], visit: &Visit) -> Markup {
    html! {
        section {
            h2 { (title) }
            p { (about) }
            @for (language, program) in programs {
                p.kicker { (match *language { "js" => "JavaScript", "python" => "Python", _ => "curl" }) }
                pre tabindex="0" { code class=(format!("language-{language}")) { (program.replace("{url}", &visit.state.public_url)) } }
            }
        }
    }
}
