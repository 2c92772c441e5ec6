// Embeds as a newspaper has them: in frames, by the script, and by oEmbed, on a page from elsewhere.

import { frame, Newspaper, quotation, script } from "./article.mjs";
import { drawing } from "./charts.mjs";
import { checkHtml } from "./html.mjs";
import { accessible, ask, each, isChosen, LANGUAGES, named, THEMES, VARIANTS, Watched, WIDTHS } from "./support.mjs";

/** Bytes of an embed, unpacked. */
const MOST_BYTES = 25_000;
const STYLES = ["card", "chart", "table", "progress"];

/** What stands in the article: a path, its style, and other parameters. */
const EMBEDS = [
  ...STYLES.map((style) => ["metrics/mediation-cases", { style }]),
  ["metrics/smart-prisons-built", { style: "progress" }],
  ["metrics/mediation-cases", { style: "chart", shape: "bar" }],
  ["metrics/mediation-cases-online", { style: "chart", shape: "part" }],
  ["metrics/mediation-settlement-rate", {}],
  ...STYLES.map((style) => ["commitments/sd-justice-2020-13", { style }]),
  ["commitments/sd-justice-2020-8", { style: "progress" }],
  ...STYLES.map((style) => ["programmes/sd-justice-2020", { style }]),
  ["metrics/mediation-cases", { revision: "1" }],
].filter(([path, { style }]) => !(path === "metrics/mediation-cases" && style === "progress"));

/** Embeds that cannot be, and the status of the card that says so. */
const WRONG = [
  ["metrics/nobody", {}, 404],
  ["commitments/nobody", {}, 404],
  ["programmes/nobody", {}, 404],
  ["commitments/withdrawn", {}, 410],
  ["metrics/mediation-cases", { period: "1999" }, 404],
  ["metrics/mediation-cases", { style: "pie" }, 400],
  ["metrics/mediation-cases", { theme: "pink", lang: "xx" }, 400],
  ["metrics/mediation-cases", { revision: "999999" }, 404],
  ["metrics/mediation-cases", { colour: "red" }, 400],
];

const address = (origin, path, parameters) => `${origin}/embed/${path}?${new URLSearchParams(parameters)}`;

export async function checkEmbeds(browser, origin, findings) {
  const newspaper = await Newspaper.open();
  try {
    const workers = await Promise.all(THEMES.flatMap((theme) => WIDTHS.map((width) => Watched.open(browser, { theme, width }))));
    const at = ({ theme, width }) => workers[THEMES.indexOf(theme) * WIDTHS.length + WIDTHS.indexOf(width)];
    // One page for each theme and width; the two languages share it, one after the other.
    await each(THEMES, THEMES, async (theme) => {
      for (const variant of VARIANTS.filter((one) => one.theme === theme)) {
        await framed(at(variant), newspaper, origin, variant, findings);
        await scripted(at(variant), newspaper, origin, variant, findings);
        await discovered(at(variant), newspaper, origin, variant, findings);
        await wrong(at(variant), newspaper, origin, variant, findings);
      }
    });
    await inLightArticle(at({ theme: "dark", width: 1280 }), newspaper, origin, findings);
    await notFramed(at({ theme: "light", width: 1280 }), newspaper, origin, findings);
    for (const { context } of workers) {
      const cookies = await context.cookies();
      findings.expect(cookies.length === 0, "/embed", "article", "cookies", JSON.stringify(cookies));
      await context.close();
    }
    await withoutScripts(browser, newspaper, origin, findings);
    await documents(origin, findings);
  } finally {
    newspaper.close();
  }
}

/** Plain frames. */
async function framed(watched, newspaper, origin, variant, findings) {
  const { language: lang, theme } = variant;
  // A frame takes the theme of its article, and the same one when it is told so.
  const addresses = EMBEDS.map(([path, more], index) => address(origin, path, { ...more, lang, ...(index % 2 ? { theme } : {}) }));
  await watched.visit(newspaper.print(addresses.map((one) => frame(one)).join("\n"), { language: lang }), { origins: [origin] });
  const children = await frames(watched, addresses);
  await onPaper(watched, children);
  for (const child of children) await look(child, origin, variant, findings);
  watched.tell(findings, "/embed", `article ${named(variant)}`);
}

