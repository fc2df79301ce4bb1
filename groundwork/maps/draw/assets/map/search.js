// The search field in the page's head, how many points are lit, and the way to a list of them.

class Search {
  #timer = 0;

  // onlook(): the reader looks for something. onlist(): what is found is to be listed.
  constructor(points, filter, { onlook, onlist }) {
    this.points = points;
    this.filter = filter;
    this.onlook = onlook;
    this.found = el("output", { class: "found", id: "found", "aria-live": "polite" });
    this.list = el(
      "button",
      {
        type: "button",
        class: "link",
        id: "list",
        title: "List them, to read and to download",
        hidden: true,
        onclick: onlist,
      },
      "List",
    );
    this.field = el("input", {
      type: "search",
      id: "search",
      placeholder: `Search ${points.noun}s`,
      "aria-label": "Search",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.#later(),
      onkeydown: (event) => {
        if (event.key !== "Enter") return;
        this.run();
        if (filter.kept.search) onlist();
      },
    });
    this.node = el(
      "div",
      { class: "searchbox" },
      icon("M10.500 4a6.500 6.500 0 1 0 0 13a6.500 6.500 0 1 0 0-13Z M15.300 15.300 20.500 20.500"),
      this.field,
      this.found,
      this.list,
    );
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.run(), this.points.count > 20_000 ? 120 : 20);
  }

  run(query = this.field.value) {
    this.field.value = query;
    if (query.trim()) this.onlook();
    this.filter.keep("search", this.points.search(query));
  }

  clear() {
    this.field.value = "";
  }

  focus() {
    this.field.focus();
    this.field.select();
  }

  tell() {
    const { filter, points } = this,
      lit = filter.isNarrowed ? filter.lit().length : 0;
    this.found.textContent = filter.isNarrowed ? `${number(lit)} of ${number(points.count)}` : "";
    this.list.hidden = lit === 0 || Boolean(filter.kept.selection);
  }
}
