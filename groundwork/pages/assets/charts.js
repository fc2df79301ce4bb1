// Bars, curves and matrices: what stands beside the map. Colours are the palette's CSS variables, so themes just switch.

const slotColour = (slot) => `var(--c${slot % 8})`;

function legendOf(scene, colours) {
  const looks = new Map(
    scene.datasets.map((d) => [d.name, { colour: slotColour(d.colour), mark: colours.marks[d.colour % 8] }]),
  );
  const chip = (name) => el("span", { class: "chip" }, swatch(looks.get(name).colour, looks.get(name).mark), name);
  return { looks, chip };
}

const section = (title, words, ...content) =>
  el(
    "section",
    { class: "figure" },
    el("h2", { text: title }),
    words && el("p", { class: "faint", text: words }),
    content,
  );

// ---- numbers -----------------------------------------------------------------------------------------------------
function numbersView(scene, colours) {
  const { numbers } = scene,
    { looks, chip } = legendOf(scene, colours);
  const words = [...new Set([numbers?.recommendation, ...scene.notes])].filter(Boolean);
  const parts = [
    el(
      "section",
      { class: "verdict" },
      words.map((text, k) => el("p", { class: k ? null : "lead", text })),
    ),
  ];
  if (!numbers) return parts;
  const rows = numbers.datasets,
    several = rows.length > 1;
  const splits = scene.compares === "splits"; // parts of one dataset: which of them reaches more is no question
  parts.push(
    section(
      splits ? "Each split" : "Each dataset",
      "",
      measures(rows, chip, looks, splits ? null : several, numbers.equal_n),
    ),
  );
  if (!splits && rows.some((row) => row.curve.length > 1)) {
    parts.push(
      section(
        several ? "Who reaches more with fewer questions" : "Does another question still add something?",
        several
          ? `Share of the ${number(numbers.topics)} topics of all datasets together that a dataset reaches with so many of its questions. They are compared at the dashed line: ${number(numbers.equal_n)} questions each.`
          : `Share of the ${number(numbers.topics)} topics that are reached with so many of the questions. A curve that has gone flat says: more of the same.`,
        curves(rows, looks, several ? numbers.equal_n : 0),
      ),
    );
  }
  if (several && numbers.overlap.length) {
    parts.push(
      section(
        "What they share",
        `Of the questions of the row, the share whose subject the ${splits ? "split" : "dataset"} of the column asks about too.`,
        matrix(
          rows.map((row) => row.name),
          numbers.overlap,
          chip,
        ),
      ),
    );
  }
  parts.push(
    el("p", {
      class: "faint method",
      text:
        `Vectors by ${numbers.encoder}; ${numbers.projection}. Two questions count as one from a cosine of ${number(numbers.near_duplicate, 2)}, ` +
        `as one topic from ${number(numbers.same_subject, 2)}, as also asked from ${number(numbers.also_asked, 2)}. Diversity is the Vendi score: how many different questions they amount to.`,
    }),
  );
  return parts;
}

// several: datasets are compared; null: the rows are splits of one.
function measures(rows, chip, looks, several, equal) {
  const whole = Math.max(...rows.map((row) => row.diversity_at_equal_n), 1);
  return table(
    [
      { name: several === null ? "Split" : "Dataset", value: (row) => row.name, cell: (row) => chip(row.name) },
      { name: "Questions", number: true, value: (row) => row.questions, cell: (row) => number(row.questions) },
      {
        name: "Per chunk",
        hint: "Questions on each part of the document that was asked about",
        number: true,
        value: (row) => row.mean_per_chunk ?? -1,
        cell: (row) => (row.mean_per_chunk === null ? "–" : number(row.mean_per_chunk, 1)),
      },
      {
        name: "Near-duplicates",
        hint: "Share of the questions that nearly repeat another of the same dataset",
        number: true,
        value: (row) => row.redundancy,
        cell: (row) => percent(row.redundancy),
      },
      {
        name: several ? `Diversity of ${number(equal)}` : "Diversity",
        hint: "How many different questions they amount to (Vendi score)",
        number: true,
        value: (row) => row.diversity_at_equal_n,
        cell: (row) =>
          withBar(number(row.diversity_at_equal_n, 1), row.diversity_at_equal_n / whole, looks.get(row.name).colour),
      },
      several && {
        name: `Reach with ${number(equal)} (95%)`,
        hint: `Share of all topics that ${number(equal)} of its questions touch, with the 95% interval`,
        number: true,
        value: (row) => row.reach,
        cell: (row) =>
          withBar(
            `${percent(row.reach)} (${number(row.reach_interval[0] * 100)}–${number(row.reach_interval[1] * 100)})`,
            row.reach,
            looks.get(row.name).colour,
            row.reach_interval,
          ),
      },
      several && {
        name: "Reach of all",
        hint: "Share of all topics that its questions touch, all of them taken",
        number: true,
        value: (row) => row.reach_of_all,
        cell: (row) => percent(row.reach_of_all),
      },
      several && {
        name: "Asked only here",
        hint: "Questions about which no other dataset asks",
        number: true,
        value: (row) => row.only_here,
        cell: (row) => number(row.only_here),
      },
      several && {
        name: "Topics missed",
        hint: "Topics of the others that it does not touch at all",
        number: true,
        value: (row) => row.missed,
        cell: (row) => number(row.missed),
      },
    ].filter(Boolean),
    rows,
  );
}

