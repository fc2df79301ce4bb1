// A map or a coverage page opens in a tab of its own, and leads back to this one.
function plotsMenu(names, run) {
  if (!names.length) return null;
  const link = (name) =>
    el("a", {
      href: `plots/${encodeURIComponent(name)}?review=${encodeURIComponent(run)}`,
      target: "_blank",
      rel: "opener",
      text: name.replace(/\.html$/, "").replace(/^coverage-/, "coverage of "),
    });
  return el(
    "details",
    { class: "plots" },
    el("summary", { text: "Maps, coverage" }),
    el(
      "ul",
      {},
      names.map((name) => el("li", {}, link(name))),
    ),
  );
}
