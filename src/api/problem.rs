//! Errors as answers: RFC 9457, in two languages, every problem at once. This table is also what
//! `/problems/{type}` serves and what the OpenAPI document lists.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use serde_json::Value;

use super::documents;
use crate::db;
use crate::model::message::{Language, Message};
use crate::model::problem::{Place, Problem};
use crate::say;

/// A kind of error, with a stable name.
pub struct ProblemType {
    pub slug: &'static str,
    pub status: u16,
    pub title: [&'static str; 2],
    /// What happened and what to do about it.
    pub advice: [&'static str; 2],
}

macro_rules! problem_types {
    ($($name:ident = $slug:literal, $status:literal, [$en:literal, $zh:literal], [$advice_en:literal, $advice_zh:literal];)+) => {
        $(pub static $name: ProblemType = ProblemType {
            slug: $slug, status: $status, title: [$en, $zh], advice: [$advice_en, $advice_zh],
        };)+
        /// Every type of problem.
        pub static TYPES: &[&ProblemType] = &[$(&$name),+];
    };
}

problem_types! {
    INVALID_PARAMETER = "invalid-parameter", 400, ["Invalid parameter", "参数无效"],
        ["A query parameter is unknown, malformed or out of range. The member errors names each one and says what is allowed.",
         "某个查询参数未知、格式不对或超出范围。errors 逐一列出，并说明允许的写法。"];
    UNAUTHORIZED = "unauthorized", 401, ["A key is needed", "需要密钥"],
        ["Publishing takes a key: Authorization: Bearer oc_…. This one is missing, unknown, expired or revoked. The operator makes keys with open-commitments keys create.",
         "发布需要密钥：Authorization: Bearer oc_…。当前密钥缺失、未知、已过期或已吊销。密钥由运营者用 open-commitments keys create 生成。"];
    NOT_ALLOWED = "not-allowed", 403, ["Not allowed", "没有权限"],
        ["The key may not do all that the publication does. errors names each entry and the scope or organization it takes.",
         "此密钥无权进行本次发布的全部操作。errors 逐一列出条目及其所需的权限或机构。"];
    INSECURE_TRANSPORT = "insecure-transport", 403, ["Insecure transport", "传输不安全"],
        ["A key was sent over plain HTTP, where others can read it. Send it by HTTPS; have the operator revoke this key and make another. Operators: name your proxy in TRUSTED_PROXIES, and have it set X-Forwarded-Proto.",
         "密钥经由明文 HTTP 发送，可能被他人读取。请改用 HTTPS，并请运营者吊销此密钥、另行生成。运营者：请在 TRUSTED_PROXIES 中写明代理，并让代理设置 X-Forwarded-Proto。"];
    READ_ONLY_COPY = "read-only-copy", 403, ["Read-only copy", "只读副本"],
        ["This ledger is a copy of another one, which the member upstream names. Publish there; it arrives here by itself.",
         "本账本是另一账本的副本，原账本见 upstream。请在那里发布，内容会自动到达此处。"];
    NO_SUCH_PATH = "no-such-path", 404, ["No such path", "没有此路径"],
        ["There is nothing at this path. /v1 lists what there is.", "此路径下没有内容，可从 /v1 查看全部路径。"];
    NO_SUCH_RECORD = "no-such-record", 404, ["No such record", "没有此记录"],
        ["The record did not exist at the revision asked for. Check its id, and the parameters revision and as_of.",
         "在所查的修订中没有此记录。请检查 id，以及参数 revision 与 as_of。"];
    NO_SUCH_FIGURE = "no-such-figure", 404, ["No such figure", "没有此数字"],
        ["The metric has no figure of this period, subject, division or scope at the revision asked for. The member available says what there is.",
         "在所查的修订中，该指标没有此期间、对象、区划或范围的数字。现有的见 available。"];
    NO_SUCH_REVISION = "no-such-revision", 404, ["No such revision", "没有此修订"],
        ["The ledger has no revision of this number or time. Revisions are numbered from 1 to head, which /v1 names.",
         "账本没有此编号或此时刻的修订。修订从 1 编号到头部，头部编号见 /v1。"];
    METHOD_NOT_ALLOWED = "method-not-allowed", 405, ["Method not allowed", "不允许此方法"],
        ["This path does not take this method. The header Allow lists those it takes.", "此路径不接受此方法，可用的方法见标头 Allow。"];
    NOT_ACCEPTABLE = "not-acceptable", 406, ["Not acceptable", "无法满足 Accept"],
        ["None of the media types in Accept is offered here. Ask for application/json, or leave Accept out.",
         "此处不提供 Accept 所列的媒体类型。请改为 application/json，或不发送 Accept。"];
    EDIT_CONFLICT = "edit-conflict", 409, ["Edit conflict", "编辑冲突"],
        ["A record was changed after the revision in if_revision. Read it again, and decide anew whether the change is still right.",
         "记录在 if_revision 所示修订之后已被更改。请重新读取，再决定是否仍要更改。"];
    RECORD_WITHDRAWN = "record-withdrawn", 410, ["Record withdrawn", "记录已撤回"],
        ["The publisher has withdrawn the record. The member reason says why, last_revision links to the last revision that had it.",
         "发布者已撤回此记录。reason 说明原因，last_revision 指向最后含有它的修订。"];
    RECORD_REDACTED = "record-redacted", 410, ["Record redacted", "记录已涂删"],
        ["The record's content has been removed from every revision. Its digest remains, so that the chain still verifies.",
         "此记录的内容已从全部修订中移除，摘要仍保留，因此链条仍可验证。"];
    HISTORY_DIVERGED = "history-diverged", 410, ["History diverged", "历史已分叉"],
        ["This ledger has no such revision, or another digest at it: what you hold comes from a history that this ledger does not have. Compare digests at /v1/revisions/{n}, halving the distance, to find where both last agreed.",
         "本账本没有该修订，或该处的摘要不同：你所持的内容来自另一段历史。请以二分法核对 /v1/revisions/{n} 的摘要，找出最后一致之处。"];
    HEAD_MOVED = "head-moved", 412, ["Head has moved", "头部已变"],
        ["Head is not the revision in If-Match; the member head says which it is. Look at what was published meanwhile, and send the publication again with the new number.",
         "头部修订不是 If-Match 所示的编号，当前编号见 head。请查看期间的发布，再以新编号重新发送。"];
    TOO_LARGE = "too-large", 413, ["Too large", "内容过大"],
        ["A publication has at most 64 MiB. Split it into several.", "一次发布最多 64 MiB，请拆分为多次发布。"];
    RANGE_NOT_SATISFIABLE = "range-not-satisfiable", 416, ["Range not satisfiable", "范围无法满足"],
        ["The file is not as long as the Range begins; Content-Range says how long it is. What you hold is whole already, or of another file.",
         "文件没有 Range 起点那么长，其长度见 Content-Range。你已有的部分可能已经完整，或属于另一个文件。"];
    TOO_MANY_ROWS = "too-many-rows", 422, ["Too many rows for a sheet", "超出工作表的行数"],
        ["A sheet takes 1,048,575 records, and there are more. Filter, by metric or publisher for example, or take another format: csv and parquet have no limit.",
         "一张工作表最多 1,048,575 条记录，实际更多。请加筛选（例如 metric 或 publisher），或改用没有行数限制的 csv、parquet。"];
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type", 415, ["Unsupported media type", "不支持的媒体类型"],
        ["A publication is sent as Content-Type: application/json in UTF-8, not compressed.", "发布内容应以 Content-Type: application/json、UTF-8、未压缩的形式发送。"];
    NOT_COMPARABLE = "not-comparable", 422, ["Not comparable", "不可比较"],
        ["The figures cannot be added or compared as asked without saying something untrue. errors lists each reason and the way out.",
         "按所要求的方式相加或比较会得出不实的结果。errors 逐一列出原因与改法。"];
    PUBLICATION_REFUSED = "publication-refused", 422, ["Publication refused", "发布被拒绝"],
        ["Nothing was published. errors lists everything that is wrong, each with its JSON pointer and what to do.", "没有发布任何内容。errors 列出全部问题，各附 JSON 指针与改法。"];
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused", 422, ["Idempotency key reused", "幂等键被重复使用"],
        ["Another publication was sent under this Idempotency-Key before. Choose a new key for each publication, and keep it for repeats of the same one.",
         "此 Idempotency-Key 已用于另一次发布。每次发布请用新键，仅在重发同一内容时沿用。"];
    TOO_MANY_REQUESTS = "too-many-requests", 429, ["Too many requests", "请求过多"],
        ["More requests came from here in a minute than one client may make. Wait the seconds in Retry-After; RateLimit in every answer says how many are left. Whoever reads much: take an export, or follow the changes. A key has a higher limit.",
         "一分钟内来自此处的请求超出单个客户端的限额。请等待 Retry-After 所示秒数；每个应答的 RateLimit 标头说明剩余次数。需要大量读取时，请下载导出文件或跟随变更。使用密钥可获更高限额。"];
    INTERNAL_ERROR = "internal-error", 500, ["Internal error", "内部错误"],
        ["Something went wrong here; it has been logged under the request's id. Try again, and report the id if it stays.",
         "服务内部出错，已按请求编号记录。请重试；若仍出错，请报告该编号。"];
    FORMAT_NOT_OFFERED = "format-not-offered", 501, ["Format not offered", "不提供此格式"],
        ["oEmbed is answered as json or xml. Ask for one of these with format, or leave format out.",
         "oEmbed 以 json 或 xml 应答。请用 format 指定其一，或不写 format。"];
    DATABASE_UNAVAILABLE = "database-unavailable", 503, ["Database unavailable", "数据库不可用"],
        ["The database does not answer at the moment. Try again after the seconds in Retry-After.", "数据库暂时没有应答，请在 Retry-After 所示秒数后重试。"];
    REVISION_NOT_YET = "revision-not-yet", 503, ["Revision not there yet", "修订尚未到达"],
        ["No server that answers has the revision in min_revision yet. Try again after the seconds in Retry-After; if it stays, check the number: /v1 names head.",
         "能应答的服务器都还没有 min_revision 所示的修订。请在 Retry-After 所示秒数后重试；若一直如此，请核对编号，头部见 /v1。"];
    LEDGER_RESTORED = "ledger-restored", 503, ["Ledger restored from a backup", "账本由备份恢复"],
        ["This ledger was restored from a backup, and what was published after that is being brought back. Nothing was published; try again after the seconds in Retry-After. Operators: run open-commitments restore --mirror URL, or restore --without-mirror if there is none.",
         "本账本由备份恢复，正在找回备份之后发布的内容。没有发布任何内容，请在 Retry-After 所示秒数后重试。运营者：请运行 open-commitments restore --mirror URL；没有镜像时运行 restore --without-mirror。"];
    MIRROR_BEHIND = "mirror-behind", 503, ["Copy is behind", "副本尚未跟上"],
        ["This instance is a copy that has not reached that revision yet; head says how far it is. Try again after the seconds in Retry-After.",
         "本实例是副本，尚未到达该修订，当前位置见 head。请在 Retry-After 所示秒数后重试。"];
    TOO_MANY_FOLLOWERS = "too-many-followers", 503, ["Too many followers", "跟随者过多"],
        ["As many requests wait for new revisions here as may. Ask without wait, or try again after the seconds in Retry-After.",
         "等待新修订的请求已达上限。请不带 wait 查询，或在 Retry-After 所示秒数后重试。"];
    EXPORT_BUSY = "export-busy", 503, ["Export not ready", "导出尚未就绪"],
        ["The file is still being written, or as many are being written or sent as may. Try again after the seconds in Retry-After; what was begun goes on meanwhile.",
         "文件仍在生成，或同时生成、发送的文件已达上限。请在 Retry-After 所示秒数后重试，已开始的生成会继续进行。"];
    FONT_MISSING = "font-missing", 503, ["No font for it", "缺少字体"],
        ["No font here has all the characters of the picture, and it is not drawn with boxes in their place. The svg of the same address has them as text. Operators: install a font that has them, such as Debian's fonts-noto-cjk, and leave FONTS at system.",
         "此处的字体不含图片中的全部字符，服务不会以方框代替。同一地址的 svg 以文本形式包含它们。运营者：请安装含有这些字符的字体（如 Debian 的 fonts-noto-cjk），并将 FONTS 设为 system。"];
    PICTURE_BUSY = "picture-busy", 503, ["Too many pictures at once", "同时绘制的图片过多"],
        ["As many pictures are being drawn, and wait to be, as may. Try again after the seconds in Retry-After, or ask for the svg, which takes no drawing.",
         "正在绘制和等待绘制的图片已达上限。请在 Retry-After 所示秒数后重试，或改用无需绘制的 svg。"];
    EXPORT_NO_ROOM = "export-no-room", 503, ["No room for the export", "没有空间导出"],
        ["The service has no room to write the file. Filter, or take csv or ndjson without revision, which need none. Operators: see EXPORT_DIR and EXPORT_SPOOL_BYTES.",
         "服务没有空间写入该文件。请加筛选，或改用不带 revision 的 csv、ndjson，它们不占空间。运营者请查看 EXPORT_DIR 与 EXPORT_SPOOL_BYTES。"];
    QUERY_TOO_SLOW = "query-too-slow", 503, ["Query too slow", "查询过慢"],
        ["The answer took longer than the service allows. Narrow it down: filter by programme, commitment, metric or publisher, leave out count=exact and include, or lower limit.",
         "查询超过时限。请缩小范围：按 programme、commitment、metric 或 publisher 筛选，去掉 count=exact 与 include，或减小 limit。"];
}

impl ProblemType {
    pub fn named(slug: &str) -> Option<&'static ProblemType> {
        TYPES.iter().copied().find(|known| known.slug == slug)
    }

    pub fn title(&self) -> Message {
        let [en, zh] = self.title.map(str::to_owned);
        Message { en, zh }
    }

    pub fn advice(&self) -> Message {
        let [en, zh] = self.advice.map(str::to_owned);
        Message { en, zh }
    }
}

/// An answer that is an error.
#[derive(Clone, Debug)]
pub struct Failure {
    pub problem_type: &'static ProblemType,
    pub detail: Box<Message>,
    pub errors: Vec<Problem>,
    /// What failed inside, to be logged and never sent.
    pub cause: Option<String>,
    /// Members beyond RFC 9457's.
    pub extra: Vec<(&'static str, Value)>,
    pub header: Option<Box<(HeaderName, String)>>,
}

impl std::fmt::Debug for ProblemType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.slug)
    }
}

