// The page of the map: its parts, and what each does for the others.

const PAPER = { width: 680, height: 600 }; // of the map in print, as in map.css

class MapPage {
  constructor(scene, colours) {
    this.trail = []; // questions that lead back from neighbour to neighbour
    this.points = new Points(scene, colours);
    this.filter = new Filter(this.points, () => this.#filtered());
    this.picture = new Picture(this.points, this.filter, { onname: (name) => this.#goTo(name) });
    this.drawer = new Drawer(this.points, {
      onneighbour: (i) => this.open(i, { from: this.picture.shown.open }),
      onback: () => this.#back(),
      ontag: (tag) => this.search.run(tag),
      onclose: () => this.close(),
    });
    this.tray = new Tray(this.points, { onopen: (i) => this.open(i), onclear: () => this.select([]) });
    const list = () => this.list();
    this.search = new Search(this.points, this.filter, { onlook: () => this.views.go("map"), onlist: list });
    this.views = new Views((id) => {
      if (id === "map") requestAnimationFrame(() => this.picture.resize());
      if (id === "sides") this.smallMaps.draw();
    });
    const switchTheme = theme.start(); // before the legend takes its colours
    this.rail = new Rail(this.points, this.filter, this.picture.shown.facet, {
      oncolour: (facet) => this.picture.show({ facet }),
      onnumbers: () => this.#toNumbers(),
      onlist: list,
      onpreview: (line) => {
        this.filter.preview = line;
        this.picture.redraw();
      },
    });
    this.toolbar = new Toolbar(this.picture, new SavedView(this.points, this.picture, this.filter));
    this.#compose(scene, colours, switchTheme);
    this.#listen();
    theme.listeners.push(() => {
      this.rail.legend.show(this.picture.shown.facet);
      this.picture.draw();
    });
  }

  #compose(scene, colours, switchTheme) {
    const { views, rail, picture, tray, drawer } = this;
    views.add("map", "Map", rail.node, el("div", { class: "middle" }, picture.node, tray.node), drawer.node);
    picture.node.append(rail.legend.strip);
    if (scene.datasets.length > 1 && scene.kind !== "tags") {
      this.smallMaps = new SmallMaps(this.points, (v) => this.#alone(v));
      views.addSheet("sides", "Side by side", this.smallMaps.node);
    }
    if (scene.histogram.length) {
      views.addSheet(
        "tags",
        "Tags",
        tagsView(scene, colours, (tag) => this.search.run(tag)),
      );
    }
    if (scene.numbers || (scene.notes.length && scene.kind !== "tags"))
      views.addSheet("numbers", "Numbers", numbersView(scene, colours));
    document.body.append(
      el(
        "header",
        { class: "top" },
        el("div", { class: "titles" }, el("h1", { text: scene.title }), el("p", { text: scene.subtitle })),
        views.tabs,
        this.search.node,
        rail.opener(),
        switchTheme,
      ),
      views.node,
    );
    views.go(scene.opens || "map");
    picture.resize();
    addEventListener("beforeprint", () => picture.print(PAPER));
    addEventListener("afterprint", () => picture.print(null));
  }

  #listen() {
    const { picture, filter } = this,
      { shown, camera } = picture,
      hits = new Hits(this.points, filter, camera);
    new Pointer(picture.node, camera, this.toolbar, {
      at: (px, py) => hits.at(px, py),
      onhover: (i, px, py) => picture.hover(i, px, py),
      onclick: (i) => {
        this.rail.toggle(false);
        if (i >= 0) this.open(i);
        else this.close();
      },
      ontrace: (path) => picture.trace(path),
      ontravel: () => picture.tip.hide(),
      onselect: (path) => this.select(hits.inside(path)),
    });
    new Keys(picture.node, camera, {
      onsearch: () => this.search.focus(),
      onclear: () => this.clear(),
      onstep: (way) => this.#stepTo(hits.next(shown.cursor >= 0 ? shown.cursor : shown.open, way)),
      onenter: () => {
        if (shown.cursor >= 0) this.open(shown.cursor, { focus: true });
      },
      onleave: () => {
        picture.hover(-1);
        picture.show({ cursor: -1 });
      },
    });
  }

  #filtered() {
    this.rail.legend.update();
    this.rail.histograms.update();
    this.search.tell();
    this.picture.redraw();
  }

  #goTo(name) {
    if (name.members) this.open(name.members[0]);
    else this.picture.zoomToCluster(name.cluster);
  }

  #stepTo(i) {
    if (i < 0) return;
    const { picture, points } = this;
    picture.show({ cursor: i });
    picture.bringIn(i);
    picture.tip.show(i, picture.camera.toX(points.x[i]), picture.camera.toY(points.y[i]));
  }

  // Show the whole of one question beside the map.
  // focus: the keyboard goes there. from: the neighbour that it was opened from, to which a way leads back.
  async open(i, { focus = false, from = -1 } = {}) {
    this.trail = from >= 0 ? [...this.trail, from] : [];
    await this.#show(i);
    if (focus) this.drawer.focus();
  }

  async #show(i) {
    const { picture, drawer } = this,
      back = this.trail.at(-1) ?? -1;
    picture.show({ open: i });
    await this.points.load();
    if (drawer.isOpen) drawer.show(i, back);
    else picture.makeRoom(() => drawer.show(i, back));
    picture.bringIn(i);
  }

  #back() {
    this.#show(this.trail.pop());
  }

  // One dataset alone, on the map.
  #alone(v) {
    const { dataset } = this.points.facets;
    this.filter.showAll(dataset);
    this.filter.showOnly(dataset, v);
    this.views.go("map");
  }

  #toNumbers() {
    this.rail.toggle(false);
    this.views.go("numbers");
  }

  close() {
    if (!this.drawer.isOpen) return;
    const { hasFocus } = this.drawer;
    this.picture.shown.open = -1;
    this.picture.makeRoom(() => this.drawer.hide());
    if (hasFocus) this.picture.node.focus();
  }

  // List what is lit; the keyboard goes to the table.
  list() {
    this.rail.toggle(false);
    this.select(this.filter.lit());
    if (this.tray.isOpen) this.tray.node.focus({ preventScroll: true });
  }

  // List these points in the table and grey the others; none: as before.
  select(indices) {
    const { filter, tray, picture } = this,
      rows = [...indices].sort((a, b) => a - b);
    if (!rows.length) {
      filter.keep("selection", null);
      this.#closeTray();
      return;
    }
    filter.keepOnly("selection", rows);
    if (tray.isOpen) tray.show(rows);
    else picture.makeRoom(() => tray.show(rows));
    picture.bringAllIn(rows);
  }

  #closeTray() {
    if (this.tray.isOpen) this.picture.makeRoom(() => this.tray.hide());
  }

  // Close the drawer; when it is closed, end search, comparison and selection.
  clear() {
    if (this.rail.isOpen) {
      this.rail.toggle(false);
      return;
    }
    if (this.drawer.isOpen) {
      this.close();
      return;
    }
    if (this.tray.node.contains(document.activeElement)) this.picture.node.focus();
    this.search.clear();
    this.rail.reset();
    this.#closeTray();
    this.toolbar.pick("pan");
    this.filter.keepAll();
  }
}

async function startMap() {
  const [colours, scene] = await Promise.all([block("palette"), block("scene")]);
  usePalette(colours);
  const page = new MapPage(scene, colours);
  document.documentElement.dataset.ready = "true";
  setTimeout(async () => {
    await page.points.load();
    document.documentElement.dataset.details = "true";
  }, 50);
}

startMap();
