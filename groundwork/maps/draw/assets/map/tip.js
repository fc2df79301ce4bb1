// The few words beside the pointer, or beside the point that the arrow keys have reached.

class Tip {
  constructor(points, camera, coincident) {
    this.points = points;
    this.coincident = coincident;
    this.camera = camera;
    this.node = el("div", { class: "tip", role: "status", hidden: true });
  }

  show(i, px, py) {
    const { points, camera, node } = this;
    const words = [
      ...this.coincident.datasetsAt(i),
      points.value("split", i),
      points.weight(i),
      ...points.tags(i).slice(0, 4),
    ];
    node.replaceChildren(
      el("strong", { text: cut(points.scene.question[i], 160) }),
      el("span", { class: "meta" }, points.facets.dataset.chip(i), [...new Set(words)].filter(Boolean).join(" · ")),
    );
    node.hidden = false;
    const box = node.getBoundingClientRect();
    const left = Math.max(8, Math.min(px + 14, camera.width - box.width - 8));
    const top = py + 18 + box.height > camera.height ? py - box.height - 12 : py + 18;
    node.style.transform = `translate(${left}px, ${Math.max(8, top)}px)`;
  }

  hide() {
    this.node.hidden = true;
  }
}
