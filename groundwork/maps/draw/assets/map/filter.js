// Which points are hidden, greyed or lit: by the legend, which hides, and by what the reader looks for, which greys the rest.

const HIDDEN = 0,
  GREY = 1,
  LIT = 2;

class Filter {
  // onchange(): the states have changed.
  constructor(points, onchange) {
    this.points = points;
    this.onchange = onchange;
    this.state = new Uint8Array(points.count).fill(LIT);
    this.hidden = new Map(Object.values(points.facets).map((facet) => [facet, new Set()])); // indices of values
    this.kept = { search: null, compare: null, selection: null }; // per point 1: lit; null: all are
    this.changes = 0; // how often the states have changed
    this.preview = null; // {facet, v}: the line of the legend that is pointed at
  }

  get isNarrowed() {
    return Object.values(this.kept).some(Boolean);
  }

  // What the search, the comparison or the selection leaves: per point 1 or 0, or null for all.
  keep(by, mask) {
    this.kept[by] = mask;
    this.refresh();
  }

  keepOnly(by, indices) {
    const mask = new Uint8Array(this.points.count);
    for (const i of indices) mask[i] = 1;
    this.keep(by, mask);
  }

  // Everything again, whatever the legend hid too.
  keepAll() {
    this.kept = { search: null, compare: null, selection: null };
    for (const values of this.hidden.values()) values.clear();
    this.refresh();
  }

  show(facet, v, shown) {
    if (shown) this.hidden.get(facet).delete(v);
    else this.hidden.get(facet).add(v);
    this.refresh();
  }

  // One value alone; all of them again if it was alone already.
  showOnly(facet, v) {
    const hidden = this.hidden.get(facet),
      alone = hidden.size === facet.values.length - 1 && !hidden.has(v);
    hidden.clear();
    if (!alone)
      facet.values.forEach((_, other) => {
        if (other !== v) hidden.add(other);
      });
    this.refresh();
  }

  showAll(facet) {
    this.hidden.get(facet).clear();
    this.refresh();
  }

  refresh() {
    const { state } = this,
      hiding = [...this.hidden].filter(([, values]) => values.size);
    const masks = Object.values(this.kept).filter(Boolean);
    for (let i = 0; i < state.length; i++) {
      state[i] = !hiding.every(([facet, values]) => facet.isSeen(i, values))
        ? HIDDEN
        : masks.every((mask) => mask[i] === 1)
          ? LIT
          : GREY;
    }
    this.changes++;
    this.onchange();
  }

  // Whether a point is lit, the line of the legend that is pointed at considered.
  isLit(i) {
    return this.state[i] === LIT && (!this.preview || this.preview.facet.bears(i, this.preview.v));
  }

  lit() {
    const indices = [];
    for (let i = 0; i < this.state.length; i++) if (this.state[i] === LIT) indices.push(i);
    return indices;
  }

  // Per value of a facet: how many points bear it, and how many of them are lit.
  counts(facet) {
    const all = new Uint32Array(facet.values.length),
      lit = new Uint32Array(facet.values.length);
    const count = (i, v) => {
      all[v]++;
      if (this.state[i] === LIT) lit[v]++;
    };
    for (let i = 0; i < this.state.length; i++) {
      if (facet.many) for (const v of facet.of[i]) count(i, v);
      else count(i, facet.of[i]);
    }
    return { all, lit };
  }
}
