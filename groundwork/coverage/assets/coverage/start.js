// The coverage page: the document, its sections, and the panel that says who asks. Gaps can be walked.

class CoveragePage {
  #view = ""; // "": all runs together, a run's name, or "*": side by side
  #open = -1; // the statement that the panel shows
  #section = null; // the section that the panel shows, or leads back to

  constructor(tally, wishes) {
    this.doc = tally.doc;
    this.tally = tally;
    this.wishes = wishes;
    this.text = new DocumentText(tally, wishes);
    this.outline = new Outline(tally, (part) => {
      this.#goTo(part);
      this.#showSection(part);
    });
    this.panel = el("aside", { class: "panel", id: "panel", tabindex: -1, "aria-label": "Coverage" });
    this.told = el("p", { class: "unseen", id: "told", role: "status" });
    this.sheets = new Sheets(this.panel, { onopen: () => this.#openOverview(), onclose: () => this.#closePanel() });
    this.#compose();
    this.#listen();
    this.#render();
  }

  #compose() {
    const columns = el("div", { class: "columns" }, this.outline.node, this.text.node, this.panel);
    document.body.append(this.#header(), columns, this.told);
  }

  #header() {
    const { doc, tally } = this;
    const runs = [["", "Together"], ...doc.runs.map((run) => [run, run]), ["*", "Side by side"]];
    const by = tally.several ? plural(doc.runs.length, "run") : doc.runs[0] || "nobody";
    const look = (value) => {
      this.#view = value;
      this.#render();
    };
    const modes = [
      ["asked", "Asked"],
      ["gaps", "Not asked"],
    ];
    return el(
      "header",
      { class: "top" },
      el(
        "div",
        { class: "titles" },
        el("h1", { text: doc.title }),
        el("p", { text: `${plural(doc.questions.length, "question")} by ${by}` }),
      ),
      tally.several ? this.#pills("view", "Runs", runs, this.#view, look) : null,
      this.#pills("mode", "Show", modes, "asked", (value) => document.body.classList.toggle("gaps", value === "gaps")),
      this.sheets.sections,
      this.sheets.overview,
      theme.start(),
    );
  }

  #pills(name, label, choices, value, change) {
    const pill = ([id, text]) => {
      const radio = { type: "radio", name, value: id, checked: id === value, onchange: () => change(id) };
      return el(
        "label",
        {},
        el("input", radio),
        el("span", {}, this.tally.looks.has(id) ? this.tally.mark(id) : null, text),
      );
    };
    return el("div", { class: "pills", id: name, role: "radiogroup", "aria-label": label }, choices.map(pill));
  }

