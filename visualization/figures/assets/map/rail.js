// The column on the left: the short answer, colours, legend, comparisons of datasets, and how to read the map.

class Rail {
  // oncolour(facet): another one is chosen. onnumbers(): the way to the figures. onpreview: as in Legend.
  constructor(points, filter, facet, { oncolour, onnumbers, onpreview }) {
    const { scene } = points, verdict = shortVerdict(scene);
    this.legend = new Legend(filter, onpreview);
    this.compare = compareChoices(points, filter);
    this.node = el("aside", { class: "rail", id: "rail", "aria-label": "Colours and filters" },
      verdict && el("section", { class: "short" }, el("p", { text: verdict }),
        el("button", { type: "button", class: "link", onclick: onnumbers }, "The numbers behind it →")),
      colourChoices(points.facets, facet, (chosen) => { this.legend.show(chosen); oncolour(chosen); }),
      this.legend.node, this.compare, howToRead(scene));
    this.legend.show(facet);
  }

  // Compare nothing any more.
  reset() {
    if (this.compare) this.compare.querySelector("input").checked = true;
  }

  // On a narrow page the rail opens by a button in the page's head.
  opener() {
    const node = el("button", { class: "icon filters", type: "button", "aria-label": "Colours and filters",
      "aria-expanded": "false", onclick: () => node.setAttribute("aria-expanded", String(this.node.classList.toggle("open"))),
    }, icon("M4 7h16 M7 12h10 M10 17h4"));
    return node;
  }
}

function colourChoices(facets, chosen, onchoose) {
  const choices = Object.values(facets).filter((facet) => facet === chosen || facet.values.length > 1);
  if (choices.length < 2) return null;
  return el("fieldset", { class: "colour-by" }, el("legend", { text: "Colour by" }),
    el("div", { class: "pills" }, choices.map((facet) => el("label", {},
      el("input", { type: "radio", name: "facet", value: facet.name, checked: facet === chosen, onchange: () => onchoose(facet) }),
      el("span", { text: facet.title })))));
}

// What a dataset alone asks and what it misses, each at a click; null: nothing to compare.
function compareChoices({ scene, noun, count }, filter) {
  const names = scene.datasets.map((d) => d.name), tags = noun === "tag";
  const choice = (value, indices, ...label) => el("label", {},
    el("input", { type: "radio", name: "compare", value, checked: !indices,
      onchange: () => (indices ? filter.keepOnly("compare", indices) : filter.keep("compare", null)) }),
    el("span", {}, label), el("span", { class: "count", text: number(indices ? indices.length : count) }));
  const choices = (kind, words, lists) => names.filter((name) => lists[name])
    .map((name) => choice(`${kind}:${name}`, lists[name], words, el("b", { text: name })));
  const questions = [
    ...choices("only", tags ? "only in " : "asked only by ", scene.only_in),
    ...choices("missed", tags ? "lacking in " : "missed by ", scene.missed_by),
  ];
  if (names.length < 2 || !questions.length) return null;
  return el("fieldset", { class: "compare", id: "compare" }, el("legend", { text: "Compare" }),
    choice("all", null, "everything"), questions);
}

function howToRead({ kind }) {
  return el("section", { class: "keys" }, el("p", {},
    kind === "tags" ? "Near tags mean near things; larger marks stand for more questions. " : "Near dots ask about near things. ",
    "Hover to read, click to open, scroll to zoom. ",
    el("kbd", { text: "/" }), " searches, ", el("kbd", { text: "Esc" }), " clears."));
}

// Which dataset to choose, in one line; the long form stands among the numbers.
function shortVerdict({ numbers, notes }) {
  const compared = (numbers ? numbers.datasets : []).filter((row) => row.questions >= numbers.equal_n);
  if (compared.length < 2 || numbers.certainty === null) return cut(notes[0] || "", 170);
  const [first, second] = compared.sort((a, b) => (b.name === numbers.best) - (a.name === numbers.best) || b.reach - a.reach);
  const reach = `${percent(first.reach)} of the topics, ${second.name} ${percent(second.reach)}`;
  return numbers.best
    ? `Choose ${first.name}: with ${plural(numbers.equal_n, "question")} each it reaches ${reach}.`
    : `No clear choice: with ${plural(numbers.equal_n, "question")} each, ${first.name} reaches ${reach}.`;
}
