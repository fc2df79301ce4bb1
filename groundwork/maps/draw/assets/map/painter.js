// The points, painted in slices of time and in mixed order: however many there are, the page answers at once, a map that
// moves shows a fair sample of them, and one that rests fills up within a few frames.

const SLICE = 24; // milliseconds of a frame that points may take
const MARK_SCALE = 1.25; // of the marks in MARK_PATHS, in a box of 16, to the radius of a point
const BATCH = 2_000; // points between two looks at the clock

class Painter {
  #job = null;

  // coincident: the points that are drawn as slices of one mark, and not here. ondone(): a later frame had the last point.
  constructor(canvas, points, filter, camera, coincident, ondone) {
    this.ondone = ondone;
    this.coincident = coincident;
    this.raster = new Raster(canvas);
    this.points = points;
    this.filter = filter;
    this.camera = camera;
    this.order = shuffled(points.count);
  }

  get isBusy() {
    return this.#job !== null && this.#job.pass <= LIT;
  }

  // Begin a new picture, coloured by `facet`; whatever is left of the one before is dropped.
  // whole: to its end at once, for paper and files, which wait for no frame.
  paint(facet, whole = false) {
    this.#job = this.#prepare(facet);
    this.raster.clear(this.#job.back);
    this.#goOn(this.#job, whole);
  }

  // The points as shapes, by the pen of another canvas: a browser prints what was drawn into a canvas, and nothing of
  // one that pixels were put into.
  drawShapes(facet, pen) {
    const { raster, order, filter, points, coincident } = this,
      job = this.#prepare(facet),
      scale = (points.radius(0, this.camera.zoom) * raster.ratio * MARK_SCALE) / 8;
    if (points.pies) return;
    const looks = facet.looks().map(({ colour, mark }) => ({ colour, path: new Path2D(MARK_PATHS[mark]) })),
      none = { colour: css("--other"), path: new Path2D(MARK_PATHS.circle) },
      grey = { colour: css("--grey"), path: none.path };
    for (const pass of [GREY, LIT]) {
      for (const i of order) {
        if (filter.state[i] !== pass || coincident.within[i]) continue;
        const { colour, path } = pass === GREY ? grey : job.group[i] < 0 ? none : looks[job.group[i]],
          px = job.shiftX + points.x[i] * job.scale,
          py = job.shiftY - points.y[i] * job.scale;
        if (px < 0 || py < 0 || px > raster.width || py > raster.height) continue;
        pen.setTransform(scale, 0, 0, scale, px - 8 * scale, py - 8 * scale);
        pen.fillStyle = colour;
        pen.fill(path);
      }
    }
  }

  // All that stays the same from point to point.
  #prepare(facet) {
    const { raster, camera, points } = this,
      { ratio } = raster,
      { scale } = camera;
    const size = points.count ? points.radius(0, camera.zoom) : 1;
    const look = ({ colour, mark }) => ({
      rgb: rgb(colour),
      fill: raster.mask(mark, size),
      edge: raster.mask(mark, size + 0.9),
    });
    return {
      group: facet.group,
      looks: facet.looks().map(look),
      none: look({ colour: css("--other"), mark: "circle" }),
      back: rgb(css("--map")),
      grey: rgb(css("--grey")),
      dot: raster.mask("circle", size * 0.85),
      hasEdges: size >= 3.2 && points.count <= 20_000,
      alpha:
        256 *
        Math.max(0.5, Math.min(0.95, 1.35 - 0.16 * Math.log10(points.count + 1) + Math.log10(camera.zoom + 1) * 0.1)),
      left: camera.fromX(-30),
      right: camera.fromX(camera.width + 30),
      top: camera.fromY(-30),
      bottom: camera.fromY(camera.height + 30),
      scale: scale * ratio,
      shiftX: camera.toX(0) * ratio,
      shiftY: camera.toY(0) * ratio,
      pass: points.pies ? LIT + 1 : GREY,
      next: 0, // the grey ones first, the lit ones over them; pies are not painted here
    };
  }

  #goOn(job, whole = false) {
    if (job !== this.#job) return; // the map has changed since
    const until = whole ? Infinity : performance.now() + SLICE,
      { count } = this.points;
    while (job.pass <= LIT && performance.now() < until) {
      const end = Math.min(count, job.next + BATCH);
      this.#paintSome(job, job.next, end);
      job.next = end;
      if (end === count) {
        job.pass++;
        job.next = 0;
      }
    }
    this.raster.show();
    if (this.isBusy) requestAnimationFrame(() => this.#goOn(job));
    else this.ondone();
  }

  #paintSome(job, from, to) {
    const { raster, order, filter } = this,
      { x, y } = this.points,
      { state, preview } = filter;
    const { group, pass, grey, back, dot } = job,
      shared = this.coincident.within;
    for (let k = from; k < to; k++) {
      const i = order[k];
      if (
        state[i] === HIDDEN ||
        shared[i] ||
        x[i] < job.left ||
        x[i] > job.right ||
        y[i] < job.bottom ||
        y[i] > job.top
      )
        continue;
      const seen = preview ? (filter.isLit(i) ? LIT : GREY) : state[i];
      if (seen !== pass) continue;
      const px = job.shiftX + x[i] * job.scale,
        py = job.shiftY - y[i] * job.scale;
      if (pass === GREY) {
        raster.stamp(px, py, dot, grey[0], grey[1], grey[2], 130);
        continue;
      }
      const look = group[i] < 0 ? job.none : job.looks[group[i]],
        colour = look.rgb;
      if (job.hasEdges) raster.stamp(px, py, look.edge, back[0], back[1], back[2], 210);
      raster.stamp(px, py, look.fill, colour[0], colour[1], colour[2], job.alpha);
    }
  }
}

// 0..n-1 in a fixed mixed order, so that no dataset is drawn over all the others.
function shuffled(n) {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  let seed = 12345;
  for (let i = n - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const j = seed % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
