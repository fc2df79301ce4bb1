// The page: what was decided, what is asked of the server, and the keys.

const LOOK_EVERY = 3_000; // ms between looks at what others have decided
const KEYS = {
  "j, ↓": "next pair",
  "k, ↑": "previous pair",
  n: "next pair that you have not decided about",
  a: "accept",
  r: "reject, with a reason",
  e: "edit question, answer and criteria",
  u: "undo your last decision",
  "/": "search",
  "Ctrl+Enter": "save what you edit",
  Esc: "leave a form or the search",
  R: "read the run again",
  "?": "these keys",
};

const server = {
  async call(path, ask = null) {
    const options = ask
      ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(ask) }
      : {};
    const reply = await fetch(path, { ...options, cache: "no-store" });
    const content = await reply.json();
    if (!reply.ok) throw Object.assign(new Error(content.error || reply.statusText), { status: reply.status });
    return content;
  },
};

class Desk {
  // plots: names of the pages of maps and coverage that can be opened beside this one.
  constructor(data, { again, plots }) {
    this.again = again;
    window.name = "groundwork-review"; // where those pages open a pair
    this.marks = (row) => this.decided[row] || ["", ""];
    this.done = []; // the pairs that were decided here, the latest last
    this.busy = false;
    this.arriving = null; // the details of the pair that was chosen last
    this.read = -1; // the row whose details are shown
    this.banner = el("div", { class: "banner", role: "alert", hidden: true });
    this.said = el("div", { class: "say", role: "status", "aria-live": "polite", hidden: true });
    this.progress = el("p");
    this.search = el("input", {
      type: "search",
      "aria-label": "Search",
      placeholder: "Search question, answer, evidence",
      oninput: () => this.later(),
    });
    const act = (name, key, class_, action) =>
      el(
        "button",
        { type: "button", class: class_, "data-act": key, onclick: () => action() },
        name,
        el("kbd", { text: key }),
      );
    this.view = new PairView({
      does: [
        el(
          "button",
          { type: "button", class: "back", onclick: () => document.body.classList.remove("reading") },
          "‹ List",
        ),
        act("Accept", "a", "yes", () => this.decide("accept")),
        act("Reject", "r", "no", () => this.with((view) => view.reject())),
        act("Edit", "e", "", () => this.with((view) => view.edit())),
        act("Undo", "u", "", () => this.undo()),
        act("Next", "j", "", () => this.step(1)),
      ],
      onsave: (edited) => this.decide("accept", "", edited),
      onreject: (reason) => this.decide("reject", reason),
      onclose: () => this.rows.node.focus(),
    });
    this.help = el(
      "dialog",
      { id: "help" },
      el("h2", { text: "Keys" }),
      el(
        "dl",
        {},
        Object.entries(KEYS).map(([key, what]) => [el("dt", {}, el("kbd", { text: key })), el("dd", { text: what })]),
      ),
      el("button", { type: "button", class: "action", onclick: () => this.help.close() }, "Close"),
    );
    const top = el(
      "header",
      { class: "top" },
      el("div", { class: "titles" }, el("h1", { text: `Review of ${data.run}` }), this.progress),
      el(
        "label",
        { class: "searchbox" },
        icon("M10.5 4a6.5 6.5 0 1 0 0 13a6.500 6.500 0 1 0 0-13Z M15.500 15.500 21 21"),
        this.search,
      ),
      el(
        "button",
        { class: "icon", type: "button", title: "Keys", "aria-label": "Keys", onclick: () => this.help.showModal() },
        "?",
      ),
      plotsMenu(plots, data.run),
      theme.start(),
    );
    this.place = { filters: el("div"), list: el("div") };
    document.body.append(top, this.banner, this.place.filters, this.place.list, this.view.node, this.said, this.help);
    this.use(data);
    this.view.show(null);
    addEventListener("keydown", (event) => this.key(event));
    addEventListener("hashchange", () => this.openNamed());
    addEventListener("beforeunload", (event) => {
      if (this.view.drafts.size) event.preventDefault();
    });
    setInterval(() => this.look(), LOOK_EVERY);
  }

