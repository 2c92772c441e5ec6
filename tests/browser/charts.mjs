// Every chart of the real data as an SVG document of its own: it opens, says what it is, and its texts neither overlap
// nor leave the picture.

import { ask, each, LANGUAGES, Watched } from "./support.mjs";

const SHAPES = ["figure", "line", "bar", "progress", "part"];
/** Ratios of pictures for articles, of a few metrics. */
const RATIOS = ["16:9", "1:1", "3:4", "2.35:1"];
const PICTURED = ["mediation-cases", "mediation-cases-online", "smart-prisons-built", "smart-prison-projects-approved"];
const WORKERS = 2;

export async function checkCharts(browser, origin, findings) {
  const { data } = JSON.parse((await ask(`${origin}/v1/metrics?limit=1000&fields=id`)).text);
  const charts = data.flatMap(({ id }) =>
    SHAPES.flatMap((shape) =>
      LANGUAGES.flatMap((language) =>
        ["", ...(PICTURED.includes(id) ? RATIOS : [])].map((ratio) => `/v1/metrics/${id}/figure.svg?shape=${shape}&lang=${language}${ratio && `&ratio=${ratio}`}`),
      ),
    ),
  );
  const drawn = Object.fromEntries(SHAPES.map((shape) => [shape, 0]));
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => Watched.open(browser, {})));
  await each(charts, workers, async (path, watched) => {
    const { status } = await ask(origin + path);
    // Not every metric has what a shape shows.
    if (status === 404) return;
    if (status !== 200) return findings.add(path, "SVG", "status", status);
    const told = [path, "SVG"];
    watched.begin([origin], origin + path);
    await watched.page.goto(origin + path);
    const { wrong, texts } = await watched.page.evaluate(drawing);
    for (const [rule, detail] of wrong) findings.add(...told, rule, detail);
    findings.expect(texts > 0, ...told, "texts", "there are none");
    watched.tell(findings, ...told);
    findings.count("charts");
    findings.count("texts of charts", texts);
    drawn[new URL(origin + path).searchParams.get("shape")] += 1;
  });
  await Promise.all(workers.map((watched) => watched.context.close()));
  for (const [shape, count] of Object.entries(drawn)) findings.expect(count > 0, "/v1/metrics", "SVG", "no chart of this shape", shape);
}

/** What is wrong with a drawing, or with those that are seen in a page; runs there. */
export function drawing() {
  const root = document.documentElement;
  const wrong = [];
  let texts = 0;
  const look = (svg) => {
    for (const name of ["title", "desc"]) {
      if (!svg.querySelector(`:scope > ${name}`)?.textContent.trim()) wrong.push([`no ${name}`, svg.cloneNode(false).outerHTML]);
    }
    const labelled = svg.getAttribute("role") === "img" && (svg.getAttribute("aria-labelledby") ?? "").split(" ").every((id) => document.getElementById(id));
    if (!labelled) wrong.push(["not an image with a name", svg.cloneNode(false).outerHTML]);
    // Boxes hold the whole line, ascenders and descenders that no letter may have; a pixel is let be at the sides.
    const box = (text) => {
      const { left, right, top, bottom } = text.getBoundingClientRect();
      const spare = (bottom - top) * 0.15;
      return { text: text.textContent, left: left + 1, right: right - 1, top: top + spare, bottom: bottom - spare };
    };
    const boxes = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim() !== "").map(box);
    texts += boxes.length;
    let { left, top, right, bottom } = svg.getBoundingClientRect();
    // What stands around it may cut it.
    for (let above = svg.parentElement; above; above = above.parentElement) {
      const { overflowX, overflowClipMargin } = getComputedStyle(above);
      if (overflowX === "visible" || above === root || above === document.body) continue;
      const within = above.getBoundingClientRect();
      const spare = overflowX === "clip" ? parseFloat(overflowClipMargin) : 0;
      [left, right] = [Math.max(left, within.left - spare), Math.min(right, within.right + spare)];
      [top, bottom] = [Math.max(top, within.top - spare), Math.min(bottom, within.bottom + spare)];
    }
    const frame = { left, top, right, bottom, width: right - left, height: bottom - top };
    const shown = (one) => `“${one.text}” ${[one.left - frame.left, one.top - frame.top, one.right - frame.left, one.bottom - frame.top].map(Math.round)}`;
    boxes.forEach((one, index) => {
      const inside = one.left >= frame.left && one.right <= frame.right && one.top >= frame.top && one.bottom <= frame.bottom;
      if (!inside) wrong.push(["text leaves the picture", `${shown(one)} of ${Math.round(frame.width)} × ${Math.round(frame.height)}`]);
      for (const other of boxes.slice(index + 1)) {
        const apart = one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top;
        if (!apart) wrong.push(["texts overlap", `${shown(one)} and ${shown(other)}`]);
      }
    });
  };
  if (document.querySelector("parsererror")) wrong.push(["does not parse", root.textContent]);
  if (root.nodeName === "svg") look(root);
  else [...document.querySelectorAll("svg")].filter((svg) => svg.querySelector("text") && svg.checkVisibility()).forEach(look);
  return { wrong, texts };
}
