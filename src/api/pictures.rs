//! Pictures that cannot be had, as answers.

use actix_web::http::header;

use super::problem::{FONT_MISSING, Failure, INTERNAL_ERROR, PICTURE_BUSY, ProblemType};
use crate::picture::Error;
use crate::say;

/// Problems of whatever is drawn in pixels.
pub static PROBLEMS: [&ProblemType; 2] = [&FONT_MISSING, &PICTURE_BUSY];
/// Characters that a refusal names.
const MOST_NAMED: usize = 10;

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::Missing(characters) => {
                let named =
                    characters.iter().take(MOST_NAMED).map(|character| format!("U+{:04X}", u32::from(*character)));
                let named = named.collect::<Vec<_>>();
                let (count, list) = (characters.len(), named.join(", "));
                let detail = say!(
                    "No font here has these characters ({count} in all): {list}. The svg of the same address has them as text. Operators: install a font with them, \
                     such as Debian's fonts-noto-cjk or fonts-noto-core, and leave FONTS at system.",
                    "此处没有任何字体含有以下字符（共 {count} 个）：{list}。同一地址的 svg 以文本形式包含它们。运营者：请安装含有这些字符的字体（如 Debian 的 fonts-noto-cjk 或 fonts-noto-core），并将 FONTS 设为 system。"
                );
                Failure::new(&FONT_MISSING, detail).with("characters", named.into())
            }
            Error::Busy => Failure::plain(&PICTURE_BUSY).with_header(header::RETRY_AFTER, "5"),
            Error::Broken(why) => Failure { cause: Some(why), ..Failure::plain(&INTERNAL_ERROR) },
        }
    }
}
