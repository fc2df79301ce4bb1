// The buttons on the map: what the pointer does, zooming, and what is drawn besides the points.

const TOOLS = {
  pan: ["Move", "M12 3v18 M3 12h18 M9 6l3-3 3 3 M9 18l3 3 3-3 M6 9l-3 3 3 3 M18 9l3 3-3 3"],
  lasso: [
    "Lasso: draw around questions",
    "M4 10c0-4 4-6 8-6s8 2 8 6-4 6-8 6c-5 0-8-2-8-6Z M7 15c-2 1-2 4 0 4.500s3 1 2 2",
  ],
  box: [
    "Box: drag over questions",
    "M4 4h4 M11 4h3 M17 4h3v4 M20 11v3 M20 17v3h-4 M13 20h-3 M7 20H4v-4 M4 13v-3 M4 7V4",
  ],
};
const CONTOUR_ICON =
  "M12 4c5 0 8 3 8 7s-4 9-9 9-7-4-7-8 3-8 8-8Z M12 9c2 0 3.500 1 3.500 3s-2 3.500-4 3.500-3-1.500-3-3S10 9 12 9Z";

class Toolbar {
  // tool: the one in use, a key of TOOLS. save: a SavedView.
  constructor(picture, save) {
    const { camera, shown } = picture;
    this.stage = picture.node;
    this.buttons = Object.fromEntries(
      Object.entries(TOOLS).map(([tool, [title, path]]) => [
        tool,
        button(`tool-${tool}`, title, path, () => this.pick(tool)),
      ]),
    );
    const toggle = (id, title, path, key) => {
      const node = button(id, title, path, () => {
        picture.show({ [key]: !shown[key] });
        press(node, shown[key]);
      });
      press(node, shown[key]);
      return node;
    };
    picture.tools.append(
      el("div", {}, Object.values(this.buttons)),
      el(
        "div",
        {},
        button("zoom-in", "Zoom in", "M12 5v14 M5 12h14", () => camera.zoomBy(1.6)),
        button("zoom-out", "Zoom out", "M5 12h14", () => camera.zoomBy(1 / 1.6)),
        button("fit", "Show all", "M4 9V4h5 M15 4h5v5 M20 15v5h-5 M9 20H4v-5", () => camera.showAll()),
      ),
      el(
        "div",
        {},
        toggle("toggle-labels", "Names of clusters", "M5 6h14 M12 6v13", "names"),
        picture.points.scene.contours.length
          ? toggle("toggle-contours", "Density contours", CONTOUR_ICON, "contours")
          : null,
      ),
    );
    if (picture.points.count) picture.tools.append(this.#saving(picture, save));
    this.pick("pan");
  }

  // A button that opens the kinds of file.
  #saving(picture, save) {
    const kinds = el(
      "div",
      { class: "kinds", hidden: true },
      el("button", { type: "button", id: "save-png", text: "PNG", onclick: () => save.png() }),
      el("button", { type: "button", id: "save-svg", text: "SVG", onclick: () => save.svg() }),
    );
    const opener = button("save", "Save this view", "M12 4v11 M7 11l5 5 5-5 M5 20h14", () => {
      kinds.hidden = !kinds.hidden;
      opener.setAttribute("aria-expanded", String(!kinds.hidden));
    });
    opener.setAttribute("aria-expanded", "false");
    picture.node.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".saving")) kinds.hidden = true;
    });
    return el("div", { class: "saving" }, opener, kinds);
  }

  pick(tool) {
    this.tool = tool;
    this.stage.dataset.tool = tool;
    for (const [other, node] of Object.entries(this.buttons)) press(node, other === tool);
  }
}

const button = (id, title, path, onclick) =>
  el("button", { type: "button", class: "icon", id, title, "aria-label": title, onclick }, icon(path));

const press = (node, pressed) => node.setAttribute("aria-pressed", String(pressed));
