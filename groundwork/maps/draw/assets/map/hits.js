// Which point is meant: by the pointer, by a line drawn around several, by an arrow key. The hidden ones never are.

class Hits {
  constructor(points, filter, camera) {
    this.points = points;
    this.filter = filter;
    this.camera = camera;
    this.grid = new Grid(points.x, points.y, points.bounds);
  }

  // The point under (px, py) or close by, a lit one rather than a grey one; -1: none.
  at(px, py) {
    const { camera, points } = this,
      { state } = this.filter;
    if (points.pies) return this.#atPie(px, py);
    const radius = points.radius(0, camera.zoom),
      reach = Math.max(12, radius + 6);
    let best = -1,
      least = Infinity;
    for (const i of this.#within(px - reach, py - reach, px + reach, py + reach)) {
      const away = Math.hypot(camera.toX(points.x[i]) - px, camera.toY(points.y[i]) - py);
      const rank = away + (state[i] === GREY ? 8 : 0);
      if (away <= reach && rank < least) {
        least = rank;
        best = i;
      }
    }
    return best;
  }

  #atPie(px, py) {
    const {
        camera,
        points: { pies },
      } = this,
      isSeen = (i) => this.filter.state[i] !== HIDDEN;
    for (let k = pies.all.length - 1; k >= 0; k--) {
      // the small ones lie on top
      const pie = pies.all[k];
      const dx = px - camera.toX(pie.x),
        dy = py - camera.toY(pie.y);
      if (Math.hypot(dx, dy) > pies.radius(pie, camera.zoom) + 4) continue;
      const i = pies.at(pie, dx, dy, isSeen);
      if (i >= 0) return i;
    }
    return -1;
  }

  // The points within a closed path in the window, by the even-odd rule.
  inside(path) {
    const { camera, points } = this,
      xs = path.map(([px]) => px),
      ys = path.map(([, py]) => py);
    const hits = [];
    for (const i of this.#within(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys))) {
      if (encloses(path, camera.toX(points.x[i]), camera.toY(points.y[i]))) hits.push(i);
    }
    return hits;
  }

  *#within(left, top, right, bottom) {
    const { camera, filter } = this;
    for (const i of this.grid.within(
      camera.fromX(left),
      camera.fromY(bottom),
      camera.fromX(right),
      camera.fromY(top),
    )) {
      if (filter.state[i] !== HIDDEN) yield i;
    }
  }

  // The nearest lit point in a direction, off-axis distance counting double; -1: none. from: a point, -1: the middle.
  next(from, [dx, dy]) {
    const {
        camera,
        points: { x, y },
      } = this,
      { state } = this.filter;
    const cx = from >= 0 ? x[from] : camera.fromX(camera.width / 2),
      cy = from >= 0 ? y[from] : camera.fromY(camera.height / 2);
    let best = -1,
      least = Infinity;
    for (let i = 0; i < x.length; i++) {
      if (state[i] !== LIT || i === from) continue;
      const along = (x[i] - cx) * dx + (y[i] - cy) * dy,
        aside = Math.abs((x[i] - cx) * dy) + Math.abs((y[i] - cy) * dx);
      if (from >= 0 && (along <= 0 || aside > 2 * along)) continue;
      const away = Math.abs(along) + 2 * aside;
      if (away < least) {
        least = away;
        best = i;
      }
    }
    return best;
  }
}

function encloses(path, px, py) {
  let within = false;
  for (let a = 0, b = path.length - 1; a < path.length; b = a++) {
    const [ax, ay] = path[a],
      [bx, by] = path[b];
    if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}
