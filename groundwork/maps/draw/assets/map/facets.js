// What points can be coloured and filtered by: dataset, split, cluster, tag and the like.

const COLOURED = 8; // groups that get a colour of their own; the others are grey in the map and named in the legend
const FACET_NAMES = {
  dataset: "Dataset",
  split: "Split",
  cluster: "Cluster",
  tag: "Tag",
  category: "Category",
  difficulty: "Difficulty",
  document: "Document",
};
const DIFFICULTIES = ["easy", "medium", "hard"];

class Facet {
  #group = null;

  // values: names, in the legend's order. of: per point its value's index, or a list of them where there are `many`.
  // slots: per value its place in the palette, -1: grey. marked: with marks of different shape. ordered: small to large.
  // shapes: per value its place among the marks, where that is not its place in the palette.
  constructor(colours, name, values, of, { many = false, marked = true, ordered = false, slots, shapes } = {}) {
    this.colours = colours;
    this.name = name;
    this.values = values;
    this.of = of;
    this.many = many;
    this.ordered = ordered;
    this.slots = slots || values.map((_, v) => (v < COLOURED ? v : -1));
    this.shapes = shapes || (marked ? this.slots : this.slots.map(() => 0));
  }

  get title() {
    return this.named || FACET_NAMES[this.name];
  }

  // Per point the index of the value that colours it, the most frequent of several; -1: none.
  get group() {
    if (!this.#group) this.#group = this.many ? Int32Array.from(this.of, leastOf) : Int32Array.from(this.of);
    return this.#group;
  }

  bears(i, v) {
    return this.many ? this.of[i].includes(v) : this.of[i] === v;
  }

  // Whether a point is seen while these values are hidden: of several, one that is not is enough.
  isSeen(i, hidden) {
    if (!this.many) return !hidden.has(this.of[i]);
    return this.of[i].length === 0 || this.of[i].some((v) => !hidden.has(v));
  }

  // Per value {colour, mark} in the theme of now.
  looks() {
    const palette = theme.dark ? this.colours.dark : this.colours.light,
      { marks } = this.colours;
    const ordered = theme.dark ? this.colours.orderedDark : this.colours.orderedLight;
    const grey = css("--other");
    return this.slots.map((slot, v) => {
      if (slot < 0) return { colour: grey, mark: "circle" };
      if (this.ordered) return { colour: ordered[slot], mark: "circle" };
      return { colour: palette[slot % palette.length], mark: marks[this.shapes[v] % marks.length] };
    });
  }

  // The mark of a point in text.
  chip(i) {
    const look = this.looks()[this.of[i]];
    return swatch(look.colour, look.mark);
  }
}

const leastOf = (indices) => (indices.length ? Math.min(...indices) : -1);

// The facets that the scene has values for, by name.
function makeFacets(scene, colours) {
  const facets = {};
  const add = (name, values, of, more) => {
    if (!values.length || (values.length === 1 && values[0] === "")) return;
    facets[name] = new Facet(
      colours,
      name,
      values.map((value) => value || "none"),
      of,
      more,
    );
  };
  const { split, category, difficulty, document: source } = scene.facets;
  add(
    "dataset",
    scene.datasets.map((d) => d.name),
    scene.dataset,
    { slots: scene.datasets.map((d) => d.colour) },
  );
  if (scene.compares === "splits" && facets.dataset) facets.dataset.named = scene.parts || FACET_NAMES.split;
  add("split", split.values, split.of);
  add("cluster", ...clusterValues(scene));
  add("tag", scene.kind === "tags" ? [] : scene.tags.values, scene.tags.of, { many: true, marked: false });
  add("category", category.values, category.of);
  add("difficulty", ...difficultyValues(difficulty));
  add("document", source.values, source.of);
  return facets;
}

// Easy to hard, unless the dataset has words of its own.
function difficultyValues({ values, of }) {
  if (!values.every((value) => DIFFICULTIES.includes(value))) return [values, of];
  const sorted = DIFFICULTIES.filter((value) => values.includes(value));
  return [
    sorted,
    of.map((v) => sorted.indexOf(values[v])),
    { ordered: true, slots: sorted.map((value) => DIFFICULTIES.indexOf(value)) },
  ];
}

// Clusters, the largest first; neighbours on the map get different colours, each taking the one used farthest away.
// Each that has a colour again has the next mark.
function clusterValues(scene) {
  const clusters = scene.clusters.filter((c) => c.id >= 0).sort((a, b) => b.count - a.count);
  if (!clusters.length) return [[], []];
  const index = new Map(clusters.map((c, v) => [c.id, v])),
    slots = [],
    shapes = [];
  clusters.forEach((c, v) => {
    const away = Array.from({ length: COLOURED }, (_, slot) =>
      Math.min(
        Infinity,
        ...clusters
          .slice(0, v)
          .flatMap((other, o) => (slots[o] === slot ? [Math.hypot(c.x - other.x, c.y - other.y)] : [])),
      ),
    );
    const slot = away.indexOf(Math.max(...away));
    shapes.push(slots.filter((earlier) => earlier === slot).length);
    slots.push(slot);
  });
  const values = clusters.map((c) => c.label || `cluster ${c.id}`);
  const of = scene.cluster.map((id) => index.get(id) ?? values.length);
  if (!of.includes(values.length)) return [values, of, { slots, shapes }];
  return [[...values, "in no cluster"], of, { slots: [...slots, -1], shapes: [...shapes, 0] }];
}
