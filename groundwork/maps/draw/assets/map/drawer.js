// The whole of one question, on the right: its answer, how it is graded, its evidence, its source and its neighbours.

class Drawer {
  // onneighbour(i): a neighbour was clicked. onback(): back from it. ontag(tag): a tag was. onclose(): the drawer is to close.
  constructor(points, { onneighbour, onback, ontag, onclose }) {
    this.points = points;
    this.onneighbour = onneighbour;
    this.onback = onback;
    this.ontag = ontag;
    this.onclose = onclose;
    this.node = el("aside", { class: "drawer", id: "drawer", "aria-label": "Question", hidden: true });
  }

  get isOpen() {
    return !this.node.hidden;
  }
  get hasFocus() {
    return this.node.contains(document.activeElement);
  }

  // Points.load() first. back: the question that the reader came from, -1: none.
  show(i, back = -1) {
    const { hasFocus } = this,
      pair = this.points.record(i);
    this.node.replaceChildren(
      ...[
        this.#head(i, pair),
        back >= 0 &&
          el(
            "button",
            {
              type: "button",
              class: "link back",
              id: "back",
              title: this.points.scene.question[back],
              onclick: this.onback,
            },
            "← Back",
          ),
        el("h2", { class: "question", tabindex: -1, text: pair.question }),
        this.#tags(pair.tags),
        pair.answer && part("Answer", el("p", { class: "answer", text: pair.answer })),
        pair.evaluation_criteria.length &&
          part(
            "Graded by",
            el(
              "ul",
              {},
              pair.evaluation_criteria.map((text) => el("li", { text })),
            ),
          ),
        pair.evidence.length &&
          part(
            "Evidence",
            pair.evidence.map((text) => el("blockquote", { text })),
          ),
        (pair.document || pair.chunk) && part("Source", sourceOf(pair)),
        this.points.noun === "question" && reviewPart(this.points.scene, this.points.run(i), pair.id),
        this.#neighbours(this.points.neighbours(i)),
      ].filter(Boolean),
    );
    this.node.hidden = false;
    this.node.scrollTop = 0;
    if (hasFocus) this.focus(); // what had it is gone
  }

  hide() {
    this.node.hidden = true;
  }

  focus() {
    this.node.querySelector(".question").focus();
  }

  #head(i, { split, difficulty, category }) {
    const dataset = this.points.value("dataset", i);
    const plain = [split === dataset ? "" : split, difficulty, category, this.points.weight(i)].filter(Boolean);
    return el(
      "header",
      {},
      el(
        "div",
        { class: "chips" },
        el("span", { class: "chip" }, this.points.facets.dataset.chip(i), dataset),
        plain.map((text) => el("span", { class: "chip plain", text })),
      ),
      el(
        "button",
        { type: "button", class: "icon", id: "close", "aria-label": "Close", onclick: this.onclose },
        icon(CROSS),
      ),
    );
  }

  #tags(tags) {
    return (
      tags.length &&
      el(
        "div",
        { class: "chips tags" },
        tags.map((tag) =>
          el(
            "button",
            { type: "button", class: "chip", title: "Search this tag", onclick: () => this.ontag(tag) },
            tag,
          ),
        ),
      )
    );
  }

  #neighbours(indices) {
    const { scene, facets } = this.points;
    return (
      indices.length &&
      part(
        "Nearest",
        el(
          "ol",
          { class: "near" },
          indices.map((j) =>
            el(
              "li",
              {},
              el(
                "button",
                { type: "button", onclick: () => this.onneighbour(j) },
                facets.dataset.chip(j),
                el("span", { text: scene.question[j] }),
              ),
            ),
          ),
        ),
      )
    );
  }
}

function reviewPart({ review }, run, id) {
  const link = reviewLink(review, run, id);
  return link && part("Judge it", link);
}

const part = (title, ...content) => el("section", {}, el("h3", { text: title }), content);

function sourceOf({ document: name, headings, pages, chunk }) {
  return el(
    "p",
    { class: "source" },
    el("b", { text: name }),
    headings.length ? ` › ${headings.join(" › ")}` : "",
    pages.length ? ` · page ${pages.join(", ")}` : "",
    chunk ? el("span", { class: "faint", text: ` · ${chunk}` }) : "",
  );
}
