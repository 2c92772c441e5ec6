//! The words of the genre: official wordings of a status, labels, column titles, measure words, and
//! names that only look like numbers.

use crate::model::codes::Status;

/// A character as it is compared: full-width forms as their ASCII ones, one for one.
pub fn fold(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' | '\t' => ' ',
        '〔' | '【' => '[',
        '〕' | '】' => ']',
        '—' | '–' | '~' | '〜' | '\u{2212}' => '-',
        '﹒' => '.',
        '〇' | '○' => '零',
        '「' | '『' => '“',
        '」' | '』' => '”',
        _ => c,
    }
}

pub fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// Official wordings and their codes. Of several that stand at one place the longest counts.
pub const STATUSES: &[(Status, &[&str])] = &[
    (Status::NotStarted, &[
        "尚未启动", "未启动", "待启动", "尚未开展", "未开展", "尚未开工", "未开工", "尚未实施", "未实施", "尚未开始", "未开始",
        "尚未动工", "未动工", "没有启动", "暂未启动", "暂未开展", "暂未实施",
    ]),
    (Status::InProgress, &[
        "正在推进", "有序推进", "稳步推进", "持续推进", "扎实推进", "加快推进", "积极推进", "顺利推进", "全力推进", "按计划推进",
        "按序时推进", "序时推进", "正常推进", "深入推进", "推进中", "推进顺利", "进展顺利", "进展良好", "进展正常", "总体顺利", "正在进行", "进行中",
        "正在实施", "实施中", "正在办理", "办理中", "正在落实", "落实中", "正在建设", "建设中", "正在开展", "正在施工", "施工中",
        "正在加快", "正在筹备", "筹备中", "部分完成", "阶段性完成", "达到序时进度", "符合序时进度", "按序时进度", "时序进度正常", "达序时进度", "进度正常",
        "已启动", "已开工", "在建", "长期坚持", "持续实施", "跨年度实施", "取得阶段性进展", "取得阶段性成效", "正按计划", "按计划实施", "有序进行", "有序开展",
        "有力推进", "同步推进", "如期推进", "按期推进", "平稳推进", "正在有序推进", "正在稳步推进", "正在加快推进", "正在积极推进", "正在持续推进",
        "按时序推进", "按进度推进", "按节点推进", "快速推进",
    ]),
    (Status::SubstantiallyCompleted, &[
        "基本完成", "基本建成", "基本落实", "基本办结", "基本实现", "基本到位", "基本完工", "主体完工", "主体完成", "接近完成", "大部分完成", "已基本完成",
    ]),
    (Status::Completed, &[
        "已完成", "全面完成", "全部完成", "超额完成", "圆满完成", "顺利完成", "提前完成", "如期完成", "按期完成", "按时完成", "高质量完成", "均已完成",
        "已全部完成", "已全面完成", "已提前完成", "已超额完成", "已圆满完成", "已顺利完成", "已如期完成", "已按期完成", "提前超额完成", "提前全面完成",
        "完成", "已办结", "办结", "全部办结", "已落实", "全面落实", "全部落实", "已兑现", "全部兑现", "已建成", "全部建成", "已销号", "已实现", "已达标", "达标",
        "已竣工", "已完工", "已交付", "完成任务", "已履行", "已履诺",
    ]),
    (Status::Delayed, &[
        "推进缓慢", "进展缓慢", "进展较慢", "进度较慢", "进度缓慢", "推进较慢", "进度滞后", "严重滞后", "进展滞后", "推进滞后", "略有滞后", "有所滞后", "滞后", "未达序时进度",
        "未达到序时进度", "未达时序进度", "落后于序时进度", "逾期", "延期", "超期", "未按期完成", "未按时完成", "慢于计划", "进度偏慢",
    ]),
    (Status::Suspended, &["暂缓实施", "暂缓推进", "暂缓", "暂停实施", "暂停", "中止", "搁置", "停工", "暂停推进", "已暂停"]),
    (Status::NotCompleted, &["未完成", "尚未完成", "没有完成", "未办结", "未落实", "未兑现", "未达标", "未实现", "未能完成"]),
    (Status::Cancelled, &["取消", "已取消", "终止", "已终止", "不再实施", "取消实施", "调整取消"]),
];

/// The longest wording that a folded text begins with, and its length in characters.
pub fn status_at(text: &[char]) -> Option<(Status, usize)> {
    let mut best: Option<(Status, usize)> = None;
    for (status, wordings) in STATUSES {
        for wording in *wordings {
            let length = wording.chars().count();
            if best.is_none_or(|(_, longest)| length > longest) && starts(text, wording) {
                best = Some((*status, length));
            }
        }
    }
    best
}

