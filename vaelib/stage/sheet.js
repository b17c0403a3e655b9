// A sheet to draw a digit on: with pointer, finger or arrow keys.
import { brush } from "./page.js";

/** As fine as a link writes it. @param {number} value */
const fine = (value) => Math.round(10 * value) / 10;

/**
 * @param {HTMLCanvasElement} canvas 140 by 140
 * @param {(strokes: import("./mnist.js").Strokes) => void} changed called after every bit of ink
 */
export function sheet(canvas, changed) {
  /** @type {import("./mnist.js").Strokes} */
  let strokes = [];
  /** @type {import("./mnist.js").Point} */
  let pen = [70, 30];
  let lifted = true;

  function empty() {
    brush(canvas).clearRect(0, 0, 140, 140);
    [strokes, pen, lifted] = [[], [70, 30], true];
  }

  /** Let the pen go on to a point; the first stroke takes what lies there off the sheet. @param {import("./mnist.js").Point} to @param {boolean} fresh */
  function draw(to, fresh) {
    if (!strokes.length) brush(canvas).clearRect(0, 0, 140, 140);
    if (fresh || !strokes.length) strokes.push([]);
    const stroke = strokes[strokes.length - 1];
    const from = stroke[stroke.length - 1] ?? to;
    stroke.push(to);
    const context = brush(canvas);
    Object.assign(context, { lineWidth: 12, lineCap: "round", strokeStyle: "#000" });
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    changed(strokes);
  }

  /** @param {PointerEvent} event @returns {import("./mnist.js").Point} */
  function at({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    const unit = 140 / box.width;
    return [fine((clientX - box.left) * unit), fine((clientY - box.top) * unit)];
  }
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    draw(at(event), true);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) draw(at(event), false);
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-7, 0], ArrowRight: [7, 0], ArrowUp: [0, -7], ArrowDown: [0, 7] }[
      event.key
    ];
    if (!step) return;
    event.preventDefault();
    const from = pen;
    const inside = (/** @type {number} */ value) => Math.min(134, Math.max(6, value));
    pen = [inside(pen[0] + step[0]), inside(pen[1] + step[1])];
    if (!event.shiftKey) {
      if (lifted) draw(from, true);
      draw(pen, false);
    }
    lifted = event.shiftKey;
  });
  canvas.setAttribute(
    "aria-label",
    "A sheet to draw a digit on. Arrow keys draw, with Shift they move the pen without ink.",
  );
  return {
    empty,
    /** The strokes as text. */
    written: () => strokes.map((stroke) => stroke.map((at) => at.join()).join(" ")).join(";"),
    /** Strokes from a text, whoever wrote it. @param {string} text */
    draw: (text) => {
      empty();
      for (const stroke of text.slice(0, 20_000).split(";")) {
        const points = stroke.split(" ").map((at) => at.split(",").map(Number));
        points
          .filter((at) => at.length === 2 && at.every((x) => x >= 0 && x <= 140))
          .forEach(([x, y], i) => draw([x, y], i === 0));
      }
    },
  };
}
