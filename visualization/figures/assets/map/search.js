// The search field in the page's head, and how many points are lit.

class Search {
  #timer = 0;

  // onenter(): what is found is to be selected.
  constructor(points, filter, onenter) {
    this.points = points;
    this.filter = filter;
    this.found = el("output", { class: "found", id: "found", "aria-live": "polite" });
    this.field = el("input", {
      type: "search", id: "search", placeholder: `Search ${points.noun}s`, "aria-label": "Search", autocomplete: "off",
      spellcheck: "false", oninput: () => this.#later(),
      onkeydown: (event) => {
        if (event.key !== "Enter") return;
        this.run();
        if (filter.kept.search) onenter();
      },
    });
    this.node = el("div", { class: "searchbox" },
      icon("M10.500 4a6.500 6.500 0 1 0 0 13a6.500 6.500 0 1 0 0-13Z M15.300 15.300 20.500 20.500"), this.field, this.found);
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.run(), this.points.count > 20_000 ? 120 : 20);
  }

  run(query = this.field.value) {
    this.field.value = query;
    this.filter.keep("search", this.points.search(query));
  }

  clear() { this.field.value = ""; }

  focus() {
    this.field.focus();
    this.field.select();
  }

  tell() {
    const { filter, points } = this;
    this.found.textContent = filter.isNarrowed ? `${number(filter.lit().length)} of ${number(points.count)}` : "";
  }
}