/// The wording that a short text, such as a cell, a bracket or a heading, has: the most telling, else the longest.
pub fn status_in(text: &[char]) -> Option<(Status, usize, usize)> {
    let mut best: Option<(Status, usize, usize)> = None;
    let mut at = 0;
    while at < text.len() {
        match status_at(&text[at..]) {
            Some((status, length)) => {
                if best.is_none_or(|(.., longest)| length > longest) {
                    best = Some((status, at, length));
                }
                at += length;
            }
            None => at += 1,
        }
    }
    best
}

pub fn starts(text: &[char], word: &str) -> bool {
    let mut at = 0;
    for c in word.chars() {
        if text.get(at) != Some(&c) {
            return false;
        }
        at += 1;
    }
    true
}

/// What a column or a label is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Number,
    Promise,
    /// What is to be reached, beside a promise that names it.
    Target,
    Progress,
    Status,
    Rate,
    Next,
    Lead,
    Due,
    Remark,
    /// Told to nobody by a record: contacts and the like.
    Other,
}

const COLUMNS: &[(Column, &[&str])] = &[
    (Column::Number, &["序号", "编号", "项次", "号"]),
    (Column::Promise, &[
        "承诺事项内容", "公开承诺事项", "承诺事项", "承诺内容", "承诺项目", "公开承诺内容", "公开承诺", "承诺", "事项名称", "事项内容", "事项", "项目名称", "项目内容", "实事项目", "实事名称",
        "实事内容", "任务名称", "工作任务", "重点任务", "主要任务", "工作内容", "建设内容", "重点工作", "工作事项", "民生实事", "民生实事项目", "任务内容", "任务", "项目", "承诺事项名称",
    ]),
    (Column::Target, &[
        "目标任务", "任务目标", "工作目标", "年度目标", "承诺目标", "目标", "计划目标", "年度任务", "年度计划", "目标内容", "预期目标", "年度目标任务", "工作目标任务", "全年目标", "计划任务",
        "具体目标", "具体任务", "年度工作目标",
    ]),
    (Column::Progress, &[
        "进展情况", "完成情况", "落实情况", "推进情况", "工作进展", "工作进展情况", "目前进展", "目前进展情况", "当前进展", "最新进展", "进展", "办理情况", "履行情况", "履诺情况", "践诺情况", "兑现情况",
        "实施情况", "工作成效", "工作开展情况", "开展情况", "工作完成情况", "进度情况", "项目进展", "项目进展情况", "实际完成", "实际完成情况", "完成内容", "推进落实情况", "任务进展", "工作落实情况", "进展成效",
        "落实进展", "主要进展", "任务完成情况", "年度完成情况", "阶段进展", "推进成效", "截至目前进展", "工作推进情况", "承诺履行情况", "承诺完成情况", "承诺落实情况", "办结情况", "进度及成效", "上半年进展", "上半年完成情况",
        "阶段性进展", "阶段性进展情况", "落实措施及成效", "履职情况", "主要成效", "项目完成情况", "目前情况", "推进进展",
    ]),
    (Column::Status, &[
        "完成状态", "状态", "当前状态", "进展状态", "办理状态", "完成程度", "推进状态", "是否完成", "落实状态", "完成与否", "进度状态", "评价", "自评", "总体评价", "完成结果", "办理结果", "进度评价",
        "任务状态", "工作状态", "事项状态", "项目状态", "履行状态", "兑现状态",
    ]),
    (Column::Rate, &["完成率", "完成比例", "完成百分比", "进度", "完成进度", "工作进度", "完成度", "形象进度", "目标完成率", "进度比例", "任务完成率", "项目进度", "总体进度"]),
    (Column::Next, &[
        "下一步打算", "下一步工作打算", "下一步计划", "下一步工作计划", "下一步安排", "下一步工作安排", "下一步工作", "下一步措施", "下一步工作措施", "下一步举措", "下一步", "下步打算", "下步计划", "下步安排", "下步工作", "下步措施",
        "下步工作打算", "下步工作计划", "下阶段工作", "下阶段计划", "下阶段打算", "下一阶段工作", "下一阶段计划", "下一阶段安排", "下一阶段打算", "下一阶段工作安排", "后续安排", "后续计划", "后续工作", "今后打算", "工作打算", "下半年打算", "下半年计划", "下半年安排", "下半年工作安排",
        "下一阶段", "下阶段工作安排", "下阶段安排", "下一阶段工作计划", "下一阶段工作打算",
    ]),
    (Column::Lead, &[
        "责任单位", "牵头单位", "牵头处室", "责任处室", "责任部门", "牵头部门", "承办单位", "主办单位", "责任主体", "责任科室", "承办处室", "牵头责任单位", "配合单位", "协办单位", "参与单位", "配合部门", "承诺单位", "实施单位",
        "承诺部门", "牵头(责任)单位", "主要责任单位", "单位", "部门", "处室",
    ]),
    (Column::Due, &["完成时限", "完成时间", "时限", "办结时限", "承诺时限", "计划完成时间", "计划完成时限", "时间节点", "完成期限", "办理时限", "履行时限", "责任时限", "工作时限", "时间安排"]),
    (Column::Remark, &["备注", "说明", "备 注"]),
    (Column::Other, &["联系人", "联系电话", "监督电话", "责任人", "分管领导", "责任领导", "牵头领导", "咨询电话", "联系方式", "承办人", "类别", "领域", "分类"]),
];

