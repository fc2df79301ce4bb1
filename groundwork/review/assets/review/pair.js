// The pair that is chosen, beside its chunk, and the forms to correct or reject it.

const COMMON_REASONS = [
  "not supported by the text",
  "the answer is wrong",
  "does not stand alone",
  "not worth asking",
  "repeats another question",
];

class PairView {
  constructor({ does, onsave, onreject, onclose }) {
    this.onsave = onsave;
    this.onreject = onreject;
    this.onclose = onclose;
    this.drafts = new Map(); // by pair: what was typed and not saved
    this.reasons = new Set(COMMON_REASONS);
    this.shown = null;
    this.form = null;
    this.actions = el("div", { class: "does" }, does);
    this.body = el("div", {});
    this.pair = el("section", { class: "pair", "aria-label": "Pair" }, this.actions, this.body);
    this.source = el("section", { class: "source", "aria-label": "Chunk", tabindex: 0 });
    this.node = el("div", { class: "desk" }, this.pair, this.source);
  }

  // meanwhile: a form that stands open was opened while these details were asked for; of the same pair, it stays.
  show(details, meanwhile = false) {
    const stays = meanwhile && this.form !== null && this.shown.pair.id === details.pair.id;
    this.shown = details;
    if (stays) return;
    this.form = null;
    if (!details) {
      this.body.replaceChildren(el("p", { class: "faint", text: "Choose a pair, or press j." }));
      this.source.replaceChildren();
      return;
    }
    this.source.replaceChildren(...details.chunks.map(chunkText));
    if (!details.chunks.length)
      this.source.replaceChildren(el("p", { class: "faint", text: "This pair names no chunk." }));
    this.pair.scrollTop = 0;
    const mark = this.source.querySelector("mark, .figure.marked");
    this.source.scrollTop = mark ? Math.max(0, mark.offsetTop - this.source.offsetTop - 80) : 0;
    if (this.drafts.has(details.pair.id)) this.edit();
    else this.body.replaceChildren(...pairParts(details));
  }

  get editing() {
    return this.form === "edit" ? this.drafts.get(this.shown.pair.id) : null;
  }

  edit() {
    const { pair } = this.shown;
    const draft = this.drafts.get(pair.id) || {
      question: pair.question,
      answer: pair.answer,
      evaluation_criteria: pair.evaluation_criteria.join("\n"),
    };
    this.drafts.set(pair.id, draft);
    this.form = "edit";
    const field = (name, label, rows) =>
      el(
        "label",
        {},
        label,
        el("textarea", {
          name,
          rows,
          value: draft[name],
          oninput: (event) => {
            draft[name] = event.target.value;
          },
        }),
      );
    const form = el(
      "form",
      {
        class: "form",
        onsubmit: (event) => {
          event.preventDefault();
          this.save();
        },
      },
      field("question", "Question", 2),
      field("answer", "Answer", 4),
      field("evaluation_criteria", "Evaluation criteria, one a line", 4),
      el(
        "div",
        { class: "ends" },
        el("button", { class: "action" }, "Save and accept"),
        el("button", { type: "button", class: "link", onclick: () => this.leave() }, "Cancel"),
        el("span", { class: "faint", text: "Ctrl+Enter saves, Esc cancels" }),
      ),
    );
    this.open(form, "textarea");
  }

  save() {
    const draft = this.drafts.get(this.shown.pair.id);
    this.onsave({
      question: draft.question,
      answer: draft.answer,
      evaluation_criteria: draft.evaluation_criteria
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean),
    });
  }

  reject() {
    this.form = "reject";
    const input = el("input", {
      name: "reason",
      list: "reasons",
      autocomplete: "off",
      "aria-label": "Reason",
      placeholder: "why? (may stay empty)",
    });
    const form = el(
      "form",
      {
        class: "form",
        onsubmit: (event) => {
          event.preventDefault();
          if (input.value.trim()) this.reasons.add(input.value.trim());
          this.onreject(input.value);
        },
      },
      el("label", {}, "Reason", input),
      el(
        "datalist",
        { id: "reasons" },
        [...this.reasons].map((reason) => el("option", { value: reason })),
      ),
      el(
        "div",
        { class: "ends" },
        el("button", { class: "action" }, "Reject"),
        el("button", { type: "button", class: "link", onclick: () => this.leave() }, "Cancel"),
        el("span", { class: "faint", text: "Enter rejects, Esc cancels" }),
      ),
    );
    this.open(form, "input", pairParts(this.shown));
  }

  open(form, first, below = []) {
    this.body.replaceChildren(form, ...below);
    this.pair.scrollTop = 0;
    form.querySelector(first).focus({ preventScroll: true });
  }

  // Close the form; what was typed is given up.
  leave() {
    if (this.shown) this.drafts.delete(this.shown.pair.id);
    this.form = null;
    this.show(this.shown);
    this.onclose();
  }
}

