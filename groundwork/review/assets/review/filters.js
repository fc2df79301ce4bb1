// Which rows are shown: a control a column, and the words of the search.

const MOST_OPTIONS = 200; // of a list; longer ones are typed into
const DECIDED = {
  "undecided by me": ([mine]) => !mine,
  "decided by me": ([mine]) => mine,
  accepted: ([mine]) => mine === "accept" || mine === "edit",
  edited: ([mine]) => mine === "edit",
  rejected: ([mine]) => mine === "reject",
  "decided by others": ([, others]) => others,
  disagreement: ([mine, others]) =>
    mine && others?.split(", ").some((one) => one.endsWith(": reject") !== (mine === "reject")),
};

class Filters {
  constructor(data, marks, onchange) {
    this.data = data;
    this.marks = marks;
    this.tests = new Map(); // column -> row -> is it shown
    this.found = null; // the rows that the search found
    this.onchange = onchange;
    const lists = [
      ["state", "State"],
      ["document", "Document"],
      ["section", "Section"],
      ["check", "Check"],
      ["reason", "Reason"],
      ["difficulty", "Difficulty"],
      ["category", "Category"],
    ];
    this.controls = el(
      "div",
      { class: "controls" },
      this.list("decided", "Decided", Object.keys(DECIDED), (name) => (row) => DECIDED[name](marks(row))),
      lists.map(([key, name]) =>
        this.list(
          key,
          name,
          data[key].values,
          (value) => this.equals(key, value),
          (words) => this.holds(key, words),
        ),
      ),
      this.list(
        "tag",
        "Tag",
        data.tags.values,
        (value) => this.tagged((name) => name === value),
        (words) => this.tagged((name) => name.includes(words.toLowerCase())),
      ),
      [
        ["iteration", "Round"],
        ["length", "Length"],
        ["covers", "Covers"],
      ].map(([key, name]) => this.span(key, name)),
      el("button", { type: "button", class: "link clear", onclick: () => this.clear() }, "Clear"),
    );
    this.summary = el("summary", { text: "Filters" });
    this.node = el("details", { class: "filters", open: innerWidth > 900 }, this.summary, this.controls);
  }

  equals(key, value) {
    const { values, index } = this.data[key],
      wanted = values.indexOf(value);
    return (row) => index[row] === wanted;
  }

  holds(key, words) {
    const { values, index } = this.data[key],
      fits = values.map((value) => value.toLowerCase().includes(words.toLowerCase()));
    return (row) => fits[index[row]];
  }

  tagged(fits) {
    const { values, index } = this.data.tags,
      wanted = new Set(values.flatMap((name, k) => (fits(name) ? [k] : [])));
    return (row) => index[row].some((tag) => wanted.has(tag));
  }

  list(key, name, values, equals, holds = null) {
    const named = values.filter(Boolean);
    const control =
      named.length > MOST_OPTIONS && holds
        ? el("input", {
            type: "search",
            placeholder: "contains",
            oninput: () => this.set(key, control, control.value.trim() && holds(control.value.trim())),
          })
        : el(
            "select",
            { onchange: () => this.set(key, control, control.value && equals(control.value)) },
            el("option", { value: "", text: "all" }),
            [...named].sort(byName.compare).map((value) => el("option", { value, text: cut(value, 60) })),
          );
    control.dataset.column = key;
    return el("label", {}, name, control);
  }

  // Numbers as "3", "2-5", ">100" or "<20".
  span(key, name) {
    const input = el("input", {
      type: "text",
      inputmode: "text",
      placeholder: "3 or 2-5, >9",
      "data-column": key,
      oninput: () => {
        const told = input.value.trim().match(/^(?:([<>])\s*(\d+)|(\d+)(?:\s*[-–]\s*(\d+))?)$/);
        if (!told) return this.set(key, input, null);
        const low = told[1] === ">" ? Number(told[2]) + 1 : told[1] ? 0 : Number(told[3]);
        const high = told[1] === "<" ? Number(told[2]) - 1 : told[1] ? Infinity : Number(told[4] ?? told[3]);
        this.set(key, input, (row) => this.data[key][row] >= low && this.data[key][row] <= high);
      },
    });
    return el("label", {}, name, input);
  }

  set(key, control, test) {
    control.classList.toggle("on", Boolean(test));
    if (test) this.tests.set(key, test);
    else this.tests.delete(key);
    this.onchange();
  }

  clear() {
    for (const control of this.controls.querySelectorAll("select, input")) {
      control.value = "";
      control.classList.remove("on");
    }
    this.tests.clear();
    this.onchange();
  }

  rows() {
    const tests = [...this.tests.values()],
      rows = [];
    const all = this.found || null,
      count = all ? all.length : this.data.count;
    for (let k = 0; k < count; k++) {
      const row = all ? all[k] : k;
      if (tests.every((test) => test(row))) rows.push(row);
    }
    this.summary.textContent = `Filters${tests.length ? ` (${tests.length})` : ""} · ${number(rows.length)} of ${plural(this.data.count, "pair")}`;
    return Int32Array.from(rows);
  }
}
