"""Other people's programs read the exports: DuckDB, pandas, Frictionless and LibreOffice.

check_exports.py PROGRAM FOLDER serves the real data from a database in FOLDER.
"""

import datetime
import decimal
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request
import xml.etree.ElementTree as ElementTree
import zipfile

import duckdb
import frictionless
import pandas
import pyarrow
import pyarrow.parquet

# Kinds with records in the real data.
KINDS = ["organizations", "programmes", "commitments", "reports", "metrics", "observations", "sources"]
DUCKDB_TYPES = {"decimal": "DECIMAL(19,4)", "date": "DATE", "boolean": "BOOLEAN", "integer": "BIGINT", "year": "INTEGER"}
# Table Schema's types of what is not text.
TYPES = {"number": "decimal", "date": "date", "boolean": "boolean", "integer": "integer", "year": "year"}


def serve(program, folder):
    """Starts the service; returns its process and address."""
    environment = {**os.environ, "DATA_DIR": str(folder / "data"), "BIND": "127.0.0.1:0", "LANG": "C", "EXPORT_DIR": str(folder)}
    environment.pop("DATABASE_URL", None)
    service = subprocess.Popen(
        [program, "serve", "--publish", "data/shandong-justice-2020.json"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    for line in service.stdout:
        if found := re.search(r"Serving at (\S+)", line):
            return service, found[1]
    sys.exit("the service does not start")


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def value(record, field):
    """What a column is to hold, from a record's JSON."""
    if field["name"] == "other_languages":
        return None
    found, name = record, field["name"]
    for language, suffix in [("zh-Hans", "_zh_hans"), ("en", "_en")]:
        if name.endswith(suffix):
            text = value(record, {**field, "name": name.removesuffix(suffix), "type": "any"})
            return text.get(language) if text else None
    if name not in found:
        outer, _, inner = name.partition("_")
        found, name = found.get(outer), inner
        if not isinstance(found, dict):
            return None
    found = found.get(name)
    if found is None:
        return None
    kind = TYPES.get(field["type"])
    if kind == "decimal":
        return decimal.Decimal(str(found))
    if kind == "date":
        return datetime.date.fromisoformat(found)
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")) if isinstance(found, list) else found


def plain(cell):
    return None if cell is None or cell is pandas.NaT or (isinstance(cell, float) and cell != cell) else cell


def check_parquet(url, folder, resource, records):
    path = folder / f"{resource['name']}.parquet"
    path.write_bytes(get(f"{url}/v1/exports/{resource['name']}.parquet"))
    fields = resource["schema"]["fields"]
    expected = [tuple(value(record, field) for field in fields) for record in records]

    database = duckdb.connect()
    table = database.read_parquet(str(path))
    for field, name, kind in zip(fields, table.columns, table.types, strict=True):
        wanted = DUCKDB_TYPES.get(TYPES.get(field["type"]), "VARCHAR")
        assert (name, str(kind)) == (field["name"], wanted), (name, kind, wanted)
    assert table.fetchall() == expected, resource["name"]

    schema = pyarrow.parquet.read_schema(path)
    for field in fields:
        kind = schema.field(field["name"]).type
        if TYPES.get(field["type"]) == "decimal":
            assert kind == pyarrow.decimal128(19, 4), kind
        if TYPES.get(field["type"]) == "date":
            assert kind == pyarrow.date32(), kind
    frame = pandas.read_parquet(path)
    rows = [tuple(plain(cell) for cell in row) for row in frame.astype(object).itertuples(index=False)]
    assert rows == expected, resource["name"]


def check_package(url, folder):
    """The descriptor that is served, and the package; both are valid, and so are their tables."""
    # The standard's own schema of descriptors is on the network; Frictionless brings its checks along.
    served = frictionless.Package(f"{url}/datapackage.json")
    archive = folder / "all.zip"
    archive.write_bytes(get(f"{url}/v1/exports/all.zip"))
    zipfile.ZipFile(archive).extractall(folder / "package")
    packed = frictionless.Package(str(folder / "package" / "datapackage.json"))
    whole = frictionless.Package(str(archive))
    for package in served, packed, whole:
        report = package.validate()
        assert report.valid, report.to_summary()
        sizes = {task.name: task.stats["rows"] for task in report.tasks}
        assert all(sizes[kind] for kind in KINDS), sizes
    rows = served.get_resource("observations").read_rows()
    figure = next(row for row in rows if row["value"] == 29456)
    assert figure["period_end"] == datetime.date(2020, 6, 30) and figure["evidence"][0]["exact"], figure


def sheet(path):
    """Cells of the first sheet of a flat spreadsheet document: type and value by name of the column."""
    names = {
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    }
    name = lambda prefix, local: f"{{{names[prefix]}}}{local}"
    rows = []
    for row in next(ElementTree.parse(path).iter(name("table", "table"))).iter(name("table", "table-row")):
        cells = []
        for cell in row.iter(name("table", "table-cell")):
            kind = cell.get(name("office", "value-type"))
            text = "\n".join("".join(line.itertext()) for line in cell.findall("text:p", names))
            held = cell.get(name("office", "date-value")) or cell.get(name("office", "value")) or text
            # LibreOffice has no truth values but as formulas.
            assert cell.get(name("table", "formula")) in (None, "of:=TRUE()", "of:=FALSE()"), text
            cells += [(kind, held)] * min(int(cell.get(name("table", "number-columns-repeated"), 1)), 100)
        if any(kind for kind, _ in cells):
            rows.append(cells)
    header = [text for kind, text in rows[0] if kind]
    return [dict(zip(header, row)) for row in rows[1:]]


def check_spreadsheets(url, folder, resources, records):
    for kind in ["commitments", "observations"]:
        for suffix, path in [("xlsx", f"{kind}.xlsx"), ("csv", f"{kind}-excel.csv")]:
            form = "csv-excel" if suffix == "csv" else suffix
            (folder / path).write_bytes(get(f"{url}/v1/exports/{kind}.{form}"))
    ends = {".xlsx": [], "-excel.csv": ["--infilter=CSV:44,34,76,1"]}
    for end, how in ends.items():
        # Comma, quotation mark, UTF-8: what the import dialog finds by the byte-order mark.
        office = ["soffice", f"-env:UserInstallation=file://{folder}/office", "--headless", *how, "--convert-to", "fods", "--outdir", str(folder / "read")]
        inputs = [str(folder / f"{kind}{end}") for kind in ["commitments", "observations"]]
        subprocess.run(office + inputs, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    paths = [folder / f"{kind}{end}" for kind in ["commitments", "observations"] for end in ends]
    for path in paths:
        kind = path.stem.removesuffix("-excel")
        rows = sheet(folder / "read" / f"{path.stem}.fods")
        assert len(rows) == len(records[kind]), (path, len(rows))
        fields = resources[kind]["schema"]["fields"]
        for row, record in zip(rows, records[kind], strict=True):
            for field in fields:
                wanted, (kind_of_cell, held) = value(record, field), row.get(field["name"], (None, ""))
                what = (path, field["name"], wanted, kind_of_cell, held)
                if wanted is None:
                    assert held == "", what
                elif TYPES.get(field["type"]) == "decimal":
                    assert kind_of_cell == "float" and decimal.Decimal(held) == wanted, what
                elif TYPES.get(field["type"]) == "date":
                    assert kind_of_cell == "date" and held.startswith(wanted.isoformat()), what
                elif field["name"].endswith("_zh_hans"):
                    assert kind_of_cell == "string" and held.replace(" ", "") == wanted.replace(" ", ""), what


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    service, url = serve(program, folder)
    try:
        resources = {resource["name"]: resource for resource in json.loads(get(f"{url}/datapackage.json"))["resources"]}
        records = {kind: json.loads(get(f"{url}/v1/exports/{kind}.json"))["data"] for kind in KINDS}
        for kind in KINDS:
            check_parquet(url, folder, resources[kind], records[kind])
        check_package(url, folder)
        check_spreadsheets(url, folder, resources, records)
        text = get(f"{url}/v1/exports/observations.csv?charset=gb18030&labels=zh").decode("gb18030")
        frame = pandas.read_csv(io.StringIO(text))
        assert len(frame) == len(records["observations"]) and "数值" in frame.columns, frame.columns
    finally:
        service.terminate()
        service.wait()
    print(f"{sum(map(len, records.values()))} records in {len(KINDS)} tables, read by DuckDB, pandas, Frictionless and LibreOffice")


main()
