// A table that sorts by a click on a column's head and grows by a button, so that 100,000 rows do not slow the page.

const ROWS_AT_ONCE = 200;

// columns: {name, value(row) -> string or number, cell(row) -> node or string (optional), number: bool}
function table(columns, rows, { onrow = null, caption = "" } = {}) {
  let sorted = rows,
    by = null,
    upward = false,
    shown = 0;
  const body = el("tbody");
  const more = el("button", { type: "button", class: "more", onclick: () => grow() });
  const heads = columns.map((column) =>
    el(
      "th",
      { scope: "col", class: column.number ? "number" : null },
      el("button", { type: "button", title: column.hint || null, onclick: () => sort(column) }, column.name),
    ),
  );

  function sort(column) {
    upward = by === column ? !upward : !column.number;
    by = column;
    const key = (row) => (column.number ? column.value(row) : String(column.value(row)));
    sorted = rows
      .map((row) => [key(row), row])
      .sort(([a], [b]) => (column.number ? a - b : byName.compare(a, b)))
      .map(([, row]) => row);
    if (!upward) sorted.reverse();
    heads.forEach((head, i) => {
      if (columns[i] === column) head.setAttribute("aria-sort", upward ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
    body.replaceChildren();
    shown = 0;
    grow();
  }

  function grow() {
    const next = sorted.slice(shown, shown + ROWS_AT_ONCE);
    body.append(...next.map(line));
    shown += next.length;
    more.textContent = `Show ${number(Math.min(ROWS_AT_ONCE, rows.length - shown))} more of ${number(rows.length)}`;
    more.hidden = shown >= rows.length;
  }

  function line(row) {
    const content = columns.map((column) => (column.cell ? column.cell(row) : String(column.value(row))));
    if (onrow) content[0] = el("button", { type: "button" }, content[0]); // the row's handle for keys and screen readers
    const cells = columns.map((column, k) => el("td", { class: column.number ? "number" : null }, content[k]));
    return onrow ? el("tr", { class: "opens", onclick: () => onrow(row) }, cells) : el("tr", {}, cells);
  }

  grow();
  return el(
    "div",
    { class: "table" },
    el("table", {}, caption ? el("caption", { text: caption }) : null, el("thead", {}, el("tr", {}, heads)), body),
    more,
  );
}
