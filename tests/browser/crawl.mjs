// Every page that links lead to, from the first.

import { ask } from "./support.mjs";

/** Kinds of pages; each has to be found, and every page is of one of them. */
export const KINDS = [
  ["/", /^\/$/],
  ["/programmes/{id}", /^\/programmes\/[^/]+$/],
  ["/commitments/{id}", /^\/commitments\/[^/]+$/],
  ["/metrics/{id}", /^\/metrics\/[^/]+$/],
  ["/sources/{id}", /^\/sources\/[^/]+$/],
  ["/organizations/{id}", /^\/organizations\/[^/]+$/],
  ["/revisions", /^\/revisions$/],
  ["/revisions/{n}", /^\/revisions\/[^/]+$/],
  ["/search", /^\/search$/],
  ["/developers", /^\/developers$/],
  ["/compare", /^\/compare$/],
  ["/problems", /^\/problems$/],
  ["/problems/{type}", /^\/problems\/[^/]+$/],
];

/** Links that lead to data, to the documentation of the interface, and to frames: looked at elsewhere. */
const OTHERS = /^\/(v1|docs|openapi|assets|catalog|datapackage|embed|oembed|pictures|health|robots|\.well-known)\b/;
/** What errors lead to. */
const SEEDS = ["/problems"];
/** Of one address, pages that differ in parameters alone. */
const MOST_QUERIES = 3;
const MOST_PAGES = 400;

const decode = (text) => text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

export const kindOf = (path) => KINDS.find(([, pattern]) => pattern.test(path.split("?")[0]))?.[0];

/** Pages by path, each with its kind and HTML. Says what leads nowhere. */
export async function crawl(origin, findings, more = []) {
  const found = [];
  const queries = new Map();
  const seen = new Set();
  const todo = ["/", ...SEEDS, ...more];
  while (todo.length > 0) {
    const path = todo.shift();
    if (seen.has(path)) continue;
    seen.add(path);
    if (seen.size > MOST_PAGES) {
      findings.add(path, "crawl", "too many pages", `there are more than ${MOST_PAGES}`);
      break;
    }
    const { status, text: html, type } = await ask(origin + path, { accept: "text/html" });
    // A revision names what it withdrew, whose page says what became of it.
    findings.expect([200, 410].includes(status), path, "crawl", "status", status);
    if (status !== 200 || !type.startsWith("text/html")) continue;
    const kind = kindOf(path);
    findings.expect(kind, path, "crawl", "page of no known kind", "add it to KINDS in tests/browser/crawl.mjs");
    found.push({ path, kind, html });
    for (const [, href] of html.matchAll(/<a\b[^>]*?\shref="([^"]*)"/g)) {
      const { origin: there, pathname, searchParams, search } = new URL(decode(href), origin + path);
      const again = ["lang", "revision", "as_of"].some((name) => searchParams.has(name));
      if (there !== origin || again || OTHERS.test(pathname)) continue;
      if (search !== "") {
        const before = queries.get(pathname) ?? new Set();
        queries.set(pathname, before.add(search));
        if (before.size > MOST_QUERIES) continue;
      }
      todo.push(pathname + search);
    }
  }
  for (const [kind] of KINDS) {
    findings.expect(found.some((page) => page.kind === kind), kind, "crawl", "no page of this kind", "no link leads to one");
  }
  return found;
}
