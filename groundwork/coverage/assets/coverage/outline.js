// The sections of the document, each with a bar for every run that is shown.

class Outline {
  // onpick(part): a section is chosen.
  constructor(tally, onpick) {
    this.tally = tally;
    this.onpick = onpick;
    this.node = el("nav", { class: "outline", id: "outline", "aria-label": "Sections" });
  }

  // `side`: the runs stand side by side, each in its own colour.
  draw(runs, side) {
    const { sections } = this.tally.doc;
    const deepest = Math.min(...sections.map((part) => part.level));
    this.node.replaceChildren(
      el("h2", { text: "Asked about, by section" }),
      ...sections.map((part) => this.#entry(part, part.level - deepest, runs, side)),
    );
  }

  #entry(part, depth, runs, side) {
    const counts = runs.map((run) => statements(part.counts[run]));
    const attributes = {
      type: "button",
      class: depth ? null : "chapter",
      style: { "padding-left": `${6 + depth * 12}px` },
      "data-section": part.start,
      title: "Go there, and list what nobody asks",
      onclick: () => this.onpick(part),
    };
    const meters = counts.map((count, k) => {
      const colour = side ? { background: this.tally.looks.get(runs[k]).colour } : {};
      const bar = el("i", { style: { width: `${(count.asked / count.of) * 100}%`, ...colour } });
      return el("span", { class: "meter" }, bar);
    });
    return el(
      "button",
      attributes,
      el("span", { class: "name", text: part.title, title: part.headings.join(" › ") }),
      el("span", { class: "share", text: counts[0].of ? counts.map(shareText).join(" · ") : "" }),
      counts[0].of ? el("span", { class: "meters" }, meters) : null,
    );
  }

  // `section`: the one that the panel shows, or null.
  mark(section) {
    for (const node of this.node.querySelectorAll("[data-section]")) {
      const here = section !== null && Number(node.dataset.section) === section.start;
      node.classList.toggle("here", here);
      if (here) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
  }
}
