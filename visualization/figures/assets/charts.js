// Bars, curves, matrices: what stands beside the map.

function numbersView(scene) {
  return [el("h2", { text: "Numbers" }), scene.notes.map((text) => el("p", { class: "note", text })), tree(scene.numbers)];
}

// Whatever the numbers hold, as nested lists: the fallback for entries that have no drawing of their own.
function tree(value) {
  if (Array.isArray(value)) return el("span", { text: value.map((v) => (typeof v === "object" ? JSON.stringify(v) : v)).join(", ") });
  if (value === null || typeof value !== "object") return el("span", { text: String(value) });
  return el("dl", { class: "tree" }, Object.entries(value).map(([key, entry]) => [el("dt", { text: key }), el("dd", {}, tree(entry))]));
}

function tagsView(scene) {
  return [el("h2", { text: "Tags" }), el("p", { text: `${scene.histogram.length} tags` })];
}
