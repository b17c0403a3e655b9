// What points.js, a classic script that `make points` writes, holds: no weights, but what was seen.
import { brush } from "./page.js";

/**
 * @typedef {object} Evidence
 * @property {number[]} loss as its training reported it, for each epoch
 * @property {number} reconstruction
 * @property {number} kl
 * @property {number} sigma
 * @property {boolean} same whether two calls gave the same z
 * @property {string} codes
 * @property {number[]} widths of five Gaussians
 * @property {string} samples
 */
/** @typedef {Evidence & {name: string, line: string, seen: string, cure: string}} Patient */
/** @typedef {{beta: number, label: string, rate: number, distortion: number, pictures: string}} Point */
/** @typedef {{step: number, labels: string, clinic: {healthy: Evidence, patients: Patient[], found: number, of: number}, knob: Point[]}} Points */

/** @returns {Points} */
export const points = () => /** @type {any} */ (window).VAE_STAGE_POINTS;

/** The pixels of a PNG, light where there is ink. @param {string} source */
export async function pixels(source) {
  const picture = new Image();
  picture.src = source;
  await picture.decode();
  const canvas = document.createElement("canvas");
  const { width, height } = Object.assign(canvas, { width: picture.width, height: picture.height });
  brush(canvas).drawImage(picture, 0, 0);
  return brush(canvas).getImageData(0, 0, width, height);
}

/** Paint images that stand side by side in a PNG, so many in a row. @param {HTMLCanvasElement} canvas @param {string} source @param {number} [across] */
export async function paintRow(canvas, source, across = 12) {
  const picture = await pixels(source);
  const { data, width, height } = picture;
  for (let at = 0; at < data.length; at += 4) {
    data[at + 3] = data[at];
    data.fill(0, at, at + 3);
  }
  const count = width / height;
  Object.assign(canvas, { width: across * height, height: Math.ceil(count / across) * height });
  for (let i = 0; i < count; i++) {
    const [x, y] = [(i % across) * height, Math.floor(i / across) * height];
    brush(canvas).putImageData(picture, x - i * height, y, i * height, 0, height, height);
  }
}
