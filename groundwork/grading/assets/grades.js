// The page of a grading: what the judge is worth, then scores, gaps, facets, answers, criteria and difficulty.

const FACETS_AT_ONCE = 40;
const MODELS_IN_LEAD = 5;

async function startGrades() {
  usePalette(await block("palette"));
  const toggle = theme.start();
  const report = await block("report"),
    answers = await block("answers");
  const splits = [...new Set(report.models.flatMap((model) => Object.keys(model.splits)))];
  const graded = report.judges.length ? `graded by ${report.judges.join(" and ")}` : "graded by rules";
  document.body.append(
    el(
      "header",
      { class: "top" },
      el(
        "div",
        { class: "titles" },
        el("h1", { text: `Grades: ${report.dataset}` }),
        el("p", {
          text: `${plural(answers.length, "answer")} of ${plural(report.models.length, "model")}, ${graded}, ${report.open_book ? "open" : "closed"} book`,
        }),
      ),
      toggle,
    ),
    el(
      "main",
      { class: "sheet" },
      conclusions(report),
      judgeSection(report),
      scoreSection(report, splits),
      gapSections(report, splits),
      honestySection(report),
      facetSection(report, splits),
      section(
        "Every answer",
        "Open one to see its criteria and the draws of the judge side by side.",
        ...answerList(answers),
      ),
      criteriaSections(report),
      difficultySection(report),
      neverSection(report),
      notes(report),
    ),
  );
  document.documentElement.dataset.details = ""; // for whoever waits until the page stands
}

function conclusions(report) {
  const held = report.models.filter((model) => model.gap);
  if (!held.length) {
    const lines = report.models.slice(0, MODELS_IN_LEAD).flatMap((model) => passedInSplit(model) || []);
    const missing = "No mirror of train was graded, so learnt and learnt by heart cannot be told apart.";
    return el(
      "section",
      { class: "verdict" },
      [...lines, missing].map((text, k) => el("p", { class: k ? null : "lead", text })),
    );
  }
  return el(
    "section",
    { class: "verdict" },
    held.map((model, k) =>
      el("p", {
        class: k ? null : "lead",
        text: `${model.name}: ${model.gap.conclusion}. ${upper(model.gap.reason)}.`,
      }),
    ),
  );
}

// What a model passes of eval, or of the only split there is.
function passedInSplit(model) {
  const split = "eval" in model.splits ? "eval" : Object.keys(model.splits)[0];
  const { passed, answers } = model.splits[split] || {};
  return passed
    ? `${model.name}: ${between(passed)} of ${plural(answers, `${split || "graded"} answer`)} meet all criteria.`
    : null;
}

function honestySection(report) {
  if (!report.honesty.length) return null;
  const lines = report.honesty.map((text) => el("p", { text }));
  return section(
    "Questions without an answer",
    "The documents do not say what these ask; they count for no score above.",
    ...lines,
  );
}

const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function judgeSection(report) {
  const { trust, consistency: found } = report;
  const figure = (value, words) => el("div", {}, el("b", { text: value }), el("span", { text: words }));
  const share = (value) => (value === null ? "–" : percent(value));
  const kinds = trust
    ? report.spoiled
        .filter((kind) => trust.by_kind[kind])
        .map((kind) => `${kind} ${trust.by_kind[kind][0]} of ${trust.by_kind[kind][1]}`)
    : [];
  const aside = trust ? Object.entries(trust.set_aside) : [];
  return section(
    "How reliable the judge is",
    "Answers whose verdict is known beforehand, and the same answer judged several times.",
    el(
      "div",
      { class: "worth" },
      figure(trust ? between(trust.sensitivity) : "–", "sensitivity: reference answers that pass"),
      figure(trust ? between(trust.specificity) : "–", "specificity: spoiled answers that fail"),
      figure(share(found.flip_rate), "flips between two draws (goal 5%)"),
      figure(found.kappa === null ? "–" : number(found.kappa, 2), "Fleiss' kappa over the draws"),
      found.agreement === null
        ? null
        : figure(
            percent(found.agreement),
            `agreement of ${found.judges.join(" and ")}${found.judges_kappa === null ? "" : `, Cohen's kappa ${number(found.judges_kappa, 2)}`}`,
          ),
    ),
    kinds.length ? el("p", { class: "say", text: `Spoiled answers that failed: ${kinds.join("; ")}.` }) : null,
    el("p", {
      class: "say",
      text: `${plural(found.criteria, "verdict")} by the judge, ${number(found.by_rule)} by rule; ${number(found.unreadable)} of ${plural(found.draws, "draw")} could not be read.`,
    }),
    aside.length
      ? el(
          "details",
          {},
          el("summary", { text: `${plural(aside.length, "row")} set aside: they count for no score` }),
          el(
            "ul",
            {},
            aside.map(([id, reason]) => el("li", { text: `${id}: ${reason}` })),
          ),
        )
      : null,
  );
}

const scoreSection = (report, splits) =>
  section(
    "Scores",
    `Share of criteria met, and of answers that meet all; intervals of 95%, clustered by ${report.clustered_by}.`,
    scoreTable(report, splits),
  );

