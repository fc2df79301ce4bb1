// The map by keyboard: slash searches, Escape clears, arrows step from point to point, plus, minus and zero zoom.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const PAN = 80; // pixels that Shift and an arrow move the map

class Keys {
  // hand: onsearch(), onclear(), onstep([dx, dy]), onenter(), onleave().
  constructor(stage, camera, hand) {
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.closest("input[type=search], select, textarea");
      if (event.key === "Escape") hand.onclear();
      if (event.key !== "/" || isTyping) return;
      event.preventDefault();
      hand.onsearch();
    });
    stage.addEventListener("keydown", (event) => {
      if (event.target !== stage || event.ctrlKey || event.metaKey || event.altKey) return;
      const way = ARROWS[event.key];
      if (way && event.shiftKey) camera.panBy(-PAN * way[0], PAN * way[1]);
      else if (way) hand.onstep(way);
      else if (event.key === "Enter") hand.onenter();
      else if (event.key === "+" || event.key === "=") camera.zoomBy(1.4);
      else if (event.key === "-") camera.zoomBy(1 / 1.4);
      else if (event.key === "0") camera.showAll();
      else return;
      event.preventDefault();
    });
    stage.addEventListener("blur", () => hand.onleave());
  }
}