function chunkText(chunk) {
  if (chunk.missing)
    return el("p", { class: "faint", text: `The chunk ${chunk.id} is gone: the text was chunked again, or never.` });
  return el(
    "article",
    {},
    el("h3", { text: chunk.title }),
    el(
      "p",
      { class: "text" },
      chunk.pieces.map(([text, marked, file]) =>
        file ? figureShown(file, text, marked) : marked ? el("mark", { text }) : text,
      ),
    ),
  );
}

// A picture that ingest kept; the server has it under the path that the text names.
function figureShown(file, caption, marked = false) {
  return el(
    "span",
    { class: marked ? "figure marked" : "figure" },
    el("img", { src: `text/${file}`, alt: caption || "a figure without a caption", loading: "lazy" }),
    caption ? el("span", { class: "faint", text: caption }) : "",
  );
}

function pairParts({ pair, state, reason, detail, decisions, evidence_figures }) {
  const was = (before) =>
    before?.length
      ? el("p", {}, "was: ", el("del", { text: Array.isArray(before) ? before.join(" · ") : before }))
      : "";
  return [
    el(
      "div",
      { class: "chips" },
      el("span", { class: `chip plain ${state}`, text: state }),
      decisions.map((one) =>
        el("span", {
          class: `chip plain word ${one.mark}`,
          text: `${one.reviewer}: ${one.mark}${one.reason ? ` (${one.reason})` : ""}`,
        }),
      ),
    ),
    reason ? el("p", { class: "why", text: detail ? `${reason}: ${detail}` : reason }) : "",
    el("h2", { text: pair.question || "(no question)" }),
    was(pair.original_question),
    el("h3", { text: "Answer" }),
    el("p", { text: pair.answer }),
    was(pair.original_answer),
    el("h3", { text: "Evaluation criteria" }),
    el(
      "ul",
      { class: "criteria" },
      pair.evaluation_criteria.map((text) => el("li", { text })),
    ),
    was(pair.original_criteria),
    el("h3", { text: "Evidence" }),
    pair.evidence.map((text, k) =>
      el("blockquote", {}, evidence_figures?.[k] ? figureShown(evidence_figures[k], "") : "", text),
    ),
    checkTable(pair.checks),
    el("h3", { text: "Origin" }),
    el("p", {
      class: "faint",
      text: [
        pair.document,
        pair.headings.join(" › "),
        pair.pages.length ? `page ${pair.pages.join(", ")}` : "",
        `round ${pair.iteration}`,
        pair.difficulty,
        pair.category,
        pair.model,
        pair.id,
      ]
        .filter(Boolean)
        .join(" · "),
    }),
  ]
    .filter((part) => part !== "")
    .flat();
}

function checkTable(checks) {
  const rows = Object.entries(checks);
  if (!rows.length) return "";
  return [
    el("h3", { text: "Checks" }),
    el(
      "table",
      {},
      el(
        "tbody",
        {},
        rows.map(([name, { passed, why, checker }]) =>
          el(
            "tr",
            {},
            el("td", { text: name.replaceAll("_", " ") }),
            el("td", { class: passed ? "kept" : "rejected", text: passed ? "passed" : "failed" }),
            el("td", { text: checker || "model" }),
            el("td", { text: why || "" }),
          ),
        ),
      ),
    ),
  ];
}