  // Take the pairs as the server has them now.
  use(data) {
    this.data = data;
    this.decided = data.decided;
    this.at = data.at;
    this.mine = Object.values(this.decided).filter(([mine]) => mine).length;
    const rows = new Rows(columnsOf(data, this.marks), { onpick: (row) => this.open(row), onsort: () => this.list() });
    const filters = new Filters(data, this.marks, () => this.list());
    (this.filters ? this.filters.node : this.place.filters).replaceWith(filters.node);
    (this.rows ? this.rows.node : this.place.list).replaceWith(rows.node);
    this.rows = rows;
    this.filters = filters;
    this.list();
    this.count(data);
    if (data.warnings.length) this.warn(data.warnings.join(" "));
  }

  list() {
    const nothing = this.data.count
      ? "No pair fits the filters and the search."
      : "This run holds no pairs yet. Run generate_qa, then press R.";
    this.rows.show(this.filters.rows(), nothing);
  }

  count({ agreements }) {
    const told = [
      `${number(this.mine)} of ${plural(this.data.count, "pair")} decided by ${this.data.reviewer}`,
      ...agreements,
    ];
    this.progress.textContent = told.join(" · ");
    this.progress.title = this.progress.textContent;
  }

  mark(row, marks) {
    this.mine += Boolean(marks[0]) - Boolean(this.marks(row)[0]);
    this.decided[row] = marks;
    this.rows.refresh(Number(row));
  }

  async open(row, { read = true } = {}) {
    if (row < 0) return;
    this.rows.choose(row);
    if (read) document.body.classList.add("reading");
    const { form } = this.view;
    this.arriving = this.ask(`pair?row=${row}`);
    const details = await this.arriving;
    if (!details || this.rows.row !== row) return;
    this.read = row;
    this.view.show(details, form === null);
  }

  step(by) {
    return this.open(this.rows.next(by));
  }

  undecided() {
    const { order } = this.rows,
      from = this.rows.place;
    for (let k = 1; k <= order.length; k++) {
      const row = order[(from + k + order.length) % order.length];
      if (!this.marks(row)[0]) return this.open(row);
    }
    return this.say("You have decided about every pair that is shown.");
  }

  with(action) {
    if (this.view.shown && !this.busy) action(this.view);
  }

  // One decision, about the pair that is chosen: it waits for details that are on their way. The row shows it once the
  // server has written it; what was typed stays until then.
  async decide(verdict, reason = "", edited = {}) {
    if (!this.view.shown || this.busy) return;
    this.busy = true;
    const { row } = this.rows;
    for (let waited = null; waited !== this.arriving; await waited) waited = this.arriving;
    const { shown } = this.view;
    if (row !== this.read || row !== this.rows.row) {
      this.busy = false;
      this.say("Nothing was decided: the pair was not there yet.", true);
      return;
    }
    const { id } = shown.pair;
    const reply = await this.ask("decide", {
      pair: id,
      verdict,
      reason,
      edited,
      question_hash: shown.question_hash,
      lines: shown.lines,
    });
    this.busy = false;
    if (!reply) {
      if (this.status === 409 && !this.view.editing) this.open(row, { read: false });
      return;
    }
    this.view.drafts.delete(id);
    this.view.form = null;
    this.mark(row, reply.marks);
    this.count(reply);
    this.rows.node.focus({ preventScroll: true });
    this.say(
      verdict === "undo"
        ? "Undone."
        : { accept: "Accepted.", edit: "Edited and accepted.", reject: "Rejected." }[reply.marks[0]],
    );
    if (verdict !== "undo") this.done.push(id);
    const next = this.rows.next(1);
    await this.open(verdict === "undo" || next === row ? row : next, {
      read: verdict !== "undo" && document.body.classList.contains("reading"),
    });
  }

  // Take back the latest decision made here, wherever it was; else that about the pair in sight.
  async undo() {
    if (this.busy || this.view.form) return;
    const id = this.done.pop(),
      row = id === undefined ? this.rows.row : this.data.question.length ? await this.rowOf(id) : -1;
    if (row < 0) return;
    await this.open(row, { read: document.body.classList.contains("reading") });
    if (this.marks(row)[0]) await this.decide("undo");
    else this.say("There is no decision of yours to undo.");
  }

  // The pair that the address names; whether it names one of this run.
  async openNamed() {
    const id = new URLSearchParams(location.hash.slice(1)).get("pair");
    if (!id) return false;
    const row = await this.rowOf(id);
    if (row >= 0) this.open(row);
    else this.say(`The run ${this.data.run}, which is under review, does not hold the pair ${id}.`, true);
    return row >= 0;
  }