/// What a column of this title holds.
pub fn column(title: &str) -> Option<Column> {
    let title: String = folded(title).chars().filter(|c| *c != ' ').collect();
    let title = title.split('(').next().unwrap_or_default().trim_end_matches(':');
    COLUMNS.iter().find(|(_, titles)| titles.contains(&title)).map(|(column, _)| *column)
}

/// The longest label that a folded text begins with, with the mark that ends it: its kind and length.
pub fn label_at(text: &[char]) -> Option<(Column, usize)> {
    let bracketed = text.first() == Some(&'[');
    let inner = if bracketed { text.get(1..)? } else { text };
    let mut best: Option<(Column, usize)> = None;
    for (column, titles) in COLUMNS {
        for title in *titles {
            let length = title.chars().count();
            if *column == Column::Number || best.is_some_and(|(_, longest)| length <= longest) || !starts(inner, title) {
                continue;
            }
            // 承诺事项(13): is a label with its number.
            let mut end = length;
            if inner.get(end) == Some(&'(') {
                let close = inner.iter().skip(end).take(8).position(|c| *c == ')');
                end += close.map_or(0, |close| close + 1);
            } else {
                end += inner.iter().skip(end).take(4).take_while(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(**c)).count();
            }
            let ended = match inner.get(end) {
                Some(':') => !bracketed,
                Some(']') => bracketed,
                _ => false,
            };
            if ended {
                best = Some((*column, length));
                if bracketed {
                    return Some((*column, end + 2 + usize::from(inner.get(end + 1) == Some(&':'))));
                }
            }
        }
    }
    let (column, _) = best?;
    let end = inner.iter().position(|c| *c == ':')?;
    Some((column, end + 1))
}

/// What begins a sentence about what comes next.
pub const NEXT: &[&str] = &[
    "下一步", "下一阶段", "下阶段", "下步", "接下来", "下半年", "四季度", "第四季度", "三季度", "下一季度", "后续", "今后", "明年", "下一年度", "下年度", "年底前", "未来", "之后",
];

/// What a sentence that begins with a word of time must have besides, to be about what comes next.
pub const INTENTION: &[&str] = &["将", "拟", "计划", "要", "继续", "力争", "确保", "重点", "打算", "争取", "进一步"];

