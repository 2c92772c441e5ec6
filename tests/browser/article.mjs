// An article of a newspaper, on an origin of its own, and what stands in it.

import { once } from "node:events";
import { createServer } from "node:http";

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

/** Colours of an article that follows its reader's taste, or that is light whatever the reader likes. */
const SHEETS = {
  both: ":root { color-scheme: light dark } body { background: #fff; color: #222 } @media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd } }",
  light: "body { background: #fff; color: #222 }",
};

/** Serves articles made of HTML; they are from another site than the service. */
export class Newspaper {
  articles = new Map();

  static async open() {
    const newspaper = new Newspaper();
    newspaper.server = createServer((request, response) => {
      const html = newspaper.articles.get(request.url);
      response.writeHead(html ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
      response.end(html ?? "");
    }).listen(0, "localhost");
    await once(newspaper.server, "listening");
    newspaper.origin = `http://localhost:${newspaper.server.address().port}`;
    return newspaper;
  }

  /** The address of an article. */
  print(body, { language = "en", sheet = "both" } = {}) {
    const path = `/${this.articles.size + 1}`;
    this.articles.set(
      path,
      `<!DOCTYPE html><html lang="${language}"><head><meta charset="utf-8"><title>Article</title><link rel="icon" href="data:,">` +
        `<meta name="viewport" content="width=device-width"><style>${SHEETS[sheet]} body { margin: 0 auto; max-width: 44rem; padding: 1rem }</style></head>` +
        `<body><main><h1>Article</h1>${body}</main></body></html>`,
    );
    return this.origin + path;
  }

  close() {
    this.server.close();
  }
}

/** A frame as an editor writes one. */
export const frame = (address, height = 480) =>
  `<iframe src="${escape(address)}" title="${escape(new URL(address).pathname)}" width="100%" height="${height}" style="border: 0"></iframe>`;

const attributes = (parameters) =>
  Object.entries(parameters)
    .map(([name, value]) => ` data-${name}="${escape(value)}"`)
    .join("");

/** A script tag that becomes a frame. */
export const script = (origin, path, parameters) => `<script async src="${origin}/embed.js" data-embed="${path}"${attributes(parameters)}></script>`;

/** A quotation that becomes a frame where scripts run, and stays a link where they do not. */
export const quotation = (origin, path, parameters) =>
  `<blockquote class="open-commitments"${attributes(parameters)}><a href="${origin}/${path}">${path}</a></blockquote><script async src="${origin}/embed.js"></script>`;
