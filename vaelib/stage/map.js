// The map of codes: eight units wide, with rings, dots and a cross on it.
import { brush } from "./page.js";

const COLOURS = [
  "#5b4bb5",
  "#2d8fc0",
  "#2f9e8b",
  "#2f9448",
  "#8a8a1f",
  "#a58420",
  "#cc5566",
  "#b0386f",
  "#aa4499",
  "#7a7f87",
]; // the digits 0 to 9
export const SIDE = 440; // of the map's canvas, for 4 units each way

/** @param {number} x @param {number} y @returns {[number, number]} */
const place = (x, y) => [SIDE / 2 + (x * SIDE) / 8, SIDE / 2 - (y * SIDE) / 8];

/** Where on the map a pointer is, as fine as a link writes it. @param {HTMLCanvasElement} canvas @param {PointerEvent} event */
export function onMap(canvas, { clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  return [(clientX - box.left) / box.width - 0.5, 0.5 - (clientY - box.top) / box.height].map(
    (share) => Math.round(800 * share) / 100,
  );
}

/** Codes of images, coloured by digit. @param {HTMLCanvasElement} canvas @param {Float32Array} codes @param {Uint8Array} labels */
export function paintCodes(canvas, codes, labels) {
  const context = brush(canvas);
  context.clearRect(0, 0, SIDE, SIDE);
  context.globalAlpha = 0.6;
  const middles = COLOURS.map(() => /** @type {number[][]} */ ([[], []]));
  labels.subarray(0, codes.length / 2).forEach((label, row) => {
    const [x, y] = place(codes[2 * row], codes[2 * row + 1]);
    middles[label][0].push(x);
    middles[label][1].push(y);
    context.fillStyle = COLOURS[label];
    context.fillRect(x - 2, y - 2, 4, 4);
  });
  context.globalAlpha = 1;
  Object.assign(context, { textAlign: "center", textBaseline: "middle", lineJoin: "round" });
  const surface = getComputedStyle(canvas).backgroundColor;
  Object.assign(context, { font: "bold 30px sans-serif", lineWidth: 6, strokeStyle: surface });
  middles.forEach((sides, label) => {
    if (!sides[0].length) return;
    const [x, y] = sides.map((side) => side.sort((a, b) => a - b)[side.length >> 1]);
    context.strokeText(String(label), x, y);
    context.fillStyle = COLOURS[label];
    context.fillText(String(label), x, y);
  });
}

/** A Gaussian to two sigma, with a letter. @param {HTMLCanvasElement} canvas @param {import("./engine.js").Gaussian} q @param {string} [name] */
export function paintRing(canvas, { mu, logvar }, name = "") {
  const context = brush(canvas);
  const { color, backgroundColor } = getComputedStyle(canvas);
  const [x, y] = place(mu[0], mu[1]);
  const [wide, high] = Array.from(logvar, (value) =>
    Math.max(3, (Math.exp(0.5 * value) * SIDE) / 4),
  );
  for (const [colour, width] of [
    [backgroundColor, 9],
    [color, 4],
  ]) {
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.beginPath();
    context.ellipse(x, y, wide, high, 0, 0, 2 * Math.PI);
    context.stroke();
  }
  Object.assign(context, { strokeStyle: backgroundColor, lineWidth: 6, fillStyle: color });
  context.strokeText(name, x + wide + 18, y);
  context.fillText(name, x + wide + 18, y);
}

/** @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} z */
export function paintDot(canvas, z) {
  const context = brush(canvas);
  context.fillStyle = getComputedStyle(canvas).color;
  context.beginPath();
  context.arc(...place(z[0], z[1]), 6, 0, 2 * Math.PI);
  context.fill();
}

/** Where the reader's guess is: a cross. @param {HTMLCanvasElement} canvas @param {number[]} at @param {boolean} [blue] */
export function paintCross(canvas, at, blue = false) {
  const context = brush(canvas);
  const [x, y] = place(at[0], at[1]);
  Object.assign(context, {
    strokeStyle: blue ? "#2d8fc0" : getComputedStyle(canvas).color,
    lineWidth: blue ? 9 : 4,
  });
  context.beginPath();
  for (const [dx, dy] of [
    [12, 12],
    [12, -12],
  ]) {
    context.moveTo(x - dx, y - dy);
    context.lineTo(x + dx, y + dy);
  }
  context.stroke();
}
