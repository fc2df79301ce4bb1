// The column on the left: the short answer, colours, legend, comparisons of datasets, and how to read the map.

class Rail {
  // oncolour(facet): another one is chosen. onnumbers(): the way to the figures. onlist(): what is compared is to be
  // listed. onpreview: as in Legend.
  constructor(points, filter, facet, { oncolour, onnumbers, onlist, onpreview }) {
    const { scene } = points,
      verdict = shortVerdict(scene);
    this.legend = new Legend(filter, onpreview);
    this.compare = compareChoices(points, filter, onlist);
    this.histograms = new Histograms(points, filter);
    this.node = el(
      "aside",
      { class: "rail", id: "rail", "aria-label": "Colours and filters" },
      verdict &&
        el(
          "section",
          { class: "short" },
          el("p", { text: verdict }),
          el("button", { type: "button", class: "link", onclick: onnumbers }, "The numbers behind it →"),
        ),
      colourChoices(points, facet, (chosen) => {
        this.legend.show(chosen);
        oncolour(chosen);
      }),
      this.legend.node,
      points.noun === "question" && points.count > 1 && this.histograms.node,
      this.compare,
      howToRead(scene),
    );
    this.legend.show(facet);
  }

  // Compare nothing any more.
  reset() {
    this.histograms.reset();
    if (!this.compare) return;
    this.compare.querySelector("input").checked = true;
    this.compare.querySelector(".list").hidden = true;
  }

  get isOpen() {
    return this.node.classList.contains("open");
  }

  toggle(open = !this.isOpen) {
    this.node.classList.toggle("open", open);
    this.button.setAttribute("aria-expanded", String(open));
  }

  // On a narrow page the rail opens by a button in the page's head.
  opener() {
    this.button = el(
      "button",
      {
        class: "icon filters",
        type: "button",
        "aria-label": "Colours and filters",
        "aria-controls": "rail",
        "aria-expanded": "false",
        onclick: () => this.toggle(),
      },
      icon("M4 7h16 M7 12h10 M10 17h4"),
    );
    return this.button;
  }
}

function colourChoices({ facets, ofSplits }, chosen, onchoose) {
  const choices = Object.values(facets).filter(
    (facet) => facet === chosen || (facet.values.length > 1 && !(ofSplits && facet === facets.split)),
  );
  if (choices.length < 2) return null;
  return el(
    "fieldset",
    { class: "colour-by" },
    el("legend", { text: "Colour by" }),
    el(
      "div",
      { class: "pills" },
      choices.map((facet) =>
        el(
          "label",
          {},
          el("input", {
            type: "radio",
            name: "facet",
            value: facet.name,
            checked: facet === chosen,
            onchange: () => onchoose(facet),
          }),
          el("span", { text: facet.title }),
        ),
      ),
    ),
  );
}

// What a dataset alone asks and what it misses, each at a click; null: nothing to compare.
function compareChoices({ scene, noun, count }, filter, onlist) {
  const names = scene.datasets.map((d) => d.name),
    tags = noun === "tag";
  const list = el("button", { type: "button", class: "link list", hidden: true, onclick: onlist }, "List");
  const choose = (indices) => {
    list.hidden = !indices;
    if (indices) list.textContent = `List and download these ${number(indices.length)} →`;
    if (indices) filter.keepOnly("compare", indices);
    else filter.keep("compare", null);
  };
  const choice = (value, indices, ...label) =>
    el(
      "label",
      {},
      el("input", {
        type: "radio",
        name: "compare",
        value,
        checked: !indices,
        disabled: Boolean(indices && !indices.length),
        onchange: () => choose(indices),
      }),
      el("span", {}, label),
      el("span", { class: "count", text: number(indices ? indices.length : count) }),
    );
  const choices = (kind, words, lists) =>
    names
      .filter((name) => lists[name])
      .map((name) => choice(`${kind}:${name}`, lists[name], words, el("b", { text: name })));
  const questions = [
    ...choices("only", tags ? "only in " : "asked only by ", scene.only_in),
    ...choices("missed", tags ? "lacking in " : "missed by ", scene.missed_by),
  ];
  if (names.length < 2 || !questions.length) return null;
  return el(
    "fieldset",
    { class: "compare", id: "compare" },
    el("legend", { text: "Compare" }),
    choice("all", null, "everything"),
    questions,
    list,
  );
}

function howToRead({ kind }) {
  return el(
    "section",
    { class: "keys" },
    el(
      "p",
      {},
      kind === "tags"
        ? "Near tags mean near things; larger marks stand for more questions. "
        : "Near dots ask about near things. ",
      matchMedia("(pointer: coarse)").matches
        ? "Tap to open, pinch to zoom."
        : [
            "Hover to read, click to open, scroll to zoom. ",
            el("kbd", { text: "/" }),
            " searches, ",
            el("kbd", { text: "Esc" }),
            " clears.",
          ],
    ),
  );
}

// Which dataset to choose, in one line; the long form stands among the numbers.
function shortVerdict({ kind, numbers, notes }) {
  if (kind === "tags") return ""; // its notes stand below the histogram
  if (numbers && numbers.datasets.length === 1) return shortNumbers(numbers.datasets[0]);
  const compared = (numbers ? numbers.datasets : []).filter((row) => row.questions >= numbers.equal_n);
  if (compared.length < 2 || numbers.certainty === null) return cut(notes[0] || "", 190);
  const [first, second] = compared.sort(
    (a, b) => (b.name === numbers.best) - (a.name === numbers.best) || b.reach - a.reach,
  );
  const reach = `${percent(first.reach)} of the topics, ${second.name} ${percent(second.reach)}`;
  const widest = compared.reduce((best, row) => (row.reach_of_all > best.reach_of_all ? row : best), first);
  const whole =
    widest === first
      ? ""
      : ` Taken whole, ${widest.name} reaches more: ${percent(widest.reach_of_all)} with its ${number(widest.questions)}.`;
  return numbers.best
    ? `Choose ${first.name}: with ${plural(numbers.equal_n, "question")} each it reaches ${reach}.${whole}`
    : `No clear choice: with ${plural(numbers.equal_n, "question")} each, ${first.name} reaches ${reach}.`;
}

// Of one dataset there is nothing to choose: how much it holds.
function shortNumbers({ questions, mean_per_chunk: mean, redundancy }) {
  if (questions < 2) return "";
  const repeats = redundancy ? `${percent(redundancy)} nearly repeat` : "none nearly repeats";
  return `${plural(questions, "question")}${mean ? `, ${number(mean, 1)} a chunk` : ""}; ${repeats} an earlier one.`;
}