  rowOf(id) {
    return this.ask(`row?pair=${encodeURIComponent(id)}`).then((found) => (found ? found.row : -1));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const words = this.search.value.trim();
      const found = words ? await this.ask(`search?q=${encodeURIComponent(words)}`) : null;
      if (words !== this.search.value.trim()) return;
      this.filters.found = words ? found || [] : null;
      this.list();
    }, 150);
  }

  async look() {
    const news = await this.ask(`changes?since=${this.at}`, null, true);
    if (!news) return;
    this.at = news.at;
    for (const [row, marks] of Object.entries(news.decided)) {
      const changed = String(this.marks(row)) !== String(marks);
      this.mark(row, marks);
      if (changed && Number(row) === this.rows.row && !this.view.form) this.open(this.rows.row, { read: false });
    }
    this.count(news);
    if (news.written)
      this.warn("The run was written while this page was open.", ["Read it again (R)", () => this.reload()]);
  }

  async reload() {
    const data = await this.ask("pairs?fresh");
    if (!data) return;
    this.banner.hidden = true;
    this.use(data);
    this.view.show(null);
    this.say("Read again.");
  }

  // Ask the server; null where it refused or is not there, which is said.
  async ask(path, content = null, quiet = false) {
    this.status = 0;
    try {
      const reply = await server.call(path, content);
      if (this.lost) {
        this.lost = false;
        this.banner.hidden = true;
      }
      return reply;
    } catch (error) {
      this.status = error.status || 0;
      if (error.status) {
        if (!quiet) this.say(error.message, true);
      } else {
        this.lost = true;
        this.gone();
      }
      return null;
    }
  }

  gone() {
    const draft = this.view.editing,
      copy = [
        "Copy what I typed",
        () =>
          navigator.clipboard.writeText(Object.values(this.view.editing).join("\n\n")).then(() => this.say("Copied.")),
      ];
    this.warn(
      [
        "The server is not there. Every decision up to now is written",
        draft ? "; what you type stays here until it can be saved" : "",
        ". Start it again: ",
      ].join(""),
      draft ? copy : null,
      this.again,
    );
  }

  warn(text, action = null, code = "") {
    this.banner.replaceChildren(
      el("span", { text }),
      code ? el("code", { text: code }) : "",
      action ? el("button", { type: "button", onclick: action[1] }, action[0]) : "",
      el(
        "button",
        {
          type: "button",
          onclick: () => {
            this.banner.hidden = true;
          },
        },
        "Hide",
      ),
    );
    this.banner.hidden = false;
  }

  say(text, bad = false) {
    clearTimeout(this.quiet);
    this.said.textContent = text;
    this.said.className = bad ? "say bad" : "say";
    this.said.hidden = false;
    this.quiet = setTimeout(
      () => {
        this.said.hidden = true;
      },
      bad ? 6_000 : 1_600,
    );
  }

  key(event) {
    const typing = event.target.closest("textarea, input, select");
    if (event.key === "Escape" && this.view.form) return this.view.leave();
    if (event.key === "Escape" && typing) return this.rows.node.focus();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.view.form === "edit") return this.view.save();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || this.help.open) return undefined;
    const does = {
      j: () => this.step(1),
      ArrowDown: () => this.step(1),
      k: () => this.step(-1),
      ArrowUp: () => this.step(-1),
      n: () => this.undecided(),
      a: () => this.decide("accept"),
      r: () => this.with((view) => view.reject()),
      e: () => this.with((view) => view.edit()),
      u: () => this.undo(),
      "/": () => this.search.focus(),
      R: () => this.reload(),
      "?": () => this.help.showModal(),
    }[event.key];
    if (!does) return undefined;
    event.preventDefault();
    return does();
  }
}

(async () => {
  const start = await block("start");
  try {
    const desk = new Desk(await server.call("pairs"), start);
    document.documentElement.dataset.ready = "yes";
    if (!(await desk.openNamed())) desk.rows.node.focus();
  } catch (error) {
    document.body.append(el("p", { class: "nothing", text: `The pairs cannot be shown: ${error.message}` }));
  }
})();
