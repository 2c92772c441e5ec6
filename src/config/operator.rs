//! Who runs the service, as catalogues and pages say it.

use clap::Args;

use crate::model::message::Language;

/// What catalogues say beside what the ledger does.
#[derive(Args, Clone, Debug, Default)]
pub struct Operator {
    /// Organization that answers for the whole in catalogues, by its id [default: the ledger's first publisher].
    #[arg(long, env = "CATALOG_PUBLISHER", value_parser = record_id)]
    pub catalog_publisher: Option<String>,
    /// What precedes the number of a dataset in the catalogue for Chinese portals: the class codes that the portal gave out.
    #[arg(long, env = "CATALOG_CODE_PREFIX", value_parser = catalog_code)]
    pub catalog_code_prefix: Option<String>,
    /// Whom to ask about the data [default: the publisher].
    #[arg(long, env = "CONTACT_NAME")]
    pub contact_name: Option<String>,
    /// Address that questions about the data go to.
    #[arg(long, env = "CONTACT_EMAIL", value_parser = email)]
    pub contact_email: Option<String>,
}

/// What pages say of who runs the service.
#[derive(Args, Clone, Debug, Default)]
pub struct Site {
    /// Name on every page [default: Open Commitments, 公开承诺].
    #[arg(long, env = "SITE_NAME")]
    pub site_name: Option<String>,
    /// Lines at the foot of every page, such as filing numbers, each apart by a line break or |; a line may end in = and an address it leads to.
    #[arg(long, env = "SITE_FOOTER")]
    pub site_footer: Option<String>,
    /// A notice at the top of every page.
    #[arg(long, env = "SITE_NOTICE")]
    pub site_notice: Option<String>,
}

impl Site {
    pub fn name(&self, language: Language) -> &str {
        match (&self.site_name, language) {
            (Some(name), _) => name,
            (None, Language::English) => "Open Commitments",
            (None, Language::Chinese) => "公开承诺",
        }
    }

    pub fn notice(&self) -> Option<&str> {
        self.site_notice.as_deref().map(str::trim).filter(|notice| !notice.is_empty())
    }

    /// Lines of the foot, and where they lead. Only web addresses are links.
    pub fn lines(&self) -> Vec<(&str, Option<&str>)> {
        let lines = self.site_footer.as_deref().unwrap_or_default().split(['|', '\n']).map(str::trim);
        let link = |line| match str::split_once(line, "=http") {
            Some((text, rest)) if rest.starts_with("://") || rest.starts_with("s://") => {
                (text.trim(), line.get(text.len() + 1..))
            }
            _ => (line, None),
        };
        lines.filter(|line| !line.is_empty()).map(link).collect()
    }
}

fn record_id(value: &str) -> Result<String, String> {
    let fits = crate::model::publication::is_id(value);
    if fits { Ok(value.to_owned()) } else { Err("it is no id of an organization / 不是机构的标识".to_owned()) }
}

fn catalog_code(value: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-./".contains(&byte));
    if fits {
        Ok(value.to_owned())
    } else {
        Err("it is letters, digits, - . and / / 应由字母、数字和 - . / 组成".to_owned())
    }
}

fn email(value: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$&'*+-/=?^_`{|}~@".contains(&byte);
    let fits = value.len() <= 254
        && value.bytes().all(plain)
        && value
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && !host.contains('@'));
    if fits { Ok(value.to_owned()) } else { Err("it is no e-mail address / 不是电子邮件地址".to_owned()) }
}
