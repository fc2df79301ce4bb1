// The table: only the rows that can be seen are on the page, so that 100,000 of them scroll as fast as ten.

const AROUND = 6; // rows kept above and below what can be seen

// What the table shows of the columns: how each is named, and its text and all rows in its order. The server has put texts in order.
function columnsOf(data, marks) {
  const indexed = (key, name) => ({
    key,
    name,
    text: (i) => data[key].values[data[key].index[i]],
    order: () => orderOf(ranksOfValues(data[key])),
  });
  const number = (key, name, hint) => ({
    key,
    name,
    hint,
    number: true,
    text: (i) => String(data[key][i]),
    order: () => orderOf(data[key]),
  });
  return [
    {
      key: "mark",
      name: "Decided",
      text: (i) => markText(marks(i)),
      look: (i) => marks(i)[0],
      order: () => orderOf(Array.from({ length: data.count }, (_, i) => markRank(marks(i)))),
      live: true,
    },
    {
      key: "question",
      name: "Question",
      text: (i) => data.question[i] || "(no question)",
      order: () => Int32Array.from(data.orders.question),
    },
    { ...indexed("state", "State"), look: (i) => data.state.values[data.state.index[i]] },
    indexed("reason", "Reason"),
    indexed("check", "Check"),
    indexed("document", "Document"),
    indexed("section", "Section"),
    {
      key: "tags",
      name: "Tags",
      text: (i) => data.tags.index[i].map((t) => data.tags.values[t]).join(", "),
      order: () => Int32Array.from(data.orders.tags),
    },
    number("iteration", "Round", "The round of generation in which it was asked"),
    number("length", "Length", "Characters of the answer"),
    number("covers", "Covers", "Statements, rows and numbers that it touches"),
  ];
}

const SIGNS = { accept: "✓ accepted", edit: "✎ edited", reject: "✗ rejected" };
const markText = ([mine, others]) => SIGNS[mine] || others.replace(/: (\w+)/g, (_, one) => ` ${SIGNS[one][0]}`);
const markRank = ([mine, others]) => ["reject", "edit", "accept"].indexOf(mine) + 1 + (others ? 0.5 : 0);

function ranksOfValues({ values, index }) {
  const lower = values.map((value) => value.toLowerCase());
  const sorted = lower.map((_, k) => k).sort((a, b) => (lower[a] < lower[b] ? -1 : lower[a] > lower[b] ? 1 : 0));
  const ranks = new Int32Array(values.length);
  for (const [rank, value] of sorted.entries()) ranks[value] = rank;
  return index.map((value) => ranks[value]);
}

// The rows by rank, those of one rank as they stand. Rank and row go into one number, so that the sort needs no function.
function orderOf(ranks) {
  const step = 2 ** 21,
    keys = Float64Array.from(ranks, (rank, row) => Math.round(2 * rank) * step + row);
  keys.sort();
  return Int32Array.from(keys, (key) => key % step);
}

class Rows {
  constructor(columns, { onpick, onsort }) {
    this.columns = columns;
    this.order = new Int32Array(0);
    this.row = -1; // the row that is chosen, as a number of the data
    this.by = null;
    this.upward = true;
    this.onpick = onpick;
    this.pool = [];
    this.orders = new Map();
    this.heads = columns.map((column) =>
      el(
        "div",
        { role: "columnheader", class: column.number ? "number" : null, "aria-sort": "none" },
        el(
          "button",
          {
            type: "button",
            title: column.hint || null,
            tabindex: -1,
            onclick: () => {
              this.sortBy(column);
              onsort();
            },
          },
          column.name,
        ),
      ),
    );
    this.space = el("div", { class: "space", role: "rowgroup" });
    this.empty = el("p", { class: "nothing", hidden: true });
    this.node = el(
      "div",
      { class: "list", tabindex: 0, role: "grid", "aria-label": "Pairs", onscroll: () => this.paint() },
      el("div", { class: "grid" }, el("div", { class: "line heads", role: "row" }, this.heads), this.space),
      this.empty,
    );
    this.narrow = matchMedia("(max-width: 900px)");
    this.narrow.addEventListener("change", () => this.resize());
    new ResizeObserver(() => this.paint()).observe(this.node);
  }

