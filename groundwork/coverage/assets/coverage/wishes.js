// "Ask about this": what a reader wants asked in the run under review. Where no server is there, the command for it.

class Wishes {
  #starts = new Set();

  constructor(doc) {
    this.doc = doc;
  }

  async load() {
    if (reviewed === null) return;
    const reply = await fetch(`../wishes?document=${encodeURIComponent(this.doc.document)}`).catch(() => null);
    if (reply?.ok) this.#starts = new Set((await reply.json()).starts);
  }

  has(place) {
    return this.#starts.has(place.start);
  }

  // The control for a statement that `run`, or nobody (""), asks about. onchange(): it is wished for now, or no more.
  control(place, run, onchange) {
    const { doc } = this;
    if (reviewed === null) {
      const of = (run || doc.runs[0] || "").replace(/\/raw$/, "");
      return of
        ? commandLine("Have the next generate_qa ask about it:", [
            doc.review,
            of,
            "--ask-about",
            `${doc.document}:${place.start}`,
          ])
        : null;
    }
    const said = el("p", { class: "faint", role: "status" });
    const button = el("button", { type: "button", class: "action", id: "ask-about" });
    const tell = () => {
      button.textContent = this.has(place) ? "Do not ask about this" : "Ask about this";
      said.textContent = this.has(place) ? `The next generate_qa of ${reviewed} asks about it.` : "";
    };
    button.addEventListener("click", async () => {
      button.disabled = true;
      said.textContent = (await this.#toggle(place)) || "";
      button.disabled = false;
      if (said.textContent) return;
      tell();
      onchange();
    });
    tell();
    return el("div", { class: "wish" }, button, said);
  }

  // Returns what went wrong, or nothing.
  async #toggle(place) {
    const ask = { document: this.doc.document, start: place.start, drawn_from: this.doc.hash };
    const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(ask) };
    const reply = await fetch("../wish", options).catch(() => null);
    if (!reply) return "The review's server is not there; start it again.";
    const content = await reply.json();
    if (!reply.ok) return content.error;
    if (content.stands) this.#starts.add(place.start);
    else this.#starts.delete(place.start);
    return "";
  }
}
