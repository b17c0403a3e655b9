// Drawings, made into what MNIST's makers would have scanned.

/** @typedef {[number, number]} Point */
/** @typedef {Point[][]} Strokes */

const PEN = 21; // tenths of a pixel: ink over length of line, the mean of 150 MNIST digits

/** @param {Strokes} strokes @param {number} scale @param {number[]} centre */
function redraw(strokes, scale, [x0, y0]) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 280;
  const context = /** @type {CanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  Object.assign(context, { lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(140 + scale * (stroke[0][0] - x0), 140 + scale * (stroke[0][1] - y0));
    for (const [x, y] of stroke) context.lineTo(140 + scale * (x - x0), 140 + scale * (y - y0));
    context.stroke();
  }
  return context.getImageData(0, 0, 280, 280).data;
}

/** The longer side becomes 20 pixels, the pen 2.1, and the centre of mass the picture's. @param {Strokes} strokes */
export function toMnist(strokes) {
  const points = strokes.flat();
  const sides = [0, 1].map((axis) => points.map((point) => point[axis]));
  const low = sides.map((side) => Math.min(...side));
  const high = sides.map((side) => Math.max(...side));
  const extent = Math.max(high[0] - low[0], high[1] - low[1], 40); // a dot stays a dot
  const scale = (200 - PEN) / extent;
  let centre = low.map((value, axis) => (value + high[axis]) / 2);
  const ink = redraw(strokes, scale, centre);
  let [mass, x, y] = [0, 0, 0];
  for (let at = 0; at < 280 * 280; at++) {
    mass += ink[4 * at + 3];
    x += ink[4 * at + 3] * (at % 280);
    y += ink[4 * at + 3] * Math.floor(at / 280);
  }
  // MNIST's digits have their centre of mass in the middle of pixel 14, counted from 0.
  centre = [centre[0] + (x / mass - 145) / scale, centre[1] + (y / mass - 145) / scale];
  const moved = redraw(strokes, scale, centre);
  const values = new Float32Array(784);
  for (let at = 0; at < 280 * 280; at++) {
    const row = Math.floor(at / 2800);
    values[28 * row + Math.floor((at % 280) / 10)] += moved[4 * at + 3] / 25500;
  }
  return values.map((value) => Math.min(1, value));
}