impl Failure {
    pub fn new(problem_type: &'static ProblemType, detail: Message) -> Failure {
        Failure {
            problem_type,
            detail: Box::new(detail),
            errors: Vec::new(),
            cause: None,
            extra: Vec::new(),
            header: None,
        }
    }

    /// A type whose advice says all there is to say.
    pub fn plain(problem_type: &'static ProblemType) -> Failure {
        Failure::new(problem_type, problem_type.advice())
    }

    /// Refuses parameters.
    pub fn parameters(errors: Vec<Problem>) -> Failure {
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            _ => {
                let count = errors.len();
                say!("{count} parameters are wrong; errors lists them.", "有 {count} 个参数不对，详见 errors。")
            }
        };
        Failure { errors, ..Failure::new(&INVALID_PARAMETER, detail) }
    }

    pub fn with(mut self, name: &'static str, value: Value) -> Failure {
        self.extra.push((name, value));
        self
    }

    pub fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Failure {
        self.header = Some(Box::new((name, value.into())));
        self
    }

    /// The problem as JSON. Types resolve below `public_url`.
    pub fn json(&self, public_url: &str, language: Language) -> String {
        let problem = documents::Problem {
            problem_type: format!("{public_url}/problems/{}", self.problem_type.slug),
            title: self.problem_type.title().in_language(language).to_owned(),
            status: self.problem_type.status.into(),
            detail: self.detail.in_language(language).to_owned(),
            errors: (!self.errors.is_empty())
                .then(|| self.errors.iter().map(|error| describe(error, language)).collect()),
            extra: self.extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        };
        serde_json::to_string(&problem).unwrap_or_default()
    }

    /// The answer.
    pub fn respond(&self, public_url: &str, language: Language) -> HttpResponse {
        let status = StatusCode::from_u16(self.problem_type.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response
            .insert_header((header::CONTENT_TYPE, "application/problem+json"))
            .insert_header((header::CONTENT_LANGUAGE, language.tag()))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::VARY, "Accept-Language"));
        if let Some((name, value)) = self.header.as_deref() {
            response.insert_header((name.clone(), value.as_str()));
        }
        response.body(self.json(public_url, language))
    }
}

