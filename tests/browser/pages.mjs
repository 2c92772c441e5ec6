// The pages of the real data as visitors have them: languages, themes, widths, keyboard, no scripts.

import { drawing } from "./charts.mjs";
import { KINDS } from "./crawl.mjs";
import { accessible, each, isChosen, LANGUAGES, named, THEMES, VARIANTS, Watched, WIDTHS } from "./support.mjs";

/** Bytes of a page all told, as they are transferred. */
const MOST_BYTES = 100_000;
const WORKERS = 3;
/** Pages of a kind, beside the richest. */
const MOST_OF_A_KIND = 24;

/** Pages that no link leads to. */
const EXTRA = [
  { path: "/search?q=调解" },
  { path: "/?revision=1" },
  { path: "/metrics/mediation-cases?revision=1" },
  { path: "/commitments/sd-justice-2020-14?revision=1" },
  { path: "/metrics/nobody", status: 404 },
  { path: "/metrics/supervisors-appointed?revision=x", status: 400 },
  { path: "/commitments/withdrawn", status: 410 },
];

const withLanguage = (path, language) => `${path}${path.includes("?") ? "&" : "?"}lang=${language}`;

/**
 * Of each kind the richest page in every variant, and other pages in one. axe-core looks at four of the eight. The
 * keyboard and the visit without scripts take one width and one language of each page, in turns.
 */
export async function checkPages(browser, origin, pages, findings) {
  const best = new Map();
  for (const page of pages) if (page.html.length > (best.get(page.kind)?.html.length ?? 0)) best.set(page.kind, page);
  const richest = [...best.values()];
  const chosen = [...richest, ...EXTRA];
  const rest = KINDS.flatMap(([kind]) => pages.filter((page) => page.kind === kind && !richest.includes(page)).slice(0, MOST_OF_A_KIND));
  const visits = [
    ...chosen.flatMap((page) => VARIANTS.map((variant) => ({ page, variant: { ...variant, axe: isChosen(variant) } }))),
    ...rest.map((page, index) => ({ page, variant: { ...VARIANTS[index % VARIANTS.length], axe: true } })),
  ];
  const heaviest = { bytes: 0 };
  await pooled(browser, visits, async ({ page, variant }, watched) => {
    await look(watched, origin, page, variant, findings);
    if (watched.bytes > heaviest.bytes) Object.assign(heaviest, { bytes: watched.bytes, unpacked: watched.unpacked, path: page.path });
  });
  await each(chosen, await Promise.all(Array.from({ length: WORKERS }, () => habits(browser))), async (page, opened, index) => {
    await switched(opened.wide, origin, page, findings);
    await keyboard(index % 2 ? opened.wide : opened.narrow, origin, page, findings, index % 2 ? "1280px" : "360px");
    await withoutScripts(opened, origin, page, LANGUAGES[index % 2], findings);
  });
  return { kinds: richest.length, chosen: chosen.length, rest: rest.length, heaviest };
}

/** Visits shared among workers that each keep a page for every theme and width. */
async function pooled(browser, visits, run) {
  const open = async () => {
    const pages = new Map();
    for (const theme of THEMES) for (const width of WIDTHS) pages.set(`${theme}${width}`, await Watched.open(browser, { theme, width }));
    return pages;
  };
  const workers = await Promise.all(Array.from({ length: WORKERS }, open));
  await each(visits, workers, (visit, pages) => run(visit, pages.get(`${visit.variant.theme}${visit.variant.width}`)));
  await Promise.all(workers.flatMap((pages) => [...pages.values()].map((watched) => watched.context.close())));
}

async function habits(browser) {
  return {
    wide: await Watched.open(browser, {}),
    narrow: await Watched.open(browser, { width: 360 }),
    plain: await Watched.open(browser, {}, { javaScriptEnabled: false }),
  };
}

async function look(watched, origin, { path, status = 200 }, { axe, ...variant }, findings) {
  const told = [path, named(variant)];
  await watched.visit(origin + withLanguage(path, variant.language), { status });
  const { page } = watched;
  findings.count("loads");
  const seen = await page.evaluate(measure);
  findings.expect(seen.lang === variant.language, ...told, "lang of html", seen.lang);
  findings.expect(seen.headings === 1, ...told, "one h1", `there are ${seen.headings}`);
  findings.expect(seen.title !== "", ...told, "title", "it is empty");
  findings.expect(seen.wide.length === 0, ...told, "wider than the screen", seen.wide.join(" | "));
  findings.expect(watched.bytes < MOST_BYTES, ...told, `weighs ${MOST_BYTES} bytes or more`, watched.bytes);
  for (const [rule, detail] of (await page.evaluate(drawing)).wrong) findings.add(...told, rule, detail);
  if (axe) await accessible(page.mainFrame(), findings, ...told);
  watched.tell(findings, ...told);
}

/** What stands in a page; runs there. */
export function measure() {
  const root = document.documentElement;
  const wide = [];
  if (Math.max(root.scrollWidth, document.body.scrollWidth) > root.clientWidth) {
    const scrolled = (element) => element && (/auto|scroll|hidden/.test(getComputedStyle(element).overflowX) || scrolled(element.parentElement));
    for (const element of document.body.querySelectorAll("*")) {
      const { right } = element.getBoundingClientRect();
      if (right > root.clientWidth + 0.5 && !scrolled(element.parentElement)) wide.push(`${Math.round(right)} of ${root.clientWidth}px: ${element.outerHTML.slice(0, 120)}`);
    }
    if (wide.length === 0) wide.push(`${root.scrollWidth} of ${root.clientWidth}px`);
  }
  return { lang: root.lang, title: document.title, headings: document.querySelectorAll("h1").length, wide: wide.slice(0, 3) };
}

