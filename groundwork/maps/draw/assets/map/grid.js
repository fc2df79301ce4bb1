// Which points lie near a place: a grid of about two points a cell.
class Grid {
  constructor(x, y, bounds) {
    this.x = x;
    this.y = y;
    this.bounds = bounds;
    this.side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(x.length / 2))));
    this.start = new Uint32Array(this.side * this.side + 1);
    this.items = new Uint32Array(x.length);
    const cell = Uint32Array.from(x, (_, i) => this.row(y[i]) * this.side + this.column(x[i]));
    for (const c of cell) this.start[c + 1]++;
    for (let c = 0; c < this.side * this.side; c++) this.start[c + 1] += this.start[c];
    const next = this.start.slice();
    cell.forEach((c, i) => {
      this.items[next[c]++] = i;
    });
  }

  column(x) {
    return this.clamp(((x - this.bounds.left) / (this.bounds.width || 1)) * this.side);
  }
  row(y) {
    return this.clamp(((y - this.bounds.bottom) / (this.bounds.height || 1)) * this.side);
  }
  clamp(value) {
    return Math.max(0, Math.min(this.side - 1, Math.floor(value)));
  }

  // Indices of the points in the rectangle, unordered.
  *within(left, bottom, right, top) {
    const first = this.column(left),
      last = this.column(right);
    for (let row = this.row(bottom); row <= this.row(top); row++) {
      for (let at = this.start[row * this.side + first]; at < this.start[row * this.side + last + 1]; at++) {
        const i = this.items[at];
        if (this.x[i] >= left && this.x[i] <= right && this.y[i] >= bottom && this.y[i] <= top) yield i;
      }
    }
  }
}
