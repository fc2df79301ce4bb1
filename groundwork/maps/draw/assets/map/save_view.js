// The view that is seen, as a file: its points, contours, names and legend, as PNG or as SVG.

const SAVED_RATIO = 3; // pixels of the PNG a pixel of the page
const SAVED_FONT = "13px Inter, 'Noto Sans', 'DejaVu Sans', sans-serif";
const LINE = 22; // pixels a line of the legend

class SavedView {
  constructor(points, picture, filter) {
    this.points = points;
    this.picture = picture;
    this.filter = filter;
  }

  // {width, height} of the map, {lines} of the legend below it: [{text, colour, mark, x, y}], {below} of all.
  #layout() {
    const { camera, shown } = this.picture,
      looks = shown.facet.looks(),
      hidden = this.filter.hidden.get(shown.facet),
      pen = el("canvas").getContext("2d");
    pen.font = SAVED_FONT;
    let x = 16,
      y = camera.height + 30;
    const lines = [];
    shown.facet.values.slice(0, LEGEND_LINES).forEach((value, v) => {
      if (hidden.has(v)) return;
      const text = cut(value, 60),
        room = pen.measureText(text).width + 40;
      if (x > 16 && x + room > camera.width) {
        x = 16;
        y += LINE;
      }
      lines.push({ text, ...looks[v], x, y });
      x += room;
    });
    return { width: camera.width, height: camera.height, lines, whole: y + 18 };
  }

  names() {
    if (!this.picture.shown.names) return [];
    return this.picture.names.shown();
  }

  get #file() {
    return this.points.scene.title.replace(/[^\p{L}\p{N}]+/gu, "-").toLowerCase() || "map";
  }

  async png() {
    const { width, height, lines, whole } = this.#layout(),
      canvas = el("canvas", { width: width * SAVED_RATIO, height: whole * SAVED_RATIO }),
      pen = canvas.getContext("2d");
    pen.scale(SAVED_RATIO, SAVED_RATIO);
    pen.fillStyle = css("--map");
    pen.fillRect(0, 0, width, whole);
    this.picture.fine(SAVED_RATIO, (...layers) => {
      for (const layer of layers) pen.drawImage(layer, 0, 0, width, height);
    });
    pen.textBaseline = "middle";
    pen.textAlign = "center";
    pen.font = `600 ${SAVED_FONT}`;
    pen.lineJoin = "round";
    for (const { text, px, py } of this.names()) {
      pen.strokeStyle = css("--map");
      pen.lineWidth = 4;
      pen.strokeText(text, px, py);
      pen.fillStyle = css("--ink");
      pen.fillText(text, px, py);
    }
    pen.textAlign = "left";
    pen.font = SAVED_FONT;
    for (const { text, colour, mark, x, y } of lines) {
      pen.save();
      pen.translate(x, y - 8);
      pen.fillStyle = colour;
      pen.fill(new Path2D(MARK_PATHS[mark] || MARK_PATHS.circle));
      pen.restore();
      pen.fillStyle = css("--ink");
      pen.fillText(text, x + 22, y);
    }
    const blob = await new Promise((resolve) => {
      canvas.toBlob(resolve, "image/png");
    });
    download(`${this.#file}.png`, blob, "image/png");
  }

  svg() {
    const { width, lines, whole } = this.#layout(),
      ink = css("--ink"),
      ground = css("--map");
    const label = (text, x, y, more = {}) =>
      svg("text", { x, y, fill: ink, "dominant-baseline": "middle", ...more }, text);
    const node = svg(
      "svg",
      {
        xmlns: "http://www.w3.org/2000/svg",
        viewBox: `0 0 ${width} ${whole}`,
        width,
        height: whole,
        "font-size": 13,
        "font-family": "Inter, 'Noto Sans', 'DejaVu Sans', sans-serif",
      },
      svg("title", {}, this.points.scene.title),
      svg("rect", { width, height: whole, fill: ground }),
      svg("g", { fill: "none" }, this.#contours()),
      svg("g", { stroke: ground, "stroke-width": 0.8 }, this.#marks()),
      svg(
        "g",
        { "text-anchor": "middle", "font-weight": 600, stroke: ground, "stroke-width": 4, "paint-order": "stroke" },
        this.names().map(({ text, px, py }) => label(text, px, py)),
      ),
      lines.map(({ text, colour, mark, x, y }) => [
        svg("path", { d: MARK_PATHS[mark] || MARK_PATHS.circle, fill: colour, transform: `translate(${x} ${y - 8})` }),
        label(text, x + 22, y),
      ]),
    );
    download(`${this.#file}.svg`, new XMLSerializer().serializeToString(node), "image/svg+xml");
  }

  #contours() {
    if (!this.picture.shown.contours) return [];
    const { camera, overlay } = this.picture;
    return overlay.contours(this.picture.shown.facet).map(({ lines, colour }) =>
      svg("path", {
        d: lines
          .map((line) => {
            const places = [];
            for (let k = 0; k < line.length; k += 2)
              places.push(`${px1(camera.toX(line[k]))} ${px1(camera.toY(line[k + 1]))}`);
            return `M${places.join("L")}Z`;
          })
          .join(""),
        stroke: colour,
        "stroke-opacity": 0.55,
      }),
    );
  }

  // Every point in sight: grey ones first, then those that are lit, then shared ones as slices.
  #marks() {
    const { points, filter, picture } = this,
      { camera, coincident, shown } = picture,
      looks = shown.facet.looks(),
      grey = css("--grey"),
      radius = points.radius(0, camera.zoom);
    const seen = (x, y) => x > -radius && y > -radius && x < camera.width + radius && y < camera.height + radius;
    const single = (pass) =>
      Array.from(points.x, (_, i) => i)
        .filter((i) => filter.state[i] === pass && !coincident.within[i] && !points.pies)
        .map((i) => {
          const x = camera.toX(points.x[i]),
            y = camera.toY(points.y[i]),
            look = shown.facet.group[i] < 0 ? { colour: css("--other"), mark: "circle" } : looks[shown.facet.group[i]];
          if (!seen(x, y)) return null;
          const size = (radius / 8) * MARK_SCALE;
          return svg("path", {
            d: MARK_PATHS[look.mark] || MARK_PATHS.circle,
            fill: pass === LIT ? look.colour : grey,
            transform: `translate(${px1(x - 8 * size)} ${px1(y - 8 * size)}) scale(${size.toFixed(3)})`,
          });
        })
        .filter(Boolean);
    const shared = coincident.groups.flatMap(({ x, y, slices }) => {
      const total = slices.reduce((sum, { members }) => sum + members.length, 0);
      let from = 0;
      return slices.map(({ v, members }) => {
        const share = members.length / total,
          lit = members.some((i) => filter.isLit(i)),
          d = slicePath(camera.toX(x), camera.toY(y), radius * COINCIDENT_SIZE, from, share);
        from += share;
        return svg("path", { d, fill: lit ? looks[v].colour : grey });
      });
    });
    const tags = points.pies
      ? points.pies.all.flatMap((pie) =>
          points.pies
            .sectors(pie, (i) => filter.state[i] !== HIDDEN)
            .map(([i, from, to]) =>
              svg("path", {
                d: slicePath(
                  camera.toX(pie.x),
                  camera.toY(pie.y),
                  points.pies.radius(pie, camera.zoom),
                  from / (2 * Math.PI) + 0.25,
                  (to - from) / (2 * Math.PI),
                ),
                fill: filter.isLit(i) && shown.facet.group[i] >= 0 ? looks[shown.facet.group[i]].colour : grey,
              }),
            ),
        )
      : [];
    return [single(GREY), single(LIT), shared, tags];
  }
}

const px1 = (value) => Math.round(value * 10) / 10;

// A slice of a circle from a share of it on, clockwise from twelve o'clock.
function slicePath(x, y, r, from, share) {
  if (share > 0.999) return `M${px1(x - r)} ${px1(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
  const at = (part) => {
    const angle = 2 * Math.PI * part - Math.PI / 2;
    return `${px1(x + r * Math.cos(angle))} ${px1(y + r * Math.sin(angle))}`;
  };
  return `M${px1(x)} ${px1(y)}L${at(from)}A${px1(r)} ${px1(r)} 0 ${share > 0.5 ? 1 : 0} 1 ${at(from + share)}Z`;
}
