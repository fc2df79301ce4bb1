// Names on the map, of its clusters or its tags: the weightiest first, none over another.

const MOST_NAMES = 48;
const FEW_DOTS = 40; // questions; fewer have no clusters, and each has a name of its own

class Names {
  #placed = [];
  #nodes = []; // buttons, used again from picture to picture
  #halves = new Map(); // text -> half its width in pixels, with a margin

  // onpick(name): a name was clicked.
  constructor(points, filter, camera, onpick) {
    this.filter = filter;
    this.camera = camera;
    this.points = points;
    this.onpick = onpick;
    const names = points.pies ? tagNames(points) : clusterNames(points);
    this.all = (names.length || points.count >= FEW_DOTS ? names : dotNames(points)).sort(
      (a, b) => b.weight - a.weight,
    );
    this.pen = el("canvas").getContext("2d");
    this.node = el("div", { class: "labels" });
  }

  // Show the names that have room. tools: {left, bottom} of the buttons in the right upper corner, which stay free.
  place(tools) {
    const placed = [],
      { pies } = this.points,
      { camera } = this;
    const marks = pies
      ? pies.all.map((pie) => ({ pie, px: camera.toX(pie.x), py: camera.toY(pie.y), r: pies.radius(pie, camera.zoom) }))
      : this.points.count < FEW_DOTS
        ? this.#dots()
        : [];
    this.pen.font = `600 13px ${css("--sans")}`;
    for (const name of this.all) {
      if (placed.length >= MOST_NAMES) break;
      const free = this.#boxes(name).find(
        (box) =>
          this.#fits(box, tools) &&
          !placed.some((other) => clash(box, other)) &&
          !marks.some((mark) => covers(box, mark)),
      );
      if (free) placed.push(free);
    }
    this.#write(placed);
  }

  // Few dots are marks that no name may cover, as pies are.
  #dots() {
    const { camera, points } = this,
      r = points.radius(0, camera.zoom);
    return Array.from(points.x, (x, i) => ({ px: camera.toX(x), py: camera.toY(points.y[i]), r }));
  }

  hide() {
    this.#write([]);
  }

  // The names that are shown: [{text, px, py of its middle}].
  shown() {
    return this.#placed;
  }

  // Where the name may stand and what it says there, the best first: {name, text, px, py of its middle, half its width}.
  // None: nothing of what it names is lit.
  #boxes(name) {
    const { camera, filter } = this,
      px = camera.toX(name.x),
      py = camera.toY(name.y);
    if (name.members) return name.members.some((i) => filter.state[i] === LIT) ? this.#beside(name, px, py) : [];
    const middle = camera.toY(name.centre),
      isPartlySeen = middle > 30 && middle < camera.height;
    const above = py - Math.max(14, this.points.radius(0, camera.zoom) + 11); // clear of the topmost point
    return [name.text, name.short].map((text) => {
      const half = this.#half(text);
      return { name, text, px: this.#inSight(px, half), py: isPartlySeen ? Math.max(above, 16) : above, half };
    });
  }

  #half(text) {
    if (!this.#halves.has(text)) this.#halves.set(text, this.pen.measureText(text).width / 2 + 7);
    return this.#halves.get(text);
  }

  // At the edge of the window a name moves aside as far as it must to be read whole; it stays over its place.
  #inSight(px, half) {
    const { width } = this.camera;
    return px < 0 || px > width ? px : Math.max(half + 5, Math.min(width - half - 5, px));
  }

  // Over, under and at either side of a tag's pie.
  #beside(name, px, py) {
    const { text } = name,
      half = this.#half(text);
    const radius = this.points.radius(name.members[0], this.camera.zoom),
      lift = radius + 10,
      aside = radius + half - 2;
    return [
      [0, -lift],
      [0, lift],
      [aside, 0],
      [-aside, 0],
    ].map(([dx, dy]) => ({ name, text, px: px + dx, py: py + dy, half }));
  }

  #fits({ px, py, half }, tools) {
    const { width, height } = this.camera;
    if (px - half < 4 || px + half > width - 4 || py < 14 || py > height - 14) return false;
    return px + half <= tools.left - 4 || py - 14 >= tools.bottom;
  }

  #write(placed) {
    this.#placed = placed;
    while (this.#nodes.length < placed.length) {
      const node = el("button", { type: "button", tabindex: -1, onclick: () => this.onpick(node.named) });
      this.#nodes.push(node);
      this.node.append(node);
    }
    this.#nodes.forEach((node, k) => {
      node.hidden = k >= placed.length;
      if (node.hidden) return;
      const { name, text, px, py } = placed[k];
      if (node.named !== name || node.textContent !== text) fill(node, { text, title: name.full });
      node.named = name;
      node.style.transform = `translate(${px}px, ${py}px) translate(-50%, -50%)`;
    });
  }
}

// Whether a name hides a part of a tag's pie; its own it only touches.
function covers({ px, py, half }, mark) {
  const dx = Math.max(0, Math.abs(mark.px - px) - half + 7),
    dy = Math.max(0, Math.abs(mark.py - py) - 7);
  return Math.hypot(dx, dy) < mark.r - 1;
}

function clash(a, b) {
  if (a.text === b.text && Math.hypot(a.px - b.px, a.py - b.py) < 120) return true;
  return Math.abs(a.px - b.px) < a.half + b.half && Math.abs(a.py - b.py) < 22;
}

function tagNames({ pies }) {
  return pies.all.map(({ tag, x, y, weight, members }) => ({
    text: cut(tag, 30),
    full: tag,
    x,
    y,
    centre: NaN,
    weight,
    members,
  }));
}

// A single question is named by its first tag that no other has, else by its first words.
function dotNames(points) {
  const counts = new Map();
  for (let i = 0; i < points.count; i++) for (const tag of points.tags(i)) counts.set(tag, (counts.get(tag) || 0) + 1);
  return Array.from({ length: points.count }, (_, i) => {
    const question = points.scene.question[i],
      own = points.tags(i).find((tag) => counts.get(tag) === 1);
    return {
      text: cut(own || question, 30),
      full: question,
      x: points.x[i],
      y: points.y[i],
      centre: NaN,
      weight: own ? 2 : 1,
      members: [i],
    };
  });
}

// A cluster's name stands over its points, all but the topmost twentieth of them; where it lacks room, its first words do.
function clusterNames({ scene, y }) {
  const heights = new Map(scene.clusters.map(({ id }) => [id, []]));
  scene.cluster.forEach((id, i) => {
    if (heights.has(id)) heights.get(id).push(y[i]);
  });
  return scene.clusters
    .filter(({ id, label }) => id >= 0 && label)
    .map(({ id, label, x, y: centre, count }) => {
      const own = Float64Array.from(heights.get(id)).sort();
      const top = own.length ? own[Math.floor((own.length - 1) * 0.95)] : centre;
      return {
        text: cut(label, 42),
        short: cut(label.split(" · ")[0], 42),
        full: label,
        x,
        y: top,
        centre,
        weight: count || 1,
        cluster: id,
      };
    });
}
