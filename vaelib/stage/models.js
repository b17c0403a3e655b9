// What models.js, a classic script that `make models` writes, holds: models, codes and images.
import { bytes, floats, readModel } from "./engine.js";

/**
 * @typedef {object} Packed
 * @property {{[name: string]: import("./engine.js").PackedLayer}} wide
 * @property {{[name: string]: import("./engine.js").PackedLayer} | null} flat null: the same
 * @property {string} codes
 * @property {number} step
 * @property {string} digits
 * @property {string} dots
 * @property {string} spreads
 * @property {string} labels
 * @property {string} images
 * @property {string} mean
 * @property {number[]} shown
 * @property {number} far
 * @property {number} found
 * @property {number} between
 * @property {number} within
 * @property {{predicted: number[], measured: number[]}} price
 * @property {{own: number, kl: number, mean: number}} cost
 */

export const data = /** @type {Packed} */ (/** @type {any} */ (window).VAE_STAGE_MODELS);

export const wide = readModel(data.wide); // drawings and costs: 20 dimensions in the book
export const flat = data.flat ? readModel(data.flat) : wide; // 2 dimensions: the map
export const dimensions = wide.mu.bias.length;
export const dots = floats(data.dots); // mu of test images in the flat model
export const spreads = floats(data.spreads); // and their logvar
export const labels = bytes(data.labels);
// mu of training images in the wide model: what a drawing is read by
const codes = new Float32Array(new Int8Array(bytes(data.codes).buffer)).map(
  (code) => code * data.step,
);
const digits = bytes(data.digits);

/** @param {string} base64 */
function pictures(base64) {
  const pixels = bytes(base64);
  return Array.from({ length: pixels.length / 784 }, (_, i) =>
    new Float32Array(pixels.subarray(784 * i, 784 * (i + 1))).map((value) => value / 255),
  );
}
export const images = pictures(data.images);
export const meanImage = pictures(data.mean)[0];

/** The digit of most of the five nearest codes, and the distance to the nearest. @param {Float32Array} mu */
export function read(mu) {
  const found = Array.from(digits, (label, row) => {
    let square = 0;
    for (let k = 0; k < mu.length; k++) square += (codes[row * mu.length + k] - mu[k]) ** 2;
    return { distance: Math.sqrt(square), label };
  })
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 5);
  const votes = found.map(({ label }) => found.filter((other) => other.label === label).length);
  return { digit: found[votes.indexOf(Math.max(...votes))].label, distance: found[0].distance };
}
