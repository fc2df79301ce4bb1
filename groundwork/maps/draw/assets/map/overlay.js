// What lies over the points: density contours, the pies of a map of tags, rings around points, the line of a lasso.

class Overlay {
  constructor(canvas, points, filter, camera, coincident) {
    this.coincident = coincident;
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.points = points;
    this.filter = filter;
    this.camera = camera;
    this.ratio = 1;
  }

  resize(width, height, ratio) {
    this.canvas.width = width;
    this.canvas.height = height;
    this.ratio = ratio;
  }

  // shown: as in Picture. under(pen): what is drawn first, in pixels of the canvas.
  draw(shown, under = null) {
    const { pen } = this;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (under) under(pen);
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    if (shown.contours) this.#contours(shown.facet);
    if (this.points.pies) this.#pies(shown.facet);
    this.#coincident(shown.facet);
    if (shown.open >= 0) this.#neighbours(shown.open);
    this.#ring(shown.hover, 4, css("--ink"), 1.5);
    this.#ring(shown.cursor, 4, css("--accent"), 2.5);
    this.#ring(shown.open, 4, css("--accent"), 2.5);
    if (shown.path) this.#path(shown.path);
  }

  #place(i) {
    const { x, y } = this.points.spot(i);
    return [this.camera.toX(x), this.camera.toY(y)];
  }

  #ring(i, away, colour, width) {
    if (i < 0) return;
    const { pen } = this;
    pen.beginPath();
    pen.arc(...this.#place(i), this.points.radius(i, this.camera.zoom) + away, 0, 2 * Math.PI);
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.stroke();
  }

  #contours(facet) {
    for (const { lines, colour, coloured } of this.contours(facet)) this.#contour({ lines }, colour, coloured);
  }

  // The contours that are drawn: [{lines, colour, coloured}].
  contours(facet) {
    const { dataset } = this.points.facets,
      { filter } = this,
      { preview } = filter;
    const coloured = facet === dataset,
      looks = dataset.looks(),
      hidden = filter.hidden.get(dataset);
    const alone = this.#alone(dataset, hidden, preview),
      { contours } = this.points.scene,
      hasUnion = contours.some((contour) => contour.dataset === "");
    // of several datasets the lines of one are drawn, or those of all together: more of them tangle
    return contours
      .map(({ lines, dataset: name }) => ({ lines, d: dataset.values.indexOf(name) }))
      .filter(({ d }) => (hasUnion ? d === alone : !hidden.has(d) && (alone < 0 || d === alone)))
      .map(({ lines, d }) => {
        const own = coloured && d >= 0;
        return { lines, colour: own ? looks[d].colour : css("--faint"), coloured: own };
      });
  }

  // The one dataset that is pointed at in the legend, or shown at all; -1: several are.
  #alone({ values }, hidden, preview) {
    if (preview && preview.facet === this.points.facets.dataset && !hidden.has(preview.v)) return preview.v;
    const shown = values.map((_, v) => v).filter((v) => !hidden.has(v));
    return shown.length === 1 ? shown[0] : -1;
  }

  #contour({ lines }, colour, coloured) {
    const { pen, camera } = this;
    pen.beginPath();
    for (const line of lines) {
      for (let k = 0; k < line.length; k += 2)
        pen[k ? "lineTo" : "moveTo"](camera.toX(line[k]), camera.toY(line[k + 1]));
      pen.closePath();
    }
    pen.globalAlpha = coloured ? 0.035 : 0.02;
    pen.fillStyle = colour;
    pen.fill("evenodd");
    pen.globalAlpha = this.filter.isNarrowed ? 0.2 : 0.55;
    pen.strokeStyle = colour;
    pen.lineWidth = 1.1;
    pen.stroke();
    pen.globalAlpha = 1;
  }

  #pies(facet) {
    const {
      pen,
      camera,
      filter,
      points: { pies },
    } = this;
    const looks = facet.looks(),
      grey = css("--grey"),
      edge = css("--map");
    const isSeen = (i) => filter.state[i] !== HIDDEN;
    const colourOf = (i) => (filter.isLit(i) && facet.group[i] >= 0 ? looks[facet.group[i]].colour : grey);
    for (const pie of pies.all) {
      pies.draw(pen, pie, camera.toX(pie.x), camera.toY(pie.y), pies.radius(pie, camera.zoom), isSeen, colourOf, edge);
    }
  }

  // One mark for questions of several datasets that lie on each other, a slice a dataset.
  #coincident(facet) {
    const { pen, camera, filter, points } = this,
      looks = facet.looks(),
      grey = css("--grey"),
      edge = css("--map"),
      r = points.radius(0, camera.zoom) * COINCIDENT_SIZE;
    for (const { x, y, slices } of this.coincident.groups) {
      const px = camera.toX(x),
        py = camera.toY(y);
      if (px < -r || py < -r || px > camera.width + r || py > camera.height + r) continue;
      let from = -Math.PI / 2;
      const total = slices.reduce((sum, { members }) => sum + members.length, 0);
      for (const { v, members } of slices) {
        const to = from + (2 * Math.PI * members.length) / total;
        pen.beginPath();
        pen.moveTo(px, py);
        pen.arc(px, py, r, from, to);
        pen.closePath();
        pen.fillStyle = members.some((i) => filter.isLit(i)) ? looks[v].colour : grey;
        pen.fill();
        pen.strokeStyle = edge;
        pen.lineWidth = 0.8;
        pen.stroke();
        from = to;
      }
    }
  }

  #neighbours(i) {
    const { pen } = this,
      accent = css("--accent");
    pen.strokeStyle = accent;
    pen.lineWidth = 1.2;
    for (const j of this.points.neighbours(i)) {
      pen.globalAlpha = 0.6;
      pen.beginPath();
      pen.moveTo(...this.#place(i));
      pen.lineTo(...this.#place(j));
      pen.stroke();
      pen.globalAlpha = 1;
      this.#ring(j, 2.5, accent, 1.2);
    }
  }

  #path(path) {
    const { pen } = this;
    pen.beginPath();
    path.forEach(([px, py], k) => {
      pen[k ? "lineTo" : "moveTo"](px, py);
    });
    pen.closePath();
    pen.fillStyle = css("--accent");
    pen.globalAlpha = 0.1;
    pen.fill();
    pen.globalAlpha = 1;
    pen.setLineDash([5, 4]);
    pen.strokeStyle = css("--accent");
    pen.lineWidth = 1.6;
    pen.stroke();
    pen.setLineDash([]);
  }
}
