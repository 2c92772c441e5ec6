"""Checks the catalogues that a service with the real data serves: check_catalogue.py PUBLIC_URL ADDRESS.

DCAT by SHACL shapes, both forms against each other, and that the shapes refuse what is broken.
"""

import sys
import urllib.request

import pyshacl
import rdflib
from rdflib import DCTERMS, RDF, XSD, Literal, Namespace, URIRef

SHAPES = "tests/catalogue/dcat-ap.ttl"
DCAT = Namespace("http://www.w3.org/ns/dcat#")

public_url, address = sys.argv[1].rstrip("/"), sys.argv[2].rstrip("/")
faults = []


def expect(condition, fault):
    if not condition:
        faults.append(fault)


def get(path):
    with urllib.request.urlopen(address + path, timeout=30) as answer:
        return answer.read()


def validate(graph):
    conforms, results, text = pyshacl.validate(graph, shacl_graph=shapes)
    return conforms, text


def catalogue(query):
    """The graph, which both forms have to be."""
    turtle = rdflib.Graph().parse(data=get(f"/catalog.ttl{query}"), format="turtle")
    json_ld = rdflib.Graph().parse(data=get(f"/catalog.jsonld{query}"), format="json-ld")
    expect(set(turtle) == set(json_ld), f"both forms say the same{query}: {set(turtle) ^ set(json_ld)}")
    for subject, _, place in [*turtle.triples((None, DCAT.downloadURL, None)), *turtle.triples((None, DCAT.endpointURL, None))]:
        expect(str(place).startswith(public_url + "/"), f"{subject} is at PUBLIC_URL, not {place}")
    return turtle


def broken(graph):
    """Catalogues that are wrong, each with what is wrong."""
    one = lambda kind: next(graph.subjects(RDF.type, kind))
    catalog, dataset, distribution = one(DCAT.Catalog), one(DCAT.Dataset), one(DCAT.Distribution)

    def changed(remove, add=None):
        other = rdflib.Graph()
        other += graph
        other.remove(remove)
        if add:
            other.add(add)
        return other

    yield "a catalogue without a title", changed((catalog, DCTERMS.title, None))
    yield "a catalogue without a publisher", changed((catalog, DCTERMS.publisher, None))
    yield "a dataset without a description", changed((dataset, DCTERMS.description, None))
    yield "a distribution without an address", changed((distribution, DCAT.accessURL, None))
    yield "an address that is text", changed(
        (distribution, DCAT.accessURL, None), (distribution, DCAT.accessURL, Literal("somewhere"))
    )
    yield "a day that is text", changed((dataset, DCTERMS.modified, None), (dataset, DCTERMS.modified, Literal("today")))
    yield "a publisher that is nobody", changed(
        (dataset, DCTERMS.publisher, None), (dataset, DCTERMS.publisher, URIRef("urn:nobody"))
    )
    yield "two versions", changed((dataset, DCAT.none, None), (dataset, DCAT.version, Literal("0")))
    yield "a period that ends before it begins", changed(
        (one(DCTERMS.PeriodOfTime), DCAT.endDate, None),
        (one(DCTERMS.PeriodOfTime), DCAT.endDate, Literal("1900-01-01", datatype=XSD.date)),
    )
    yield "a dataset that the catalogue does not list", changed((catalog, DCAT.dataset, dataset))


shapes = rdflib.Graph().parse(SHAPES, format="turtle")
for query in ["", "?revision=1"]:
    graph = catalogue(query)
    conforms, text = validate(graph)
    expect(conforms, f"catalogue{query}: {text}")
    print(f"catalogue{query}: {len(graph)} triples, {len(set(graph.subjects(RDF.type, DCAT.Dataset)))} datasets, "
          f"{len(set(graph.subjects(RDF.type, DCAT.Distribution)))} distributions, conforms: {conforms}")
for wrong, graph in broken(catalogue("")):
    expect(not validate(graph)[0], f"the shapes refuse {wrong}")

for fault in faults:
    print(f"not so: {fault}")
sys.exit(bool(faults))
