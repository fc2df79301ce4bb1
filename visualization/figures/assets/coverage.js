// The document as it reads. A click on a sentence shows who asks about it; sections carry bars; gaps can be walked.

const KIND_NAMES = { sentence: "sentences", number: "numbers", row: "table rows" };
const GAPS_AT_ONCE = 60;

async function startCoverage() {
  const [colours, doc] = await Promise.all([block("palette"), block("coverage")]);
  usePalette(colours);
  const places = doc.places.map(([kind, start, asked, likely], index) => ({ index, kind, start, asked, likely }));
  const several = doc.runs.length > 1;
  const look = new Map(doc.runs.map((run, k) => [run, { colour: `var(--c${k % 8})`, mark: colours.marks[k % 8] }]));
  let view = ""; // "": all runs together, a run's name, or "*": side by side
  let open = -1;

  const desk = el("main", { class: "desk", id: "document", lang: doc.language, tabindex: 0, "aria-label": "The document. Up and down step through its sentences, N goes to the next that nobody asks about." });
  const outline = el("nav", { class: "outline", id: "outline", "aria-label": "Sections" });
  const panel = el("aside", { class: "panel", id: "panel", "aria-label": "Questions", "aria-live": "polite" });
  const columns = el("div", { class: "columns" }, outline, desk, panel);
  document.body.append(el("header", { class: "top" },
    el("div", { class: "titles" }, el("h1", { text: doc.title }),
      el("p", { text: `${plural(doc.questions.length, "question")} by ${several ? plural(doc.runs.length, "run") : doc.runs[0] || "nobody"}` })),
    several ? pills("view", [["", "Together"], ...doc.runs.map((run) => [run, run]), ["*", "Side by side"]], view, (value) => { view = value; render(); }) : null,
    pills("mode", [["asked", "Asked"], ["gaps", "Not asked"]], "asked", (value) => document.body.classList.toggle("gaps", value === "gaps")),
    theme.start()), columns);

  function pills(name, choices, value, change) {
    return el("div", { class: "pills", id: name, role: "radiogroup", "aria-label": name === "view" ? "Runs" : "Show" }, choices.map(([id, text]) =>
      el("label", {}, el("input", { type: "radio", name, value: id, checked: id === value, onchange: () => change(id) }),
        el("span", {}, look.has(id) ? swatch(look.get(id).colour, look.get(id).mark) : null, text))));
  }

  const askedBy = (place, run) => (run ? place.asked.filter((q) => doc.questions[q].run === run) : place.asked);
  const likelyBy = (place, run) => (run ? place.likely.filter((q) => doc.questions[q].run === run) : place.likely);
  const shown = () => (view === "*" ? doc.runs : [view]);
  const share = (count) => (count.of ? `${number((count.asked / count.of) * 100)}%` : "–");
  const statements = (counts) => ({ of: counts.sentence.of + counts.row.of, asked: counts.sentence.asked + counts.row.asked });

  // ---- the document ----------------------------------------------------------------------------------------------
  function render() {
    const runs = shown();
    document.body.classList.toggle("side", view === "*");
    const sheets = el("div", { class: "sheets", style: { "--columns": runs.length } });
    if (several) sheets.append(...runs.map((run) => heading(run)));
    let page = 0;
    for (const part of doc.blocks) {
      const number = pageAt(part.start, page);
      sheets.append(...runs.map((run, k) => el("div", { class: k ? "cell" : "cell first", dir: "auto" },
        number !== page && k === 0 ? el("p", { class: "page", dir: "ltr", text: `p. ${number}` }) : null, blockNode(part, run))));
      page = number;
    }
    desk.replaceChildren(sheets);
    buildOutline();
    if (open >= 0) show(open, false); else overview();
  }

  function heading(run) {
    const counts = doc.whole[run];
    return el("div", { class: "head" }, el("b", { class: "chip" }, run ? swatch(look.get(run).colour, look.get(run).mark) : null, run || "All runs together"),
      el("p", { text: Object.entries(KIND_NAMES).filter(([kind]) => counts[kind].of).map(([kind, name]) => `${share(counts[kind])} of the ${name}`).join(" · ") }));
  }

  function pageAt(start, page) {
    let found = page;
    for (const [number, from] of doc.pages) { if (from <= start && number > found) found = number; else if (from > start) break; }
    return found;
  }

  function blockNode(part, run) {
    const left = doc.leftOut.find((range) => range.start <= part.start && part.start < range.end);
    const node = makeBlock(part, run);
    if (!left) return node;
    node.classList.add("left");
    return [left.start === part.start || doc.blocks.find((other) => other.start >= left.start) === part
      ? el("p", { class: "why", text: `left out of the questions: ${left.why}` }) : null, node];
  }

  function makeBlock(part, run) {
    if (part.kind === "heading") return el(["h2", "h2", "h3", "h4"][part.level] || "h4", { "data-start": part.start }, runsOf(part.pieces, run));
    if (part.kind === "item") return el("div", { class: "item", style: { "--depth": part.depth } }, el("span", { text: part.marker }), el("span", {}, runsOf(part.pieces, run)));
    if (part.kind === "table") return tableNode(part, run);
    if (part.kind === "code" || part.kind === "formula") return el("pre", {}, runsOf(part.pieces, run));
    return el(part.kind === "quote" ? "blockquote" : "p", {}, runsOf(part.pieces, run));
  }

  function tableNode(part, run) {
    return el("div", { class: "grid" }, el("table", {},
      part.head.length ? el("thead", {}, part.head.map((row) => el("tr", {}, row.map((cell) => el("th", {}, runsOf(cell, run)))))) : null,
      el("tbody", {}, part.rows.map((row) => {
        const cells = row.cells.map((cell) => el("td", {}, runsOf(cell, run)));
        return row.statement < 0 ? el("tr", {}, cells) : el("tr", { class: shade(row.statement, run), "data-p": row.statement }, cells);
      }))));
  }

  // Pieces of one statement go into one element, so that its shading is whole and a click finds it.
  function runsOf(pieces, run) {
    const nodes = [];
    let own = null, last = -1;
    for (const piece of pieces) {
      const statement = piece[2];
      if (statement < 0) nodes.push(pieceNode(piece, run));
      else if (statement === last) own.append(pieceNode(piece, run));
      else nodes.push(own = el("span", { class: shade(statement, run), "data-p": statement }, pieceNode(piece, run)));
      last = statement;
    }
    return nodes;
  }

  function pieceNode([text, style, statement, number], run) {
    const classes = style.split(" ").filter(Boolean).map((name) => (["link", "image", "math", "code"].includes(name) ? name : `style-${name}`));
    if (number >= 0) classes.push("num", askedBy(places[number], run).length ? "yes" : touched(statement, number, run) ? "no" : "");
    const lines = text.split("\u2028").flatMap((line, k) => (k ? [el("br"), line] : [line]));
    return classes.length || lines.length > 1 ? el("span", { class: classes.join(" ").trim() }, lines) : new Text(text);
  }

  // A number is missing only where its sentence is asked about; elsewhere the sentence is what is missing.
  function touched(statement, number, run) {
    const own = statement >= 0 ? statement : statementOf(number);
    return own >= 0 && askedBy(places[own], run).length > 0;
  }

  function statementOf(number) {
    for (let k = number - 1; k >= 0; k--) if (places[k].kind !== "number") return k;
    return -1;
  }

  function shade(index, run) {
    const count = askedBy(places[index], run).length;
    return `s n${Math.min(4, count)}${count === 0 && likelyBy(places[index], run).length ? " maybe" : ""}`;
  }

  // ---- sections --------------------------------------------------------------------------------------------------
  function buildOutline() {
    const runs = shown(), deepest = Math.min(...doc.sections.map((s) => s.level));
    outline.replaceChildren(el("h2", { text: "Asked about, by section" }), ...doc.sections.map((part) => {
      const counts = runs.map((run) => statements(part.counts[run]));
      return el("button", { type: "button", class: part.level === deepest ? "chapter" : null, style: { "padding-left": `${6 + (part.level - deepest) * 12}px` },
        onclick: () => goTo(part.start) },
      el("span", { class: "name", text: part.title, title: part.headings.join(" › ") }),
      el("span", { class: "share", text: counts[0].of ? counts.map(share).join(" · ") : "" }),
      counts[0].of ? el("span", { class: "meters" }, counts.map((count, k) => el("span", { class: "meter" },
        el("i", { style: { width: `${(count.asked / count.of) * 100}%`, ...(view === "*" ? { background: look.get(runs[k]).colour } : {}) } })))) : null);
    }));
  }

  function goTo(start) {
    const heads = [...desk.querySelectorAll("[data-start]")];
    const target = heads.find((node) => Number(node.dataset.start) >= start) || desk.firstChild;
    target.scrollIntoView({ block: "start" });
  }

  // ---- the panel -------------------------------------------------------------------------------------------------
  function overview() {
    open = -1;
    panel.classList.remove("picked");
    const run = view === "*" ? "" : view, counts = doc.whole[run];
    const lost = doc.questions.filter((q) => !q.placed && (!run || q.run === run)).length;
    const missing = places.filter((place) => place.kind !== "number" && !askedBy(place, run).length);
    panel.replaceChildren(
      el("div", { class: "score" }, Object.entries(KIND_NAMES).map(([kind, name]) =>
        el("div", {}, el("b", { text: share(counts[kind]) }), el("span", { text: counts[kind].of ? `of ${number(counts[kind].of)} ${name}` : `no ${name}` })))),
      several ? runTable() : "",
      el("section", {}, el("h3", { text: "How to read it" }), el("p", { class: "legend-line" },
        ["nobody asks", "one question", "two", "three", "four or more"].map((text, k) => el("span", { class: `s n${k}`, text })),
        el("span", { class: "s n0 maybe", text: "perhaps, by meaning" }), el("span", { class: "num yes", text: "number asked" }), el("span", { class: "num no", text: "number missed" })),
      el("p", { class: "faint", text: "Click a sentence or a table row to see its questions. N goes to the next that nobody asks about." })),
      lost ? el("p", { class: "faint", text: `${plural(lost, "question")} could not be placed on the text.` }) : "",
      el("section", { class: "missing", id: "missing" }, el("h3", { text: `Nobody asks about ${plural(missing.length, "statement")}` }), gapList(missing)));
  }

  function runTable() {
    return el("table", {}, el("thead", {}, el("tr", {}, el("th", { text: "Run" }), Object.values(KIND_NAMES).map((name) => el("th", { class: "number", text: name })))),
      el("tbody", {}, ["", ...doc.runs].map((run) => el("tr", {}, el("td", {}, run ? el("span", { class: "chip" }, swatch(look.get(run).colour, look.get(run).mark), run) : "together"),
        Object.keys(KIND_NAMES).map((kind) => el("td", { class: "number", text: share(doc.whole[run][kind]) }))))));
  }

  function gapList(missing) {
    const list = el("ul"), more = el("button", { type: "button", class: "more", onclick: () => grow() });
    let at = 0, last = "";
    function grow() {
      for (const place of missing.slice(at, at + GAPS_AT_ONCE)) {
        const where = sectionOf(place.start);
        if (where !== last) list.append(el("li", { class: "where", text: where }));
        last = where;
        list.append(el("li", {}, el("button", { type: "button", onclick: () => { show(place.index, false); reveal(place.index); } }, cut(textOf(place.index), 180))));
      }
      at += GAPS_AT_ONCE;
      more.hidden = at >= missing.length;
      more.textContent = `Show ${number(Math.min(GAPS_AT_ONCE, missing.length - at))} more of ${number(missing.length)}`;
    }
    grow();
    return [list, more];
  }

  function sectionOf(start) {
    let found = "";
    for (const part of doc.sections) { if (part.start <= start) found = part.title; else break; }
    return found;
  }

  const texts = new Map();
  function textOf(index) {
    if (!texts.size) collectTexts();
    return (texts.get(index) || "").replace(/\s+/g, " ").trim();
  }

  function collectTexts() {
    const add = (index, text) => { if (index >= 0) texts.set(index, (texts.get(index) || "") + text); };
    for (const part of doc.blocks) {
      for (const [text, , statement] of part.pieces || []) add(statement, text);
      for (const row of part.rows || []) add(row.statement, row.cells.map((cell) => cell.map(([text]) => text).join("")).filter(Boolean).join(" · "));
    }
  }

  function show(index, focus = true) {
    open = index;
    const place = places[index], run = view === "*" ? "" : view;
    const sure = askedBy(place, run), perhaps = likelyBy(place, run).filter((q) => !sure.includes(q));
    for (const node of desk.querySelectorAll(".open")) node.classList.remove("open");
    for (const node of desk.querySelectorAll(`[data-p="${index}"]`)) node.classList.add("open");
    panel.classList.add("picked");
    panel.replaceChildren(
      el("button", { type: "button", class: "link back", id: "back", onclick: () => { close(); } }, "← Overview"),
      el("p", { class: "quote", text: textOf(index) }),
      sure.length ? group(`Asked by ${plural(sure.length, "question")}`, sure) : el("section", {}, el("h3", { text: "Nobody asks about this yet" }),
        el("p", { class: "faint", text: "No question quotes it as evidence or says it in its answer." })),
      perhaps.length ? group("Perhaps meant by", perhaps) : "");
    panel.scrollTop = 0;
    if (focus) desk.focus({ preventScroll: true });
  }

  function close() {
    for (const node of desk.querySelectorAll(".open")) node.classList.remove("open");
    overview();
  }

  function group(title, indices) {
    const byRun = Map.groupBy ? Map.groupBy(indices, (q) => doc.questions[q].run) : new Map(doc.runs.map((run) => [run, indices.filter((q) => doc.questions[q].run === run)]).filter(([, own]) => own.length));
    return el("section", {}, el("h3", { text: title }), [...byRun].map(([run, own]) => [
      several ? el("p", { class: "by" }, swatch(look.get(run).colour, look.get(run).mark), run) : null,
      own.map((q, k) => ask(doc.questions[q], indices.length === 1 && k === 0)),
    ]));
  }

  function ask(pair, opened) {
    return el("details", { class: "ask", open: opened }, el("summary", { text: pair.question }),
      el("p", { text: pair.answer }),
      pair.criteria.length ? el("ul", {}, pair.criteria.map((text) => el("li", { text }))) : null,
      pair.evidence.map((text) => el("blockquote", { text })),
      el("p", { class: "faint", text: [pair.difficulty, pair.category].filter(Boolean).join(" · ") }));
  }

  // ---- pointing and keys -------------------------------------------------------------------------------------------
  let hot = null;
  desk.addEventListener("pointerover", (event) => {
    const node = event.target.closest("[data-p]"), index = node ? node.dataset.p : null;
    if (index === hot) return;
    for (const other of desk.querySelectorAll(".hot")) other.classList.remove("hot");
    hot = index;
    if (index !== null) for (const other of desk.querySelectorAll(`[data-p="${index}"]`)) other.classList.add("hot");
  });
  desk.addEventListener("click", (event) => {
    const node = event.target.closest("[data-p]");
    if (node) show(Number(node.dataset.p)); else if (open >= 0) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open >= 0) { close(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const down = event.key === "ArrowDown" || event.key === "j", up = event.key === "ArrowUp" || event.key === "k";
    if (event.key.toLowerCase() === "n") step(1, (place) => !askedBy(place, view === "*" ? "" : view).length);
    else if ((down || up) && document.activeElement === desk) step(down ? 1 : -1, () => true);
    else return;
    event.preventDefault();
  });

  function step(way, wanted) {
    for (let k = open < 0 ? (way > 0 ? 0 : places.length - 1) : open + way; k >= 0 && k < places.length; k += way) {
      if (places[k].kind === "number" || !wanted(places[k])) continue;
      show(k);
      reveal(k);
      return;
    }
  }

  function reveal(index) {
    const node = desk.querySelector(`[data-p="${index}"]`);
    if (node) node.scrollIntoView({ block: "center" });
  }

  render();
  document.documentElement.dataset.ready = document.documentElement.dataset.details = "true";
}
