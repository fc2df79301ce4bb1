// Every answer with a filter; an opened one shows its criteria and the draws of the judge side by side.

const ANSWERS_AT_ONCE = 50;
const OUTCOMES = {
  "all outcomes": () => true,
  "not all met": (row) => row.criteria.some((c) => c.verdict === "unmet"),
  "all met": (row) => row.criteria.every((c) => c.verdict === "met"),
  flips: (row) => row.flips,
  "without a verdict": (row) => row.criteria.some((c) => c.verdict === "ungraded" || c.verdict === "cannot tell"),
};

function answerList(rows) {
  const list = el("div"),
    count = el("p", { class: "faint", role: "status" });
  const more = el("button", { type: "button", class: "more", onclick: () => grow() });
  const choice = (name, values) =>
    el(
      "select",
      { "aria-label": name, onchange: () => filter() },
      values.map((value) => el("option", { value, text: value })),
    );
  const distinct = (key, all) => [all, ...new Set(rows.map((row) => row[key]))];
  const model = choice("Model", distinct("model", "all models")),
    split = choice("Split", distinct("split", "all splits"));
  const outcome = choice("Outcome", Object.keys(OUTCOMES));
  const words = el("input", {
    type: "search",
    placeholder: "words of question, answer or criteria",
    "aria-label": "Words",
    oninput: () => filter(),
  });
  let shown = [],
    at = 0;

  function filter() {
    const sought = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = rows.filter(
      (row) =>
        (model.selectedIndex < 1 || row.model === model.value) &&
        (split.selectedIndex < 1 || row.split === split.value) &&
        OUTCOMES[outcome.value](row) &&
        sought.every((word) => textOf(row).includes(word)),
    );
    count.textContent = `${plural(shown.length, "answer")} of ${number(rows.length)}`;
    list.replaceChildren();
    at = 0;
    grow();
  }
  function grow() {
    list.append(...shown.slice(at, at + ANSWERS_AT_ONCE).map(answerRow));
    at += ANSWERS_AT_ONCE;
    more.hidden = at >= shown.length;
    more.textContent = `Show ${number(Math.min(ANSWERS_AT_ONCE, shown.length - at))} more`;
  }
  filter();
  return [el("div", { class: "filters" }, model, split, outcome, words), count, list, more];
}

const textOf = (row) =>
  (row.text ??= [row.id, row.question, row.answer, ...row.criteria.map((c) => c.criterion)].join(" ").toLowerCase());

function answerRow(row) {
  const details = el(
    "details",
    {},
    el(
      "summary",
      {},
      el("span", { class: "mark", text: row.score === null ? "–" : percent(row.score) }),
      el("span", { class: "ask", text: row.question }),
      el("span", { class: "who", text: [row.model, row.split, row.flips ? "flips" : ""].filter(Boolean).join(" · ") }),
    ),
  );
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    details.append(
      el("p", { class: "said", text: row.answer || "(empty)" }),
      ...row.criteria.map(criterionBlock),
      el("p", { class: "faint", text: [row.id, row.place, ...row.notes].filter(Boolean).join(" · ") }),
    );
  });
  return details;
}

const verdictChip = (verdict) =>
  el("span", { class: `verdict-chip ${["met", "unmet"].includes(verdict) ? verdict : "open"}`, text: verdict });

function criterionBlock(grade) {
  const first = grade.draws.length ? grade.draws[0].judge : "";
  return el(
    "div",
    { class: "criterion" },
    el(
      "p",
      {},
      verdictChip(grade.verdict),
      grade.criterion,
      el("span", { class: "faint", text: grade.by === "rule" ? ` · by rule: ${grade.reason}` : "" }),
    ),
    grade.draws.length
      ? el(
          "div",
          { class: "draws" },
          grade.draws.map((draw) =>
            el(
              "div",
              { class: draw.judge === first ? null : "other" },
              verdictChip(draw.verdict),
              el("p", { text: draw.reason }),
              draw.judge === first ? null : el("p", { class: "faint", text: draw.judge }),
            ),
          ),
        )
      : null,
  );
}
