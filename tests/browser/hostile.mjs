// A publication in which every text is one that a page would rather not have.

/** What is tried in every text; it would leave `ran` behind, or open a dialog. */
export const ATTACK =
  '<script>window.ran=1;alert(1)</script>"\'><img src=x onerror="window.ran=2;alert(2)"></title></style></textarea>' +
  "<svg onload=alert(3)>--><!--]]>&amp;{{7*7}}\u202egnp.exe\u200f javascript:alert(4)";
/** The same where there is room for a hundred characters. */
const SHORT = '"><img src=x onerror=alert(1)><script>alert(1)</script>\u202egnp\u200f';

/** A text that can be told from the others. */
export const attack = (label) => `[${label}] ${ATTACK}`;
const both = (text) => ({ "zh-Hans": text, en: text });
const hostile = (label) => both(attack(label));
const short = (label) => `[${label}] ${SHORT}`;

/** Ten thousand characters: one word, and Chinese without a space. */
export const LONG_WORD = "Wm".repeat(5_000);
export const LONG_TEXT = "承诺事项办结情况".repeat(1_250);

/** Texts that a spreadsheet would run. */
export const FORMULAS = ['=HYPERLINK("http://evil.example","x")', "+1-1", "-2+3", "@SUM(1,1)", "\t=1"];

const evidence = [{ source: "hostile", exact: attack("evidence exact"), prefix: short("evidence prefix"), suffix: short("evidence suffix") }];
const metric = (id, name, more = {}) => ({ id, name, unit: { code: "case", label: hostile("unit label") }, time_basis: "period_flow", ...more });
const observation = (id, more) => ({
  id,
  reported_by: "hostile",
  subject: "hostile",
  value: 12345,
  as_published: short("as_published"),
  period_stated: short("period_stated"),
  note: hostile("observation note"),
  evidence,
  ...more,
});
const commitment = (number, id, title, more = {}) => ({ id, programme: "hostile", number, title, ...more });

export const PUBLICATION = {
  kind: "new_data",
  publisher: "hostile",
  message: hostile("message"),
  records: {
    organizations: [{ id: "hostile", name: hostile("organization name") }],
    programmes: [{ id: "hostile", organization: "hostile", year: 2020, title: hostile("programme title"), source: "hostile" }],
    sources: [
      {
        id: "hostile",
        title: hostile("source title"),
        published_by: hostile("source published_by"),
        page: short("source page"),
        url: "https://example.org/%22%3E%3Cscript%3E?a='*'",
        text: hostile("source text"),
      },
    ],
    commitments: [
      commitment(1, "hostile", hostile("commitment title"), {
        number_label: short("number_label"),
        summary: hostile("commitment summary"),
        text: hostile("commitment text"),
        lead_organization: "hostile",
        supporting_organizations: ["hostile"],
      }),
      commitment(2, "long-word", both(LONG_WORD)),
      commitment(3, "long-text", both(LONG_TEXT), { summary: both(LONG_TEXT) }),
      ...FORMULAS.map((text, index) => commitment(10 + index, `formula-${index}`, both(text))),
    ],
    reports: [
      {
        id: "hostile",
        commitment: "hostile",
        period: "2020-S1",
        period_stated: short("report period_stated"),
        status: "in_progress",
        status_label: hostile("status_label"),
        narrative: hostile("narrative"),
        next_steps: hostile("next_steps"),
        note: hostile("report note"),
        source: "hostile",
      },
    ],
    metrics: [
      metric("hostile", hostile("metric name"), { description: hostile("metric description") }),
      metric("part", hostile("part name"), { part_of: "hostile" }),
      metric("long-word", both(LONG_WORD)),
      metric("long-text", both(LONG_TEXT)),
    ],
    observations: [
      observation("hostile-1", { metric: "hostile", period: "2020-S1", commitment: "hostile", report: "hostile" }),
      observation("hostile-2", { metric: "hostile", period: "2020-S2", value: 23456, scope: short("scope") }),
      observation("part", { metric: "part", period: "2020-S1", value: 345 }),
      observation("long-word", { metric: "long-word", period: "2020-S1", commitment: "long-word", scope: "Wm".repeat(150), as_published: "9".repeat(300) }),
      observation("long-text", { metric: "long-text", period: "2020-S1", commitment: "long-text", as_published: "一".repeat(300) }),
    ],
    targets: [
      {
        id: "hostile",
        metric: "hostile",
        commitment: "hostile",
        due_on: "2020-12-31",
        value: 40000,
        as_published: short("target as_published"),
        note: hostile("target note"),
        evidence,
      },
    ],
  },
};

/** A correction, so that texts are also reasons and stand before and after. */
export const CORRECTION = {
  kind: "source_correction",
  publisher: "hostile",
  message: hostile("correction message"),
  patch: [
    { kind: "observation", id: "hostile-1", set: { value: 12346 } },
    { kind: "commitment", id: "hostile", set: { summary: hostile("corrected summary") } },
  ],
};

export const SETTINGS = {
  SITE_NAME: attack("site name"),
  SITE_NOTICE: attack("site notice"),
  SITE_FOOTER: `${attack("site footer").replaceAll("|", "")}|x=javascript:alert(1)|鲁ICP备0号=https://example.org/"><script>alert(1)</script>`,
  CONTACT_NAME: attack("contact name"),
};

/** Addresses that a source may not have. */
export const FORBIDDEN = [
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  " javascript:alert(1)",
  "java\nscript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:x",
  "//example.org",
  "http:javascript:alert(1)",
  'https://example.org/"><script>alert(1)</script>',
  "file:///etc/passwd",
];