/// Measure words, with the code of the unit where it is a common one.
pub const MEASURES: &[(&str, &str)] = &[
    ("件", "case"), ("起", "case"), ("宗", "case"), ("例", "case"), ("名", "person"), ("人", "person"), ("位", "person"), ("人次", "visit"), ("人份", "portion"), ("户次", "visit"), ("件次", "case-times"),
    ("个", "item"), ("项", "item"), ("所", "institution"), ("家", "institution"), ("家次", "visit"), ("处", "place"), ("条", "item"), ("次", "time"), ("场次", "session"), ("场", "session"), ("期", "session"), ("班次", "run"),
    ("户", "household"), ("座", "building"), ("栋", "building"), ("幢", "building"), ("套", "set"), ("台", "machine"), ("台套", "set"), ("台次", "machine-times"), ("台(套)", "set"), ("部", "item"), ("辆", "vehicle"), ("辆次", "vehicle-times"), ("艘", "vessel"), ("架", "aircraft"), ("列", "train"),
    ("架次", "flight"), ("支", "team"), ("篇", "text"), ("份", "copy"), ("本", "copy"), ("册", "copy"), ("类", "category"), ("种", "kind"), ("批", "batch"), ("批次", "batch"), ("届", "term"), ("张", "sheet"), ("枚", "piece"), ("块", "piece"), ("片", "piece"), ("根", "piece"),
    ("颗", "piece"), ("粒", "piece"), ("株", "plant"), ("棵", "tree"), ("头", "head"), ("只", "head"), ("匹", "head"), ("羽", "head"), ("尾", "fish"), ("盏", "lamp"), ("扇", "piece"), ("口", "well"), ("眼", "well"), ("孔", "well"), ("门", "course"), ("堂", "lesson"),
    ("节", "lesson"), ("课时", "lesson"), ("学时", "lesson"), ("班", "class"), ("床", "bed"), ("间", "room"), ("间次", "room"), ("层", "storey"), ("段", "section"), ("路", "line"), ("线", "line"), ("标段", "section"), ("笔", "transaction"), ("单", "order"), ("票", "ticket"), ("款", "model"), ("项次", "item"), ("对", "pair"), ("双", "pair"), ("组", "group"), ("队", "team"), ("车次", "vehicle-times"), ("车", "vehicle"), ("趟", "trip"),
    ("代", "generation"), ("遍", "time"), ("回", "time"), ("步", "step"), ("轮", "round"), ("套(件)", "set"), ("件(套)", "set"), ("余件", "case"), ("餐", "meal"), ("剂", "dose"), ("剂次", "dose"), ("针次", "dose"), ("袋", "bag"), ("箱", "box"), ("瓶", "bottle"), ("盒", "box"),
    ("人数", "person"), ("家庭", "household"), ("市", "city"), ("地市", "city"), ("县", "county"), ("区", "district"), ("县区", "county"), ("区县", "county"), ("县市", "county"), ("市县", "county"), ("市州", "city"), ("州市", "city"), ("镇", "town"), ("乡镇", "town"), ("村", "village"), ("村居", "village"), ("街道", "subdistrict"), ("社区", "community"), ("省", "province"), ("州", "prefecture"),
    ("省直部门", "department"), ("部门", "department"), ("单位", "institution"), ("万人次", "visit"), ("车位", "parking-space"), ("泊位", "parking-space"), ("床位", "bed"), ("学位", "school-place"), ("站点", "station"), ("点位", "place"), ("工位", "place"), ("席位", "seat"), ("座位", "seat"),
    ("公里", "kilometre"), ("千米", "kilometre"), ("米", "metre"), ("延米", "metre"), ("厘米", "centimetre"), ("毫米", "millimetre"), ("km", "kilometre"), ("里", "li"), ("平方米", "square-metre"), ("平方公里", "square-kilometre"), ("平方千米", "square-kilometre"), ("平米", "square-metre"), ("㎡", "square-metre"), ("m2", "square-metre"),
    ("m²", "square-metre"), ("立方米", "cubic-metre"), ("立方", "cubic-metre"), ("方", "cubic-metre"), ("亩", "mu"), ("亩次", "mu"), ("公顷", "hectare"), ("吨", "tonne"), ("公斤", "kilogram"), ("千克", "kilogram"), ("斤", "jin"), ("克", "gram"), ("毫克", "milligram"), ("微克", "microgram"), ("微克/立方米", "microgram-per-cubic-metre"), ("μg/m3", "microgram-per-cubic-metre"), ("升", "litre"), ("毫升", "millilitre"), ("千瓦", "kilowatt"), ("千瓦时", "kilowatt-hour"), ("度电", "kilowatt-hour"), ("兆瓦", "megawatt"), ("kW", "kilowatt"), ("MW", "megawatt"),
    ("GB", "gigabyte"), ("TB", "terabyte"), ("PB", "petabyte"), ("兆", "megabit"), ("Mbps", "megabit-per-second"), ("元", "yuan"), ("块钱", "yuan"), ("美元", "us-dollar"), ("欧元", "euro"), ("港元", "hk-dollar"), ("元/人", "yuan-per-person"), ("元/月", "yuan-per-month"), ("元/年", "yuan-per-year"), ("分", "point"), ("倍", "times"), ("字", "character"), ("吨/日", "tonne-per-day"), ("立方米/日", "cubic-metre-per-day"), ("吨/年", "tonne-per-year"), ("成", "percent"), ("人/次", "visit"), ("门次", "course"), ("幅", "sheet"), ("面", "piece"), ("把", "piece"), ("顶", "piece"), ("桌", "table"), ("样", "kind"), ("尊", "piece"), ("卷", "copy"), ("页", "page"), ("宗地", "parcel"), ("幅地块", "parcel"), ("副", "set"), ("列次", "train"), ("箱次", "box"), ("标箱", "teu"), ("人年", "person-year"), ("株苗", "plant"), ("架飞机", "aircraft"), ("尾鱼", "fish"),
];

