// Texts of strangers are texts everywhere: in pages, drawings, feeds, tables and JSON.

import { crawl } from "./crawl.mjs";
import { drawing } from "./charts.mjs";
import { attack, ATTACK, CORRECTION, FORBIDDEN, FORMULAS, LONG_TEXT, LONG_WORD, PUBLICATION, SETTINGS } from "./hostile.mjs";
import { measure } from "./pages.mjs";
import { ask, LANGUAGES, Service, Watched, WIDTHS } from "./support.mjs";

export async function checkInjection(browser, program, folder, findings) {
  const service = await Service.start(program, folder, SETTINGS, PUBLICATION, CORRECTION);
  try {
    await refused(service, findings);
    const pages = await crawl(service.origin, findings, ["/metrics/long-text", "/metrics/long-word", "/commitments/long-text"]);
    const asked = new URLSearchParams({ q: ATTACK });
    const paths = [...pages.map((page) => page.path), `/search?${asked}`, `/search?q=script`];
    await inPages(browser, service, paths, findings);
    await inEmbeds(browser, service, findings);
    await inDrawings(browser, service, findings);
    await inFeeds(browser, service, findings);
    await inTables(service, findings);
  } finally {
    await service.stop();
  }
}

/** Addresses that would run something are refused when they are published. */
async function refused(service, findings) {
  for (const url of FORBIDDEN) {
    const records = { sources: [{ id: "forbidden", title: { en: "x" }, url }] };
    const publication = { kind: "new_data", publisher: "hostile", message: { en: "x" }, records };
    const why = await service.publish(publication).then(() => "", (error) => error.stderr);
    findings.expect(why.includes("/records/sources/0/url"), "publish", "injection", "address is taken", `${url}: ${why}`);
    findings.count("addresses refused");
  }
}

/** With the policy of the pages out of the way, so that whatever could run would. */
async function inPages(browser, service, paths, findings) {
  const workers = await Promise.all(WIDTHS.map((width) => Watched.open(browser, { width }, { bypassCSP: true })));
  const shown = new Set();
  for (const path of paths) {
    for (const language of LANGUAGES) {
      const address = new URL(path, service.origin);
      address.searchParams.set("lang", language);
      const watched = workers[LANGUAGES.indexOf(language)];
      const told = [path, `injection ${language} ${WIDTHS[LANGUAGES.indexOf(language)]}px`];
      await watched.visit(address.href);
      const seen = await watched.page.evaluate(strange);
      for (const [rule, detail] of seen.wrong) findings.add(...told, rule, detail);
      const { wide } = await watched.page.evaluate(measure);
      findings.expect(wide.length === 0, ...told, "wider than the screen", wide.join(" | "));
      for (const [, label] of seen.text.matchAll(/\[([a-z_ ]+)\]/g)) if (seen.text.includes(attack(label))) shown.add(label);
      if (path === `/search?${new URLSearchParams({ q: ATTACK })}`) findings.expect(seen.asked === ATTACK, ...told, "the words asked for", seen.asked);
      watched.tell(findings, ...told);
      findings.count("hostile pages");
    }
  }
  for (const label of SHOWN) findings.expect(shown.has(label), "/", "injection", "is not shown as text anywhere", label);
  await Promise.all(workers.map((watched) => watched.context.close()));
}

/** Texts that have to stand on some page as they are. */
const SHOWN = [
  "message",
  "organization name",
  "programme title",
  "source title",
  "source published_by",
  "commitment title",
  "commitment text",
  "corrected summary",
  "narrative",
  "next_steps",
  "status_label",
  "metric name",
  "metric description",
  "unit label",
  "evidence exact",
  "correction message",
  "site name",
  "site notice",
  "site footer",
];

