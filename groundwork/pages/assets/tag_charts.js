// The tags of several datasets: a histogram, what each lacks, and how two differ. It follows charts.js.

const BARS_AT_FIRST = 25;

function tagsView(scene, colours, openTag) {
  const { looks, chip } = legendOf(scene, colours),
    names = scene.datasets.map((d) => d.name);
  const parts = [histogramOf(scene, names, looks, chip, openTag)];
  if (names.length > 1) {
    parts.unshift(lacking(scene.histogram, names, chip));
    parts.push(differences(scene.histogram, names, openTag));
  }
  return parts;
}

const LACKING_NAMED = 4;

// Each dataset's missing tags in a line; the table of differences below has them all.
function lacking(bars, names, chip) {
  const line = (name) => {
    const tags = bars.filter((bar) => !bar.counts[name]).map((bar) => bar.label);
    const more = tags.length > LACKING_NAMED ? ` and ${number(tags.length - LACKING_NAMED)} more` : "";
    return el(
      "li",
      {},
      chip(name),
      tags.length
        ? ` lacks ${number(tags.length)} of the ${number(bars.length)} tags: ${tags.slice(0, LACKING_NAMED).join(", ")}${more}`
        : ` has all ${plural(bars.length, "tag")}`,
    );
  };
  return el(
    "section",
    { class: "verdict lacking" },
    el("ul", {}, names.map(line)),
    el(
      "button",
      {
        type: "button",
        class: "link",
        onclick: () => document.getElementById("differences").scrollIntoView({ block: "start" }),
      },
      names.length > 2 ? "Compare two of them ↓" : "Compare them ↓",
    ),
  );
}

function histogramOf({ histogram: bars, datasets, notes, kind }, names, looks, chip, openTag) {
  const sizes = datasets.map((d) => d.count).filter(Boolean),
    uneven = Math.max(...sizes) >= 2 * Math.min(...sizes);
  let by = uneven ? "shares" : "counts",
    all = false; // of unequal datasets, counts only show the sizes
  const body = el("ul", { class: "histogram" });
  const more = el(
    "button",
    {
      type: "button",
      class: "more",
      onclick: () => {
        all = true;
        show();
      },
    },
    `Show all ${number(bars.length)} tags`,
  );
  const pill = (value, text) =>
    el(
      "label",
      {},
      el("input", {
        type: "radio",
        name: "histogram",
        value,
        checked: value === by,
        onchange: () => {
          by = value;
          show();
        },
      }),
      el("span", { text }),
    );

  function show() {
    const most = Math.max(...bars.flatMap((bar) => names.map((name) => bar[by][name] || 0)), 1e-9);
    body.replaceChildren(
      ...(all ? bars : bars.slice(0, BARS_AT_FIRST)).map((bar) =>
        el(
          "li",
          { class: "group" },
          el(
            "button",
            { type: "button", class: "label", title: "Show on the map", onclick: () => openTag(bar.label) },
            bar.label,
          ),
          el(
            "div",
            { class: "bars" },
            names.map((name) => {
              const value = bar[by][name] || 0;
              return el(
                "div",
                { class: value ? null : "none", title: name },
                el("b", { class: "unseen", text: `${name}: ` }),
                el("i", { style: { width: `${(value / most) * 100}%`, background: looks.get(name).colour } }),
                el("span", { text: by === "counts" ? number(value) : percent(value) }),
              );
            }),
          ),
        ),
      ),
    );
    more.hidden = all || bars.length <= BARS_AT_FIRST;
  }
  show();
  return el(
    "section",
    { class: "figure" },
    el(
      "div",
      { class: "headline" },
      el("h2", { text: "What they ask about" }),
      el(
        "div",
        { class: "pills", role: "radiogroup", "aria-label": "Bars show" },
        pill("counts", "Questions"),
        pill("shares", "Share of each"),
      ),
    ),
    el("div", { class: "chips key" }, names.map(chip)),
    body,
    more,
    kind === "tags" ? notes.map((text) => el("p", { class: "faint note", text })) : null,
  );
}

function differences(bars, names, openTag) {
  const body = el("div");
  const choice = (id, label, values, value) =>
    el(
      "select",
      { id, "aria-label": label, onchange: () => show() },
      values.map(([v, text]) => el("option", { value: v, selected: v === value }, text)),
    );
  const pairs = names.flatMap((a) => names.filter((b) => b !== a).map((b) => [a, b])),
    unlike = ([a, b]) => bars.filter((bar) => bar.counts[a] && !bar.counts[b]).length;
  const [first, second] = pairs.reduce((best, pair) => (unlike(pair) > unlike(best) ? pair : best)); // where there is most to see
  const has = choice(
    "has",
    "Dataset that has the tags",
    names.map((name) => [name, name]),
    first,
  );
  const lacks = choice(
    "lacks",
    "Dataset that lacks the tags",
    [...names.map((name) => [name, name]), ["*", "every other"]],
    second,
  );

  function show() {
    const others = lacks.value === "*" ? names.filter((name) => name !== has.value) : [lacks.value];
    const rows = bars.filter((bar) => bar.counts[has.value] > 0 && others.every((name) => !bar.counts[name]));
    body.replaceChildren(
      rows.length
        ? table(
            [
              { name: "Tag", value: (bar) => bar.label },
              {
                name: `Questions of ${has.value}`,
                number: true,
                value: (bar) => bar.counts[has.value],
                cell: (bar) => number(bar.counts[has.value]),
              },
              {
                name: "Share",
                number: true,
                value: (bar) => bar.shares[has.value],
                cell: (bar) => percent(bar.shares[has.value]),
              },
            ],
            rows,
            { onrow: (bar) => openTag(bar.label) },
          )
        : el("p", {
            class: "faint",
            text:
              has.value === lacks.value
                ? "Choose two different datasets."
                : lacks.value === "*"
                  ? `None: each tag of ${has.value} is asked about elsewhere too.`
                  : `None: ${lacks.value} asks about every tag of ${has.value}.`,
          }),
    );
  }
  show();
  return el(
    "section",
    { class: "figure differences", id: "differences" },
    el("h2", {}, "Tags that ", has, " has and ", lacks, " lacks"),
    body,
  );
}
