//! `/developers`: how to use the data, in three languages of programs.

use actix_web::HttpResponse;
use maud::html;

use super::frame::Page;
use super::visit::Visit;
use crate::api::problem::Failure;

pub async fn read(mut visit: Visit) -> Result<HttpResponse, Failure> {
    // Only to know the revision.
    super::revisions::newest(&mut visit, None, 1).await?;
    let url = visit.state.public_url.clone();
    let curl = format!("curl '{url}/v1/commitments?status=in_progress&limit=3'");
    let javascript = format!(
        "const answer = await fetch('{url}/v1/commitments?limit=3');\nconst page = await answer.json();\nconsole.log(page.data.map(item => item.id), page.changed_in);"
    );
    let python = format!(
        "import json, urllib.request\n\nwith urllib.request.urlopen('{url}/v1/commitments?limit=3') as answer:\n    page = json.load(answer)\nprint([item['id'] for item in page['data']], page['changed_in'])"
    );
    let body = html! {
        h1 { (visit.say("For developers", "开发者")) }
        p { (visit.say(
            "Everything on these pages comes from one interface, without a key. Add revision=N to any address, and it says the same for good.",
            "本站所有内容都来自同一接口，无需密钥。任何地址加上 revision=N，内容便不再改变。",
        )) }
        h2 { "curl" } pre tabindex="0" { code { (curl) } }
        h2 { "JavaScript" } pre tabindex="0" { code { (javascript) } }
        h2 { "Python" } pre tabindex="0" { code { (python) } }
        ul {
            li { a href=(visit.file("docs/")) { (visit.say("Every path, to try", "全部接口，可在线试用")) } }
            li { a href=(visit.file("openapi.json")) { "OpenAPI 3.1" } ", " a href=(visit.file("openapi-3.0.json")) { "OpenAPI 3.0" } }
            li { a href=(visit.file("v1/meta")) { (visit.say("What is here", "数据概况")) } }
            li { a href=(visit.file("v1/exports/all.zip")) { (visit.say("All data as one file", "全部数据打包下载")) } }
            li { a href=(visit.file("v1/changes")) { (visit.say("The change feed", "变更流")) } }
            li { a href=(visit.file("catalog.jsonld")) { "DCAT" } ", " a href=(visit.file("catalog-zh.json")) { (visit.say("catalogue for Chinese portals", "政务信息资源目录")) } }
        }
    };
    Page::new(visit.say("For developers", "开发者"), "developers", body).respond(&visit)
}
