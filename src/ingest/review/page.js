"use strict";

/* What was read, and what a person makes of it. Records are changed in place; the rejected stay until saved. */
const chinese = data.language === "zh-Hans";
const say = (english, inChinese) => (chinese ? inChinese : english);
const records = data.publication.records;
const list = (collection) => records[collection] || [];
const byId = (collection, id) => list(collection).find((record) => record.id === id);
const words = (text) => (text ? text["zh-Hans"] || text.en || Object.values(text)[0] || "" : "");
const rejected = new Set();
let edited = false;

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const roles = {
  actual: say("figure", "数值"),
  baseline: say("before", "基期值"),
  target: say("target", "目标值"),
};

/* The announcement: every stretch as what it became; the innermost mark shows. */
const depth = { outside: 0, form: 1, title: 2, narrative: 2, next_steps: 2, status: 3, actual: 4, baseline: 4, target: 4 };
const spans = new Map();

function showText() {
  const characters = Array.from(data.text);
  const above = new Array(characters.length).fill(null);
  data.marks.forEach((mark, index) => {
    for (let at = mark.start; at < mark.end; at++) {
      if (above[at] === null || depth[mark.class] >= depth[data.marks[above[at]].class]) above[at] = index;
    }
  });
  const text = document.getElementById("text");
  for (let at = 0; at < characters.length; ) {
    let end = at + 1;
    while (end < characters.length && above[end] === above[at]) end++;
    const mark = above[at] === null ? null : data.marks[above[at]];
    const span = make("span", { className: mark ? mark.class : "outside", textContent: characters.slice(at, end).join("") });
    span.dataset.start = at;
    if (mark && mark.record) {
      span.dataset.record = mark.record;
      span.onclick = () => show(mark.record);
      if (!spans.has(mark.record)) spans.set(mark.record, []);
      spans.get(mark.record).push(span);
    }
    text.append(span);
    at = end;
  }
  const key = document.getElementById("key");
  const classes = { title: say("promise", "承诺"), narrative: say("done", "进展"), next_steps: say("next steps", "下一步"), status: say("status", "状态"), ...roles };
  for (const [name, label] of Object.entries(classes)) key.append(make("span", { className: name, textContent: label }));
  key.append(make("span", { className: "quiet outside", textContent: say("in no record", "未列入记录") }));
}

/* From words to record and back. */
function mark(elements) {
  document.querySelectorAll(".here").forEach((element) => element.classList.remove("here"));
  elements.forEach((element) => element.classList.add("here"));
  elements.forEach((element) => element.scrollIntoView({ block: "center" }));
}

function show(record) {
  const element = document.getElementById(record);
  mark([...(element ? [element] : []), ...(spans.get(record) || []).slice(0, 1)]);
}

function place(start) {
  const before = [...document.querySelectorAll("#text span")].filter((span) => Number(span.dataset.start) <= start);
  mark(before.slice(-1));
}

const link = (text, action, title = "") => make("button", { type: "button", className: "plain", textContent: text, title, onclick: action });

/* What is to be decided, first; then what no record holds. */
function showNotes() {
  const notes = (title, chosen, open) => {
    if (!chosen.length) return [];
    const items = chosen.map((note) => make("li", {}, link(say(`line ${note.line}`, `第 ${note.line} 行`), () => place(note.start)), " ", note[data.language]));
    return [make("details", { open }, make("summary", { textContent: `${title} ${chosen.length}` }), make("ul", {}, ...items))];
  };
  return [
    ...notes(say("To decide:", "待决定："), data.notes.filter((note) => note.warns), true),
    ...notes(say("In no record:", "未列入记录："), data.notes.filter((note) => !note.warns), false),
  ];
}

/* A member that can be corrected. What cannot be kept as it is typed is marked and not taken over. */
function field(name, get, set, options) {
  const was = get() === undefined ? "" : String(get());
  const input = options
    ? make("select", {}, ...options.map((option) => make("option", { value: option, textContent: option || "–" })))
    : make("input", {});
  input.value = was;
  input.setAttribute("aria-label", name);
  input.onchange = () => {
    const taken = set(input.value.trim());
    input.classList.toggle("wrong", taken === false);
    input.classList.toggle("changed", input.value !== was);
    edited = true;
  };
  return input;
}