function withBar(text, share, colour, interval = null) {
  const wide = (value) => `${Math.max(0, Math.min(1, value)) * 100}%`;
  return el(
    "div",
    { class: "withbar" },
    el("span", { text }),
    el(
      "div",
      { class: "bar" },
      el("i", { style: { width: wide(share), background: colour } }),
      interval && el("b", { style: { left: wide(interval[0]), width: wide(interval[1] - interval[0]) } }),
    ),
  );
}

// The width that a chart is drawn for: that of the window, so that its letters keep their size on a phone.
const chartWidth = () => Math.max(280, Math.min(960, document.documentElement.clientWidth - 64));

function curves(rows, looks, equal) {
  const wide = chartWidth(),
    letters = wide < 600 ? 12 : 32; // of a name
  const longest = Math.max(...rows.map((row) => cut(row.name, letters).length));
  const high = 380,
    box = { left: 48, right: 38 + longest * 8, top: 12, bottom: 40 };
  const most = Math.max(...rows.flatMap((row) => row.curve.map(([n]) => n)), 1);
  const peak = Math.min(1, Math.max(...rows.flatMap((row) => row.curve.map(([, reach]) => reach)), 0.05) * 1.08);
  const px = (n) => box.left + (n / most) * (wide - box.left - box.right);
  const py = (reach) => high - box.bottom - (reach / peak) * (high - box.top - box.bottom);
  const chart = svg("svg", {
    viewBox: `0 0 ${wide} ${high}`,
    class: "chart",
    role: "img",
    "aria-label": rows
      .map(
        (row) =>
          `${row.name}: ${percent(row.curve.length ? row.curve[row.curve.length - 1][1] : 0)} with ${row.questions} questions`,
      )
      .join("; "),
  });
  for (const reach of ticks(peak, 5)) {
    chart.append(
      svg("line", { x1: box.left, x2: wide - box.right, y1: py(reach), y2: py(reach), class: "rule" }),
      svg("text", { x: box.left - 8, y: py(reach) + 4, class: "tick end", text: `${number(reach * 100)}%` }),
    );
  }
  for (const n of ticks(most, wide < 600 ? 3 : 6))
    chart.append(svg("text", { x: px(n), y: high - box.bottom + 20, class: "tick middle", text: number(n) }));
  chart.append(
    svg("text", { x: (box.left + wide - box.right) / 2, y: high - 4, class: "tick middle", text: "questions" }),
  );
  if (equal > 0 && equal < most)
    chart.append(svg("line", { x1: px(equal), x2: px(equal), y1: box.top, y2: high - box.bottom, class: "equal" }));
  const ends = rows
    .filter((row) => row.curve.length)
    .map((row) => ({ row, at: row.curve[row.curve.length - 1] }))
    .sort((a, b) => py(a.at[1]) - py(b.at[1]));
  let last = -Infinity;
  for (const { row, at } of ends) {
    const { colour } = looks.get(row.name);
    chart.append(
      svg("path", {
        d: `M${row.curve.map(([n, reach]) => `${px(n).toFixed(1)} ${py(reach).toFixed(1)}`).join("L")}`,
        class: "line",
        style: { stroke: colour },
      }),
      svg("circle", { cx: px(at[0]), cy: py(at[1]), r: 4, style: { fill: colour } }),
    );
    last = Math.max(last + 17, py(at[1]) + 4); // labels keep a line's height from one another
    chart.append(
      svg("circle", { cx: wide - box.right + 16, cy: last - 4, r: 4, style: { fill: colour } }),
      svg("text", { x: wide - box.right + 26, y: last, class: "name", text: cut(row.name, letters) }),
    );
    if (at[0] < most)
      chart.append(
        svg("line", { x1: px(at[0]) + 6, y1: py(at[1]), x2: wide - box.right + 8, y2: last - 4, class: "lead-line" }),
      );
  }
  return chart;
}

function ticks(most, about) {
  const rough = most / about,
    power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((size) => size >= rough);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, k) => k * step);
}

function matrix(names, shares, chip) {
  return el(
    "div",
    { class: "table", tabindex: 0, role: "region", "aria-label": "What they share" },
    el(
      "table",
      { class: "matrix" },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("td"),
          names.map((name) => el("th", { scope: "col" }, chip(name))),
        ),
      ),
      el(
        "tbody",
        {},
        names.map((name, a) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, chip(name)),
            names.map((_, b) =>
              el("td", {
                class: a === b ? "self" : null,
                style: a === b ? {} : { "--share": `${Math.round(shares[a][b] * 70)}%` },
                text: a === b ? "–" : percent(shares[a][b]),
              }),
            ),
          ),
        ),
      ),
    ),
  );
}
