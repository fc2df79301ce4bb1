// Small histograms that filter the map: a click on a bar keeps its questions, further clicks add to them.

const MOST_BARS = 8; // values of a facet; the rest share a bar
const BINS = 8; // of a number

class Histograms {
  constructor(points, filter) {
    this.points = points;
    this.filter = filter;
    this.charts = [];
    this.place = el("div", { class: "bins" });
    this.node = el(
      "details",
      { class: "histograms", id: "histograms" },
      el("summary", { text: "Filter by" }),
      this.place,
    );
    this.node.addEventListener("toggle", () => this.open());
  }

  // Bars are made when they are first looked at: lengths need the answers.
  async open() {
    if (!this.node.open) return;
    if (!this.charts.length) {
      await this.points.load();
      this.charts = histogramFields(this.points).map((field) => this.#chart(field));
      this.place.replaceChildren(...this.charts.map(({ node }) => node));
    }
    this.update();
  }

  #chart(field) {
    const all = new Uint32Array(field.labels.length);
    for (const bin of field.of) if (bin >= 0) all[bin]++;
    const chosen = new Set(),
      most = Math.max(1, ...all);
    const bars = field.labels.map((label, bin) => {
      const fill = el("i"),
        count = el("span", { class: "count" });
      const node = el(
        "button",
        {
          type: "button",
          class: "bin",
          "aria-pressed": "false",
          title: field.hints?.[bin] || label,
          onclick: () => {
            if (!chosen.delete(bin)) chosen.add(bin);
            this.#keep(field, chosen);
          },
        },
        el("span", { class: "name", text: label }),
        el("span", { class: "track", style: { "--all": `${(100 * all[bin]) / most}%` } }, fill),
        count,
      );
      return { node, fill, count };
    });
    const node = el(
      "fieldset",
      { "data-field": field.name },
      el("legend", { text: field.title }),
      bars.map((bar) => bar.node),
    );
    return { field, node, bars, chosen, all, most };
  }

  #keep(field, chosen) {
    const mask = chosen.size ? Uint8Array.from(field.of, (bin) => (chosen.has(bin) ? 1 : 0)) : null;
    this.filter.keep(`histogram ${field.name}`, mask);
  }

  // Tell how many of each bar are lit.
  update() {
    if (!this.node.open) return;
    const { state } = this.filter;
    for (const { field, bars, chosen, all, most } of this.charts) {
      const lit = new Uint32Array(all.length);
      for (let i = 0; i < state.length; i++) if (state[i] === LIT && field.of[i] >= 0) lit[field.of[i]]++;
      bars.forEach(({ node, fill, count }, bin) => {
        node.setAttribute("aria-pressed", String(chosen.has(bin)));
        fill.style.setProperty("width", `${(100 * lit[bin]) / most}%`);
        count.textContent = this.filter.isNarrowed ? `${number(lit[bin])} / ${number(all[bin])}` : number(all[bin]);
      });
    }
  }

  // Keep everything again. The filter is told by whoever asks for it.
  reset() {
    for (const { chosen } of this.charts) chosen.clear();
  }
}

// {name, title, labels, of: per point the bar, -1 none} of all that there is more than one value of.
function histogramFields(points) {
  const { facets, scene, details, count } = points;
  const texts = ["difficulty", "category", "document"]
    .filter((name) => facets[name]?.values.length > 1)
    .map((name) => ofFacet(facets[name]));
  const numbers = [
    ofNumbers(
      "length",
      "Words of the answer",
      Array.from({ length: count }, (_, i) => wordCount(details.answer[i])),
      0,
    ),
    ofNumbers("score", "Score", scene.score || [], 2),
  ].filter(Boolean);
  return [...texts, ...numbers];
}

const wordCount = (text) => text.split(/\s+/).filter(Boolean).length;

function ofFacet({ name, title, values, of }) {
  const rest = values.length > MOST_BARS,
    kept = rest ? MOST_BARS - 1 : values.length;
  return {
    name,
    title,
    labels: [...values.slice(0, kept), ...(rest ? [`${number(values.length - kept)} others`] : [])],
    of: Int16Array.from(of, (v) => Math.min(v, kept)),
  };
}

// Bins of equal width between round numbers; null where all numbers are alike or there are none.
function ofNumbers(name, title, values, digits) {
  const known = values.filter((value) => value !== null),
    least = Math.min(...known.slice(0, 1), ...chunksOf(known, Math.min)),
    most = Math.max(...known.slice(0, 1), ...chunksOf(known, Math.max));
  if (!known.length || least === most) return null;
  const step = niceStep((most - least) / BINS, digits),
    from = Math.floor(least / step) * step,
    bins = Math.floor((most - from) / step) + 1;
  const say = (value) => number(value, digits);
  const labels = Array.from({ length: bins }, (_, k) => {
    const first = from + k * step,
      last = digits ? first + step : first + step - 1;
    return last > first ? `${say(first)}–${say(last)}` : say(first);
  });
  return {
    name,
    title,
    labels,
    of: Int16Array.from(values, (value) => (value === null ? -1 : Math.floor((value - from) / step + 1e-9))),
  };
}

// The least or the greatest of every 10,000 numbers: a call takes only so many arguments.
function chunksOf(values, pick) {
  const found = [];
  for (let k = 0; k < values.length; k += 10_000) found.push(pick(...values.slice(k, k + 10_000)));
  return found;
}

// The next of 1, 2, 5, 10, 20 ... at least `width`; no less than 1 for whole numbers.
function niceStep(width, digits) {
  const least = Math.max(width, 10 ** -digits),
    power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least - 1e-12);
}