const text = (record, member) => [
  () => record[member],
  (value) => {
    if (value === "") delete record[member];
    else record[member] = value;
  },
];
const number = (record) => [
  () => record.value,
  (value) => {
    if (value === "" || !/^-?\d{1,15}(\.\d{1,4})?$/.test(value)) return false;
    record.value = Number(value);
  },
];
const human = (record, member) => [
  () => words(record[member]),
  (value) => {
    if (value === "") return false;
    record[member] = { ...record[member], "zh-Hans": value };
  },
];

/* Accepts or rejects a record with whatever stands on it. */
function check(key, element) {
  const box = make("input", { type: "checkbox", checked: true, title: say("accept", "接受") });
  box.setAttribute("aria-label", say("accept", "接受"));
  box.onchange = () => {
    if (box.checked) rejected.delete(key);
    else rejected.add(key);
    element.classList.toggle("rejected", !box.checked);
    edited = true;
    count();
  };
  return box;
}

const cell = (...children) => make("td", {}, ...children);
const head = (...titles) => make("tr", {}, ...titles.map((title) => make("th", { textContent: title })));

function figureRow(kind, record) {
  const key = `${kind} ${record.id}`;
  const row = make("tr", { id: key });
  const metric = byId("metrics", record.metric);
  const target = kind === "target";
  const role = target ? "target" : record.role || "actual";
  row.append(
    cell(check(key, row)),
    cell(link(record.as_published, () => show(key), record.id), make("br"), make("span", { className: role, textContent: roles[role] })),
    cell(field(say("value", "数值"), ...number(record))),
    cell(metric ? link(words(metric.name), () => show(`metric ${metric.id}`), metric.id) : field(say("metric", "指标"), ...text(record, "metric"))),
    cell(target ? field(say("due", "期限"), ...text(record, "due_on")) : field(say("period", "期间"), ...text(record, "period"))),
    cell(
      target
        ? field(say("comparator", "比较"), ...text(record, "comparator"), ["", ...data.comparators])
        : field(say("qualifier", "限定"), ...text(record, "qualifier"), ["", ...data.qualifiers]),
    ),
  );
  return row;
}

const figureTable = (rows) =>
  make("table", {}, head("", say("printed", "原文"), say("value", "数值"), say("metric", "指标"), say("period / due", "期间/期限"), say("qualifier", "限定")), ...rows);

function figures(commitment) {
  const of = (kind, collection) => list(collection).filter((record) => record.commitment === commitment).map((record) => [kind, record]);
  const start = ([, record]) => (record.evidence && record.evidence[0] ? record.evidence[0].start : 0);
  return [...of("target", "targets"), ...of("observation", "observations")].sort((one, other) => start(one) - start(other)).map(([kind, record]) => figureRow(kind, record));
}

function commitmentArticle(id) {
  const commitment = byId("commitments", id);
  const article = make("article", { id: `commitment ${id}` });
  const title = commitment ? `${commitment.number} ${words(commitment.title)}` : id;
  article.append(make("h2", {}, link(title, () => show(`commitment ${id}`)), " ", make("small", { textContent: id })));
  for (const report of list("reports").filter((report) => report.commitment === id)) {
    const key = `report ${report.id}`;
    const line = make("p", { id: key });
    line.append(check(key, line), ` ${say("Status", "状态")} `, make("span", { className: "status", textContent: words(report.status_label) }), " ");
    line.append(field(say("status", "状态"), ...text(report, "status"), data.statuses), " ");
    if (report.note) line.append(make("span", { className: "quiet", textContent: words(report.note) }));
    article.append(line);
  }
  const rows = figures(id);
  if (rows.length) article.append(figureTable(rows));
  return article;
}