/** What is in a page that should not be; runs there. */
function strange() {
  const wrong = [];
  if (window.ran) wrong.push(["script ran", window.ran]);
  for (const element of document.querySelectorAll("*")) {
    const handler = [...element.attributes].find(({ name }) => name.startsWith("on"));
    const address = element.getAttribute("href") ?? element.getAttribute("src") ?? element.getAttribute("action") ?? "";
    const runs = /^\s*(javascript|vbscript):/i.test(address) || (/^\s*data:/i.test(address) && address !== "data:,");
    if (handler || runs || address === "x") wrong.push(["element made of a text", element.outerHTML.slice(0, 200)]);
  }
  for (const script of document.scripts) {
    if (script.src !== "") continue;
    try {
      // An embed says how high it is.
      if (location.pathname.startsWith("/embed/") && !script.textContent.includes("alert(")) continue;
      if (script.type !== "application/ld+json") throw new Error("no JSON-LD");
      JSON.parse(script.textContent);
    } catch (error) {
      wrong.push(["script made of a text, or JSON-LD that does not parse", `${error} ${script.textContent.slice(0, 200)}`]);
    }
  }
  const asked = document.querySelector('main input[name="q"]')?.value;
  return { wrong, asked, text: document.body.textContent };
}

/** Embeds, and what a client of oEmbed puts into its page. */
async function inEmbeds(browser, service, findings) {
  const watched = await Watched.open(browser, { width: 360 }, { bypassCSP: true });
  const names = { metrics: "metric name", commitments: "commitment title", programmes: "programme title" };
  const look = async (path, name) => {
    const told = [path, "injection 360px"];
    const seen = await watched.page.evaluate(strange);
    for (const [rule, detail] of seen.wrong) findings.add(...told, rule, detail);
    const { wide } = await watched.page.evaluate(measure);
    findings.expect(wide.length === 0, ...told, "wider than the screen", wide.join(" | "));
    if (name) findings.expect(seen.text.includes(name), ...told, "the name is not there as text", seen.text.slice(0, 200));
    watched.tell(findings, ...told);
    findings.count("hostile embeds");
  };
  for (const [collection, label] of Object.entries(names)) {
    for (const style of ["card", "chart", "table", "progress"]) {
      const path = `/embed/${collection}/hostile?style=${style}&lang=en`;
      const { status } = await ask(service.origin + path);
      await watched.visit(service.origin + path, { status });
      await look(path, status === 200 ? attack(label).slice(0, 60) : "");
    }
    const asked = new URLSearchParams({ url: `${service.origin}/${collection}/hostile`, maxwidth: "320" });
    const path = `/oembed?${asked}`;
    const answer = await ask(service.origin + path);
    if (answer.status !== 200) {
      findings.add(path, "injection", "status", answer.status);
      continue;
    }
    const { html, title } = JSON.parse(answer.text);
    findings.expect(title === undefined || title.startsWith(attack(label).slice(0, 60)), path, "injection", "title", title);
    const attributes = await watched.page.evaluate((html) => {
      const { body } = new DOMParser().parseFromString(html, "text/html");
      return { frames: body.querySelectorAll("iframe").length, others: body.querySelectorAll(":not(iframe)").length, title: body.querySelector("iframe")?.title };
    }, html);
    const one = attributes.frames === 1 && attributes.others === 0 && attributes.title.includes("<script>");
    findings.expect(one, path, "injection", "the frame is not one frame with a name", JSON.stringify(attributes));
    const { text: xml } = await ask(`${service.origin}${path}&format=xml`);
    const same = await watched.page.evaluate((xml) => new DOMParser().parseFromString(xml, "text/xml").querySelector("oembed > html")?.textContent, xml);
    findings.expect(same === html, path, "injection", "says another thing in XML", xml.slice(0, 200));
  }
  for (const path of ["metrics/long-word", "metrics/long-text", "commitments/long-word", "commitments/long-text"]) {
    await watched.visit(`${service.origin}/embed/${path}?lang=en`);
    await look(`/embed/${path}`);
  }
  await watched.visit(`${service.origin}/embed/metrics/hostile?${new URLSearchParams({ style: ATTACK, period: ATTACK })}`, { status: 400 });
  await look("/embed/metrics/hostile?style=<script>…");
  await watched.context.close();
}

