// Figures in the document: pictures beside the page's folder, each with how many questions are about it.

function figureQuestions(tally, [, , asked], run) {
  return asked.map((index) => tally.doc.questions[index]).filter((question) => !run || question.run === run);
}

// The review serves every page and every picture from one folder each.
function pictureFolder(doc) {
  return reviewed === null ? doc.texts : "../text/";
}

function figureNode(tally, index, run) {
  const figure = tally.doc.figures[index];
  const [file, caption] = figure,
    count = figureQuestions(tally, figure, run).length;
  return el(
    "figure",
    { class: count ? "asked" : "open" },
    el(
      "button",
      {
        type: "button",
        "data-figure": index,
        "aria-label": `Figure: ${caption || "without a caption"}. Show its questions.`,
      },
      el("img", { src: `${pictureFolder(tally.doc)}${file}`, alt: caption, loading: "lazy" }),
    ),
    el("figcaption", { text: count ? `figure: ${plural(count, "question")}` : "figure: nobody asks about it" }),
  );
}

function figureCards(tally, figure, run) {
  const questions = figureQuestions(tally, figure, run);
  return [
    el("p", { class: "quote", text: figure[1] || "A figure without a caption" }),
    questions.length
      ? askedGroup(tally, `Asked by ${plural(questions.length, "question")}`, questions)
      : el("p", { class: "faint", text: "No question has it as evidence." }),
  ];
}

// Figures are counted by themselves, never among sentences.
function figureLine(tally, run) {
  const figures = tally.doc.figures || [];
  if (!figures.length) return "";
  const asked = figures.filter((figure) => figureQuestions(tally, figure, run).length).length;
  return el("p", { id: "figures", text: `Figures: ${number(asked)} of ${number(figures.length)} asked about.` });
}