/** The switch of language leads to the same page in the other one, and back. */
async function switched(watched, origin, { path, status = 200 }, findings) {
  await watched.visit(origin + withLanguage(path, LANGUAGES[0]), { status });
  for (const language of LANGUAGES) {
    const other = LANGUAGES.find((one) => one !== language);
    const told = [path, `${language} to ${other}`];
    const link = watched.page.locator(`header a[hreflang="${other}"]`);
    if ((await link.count()) !== 1) {
      findings.add(...told, "switch of language", `there are ${await link.count()} links to ${other} in the masthead`);
      return;
    }
    const before = new URL(watched.page.url());
    watched.begin([origin], await link.evaluate((a) => a.href), status);
    await Promise.all([watched.page.waitForNavigation(), link.click()]);
    await watched.settled();
    const after = new URL(watched.page.url());
    before.searchParams.set("lang", other);
    const parameters = (url) => [...url.searchParams].sort().join("&");
    findings.expect(after.pathname === before.pathname && parameters(after) === parameters(before), ...told, "switch of language leads elsewhere", after);
    const lang = await watched.page.evaluate(() => document.documentElement.lang);
    findings.expect(lang === other, ...told, "switch of language", `the page is in ${lang}`);
    watched.tell(findings, ...told);
    findings.count("switches of language");
  }
}

const MOST_TABS = 100;

/** Everything can be reached with the tabulator, and is seen where it is. */
async function keyboard(watched, origin, { path, status = 200 }, findings, width) {
  const told = [path, `keyboard ${width}`];
  await watched.visit(origin + withLanguage(path, "en"), { status });
  const { page } = watched;
  const reachable = await page.evaluate(`(${beginWalk})(${atFocus})`);
  const steps = Math.min(reachable, MOST_TABS);
  // Frames have stops of their own, between those of the page.
  const within = await Promise.all(page.frames().slice(1).map((frame) => frame.evaluate(() => document.querySelectorAll("a[href]").length)));
  for (let step = 0; step < steps + within.reduce((sum, stops) => sum + stops, 0); step += 1) await page.keyboard.press("Tab");
  const walk = await page.evaluate(() => window.walk);
  findings.expect(walk[0]?.skip, ...told, "the first stop is the link to the content", walk[0]?.element);
  for (const { element, outlined, inside } of walk) {
    findings.expect(outlined, ...told, "focus is not seen", element);
    findings.expect(inside, ...told, "focus is off the screen", element);
  }
  findings.expect(walk.length >= steps, ...told, "not everything is reached", `${walk.length} of ${steps}`);
  findings.count("keyboard walks");
  watched.tell(findings, ...told);
  const skip = page.locator('a[href="#content"]').first();
  if ((await skip.count()) === 0) return;
  await skip.focus();
  await page.keyboard.press("Enter");
  const arrived = await page.evaluate(() => location.hash === "#content" && document.querySelector("main#content") !== null);
  findings.expect(arrived, ...told, "link to the content", "it leads nowhere");
  await page.keyboard.press("Tab");
  const isWithin = await page.evaluate(() => {
    const main = document.querySelector("main");
    return !main.querySelector("a[href], button, input") || main.contains(document.activeElement);
  });
  findings.expect(isWithin, ...told, "link to the content", "the next stop is not in the content");
}

/** Keeps what gets the focus, and says how many stops there are; runs in the page. */
function beginWalk(atFocus) {
  window.walk = [];
  addEventListener("focusin", () => window.walk.push(atFocus()));
  const focusable = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const stops = [...document.querySelectorAll(focusable)].filter((element) => !element.disabled && element.checkVisibility({ visibilityProperty: true }));
  // Of radio buttons with one name there is one stop.
  return new Set(stops.map((element) => (element.type === "radio" ? element.name : element))).size;
}

/** What has the focus and how it looks; runs in the page. */
function atFocus() {
  const element = document.activeElement;
  if (!element || element === document.body) return {};
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const rect = element.getBoundingClientRect();
  return {
    element: element.outerHTML.slice(0, 150),
    skip: element.getAttribute("href") === "#content",
    outlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    inside: rect.width > 0 && rect.right > 0 && rect.left < innerWidth && rect.bottom > 0 && rect.top < innerHeight,
  };
}

/** Without scripts a page says the same; only buttons may be missing. */
async function withoutScripts({ wide, plain }, origin, { path, status = 200 }, language, findings) {
  const text = () => {
    const main = document.querySelector("main").cloneNode(true);
    main.querySelectorAll("button, script").forEach((element) => element.remove());
    return main.textContent.replace(/\s+/g, " ").trim();
  };
  const told = [path, `${language} without scripts`];
  const address = origin + withLanguage(path, language);
  await wide.visit(address, { status });
  const [usual, response] = [await wide.page.evaluate(text), await plain.page.goto(address)];
  findings.expect(response.status() === status, ...told, "status", response.status());
  const bare = await plain.page.evaluate(text);
  const at = [...usual].findIndex((character, index) => character !== bare[index]);
  findings.expect(usual === bare, ...told, "another text", `“${usual.slice(at - 20, at + 60)}” became “${bare.slice(at - 20, at + 60)}”`);
  findings.count("visits without scripts");
}
