// What the column beside the document shows: the overview, a section's gaps, or who asks about one statement.

const GAPS_AT_ONCE = 60;
const LEAST_LISTED = 3;

// onsection(part): a section is chosen. ongap(index): a statement is.
function overviewCards(tally, run, { onsection, ongap }) {
  const { doc, several } = tally,
    counts = doc.whole[run],
    missing = tally.missing(run);
  const lost = doc.questions.filter((q) => !q.placed && (!run || q.run === run)).length;
  return [
    el("h2", { class: "unseen", text: "Overview" }),
    el(
      "div",
      { class: "score" },
      Object.entries(KIND_NAMES).map(([kind, name]) =>
        el(
          "div",
          {},
          el("b", { text: shareText(counts[kind]) }),
          el("span", { text: counts[kind].of ? `of ${number(counts[kind].of)} ${name}` : `no ${name}` }),
        ),
      ),
    ),
    figureLine(tally, run),
    several ? runTable(tally) : "",
    leastList(tally.leastAsked(run).slice(0, LEAST_LISTED), run, onsection),
    el(
      "section",
      {},
      el("h3", { text: "How to read it" }),
      el(
        "p",
        { class: "legend-line" },
        ["nobody asks", "one question", "two", "three", "four or more"].map((text, k) =>
          el("span", { class: `s n${k}`, text }),
        ),
        el("span", { class: "s n0 maybe", text: "perhaps, by meaning" }),
        el("span", { class: "num yes", text: "number asked" }),
        el("span", { class: "num no", text: "number missed" }),
      ),
      el("p", {
        class: "faint",
        text: "Click a sentence or a table row to see its questions. N goes to the next that nobody asks about.",
      }),
    ),
    lost ? el("p", { class: "faint", text: `${plural(lost, "question")} could not be placed on the text.` }) : "",
    contradictionList(tally, run),
    gapSection(tally, run, missing, true, ongap),
    declinedList(tally, run, tally.declined(run), ongap),
  ];
}

// What the models say the document tells in two ways.
function contradictionList(tally, run) {
  const parts = (tally.doc.contradictions ?? []).filter((part) => !run || part.run === run);
  if (!parts.length) return "";
  const entry = (part) =>
    el("li", {}, part.text, el("span", { class: "faint", text: ` ${tally.sectionOf(part.start)}` }));
  return el(
    "section",
    { class: "contradictions" },
    el("h3", { text: "It contradicts itself or its summary" }),
    el("ul", {}, parts.map(entry)),
  );
}

function sectionCards(tally, run, part, ongap) {
  const { asked, of } = statements(part.counts[run]);
  return [
    el("h2", { text: part.title }),
    el("p", {
      class: "faint",
      text: of ? `${number(asked)} of ${plural(of, "statement")} asked about.` : "Nothing here can be asked about.",
    }),
    of ? gapSection(tally, run, tally.missing(run, part.start, part.end), false, ongap) : "",
    declinedList(tally, run, tally.declined(run, part.start, part.end), ongap),
  ];
}

// wish: what a reader can do where nobody asks.
function statementCards(tally, run, place, wish) {
  const sure = tally.askedBy(place, run),
    perhaps = tally.likelyBy(place, run).filter((q) => !sure.includes(q));
  const page = tally.doc.pages.length ? `page ${tally.pageOf(place.start)}` : "",
    declined = tally.declinedBy(place, run);
  return [
    el("p", { class: "quote", text: tally.textOf(place.index) }),
    el("p", { class: "faint where", text: [tally.sectionOf(place.start), page].filter(Boolean).join(" · ") }),
    sure.length
      ? askedGroup(tally, `Asked by ${plural(sure.length, "question")}`, sure)
      : declined.length
        ? el(
            "section",
            { class: "why-declined" },
            el("h3", { text: "Declined: nothing worth asking" }),
            declined.map(([name, why]) => el("p", {}, tally.several ? `${name}: ` : "", why)),
          )
        : el(
            "section",
            {},
            el("h3", { text: "Nobody asks about this yet" }),
            el("p", { class: "faint", text: "No question quotes it as evidence or says it in its answer." }),
          ),
    sure.length ? "" : wish,
    perhaps.length ? askedGroup(tally, "Perhaps meant by", perhaps) : "",
  ];
}

