// The values of the facet in use with their colours and numbers; each can be hidden, left alone or pointed at.

const LEGEND_LINES = 60;
const STRIP = 4;

class Legend {
  #lines = []; // {box, count, node} per value

  // onpreview({facet, v} or null): a line is pointed at, or none any more.
  constructor(filter, onpreview) {
    this.filter = filter;
    this.onpreview = onpreview;
    this.node = el("section", { class: "legend", id: "legend" });
    this.strip = el("p", { class: "strip", "aria-hidden": "true" }); // the first of them on the map, where the rail is hidden
  }

  show(facet) {
    const { filter } = this,
      looks = facet.looks();
    this.facet = facet;
    this.#lines = facet.values.slice(0, LEGEND_LINES).map((value, v) => this.#line(value, v, looks[v]));
    const rest = facet.values.length - this.#lines.length;
    this.node.replaceChildren(
      el(
        "h2",
        {},
        facet.title,
        el("button", { type: "button", class: "link", text: "Show all", onclick: () => filter.showAll(facet) }),
      ),
      el(
        "ul",
        {},
        this.#lines.map(({ node }) => node),
      ),
      rest > 0 ? el("p", { class: "faint", text: `and ${number(rest)} more` }) : "",
    );
    this.strip.replaceChildren(
      ...facet.values
        .slice(0, LEGEND_LINES)
        .map((value, v) =>
          el(
            "span",
            { class: v < STRIP ? "chip" : "chip beyond" },
            swatch(looks[v].colour, looks[v].mark),
            cut(value, 24),
          ),
        ),
      facet.values.length > STRIP ? el("span", { class: "more-than-fit", text: "…" }) : "",
    );
    this.update();
  }

  #line(value, v, look) {
    const { filter, facet } = this;
    const box = el("input", { type: "checkbox", onchange: () => filter.show(facet, v, box.checked) });
    const count = el("span", { class: "count", "data-value": v });
    const only = el("button", {
      type: "button",
      class: "only",
      text: "only",
      "aria-label": `Only ${value}`,
      onclick: () => filter.showOnly(facet, v),
    });
    const node = el(
      "li",
      { onpointerenter: () => this.onpreview({ facet, v }), onpointerleave: () => this.onpreview(null) },
      el(
        "label",
        {},
        box,
        swatch(look.colour, look.mark),
        el("span", { class: "name", text: value, title: value }),
        count,
      ),
      only,
    );
    return { box, count, node };
  }

  // Tell what is hidden and how many are lit.
  update() {
    const { all, lit } = this.filter.counts(this.facet),
      hidden = this.filter.hidden.get(this.facet);
    this.#lines.forEach(({ box, count, node }, v) => {
      box.checked = !hidden.has(v);
      node.classList.toggle("off", hidden.has(v));
      count.textContent = this.filter.isNarrowed ? `${number(lit[v])} / ${number(all[v])}` : number(all[v]);
    });
  }
}
