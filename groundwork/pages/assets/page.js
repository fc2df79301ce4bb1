// What every page shares: elements, data blocks, the theme, downloads. Text reaches the page by textContent alone.

const el = (tag, props, ...children) => fill(document.createElement(tag), props, ...children);
const svg = (tag, props, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, ...children);

function fill(node, props, ...children) {
  for (const [key, value] of Object.entries(props || {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "text") node.textContent = value;
    else if (key === "checked" || key === "value" || key === "disabled") node[key] = value;
    else if (key === "style") for (const [name, v] of Object.entries(value)) node.style.setProperty(name, v);
    else if (value !== null && value !== undefined && value !== false)
      node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const byName = new Intl.Collator(undefined, { numeric: true }); // as people look for a name in a list

async function block(name) {
  const node = document.getElementById(`data-${name}`);
  if (node.type === "application/json") return JSON.parse(node.textContent);
  const bytes = Uint8Array.from(atob(node.textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

const number = (value, digits = 0) =>
  value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    roundingMode: "halfEven",
  }); // as Python rounds
const percent = (share) => (share > 0 && share < 0.1 ? `${number(share * 100, 1)}%` : `${number(share * 100)}%`);
const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;
const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text);

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Light or dark: as the system says, until the reader chooses.
const theme = {
  listeners: [],
  get dark() {
    return document.documentElement.dataset.theme === "dark";
  },
  set(name) {
    document.documentElement.dataset.theme = name;
    for (const listener of this.listeners) listener();
  },
  start() {
    const system = matchMedia("(prefers-color-scheme: dark)");
    let chosen = null;
    try {
      chosen = localStorage.getItem("theme");
    } catch {
      /* storage is closed to this page */
    }
    this.set(chosen || (system.matches ? "dark" : "light"));
    let before = "";
    addEventListener("beforeprint", () => {
      before = document.documentElement.dataset.theme;
      this.set("light");
    }); // paper is white
    addEventListener("afterprint", () => this.set(before));
    system.addEventListener("change", () => {
      if (!chosen) this.set(system.matches ? "dark" : "light");
    });
    return el(
      "button",
      {
        class: "icon",
        id: "theme",
        type: "button",
        "aria-label": "Light or dark",
        title: "Light or dark",
        onclick: () => {
          chosen = this.dark ? "light" : "dark";
          try {
            localStorage.setItem("theme", chosen);
          } catch {
            /* not remembered, then */
          }
          this.set(chosen);
        },
      },
      icon("M12 3a9 9 0 1 0 0 18V3Z M12 3a9 9 0 0 1 0 18"),
    );
  },
};

// The palette as CSS variables --c0 to --c7, so that whatever uses them follows the theme.
function usePalette(colours) {
  const apply = () =>
    (theme.dark ? colours.dark : colours.light).forEach((colour, k) => {
      document.documentElement.style.setProperty(`--c${k}`, colour);
    });
  theme.listeners.push(apply);
  apply();
}

const CROSS = "M6 6l12 12 M18 6 6 18";

function icon(path) {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", width: 20, height: 20, class: "glyph", "aria-hidden": "true" },
    svg("path", { d: path }),
  );
}

// content: text or a Blob.
function download(name, content, type = "application/jsonl") {
  const url = URL.createObjectURL(new Blob([content], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// The same marks as the map's, for legends and chips.
const MARK_PATHS = {
  circle: "M8 2.4a5.6 5.6 0 1 0 0 11.2a5.6 5.6 0 1 0 0-11.2Z",
  square: "M3 3h10v10H3Z",
  triangle: "M8 2l6.4 11.4H1.6Z",
  diamond: "M8 1.2 14.8 8 8 14.8 1.2 8Z",
  cross: "M4.4 1.8 8 5.4l3.6-3.6 2.6 2.6L10.6 8l3.6 3.6-2.6 2.6L8 10.6l-3.6 3.6-2.6-2.6L5.4 8 1.8 4.4Z",
  star: "M8 1l2 4.9 5.2.4-4 3.4 1.3 5.1L8 12l-4.500 2.800 1.300-5.100-4-3.400 5.200-.4Z",
  down: "M8 14 1.600 2.600h12.800Z",
  plus: "M6 1.500h4V6h4.500v4H10v4.500H6V10H1.500V6H6Z",
};

function swatch(colour, mark = "circle") {
  return svg(
    "svg",
    { viewBox: "0 0 16 16", width: 14, height: 14, class: "swatch", "aria-hidden": "true" },
    svg("path", { d: MARK_PATHS[mark] || MARK_PATHS.circle, style: { fill: colour } }),
  );
}
