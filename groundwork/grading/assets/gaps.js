// Scores with their intervals, gaps on one scale, curves over checkpoints. An interval is [mean, low, high, n, clusters].

const points = (share) => `${share > 0 ? "+" : ""}${number(share * 100)}`;
const between = (interval) =>
  interval ? `${number(interval[0] * 100)}% (${number(interval[1] * 100)}–${number(interval[2] * 100)})` : "–";

const scored = (interval, colour) =>
  interval ? withBar(between(interval), interval[0], colour, [interval[1], interval[2]]) : "–";

function scoreTable(report, splits) {
  const rows = report.models.flatMap((model) =>
    splits.filter((split) => model.splits[split]).map((split) => ({ model, split, ...model.splits[split] })),
  );
  const colour = (row) => slotColour(splits.indexOf(row.split));
  return table(
    [
      { name: "Model", value: (row) => row.model.name },
      {
        name: "Split",
        value: (row) => row.split || "all",
        cell: (row) => el("span", { class: "chip" }, swatch(colour(row)), row.split || "all"),
      },
      { name: "Answers", number: true, value: (row) => row.answers, cell: (row) => number(row.answers) },
      {
        name: "Criteria met (95%)",
        number: true,
        value: (row) => (row.score ? row.score[0] : -1),
        cell: (row) => scored(row.score, colour(row)),
      },
      {
        name: "All met (95%)",
        number: true,
        value: (row) => (row.passed ? row.passed[0] : -1),
        cell: (row) => scored(row.passed, colour(row)),
      },
      {
        name: "Ungraded",
        hint: "Criteria without a readable verdict; they count for nothing",
        number: true,
        value: (row) => row.ungraded,
        cell: (row) => number(row.ungraded),
      },
    ],
    rows,
  );
}

// differences: [{name, difference, say}]; each a dot with its interval on one scale from -100 to +100 points.
function differenceChart(differences, margin, label) {
  const wide = chartWidth(),
    left = Math.min(250, wide * 0.3),
    right = Math.min(150, wide * 0.3),
    line = 34,
    high = 30 + differences.length * line + 26;
  const px = (share) => left + ((share + 1) / 2) * (wide - left - right);
  const chart = svg("svg", { viewBox: `0 0 ${wide} ${high}`, class: "chart", role: "img", "aria-label": label });
  if (margin)
    chart.append(
      svg("rect", { x: px(-margin), width: px(margin) - px(-margin), y: 12, height: high - 38, class: "zone" }),
    );
  chart.append(svg("line", { x1: px(0), x2: px(0), y1: 12, y2: high - 26, class: "zero" }));
  for (const share of wide < 600 ? [-1, 0, 1] : [-1, -0.5, 0, 0.5, 1])
    chart.append(svg("text", { x: px(share), y: high - 8, class: "tick middle", text: points(share) }));
  differences.forEach(({ name, difference, say }, k) => {
    const y = 30 + k * line,
      [mean, low, top] = difference;
    chart.append(
      svg("text", { x: left - 14, y: y + 4, class: "name end", text: cut(name, Math.floor((left - 14) / 7.5)) }),
      svg("line", { x1: px(low), x2: px(top), y1: y, y2: y, class: "whisker" }),
      svg(
        "circle",
        { cx: px(mean), cy: y, r: 6, style: { fill: slotColour(0) } },
        svg("title", { text: `${points(mean)} (${points(low)} to ${points(top)})` }),
      ),
      svg("text", { x: wide - right + 14, y: y + 4, class: "tick", text: say }),
    );
  });
  return chart;
}

function checkpointCurve(models, splits) {
  const steps = models.filter((model) => model.step !== null);
  const wide = chartWidth(),
    high = 300,
    box = { left: 48, right: Math.min(150, wide * 0.25), top: 12, bottom: 40 };
  const [first, last] = [steps[0].step, steps[steps.length - 1].step];
  const px = (step) => box.left + ((step - first) / Math.max(last - first, 1)) * (wide - box.left - box.right);
  const py = (share) => high - box.bottom - share * (high - box.top - box.bottom);
  const chart = svg("svg", {
    viewBox: `0 0 ${wide} ${high}`,
    class: "chart",
    role: "img",
    "aria-label": "Scores over the steps of training",
  });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    chart.append(
      svg("line", { x1: box.left, x2: wide - box.right, y1: py(share), y2: py(share), class: "rule" }),
      svg("text", { x: box.left - 8, y: py(share) + 4, class: "tick end", text: `${number(share * 100)}%` }),
    );
  }
  for (const model of steps)
    chart.append(
      svg("text", { x: px(model.step), y: high - box.bottom + 20, class: "tick middle", text: number(model.step) }),
    );
  chart.append(svg("text", { x: (box.left + wide - box.right) / 2, y: high - 4, class: "tick middle", text: "step" }));
  splits.forEach((split, k) => {
    const held = steps
      .filter((model) => model.splits[split]?.score)
      .map((model) => [model.step, model.splits[split].score]);
    if (!held.length) return;
    const colour = slotColour(k),
      end = held[held.length - 1];
    chart.append(
      svg("path", {
        d: `M${held.map(([step, score]) => `${px(step).toFixed(1)} ${py(score[0]).toFixed(1)}`).join("L")}`,
        class: "line",
        style: { stroke: colour },
      }),
    );
    for (const [step, score] of held) {
      chart.append(
        svg("line", { x1: px(step), x2: px(step), y1: py(score[1]), y2: py(score[2]), class: "whisker" }),
        svg(
          "circle",
          { cx: px(step), cy: py(score[0]), r: 4, style: { fill: colour } },
          svg("title", { text: `${split} at ${number(step)}: ${between(score)}` }),
        ),
      );
    }
    chart.append(
      svg("text", { x: px(end[0]) + 12, y: py(end[1][0]) + 4 - k * 14, class: "name", text: split || "all" }),
    );
  });
  return chart;
}