  get height() {
    return this.narrow.matches ? 58 : 32;
  }
  get place() {
    return this.order.indexOf(this.row);
  }

  sortBy(column) {
    this.upward = this.by === column ? !this.upward : !column.number;
    this.by = column;
    const way = this.upward ? "ascending" : "descending";
    for (const [k, head] of this.heads.entries()) {
      head.setAttribute("aria-sort", this.columns[k] === column ? way : "none");
    }
  }

  // Show these rows, in the order that is chosen.
  show(rows, nothing) {
    this.order = this.by ? this.sorted(rows) : rows;
    this.empty.textContent = nothing;
    this.empty.hidden = rows.length > 0;
    this.resize();
  }

  sorted(rows) {
    const all = this.orderBy(this.by),
      wanted = new Uint8Array(all.length),
      found = new Int32Array(rows.length);
    for (const row of rows) wanted[row] = 1;
    let at = 0;
    for (let k = 0; k < all.length; k++) {
      const row = all[this.upward ? k : all.length - 1 - k];
      if (wanted[row]) found[at++] = row;
    }
    return found;
  }

  orderBy(column) {
    if (column.live) return column.order();
    if (!this.orders.has(column)) this.orders.set(column, column.order());
    return this.orders.get(column);
  }

  resize() {
    this.node.style.setProperty("--row", `${this.height}px`);
    this.space.style.setProperty("height", `${this.order.length * this.height}px`);
    this.node.setAttribute("aria-rowcount", this.order.length + 1);
    this.paint();
  }

  // Put the rows in sight onto the nodes of the pool; a node keeps its place in order modulo the pool's size.
  paint() {
    const head = this.narrow.matches ? 0 : 30,
      fits = Math.ceil(this.node.clientHeight / this.height) + 2 * AROUND;
    while (this.pool.length < fits) this.pool.push(this.line());
    const first = Math.max(0, Math.floor((this.node.scrollTop - head) / this.height) - AROUND);
    for (let at = first; at < first + this.pool.length; at++) this.fill(this.pool[at % this.pool.length], at);
  }

  line() {
    const cells = this.columns.map((column) =>
      el("span", { role: "gridcell", class: `${column.key}${column.number ? " number" : ""}` }),
    );
    const node = el("div", { class: "line row", role: "row", hidden: true }, cells);
    node.addEventListener("click", () => this.onpick(Number(node.dataset.row)));
    this.space.append(node);
    return { node, cells, at: -1, row: -1 };
  }

  fill(line, at, anew = false) {
    const row = at < this.order.length ? this.order[at] : -1;
    line.node.hidden = row < 0;
    if (row < 0) {
      line.row = -1;
      return;
    }
    if (line.at !== at) line.node.style.setProperty("transform", `translateY(${at * this.height}px)`);
    if (line.row !== row || anew) {
      this.columns.forEach((column, k) => {
        line.cells[k].textContent = column.text(row);
        if (column.look) line.cells[k].className = `${column.key} ${column.look(row)}`;
      });
      line.node.dataset.row = row;
    }
    line.node.setAttribute("aria-rowindex", at + 2);
    line.node.setAttribute("aria-selected", row === this.row);
    line.at = at;
    line.row = row;
  }

  refresh(row) {
    for (const line of this.pool) if (line.row === row && row >= 0) this.fill(line, line.at, true);
  }

  // Choose a row and bring it into sight.
  choose(row) {
    this.row = row;
    const at = this.place;
    if (at >= 0) {
      const head = this.narrow.matches ? 0 : 30,
        top = at * this.height,
        seen = this.node.clientHeight - head;
      if (top < this.node.scrollTop) this.node.scrollTop = top;
      else if (top + this.height > this.node.scrollTop + seen) this.node.scrollTop = top + this.height - seen;
    }
    this.paint();
  }

  // The row `by` places further, or the first where none is chosen or it is not shown.
  next(by) {
    const at = this.place;
    if (!this.order.length) return -1;
    return at < 0 ? this.order[0] : this.order[Math.min(this.order.length - 1, Math.max(0, at + by))];
  }
}