  // The run that the panel speaks of; "": all of them.
  get #run() {
    return this.#view === "*" ? "" : this.#view;
  }

  #render() {
    const side = this.#view === "*";
    const runs = side ? this.doc.runs : [this.#view];
    document.body.classList.toggle("side", side);
    this.text.draw(runs);
    this.outline.draw(runs, side);
    if (this.#open >= 0) this.#show(this.#open, false);
    else if (this.#section) this.#showSection(this.#section);
    else this.#overview();
  }

  // ---- the panel ---------------------------------------------------------------------------------------------------
  #fillPanel(...content) {
    const close = { type: "button", class: "icon close", "aria-label": "Close", onclick: () => this.#closePanel() };
    this.panel.replaceChildren(el("button", close, icon("M6 6l12 12 M18 6 6 18")), ...content.flat());
    this.panel.scrollTop = 0;
    this.outline.mark(this.#section);
    this.sheets.tell();
  }

  #link(id, text, onclick, attributes = {}) {
    return el("button", { type: "button", class: "link", id, onclick, ...attributes }, text);
  }

  #back(text, onclick) {
    return this.#link("back", `← ${text}`, onclick, { class: "link back" });
  }

  #overview() {
    this.#close();
    this.#section = null;
    this.panel.classList.remove("picked");
    const onsection = (part) => {
      this.#goTo(part);
      this.#showSection(part, true);
    };
    this.#fillPanel(overviewCards(this.tally, this.#run, { onsection, ongap: (index) => this.#pickGap(index) }));
  }

  #openOverview() {
    this.#overview();
    this.panel.classList.add("picked");
    this.sheets.tell();
    this.panel.focus();
  }

  #closePanel() {
    this.#overview();
    this.text.node.focus({ preventScroll: true });
  }

  #goTo(part) {
    this.text.goTo(part.start);
    this.sheets.toggleSections(false);
  }

  #pickGap(index) {
    this.#show(index, false);
    this.text.reveal(index);
  }

  // What nobody asks in one section.
  #showSection(part, focus = false) {
    this.#close();
    this.#section = part;
    this.panel.classList.add("picked");
    const back = this.#back("Overview", () => {
      this.#overview();
      this.panel.focus();
    });
    this.#fillPanel(
      back,
      sectionCards(this.tally, this.#run, part, (index) => this.#pickGap(index)),
    );
    const { asked, of } = statements(part.counts[this.#run]);
    this.told.textContent = `${part.title}: ${number(asked)} of ${number(of)} asked about`;
    if (focus) this.panel.focus();
  }

  // Who asks about one figure.
  #showFigure(index) {
    this.#close();
    this.panel.classList.add("picked");
    const back = this.#back("Overview", () => this.#openOverview());
    this.#fillPanel(back, figureCards(this.tally, this.tally.doc.figures[index], this.#run));
  }

  // Who asks about one statement.
  #show(index, focus = true) {
    this.#close();
    this.#open = index;
    this.text.markAlone("open", index);
    this.panel.classList.add("picked");
    const place = this.tally.places[index];
    const wish = this.wishes.control(place, this.#run, () => this.text.tellWish(index));
    this.#fillPanel(this.#ways(), statementCards(this.tally, this.#run, place, wish));
    const sure = this.tally.askedBy(place, this.#run).length;
    const asked = sure ? `Asked by ${plural(sure, "question")}` : "Nobody asks";
    this.told.textContent = `${asked}: ${this.tally.textOf(index)}`;
    if (focus) this.text.node.focus({ preventScroll: true });
  }

  // From a statement back to its section or the overview, and on to the next gap.
  #ways() {
    const section = this.#section;
    const overview = () => {
      this.#overview();
      this.panel.focus();
    };
    const title = "The next that nobody asks about (N)";
    return el(
      "div",
      { class: "ways" },
      section ? this.#back(section.title, () => this.#showSection(section, true)) : this.#back("Overview", overview),
      this.#link("next-gap", "Next gap →", () => this.#nextGap(), { title }),
    );
  }

  // No statement is open any more.
  #close() {
    this.#open = -1;
    this.text.markAlone("open", null);
  }

  // ---- pointing and keys -------------------------------------------------------------------------------------------
  #listen() {
    this.text.node.addEventListener("click", (event) => {
      const node = event.target.closest("[data-p], [data-figure]");
      if (node?.dataset.figure) this.#showFigure(Number(node.dataset.figure));
      else if (node) this.#show(Number(node.dataset.p));
      else if (this.#open >= 0) this.#overview();
    });
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #onKey(event) {
    if (event.key === "Escape") this.sheets.escape();
    if (event.key === "Escape" || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (event.key.toLowerCase() === "n") this.#nextGap();
    else if (way && document.activeElement === this.text.node) this.#step(way, () => true);
    else return;
    event.preventDefault();
  }

  #nextGap() {
    const { tally } = this;
    this.#step(1, (place) => !tally.askedBy(place, this.#run).length && !tally.declinedBy(place, this.#run).length);
  }

  #step(way, wanted) {
    const { places } = this.tally;
    const from = this.#open >= 0 ? this.#open + way : way > 0 ? 0 : places.length - 1;
    for (let k = from; k >= 0 && k < places.length; k += way) {
      if (places[k].kind === "number" || !wanted(places[k])) continue;
      this.#show(k);
      this.text.reveal(k);
      return;
    }
  }
}

async function startCoverage() {
  const [colours, doc] = await Promise.all([block("palette"), block("coverage")]);
  usePalette(colours);
  const wishes = new Wishes(doc);
  await wishes.load();
  new CoveragePage(new Tally(doc, colours.marks), wishes);
  document.documentElement.dataset.ready = document.documentElement.dataset.details = "true";
}

startCoverage();