/** Frames that the script puts in: each exactly as high as what is in it, also after the screen was turned. */
async function scripted(watched, newspaper, origin, variant, findings) {
  const { language: lang, theme, width } = variant;
  const parameters = { lang, theme };
  const body =
    script(origin, "metrics/mediation-cases", { ...parameters, style: "chart" }) +
    script(origin, "commitments/sd-justice-2020-8", { ...parameters, style: "progress" }) +
    quotation(origin, "programmes/sd-justice-2020", { ...parameters, style: "table" }) +
    quotation(origin, "metrics/mediation-cases", { ...parameters, revision: "1" });
  const told = ["/embed.js", `article ${named(variant)}`];
  await watched.visit(newspaper.print(body, { language: lang }), { origins: [origin] });
  const { page } = watched;
  for (const size of [width, width === 360 ? 640 : 400]) {
    await page.setViewportSize({ width: size, height: 800 });
    const sized = await page.waitForFunction(isSized, 4, { timeout: 30_000 }).then(() => true, () => false);
    findings.expect(sized, ...told, "frames by the script", JSON.stringify(await page.evaluate(heights)));
    const children = page.frames().slice(1);
    for (const child of children) {
      // What is off the screen is not drawn, and a frame hears of its new height a moment later.
      await (await child.frameElement()).scrollIntoViewIfNeeded();
      const fits = await child.waitForFunction(() => document.documentElement.scrollHeight <= innerHeight && innerHeight - document.querySelector("main").getBoundingClientRect().bottom < 24, null, { timeout: 30_000 }).then(() => true, () => false);
      const seen = await child.evaluate(() => `${document.documentElement.scrollHeight} in ${innerHeight} px`);
      findings.expect(fits, ...told, `frame is not as high as its content at ${size}px`, `${child.url()} ${seen}`);
      findings.count("frames sized");
    }
    if (size !== width) continue;
    await onPaper(watched, children);
    for (const child of children) await look(child, origin, variant, findings);
  }
  findings.expect((await page.locator("blockquote").count()) === 0, ...told, "the quotation stays beside its frame", "");
  await page.setViewportSize({ width, height: 800 });
  watched.tell(findings, ...told);
}

function isSized(count) {
  const frames = [...document.querySelectorAll("iframe")];
  frames.forEach((frame) => frame.scrollIntoView());
  return frames.length === count && frames.every((frame) => frame.style.height.endsWith("px"));
}

const heights = () => [...document.querySelectorAll("iframe")].map((frame) => `${frame.src} ${frame.style.height}`);

/** What an oEmbed client does: it finds the address in a page, asks, and puts in what it gets. */
async function discovered(watched, newspaper, origin, variant, findings) {
  const { language: lang, width } = variant;
  const most = width === 360 ? 320 : 640;
  for (const path of ["metrics/mediation-cases", "commitments/sd-justice-2020-8", "programmes/sd-justice-2020"]) {
    const told = [`/${path}`, `oEmbed ${named(variant)}`];
    await watched.visit(`${origin}/${path}?lang=${lang}`);
    const links = await watched.page.evaluate(() => [...document.querySelectorAll('link[rel="alternate"][type$="+oembed"]')].map(({ type, href }) => [type, href]));
    const found = new Map(links);
    const [json, xml] = [found.get("application/json+oembed"), found.get("text/xml+oembed")];
    findings.expect(json && xml, ...told, "discovery", JSON.stringify(links));
    if (!json || !xml) continue;
    const answer = await ask(`${json}&maxwidth=${most}&maxheight=600`);
    const said = JSON.parse(answer.text);
    findings.expect(answer.status === 200 && said.version === "1.0" && said.type === "rich", ...told, "oEmbed", JSON.stringify(said));
    findings.expect(said.width <= most && said.height <= 600, ...told, "oEmbed is larger than asked for", `${said.width} × ${said.height}`);
    const { text } = await ask(`${xml}&maxwidth=${most}&maxheight=600`);
    const html = await watched.page.evaluate((text) => new DOMParser().parseFromString(text, "text/xml").querySelector("oembed > html")?.textContent, text);
    findings.expect(html === said.html, ...told, "oEmbed says another thing in XML", text.slice(0, 200));
    await watched.visit(newspaper.print(said.html, { language: lang }), { origins: [origin] });
    const [child] = await frames(watched, [undefined]);
    findings.expect(child, ...told, "oEmbed gives no frame", said.html);
    if (child) {
      await onPaper(watched, [child]);
      await look(child, origin, variant, findings);
    }
    watched.tell(findings, ...told);
    findings.count("oEmbed clients");
  }
}

