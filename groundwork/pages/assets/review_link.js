// The way to the page on which pairs are judged: a link where its server shows this page, else the command that opens it.

const reviewed = new URLSearchParams(location.search).get("review"); // the run under review; null: no server is there
const REVIEW_TAB = "groundwork-review";

// command: of the review. run: of the pair; "": not known, and then there is a way only where the server runs.
function reviewLink(command, run, id) {
  if (reviewed !== null) {
    const other = run && run !== reviewed;
    return other
      ? commandLine("Another run is under review. Open this pair by", [command, run, "--pair", id])
      : el(
          "a",
          { class: "review", href: `../#pair=${encodeURIComponent(id)}`, target: REVIEW_TAB },
          "Open in the review →",
        );
  }
  return run ? commandLine("Open it in the review by", [command, run, "--pair", id]) : null;
}

// A command to copy. Its words after the first are quoted where a shell would read more into them.
function commandLine(text, [command, ...words]) {
  const line = [command, ...words.map(quoted)].join(" ");
  const copy = el(
    "button",
    {
      type: "button",
      class: "link",
      onclick: () =>
        navigator.clipboard.writeText(line).then(() => {
          copy.textContent = "Copied";
        }),
    },
    "Copy",
  );
  return el("div", { class: "by-command" }, el("p", { class: "faint", text }), el("code", { text: line }), copy);
}

const quoted = (word) => (/^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