/// The longest measure word that a folded text begins with: word, unit code.
pub fn measure_at(text: &[char]) -> Option<(&'static str, &'static str)> {
    MEASURES.iter().filter(|(word, _)| starts(text, word)).max_by_key(|(word, _)| word.chars().count()).copied()
}

/// Measure words that count with a Chinese numeral below ten as well; others would find words.
pub const CHINESE_MEASURES: &[&str] = &[
    "件", "名", "个", "项", "所", "家", "处", "条", "次", "场", "户", "座", "栋", "幢", "套", "台", "部", "辆", "艘", "架", "支", "篇", "份", "册", "类", "种", "批", "批次", "期", "人次", "位", "张", "间", "门", "堂", "盏", "口", "人",
    "公里", "千米", "米", "平方米", "平方公里", "亩", "公顷", "吨", "公斤", "元", "倍", "起", "宗", "例", "床", "株", "棵", "头", "只", "市", "县", "区", "乡镇", "街道", "社区", "镇", "村", "轮", "组", "对", "班", "成", "车", "趟", "眼", "课时", "学时", "笔", "单", "家次", "场次", "块", "枚", "根", "片",
];

/// What follows a Chinese numeral and a measure word in a figure of speech.
pub const RHETORIC: &[&str] = &[
    "层次", "层级", "层面", "方面", "环节", "领域", "维度", "阶段", "原则", "关键", "转变", "统一", "意识", "自信", "维护", "确立", "坚持", "必须", "结合", "导向", "角度", "关口", "一律", "一批", "不放过", "全面", "代表", "文明", "满意",
    "一体", "聚焦", "突出", "强化", "百分百", "步骤", "步走", "方向", "重点", "抓手", "带头", "严禁", "不准", "不得", "清单化", "到位", "工程”", "行动”", "务必", "确保", "支撑", "体系", "格局", "主体责任", "条件之一", "之一", "之最", "标准化", "月", "小时", "工作日", "季度", "年", "星期", "礼拜", "世纪", "阵地", "优先", "落实", "提升", "优化", "能力", "机制", "清零", "问题”", "台阶", "以来",
];

/// Names and sayings with numerals in them.
pub const NAMES: &[&str] = &[
    "一带一路", "一站式", "一窗", "一网", "一件事", "一次办", "一次性", "一次不跑", "只跑一次", "最多跑一次", "一体化", "一系列", "一方面", "一定", "一批", "一起", "一直", "一律", "一致", "一般", "一线", "一流", "一把手", "一对一", "一人一", "一户一", "一企一", "一事一", "一案一", "一村一", "一县一", "一校一", "一品一", "一码", "一卡通", "一张网", "一张图", "一门", "一刻钟", "一老一小", "一岗双责", "一票否决", "一门式",
    "两会", "两学一做", "两个维护", "两个确立", "两不愁三保障", "两岸", "两地", "两端", "两手", "两江", "两山", "两代表一委员", "两高", "两法", "两级", "两委", "两新", "两癌", "两证", "两险", "两非",
    "三农", "三公", "三会一课", "三重一大", "三级", "三甲", "三严三实", "三个代表", "三项制度", "三资", "三权", "三支一扶", "三品一标", "三同时", "三线", "三区三线", "三防", "三调", "三下乡", "三产", "四个意识", "四个自信", "四个全面", "四风", "四好农村路", "四不两直", "四议两公开", "四不放过",
    "五一", "五四", "五位一体", "五个一", "五保", "五险一金", "五小", "五经普", "六稳", "六保", "六一", "七一", "七五", "八五", "八一", "八项规定", "九三", "十一", "十四五", "十三五", "十五五", "十二五", "十九大", "二十大", "十八大", "十九届", "二十届", "千方百计", "百分百", "百年", "百姓", "百货", "万众", "万一", "万科",
    "放管服", "双随机、一公开", "第一书记", "第一时间", "第一批", "24小时", "365天", "110", "119", "120", "122", "12345", "12348", "12315", "12333", "12329", "12369", "12380", "12309", "12388", "96333", "5g", "4g", "3a", "4a", "5a", "vocs", "pm2.5", "pm10", "co2", "o3", "h5", "4k", "8k", "1+", "n+", "x+",
];