/** Never a blank frame. */
async function wrong(watched, newspaper, origin, variant, findings) {
  const { language: lang, theme } = variant;
  const asked = WRONG.map(([path, more, status]) => [address(origin, path, { lang, theme, ...more }), status]);
  const statuses = new Map(asked);
  const body = asked.map(([one]) => frame(one)).join("\n");
  await watched.visit(newspaper.print(body, { language: lang }), { origins: [origin], refused: (url) => statuses.get(url) });
  const children = await frames(watched, asked.map(([one]) => one));
  await onPaper(watched, children);
  for (const child of children) {
    const told = [child.url().replace(origin, ""), `article ${named(variant)}`];
    const text = await child.evaluate(() => document.querySelector("main")?.innerText ?? "").catch(() => "");
    findings.expect(text.length > 20, ...told, "no readable card", text);
    const chinese = /\p{Script=Han}{4}/u.test(text);
    if (!child.url().includes("lang=xx")) findings.expect(chinese === (lang === "zh-Hans"), ...told, "card in another language", text);
    if (isChosen(variant)) await accessible(child, findings, ...told);
    findings.count("cards of errors");
  }
  watched.tell(findings, "/embed", `article with wrong ids ${named(variant)}`);
}

/** An embed in its frame: it says the figure, fits, can be read, and is in the right language. */
async function look(child, origin, variant, findings) {
  const told = [child.url().replace(origin, ""), `article ${named(variant)}`];
  findings.count("frames");
  const seen = await child.evaluate(measure);
  findings.expect(seen.high > 30 && seen.shown, ...told, "nothing is seen", JSON.stringify(seen));
  findings.expect(seen.wide <= 0, ...told, "wider than its frame", `${seen.wide} px`);
  findings.expect(seen.lang === variant.language, ...told, "lang of html", seen.lang);
  for (const text of await expected(origin, child.url(), variant.language)) {
    findings.expect(seen.text.includes(text), ...told, "does not say", `“${text}” but “${seen.text.slice(0, 200)}”`);
  }
  const { wrong, texts } = await child.evaluate(drawing);
  for (const [rule, detail] of wrong) findings.add(...told, rule, detail);
  findings.count("texts of charts in frames", texts);
  if (isChosen(variant)) await accessible(child, findings, ...told);
}

function measure() {
  const main = document.querySelector("main");
  const text = [...main.querySelectorAll("text, :not(svg, svg *)")].filter((element) => element.checkVisibility()).map((element) => element.textContent);
  return {
    lang: document.documentElement.lang,
    text: text.join(" ").replace(/\s+/g, " "),
    high: main.getBoundingClientRect().height,
    shown: main.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
    wide: document.documentElement.scrollWidth - innerWidth,
  };
}

const known = new Map();

/** What an embed has to say: the figure, or the title of the record. */
async function expected(origin, url, language) {
  const { pathname, searchParams } = new URL(url);
  const revision = searchParams.get("revision");
  const [, collection, id] = pathname.replace("/embed", "").split("/");
  const style = searchParams.get("style") ?? "card";
  const key = `${collection}/${id} ${revision} ${language}`;
  if (!known.has(key)) {
    const query = new URLSearchParams(revision ? { revision } : {});
    const record = JSON.parse((await ask(`${origin}/v1/${collection}/${id}?${query}`)).text);
    query.set("lang", language);
    const figure = collection === "metrics" ? JSON.parse((await ask(`${origin}/v1/metrics/${id}/figure.json?${query}`)).text) : undefined;
    known.set(key, { name: (record.title ?? record.name)[language], figure: figure?.text?.value });
  }
  const { name, figure } = known.get(key);
  const corrected = revision === "1" ? ["29,465", language === "en" ? "Corrected" : "更正"] : [];
  return [name, ...(figure && style === "card" ? [figure] : []), ...corrected];
}

/** Frames are transparent: axe-core has to know what is seen through them, which is the same for all of an article. */
async function onPaper(watched, children) {
  const element = await children[0].frameElement();
  await element.scrollIntoViewIfNeeded();
  const picture = (await element.screenshot()).toString("base64");
  const colour = await watched.page.evaluate(async (picture) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const context = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height }).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    return `rgb(${[...context.getImageData(bitmap.width - 2, bitmap.height - 2, 1, 1).data].slice(0, 3)})`;
  }, picture);
  for (const child of children) await child.evaluate((colour) => (document.documentElement.style.background = colour), colour);
}

