// A small map of each dataset, side by side: its questions in its colour over those of all.

const SMALL = 320; // pixels a side

class SmallMaps {
  #drawn = "";

  // onpick(v): a map was chosen.
  constructor(points, onpick) {
    this.points = points;
    const { values } = points.facets.dataset;
    this.canvases = values.map(() => el("canvas", { "aria-hidden": "true" }));
    this.node = el(
      "div",
      { class: "small-maps" },
      values.map((value, v) =>
        el(
          "button",
          { type: "button", title: `Show ${value} alone on the map`, onclick: () => onpick(v) },
          el(
            "span",
            { class: "chip" },
            el("span", { class: "mark" }),
            value,
            el("span", { class: "faint", text: number(points.scene.datasets[v].count) }),
          ),
          this.canvases[v],
        ),
      ),
    );
    theme.listeners.push(() => this.draw());
  }

  // When the maps come into sight; they stay as they are until the colours change.
  draw() {
    if (this.node.closest("[hidden]") || this.#drawn === String(theme.dark)) return;
    this.#drawn = String(theme.dark);
    const looks = this.points.facets.dataset.looks();
    this.canvases.forEach((canvas, v) => {
      this.node.querySelectorAll(".mark")[v].replaceChildren(swatch(looks[v].colour, looks[v].mark));
      this.#drawOne(canvas, v, looks[v].colour);
    });
  }

  #drawOne(canvas, v, colour) {
    const { x, y, bounds, count, facets } = this.points,
      ratio = Math.max(1.5, Math.min(2, devicePixelRatio || 1)), // two maps alone are drawn larger
      of = facets.dataset.group,
      pen = canvas.getContext("2d");
    canvas.width = canvas.height = SMALL * ratio;
    pen.scale(ratio, ratio);
    const scale = (SMALL - 24) / Math.max(bounds.width, bounds.height),
      r = Math.max(0.8, 3.4 - 0.6 * Math.log10(count + 1));
    const dots = (own) => {
      for (let i = 0; i < count; i++) {
        if ((of[i] === v) !== own) continue;
        const px = SMALL / 2 + (x[i] - bounds.centreX) * scale,
          py = SMALL / 2 - (y[i] - bounds.centreY) * scale;
        if (count > 5_000) {
          pen.fillRect(px - r, py - r, 2 * r, 2 * r);
          continue;
        }
        pen.beginPath();
        pen.arc(px, py, own ? r * 1.2 : r, 0, 2 * Math.PI);
        pen.fill();
      }
    };
    pen.globalAlpha = 0.6;
    pen.fillStyle = css("--grey");
    dots(false);
    pen.globalAlpha = 0.85;
    pen.fillStyle = colour;
    dots(true);
  }
}