function metricTable() {
  const rows = list("metrics").map((metric) => {
    const key = `metric ${metric.id}`;
    const row = make("tr", { id: key, title: metric.id });
    row.append(
      cell(check(key, row)),
      cell(field(say("name", "名称"), ...human(metric, "name"))),
      cell(field(say("unit", "单位"), ...human(metric.unit, "label"))),
      cell(field(say("unit code", "单位代码"), ...text(metric.unit, "code"))),
      cell(field(say("time basis", "时间口径"), ...text(metric, "time_basis"), data.time_bases)),
      cell(metric.ratio ? say("computed", "计算得出") : metric.part_of ? say(`part of ${metric.part_of}`, `${metric.part_of} 的一部分`) : ""),
    );
    return row;
  });
  if (!rows.length) return [];
  const table = make("table", {}, head("", say("name", "名称"), say("unit", "单位"), say("code", "代码"), say("time basis", "时间口径"), ""), ...rows);
  return [make("article", {}, make("h2", { textContent: say("Proposed metrics", "拟新建的指标") }), table)];
}

/* What the announcement, its list and who publishes it are called. */
function nameTable() {
  const named = [
    ["organizations", "name", say("organization", "机构")],
    ["programmes", "title", say("programme", "承诺清单")],
    ["sources", "title", say("source", "来源文件")],
  ];
  const rows = named.flatMap(([collection, member, label]) =>
    list(collection).map((record) => make("tr", { title: record.id }, cell(label), cell(field(label, ...human(record, member))))),
  );
  return rows.length ? [make("article", {}, make("h2", { textContent: say("Names", "名称") }), make("table", {}, ...rows))] : [];
}

function showRecords() {
  const ids = [...new Set([...list("commitments").map((commitment) => commitment.id), ...list("reports").map((report) => report.commitment)])];
  ids.sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
  const loose = figures(undefined);
  document.getElementById("records").append(
    ...showNotes(),
    ...nameTable(),
    ...ids.map(commitmentArticle),
    ...(loose.length ? [make("article", {}, make("h2", { textContent: say("Of no commitment", "不属于任何承诺") }), figureTable(loose))] : []),
    ...metricTable(),
  );
}

/* What is saved: without the rejected, what stood on them, and metrics that nothing uses any more. */
function accepted() {
  const publication = structuredClone(data.publication);
  const kept = publication.records;
  const keep = (kind, collection, also = () => true) => {
    kept[collection] = (kept[collection] || []).filter((record) => !rejected.has(`${kind} ${record.id}`) && also(record));
    return new Set(kept[collection].map((record) => record.id));
  };
  const gone = (id) => rejected.has(`metric ${id}`);
  const reports = keep("report", "reports");
  keep("observation", "observations", (record) => !gone(record.metric));
  keep("target", "targets", (record) => !gone(record.metric));
  for (const record of kept.observations) if (record.report && byId("reports", record.report) && !reports.has(record.report)) delete record.report;
  const used = new Set([...kept.observations, ...kept.targets].map((record) => record.metric));
  const proposed = new Set(list("metrics").map((metric) => metric.id));
  const there = (id) => !proposed.has(id) || (used.has(id) && !gone(id));
  const metrics = keep("metric", "metrics", (metric) => (metric.ratio ? there(metric.ratio.numerator) && there(metric.ratio.denominator) : used.has(metric.id)));
  for (const metric of kept.metrics) if (metric.part_of && proposed.has(metric.part_of) && !metrics.has(metric.part_of)) delete metric.part_of;
  for (const collection of Object.keys(kept)) if (!kept[collection].length) delete kept[collection];
  return publication;
}

function count() {
  const left = accepted().records;
  const figures = (left.observations || []).length + (left.targets || []).length;
  const all = list("observations").length + list("targets").length;
  document.getElementById("counts").textContent = say(`${figures} of ${all} figures accepted`, `接受数值 ${figures} / ${all}`);
}

function save() {
  const body = new Blob([JSON.stringify(accepted(), null, 2) + "\n"], { type: "application/json" });
  const address = URL.createObjectURL(body);
  make("a", { download: "publication.json", href: address }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  edited = false;
}

document.title = document.getElementById("heading").textContent = say("Review before publishing", "发布前核对");
const button = document.getElementById("save");
button.textContent = say("Save publication.json", "保存 publication.json");
button.onclick = save;
window.onbeforeunload = (event) => {
  if (edited) event.preventDefault();
};
showText();
showRecords();
count();
