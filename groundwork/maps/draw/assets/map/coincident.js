// Questions of several datasets that lie on each other: they share one sliced mark, so that none hides the others.

const MOST_COINCIDENT = 5_000; // points; of more, the marks are too small for slices
const COINCIDENT_SIZE = 1.3; // of a shared mark, in radii of a single one

class Coincident {
  #seen = "";

  constructor(points, filter, camera) {
    this.points = points;
    this.filter = filter;
    this.camera = camera;
    this.groups = []; // {x, y, slices: [{v: the dataset, members}]}
    this.within = new Uint8Array(points.count); // per point 1: drawn as part of a group
    this.groupOf = new Map();
    this.possible = !points.pies && points.scene.datasets.length > 1 && points.count <= MOST_COINCIDENT;
  }

  // Find the groups anew where the filter has changed, or the zoom by a factor of two. Only a map that is coloured by
  // dataset has any.
  update(facet) {
    const { camera, filter } = this,
      level = Math.round(Math.log2(Math.max(1, camera.zoom))),
      isSeen = this.possible && camera.scale > 0 && facet === this.points.facets.dataset;
    const seen = isSeen ? [level, filter.changes, (camera.scale / camera.zoom).toPrecision(3)].join(" ") : "none";
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.groups = [];
    this.within.fill(0);
    this.groupOf.clear();
    if (seen !== "none") this.#find(level);
  }

  #find(level) {
    const { points, camera, filter } = this,
      zoom = 2 ** level;
    const reach = (points.radius(0, zoom) * camera.zoom) / (camera.scale * zoom);
    const cells = new Map(),
      of = points.facets.dataset.group,
      heaps = [];
    for (let i = 0; i < points.count; i++) {
      if (filter.state[i] === HIDDEN) continue;
      const heap = nearestHeap(cells, points.x[i], points.y[i], reach);
      if (heap) heap.members.push(i);
      else {
        const made = { x: points.x[i], y: points.y[i], members: [i] };
        const key = cellOf(made.x, made.y, reach);
        cells.set(key, [...(cells.get(key) || []), made]);
        heaps.push(made);
      }
    }
    for (const { members } of heaps) {
      const slices = new Map();
      for (const i of members) slices.set(of[i], [...(slices.get(of[i]) || []), i]);
      if (slices.size < 2) continue;
      const mean = (values) => members.reduce((sum, i) => sum + values[i], 0) / members.length;
      const group = {
        x: mean(points.x),
        y: mean(points.y),
        slices: [...slices].sort(([a], [b]) => a - b).map(([v, own]) => ({ v, members: own })),
      };
      this.groups.push(group);
      for (const i of members) {
        this.within[i] = 1;
        this.groupOf.set(i, group);
      }
    }
  }

  // The names of the datasets that ask at the place of a point, its own first.
  datasetsAt(i) {
    const { dataset } = this.points.facets,
      own = this.points.value("dataset", i);
    const others = (this.groupOf.get(i)?.slices || []).map(({ v }) => dataset.values[v]);
    return [own, ...others.filter((name) => name !== own)];
  }
}

const cellOf = (x, y, size) => `${Math.floor(x / size)} ${Math.floor(y / size)}`;

// The heap whose first point lies within `reach`, if there is one.
function nearestHeap(cells, x, y, reach) {
  for (let column = -1; column <= 1; column++) {
    for (let row = -1; row <= 1; row++) {
      for (const heap of cells.get(cellOf(x + column * reach, y + row * reach, reach)) || [])
        if (Math.hypot(heap.x - x, heap.y - y) <= reach) return heap;
    }
  }
  return null;
}
