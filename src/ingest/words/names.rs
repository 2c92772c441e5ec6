//! Names and sayings with numerals in them, which count nothing.

use std::sync::LazyLock;

use super::Lexicon;

/// What follows a Chinese numeral and a measure word in a figure of speech.
const SAYINGS: &str = "层次 层级 层面 方面 环节 领域 维度 阶段 原则 关键 转变 统一 意识 自信 维护 确立 坚持 必须 结合 导向 角度 \
    关口 一律 一批 不放过 全面 代表 文明 满意 一体 聚焦 突出 强化 百分百 步骤 步走 方向 重点 抓手 带头 严禁 \
    不准 不得 清单化 到位 工程” 行动” 务必 确保 支撑 体系 格局 主体责任 条件之一 之一 之最 标准化 月 小时 \
    工作日 季度 年 星期 礼拜 世纪 阵地 优先 落实 提升 优化 能力 机制 清零 问题” 台阶 以来";

/// Names and sayings.
const WITH_NUMERALS: &str = "一带一路 一站式 一窗 一网 一件事 一次办 一次性 一次不跑 只跑一次 最多跑一次 一体化 一系列 一方面 一定 \
    一批 一起 一直 一律 一致 一般 一线 一流 一把手 一对一 一人一 一户一 一企一 一事一 一案一 一村一 一县一 \
    一校一 一品一 一码 一卡通 一张网 一张图 一门 一刻钟 一老一小 一岗双责 一票否决 一门式 两会 两学一做 \
    两个维护 两个确立 两不愁三保障 两岸 两地 两端 两手 两江 两山 两代表一委员 两高 两法 两级 两委 两新 两癌 \
    两证 两险 两非 三农 三公 三会一课 三重一大 三级 三甲 三严三实 三个代表 三项制度 三资 三权 三支一扶 \
    三品一标 三同时 三线 三区三线 三防 三调 三下乡 三产 四个意识 四个自信 四个全面 四风 四好农村路 四不两直 \
    四议两公开 四不放过 五一 五四 五位一体 五个一 五保 五险一金 五小 五经普 六稳 六保 六一 七一 七五 八五 \
    八一 八项规定 九三 十一 十四五 十三五 十五五 十二五 十九大 二十大 十八大 十九届 二十届 千方百计 百分百 \
    百年 百姓 百货 万众 万一 万科 放管服 双随机、一公开 第一书记 第一时间 第一批 24小时 365天 110 119 120 \
    122 12345 12348 12315 12333 12329 12369 12380 12309 12388 96333 5g 4g 3a 4a 5a vocs pm2.5 pm10 co2 o3 h5 \
    4k 8k 1+ n+ x+";

/// What follows a Chinese numeral and a measure word in a figure of speech.
pub static RHETORIC: LazyLock<Lexicon<()>> = LazyLock::new(|| Lexicon::of(SAYINGS));

/// Names and sayings with numerals, in small letters.
pub static NAMES: LazyLock<Lexicon<()>> = LazyLock::new(|| Lexicon::of(WITH_NUMERALS));
