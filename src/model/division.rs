//! Administrative divisions of China by their codes (GB/T 2260): provinces, prefectures and counties, as the
//! Ministry of Civil Affairs listed them at the end of 2020. Names are Chinese alone, as the standard has them.

use std::sync::LazyLock;

/// A division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    /// Six digits: two each for province, prefecture and county.
    pub code: &'static str,
    pub name: &'static str,
}

/// One to a line, code and name, in the order of the codes.
static DIVISIONS: LazyLock<Vec<Division>> = LazyLock::new(|| {
    include_str!("divisions.tsv")
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(code, name)| Division { code, name })
        .collect()
});

/// All of them, each after the one that it lies in.
pub fn all() -> &'static [Division] {
    &DIVISIONS
}

/// The digits that codes under a division begin with (GB/T 2260): 370000 is all of 37.
pub fn prefix(code: &str) -> &str {
    match code.len() {
        12 | 9 => code.strip_suffix("000").map_or(code, prefix),
        6 => code.trim_end_matches("00"),
        _ => code,
    }
}

/// Whether two codes are of one division, as they are written in several lengths.
pub fn is_same(one: &str, other: &str) -> bool {
    prefix(one) == prefix(other)
}

/// The division of a code. Longer codes, of towns and villages, are not known by name, but for those that end in zeros.
pub fn find(code: &str) -> Option<Division> {
    let (code, below) = code.split_at_checked(6)?;
    if below.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let place = DIVISIONS.binary_search_by_key(&code, |division| division.code).ok()?;
    DIVISIONS.get(place).copied()
}

/// What people call the division: its name, or the code where it has none here.
pub fn name(code: &str) -> &str {
    find(code).map_or(code, |division| division.name)
}

/// The division that another one lies in; none of a province. Counties of municipalities lie in the province.
pub fn parent(code: &str) -> Option<Division> {
    let at = |digits: usize| Some(format!("{:0<6}", code.get(..digits)?)).filter(|parent| parent != code);
    [4, 2].into_iter().filter_map(at).find_map(|parent| find(&parent))
}
