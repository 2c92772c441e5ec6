//! A small RDF graph (RDF 1.1) without blank nodes, and its two forms: Turtle and JSON-LD 1.1.

use std::collections::{HashMap, HashSet};

use oxrdf::vocab::{rdf, xsd};
use oxrdf::{Literal, NamedNode, Term, TripleRef};
use oxttl::TurtleSerializer;
use serde_json::{Map, Value, json};

use crate::model::text::HumanText;

/// Prefixes, the same in both forms.
const PREFIXES: &[(&str, &str)] = &[
    ("adms", "http://www.w3.org/ns/adms#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// What cannot be written as RDF.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault(pub String);

/// Triples by subject, in the order in which they were said.
#[derive(Default)]
pub struct Graph {
    subjects: Vec<(NamedNode, Vec<(NamedNode, Term)>)>,
    places: HashMap<String, usize>,
    /// What was linked to.
    linked: HashSet<String>,
    fault: Option<Fault>,
}

impl Graph {
    /// The resource with this IRI, which is an instance of these classes. Said again, it is added to.
    pub fn resource(&mut self, iri: &str, classes: &[&str]) -> Resource<'_> {
        let place = match self.places.get(iri) {
            Some(place) => *place,
            None => {
                let node = self.iri(iri);
                self.subjects.push((node, Vec::new()));
                self.places.insert(iri.to_owned(), self.subjects.len() - 1);
                self.subjects.len() - 1
            }
        };
        let mut resource = Resource { graph: self, place };
        for class in classes {
            let class = resource.graph.name(class);
            resource.say(rdf::TYPE.into_owned(), class.into());
        }
        resource
    }

    /// Whether something is said of this resource.
    pub fn knows(&self, iri: &str) -> bool {
        self.places.contains_key(iri)
    }

    /// Whether something links to this IRI.
    pub fn mentions(&self, iri: &str) -> bool {
        self.linked.contains(iri)
    }

    /// An IRI; the first that is none is kept, and refuses the graph as a whole.
    fn iri(&mut self, iri: &str) -> NamedNode {
        NamedNode::new(iri).unwrap_or_else(|error| {
            self.fault.get_or_insert_with(|| Fault(format!("{iri} is not an IRI: {error}")));
            rdf::NIL.into_owned()
        })
    }

    /// The IRI of a prefixed name.
    fn name(&mut self, name: &str) -> NamedNode {
        let expanded = name.split_once(':').and_then(|(prefix, rest)| {
            let (_, namespace) = PREFIXES.iter().find(|(known, _)| *known == prefix)?;
            Some(format!("{namespace}{rest}"))
        });
        self.iri(expanded.as_deref().unwrap_or(name))
    }

    /// Turtle (RDF 1.1).
    pub fn turtle(&self) -> Result<String, Fault> {
        self.whole()?;
        let fault = |error: &dyn std::fmt::Display| Fault(error.to_string());
        let mut serializer = TurtleSerializer::new();
        for (prefix, namespace) in PREFIXES {
            serializer = serializer.with_prefix(*prefix, *namespace).map_err(|error| fault(&error))?;
        }
        let mut writer = serializer.for_writer(Vec::new());
        for (subject, said) in &self.subjects {
            for (predicate, object) in said {
                let triple = TripleRef::new(subject, predicate, object);
                writer.serialize_triple(triple).map_err(|error| fault(&error))?;
            }
        }
        let bytes = writer.finish().map_err(|error| fault(&error))?;
        String::from_utf8(bytes).map_err(|error| fault(&error))
    }

    /// JSON-LD 1.1, compact, with its context inside. The well-kept crate for it writes expanded names
    /// only, which those who read JSON-LD as plain JSON cannot use.
    pub fn json_ld(&self) -> Result<String, Fault> {
        self.whole()?;
        let context: Map<String, Value> =
            PREFIXES.iter().map(|(prefix, namespace)| ((*prefix).to_owned(), json!(namespace))).collect();
        let nodes: Vec<Value> = self.subjects.iter().map(|(subject, said)| node(subject, said)).collect();
        Ok(json!({"@context": context, "@graph": nodes}).to_string())
    }

    fn whole(&self) -> Result<(), Fault> {
        match &self.fault {
            Some(Fault(fault)) => Err(Fault(fault.clone())),
            None => Ok(()),
        }
    }
}

fn node(subject: &NamedNode, said: &[(NamedNode, Term)]) -> Value {
    let mut members = Map::from_iter([("@id".to_owned(), json!(subject.as_str()))]);
    for (predicate, object) in said {
        let (name, value) = match object {
            Term::NamedNode(class) if *predicate == rdf::TYPE => ("@type".to_owned(), json!(compact(class))),
            object => (compact(predicate), value(object)),
        };
        match members.entry(name).or_insert_with(|| json!([])) {
            Value::Array(values) => values.push(value),
            other => *other = value,
        }
    }
    members.into()
}

fn value(object: &Term) -> Value {
    match object {
        Term::NamedNode(node) => json!({"@id": node.as_str()}),
        Term::Literal(literal) => match (literal.language(), literal.datatype()) {
            (Some(language), _) => json!({"@language": language, "@value": literal.value()}),
            (None, datatype) if datatype == xsd::STRING => json!({"@value": literal.value()}),
            (None, datatype) => json!({"@type": compact(&datatype.into_owned()), "@value": literal.value()}),
        },
        // There are no blank nodes.
        Term::BlankNode(node) => json!({"@id": node.to_string()}),
    }
}

/// The prefixed name of an IRI, where there is one.
fn compact(node: &NamedNode) -> String {
    let iri = node.as_str();
    let prefixed =
        PREFIXES.iter().find_map(|(prefix, namespace)| Some(format!("{prefix}:{}", iri.strip_prefix(namespace)?)));
    prefixed.unwrap_or_else(|| iri.to_owned())
}

/// A resource that something is said of. Names are prefixed names; what is there already is not said twice.
pub struct Resource<'a> {
    graph: &'a mut Graph,
    place: usize,
}