fn describe(problem: &Problem, language: Language) -> documents::ProblemError {
    let (parameter, pointer) = match &problem.place {
        Place::Pointer(pointer) => (None, Some(pointer.clone())),
        Place::Parameter(name) => (Some(name.clone()), None),
    };
    let detail = problem.detail.in_language(language).to_owned();
    documents::ProblemError { parameter, pointer, code: problem.code.to_owned(), detail }
}

impl From<db::Error> for Failure {
    fn from(error: db::Error) -> Failure {
        Failure::from(&error)
    }
}

impl From<&db::Error> for Failure {
    fn from(error: &db::Error) -> Failure {
        let (problem_type, retry_after) = match error {
            db::Error::Timeout => (&QUERY_TOO_SLOW, Some("30")),
            db::Error::Unavailable(_) | db::Error::Busy(_) => (&DATABASE_UNAVAILABLE, Some("5")),
            db::Error::NotYet(_) => (&REVISION_NOT_YET, Some("1")),
            db::Error::Query(_) => (&INTERNAL_ERROR, None),
        };
        let header = retry_after.map(|seconds| Box::new((header::RETRY_AFTER, seconds.to_owned())));
        // Nothing is wrong here where a revision is only awaited.
        let cause = (!matches!(error, db::Error::NotYet(_))).then(|| error.to_string());
        Failure { header, cause, ..Failure::plain(problem_type) }
    }
}
