#!/usr/bin/env python3
"""Follows a ledger into a SQLite file, as docs/following.md says; Python's standard library only.
It may be killed at any moment and started again. The last line has the last whole revision, its digest, the
number of records, and one digest of all of them. It exits with 3 where the ledger has another history."""
import argparse, hashlib, http.client, json, sqlite3, sys, time, urllib.error, urllib.request

TABLES = """
PRAGMA secure_delete = ON; -- what is redacted is to be gone from the file as well
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value);
CREATE TABLE IF NOT EXISTS revisions (revision INTEGER PRIMARY KEY, digest TEXT, header TEXT);
CREATE TABLE IF NOT EXISTS pending (nth INTEGER PRIMARY KEY, revision INTEGER, entry TEXT);
CREATE TABLE IF NOT EXISTS records (kind TEXT, id TEXT, digest TEXT, body TEXT, PRIMARY KEY (kind, id));
"""


def canonical(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def sha256(text, salt=""):
    return hashlib.sha256(bytes.fromhex(salt) + text.encode()).hexdigest()


class Follower:
    def __init__(self, options):
        self.options = options
        self.db = sqlite3.connect(options.file, isolation_level=None)
        self.db.executescript(TABLES)
        ledger = self.get("/v1")["ledger"]
        self.db.execute("INSERT OR IGNORE INTO state VALUES ('ledger', ?), ('filter', ?)", (ledger, options.filter))
        self.db.execute("INSERT OR IGNORE INTO revisions VALUES (0, ?, NULL)", (sha256(ledger),))
        if self.state("ledger") != ledger or self.state("filter") != options.filter:
            sys.exit("The file is of another ledger, or of another filter.")

    def expect(self, condition, message):
        condition or sys.exit(f"Not sound, nothing of it was kept: {message}")

    def one(self, sql, value, default=None):
        return next(self.db.execute(sql, (value,)), (default,))[0]

    def state(self, name, default=None):
        return self.one("SELECT value FROM state WHERE name = ?", name, default)

    def digest(self, revision):
        return self.one("SELECT digest FROM revisions WHERE revision = ?", revision)

    def get(self, path, missing=None):
        """What is answered; asks again as long as the ledger is away."""
        pause = 0.1
        while True:
            try:
                with urllib.request.urlopen(self.options.url + path, timeout=self.options.wait + 60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                problem = error.read().decode()
                if error.code == 404 and missing:
                    return missing
                if error.code == 410:
                    self.part(problem)
                if error.code < 500 and error.code != 429:
                    sys.exit(f"{path}: {error.code} {problem}")
                pause = max(pause, float(error.headers.get("Retry-After", 0)))
            except (OSError, ValueError, http.client.HTTPException):
                pass  # away, or cut off
            time.sleep(pause)
            pause = min(pause * 2, 10)

    def part(self, problem):
        """Says where the histories part: the last revision alike is between two that are known."""
        known = [row[0] for row in self.db.execute("SELECT revision FROM revisions ORDER BY 1")]
        alike, beyond = 0, len(known)
        while beyond - alike > 1:
            middle = (alike + beyond) // 2
            there = self.get(f"/v1/revisions/{known[middle]}", missing={"digest": None})["digest"]
            alike, beyond = (middle, beyond) if there == self.digest(known[middle]) else (alike, middle)
        mine = {revision: self.digest(revision) for revision in known[alike : alike + 2]}
        print(json.dumps({"alike": known[alike], "mine": mine, "theirs": json.loads(problem)}))
        sys.exit(3)

    def take(self, page):
        """Takes in a page; revisions that are whole become visible, each at once."""
        for header in page["revisions"]:
            row = header["revision"], header["digest"], json.dumps(header)
            self.db.execute("INSERT OR IGNORE INTO revisions VALUES (?, ?, ?)", row)
        for entry in page["data"]:
            sound = "record" not in entry or sha256(canonical(entry["record"]), entry["salt"]) == entry["record_digest"]
            self.expect(sound, f"revision {entry['revision']}, {entry['kind']} {entry['id']}")
            revision = page["through"] if page["snapshot"] else entry["revision"]
            self.db.execute("INSERT INTO pending (revision, entry) VALUES (?, ?)", (revision, json.dumps(entry)))
        whole = page["through"] if page["complete"] else page["through"] - 1
        sql = "SELECT revision, header FROM revisions WHERE revision > ? AND revision <= ? ORDER BY 1"
        for revision, header in self.db.execute(sql, (self.state("whole", 0), whole)).fetchall():
            rows = self.db.execute("SELECT entry FROM pending WHERE revision = ? ORDER BY nth", (revision,))
            entries = [json.loads(entry) for (entry,) in rows]
            if not page["snapshot"] and not self.options.filter:
                self.verify(json.loads(header), entries)
            for entry in entries:
                self.apply(entry)
            self.db.execute("DELETE FROM pending WHERE revision = ?", (revision,))
        self.db.execute("REPLACE INTO state VALUES ('whole', ?), ('next', ?)", (whole, page["next"]))

    def verify(self, header, entries):
        number, names = header["revision"], ("seq", "kind", "id", "op", "change_kind", "record_digest")
        message = sha256(canonical(header["message"]), header["message_salt"])
        self.expect(message == header["message_digest"], f"the message of revision {number}")
        self.expect([entry["seq"] for entry in entries] == list(range(1, header["changes"] + 1)), f"gaps in {number}")
        lines = ["oc1", self.digest(number - 1) or "missing", str(number)]
        lines += [header[name] for name in ("kind", "publisher", "published_at", "message_digest")]
        lines += [" ".join(str(entry[name]) for name in names) for entry in entries]
        self.expect(sha256("".join(line + "\n" for line in lines)) == header["digest"], f"revision {number}")

    def apply(self, entry):
        self.db.execute("DELETE FROM records WHERE kind = ? AND id = ?", (entry["kind"], entry["id"]))
        if entry["op"] == "upsert" and "record" in entry:  # else it went, or has been redacted since
            row = entry["kind"], entry["id"], entry["record_digest"], canonical(entry["record"])
            self.db.execute("INSERT INTO records VALUES (?, ?, ?, ?)", row)

    def run(self):
        options, wait = self.options, 0
        while True:
            cursor = self.state("next")
            place = f"cursor={cursor}" if cursor else "snapshot=true" if options.snapshot else "after=0"
            page = self.get(f"/v1/changes?{place}&limit={options.limit}&wait={wait}&{options.filter}".rstrip("&"))
            self.db.execute("BEGIN IMMEDIATE")
            self.take(page)
            self.db.execute("COMMIT")
            whole = self.state("whole", 0)
            if page["caught_up"] and options.once or options.until is not None and whole >= options.until:
                break
            wait = options.wait if page["caught_up"] else 0
        rows = self.db.execute("SELECT kind, id, digest, body FROM records ORDER BY kind, id").fetchall()
        if options.dump:
            print("".join(f"{kind} {body}\n" for kind, _, _, body in rows), end="")
        lines = "".join(f"{kind} {id} {digest}\n" for kind, id, digest, _ in rows)
        print(whole, self.digest(whole), len(rows), sha256(lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", type=lambda url: url.rstrip("/"), help="the ledger, such as http://127.0.0.1:8080")
    parser.add_argument("file", help="the SQLite file; made if it is not there")
    parser.add_argument("--once", action="store_true", help="stop where there is nothing more for now")
    parser.add_argument("--dump", action="store_true", help="print all records first")
    parser.add_argument("--snapshot", action="store_true", help="begin with the records there are")
    parser.add_argument("--until", type=int, help="stop when this revision is here")
    parser.add_argument("--limit", type=int, default=1000, help="changes on a page")
    parser.add_argument("--wait", type=int, default=60, help="seconds to wait for something new")
    parser.add_argument("--filter", default="", help="such as programme=sd-justice-2020")
    Follower(parser.parse_args()).run()
