// The points of the map and all that is known of each: its place, its groups, its text and, once unpacked, its details.

class Points {
  #loading = null;
  #texts = null;

  constructor(scene, colours) {
    this.scene = scene;
    this.count = scene.x.length;
    this.x = Float64Array.from(scene.x);
    this.y = Float64Array.from(scene.y);
    this.bounds = boundsOf(this.x, this.y);
    this.facets = makeFacets(scene, colours);
    this.ofSplits = scene.compares === "splits"; // the datasets of the scene are splits of one
    this.noun = scene.kind === "tags" ? "tag" : "question";
    this.pies = scene.kind === "tags" ? new Pies(scene) : null;
    this.dot = Math.max(1.6, 7.2 - 1.15 * Math.log10(this.count + 1)); // radius in pixels where the whole map is seen
    this.details = null;
  }

  // Pixels from a point's middle to its edge.
  radius(i, zoom) {
    if (this.pies) return this.pies.radius(this.pies.of.get(i), zoom);
    return this.dot * Math.min(2.4, Math.max(1, zoom) ** 0.35);
  }

  // Where a point is drawn: a tag's dataset in its tag's pie.
  spot(i) {
    return this.pies ? this.pies.of.get(i) : { x: this.x[i], y: this.y[i] };
  }

  value(name, i) {
    const facet = this.facets[name];
    return facet ? facet.values[facet.of[i]] : "";
  }

  // The run of data/qa that a point is a pair of; "": not known.
  run(i) {
    return this.scene.datasets[this.scene.dataset[i]].run;
  }

  tags(i) {
    const { tag } = this.facets;
    return tag ? tag.of[i].map((v) => tag.values[v]) : [];
  }

  // In a map of tags: how many questions bear the tag.
  weight(i) {
    return this.pies ? plural(this.scene.weight[i], "question") : "";
  }

  neighbours(i) {
    return this.scene.neighbours[i] || [];
  }

  // Unpack what a click, a search and a download need besides.
  load() {
    this.#loading ??= block("details").then((details) => {
      this.details = details;
    });
    return this.#loading;
  }

  // The whole pair, as its dataset has it; load() first.
  record(i) {
    const { details } = this;
    return {
      id: details.id[i],
      dataset: this.ofSplits ? this.scene.title : this.value("dataset", i),
      split: this.value("split", i),
      document: this.value("document", i),
      chunk: details.chunk[i],
      question: this.scene.question[i],
      evaluation_criteria: details.evaluation_criteria[i],
      answer: details.answer[i],
      difficulty: this.value("difficulty", i),
      category: this.value("category", i),
      evidence: details.evidence[i],
      pages: details.pages[i],
      headings: details.headings[i],
      tags: this.tags(i),
    };
  }

  // Per point 1 where all words of the query are found, in any order; null: the query is empty.
  search(query) {
    const words = fold(query).split(/\s+/).filter(Boolean);
    if (!words.length) return null;
    return Uint8Array.from(this.#searched(), (text) => (words.every((word) => text.includes(word)) ? 1 : 0));
  }

  #searched() {
    if (this.#texts) return this.#texts;
    const telling = ["category", "document", "dataset"].filter(
      (name) => this.facets[name] && this.facets[name].values.length > 1,
    ); // what all share finds all
    const texts = this.scene.question.map((question, i) =>
      fold(
        [
          question,
          this.details ? this.details.answer[i] : "",
          this.tags(i).join(" "),
          ...telling.map((name) => this.value(name, i)),
        ].join("\n"),
      ),
    );
    if (this.details) this.#texts = texts; // until then without the answers
    return texts;
  }
}

// Text as it is searched: without case, accents and the width of East Asian letters; ß as ss, a dotless i as i.
const fold = (text) =>
  text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f\u064b-\u0652\u05b0-\u05c7]/g, "")
    .replaceAll("ß", "ss")
    .replaceAll("ı", "i")
    .normalize("NFC");

// The rectangle around places, without the outermost share `trim` at each side.
function boundsOf(xs, ys, trim = 0) {
  const range = (values) => {
    const sorted = Float64Array.from(values).sort();
    const skip = Math.floor(sorted.length * trim);
    return sorted.length ? [sorted[skip], sorted[sorted.length - 1 - skip]] : [0, 1];
  };
  const [left, right] = range(xs),
    [bottom, top] = range(ys);
  return {
    left,
    bottom,
    width: right - left || 1,
    height: top - bottom || 1,
    centreX: (left + right) / 2,
    centreY: (bottom + top) / 2,
  };
}
