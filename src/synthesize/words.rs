//! Words to make titles of.

/// A word in both languages.
pub type Word = (&'static str, &'static str);

/// A field of work: its topic, what it is called.
pub const FIELDS: [(&str, Word); 12] = [
    ("mediation", ("online mediation", "线上调解")),
    ("legal-aid", ("legal aid", "法律援助")),
    ("notaries", ("notarial services", "公证服务")),
    ("prisons", ("prison management", "监狱管理")),
    ("drug-rehabilitation", ("drug rehabilitation", "戒毒管理")),
    ("community-corrections", ("community corrections", "社区矫正")),
    ("lawyers", ("lawyers' services", "律师服务")),
    ("judicial-offices", ("township judicial offices", "基层司法所")),
    ("legal-education", ("legal education", "普法宣传")),
    ("administrative-review", ("administrative review", "行政复议")),
    ("forensics", ("forensic identification", "司法鉴定")),
    ("supervisors", ("people's supervisors", "人民监督员")),
];

/// What is promised of a field.
pub const PROMISES: [Word; 8] = [
    ("Extend {} to every township", "{}延伸到全部乡镇"),
    ("Set up a hotline for {}", "开通{}热线"),
    ("Publish the rules of {}", "公开{}办事规则"),
    ("Shorten waiting for {} by a third", "{}办理时限压缩三分之一"),
    ("Train all staff in {}", "{}人员全员培训"),
    ("Have {} assessed by citizens", "{}接受群众评议"),
    ("Put {} online", "{}全程网办"),
    ("Open new centres for {}", "新建{}中心"),
];

/// What is counted of a field: name, unit code, unit, and what span it counts over.
pub const COUNTS: [(Word, &str, Word, &str); 6] = [
    (("Cases of {}", "{}案件"), "case", ("cases", "件"), "period_flow"),
    (("Centres for {}", "{}中心"), "centre", ("centres", "个"), "point_in_time"),
    (("People served by {}", "{}服务人次"), "person", ("people", "人次"), "period_flow"),
    (("Training sessions in {}", "{}培训"), "session", ("sessions", "场"), "period_flow"),
    (("Complaints about {}", "{}投诉"), "complaint", ("complaints", "件"), "period_flow"),
    (("Staff of {}", "{}工作人员"), "staff", ("people", "名"), "point_in_time"),
];

/// How far a commitment got, as codes, in the order in which it goes on.
pub const STATUSES: [&str; 4] = ["in_progress", "in_progress", "substantially_completed", "completed"];

/// Puts the name of a field into a phrase.
pub fn of(phrase: Word, field: Word) -> (String, String) {
    let en = phrase.0.replace("{}", field.0);
    (en, phrase.1.replace("{}", field.1))
}
