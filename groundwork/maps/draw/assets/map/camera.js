// Where the reader looks from: which part of the map's world fills the window, and how it moves there.

const MARGIN = 56; // pixels around the whole map
const GLIDE = 280; // milliseconds
const calm = matchMedia("(prefers-reduced-motion: reduce)");

class Camera {
  #glide = null;

  // bounds: of the world. still: never glide, jump. onmove(): another part is seen.
  constructor(bounds, still, onmove) {
    this.bounds = bounds;
    this.still = still;
    this.onmove = onmove;
    this.zoom = 1; // 1: the whole map
    this.x = 0; // of the window's middle, from the middle of the bounds, in the world's measure
    this.y = 0;
    this.width = 1; // of the window, in pixels
    this.height = 1;
  }

  // Pixels a unit of the world.
  get scale() {
    return (
      Math.min((this.width - MARGIN) / this.bounds.width, (this.height - 2 * MARGIN) / this.bounds.height) * this.zoom
    );
  }

  toX(x) {
    return (x - this.bounds.centreX - this.x) * this.scale + this.width / 2;
  }
  toY(y) {
    return this.height / 2 - (y - this.bounds.centreY - this.y) * this.scale;
  }
  fromX(px) {
    return (px - this.width / 2) / this.scale + this.bounds.centreX + this.x;
  }
  fromY(py) {
    return (this.height / 2 - py) / this.scale + this.bounds.centreY + this.y;
  }

  // Whether a place lies in the window, so many pixels from its edge.
  sees(x, y, edge) {
    const px = this.toX(x),
      py = this.toY(y);
    return px >= edge && py >= edge && px <= this.width - edge && py <= this.height - edge;
  }

  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
  }

  // Another window onto the same: what is seen keeps its size and its place from the top left.
  reframe(width, height) {
    const left = this.fromX(0),
      top = this.fromY(0),
      { scale } = this;
    this.resize(width, height);
    this.zoom *= scale / this.scale;
    this.x += left - this.fromX(0);
    this.y += top - this.fromY(0);
  }

  panBy(px, py) {
    this.#glide = null;
    this.x -= px / this.scale;
    this.y += py / this.scale;
    this.onmove();
  }

  // What lies under (px, py) stays there.
  zoomBy(factor, px = this.width / 2, py = this.height / 2) {
    this.#glide = null;
    const x = this.fromX(px),
      y = this.fromY(py);
    this.zoom = Math.max(0.5, Math.min(400, this.zoom * factor));
    this.x += x - this.fromX(px);
    this.y += y - this.fromY(py);
    this.onmove();
  }

  showAll() {
    this.#glideTo(1, this.bounds.centreX, this.bounds.centreY);
  }

  // A place out of sight moves to the middle.
  bringIn(x, y) {
    if (!this.sees(x, y, 30)) this.#glideTo(this.zoom, x, y);
  }

  // Places partly out of sight move to the middle, smaller if need be.
  bringAllIn(xs, ys) {
    const edge = 24;
    if (xs.every((x, k) => this.sees(x, ys[k], edge))) return;
    const box = boundsOf(xs, ys, 0.05),
      { scale } = this;
    const fits = Math.min(
      1,
      (this.width - 2 * edge) / (box.width * scale),
      (this.height - 2 * edge) / (box.height * scale),
    );
    this.#glideTo(this.zoom * fits, box.centreX, box.centreY);
  }

  // As near as these places still fill the window.
  zoomTo(xs, ys) {
    const box = boundsOf(xs, ys, 0.05);
    const fits = Math.min(this.bounds.width / box.width, this.bounds.height / box.height, 40) * 0.8;
    this.#glideTo(Math.max(1, fits), box.centreX, box.centreY);
  }

  #glideTo(zoom, centreX, centreY) {
    const to = { zoom, x: centreX - this.bounds.centreX, y: centreY - this.bounds.centreY };
    this.#glide = { from: { zoom: this.zoom, x: this.x, y: this.y }, to, start: performance.now() };
    this.onmove();
  }

  // Move on to the time `now`; true: there is more to come.
  advance(now) {
    if (!this.#glide) return false;
    const { from, to, start } = this.#glide;
    const t = this.still || calm.matches ? 1 : Math.min(1, (now - start) / GLIDE),
      eased = t * (2 - t);
    this.zoom = from.zoom * (to.zoom / from.zoom) ** eased;
    this.x = from.x + (to.x - from.x) * eased;
    this.y = from.y + (to.y - from.y) * eased;
    if (t === 1) this.#glide = null;
    return t < 1;
  }
}
