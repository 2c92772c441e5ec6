// What is published after the real data, so that there is a past, a series over time, areas to compare, a part of a
// whole and something withdrawn. The figures are made up.

const publisher = "sd-justice";
const province = "370000";

const observation = (metric, period, value, division_code = province, more = {}) => ({
  id: [metric, division_code, period.toLowerCase()].join("-"),
  metric,
  reported_by: publisher,
  division_code,
  period,
  value,
  as_published: `${value}件`,
  ...more,
});

const cities = Array.from({ length: 12 }, (_, index) => `37${String(index + 1).padStart(2, "0")}00`);

export const LATER = [
  {
    kind: "new_data",
    publisher,
    message: { "zh-Hans": "检验用的后续数字", en: "Later figures, made up for the checks" },
    records: {
      commitments: [{ id: "withdrawn", programme: "sd-justice-2020", number: 99, title: { en: "To be withdrawn" } }],
      metrics: [
        {
          id: "mediation-cases-online",
          name: { "zh-Hans": "其中网上受理", en: "Of these, taken in online" },
          unit: { code: "case", label: { "zh-Hans": "件", en: "cases" } },
          time_basis: "period_flow",
          part_of: "mediation-cases",
        },
      ],
      observations: [
        observation("mediation-cases", "2020-S2", 31820),
        // Nothing for the first half of 2021: a gap.
        observation("mediation-cases", "2021-S2", 40120, province, { qualifier: "about" }),
        observation("mediation-cases-settled", "2020-S2", 30102),
        observation("mediation-cases-online", "2021-S2", 12400),
        observation("smart-prisons-built", "2020", 3),
        ...cities.map((city, index) => observation("mediation-cases", "2021-S2", 1200 + 431 * index, city)),
      ],
      reports: [{ id: "sd-justice-2020-13-s2", commitment: "sd-justice-2020-13", period: "2020-S2", status: "completed", status_label: { "zh-Hans": "已完成" } }],
    },
  },
  {
    kind: "transcription_correction",
    publisher,
    message: { "zh-Hans": "录入时数字颠倒", en: "Two digits were swapped" },
    patch: [{ kind: "observation", id: "mediation-cases-2020-s1", set: { value: 29465 } }],
  },
  {
    kind: "withdrawal",
    publisher,
    message: { "zh-Hans": "并非承诺", en: "Not a commitment" },
    withdraw: [{ kind: "commitment", id: "withdrawn", reason: { "zh-Hans": "并非承诺", en: "Not a commitment" } }],
  },
];
