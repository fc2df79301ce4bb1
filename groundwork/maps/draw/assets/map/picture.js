// The map itself: points, what lies over them, names and tip, all seen by one camera and drawn again on change.

const PRINT_RATIO = 3; // pixels of the map a CSS pixel of paper

class Picture {
  #waiting = false;
  #paper = null; // {width, height} while the page is printed

  // onname(name): the name of a cluster or a tag was clicked.
  constructor(points, filter, { onname }) {
    this.points = points;
    this.camera = new Camera(points.bounds, points.count > 30_000, () => this.redraw());
    // What is drawn besides the states of the points; -1: none. path: the line of a lasso, in pixels of the window.
    this.shown = {
      facet: defaultFacet(points),
      open: -1,
      hover: -1,
      cursor: -1,
      path: null,
      contours: true,
      names: true,
    };
    const canvas = el("canvas", { "aria-hidden": "true" }),
      over = el("canvas", { "aria-hidden": "true" });
    this.coincident = new Coincident(points, filter, this.camera);
    this.painter = new Painter(canvas, points, filter, this.camera, this.coincident, () => this.#tell());
    this.overlay = new Overlay(over, points, filter, this.camera, this.coincident);
    this.names = new Names(points, filter, this.camera, onname);
    this.tip = new Tip(points, this.camera, this.coincident);
    this.tools = el("div", { class: "toolbar", role: "toolbar", "aria-label": "Map tools" });
    this.node = el(
      "div",
      {
        class: "stage",
        id: "stage",
        tabindex: 0,
        role: "application",
        "aria-label":
          "Map of questions. Arrow keys step from point to point, Enter opens, plus and minus zoom, zero shows all.",
      },
      canvas,
      over,
      this.names.node,
      this.tip.node,
      this.tools,
      points.count === 0 && el("p", { class: "empty", text: "There are no questions to show." }),
    );
    new ResizeObserver(() => {
      if (!this.node.closest("[hidden]")) this.resize();
    }).observe(this.node);
  }

  // Draw in the next frame.
  redraw() {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#tell();
    requestAnimationFrame((now) => {
      this.#waiting = false;
      if (this.camera.advance(now)) this.redraw();
      this.draw();
    });
  }

  // Busy: another frame is to come, as the camera moves or points are still to be painted.
  #tell() {
    this.node.setAttribute("aria-busy", String(this.#waiting || this.painter.isBusy));
  }

  // whole: with every point at once.
  draw(whole = false) {
    this.coincident.update(this.shown.facet);
    const { facet } = this.shown;
    this.painter.paint(facet, whole);
    this.overlay.draw(this.shown, this.#paper && ((pen) => this.painter.drawShapes(facet, pen)));
    if (this.shown.names)
      this.names.place({ left: this.tools.offsetLeft, bottom: this.tools.offsetTop + this.tools.offsetHeight });
    else this.names.hide();
    this.#tell();
  }

  // Fit into the room that the page, or paper, gives.
  resize({ width, height } = this.#paper || this.node.getBoundingClientRect()) {
    this.camera.resize(width, height);
    if (this.#paper) this.#refit(PRINT_RATIO);
    else this.#refit();
  }

  // Fit into paper's room, fine enough for it and with every point at once; null: no more.
  print(room) {
    this.#paper = room;
    this.resize();
  }

  // The canvases of the view, drawn anew `ratio` times as fine. Only until `use` returns.
  fine(ratio, use) {
    this.#refit(ratio, true);
    const result = use(this.painter.raster.canvas, this.overlay.canvas);
    this.#refit();
    return result;
  }

  // Let `change` open or close a panel beside the map; what is seen stays where it is.
  makeRoom(change) {
    this.tip.hide();
    change();
    const { width, height } = this.node.getBoundingClientRect();
    this.camera.reframe(width, height);
    this.#refit();
  }

  #refit(ratio = Math.min(2, window.devicePixelRatio || 1), whole = false) {
    const {
      camera,
      painter: { raster },
    } = this;
    raster.resize(camera.width, camera.height, ratio);
    this.overlay.resize(raster.width, raster.height, raster.ratio);
    this.draw(whole);
  }

  // Change some of what is shown.
  show(changes) {
    Object.assign(this.shown, changes);
    this.redraw();
  }

  // Mark the point under the pointer and tell of it; -1: none.
  hover(i, px, py) {
    if (i !== this.shown.hover) {
      this.shown.hover = i;
      this.node.classList.toggle("over", i >= 0);
      this.overlay.draw(this.shown);
    }
    if (i >= 0) this.tip.show(i, px, py);
    else this.tip.hide();
  }

  // The line of a lasso or a box while it is drawn; null: none.
  trace(path) {
    this.shown.path = path;
    this.overlay.draw(this.shown);
  }

  bringIn(i) {
    this.camera.bringIn(this.points.x[i], this.points.y[i]);
  }

  bringAllIn(indices) {
    this.camera.bringAllIn(
      indices.map((i) => this.points.x[i]),
      indices.map((i) => this.points.y[i]),
    );
  }

  zoomToCluster(id) {
    const { x, y, scene } = this.points,
      members = [];
    scene.cluster.forEach((own, i) => {
      if (own === id) members.push(i);
    });
    if (members.length)
      this.camera.zoomTo(
        members.map((i) => x[i]),
        members.map((i) => y[i]),
      );
  }
}

function defaultFacet({ scene, facets }) {
  if (scene.datasets.length > 1) return facets.dataset;
  return (
    [facets.split, facets.cluster, facets.category].find((facet) => facet && facet.values.length > 1) || facets.dataset
  );
}
