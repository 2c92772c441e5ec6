// What the checks of the pages share: a service of their own, a browser that is watched, and what was found.

import { spawn, execFile } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

export const require = createRequire(join(process.env.NODE_FOLDER, "x.js"));

export const LANGUAGES = ["zh-Hans", "en"];
export const THEMES = ["light", "dark"];
export const WIDTHS = [360, 1280];

/** Language, theme and width of a visit, every combination. */
export const VARIANTS = LANGUAGES.flatMap((language) =>
  THEMES.flatMap((theme) => WIDTHS.map((width) => ({ language, theme, width }))),
);

/** Four of them, in which every two of language, theme and width meet: where all eight would take long. */
export const isChosen = ({ language, theme, width }) => (language === "en") === ((theme === "dark") === (width === 360));

export const named = ({ language, theme, width }) => `${language} ${theme} ${width}px`;

/** What is wrong, and how much was looked at. */
export class Findings {
  counts = { axe: 0, loads: 0 };
  list = [];

  add(page, variant, rule, detail) {
    this.list.push({ page, variant, rule, detail: String(detail).replace(/\s+/g, " ").slice(0, 600) });
  }

  /** Adds one where a condition does not hold. */
  expect(condition, page, variant, rule, detail) {
    if (!condition) this.add(page, variant, rule, detail);
  }

  count(name, by = 1) {
    this.counts[name] = (this.counts[name] ?? 0) + by;
  }

