// The pages of the page: the map, the tags, the numbers, and the tabs that lead from one to the other.

class Views {
  // onshow(id): another one is seen.
  constructor(onshow) {
    this.onshow = onshow;
    this.pages = [];
    this.tabs = el("nav", { class: "tabs", role: "tablist", hidden: true });
    this.node = el("div", { class: "views" });
  }

  add(id, name, main) {
    const tab = el("button", { type: "button", role: "tab", id: `tab-${id}`, onclick: () => this.go(id) }, name);
    this.pages.push({ id, tab, main });
    this.tabs.append(tab);
    this.tabs.hidden = this.pages.length < 2;
    this.node.append(main);
  }

  // A page to be read from top to bottom.
  addSheet(id, name, content) {
    this.add(id, name, el("main", { class: "reading", id: `view-${id}` }, el("div", { class: "sheet" }, content)));
  }

  go(id) {
    for (const page of this.pages) {
      page.main.hidden = page.id !== id;
      page.tab.setAttribute("aria-selected", String(page.id === id));
    }
    document.body.dataset.view = id;
    this.onshow(id);
  }
}
