// What mouse, pen and fingers do on the map: hover, click, drag, draw around points, pinch, wheel.

const FAR = 4; // pixels that make a drag of a click

class Pointer {
  #drag = null; // {tool, from, last, path, far, name}: one finger or button is down
  #touches = new Map(); // pointer id -> [x, y]; two of them pinch

  // hand: at(px, py) -> point or -1, onhover(i, px, py), onclick(i), ontrace(path or null), onselect(path), with paths in
  // pixels, and ontravel(): the map moves below the pointer.
  constructor(stage, camera, toolbar, hand) {
    this.stage = stage;
    this.camera = camera;
    this.toolbar = toolbar;
    this.hand = hand;
    const listen = (type, run, options) => stage.addEventListener(type, run, options);
    listen("pointerdown", (event) => this.#down(event));
    listen("pointermove", (event) => this.#move(event));
    listen("pointerup", (event) => this.#up(event));
    listen("pointercancel", (event) => this.#up(event));
    listen("pointerleave", () => {
      if (!this.#touches.size) hand.onhover(-1);
    });
    listen("wheel", (event) => this.#wheel(event), { passive: false });
    listen("dblclick", (event) => {
      if (!isControl(event)) camera.zoomBy(2, ...this.#place(event));
    });
  }

  #place(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(event) {
    const tool = event.shiftKey ? "box" : this.toolbar.tool;
    if (event.button !== 0 || event.target.closest(".toolbar")) return;
    const name = tool === "pan" ? event.target.closest(".labels button") : null; // a click picks it, but it stops no drag
    this.stage.setPointerCapture(event.pointerId);
    const place = this.#place(event);
    this.#touches.set(event.pointerId, place);
    if (this.#touches.size > 1) this.hand.ontrace(null);
    this.#drag =
      this.#touches.size > 1
        ? null
        : { tool, from: place, last: place, path: tool === "pan" ? null : [place], far: false, name };
  }

  #move(event) {
    const place = this.#place(event);
    if (this.#drag) this.#dragTo(place);
    else if (this.#touches.has(event.pointerId)) this.#pinch(event.pointerId, place);
    else this.hand.onhover(isControl(event) ? -1 : this.hand.at(...place), ...place);
  }

  #dragTo([px, py]) {
    const drag = this.#drag,
      [fromX, fromY] = drag.from,
      [lastX, lastY] = drag.last;
    drag.far ||= Math.hypot(px - fromX, py - fromY) > FAR;
    if (!drag.far) return;
    drag.last = [px, py];
    this.hand.ontravel();
    if (drag.tool === "pan") {
      this.stage.classList.add("dragging");
      this.camera.panBy(px - lastX, py - lastY);
    } else {
      if (drag.tool === "lasso") drag.path.push([px, py]);
      else drag.path = [drag.from, [px, fromY], [px, py], [fromX, py]];
      this.hand.ontrace(drag.path);
    }
  }

  #up(event) {
    const drag = this.#drag;
    this.#touches.delete(event.pointerId);
    this.#drag = null;
    this.stage.classList.remove("dragging");
    if (!drag) return;
    if (drag.path) this.hand.ontrace(null);
    if (drag.path && drag.far) this.hand.onselect(drag.path);
    else if (drag.far || event.type !== "pointerup") return;
    else if (drag.name) drag.name.click();
    else this.hand.onclick(this.hand.at(...this.#place(event)));
  }

  // Two fingers: what lies between them stays between them.
  #pinch(id, place) {
    const before = [...this.#touches.values()];
    this.#touches.set(id, place);
    const after = [...this.#touches.values()];
    if (before.length < 2) return;
    const [lastX, lastY] = middle(before),
      [px, py] = middle(after);
    this.camera.panBy(px - lastX, py - lastY);
    this.camera.zoomBy(spread(after) / spread(before), px, py);
  }

  #wheel(event) {
    event.preventDefault();
    this.hand.ontravel();
    const lines = event.deltaMode ? 30 : 1;
    this.camera.zoomBy(Math.exp(-Math.max(-120, Math.min(120, event.deltaY * lines)) * 0.0022), ...this.#place(event));
  }
}

const CONTROLS = ".toolbar, .labels button";
const isControl = (event) => event.target.closest(CONTROLS) !== null;
const spread = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