  /** The same thing on many pages is told once, with the first of them. */
  report() {
    const groups = new Map();
    for (const one of this.list) {
      const key = `${one.rule}\n${one.detail}`;
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    for (const [first, ...more] of groups.values()) {
      const elsewhere = more.slice(0, 3).map((one) => `${one.page} (${one.variant})`);
      console.log(`FAILED ${first.page} (${first.variant})\n  ${first.rule}: ${first.detail}`);
      if (more.length > 0) console.log(`  and ${more.length} more: ${elsewhere.join(", ")}${more.length > 3 ? ", …" : ""}`);
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** An answer, by a connection of its own: one that is kept may be ended by the service as it is used again. */
export async function ask(address, headers = {}) {
  const [response] = await once(get(address, { agent: false, headers }), "response");
  const text = Buffer.concat(await response.toArray()).toString("utf8");
  const header = (name) => [response.headers[name] ?? ""].flat().join(", ");
  return { status: response.statusCode, header, text, type: header("content-type") };
}

/** A service on a database of its own. */
export class Service {
  static async start(program, folder, settings, ...publications) {
    mkdirSync(folder, { recursive: true });
    // The database may run as another user.
    chmodSync(folder, 0o755);
    const service = new Service();
    service.program = program;
    service.folder = folder;
    service.files = 0;
    const { DATABASE_URL: _, ...env } = process.env;
    service.env = { ...env, ...settings, LANG: "C", LC_ALL: "C", DATA_DIR: join(folder, "data"), BIND: `127.0.0.1:${await freePort()}` };
    service.origin = `http://${service.env.BIND}`;
    const files = publications.flatMap((publication) => ["--publish", service.file(publication)]);
    service.child = spawn(program, ["serve", ...files], { env: service.env, stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    service.child.stderr.on("data", (data) => (log += data));
    await new Promise((serving, failed) => {
      service.child.stdout.on("data", (data) => String(data).includes("Serving") && serving());
      service.child.on("exit", () => failed(new Error(`the service ended: ${log}`)));
    });
    return service;
  }

  /** A publication, or the path of one, as a file. */
  file(publication) {
    if (typeof publication === "string") return publication;
    this.files += 1;
    const path = join(this.folder, `publication-${this.files}.json`);
    writeFileSync(path, JSON.stringify(publication));
    return path;
  }

  /** Publishes, or says why not. */
  async publish(publication) {
    return promisify(execFile)(this.program, ["publish", this.file(publication)], { env: this.env });
  }

  async stop() {
    this.child.removeAllListeners("exit");
    this.child.kill("SIGTERM");
    await once(this.child, "exit");
  }
}

export async function launch() {
  const { chromium } = require("playwright-core");
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** A page in a theme and a width, that notes what goes wrong on it and what it weighs. */
export class Watched {
  static async open(browser, { theme = "light", width = 1280 }, options = {}) {
    const context = await browser.newContext({ colorScheme: theme, viewport: { width, height: 800 }, ...options });
    const watched = new Watched();
    watched.context = context;
    watched.page = await context.newPage();
    await watched.watch();
    return watched;
  }

  async watch() {
    const { page } = this;
    this.begin([]);
    page.on("console", (message) => {
      // What could not be loaded is told by the requests themselves.
      const told = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !told) this.errors.push(["console error", message.text()]);
    });
    page.on("pageerror", (error) => this.errors.push(["page error", error]));
    page.on("dialog", (dialog) => (this.errors.push(["dialog", dialog.message()]), dialog.dismiss()));
    // What a page had begun to load when it was left is given up by the browser: no fault of the next one.
    const ofVisit = new WeakMap();
    const isCurrent = (request) => ofVisit.get(request) === this.visits;
    page.on("request", (request) => {
      ofVisit.set(request, this.visits);
      this.running += 1;
      const url = request.url();
      if (!/^(data|about|blob):/.test(url) && !this.origins.includes(new URL(url).origin)) this.errors.push(["outside request", url]);
    });
    page.on("requestfinished", (request) => isCurrent(request) && (this.running -= 1));
    page.on("requestfailed", (request) => {
      if (!isCurrent(request)) return;
      this.running -= 1;
      this.errors.push(["failed request", `${request.url()} ${request.failure()?.errorText}`]);
    });
    page.on("response", (response) => {
      const wanted = response.url() === this.address ? this.status : this.refused(response.url());
      if (response.status() >= 400 && response.status() !== wanted) this.errors.push(["failed request", `${response.status()} ${response.url()}`]);
    });
    const network = await this.context.newCDPSession(page);
    await network.send("Network.enable");
    await network.send("Network.setCacheDisabled", { cacheDisabled: true });
    network.on("Network.loadingFinished", ({ encodedDataLength }) => (this.bytes += encodedDataLength));
    network.on("Network.dataReceived", ({ dataLength }) => (this.unpacked += dataLength));
  }

  /** `refused` says which status another address than the page's is to have. */
  begin(origins, address = "", status = 200, refused = () => undefined) {
    Object.assign(this, { origins, address, status, refused, errors: [], bytes: 0, unpacked: 0, running: 0 });
    this.visits = (this.visits ?? 0) + 1;
  }

  /** Visits an address, down to its end, and waits for what it loads. */
  async visit(address, { status = 200, origins = [], refused } = {}) {
    this.begin([new URL(address).origin, ...origins], address, status, refused);
    const response = await this.page.goto(address, { waitUntil: "load" });
    if (response.status() !== status) this.errors.push(["status", `${response.status()} instead of ${status}`]);
    await this.page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await this.settled();
    await this.page.evaluate(() => scrollTo(0, 0));
    return response;
  }

  /** Until nothing is loading any more, two frames long. */
  async settled() {
    const frames = () => this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    do await frames();
    while (this.running > 0);
  }

  /** Puts down what went wrong since the visit began. */
  tell(findings, page, variant) {
    for (const [rule, detail] of this.errors.splice(0)) findings.add(page, variant, rule, detail);
  }
}

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Violations that axe-core finds in a document of a page or of a frame, without the frames within. */
export async function accessible(frame, findings, page, variant) {
  await frame.evaluate(axe);
  const violations = await frame.evaluate(async (tags) => {
    const { violations } = await window.axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"], iframes: false });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary, html }) => ({ id, target, failureSummary, html })));
  }, TAGS);
  findings.count("axe");
  for (const { id, target, failureSummary, html } of violations) {
    findings.count("axe violations");
    findings.add(page, variant, `axe ${id}`, `${target.join(" ")} ${failureSummary} ${html.slice(0, 200)}`);
  }
}

/** Runs over a list, a few at a time, each with a worker of its own. */
export async function each(list, workers, run) {
  const todo = [...list.entries()];
  await Promise.all(
    workers.map(async (worker) => {
      for (let next = todo.shift(); next; next = todo.shift()) await run(next[1], worker, next[0]);
    }),
  );
}
