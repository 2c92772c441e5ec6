// Every page's HTML is valid.

import { require } from "./support.mjs";

/** The rules of the HTML standard, and what those who do not see a page need. */
const CONFIG = {
  root: true,
  extends: ["html-validate:standard", "html-validate:a11y"],
  rules: {
    // Not wrong by the standard: a button in a form submits it unless told otherwise.
    "no-implicit-button-type": "off",
    // What scrolls within a section is a region of its own; a section there would be one without a heading.
    "prefer-native-element": ["error", { exclude: ["region"] }],
  },
};

export async function checkHtml(pages, findings) {
  const { HtmlValidate, StaticConfigLoader } = require("html-validate");
  const validator = new HtmlValidate(new StaticConfigLoader(CONFIG));
  for (const { path, html } of pages) {
    const { results } = await validator.validateString(html, path);
    for (const { ruleId, message, line, column, selector } of results.flatMap((result) => result.messages)) {
      findings.add(path, `HTML line ${line}:${column}`, `html ${ruleId}`, `${message} at ${selector}`);
    }
    findings.count("HTML documents");
  }
}