function gapSections(report, splits) {
  const gaps = report.models
    .filter((model) => model.gap?.difference)
    .map((model) => ({ name: model.name, difference: model.gap.difference, say: model.gap.conclusion }));
  const against = report.models.flatMap((model) =>
    Object.entries(model.against_base).map(([split, difference]) => ({
      name: `${model.name}, ${split || "all"}`,
      difference,
      say: difference[1] > 0 ? "better" : difference[2] < 0 ? "worse" : "cannot tell",
    })),
  );
  const advice = report.advice ? ` Where this cannot tell, ${report.advice}.` : "";
  return [
    gaps.length
      ? section(
          "Learnt, or learnt by heart",
          `Points by which the mirror, in the words of training, is above eval, row by row. To the right: answered only in the words of training.${advice}`,
          differenceChart(gaps, 0, "Gap of mirror and eval"),
        )
      : null,
    report.curve
      ? section(
          "Over the checkpoints",
          "Eval that falls while the mirror rises is overfitting: take the step where eval stands highest.",
          checkpointCurve(report.models, splits),
        )
      : null,
    against.length
      ? section(
          `Beside ${report.base}`,
          "Points above the base model on the same questions.",
          differenceChart(against, 0, "Difference from the base"),
        )
      : null,
  ];
}

function facetSection(report, splits) {
  const facets = [...new Set(report.models.flatMap((model) => Object.keys(model.facets)))];
  if (!facets.length) return null;
  const place = el("div");
  const select = (name, values) =>
    el(
      "select",
      { "aria-label": name, onchange: () => draw() },
      values.map((value) => el("option", { value, text: value })),
    );
  const facet = select("Facet", facets),
    model = select(
      "Model",
      report.models.map((one) => one.name),
    );
  function draw() {
    const values = Object.entries(report.models[Math.max(0, model.selectedIndex)].facets[facet.value] || {});
    place.replaceChildren(
      table(
        [
          { name: upper(facet.value), value: ([value]) => value },
          ...splits.map((split, k) => ({
            name: `${split || "all"} (95%)`,
            number: true,
            value: ([, of]) => (of[split] ? of[split][0] : -1),
            cell: ([, of]) => scored(of[split], slotColour(k)),
          })),
          {
            name: "Answers",
            number: true,
            value: ([, of]) => Math.max(...Object.values(of).map((interval) => interval[3])),
          },
        ],
        values.slice(0, FACETS_AT_ONCE),
      ),
      values.length > FACETS_AT_ONCE
        ? el("p", {
            class: "faint",
            text: `the ${FACETS_AT_ONCE} most frequent of ${number(values.length)}; all in report.json`,
          })
        : "",
    );
  }
  draw();
  return section("By part", "Share of criteria met.", el("div", { class: "filters" }, facet, model), place);
}

function criteriaSections(report) {
  const listed = (title, words, rows) =>
    rows.length
      ? section(
          title,
          words,
          folded(rows.length === 1 ? "1 criterion" : `${number(rows.length)} criteria`, () =>
            table(
              [
                { name: "Criterion", value: (row) => row.criterion },
                { name: "Row", value: (row) => row.id },
                { name: "Seen", value: (row) => row.why },
              ],
              rows,
            ),
          ),
        )
      : null;
  return [
    listed(
      "Criteria that flip",
      "On which the judge did not say the same twice. Reword them, or build with --grades and --leave-out-flipping.",
      report.flipping,
    ),
    listed("Criteria that nobody meets", "Too hard, or wrong.", report.nobody),
    listed("Criteria that everybody meets", "They do not tell models apart.", report.everybody),
  ];
}

function difficultySection(report) {
  const rows = report.rows.filter((row) => row.difficulty !== null),
    [rho, p, n] = report.guess;
  if (!rows.length) return null;
  const words =
    rho === null
      ? "Too few rows, or all alike, to compare it with the guess."
      : `The guessed difficulty follows it with Spearman's rho ${number(rho, 2)} (p ${number(p, 2)}, ${plural(n, "row")}).`;
  return section(
    "Difficulty",
    `1 − the share of the models whose answer meets all criteria. ${words}`,
    folded(plural(rows.length, "question"), () =>
      table(
        [
          { name: "Question", value: (row) => row.question },
          {
            name: "Measured",
            number: true,
            value: (row) => row.difficulty,
            cell: (row) => withBar(percent(row.difficulty), row.difficulty, slotColour(0)),
          },
          { name: "Guessed", value: (row) => row.guessed },
          { name: "Row", value: (row) => row.id },
        ],
        rows,
      ),
    ),
  );
}

function neverSection(report) {
  const rows = report.models.flatMap((model) => model.never.map((missed) => ({ model: model.name, ...missed })));
  return rows.length
    ? section(
        "Never stated",
        "Facts that a model did not state, however it was asked, with the chunk that holds them.",
        folded(plural(rows.length, "fact"), () =>
          table(
            [
              { name: "Model", value: (row) => row.model },
              { name: "Criterion", value: (row) => row.criterion },
              { name: "Question", value: (row) => row.question },
              { name: "Chunk", value: (row) => row.chunk || row.document },
            ],
            rows,
          ),
        ),
      )
    : null;
}

// What is long is made when it is opened.
function folded(title, make) {
  const details = el("details", { class: "folded" }, el("summary", { text: title }));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length < 2) details.append(make());
  });
  return details;
}

const notes = (report) =>
  report.warnings.length
    ? el(
        "ul",
        { class: "faint method" },
        report.warnings.map((text) => el("li", { text })),
      )
    : null;

startGrades();
