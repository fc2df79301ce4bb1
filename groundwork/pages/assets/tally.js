// Which question asks about which place of the document, counted over all runs or one. run "": all of them together.

const KIND_NAMES = { sentence: "sentences", number: "numbers", row: "table rows" };
const LEAST_SIZE = 4; // statements of a section that may be among those asked about least

const shareText = (count) => (count.of ? `${number((count.asked / count.of) * 100)}%` : "–");
const statements = (counts) => ({
  of: counts.sentence.of + counts.row.of,
  asked: counts.sentence.asked + counts.row.asked,
});

class Tally {
  #texts = null;

  constructor(doc, marks) {
    this.doc = doc;
    this.places = doc.places.map(([kind, start, asked, likely, declined], index) => ({
      index,
      kind,
      start,
      asked,
      likely,
      declined: declined || {},
    }));
    this.several = doc.runs.length > 1;
    this.looks = new Map(doc.runs.map((run, k) => [run, { colour: `var(--c${k % 8})`, mark: marks[k % 8] }]));
  }

  askedBy(place, run) {
    return this.#by(place.asked, run);
  }
  likelyBy(place, run) {
    return this.#by(place.likely, run);
  }
  #by(questions, run) {
    return run ? questions.filter((q) => this.doc.questions[q].run === run) : questions;
  }

  mark(run) {
    const { colour, mark } = this.looks.get(run);
    return swatch(colour, mark);
  }

  // Why a model found nothing worth asking in a place that is not asked about: [[run, reason]].
  declinedBy(place, run) {
    if (this.askedBy(place, run).length) return [];
    return Object.entries(place.declined).filter(([name]) => !run || name === run);
  }

  // The statements of [start, end) that are open: nobody asks about them, and nobody declined them.
  missing(run, start = 0, end = Infinity) {
    return this.#statements(start, end).filter(
      (place) => !this.askedBy(place, run).length && !this.declinedBy(place, run).length,
    );
  }

  declined(run, start = 0, end = Infinity) {
    return this.#statements(start, end).filter((place) => this.declinedBy(place, run).length);
  }

  #statements(start, end) {
    return this.places.filter((place) => place.kind !== "number" && place.start >= start && place.start < end);
  }

  // The sections without subsections of which something is missing, the smallest share first.
  leastAsked(run) {
    const { sections } = this.doc,
      count = (part) => statements(part.counts[run]);
    const ends = sections.filter(
      (part) =>
        count(part).of >= LEAST_SIZE &&
        !sections.some((other) => other !== part && other.start > part.start && other.start < part.end),
    );
    const asked = (part) => count(part).asked / count(part).of;
    if (ends.length < 2) return [];
    return ends.filter((part) => asked(part) < 1).sort((a, b) => asked(a) - asked(b) || count(b).of - count(a).of);
  }

  // A number is missing only where its sentence is asked about; elsewhere the sentence is what is missing.
  touched(statement, number, run) {
    const own = statement >= 0 ? statement : this.#statementOf(number);
    return own >= 0 && this.askedBy(this.places[own], run).length > 0;
  }

  #statementOf(number) {
    for (let k = number - 1; k >= 0; k--) if (this.places[k].kind !== "number") return k;
    return -1;
  }

  // The title of the section and the number of the page that hold an offset; `page`: the least that it can be.
  sectionOf(start) {
    let found = "";
    for (const part of this.doc.sections) {
      if (part.start <= start) found = part.title;
      else break;
    }
    return found;
  }

  pageOf(start, page = 0) {
    let found = page;
    for (const [number, from] of this.doc.pages) {
      if (from <= start && number > found) found = number;
      else if (from > start) break;
    }
    return found;
  }

  textOf(index) {
    this.#texts ??= this.#collectTexts();
    return (this.#texts.get(index) || "").replace(/\s+/g, " ").trim();
  }

  #collectTexts() {
    const texts = new Map(),
      add = (index, text) => {
        if (index >= 0) texts.set(index, (texts.get(index) || "") + text);
      };
    for (const part of this.doc.blocks) {
      for (const [text, , statement] of part.pieces || []) add(statement, text);
      for (const row of part.rows || [])
        add(
          row.statement,
          row.cells
            .map((cell) => cell.map(([text]) => text).join(""))
            .filter(Boolean)
            .join(" · "),
        );
    }
    return texts;
  }
}
