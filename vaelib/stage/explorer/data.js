// What stands in the page with an explorer: models, images, and codes of more images than those.
import { bytes, floats, mean, readModel } from "../engine.js";

/** @typedef {import("../engine.js").Gaussian} Gaussian */
/** @typedef {{name: string, cost: {reconstruction: number, kl: number}, codes: Float32Array, layers: import("../engine.js").Model}} Named codes: mu and logvar of each test image */
/** @typedef {{models: Named[], images: Float32Array[], labels: number[]}} Data labels: of all test images, of which the first few are in the page */
/** @typedef {[number, number]} Pair */
/**
 * @typedef {object} State what the reader has chosen
 * @property {Named} model
 * @property {string} panel
 * @property {number} page of the test digits
 * @property {number[]} picks the newest first: A, B ...
 * @property {number} noise
 * @property {Pair[]} eps of A and B
 * @property {string} swap
 * @property {number | null} logvar of A in dimension 1; null: the encoder's own
 * @property {Pair[]} logvarEps
 * @property {Pair} z
 * @property {Pair[]} prior
 * @property {Float32Array | null} own the reader's own digit
 * @property {Pair} ownEps
 */

/** @param {Element} host @returns {Data} */
export function readData(host) {
  const data = JSON.parse(host.querySelector("script")?.textContent ?? "");
  const pixels = bytes(data.images);
  return {
    models: data.models.map((/** @type {any} */ { name, cost, codes, layers }) => ({
      name,
      cost,
      codes: floats(codes),
      layers: readModel(layers),
    })),
    labels: Array.from(bytes(data.labels)),
    images: Array.from({ length: pixels.length / 784 }, (_, i) =>
      Float32Array.from(pixels.subarray(784 * i, 784 * (i + 1)), (value) => value / 255),
    ),
  };
}

/** @param {Gaussian} q @returns {Pair} */
export const sigma = ({ logvar }) => [Math.exp(0.5 * logvar[0]), Math.exp(0.5 * logvar[1])];

/** @param {Gaussian} q @param {Pair} eps @param {number} [noise] @returns {Pair} */
export function shift(q, eps, noise = 1) {
  const [first, second] = sigma(q);
  return [q.mu[0] + noise * first * eps[0], q.mu[1] + noise * second * eps[1]];
}

/** @param {Pair} z @param {ArrayLike<number>} codes @param {number} i of a row: mu, then logvar */
function logProb(z, codes, i) {
  const [mu1, mu2, logvar1, logvar2] = [
    codes[4 * i],
    codes[4 * i + 1],
    codes[4 * i + 2],
    codes[4 * i + 3],
  ];
  const squares = (z[0] - mu1) ** 2 * Math.exp(-logvar1) + (z[1] - mu2) ** 2 * Math.exp(-logvar2);
  return -0.5 * (squares + logvar1 + logvar2) - Math.log(2 * Math.PI);
}

/** @param {Pair} z */
export const logPrior = (z) => logProb(z, [0, 0, 0, 0], 0);

/** The image, among so many, whose Gaussian is most probable to have given z. @param {Named} model @param {Pair} z @param {number} count */
export function pointsBackTo({ codes }, z, count) {
  let [best, highest] = [0, -Infinity];
  for (let i = 0; i < count; i++) {
    const value = logProb(z, codes, i);
    if (value > highest) [best, highest] = [i, value];
  }
  return best;
}

/** log q(z), where q is the average of the Gaussians of all test images. @param {Named} model @param {Pair} z */
export function logAggregate({ codes }, z) {
  const values = Array.from({ length: codes.length / 4 }, (_, i) => logProb(z, codes, i));
  const highest = Math.max(...values);
  return highest + Math.log(mean(values.map((value) => Math.exp(value - highest))));
}
