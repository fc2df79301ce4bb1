// The map: colour, search, hover, click, lasso, compare. Everything is drawn again on change, in one animation frame.

const HIDDEN = 0, GREY = 1, LIT = 2;
const COLOURED = 8; // groups that get a colour of their own; the others are grey in the map and named in the legend
const LEGEND_LINES = 60;
const SLICE = 24; // milliseconds of a frame that points may take
const FACET_NAMES = {
  dataset: "Dataset", split: "Split", cluster: "Cluster", tag: "Tag", category: "Category", difficulty: "Difficulty",
  document: "Document",
};
const DIFFICULTIES = ["easy", "medium", "hard"];

async function startMap() {
  const [colours, scene] = await Promise.all([block("palette"), block("scene")]);
  usePalette(colours);
  const n = scene.x.length;
  const x = Float64Array.from(scene.x), y = Float64Array.from(scene.y);
  const facets = makeFacets(scene);
  let details = null; // answers, evidence ...; unpacked after the first picture
  let haystack = null;

  // ---- what is shown -------------------------------------------------------------------------------------------
  const state = new Uint8Array(n);
  const view = { k: 1, x: 0, y: 0 };
  const bounds = boundsOf(x, y);
  const grid = new Grid(x, y, bounds);
  const order = shuffled(n);
  const pies = scene.kind === "tags" ? new Pies(scene) : null;
  const shown = {
    facet: defaultFacet(), words: [], matches: null, compare: null, selection: null, preview: null, hidden: {},
    open: -1, hover: -1, cursor: -1, tool: "pan", contours: true, labels: true,
  };
  let size = { width: 1, height: 1 }, dirty = false, moving = null;

  function defaultFacet() {
    if (scene.datasets.length > 1) return "dataset";
    return ["split", "cluster", "category"].find((name) => facets[name] && facets[name].values.length > 1) || "dataset";
  }

  // ---- the page ------------------------------------------------------------------------------------------------
  const canvas = el("canvas", { "aria-hidden": "true" });
  const over = el("canvas", { "aria-hidden": "true" });
  const labels = el("div", { class: "labels" });
  const tip = el("div", { class: "tip", role: "status", hidden: true });
  const stage = el("div", {
    class: "stage", id: "stage", tabindex: 0, role: "application",
    "aria-label": "Map of questions. Arrow keys step from point to point, Enter opens, plus and minus zoom, zero shows all.",
  }, canvas, over, labels, tip);
  const raster = new Raster(canvas);
  const pen = over.getContext("2d");
  const rail = el("aside", { class: "rail", id: "rail", "aria-label": "Colours and filters" });
  const drawer = el("aside", { class: "drawer", id: "drawer", "aria-label": "Question", hidden: true });
  const tray = el("section", { class: "tray", id: "tray", "aria-label": "Selection", hidden: true });
  const found = el("output", { class: "found", id: "found", "aria-live": "polite" });
  const search = el("input", {
    type: "search", id: "search", placeholder: scene.kind === "tags" ? "Search tags" : "Search questions",
    "aria-label": "Search", autocomplete: "off", spellcheck: "false", oninput: () => later(runSearch),
    onkeydown: (event) => { if (event.key === "Enter") selectMatches(); },
  });
  const views = makeViews();
  document.body.append(
    el("header", { class: "top" },
      el("div", { class: "titles" }, el("h1", { text: scene.title }), el("p", { text: scene.subtitle })),
      views.tabs,
      el("div", { class: "searchbox" }, icon("M10.500 4a6.500 6.500 0 1 0 0 13a6.500 6.500 0 1 0 0-13Z M15.300 15.300 20.500 20.500"),
        search, found),
      el("button", { class: "icon filters", type: "button", "aria-label": "Colours and filters", "aria-expanded": "false",
        onclick: (event) => {
          const open = rail.classList.toggle("open");
          event.currentTarget.setAttribute("aria-expanded", String(open));
        } }, icon("M4 7h16 M7 12h10 M10 17h4")),
      theme.start()),
    views.main);
  const bar = toolbar();
  stage.append(bar.node);
  if (n === 0) stage.append(el("p", { class: "empty", text: "There are no questions to show." }));

  function makeViews() {
    const mapView = el("main", { class: "map" }, rail, el("div", { class: "middle" }, stage, tray), drawer);
    const pages = [["map", "Map", mapView]];
    const reading = (id, ...children) => el("main", { class: "reading", id: `view-${id}` }, el("div", { class: "sheet" }, children));
    if (scene.histogram.length) pages.push(["tags", "Tags", reading("tags", tagsView(scene, colours, (tag) => { views.go("map"); search.value = tag; runSearch(); }))]);
    if (scene.notes.length || scene.numbers) {
      pages.push(["numbers", "Numbers", reading("numbers", numbersView(scene, colours))]);
    }
    const buttons = pages.map(([id, name]) =>
      el("button", { type: "button", role: "tab", id: `tab-${id}`, onclick: () => go(id) }, name));
    function go(id) {
      pages.forEach(([other, , node], i) => {
        node.hidden = other !== id;
        buttons[i].setAttribute("aria-selected", String(other === id));
      });
      document.body.dataset.view = id;
      if (id === "map") requestAnimationFrame(resize);
    }
    return {
      tabs: el("nav", { class: "tabs", role: "tablist", hidden: pages.length < 2 }, buttons),
      main: el("div", { class: "views" }, pages.map(([, , node]) => node)), go,
    };
  }

  function toolbar() {
    const tools = { pan: ["Move", "M12 3v18 M3 12h18 M9 6l3-3 3 3 M9 18l3 3 3-3 M6 9l-3 3 3 3 M18 9l3 3-3 3"],
      lasso: ["Lasso: draw around questions", "M4 10c0-4 4-6 8-6s8 2 8 6-4 6-8 6c-5 0-8-2-8-6Z M7 15c-2 1-2 4 0 4.500s3 1 2 2"],
      box: ["Box: drag over questions", "M4 4h4 M11 4h3 M17 4h3v4 M20 11v3 M20 17v3h-4 M13 20h-3 M7 20H4v-4 M4 13v-3 M4 7V4"] };
    const buttons = Object.entries(tools).map(([name, [title, path]]) => el("button", {
      type: "button", class: "icon", id: `tool-${name}`, title, "aria-label": title, "aria-pressed": String(name === "pan"),
      onclick: () => pick(name),
    }, icon(path)));
    function pick(name) {
      shown.tool = name;
      stage.dataset.tool = name;
      Object.keys(tools).forEach((tool, i) => buttons[i].setAttribute("aria-pressed", String(tool === name)));
    }
    const act = (id, title, path, run) =>
      el("button", { type: "button", class: "icon", id, title, "aria-label": title, onclick: run }, icon(path));
    const toggle = (id, title, path, key) => el("button", {
      type: "button", class: "icon", id, title, "aria-label": title, "aria-pressed": "true",
      onclick: (event) => {
        shown[key] = !shown[key];
        event.currentTarget.setAttribute("aria-pressed", String(shown[key]));
        redraw();
      },
    }, icon(path));
    pick("pan");
    return { pick, node: el("div", { class: "toolbar", role: "toolbar", "aria-label": "Map tools" },
      el("div", {}, buttons),
      el("div", {},
        act("zoom-in", "Zoom in", "M12 5v14 M5 12h14", () => zoomBy(1.6)),
        act("zoom-out", "Zoom out", "M5 12h14", () => zoomBy(1 / 1.6)),
        act("fit", "Show all", "M4 9V4h5 M15 4h5v5 M20 15v5h-5 M9 20H4v-5", () => fit())),
      el("div", {},
        toggle("toggle-labels", "Names of clusters", "M5 6h14 M12 6v13", "labels"),
        scene.contours.length
          ? toggle("toggle-contours", "Density contours", "M12 4c5 0 8 3 8 7s-4 9-9 9-7-4-7-8 3-8 8-8Z M12 9c2 0 3.500 1 3.500 3s-2 3.500-4 3.500-3-1.500-3-3S10 9 12 9Z", "contours")
          : null)) };
  }

  // ---- colour and legend ---------------------------------------------------------------------------------------
  function paint(facet) {
    const palette = theme.dark ? colours.dark : colours.light;
    const ordered = theme.dark ? colours.orderedDark : colours.orderedLight;
    const grey = css("--other");
    return facet.values.map((value, v) => {
      const slot = facet.slots[v];
      if (slot < 0) return { colour: grey, mark: "circle" };
      return facet.ordered ? { colour: ordered[slot], mark: "circle" }
        : { colour: palette[slot % palette.length], mark: facet.marked ? colours.marks[slot % colours.marks.length] : "circle" };
    });
  }

  function groupOf(facet, i) {
    if (!facet.many) return facet.of[i];
    let best = -1;
    for (const v of facet.of[i]) if (best < 0 || v < best) best = v; // the most frequent of its values
    return best;
  }

  function buildRail() {
    const choices = Object.entries(facets).filter(([name, f]) => name === shown.facet || f.values.length > 1);
    const verdict = shortVerdict(scene);
    rail.replaceChildren(
      verdict ? el("section", { class: "short" }, el("p", { text: verdict }),
        el("button", { type: "button", class: "link", onclick: () => views.go("numbers") }, "The numbers behind it →")) : "",
      choices.length < 2 ? "" : el("fieldset", { class: "colour-by" }, el("legend", { text: "Colour by" }),
        el("div", { class: "pills" }, choices.map(([name]) => el("label", {},
          el("input", { type: "radio", name: "facet", value: name, checked: name === shown.facet,
            onchange: () => { shown.facet = name; buildLegend(); redraw(); } }),
          el("span", { text: FACET_NAMES[name] }))))),
      el("section", { class: "legend", id: "legend" }),
      compareChoices(),
      el("section", { class: "keys" }, el("p", {},
        scene.kind === "tags" ? "Near tags mean near things; larger marks stand for more questions. " : "Near dots ask about near things. ",
        "Hover to read, click to open, scroll to zoom. ",
        el("kbd", { text: "/" }), " searches, ", el("kbd", { text: "Esc" }), " clears.")));
    buildLegend();
  }

  function buildLegend() {
    const facet = facets[shown.facet], looks = paint(facet), hidden = hiddenOf(shown.facet);
    const lines = facet.values.slice(0, LEGEND_LINES).map((value, v) => {
      const only = el("button", { type: "button", class: "only", text: "only", "aria-label": `Only ${value}`,
        onclick: (event) => { event.preventDefault(); showOnly(facet, v); } });
      return el("li", {
        onpointerenter: () => preview({ facet, v }), onpointerleave: () => preview(null),
      }, el("label", {},
        el("input", { type: "checkbox", checked: !hidden.has(v), onchange: (event) => {
          if (event.target.checked) hidden.delete(v); else hidden.add(v);
          refilter();
        } }),
        swatch(looks[v].colour, looks[v].mark), el("span", { class: "name", text: value, title: value }),
        el("span", { class: "count", "data-value": v })), only);
    });
    const rest = facet.values.length - lines.length;
    const all = el("button", { type: "button", class: "link", text: "Show all",
      onclick: () => { hidden.clear(); buildLegend(); refilter(); } });
    document.getElementById("legend").replaceChildren(
      el("h2", {}, FACET_NAMES[shown.facet], all),
      el("ul", {}, lines), rest > 0 ? el("p", { class: "faint", text: `and ${number(rest)} more` }) : "");
    countLegend();
  }

  function hiddenOf(name) { return shown.hidden[name] || (shown.hidden[name] = new Set()); }

  function showOnly(facet, v) {
    const hidden = hiddenOf(facet.name);
    const alone = hidden.size === facet.values.length - 1 && !hidden.has(v);
    hidden.clear();
    if (!alone) facet.values.forEach((_, other) => { if (other !== v) hidden.add(other); });
    buildLegend();
    refilter();
  }

  function countLegend() {
    const facet = facets[shown.facet];
    const lit = new Uint32Array(facet.values.length), all = new Uint32Array(facet.values.length);
    for (let i = 0; i < n; i++) {
      for (const v of facet.many ? facet.of[i] : [facet.of[i]]) {
        if (v < 0) continue;
        all[v]++;
        if (state[i] === LIT) lit[v]++;
      }
    }
    const narrowed = isNarrowed();
    for (const node of document.querySelectorAll("#legend .count")) {
      const v = Number(node.dataset.value);
      node.textContent = narrowed ? `${number(lit[v])} / ${number(all[v])}` : number(all[v]);
    }
    for (const [v, line] of [...document.querySelectorAll("#legend li")].entries()) {
      line.classList.toggle("off", hiddenOf(shown.facet).has(v));
    }
  }

  function compareChoices() {
    const names = scene.datasets.map((d) => d.name);
    const questions = [
      ...names.filter((d) => scene.only_in[d]).map((d) => ["only", d, scene.kind === "tags" ? "only in " : "asked only by ", scene.only_in[d]]),
      ...names.filter((d) => scene.missed_by[d]).map((d) => ["missed", d, scene.kind === "tags" ? "lacking in " : "missed by ", scene.missed_by[d]]),
    ];
    if (names.length < 2 || !questions.length) return "";
    const choose = (indices) => { shown.compare = indices && new Set(indices); refilter(); };
    const choice = (value, checked, indices, ...label) => el("label", {},
      el("input", { type: "radio", name: "compare", value, checked, onchange: () => choose(indices) }), el("span", {}, label),
      el("span", { class: "count", text: indices ? number(indices.length) : number(n) }));
    return el("fieldset", { class: "compare", id: "compare" }, el("legend", { text: "Compare" }),
      choice("all", true, null, "everything"),
      questions.map(([kind, name, words, indices]) => choice(`${kind}:${name}`, false, indices, words, el("b", { text: name }))));
  }

  // ---- filters -------------------------------------------------------------------------------------------------
  function isNarrowed() { return Boolean(shown.matches || shown.compare || shown.selection); }

  function refilter() {
    const hidden = Object.entries(shown.hidden).filter(([, set]) => set.size).map(([name, set]) => [facets[name], set]);
    for (let i = 0; i < n; i++) {
      state[i] = hidden.every(([facet, set]) => isShown(facet, set, i)) ? (isLit(i) ? LIT : GREY) : HIDDEN;
    }
    countLegend();
    tellFound();
    redraw();
  }

  function isShown(facet, set, i) {
    if (!facet.many) return !set.has(facet.of[i]);
    return facet.of[i].length === 0 || facet.of[i].some((v) => !set.has(v));
  }

  function isLit(i) {
    return (!shown.matches || shown.matches[i] === 1) && (!shown.compare || shown.compare.has(i)) &&
      (!shown.selection || shown.selection.has(i));
  }

  function preview(what) {
    shown.preview = what;
    redraw();
  }

  function tellFound() {
    let count = 0;
    for (let i = 0; i < n; i++) if (state[i] === LIT) count++;
    found.textContent = isNarrowed() ? `${number(count)} of ${number(n)}` : "";
  }

  let timer = 0;
  function later(run) { clearTimeout(timer); timer = setTimeout(run, n > 20_000 ? 120 : 20); }

  function runSearch() {
    shown.words = fold(search.value).split(/\s+/).filter(Boolean);
    if (!shown.words.length) shown.matches = null;
    else {
      const texts = haystacks();
      shown.matches = Uint8Array.from(texts, (text) => (shown.words.every((word) => text.includes(word)) ? 1 : 0));
    }
    refilter();
  }

  function haystacks() {
    if (haystack) return haystack;
    const tags = facets.tag;
    const texts = scene.question.map((question, i) => fold([
      question, details ? details.answer[i] : "", tags ? tags.of[i].map((v) => tags.values[v]).join(" ") : "",
      ...["category", "document", "dataset"].map((name) => facets[name] ? facets[name].values[facets[name].of[i]] : ""),
    ].join("\n")));
    if (details) haystack = texts;
    return texts;
  }

  function selectMatches() {
    runSearch();
    if (shown.matches) select([...order].filter((i) => state[i] === LIT));
  }

  function select(indices) {
    shown.selection = indices.length ? new Set(indices) : null;
    refilter();
    if (!indices.length) { closeTray(); return; }
    const rows = [...indices].sort((a, b) => a - b);
    const of = (name) => (i) => facets[name].values[facets[name].of[i]];
    const columns = [
      { name: "Question", value: (i) => scene.question[i] },
      scene.datasets.length > 1 && { name: "Dataset", value: of("dataset"), cell: (i) => el("span", { class: "chip" }, chipMark(i), of("dataset")(i)) },
      ...["split", "category", "difficulty"].map((name) => facets[name] && { name: FACET_NAMES[name], value: of(name) }),
      facets.tag && { name: "Tags", value: (i) => facets.tag.of[i].map((v) => facets.tag.values[v]).join(", ") },
    ].filter(Boolean);
    tray.replaceChildren(
      el("header", {}, el("h2", { text: `${plural(rows.length, scene.kind === "tags" ? "tag" : "question")} selected` }),
        el("button", { type: "button", class: "action", id: "download", onclick: () => downloadRows(rows) }, "Download JSONL"),
        el("button", { type: "button", class: "icon", "aria-label": "Clear the selection", onclick: () => select([]) }, icon("M6 6l12 12 M18 6 6 18"))),
      table(columns, rows, { onrow: open }));
    if (tray.hidden) makeRoom(() => { tray.hidden = false; });
    bringAllIn(rows);
  }

  function closeTray() { if (!tray.hidden) makeRoom(() => { tray.hidden = true; }); }

  async function downloadRows(rows) {
    await loadDetails();
    download(`${scene.title.replace(/[^\p{L}\p{N}]+/gu, "-").toLowerCase()}-selection.jsonl`, rows.map((i) => JSON.stringify(record(i)) + "\n").join(""));
  }

  function record(i) {
    const of = (name) => (facets[name] ? facets[name].values[facets[name].of[i]] : "");
    return {
      id: details.id[i], dataset: of("dataset"), split: of("split"), document: of("document"), chunk: details.chunk[i],
      question: scene.question[i], evaluation_criteria: details.evaluation_criteria[i], answer: details.answer[i],
      difficulty: of("difficulty"), category: of("category"), evidence: details.evidence[i], pages: details.pages[i],
      headings: details.headings[i], tags: facets.tag ? facets.tag.of[i].map((v) => facets.tag.values[v]) : [],
    };
  }

  // ---- drawing -------------------------------------------------------------------------------------------------
  function redraw() {
    if (dirty) return;
    dirty = true;
    requestAnimationFrame(() => { dirty = false; draw(); });
  }

  function resize() {
    const box = stage.getBoundingClientRect();
    size = { width: Math.max(1, box.width), height: Math.max(1, box.height) };
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    raster.resize(size.width, size.height, ratio);
    over.width = raster.width;
    over.height = raster.height;
    draw();
  }

  // A panel opened or closed beside the map: what is seen keeps its size and its place from the top left.
  function makeRoom(change) {
    const left = fromX(0), top = fromY(0), s = scale();
    tip.hidden = true;
    change();
    const box = stage.getBoundingClientRect();
    size = { width: Math.max(1, box.width), height: Math.max(1, box.height) };
    view.k *= s / scale();
    view.x += left - fromX(0);
    view.y += top - fromY(0);
    resize();
  }

  const pad = 56;
  function scale() {
    return Math.min((size.width - pad) / (bounds.width || 1), (size.height - 2 * pad) / (bounds.height || 1)) * view.k;
  }
  const placeOf = (i, s) => { // where a point is drawn: a tag's dataset in its tag's pie
    const spot = pies ? pies.of.get(i) : { x: x[i], y: y[i] };
    return [toX(spot.x, s), toY(spot.y, s)];
  };
  const toX = (worldX, s = scale()) => (worldX - bounds.centreX - view.x) * s + size.width / 2;
  const toY = (worldY, s = scale()) => size.height / 2 - (worldY - bounds.centreY - view.y) * s;
  const fromX = (px, s = scale()) => (px - size.width / 2) / s + bounds.centreX + view.x;
  const fromY = (py, s = scale()) => (size.height / 2 - py) / s + bounds.centreY + view.y;

  function radius(i) {
    const base = Math.max(1.6, 7.2 - 1.15 * Math.log10(n + 1)) * Math.min(2.4, Math.max(1, view.k) ** 0.35);
    return pies ? pies.radius(pies.of.get(i), view.k) : base;
  }

  // Points are painted in slices of time, in mixed order: however many there are, the page answers at once, a map that
  // moves shows a fair sample of them, and one that rests fills up within a few frames.
  let painting = null;

  function draw() {
    const s = scale();
    painting = preparePainting(s);
    raster.clear(painting.back);
    paintOn(painting);
    drawOver(s, raster.ratio);
    placeLabels(s);
  }

  function preparePainting(s) {
    const facet = facets[shown.facet], ratio = raster.ratio, big = n ? radius(0) : 1;
    const none = { rgb: rgb(css("--other")), mark: "circle" };
    const looks = paint(facet).map((look) => ({ ...look, rgb: rgb(look.colour) }));
    for (const look of [none, ...looks]) { // one lookup a colour, not one a point
      look.fill = raster.mask(look.mark, big);
      look.edge = raster.mask(look.mark, big + 0.9);
    }
    return {
      facet, none, looks, back: rgb(css("--map")), grey: rgb(css("--grey")), dot: raster.mask("circle", big * 0.85),
      ring: big >= 3.2 && n <= 20_000,
      alpha: 256 * Math.max(0.5, Math.min(0.95, 1.35 - 0.16 * Math.log10(n + 1) + Math.log10(view.k + 1) * 0.1)),
      left: fromX(-30, s), right: fromX(size.width + 30, s), top: fromY(-30, s), bottom: fromY(size.height + 30, s),
      scale: s * ratio, shiftX: toX(0, s) * ratio, shiftY: toY(0, s) * ratio, pass: pies ? LIT + 1 : GREY, next: 0,
    };
  }

  function paintOn(job) {
    if (job !== painting) return; // the map has changed since
    const until = performance.now() + SLICE;
    while (job.pass <= LIT && performance.now() < until) {
      const end = Math.min(n, job.next + 2_000);
      paintPoints(job, job.next, end);
      job.next = end;
      if (end === n) { job.pass++; job.next = 0; }
    }
    raster.show();
    if (job.pass <= LIT) requestAnimationFrame(() => paintOn(job));
  }

  function paintPoints(job, from, to) {
    const { facet, pass, grey, back, dot } = job;
    for (let k = from; k < to; k++) {
      const i = order[k];
      if (state[i] === HIDDEN || x[i] < job.left || x[i] > job.right || y[i] < job.bottom || y[i] > job.top) continue;
      const seen = state[i] === LIT && shown.preview ? (bears(shown.preview, i) ? LIT : GREY) : state[i];
      if (seen !== pass) continue;
      const px = job.shiftX + x[i] * job.scale, py = job.shiftY - y[i] * job.scale;
      if (pass === GREY) { raster.stamp(px, py, dot, grey[0], grey[1], grey[2], 130); continue; }
      const v = groupOf(facet, i), look = v < 0 ? job.none : job.looks[v], [red, green, blue] = look.rgb;
      if (job.ring) raster.stamp(px, py, look.edge, back[0], back[1], back[2], 210);
      raster.stamp(px, py, look.fill, red, green, blue, job.alpha);
    }
  }

  function bears({ facet, v }, i) { return facet.many ? facet.of[i].includes(v) : facet.of[i] === v; }

  function drawOver(s, ratio) {
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, over.width, over.height);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (shown.contours) drawContours(s);
    if (pies) drawPies(s);
    if (shown.open >= 0) drawNeighbours(s);
    for (const [i, colour, width] of [[shown.hover, css("--ink"), 1.5], [shown.cursor, css("--accent"), 2.5], [shown.open, css("--accent"), 2.5]]) {
      if (i >= 0) circle(...placeOf(i, s), radius(i) + 4, colour, width);
    }
    if (moving && moving.path) drawPath(moving.path);
  }

  function circle(px, py, r, colour, width) {
    pen.beginPath();
    pen.arc(px, py, r, 0, 2 * Math.PI);
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.stroke();
  }

  function drawPies(s) {
    const facet = facets[shown.facet], looks = paint(facet), grey = css("--grey"), edge = css("--map");
    const lit = (i) => state[i] === LIT && (!shown.preview || bears(shown.preview, i));
    const colourOf = (i) => { const v = groupOf(facet, i); return !lit(i) || v < 0 ? grey : looks[v].colour; };
    for (const pie of pies.all) {
      pies.draw(pen, pie, toX(pie.x, s), toY(pie.y, s), pies.radius(pie, view.k), (i) => state[i] !== HIDDEN, colourOf, edge);
    }
  }

  function drawContours(s) {
    const byDataset = shown.facet === "dataset", looks = paint(facets.dataset), hidden = hiddenOf("dataset");
    scene.contours.forEach((contour) => {
      const d = facets.dataset.values.indexOf(contour.dataset);
      if (hidden.has(d) || (shown.preview && shown.preview.facet === facets.dataset && shown.preview.v !== d)) return;
      const colour = byDataset ? looks[d].colour : css("--faint");
      pen.beginPath();
      for (const line of contour.lines) {
        for (let k = 0; k < line.length; k += 2) pen[k ? "lineTo" : "moveTo"](toX(line[k], s), toY(line[k + 1], s));
        pen.closePath();
      }
      pen.globalAlpha = byDataset ? 0.035 : 0.02;
      pen.fillStyle = colour;
      pen.fill("evenodd");
      pen.globalAlpha = isNarrowed() ? 0.2 : 0.55;
      pen.strokeStyle = colour;
      pen.lineWidth = 1.1;
      pen.stroke();
      pen.globalAlpha = 1;
    });
  }

  function drawNeighbours(s) {
    const i = shown.open;
    pen.strokeStyle = css("--accent");
    pen.lineWidth = 1.2;
    for (const j of scene.neighbours[i] || []) {
      pen.globalAlpha = 0.6;
      pen.beginPath();
      pen.moveTo(...placeOf(i, s));
      pen.lineTo(...placeOf(j, s));
      pen.stroke();
      pen.globalAlpha = 1;
      circle(...placeOf(j, s), radius(j) + 2.5, css("--accent"), 1.2);
    }
  }

  function drawPath(path) {
    pen.beginPath();
    path.forEach(([px, py], k) => pen[k ? "lineTo" : "moveTo"](px, py));
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

  // ---- names on the map, none over another ---------------------------------------------------------------------
  const named = labelCandidates();
  const pool = [];
  function labelCandidates() {
    const clusters = scene.clusters.filter((c) => c.id >= 0 && c.label).map((c) => {
      const heights = Float64Array.from(scene.cluster.flatMap((id, i) => (id === c.id ? [y[i]] : []))).sort();
      const top = heights.length ? heights[Math.floor((heights.length - 1) * 0.95)] : c.y;
      return { text: cut(c.label, 42), full: c.label, x: c.x, y: top, centre: c.y, weight: c.count || 1, cluster: c.id };
    });
    const tags = pies ? pies.all.map((pie) => ({ text: cut(pie.tag, 30), full: pie.tag, x: pie.x, y: pie.y, weight: pie.weight, point: pie.members[0], members: pie.members })) : [];
    return (tags.length ? tags : clusters).sort((a, b) => b.weight - a.weight);
  }

  function placeLabels(s) {
    const placed = [], tools = { left: bar.node.offsetLeft, bottom: bar.node.offsetTop + bar.node.offsetHeight };
    pen.font = `600 13px ${css("--sans")}`;
    if (shown.labels) {
      for (const name of named) {
        if (placed.length >= 48) break;
        if (name.members && !name.members.some((i) => state[i] === LIT)) continue;
        name.width = name.width || pen.measureText(name.text).width;
        const lift = name.point !== undefined ? radius(name.point) + 10 : 14;
        const box = { name, px: toX(name.x, s), py: toY(name.y, s) - lift, half: name.width / 2 + 7 };
        if (name.centre !== undefined && toY(name.centre, s) > 30 && toY(name.centre, s) < size.height) box.py = Math.max(box.py, 16);
        if (box.px - box.half < 4 || box.px + box.half > size.width - 4 || box.py < 14 || box.py > size.height - 14) continue;
        if (box.px + box.half > tools.left - 4 && box.py - 14 < tools.bottom) continue;
        if (placed.some((other) => clash(box, other))) continue;
        placed.push(box);
      }
    }
    while (pool.length < placed.length) {
      const node = el("button", { type: "button", tabindex: -1, onclick: () => zoomTo(node.named) });
      pool.push(node);
      labels.append(node);
    }
    pool.forEach((node, k) => {
      node.hidden = k >= placed.length;
      if (node.hidden) return;
      const { name, px, py } = placed[k];
      if (node.named !== name) { node.named = name; node.textContent = name.text; node.title = name.full; }
      node.style.transform = `translate(${px}px, ${py}px) translate(-50%, -50%)`;
    });
  }

  function clash(a, b) {
    if (a.name.text === b.name.text && Math.hypot(a.px - b.px, a.py - b.py) < 120) return true;
    return Math.abs(a.px - b.px) < a.half + b.half && Math.abs(a.py - b.py) < 22;
  }

  // ---- moving --------------------------------------------------------------------------------------------------
  function zoomBy(factor, px = size.width / 2, py = size.height / 2) {
    const k = Math.max(0.5, Math.min(400, view.k * factor));
    const wx = fromX(px), wy = fromY(py);
    view.k = k;
    view.x += wx - fromX(px);
    view.y += wy - fromY(py);
    redraw();
  }

  function glide(to) {
    const from = { ...view }, start = performance.now();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || n > 30_000;
    const step = (now) => {
      const t = still ? 1 : Math.min(1, (now - start) / 280), e = t * (2 - t);
      view.k = from.k * (to.k / from.k) ** e;
      view.x = from.x + (to.x - from.x) * e;
      view.y = from.y + (to.y - from.y) * e;
      draw();
      if (t < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  function fit() { glide({ k: 1, x: 0, y: 0 }); }

  function zoomTo(name) {
    if (name.point !== undefined) { open(name.point); return; }
    const members = scene.cluster.flatMap((c, i) => (c === name.cluster ? [i] : []));
    if (!members.length) return;
    const box = boundsOf(members.map((i) => x[i]), members.map((i) => y[i]), 0.05);
    const k = Math.min(bounds.width / (box.width || 1), bounds.height / (box.height || 1), 40) * 0.8;
    glide({ k: Math.max(1, k), x: box.centreX - bounds.centreX, y: box.centreY - bounds.centreY });
  }

  function bringIn(i) {
    const px = toX(x[i]), py = toY(y[i]);
    if (px < 30 || py < 30 || px > size.width - 30 || py > size.height - 30) {
      glide({ k: view.k, x: x[i] - bounds.centreX, y: y[i] - bounds.centreY });
    }
  }

  // The table covers a part of the map: what was selected moves to where it is seen, smaller if need be.
  function bringAllIn(indices) {
    const edge = 24, seen = (i) => toX(x[i]) > edge && toY(y[i]) > edge && toX(x[i]) < size.width - edge && toY(y[i]) < size.height - edge;
    if (indices.every(seen)) return;
    const box = boundsOf(indices.map((i) => x[i]), indices.map((i) => y[i]), 0.05), s = scale();
    const fits = Math.min(1, (size.width - 2 * edge) / (box.width * s || 1), (size.height - 2 * edge) / (box.height * s || 1));
    glide({ k: view.k * fits, x: box.centreX - bounds.centreX, y: box.centreY - bounds.centreY });
  }

  // ---- pointing ------------------------------------------------------------------------------------------------
  function nearest(px, py) {
    const s = scale(), reach = Math.max(12, radius(0) + 6);
    let best = -1, least = Infinity;
    if (pies) return nearestPie(px, py, s);
    for (const i of grid.within(fromX(px - reach, s), fromY(py + reach, s), fromX(px + reach, s), fromY(py - reach, s))) {
      if (state[i] === HIDDEN) continue;
      const away = Math.hypot(toX(x[i], s) - px, toY(y[i], s) - py);
      if (away > Math.max(reach, radius(i) + 3)) continue;
      const rank = away + (state[i] === GREY ? 8 : 0);
      if (rank < least) { least = rank; best = i; }
    }
    return best;
  }

  function nearestPie(px, py, s) {
    for (let k = pies.all.length - 1; k >= 0; k--) { // the small ones lie on top
      const pie = pies.all[k], dx = px - toX(pie.x, s), dy = py - toY(pie.y, s);
      if (Math.hypot(dx, dy) > pies.radius(pie, view.k) + 4) continue;
      const i = pies.at(pie, dx, dy, (member) => state[member] !== HIDDEN);
      if (i >= 0) return i;
    }
    return -1;
  }

  function hover(i, px, py) {
    if (i !== shown.hover) {
      shown.hover = i;
      stage.classList.toggle("over", i >= 0);
      drawOver(scale(), raster.ratio);
    }
    if (i >= 0) showTip(i, px, py); else tip.hidden = true;
  }

  function showTip(i, px, py) {
    const of = (name) => (facets[name] ? facets[name].values[facets[name].of[i]] : "");
    const tags = facets.tag ? facets.tag.of[i].slice(0, 4).map((v) => facets.tag.values[v]) : [];
    const count = scene.kind === "tags" ? plural(scene.weight[i], "question") : "";
    tip.replaceChildren(el("strong", { text: cut(scene.question[i], 160) }),
      el("span", { class: "meta" }, chipMark(i), [of("dataset"), of("split"), count, ...tags].filter(Boolean).join(" · ")));
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = Math.max(8, Math.min(px + 14, size.width - box.width - 8));
    const top = py + 18 + box.height > size.height ? py - box.height - 12 : py + 18;
    tip.style.transform = `translate(${left}px, ${Math.max(8, top)}px)`;
  }

  function chipMark(i) {
    const look = paint(facets.dataset)[facets.dataset.of[i]];
    return swatch(look.colour, look.mark);
  }

  const touches = new Map();
  stage.addEventListener("pointerdown", (event) => {
    const tool = event.shiftKey ? "box" : shown.tool;
    const onName = event.target.closest(".labels button") && tool === "pan"; // a name zooms in, but stops no lasso
    if (event.button !== 0 || onName || event.target.closest(".toolbar")) return;
    stage.setPointerCapture(event.pointerId);
    const [px, py] = place(event);
    touches.set(event.pointerId, [px, py]);
    moving = touches.size > 1 ? { pinch: true } : { tool, px, py, fromX: px, fromY: py, path: tool === "pan" ? null : [[px, py]], far: false };
  });
  stage.addEventListener("pointermove", (event) => {
    const [px, py] = place(event);
    if (!moving) {
      if (!event.target.closest(".toolbar, .labels button")) hover(nearest(px, py), px, py); else hover(-1);
      return;
    }
    if (moving.pinch) { pinch(event.pointerId, px, py); return; }
    if (Math.hypot(px - moving.fromX, py - moving.fromY) > 4) moving.far = true;
    if (!moving.far) return;
    tip.hidden = true;
    if (moving.tool === "pan") {
      view.x -= (px - moving.px) / scale();
      view.y += (py - moving.py) / scale();
      stage.classList.add("dragging");
      redraw();
    } else {
      moving.path = moving.tool === "lasso" ? [...moving.path, [px, py]]
        : [[moving.fromX, moving.fromY], [px, moving.fromY], [px, py], [moving.fromX, py]];
      drawOver(scale(), raster.ratio);
    }
    moving.px = px;
    moving.py = py;
  });
  const release = (event) => {
    touches.delete(event.pointerId);
    stage.classList.remove("dragging");
    const done = moving;
    if (!done || done.pinch) { moving = touches.size ? moving : null; return; }
    moving = null;
    const [px, py] = place(event);
    if (done.path && done.far) select(inside(done.path));
    else if (!done.far && event.type === "pointerup") {
      const i = nearest(px, py);
      if (i >= 0) open(i); else closeDrawer();
    }
    redraw();
  };
  stage.addEventListener("pointerup", release);
  stage.addEventListener("pointercancel", release);
  stage.addEventListener("pointerleave", () => { if (!moving) hover(-1); });
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const [px, py] = place(event);
    tip.hidden = true;
    zoomBy(Math.exp(-Math.max(-120, Math.min(120, event.deltaY * (event.deltaMode ? 30 : 1))) * 0.0022), px, py);
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => {
    if (!event.target.closest(".toolbar, .labels button")) zoomBy(2, ...place(event));
  });

  function place(event) {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  function pinch(id, px, py) {
    const before = [...touches.values()];
    touches.set(id, [px, py]);
    const after = [...touches.values()];
    if (before.length < 2) return;
    const spread = (p) => Math.hypot(p[0][0] - p[1][0], p[0][1] - p[1][1]) || 1;
    const middle = (p) => [(p[0][0] + p[1][0]) / 2, (p[0][1] + p[1][1]) / 2];
    const [fx, fy] = middle(before), [mx, my] = middle(after);
    view.x -= (mx - fx) / scale();
    view.y += (my - fy) / scale();
    zoomBy(spread(after) / spread(before), mx, my);
  }

  // The points on the page within a closed path (even-odd rule), the hidden ones left out.
  function inside(path) {
    const s = scale(), xs = path.map((p) => p[0]), ys = path.map((p) => p[1]);
    const hits = [];
    for (const i of grid.within(fromX(Math.min(...xs), s), fromY(Math.max(...ys), s), fromX(Math.max(...xs), s), fromY(Math.min(...ys), s))) {
      if (state[i] === HIDDEN) continue;
      const px = toX(x[i], s), py = toY(y[i], s);
      let within = false;
      for (let a = 0, b = path.length - 1; a < path.length; b = a++) {
        const [ax, ay] = path[a], [bx, by] = path[b];
        if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) within = !within;
      }
      if (within) hits.push(i);
    }
    return hits;
  }

  // ---- keys ----------------------------------------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input[type=search], select, textarea");
    if (event.key === "/" && !typing) { event.preventDefault(); search.focus(); search.select(); }
    if (event.key === "Escape") clear();
  });
  stage.addEventListener("keydown", (event) => {
    if (event.target !== stage || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const way = arrows[event.key];
    if (way && event.shiftKey) { view.x += (way[0] * 80) / scale(); view.y += (way[1] * 80) / scale(); redraw(); }
    else if (way) step(way);
    else if (event.key === "Enter" && shown.cursor >= 0) open(shown.cursor, true);
    else if (event.key === "+" || event.key === "=") zoomBy(1.4);
    else if (event.key === "-") zoomBy(1 / 1.4);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });
  stage.addEventListener("blur", () => { shown.cursor = -1; hover(-1); redraw(); });

  // The nearest lit point in a direction, off-axis distance counting double.
  function step([dx, dy]) {
    const from = shown.cursor >= 0 ? shown.cursor : shown.open;
    const cx = from >= 0 ? x[from] : fromX(size.width / 2), cy = from >= 0 ? y[from] : fromY(size.height / 2);
    let best = -1, least = Infinity;
    for (let i = 0; i < n; i++) {
      if (state[i] !== LIT || i === from) continue;
      const along = (x[i] - cx) * dx + (y[i] - cy) * dy, aside = Math.abs((x[i] - cx) * dy) + Math.abs((y[i] - cy) * dx);
      if (from >= 0 && (along <= 0 || aside > 2 * along)) continue;
      const away = Math.abs(along) + 2 * aside;
      if (away < least) { least = away; best = i; }
    }
    if (best < 0) return;
    shown.cursor = best;
    bringIn(best);
    redraw();
    showTip(best, toX(x[best]), toY(y[best]));
  }

  function clear() {
    if (!drawer.hidden) { closeDrawer(); return; }
    search.value = "";
    shown.matches = shown.selection = shown.compare = null;
    const everything = document.querySelector('#compare input[value="all"]');
    if (everything) everything.checked = true;
    closeTray();
    bar.pick("pan");
    refilter();
  }

  // ---- one question --------------------------------------------------------------------------------------------
  async function loadDetails() {
    if (!details) details = await block("details");
    return details;
  }

  async function open(i, focus = false) {
    shown.open = i;
    await loadDetails();
    drawer.replaceChildren(...questionCard(i));
    if (drawer.hidden) makeRoom(() => { drawer.hidden = false; });
    drawer.scrollTop = 0;
    bringIn(i);
    redraw();
    if (focus) drawer.querySelector("button").focus();
  }

  function closeDrawer() {
    if (drawer.hidden) return;
    const within = drawer.contains(document.activeElement);
    shown.open = -1;
    makeRoom(() => { drawer.hidden = true; });
    if (within) stage.focus();
  }

  function questionCard(i) {
    const r = record(i), colour = (text) => text && el("span", { class: "chip plain", text });
    const part = (title, ...content) => el("section", {}, el("h3", { text: title }), content);
    const near = scene.neighbours[i] || [];
    return [
      el("header", {},
        el("div", { class: "chips" }, el("span", { class: "chip" }, chipMark(i), r.dataset), colour(r.split), colour(r.difficulty), colour(r.category), scene.kind === "tags" ? colour(plural(scene.weight[i], "question")) : null),
        el("button", { type: "button", class: "icon", id: "close", "aria-label": "Close", onclick: closeDrawer }, icon("M6 6l12 12 M18 6 6 18"))),
      el("h2", { class: "question", text: r.question }),
      r.tags.length ? el("div", { class: "chips tags" }, r.tags.map((tag) => el("button", { type: "button", class: "chip", title: "Search this tag",
        onclick: () => { search.value = tag; runSearch(); } }, tag))) : null,
      r.answer ? part("Answer", el("p", { class: "answer", text: r.answer })) : null,
      r.evaluation_criteria.length ? part("Graded by", el("ul", {}, r.evaluation_criteria.map((text) => el("li", { text })))) : null,
      r.evidence.length ? part("Evidence", r.evidence.map((text) => el("blockquote", { text }))) : null,
      r.document || r.chunk ? part("Source", el("p", { class: "source" },
        el("b", { text: r.document }), r.headings.length ? ` › ${r.headings.join(" › ")}` : "",
        r.pages.length ? ` · page ${r.pages.join(", ")}` : "", r.chunk ? el("span", { class: "faint", text: ` · ${r.chunk}` }) : "")) : null,
      near.length ? part("Nearest", el("ol", { class: "near" }, near.map((j) => el("li", {},
        el("button", { type: "button", onclick: () => open(j) }, chipMark(j), el("span", { text: scene.question[j] })))))) : null,
    ].filter(Boolean);
  }

  // ---- start ---------------------------------------------------------------------------------------------------
  theme.listeners.push(() => { buildLegend(); draw(); });
  new ResizeObserver(() => { if (!stage.closest("[hidden]")) resize(); }).observe(stage);
  state.fill(LIT);
  buildRail();
  views.go(scene.opens || "map");
  resize();
  refilter();
  document.documentElement.dataset.ready = "true";
  setTimeout(async () => { await loadDetails(); document.documentElement.dataset.details = "true"; }, 50);
}

// Which dataset to choose, in one line; the long form stands among the numbers.
function shortVerdict({ numbers, notes }) {
  const compared = (numbers ? numbers.datasets : []).filter((row) => row.questions >= numbers.equal_n);
  if (compared.length < 2 || numbers.certainty === null) return cut(notes[0] || "", 170);
  const [first, second] = compared.sort((a, b) => (b.name === numbers.best) - (a.name === numbers.best) || b.reach - a.reach);
  const reach = `${percent(first.reach)} of the topics, ${second.name} ${percent(second.reach)}`;
  return numbers.best
    ? `Choose ${first.name}: with ${plural(numbers.equal_n, "question")} each it reaches ${reach}.`
    : `No clear choice: with ${plural(numbers.equal_n, "question")} each, ${first.name} reaches ${reach}.`;
}

// dataset, split ... -> {name, values, of, many, slots (palette index per value, -1: grey), marked, ordered}
function makeFacets(scene) {
  const facets = {};
  const add = (name, values, of, more = {}) => {
    if (!values.length || (values.length === 1 && values[0] === "")) return;
    const slots = values.map((_, v) => (v < COLOURED ? v : -1));
    facets[name] = { name, of, many: false, marked: true, ordered: false, slots, ...more, values: values.map((v) => v || "none") };
  };
  add("dataset", scene.datasets.map((d) => d.name), scene.dataset, { slots: scene.datasets.map((d) => d.colour) });
  const { split, category, difficulty, document: source } = scene.facets;
  add("split", split.values, split.of);
  addClusters(scene, add);
  add("tag", scene.kind === "tags" ? [] : scene.tags.values, scene.tags.of, { many: true, marked: false });
  add("category", category.values, category.of);
  const ordered = difficulty.values.every((value) => DIFFICULTIES.includes(value));
  if (ordered) {
    const values = DIFFICULTIES.filter((value) => difficulty.values.includes(value));
    add("difficulty", values, difficulty.of.map((v) => values.indexOf(difficulty.values[v])),
      { ordered: true, slots: values.map((value) => DIFFICULTIES.indexOf(value)) });
  } else add("difficulty", difficulty.values, difficulty.of);
  add("document", source.values, source.of);
  return facets;
}

// Clusters, the largest first; neighbours on the map get different colours, each taking the one used farthest away.
function addClusters(scene, add) {
  const clusters = scene.clusters.filter((c) => c.id >= 0).sort((a, b) => b.count - a.count);
  if (!clusters.length) return;
  const index = new Map(clusters.map((c, v) => [c.id, v]));
  const slots = [];
  clusters.forEach((c, v) => {
    const away = Array.from({ length: COLOURED }, (_, slot) => Math.min(Infinity,
      ...clusters.slice(0, v).flatMap((other, o) => (slots[o] === slot ? [Math.hypot(c.x - other.x, c.y - other.y)] : []))));
    slots.push(away.indexOf(Math.max(...away)));
  });
  const lone = scene.cluster.some((id) => !index.has(id));
  const values = clusters.map((c) => c.label || `cluster ${c.id}`);
  add("cluster", lone ? [...values, "in no cluster"] : values,
    scene.cluster.map((id) => (index.has(id) ? index.get(id) : values.length)),
    { marked: false, slots: lone ? [...slots, -1] : slots });
}

function boundsOf(xs, ys, trim = 0) {
  const range = (values) => {
    const sorted = Float64Array.from(values).sort();
    const skip = Math.floor(sorted.length * trim);
    return sorted.length ? [sorted[skip], sorted[sorted.length - 1 - skip]] : [0, 1];
  };
  const [left, right] = range(xs), [bottom, top] = range(ys);
  return { left, bottom, width: right - left || 1, height: top - bottom || 1, centreX: (left + right) / 2, centreY: (bottom + top) / 2 };
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

const fold = (text) => text.toLowerCase().normalize("NFC");