// What the model found nothing worth asking in, each with its reason.
function declinedList(tally, run, places, onpick) {
  if (!places.length) return "";
  return el(
    "details",
    { class: "missing", id: "declined" },
    el("summary", { text: `${plural(places.length, "statement")} declined: nothing worth asking` }),
    el(
      "ul",
      {},
      places.map((place) =>
        el(
          "li",
          {},
          el("button", { type: "button", onclick: () => onpick(place.index) }, cut(tally.textOf(place.index), 120)),
          el("p", {
            class: "faint",
            text: [...new Set(tally.declinedBy(place, run).map(([, why]) => why))].join("; "),
          }),
        ),
      ),
    ),
  );
}

function runTable(tally) {
  const { doc } = tally;
  return el(
    "table",
    {},
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { text: "Run" }),
        Object.values(KIND_NAMES).map((name) => el("th", { class: "number", text: name })),
      ),
    ),
    el(
      "tbody",
      {},
      ["", ...doc.runs].map((run) =>
        el(
          "tr",
          {},
          el("td", {}, run ? el("span", { class: "chip" }, tally.mark(run), run) : "together"),
          Object.keys(KIND_NAMES).map((kind) => el("td", { class: "number", text: shareText(doc.whole[run][kind]) })),
        ),
      ),
    ),
  );
}

function leastList(parts, run, onsection) {
  if (!parts.length) return "";
  return el(
    "section",
    { class: "least", id: "least" },
    el("h3", { text: "Asked about least" }),
    el(
      "ul",
      {},
      parts.map((part) => {
        const { asked, of } = statements(part.counts[run]);
        return el(
          "li",
          {},
          el(
            "button",
            { type: "button", onclick: () => onsection(part) },
            el("span", { text: part.title }),
            el("span", { class: "share", text: `${number(asked)} of ${number(of)}` }),
          ),
        );
      }),
    ),
  );
}

// named: with the section above its gaps.
function gapSection(tally, run, missing, named, ongap) {
  const title = missing.length
    ? `${run ? `${run} does not ask about` : "Nobody asks about"} ${plural(missing.length, "statement")}`
    : "No statement is left open";
  const list = el("ul"),
    more = el("button", { type: "button", class: "more", onclick: () => grow() });
  let at = 0,
    last = "";
  function grow() {
    for (const place of missing.slice(at, at + GAPS_AT_ONCE)) {
      const where = tally.sectionOf(place.start);
      if (named && where !== last) list.append(el("li", { class: "where", text: where }));
      last = where;
      list.append(
        el(
          "li",
          {},
          el("button", { type: "button", onclick: () => ongap(place.index) }, cut(tally.textOf(place.index), 180)),
        ),
      );
    }
    at += GAPS_AT_ONCE;
    more.hidden = at >= missing.length;
    more.textContent = `Show ${number(Math.min(GAPS_AT_ONCE, missing.length - at))} more of ${number(missing.length)}`;
  }
  grow();
  return el("section", { class: "missing", id: "missing" }, el("h3", { text: title }), list, more);
}

function askedGroup(tally, title, indices) {
  const { doc, several } = tally,
    one = indices.length === 1;
  const byRun = doc.runs
    .map((run) => [run, indices.filter((q) => doc.questions[q].run === run)])
    .filter(([, own]) => own.length);
  return el(
    "section",
    {},
    el("h3", { text: title }),
    byRun.map(([run, own]) => [
      several ? el("p", { class: "by" }, tally.mark(run), run) : null,
      own.map((q) => ask(doc, doc.questions[q], one)),
    ]),
  );
}

function ask(doc, pair, opened) {
  return el(
    "details",
    { class: "ask", open: opened },
    el("summary", { text: pair.question }),
    el("p", { text: pair.answer }),
    pair.criteria.length
      ? el(
          "ul",
          {},
          pair.criteria.map((text) => el("li", { text })),
        )
      : null,
    pair.evidence.map((text) => el("blockquote", { text })),
    el("p", { class: "faint", text: [pair.difficulty, pair.category].filter(Boolean).join(" · ") }),
    reviewLink(doc.review, pair.run.replace(/\/raw$/, ""), pair.id),
  );
}