async function inDrawings(browser, service, findings) {
  const watched = await Watched.open(browser, {}, { bypassCSP: true });
  const ids = ["hostile", "part", "long-word", "long-text"];
  const names = { hostile: attack("metric name"), part: attack("part name"), "long-word": LONG_WORD, "long-text": LONG_TEXT };
  for (const id of ids) {
    for (const shape of ["figure", "line", "bar", "progress", "part"]) {
      for (const language of LANGUAGES) {
        for (const format of shape === "figure" ? ["svg", "html"] : ["svg"]) {
          const path = `/v1/metrics/${id}/figure.${format}?shape=${shape}&lang=${language}`;
          if ((await ask(service.origin + path)).status === 404) continue;
          const told = [path, "injection"];
          await watched.visit(service.origin + path);
          const ran = await watched.page.evaluate(() => window.ran ?? document.querySelector("script, img, foreignObject, [onload], [onerror]")?.outerHTML);
          findings.expect(!ran, ...told, "element made of a text", ran);
          if (format === "svg") {
            const { wrong } = await watched.page.evaluate(drawing);
            for (const [rule, detail] of wrong) findings.add(...told, rule, detail);
          }
          const text = await watched.page.evaluate(() => document.documentElement.textContent);
          findings.expect(text.includes(names[id].slice(0, 200)), ...told, "the name is not there as text", text.slice(0, 200));
          watched.tell(findings, ...told);
          findings.count("hostile drawings");
        }
      }
    }
  }
  await watched.context.close();
}

/** Feeds parse, and whatever is no HTML is not taken for HTML. */
async function inFeeds(browser, service, findings) {
  const watched = await Watched.open(browser, {});
  const paths = [
    "/v1/revisions.atom",
    "/sitemap.xml",
    "/v1/revisions",
    "/v1/changes?after=0",
    "/v1/search?q=script",
    "/v1/metrics/hostile",
    "/v1/metrics/hostile/figure.json",
    "/v1/metrics/hostile/figure.txt",
    "/v1/metrics/hostile/figure.csv",
    "/v1/metrics/hostile/citation.txt",
    "/v1/metrics/hostile/citation.bib",
    "/v1/metrics/hostile/citation.json",
    "/v1/commitments.csv?limit=10",
    "/catalog.jsonld",
    "/catalog.rdf",
    "/datapackage.json",
  ];
  for (const path of paths) {
    const answer = await ask(service.origin + path);
    const { text, type } = answer;
    const told = [path, "injection"];
    if (answer.status === 404) continue;
    findings.expect(!type.includes("html"), ...told, "is HTML", type);
    findings.expect(answer.header("x-content-type-options") === "nosniff", ...told, "may be taken for HTML", "no X-Content-Type-Options");
    try {
      if (type.includes("json")) JSON.parse(text);
    } catch (error) {
      findings.add(...told, "does not parse", error);
    }
    if (type.includes("xml")) {
      const wrong = await watched.page.evaluate((xml) => new DOMParser().parseFromString(xml, "application/xml").querySelector("parsererror")?.textContent, text);
      findings.expect(!wrong, ...told, "does not parse", wrong);
    }
    findings.count("hostile answers");
  }
  await watched.context.close();
}

/** CSV has texts as they are; CSV for spreadsheets has an apostrophe before what they would run. */
async function inTables(service, findings) {
  for (const [format, marked] of [["csv", ""], ["csv-excel", "'"]]) {
    const path = `/v1/exports/commitments.${format}`;
    const [names, ...rows] = table((await ask(service.origin + path)).text.replace(/^\ufeff/, ""));
    const titles = new Set(names.flatMap((name, column) => (name.startsWith("title") ? rows.map((row) => row[column]) : [])));
    for (const text of FORMULAS) findings.expect(titles.has(marked + text), path, "injection", "formula", `there is no cell ${marked}${text}`);
    for (const text of [attack("commitment title"), LONG_WORD, LONG_TEXT]) {
      findings.expect(titles.has(text), path, "injection", "text became another", text.slice(0, 100));
    }
    findings.count("hostile answers");
  }
}

/** Cells of a CSV (RFC 4180). */
function table(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\r\n") rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}
