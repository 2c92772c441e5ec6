"""Checks the catalogues that a service with the real data serves: check_catalogue.py PUBLIC_URL ADDRESS.

DCAT by SHACL shapes, both forms against each other, and that the shapes refuse what is broken; the workbook
for Chinese portals against its JSON; the schema.org description against what search engines demand; each CSV
against its metadata, by a processor of CSV on the Web.
"""

import io
import json
import sys
import urllib.request
import warnings

import csvw
import openpyxl
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

# The workbook says what the JSON does.
chinese = json.loads(get("/catalog-zh.json"))["信息资源"]
book = openpyxl.load_workbook(io.BytesIO(get("/catalog-zh.xlsx")))
header, *rows = book["信息资源"].iter_rows(values_only=True)
expect(len(rows) == len(chinese), "a row for each resource")
for row, resource in zip(rows, chinese):
    for name, cell in zip(header, row):
        if isinstance(resource.get(name), str):
            expect(cell == resource[name], f"{name}: {cell} is not {resource[name]}")
header, *rows = book["信息项"].iter_rows(values_only=True)
items = [(of["信息资源代码"], item["信息项名称"], item["数据类型"]) for of in chinese for item in of["信息项"]]
places = [header.index(name) for name in ("信息资源代码", "信息项名称", "数据类型")]
expect([tuple(row[place] for place in places) for row in rows] == items, "a row for each item")
for resource in chinese:
    for name in ["信息资源代码", "信息资源名称", "信息资源提供方", "信息资源摘要", "信息资源格式", "信息项", "共享类型",
                 "共享方式", "是否向社会开放", "更新周期", "发布日期"]:
        expect(resource.get(name), f"{resource.get('信息资源代码')} has {name}")
print(f"catalog-zh: {len(chinese)} resources, {len(items)} items")

# What search engines demand of a dataset, and what they advise.
whole = json.loads(get("/dataset.jsonld"))
expect(50 <= len(whole["description"]) <= 5000, "a description of 50 to 5000 characters")
for name in ["name", "license", "creator", "temporalCoverage", "spatialCoverage", "dateModified", "version", "hasPart"]:
    expect(whole.get(name), f"the dataset has {name}")
for part in whole["hasPart"]:
    expect(part["name"] and part["license"] and part["distribution"], f"{part['name']} can be had")
    expect(all(each["contentUrl"].startswith(public_url + "/") for each in part["distribution"]), part["name"])
print(f"dataset.jsonld: {len(whole['hasPart'])} parts")

# Each CSV has the columns and types that its metadata says.
for query in ["", "?revision=1"]:
    read = 0
    for collection in json.loads(get("/v1"))["collections"]:
        table = csvw.CSVW(f"{address}/v1/exports/{collection}.csv-metadata.json{query}", validate=True)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            expect(table.is_valid, f"{collection}.csv{query} is as described: {[str(warning.message) for warning in said]}")
        rows = table.to_json(minimal=True)
        read += len(rows)
        expect(rows, f"{collection}.csv{query} has rows")
    print(f"CSV on the Web{query}: {read} rows")

for fault in faults:
    print(f"not so: {fault}")
sys.exit(bool(faults))
