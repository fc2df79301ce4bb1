// The document as it reads. A click on a sentence shows who asks about it; sections carry bars; gaps can be walked.

async function startCoverage() {
  const [colours, doc] = await Promise.all([block("palette"), block("coverage")]);
  usePalette(colours);
  const tally = new Tally(doc, colours.marks), { places, several } = tally, wishes = new Wishes(doc);
  await wishes.load();
  let view = ""; // "": all runs together, a run's name, or "*": side by side
  let open = -1;
  let section = null; // the section that the panel shows, or leads back to

  const desk = el("main", { class: "desk", id: "document", lang: doc.language, tabindex: 0, "aria-label": "The document. Up and down step through its sentences, N goes to the next that nobody asks about.", "aria-describedby": "told" });
  const told = el("p", { class: "unseen", id: "told", role: "status" });
  const outline = el("nav", { class: "outline", id: "outline", "aria-label": "Sections" });
  const panel = el("aside", { class: "panel", id: "panel", tabindex: -1, "aria-label": "Coverage" });
  const columns = el("div", { class: "columns" }, outline, desk, panel);
  document.body.append(el("header", { class: "top" },
    el("div", { class: "titles" }, el("h1", { text: doc.title }),
      el("p", { text: `${plural(doc.questions.length, "question")} by ${several ? plural(doc.runs.length, "run") : doc.runs[0] || "nobody"}` })),
    several ? pills("view", [["", "Together"], ...doc.runs.map((run) => [run, run]), ["*", "Side by side"]], view, (value) => { view = value; render(); }) : null,
    pills("mode", [["asked", "Asked"], ["gaps", "Not asked"]], "asked", (value) => document.body.classList.toggle("gaps", value === "gaps")),
    sheetButton("sections", "Sections", "outline", () => toggle("sections")),
    sheetButton("overview", "Overview", "panel", () => { if (sheetIsOpen()) closeSheet(); else { overview(); panel.classList.add("picked"); tellSheets(); panel.focus(); } }),
    theme.start()), columns, told);

  // In a narrow window sections and overview are sheets over the document, each behind a button.
  function sheetButton(id, text, controls, onclick) {
    return el("button", { type: "button", class: `sheet-button for-${id}`, id: `show-${id}`, "aria-controls": controls, "aria-expanded": "false", onclick }, text);
  }

  function toggle(name, on) {
    document.body.classList.toggle(name, on);
    tellSheets();
  }

  const sheetIsOpen = () => panel.classList.contains("picked");
  function closeSheet() {
    overview();
    desk.focus({ preventScroll: true });
  }

  function tellSheets() {
    document.getElementById("show-sections").setAttribute("aria-expanded", String(document.body.classList.contains("sections")));
    document.getElementById("show-overview").setAttribute("aria-expanded", String(sheetIsOpen()));
  }

  function pills(name, choices, value, change) {
    return el("div", { class: "pills", id: name, role: "radiogroup", "aria-label": name === "view" ? "Runs" : "Show" }, choices.map(([id, text]) =>
      el("label", {}, el("input", { type: "radio", name, value: id, checked: id === value, onchange: () => change(id) }),
        el("span", {}, tally.looks.has(id) ? tally.mark(id) : null, text))));
  }

  const shown = () => (view === "*" ? doc.runs : [view]);
  const runShown = () => (view === "*" ? "" : view);

  // ---- the document ----------------------------------------------------------------------------------------------
  function render() {
    const runs = shown();
    document.body.classList.toggle("side", view === "*");
    const sheets = el("div", { class: "sheets", style: { "--columns": runs.length } });
    if (several) sheets.append(...runs.map((run) => heading(run)));
    let page = 0;
    for (const part of doc.blocks) {
      const number = tally.pageOf(part.start, page);
      sheets.append(...runs.map((run, k) => el("div", { class: k ? "cell" : "cell first", dir: "auto" },
        number !== page && k === 0 ? el("p", { class: "page", dir: "ltr", text: `p. ${number}` }) : null, blockNode(part, run))));
      page = number;
    }
    desk.replaceChildren(sheets);
    setTimeout(reachTables);
    buildOutline();
    if (open >= 0) show(open, false); else if (section) showSection(section); else overview();
  }

  // A table that is wider than its place is scrolled, by the keyboard too.
  function reachTables() {
    for (const grid of desk.querySelectorAll(".grid")) {
      if (grid.scrollWidth > grid.clientWidth) fill(grid, { tabindex: 0, role: "group", "aria-label": "Table, wider than the page" });
    }
  }

  function heading(run) {
    const counts = doc.whole[run];
    return el("div", { class: "head" }, el("b", { class: "chip" }, run ? tally.mark(run) : null, run || "All runs together"),
      el("p", { text: Object.entries(KIND_NAMES).filter(([kind]) => counts[kind].of).map(([kind, name]) => `${shareText(counts[kind])} of the ${name}`).join(" · ") }));
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
      part.head.length ? el("thead", {}, part.head.map((row) => el("tr", {}, row.map((cell) => el(cell.length ? "th" : "td", {}, runsOf(cell, run)))))) : null,
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
      else {
        own = el("span", { class: shade(statement, run), "data-p": statement }, pieceNode(piece, run));
        nodes.push(own);
      }
      last = statement;
    }
    return nodes;
  }

  function pieceNode([text, style, statement, number], run) {
    const classes = style.split(" ").filter(Boolean).map((name) => (["link", "image", "math", "code"].includes(name) ? name : `style-${name}`));
    if (number >= 0) classes.push("num", tally.askedBy(places[number], run).length ? "yes" : tally.touched(statement, number, run) ? "no" : "");
    const lines = text.split("\u2028").flatMap((line, k) => (k ? [el("br"), line] : [line]));
    return classes.length || lines.length > 1 ? el("span", { class: classes.join(" ").trim() }, lines) : new Text(text);
  }

  function shade(index, run) {
    const count = tally.askedBy(places[index], run).length;
    const other = count ? "" : tally.declinedBy(places[index], run).length ? " declined" : tally.likelyBy(places[index], run).length ? " maybe" : "";
    return `s n${Math.min(4, count)}${other}${wishes.has(places[index]) ? " wished" : ""}`;
  }

  // ---- sections --------------------------------------------------------------------------------------------------
  function buildOutline() {
    const runs = shown(), deepest = Math.min(...doc.sections.map((s) => s.level));
    outline.replaceChildren(el("h2", { text: "Asked about, by section" }), ...doc.sections.map((part) => {
      const counts = runs.map((run) => statements(part.counts[run]));
      return el("button", { type: "button", class: part.level === deepest ? "chapter" : null, style: { "padding-left": `${6 + (part.level - deepest) * 12}px` },
        "data-section": part.start, title: "Go there, and list what nobody asks", onclick: () => { goTo(part.start); showSection(part); } },
      el("span", { class: "name", text: part.title, title: part.headings.join(" › ") }),
      el("span", { class: "share", text: counts[0].of ? counts.map(shareText).join(" · ") : "" }),
      counts[0].of ? el("span", { class: "meters" }, counts.map((count, k) => el("span", { class: "meter" },
        el("i", { style: { width: `${(count.asked / count.of) * 100}%`, ...(view === "*" ? { background: tally.looks.get(runs[k]).colour } : {}) } })))) : null);
    }));
    markSection();
  }

  function markSection() {
    for (const node of outline.querySelectorAll("[data-section]")) {
      const here = section && Number(node.dataset.section) === section.start;
      node.classList.toggle("here", Boolean(here));
      if (here) node.setAttribute("aria-current", "true"); else node.removeAttribute("aria-current");
    }
  }

  function goTo(start) {
    const heads = [...desk.querySelectorAll("[data-start]")];
    const target = heads.find((node) => Number(node.dataset.start) >= start) || desk.firstChild;
    target.scrollIntoView({ block: "start" });
    toggle("sections", false);
  }

  // ---- the panel -------------------------------------------------------------------------------------------------
  function fillPanel(...content) {
    panel.replaceChildren(
      el("button", { type: "button", class: "icon close", "aria-label": "Close", onclick: closeSheet }, icon("M6 6l12 12 M18 6 6 18")),
      ...content.flat());
    panel.scrollTop = 0;
    markSection();
    tellSheets();
  }

  function backTo(text, onclick) {
    return el("button", { type: "button", class: "link back", id: "back", onclick }, `← ${text}`);
  }

  const pickGap = (index) => { show(index, false); reveal(index); };

  function overview() {
    close();
    section = null;
    panel.classList.remove("picked");
    fillPanel(overviewCards(tally, runShown(), { onsection: (part) => { goTo(part.start); showSection(part, true); }, ongap: pickGap }));
  }

  function toOverview() {
    overview();
    panel.focus();
  }

  // What nobody asks in one section.
  function showSection(part, focus = false) {
    close();
    section = part;
    panel.classList.add("picked");
    fillPanel(backTo("Overview", toOverview), sectionCards(tally, runShown(), part, pickGap));
    const { asked, of } = statements(part.counts[runShown()]);
    told.textContent = `${part.title}: ${number(asked)} of ${number(of)} asked about`;
    if (focus) panel.focus();
  }

  // Who asks about one statement.
  function show(index, focus = true) {
    close();
    open = index;
    for (const node of desk.querySelectorAll(`[data-p="${index}"]`)) node.classList.add("open");
    panel.classList.add("picked");
    const back = section, sure = tally.askedBy(places[index], runShown()).length;
    fillPanel(
      el("div", { class: "ways" }, back ? backTo(back.title, () => showSection(back, true)) : backTo("Overview", toOverview),
        el("button", { type: "button", class: "link", id: "next-gap", title: "The next that nobody asks about (N)", onclick: () => nextGap() }, "Next gap →")),
      statementCards(tally, runShown(), places[index], wishes.control(places[index], runShown(), () => markWish(index))));
    told.textContent = `${sure ? `Asked by ${plural(sure, "question")}` : "Nobody asks"}: ${tally.textOf(index)}`;
    if (focus) desk.focus({ preventScroll: true });
  }

  function markWish(index) {
    for (const node of desk.querySelectorAll(`[data-p="${index}"]`)) node.classList.toggle("wished", wishes.has(places[index]));
  }

  // No statement is open any more.
  function close() {
    open = -1;
    for (const node of desk.querySelectorAll(".open")) node.classList.remove("open");
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
    if (node) show(Number(node.dataset.p)); else if (open >= 0) overview();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { if (document.body.classList.contains("sections")) toggle("sections", false); else if (sheetIsOpen()) closeSheet(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const down = event.key === "ArrowDown" || event.key === "j", up = event.key === "ArrowUp" || event.key === "k";
    if (event.key.toLowerCase() === "n") nextGap();
    else if ((down || up) && document.activeElement === desk) step(down ? 1 : -1, () => true);
    else return;
    event.preventDefault();
  });

  function nextGap() { step(1, (place) => !tally.askedBy(place, runShown()).length && !tally.declinedBy(place, runShown()).length); }

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
