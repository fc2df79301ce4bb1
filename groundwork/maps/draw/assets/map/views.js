// The pages of the page: the map, the tags, the numbers, and the tabs that lead from one to the other.

class Views {
  // onshow(id): another one is seen.
  constructor(onshow) {
    this.onshow = onshow;
    this.pages = [];
    this.tabs = el("div", {
      class: "tabs",
      role: "tablist",
      "aria-label": "Views",
      hidden: true,
      onkeydown: (event) => this.#step(event),
    });
    this.node = el("main", { class: "views" });
  }

  add(id, name, ...content) {
    const tab = el(
      "button",
      { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `view-${id}`, onclick: () => this.go(id) },
      name,
    );
    const panel = el(
      "div",
      { class: id === "map" ? "map" : "reading", role: "tabpanel", id: `view-${id}`, "aria-labelledby": `tab-${id}` },
      content,
    );
    this.pages.push({ id, tab, panel });
    this.tabs.append(tab);
    this.tabs.hidden = this.pages.length < 2;
    this.node.append(panel);
  }

  // A page to be read from top to bottom.
  addSheet(id, name, content) {
    this.add(id, name, el("div", { class: "sheet" }, content));
  }

  // Arrows go from tab to tab, as of any row of tabs.
  #step(event) {
    const { pages } = this,
      at = pages.findIndex(({ tab }) => tab === document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: pages.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    const { id, tab } = pages[(to + pages.length) % pages.length];
    this.go(id);
    tab.focus();
    event.preventDefault();
  }

  go(id) {
    for (const page of this.pages) {
      page.panel.hidden = page.id !== id;
      page.tab.setAttribute("aria-selected", String(page.id === id));
      page.tab.tabIndex = page.id === id ? 0 : -1;
    }
    document.body.dataset.view = id;
    this.onshow(id);
  }
}
