// The table of the selected points, below the map, and its download.

class Tray {
  // onopen(i): a row was clicked. onclear(): the selection is to end.
  constructor(points, { onopen, onclear }) {
    this.points = points;
    this.onopen = onopen;
    this.onclear = onclear;
    this.node = el("section", { class: "tray", id: "tray", tabindex: -1, "aria-label": "Selection", hidden: true });
  }

  get isOpen() {
    return !this.node.hidden;
  }

  show(indices) {
    this.node.replaceChildren(
      el(
        "header",
        {},
        el("h2", { text: `${plural(indices.length, this.points.noun)} selected` }),
        el(
          "button",
          { type: "button", class: "action", id: "download", onclick: () => this.#download(indices) },
          "Download JSONL",
        ),
        el(
          "button",
          { type: "button", class: "icon", "aria-label": "Clear the selection", onclick: this.onclear },
          icon(CROSS),
        ),
      ),
      table(this.#columns(), indices, { onrow: this.onopen }),
    );
    this.node.hidden = false;
  }

  hide() {
    this.node.hidden = true;
  }

  #columns() {
    const { points } = this,
      { scene, facets } = points,
      value = (name) => (i) => points.value(name, i);
    return [
      { name: "Question", value: (i) => scene.question[i] },
      scene.datasets.length > 1 && {
        name: facets.dataset.title,
        value: value("dataset"),
        cell: (i) => el("span", { class: "chip" }, facets.dataset.chip(i), points.value("dataset", i)),
      },
      ...["split", "category", "difficulty"].map(
        (name) =>
          facets[name] && !(name === "split" && points.ofSplits) && { name: facets[name].title, value: value(name) },
      ),
      facets.tag && { name: "Tags", value: (i) => points.tags(i).join(", ") },
    ].filter(Boolean);
  }

  async #download(indices) {
    await this.points.load();
    const name = this.points.scene.title.replace(/[^\p{L}\p{N}]+/gu, "-").toLowerCase();
    download(`${name}-selection.jsonl`, indices.map((i) => `${JSON.stringify(this.points.record(i))}\n`).join(""));
  }
}
