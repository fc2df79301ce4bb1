// The document as it reads: its blocks, and each statement shaded by who asks about it.

const DRAWN_STYLES = ["link", "image", "math", "code"]; // whose classes have the style's own name

const MOST_CORRECTIONS = 10; // frames

// Cells out of sight have an estimated height until they are drawn, so the place moves while one comes near: the jump is
// made again in each frame until it rests.
function bringIntoView(node, block, before = null, left = MOST_CORRECTIONS) {
  if (!node || left === 0) return;
  node.scrollIntoView({ block, behavior: "instant" });
  const now = node.getBoundingClientRect().top;
  if (now !== before) requestAnimationFrame(() => bringIntoView(node, block, now, left - 1));
}

class DocumentText {
  constructor(tally, wishes) {
    this.doc = tally.doc;
    this.tally = tally;
    this.wishes = wishes;
    this.node = el("main", {
      class: "desk",
      id: "document",
      lang: this.doc.language,
      tabindex: 0,
      "aria-label": "The document. Up and down step through its sentences, N goes to the next that nobody asks about.",
      "aria-describedby": "told",
    });
    this.node.addEventListener("pointerover", (event) => this.#point(event));
  }

  // A column for each of `runs` ("": all of them together).
  draw(runs) {
    const { doc, tally } = this;
    const sheets = el("div", { class: "sheets", style: { "--columns": runs.length } });
    if (tally.several) sheets.append(...runs.map((run) => this.#heading(run)));
    let page = 0;
    for (const part of doc.blocks) {
      const now = tally.pageOf(part.start, page);
      const label = now !== page ? el("p", { class: "page", dir: "ltr", text: `p. ${now}` }) : null;
      sheets.append(
        ...runs.map((run, k) =>
          el("div", { class: k ? "cell" : "cell first", dir: "auto" }, k ? null : label, this.#block(part, run)),
        ),
      );
      page = now;
    }
    this.node.replaceChildren(sheets);
    setTimeout(() => this.#reachTables());
  }

  // The nodes of one statement: one a column.
  nodesOf(index) {
    return this.node.querySelectorAll(`[data-p="${index}"]`);
  }

  // Only the statement `index` has the class `name` (null: none has).
  markAlone(name, index) {
    for (const other of this.node.querySelectorAll(`.${name}`)) other.classList.remove(name);
    if (index !== null) for (const node of this.nodesOf(index)) node.classList.add(name);
  }

  tellWish(index) {
    const wished = this.wishes.has(this.tally.places[index]);
    for (const node of this.nodesOf(index)) node.classList.toggle("wished", wished);
  }

  reveal(index) {
    bringIntoView(this.nodesOf(index)[0], "center");
  }

  goTo(start) {
    const heads = [...this.node.querySelectorAll("[data-start]")];
    const target = heads.find((node) => Number(node.dataset.start) >= start) || this.node.firstChild;
    bringIntoView(target, "start");
  }

  #point(event) {
    const index = event.target.closest("[data-p]")?.dataset.p ?? null;
    if (index === this.pointed) return;
    this.pointed = index;
    this.markAlone("hot", index);
  }

  // A table that is wider than its place is scrolled, by the keyboard too.
  #reachTables() {
    for (const grid of this.node.querySelectorAll(".grid")) {
      if (grid.scrollWidth > grid.clientWidth)
        fill(grid, { tabindex: 0, role: "group", "aria-label": "Table, wider than the page" });
    }
  }

  #heading(run) {
    const counts = this.doc.whole[run];
    const asked = Object.entries(KIND_NAMES).filter(([kind]) => counts[kind].of);
    const text = asked.map(([kind, name]) => `${shareText(counts[kind])} of the ${name}`).join(" · ");
    const mark = run ? this.tally.mark(run) : null;
    return el(
      "div",
      { class: "head" },
      el("b", { class: "chip" }, mark, run || "All runs together"),
      el("p", { text }),
    );
  }

  #block(part, run) {
    const left = this.doc.leftOut.find((range) => range.start <= part.start && part.start < range.end);
    const node = this.#read(part, run);
    if (!left) return node;
    node.classList.add("left");
    const first = left.start === part.start || this.doc.blocks.find((other) => other.start >= left.start) === part;
    return [first ? el("p", { class: "why", text: `left out of the questions: ${left.why}` }) : null, node];
  }

  #read(part, run) {
    if (part.kind === "table") return this.#table(part, run);
    if (part.kind === "figure") return figureNode(this.tally, part.figure, run);
    const pieces = this.#pieces(part.pieces, run);
    if (part.kind === "heading")
      return el(["h2", "h2", "h3", "h4"][part.level] || "h4", { "data-start": part.start }, pieces);
    if (part.kind === "item") {
      const depth = { class: "item", style: { "--depth": part.depth } };
      return el("div", depth, el("span", { text: part.marker }), el("span", {}, pieces));
    }
    if (part.kind === "code" || part.kind === "formula") return el("pre", {}, pieces);
    return el(part.kind === "quote" ? "blockquote" : "p", {}, pieces);
  }

  #table(part, run) {
    const head = part.head.map((row) =>
      el(
        "tr",
        {},
        row.map((cell) => el(cell.length ? "th" : "td", {}, this.#pieces(cell, run))),
      ),
    );
    const rows = part.rows.map(({ cells, statement }) => {
      const attributes = statement < 0 ? {} : { class: this.#shade(statement, run), "data-p": statement };
      return el(
        "tr",
        attributes,
        cells.map((cell) => el("td", {}, this.#pieces(cell, run))),
      );
    });
    return el(
      "div",
      { class: "grid" },
      el("table", {}, head.length ? el("thead", {}, head) : null, el("tbody", {}, rows)),
    );
  }

  // Pieces of one statement go into one element, so that its shading is whole and a click finds it.
  #pieces(pieces, run) {
    const nodes = [];
    let own = null;
    let last = -1;
    for (const piece of pieces) {
      const statement = piece[2];
      const node = this.#piece(piece, run);
      if (statement < 0) nodes.push(node);
      else if (statement === last) own.append(node);
      else {
        own = el("span", { class: this.#shade(statement, run), "data-p": statement }, node);
        nodes.push(own);
      }
      last = statement;
    }
    return nodes;
  }

  #piece([text, style, statement, number], run) {
    const styles = style.split(" ").filter(Boolean);
    const classes = styles.map((name) => (DRAWN_STYLES.includes(name) ? name : `style-${name}`));
    if (number >= 0) classes.push("num", this.#ofNumber(statement, number, run));
    const lines = text.split("\u2028").flatMap((line, k) => (k ? [el("br"), line] : [line]));
    return classes.length || lines.length > 1 ? el("span", { class: classes.join(" ").trim() }, lines) : new Text(text);
  }

  #ofNumber(statement, number, run) {
    if (this.tally.askedBy(this.tally.places[number], run).length) return "yes";
    return this.tally.touched(statement, number, run) ? "no" : "";
  }

  #shade(index, run) {
    const { tally } = this;
    const place = tally.places[index];
    const count = tally.askedBy(place, run).length;
    const classes = ["s", `n${Math.min(4, count)}`];
    if (!count && tally.declinedBy(place, run).length) classes.push("declined");
    else if (!count && tally.likelyBy(place, run).length) classes.push("maybe");
    if (this.wishes.has(place)) classes.push("wished");
    return classes.join(" ");
  }
}
