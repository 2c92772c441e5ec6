//! What records that a page refers to are called.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use serde_json::Value;

use super::parts::human;
use super::visit::Visit;
use crate::api::problem::Failure;
use crate::db::read::names;
use crate::model::division;
use crate::model::kind::Kind;
use crate::model::kinds::organization;

/// Records whose names are wanted; nothing twice.
#[derive(Default)]
pub struct Wanted(BTreeMap<&'static str, (Option<&'static Kind>, BTreeSet<String>)>);

/// What is known of records by kind and id.
pub struct Names(BTreeMap<(String, String), Known>);

struct Known {
    name: Value,
    division_code: Option<String>,
}

impl Wanted {
    /// Wants the record that a member names, if it names one.
    pub fn add(&mut self, kind: &'static Kind, id: Option<&str>) {
        if let Some(id) = id {
            let (known, ids) = self.0.entry(kind.name).or_default();
            *known = Some(kind);
            ids.insert(id.to_owned());
        }
    }

    pub async fn read(self, visit: &Visit) -> Result<Names, Failure> {
        let wanted: Vec<(&'static Kind, Vec<String>)> =
            self.0.into_values().filter_map(|(kind, ids)| Some((kind?, ids.into_iter().collect()))).collect();
        let rows = names::read(&visit.state.database, &wanted, visit.at(), visit.now).await?;
        let named = rows.into_iter().filter_map(|row| {
            let name = serde_json::from_str(&row.name?).ok()?;
            Some(((row.kind, row.id), Known { name, division_code: row.division_code }))
        });
        Ok(Names(named.collect()))
    }
}

impl Names {
    /// Its name as human text, where the record is there.
    pub fn get(&self, kind: &Kind, id: &str) -> Option<&Value> {
        self.known(kind, id).map(|known| &known.name)
    }

    /// Whether an area is the one that an organization is of, as codes are written in several lengths (GB/T 2260).
    pub fn is_of(&self, organization: &str, division_code: &str) -> bool {
        let own = self.known(&organization::KIND, organization).and_then(|known| known.division_code.as_deref());
        own.is_some_and(|own| division::is_same(own, division_code))
    }

    fn known(&self, kind: &Kind, id: &str) -> Option<&Known> {
        self.0.get(&(kind.name.to_owned(), id.to_owned()))
    }

    /// Its name, or else its id.
    pub fn text(&self, kind: &Kind, id: &str, visit: &Visit) -> Markup {
        html! { @match self.get(kind, id) { Some(name) => { (human(name, visit.language)) } None => { (id) } } }
    }

    /// A link to its page; what is not there has none.
    pub fn link(&self, kind: &Kind, id: &str, visit: &Visit) -> Markup {
        html! {
            @match self.get(kind, id) {
                Some(name) => a href=(visit.link(&format!("{}/{id}", kind.collection))) { (human(name, visit.language)) },
                None => (id),
            }
        }
    }
}
