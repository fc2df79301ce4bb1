// Points drawn by the processor into one image: the same speed with and without a graphics card, and no limit but pixels.

const PHASES = 2; // positions within a pixel that a mark is prepared for, in each direction

const INSIDE = {
  circle: (x, y) => x * x + y * y <= 1,
  square: (x, y) => Math.abs(x) <= 0.86 && Math.abs(y) <= 0.86,
  triangle: (x, y) => y <= 0.75 && y >= -1.1 && Math.abs(x) <= (y + 1.1) * 0.6,
  down: (x, y) => y >= -0.75 && y <= 1.1 && Math.abs(x) <= (1.1 - y) * 0.6,
  diamond: (x, y) => Math.abs(x) + Math.abs(y) <= 1.2,
  cross: (x, y) => (Math.abs(x - y) <= 0.55 || Math.abs(x + y) <= 0.55) && Math.max(Math.abs(x), Math.abs(y)) <= 0.95,
  plus: (x, y) => (Math.abs(x) <= 0.38 || Math.abs(y) <= 0.38) && Math.max(Math.abs(x), Math.abs(y)) <= 1.1,
  star: (x, y) => {
    const angle = ((Math.atan2(x, -y) / (2 * Math.PI)) * 5 + 10) % 1;
    return Math.hypot(x, y) <= 0.55 + 0.7 * Math.abs(angle - 0.5) * 2 * 0.9;
  },
};

// The pixels that a mark of `radius` pixels covers, for every phase: how far right and down, and how much, 1..255.
function masks(mark, radius) {
  const inside = INSIDE[mark] || INSIDE.circle;
  const reach = Math.ceil(radius * 1.3) + 1;
  const phases = [];
  for (let py = 0; py < PHASES; py++) {
    for (let px = 0; px < PHASES; px++) {
      const right = [],
        down = [],
        cover = [];
      for (let row = -reach; row <= reach; row++) {
        for (let column = -reach; column <= reach; column++) {
          let hits = 0;
          for (let sample = 0; sample < 25; sample++) {
            const x = column + ((sample % 5) + 0.5) / 5 - px / PHASES,
              y = row + (((sample / 5) | 0) + 0.5) / 5 - py / PHASES;
            if (inside(x / radius, y / radius)) hits++;
          }
          if (hits) {
            right.push(column);
            down.push(row);
            cover.push((hits * 255) / 25);
          }
        }
      }
      phases.push({
        right: Int16Array.from(right),
        down: Int16Array.from(down),
        cover: Uint8Array.from(cover),
        width: 0,
        steps: null,
      });
    }
  }
  return { reach, phases };
}

class Raster {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.known = new Map();
  }

  resize(width, height, ratio) {
    this.ratio = ratio;
    this.width = this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.height = this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.image = this.context.createImageData(this.width, this.height);
    this.words = new Uint32Array(this.image.data.buffer);
  }

  clear([r, g, b]) {
    this.words.fill(((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
  }

  mask(mark, radius) {
    const step = Math.max(2, Math.round(radius * this.ratio * 4));
    const key = `${mark} ${step}`;
    if (!this.known.has(key)) this.known.set(key, masks(mark, step / 4));
    return this.known.get(key);
  }

  // One mark at (x, y) in canvas pixels, over what is there. alpha: 0..256.
  stamp(x, y, mask, r, g, b, alpha) {
    const column = Math.floor(x),
      row = Math.floor(y),
      { reach } = mask;
    if (column < -reach || row < -reach || column >= this.width + reach || row >= this.height + reach) return;
    const phase = mask.phases[(((y - row) * PHASES) | 0) * PHASES + (((x - column) * PHASES) | 0)];
    const data = this.image.data,
      { cover } = phase;
    if (column < reach || row < reach || column + reach >= this.width || row + reach >= this.height) {
      this.stampAtEdge(column, row, phase, r, g, b, alpha);
      return;
    }
    if (phase.width !== this.width) {
      // the way from the middle to each pixel, as bytes of this image
      phase.width = this.width;
      phase.steps = Int32Array.from(phase.right, (right, k) => (phase.down[k] * this.width + right) * 4);
    }
    const middle = (row * this.width + column) * 4,
      { steps } = phase;
    for (let k = 0; k < steps.length; k++) {
      const at = middle + steps[k],
        a = cover[k] * alpha;
      data[at] += ((r - data[at]) * a) >> 16;
      data[at + 1] += ((g - data[at + 1]) * a) >> 16;
      data[at + 2] += ((b - data[at + 2]) * a) >> 16;
    }
  }

  stampAtEdge(column, row, { right, down, cover }, r, g, b, alpha) {
    const data = this.image.data;
    for (let k = 0; k < cover.length; k++) {
      const px = column + right[k],
        py = row + down[k];
      if (px < 0 || py < 0 || px >= this.width || py >= this.height) continue;
      const at = (py * this.width + px) * 4,
        a = cover[k] * alpha;
      data[at] += ((r - data[at]) * a) >> 16;
      data[at + 1] += ((g - data[at + 1]) * a) >> 16;
      data[at + 2] += ((b - data[at + 2]) * a) >> 16;
    }
  }

  show() {
    this.context.putImageData(this.image, 0, 0);
  }
}
