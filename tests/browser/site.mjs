// The pages and the frames of a running service in a browser.
// Usage: node site.mjs PROGRAM FOLDER [PART…], with CHROMIUM and NODE_FOLDER, where the npm packages are.
// Parts are pages, html, charts, embeds and injection; without any it is all of them.

import { join } from "node:path";

import { checkCharts } from "./charts.mjs";
import { crawl, KINDS } from "./crawl.mjs";
import { checkEmbeds } from "./embeds.mjs";
import { checkHtml } from "./html.mjs";
import { checkInjection } from "./injection.mjs";
import { LATER } from "./later.mjs";
import { checkPages } from "./pages.mjs";
import { Findings, launch, Service, VARIANTS } from "./support.mjs";

const [program, folder, ...parts] = process.argv.slice(2);
const findings = new Findings();
const begun = Date.now();
const seconds = () => `${((Date.now() - begun) / 1000).toFixed(1)} s`;
/** What breaks off is a finding, and the other parts are run all the same. */
const part = async (name, run) => {
  if (parts.length > 0 && !parts.includes(name)) return;
  await run().catch((error) => findings.add(name, "check", "broke off", error.stack));
};
const done = (text) => console.log(`${text} (${seconds()})`);

const browser = await launch();
const service = await Service.start(program, join(folder, "real"), {}, "data/shandong-justice-2020.json", ...LATER);
try {
  const pages = await crawl(service.origin, findings);
  done(`${pages.length} pages of ${KINDS.length} kinds are linked`);
  await part("html", async () => {
    await checkHtml(pages, findings);
    done(`${findings.counts["HTML documents"]} HTML documents validated`);
  });
  await part("pages", async () => {
    const { chosen, rest, heaviest } = await checkPages(browser, service.origin, pages, findings);
    done(`${chosen} pages × ${VARIANTS.length} variants and ${rest} pages × 1 visited; heaviest ${heaviest.path}: ${heaviest.bytes} bytes, ${heaviest.unpacked} unpacked`);
  });
  await part("charts", async () => {
    await checkCharts(browser, service.origin, findings);
    done(`${findings.counts.charts} charts opened`);
  });
  await part("embeds", async () => {
    await checkEmbeds(browser, service.origin, findings);
    done(`${findings.counts.frames} frames in articles`);
  });
  await part("injection", async () => {
    await checkInjection(browser, program, join(folder, "hostile"), findings);
    done(`${findings.counts["hostile pages"]} visits of pages full of hostile texts`);
  });
} finally {
  await service.stop();
  await browser.close();
}
findings.report();
console.log(Object.entries(findings.counts).map(([name, count]) => `${count} ${name}`).join(", "));
console.log(`${findings.list.length} findings in ${seconds()}`);
process.exitCode = findings.list.length > 0 ? 1 : 0;
