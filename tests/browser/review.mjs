// The review page in a browser, from the file system: what a clerk does with it, and what is saved.
// Usage: node review.mjs PROGRAM FOLDER, with CHROMIUM and playwright-core to be found.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [program, folder] = process.argv.slice(2);
const { chromium } = createRequire(join(process.env.NODE_FOLDER, "x.js"))("playwright-core");

const announcement = `某市司法局2026年公开承诺上半年进展
一、建成公共法律服务站30个。
进展情况：正在推进。上半年建成公共法律服务站12个，办理法律援助案件820件，办结790件。下一步，加快建设。
二、开展普法宣传100场。
进展情况：已完成。上半年开展普法宣传146场，<script>alert(1)</script>发放资料2万份。
（某市司法局）
`;
const file = join(folder, "announcement.txt");
const page_file = join(folder, "review.html");
writeFileSync(file, announcement);
const words = ["import", file, "--programme", "plan", "--organization", "sfj", "--year", "2026", "--period", "2026-S1"];
execFileSync(program, [...words, "-o", join(folder, "imported.json"), "--review", page_file], { stdio: ["ignore", "ignore", "ignore"] });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let tests = 0;
const test = async (name, run) => {
  await run();
  tests += 1;
  console.log(`ok ${name}`);
};
try {
  const context = await browser.newContext({ acceptDownloads: true, viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  const asked = [];
  const errors = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("dialog", (dialog) => errors.push(dialog.message()));
  await page.goto(pathToFileURL(page_file).href);

  await test("the page asks for nothing but itself and runs no word of the announcement", async () => {
    assert.deepEqual(asked, [pathToFileURL(page_file).href]);
    assert.deepEqual(errors, []);
  });
  await test("the whole announcement is shown", async () => {
    const shown = await page.textContent("#text");
    assert.equal(shown.replace(/\s/g, ""), announcement.replace(/\s/g, ""));
  });
  await test("a figure leads to its words", async () => {
    await page.click("button.plain:has-text('820件')");
    assert.equal(await page.textContent("#text .here"), "820件");
  });

  const row = (printed) => page.locator("tr", { has: page.locator(`button:text-is("${printed}")`) });
  await test("what is corrected, renamed and rejected is so in the saved publication", async () => {
    await row("820件").locator("input:not([type=checkbox])").first().fill("828");
    await row("2万份").locator("input[type=checkbox]").uncheck();
    await page.locator("article", { hasText: "建成公共法律服务站" }).first().locator("p select").selectOption("delayed");
    await page.locator("input[aria-label=source]").fill("某市司法局2026年公开承诺上半年进展公告");
    const metric = page.locator("tr[title$='fa-lv-yuan-zhu-an-jian'] input:not([type=checkbox])").first();
    await metric.fill("法律援助案件受理");
    await metric.blur();
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
    assert.equal(download.suggestedFilename(), "publication.json");
    await download.saveAs(join(folder, "publication.json"));
    const { records } = JSON.parse(readFileSync(join(folder, "publication.json"), "utf8"));
    const values = records.observations.map((record) => record.as_published + "=" + record.value);
    assert.ok(values.includes("820件=828"), String(values));
    assert.ok(!values.some((value) => value.startsWith("2万份")), String(values));
    assert.equal(records.reports.find((report) => report.commitment === "plan-1").status, "delayed");
    assert.ok(records.metrics.some((record) => record.name["zh-Hans"] === "法律援助案件受理"));
    assert.equal(records.sources[0].title["zh-Hans"], "某市司法局2026年公开承诺上半年进展公告");
    const used = new Set([...records.observations, ...records.targets].map((record) => record.metric));
    assert.ok(records.metrics.every((record) => record.ratio || used.has(record.id)), "no metric is left over");
  });
  await test("what cannot be a value is marked and not taken over", async () => {
    const value = row("146场").locator("input:not([type=checkbox])").first();
    await value.fill("many");
    await value.blur();
    assert.ok(await value.evaluate((input) => input.classList.contains("wrong")));
    await value.fill("146");
    await value.blur();
  });
  await test("it fits a small screen", async () => {
    await page.setViewportSize({ width: 360, height: 700 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.equal(wide, false);
  });
} finally {
  await browser.close();
}
console.log(`${tests} passed, 0 failed`);