/** Frames of the article in its order, once they are there. */
async function frames(watched, addresses) {
  const elements = await watched.page.locator("iframe").elementHandles();
  for (const element of elements) await element.scrollIntoViewIfNeeded();
  await watched.settled();
  const children = await Promise.all(elements.map((element) => element.contentFrame()));
  return children.slice(0, addresses.length);
}

/** Readers who like it dark, of an article that is light alone: the frame is to be readable all the same. */
async function inLightArticle(watched, newspaper, origin, findings) {
  const told = "light article, dark reader";
  const addresses = EMBEDS.map(([path, more]) => address(origin, path, { ...more, lang: "en" }));
  await watched.visit(newspaper.print(addresses.map((one) => frame(one)).join("\n"), { sheet: "light" }), { origins: [origin] });
  const children = await frames(watched, addresses);
  await onPaper(watched, children);
  for (const child of children) {
    await accessible(child, findings, child.url().replace(origin, ""), told);
  }
  watched.tell(findings, "/embed", told);
}

/** Nothing else than embeds can be framed. */
async function notFramed(watched, newspaper, origin, findings) {
  const paths = ["/", "/metrics/mediation-cases", "/search?q=1", "/metrics/nobody", "/problems", "/developers", "/docs/", "/v1/metrics/mediation-cases/figure.html"];
  for (const path of paths) {
    const answer = await ask(origin + path, { accept: "text/html" });
    if (!answer.type.startsWith("text/html")) continue;
    const policy = answer.header("content-security-policy");
    findings.expect(/frame-ancestors 'none'/.test(policy), path, "article", "may be framed", policy || "no Content-Security-Policy");
  }
  await watched.page.goto(newspaper.print(paths.map((path) => frame(origin + path)).join("")));
  for (const [index, child] of (await frames(watched, paths)).entries()) {
    const text = await child.evaluate(() => document.querySelector("main, #swagger-ui")?.textContent ?? "");
    findings.expect(text === "", paths[index], "article", "is framed", text.slice(0, 100));
    findings.count("frames refused");
  }
}

/** Without scripts a frame says the same, and a quotation is a link. */
async function withoutScripts(browser, newspaper, origin, findings) {
  const watched = await Watched.open(browser, {}, { javaScriptEnabled: false });
  const [path] = EMBEDS[0];
  const body = frame(address(origin, path, { lang: "en" })) + quotation(origin, path, { lang: "en" });
  await watched.page.goto(newspaper.print(body));
  const child = watched.page.frameLocator("iframe");
  const [figure] = (await expected(origin, address(origin, path, { lang: "en" }), "en")).slice(1);
  findings.expect((await child.locator("main").innerText()).includes(figure), `/embed/${path}`, "without scripts", "does not say", figure);
  findings.expect(await watched.page.locator("blockquote a").isVisible(), "/embed.js", "without scripts", "the link is gone", "");
  await watched.context.close();
}

/** The HTML of every embed, its weight and its headers. */
async function documents(origin, findings) {
  const found = [];
  for (const lang of LANGUAGES) {
    for (const [path, more] of [...EMBEDS, ...WRONG]) {
      const one = address("", path, { lang, ...more });
      const answer = await ask(origin + one);
      const html = answer.text;
      found.push({ path: one, html });
      findings.expect(html.length < MOST_BYTES, one, "document", `weighs ${MOST_BYTES} bytes or more`, html.length);
      const policy = answer.header("content-security-policy");
      findings.expect(/default-src 'none'/.test(policy) && /frame-ancestors \*/.test(policy) && !/unsafe/.test(policy), one, "document", "policy", policy);
      findings.expect(answer.header("set-cookie") === "", one, "document", "cookies", answer.header("set-cookie"));
      findings.expect(answer.header("x-content-type-options") === "nosniff", one, "document", "nosniff", "");
    }
  }
  await checkHtml(found, findings);
  for (const [query, status] of [
    ["url=https%3A%2F%2Fexample.org%2Fmetrics%2Fmediation-cases", 404],
    [`url=${encodeURIComponent(`${origin}/metrics/mediation-cases`)}&format=yaml`, 501],
    [`url=${encodeURIComponent(`${origin}/metrics/nobody`)}`, 404],
    ["", 400],
  ]) {
    const answer = await ask(`${origin}/oembed?${query}`);
    findings.expect(answer.status === status, `/oembed?${query}`, "oEmbed", "status", `${answer.status} instead of ${status}`);
  }
}