impl Resource<'_> {
    fn say(&mut self, predicate: NamedNode, object: Term) {
        if let Some((_, said)) = self.graph.subjects.get_mut(self.place)
            && !said.iter().any(|(p, o)| *p == predicate && *o == object)
        {
            said.push((predicate, object));
        }
    }

    /// A link to another resource.
    pub fn link(&mut self, name: &str, iri: &str) -> &mut Self {
        let (predicate, object) = (self.graph.name(name), self.graph.iri(iri));
        self.graph.linked.insert(iri.to_owned());
        self.say(predicate, object.into());
        self
    }

    /// Plain text.
    pub fn text(&mut self, name: &str, text: &str) -> &mut Self {
        let predicate = self.graph.name(name);
        self.say(predicate, Literal::new_simple_literal(text).into());
        self
    }

    /// Text in a language (BCP 47).
    pub fn word(&mut self, name: &str, language: &str, text: &str) -> &mut Self {
        let predicate = self.graph.name(name);
        match Literal::new_language_tagged_literal(text, language) {
            Ok(literal) => self.say(predicate, literal.into()),
            Err(_) => self.say(predicate, Literal::new_simple_literal(text).into()),
        }
        self
    }

    /// Human text in all its languages.
    pub fn human(&mut self, name: &str, text: &HumanText) -> &mut Self {
        for (language, text) in &text.0 {
            self.word(name, language, text);
        }
        self
    }

    /// A value of an XML Schema type.
    pub fn typed(&mut self, name: &str, datatype: &str, value: &str) -> &mut Self {
        let (predicate, datatype) = (self.graph.name(name), self.graph.name(datatype));
        self.say(predicate, Literal::new_typed_literal(value, datatype).into());
        self
    }

    /// An instant, where there is one.
    pub fn instant(&mut self, name: &str, time: Option<chrono::DateTime<chrono::Utc>>) -> &mut Self {
        if let Some(time) = time {
            self.typed(name, "xsd:dateTime", &crate::ledger::digest::instant(time));
        }
        self
    }
}
