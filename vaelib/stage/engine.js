// The networks, as in vaelib.models, with the weights of large layers in int8; costs in nats;
// and noise from a seed, so that every reader starts from the same picture.

/** @typedef {{weight: Float32Array | Int8Array, scale: Float32Array | null, bias: Float32Array}} Layer */
/** @typedef {{weight: string, scale: string | null, bias: string}} PackedLayer */
/** @typedef {{[name: string]: Layer}} Model */
/** @typedef {{mu: Float32Array, logvar: Float32Array}} Gaussian */

/** @param {string} base64 */
export function bytes(base64) {
  const letters = atob(base64);
  const values = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) values[i] = letters.charCodeAt(i);
  return values;
}

/** @param {string} base64 */
export const floats = (base64) => new Float32Array(bytes(base64).buffer);

/** @param {{[name: string]: PackedLayer}} layers @returns {Model} */
export function readModel(layers) {
  return Object.fromEntries(
    Object.entries(layers).map(([name, { weight, scale, bias }]) => [
      name,
      {
        weight: scale === null ? floats(weight) : new Int8Array(bytes(weight).buffer),
        scale: scale === null ? null : floats(scale), // one factor for each row
        bias: floats(bias),
      },
    ]),
  );
}

/** @param {Layer} layer @param {Float32Array} x */
function linear({ weight, scale, bias }, x) {
  const out = new Float32Array(bias.length);
  for (let row = 0, at = 0; row < out.length; row++) {
    let sum = 0;
    for (let i = 0; i < x.length; i++, at++) sum += weight[at] * x[i];
    out[row] = sum * (scale ? scale[row] : 1) + bias[row];
  }
  return out;
}

/** @param {Float32Array} x */
const relu = (x) => x.map((value) => Math.max(0, value));

/** @param {Float32Array} logits */
export const sigmoid = (logits) => logits.map((value) => 1 / (1 + Math.exp(-value)));

/** @param {Model} model @param {Float32Array} image @returns {Gaussian} */
export function encode(model, image) {
  const features = relu(linear(model.features, image));
  return { mu: linear(model.mu, features), logvar: linear(model.logvar, features) };
}

/** @param {Model} model @param {Float32Array} z */
export const decode = (model, z) => linear(model.logits, relu(linear(model.code, z)));

/** @param {ArrayLike<number>} values */
export const total = (values) => Array.from(values).reduce((sum, value) => sum + value, 0);

/** @param {ArrayLike<number>} values */
export const mean = (values) => total(values) / values.length;

/** Minus the log-probability of the pixels, from logits. @param {Float32Array} logits @param {Float32Array} image */
export function reconstruction(logits, image) {
  let cost = 0;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i];
    cost += Math.max(logit, 0) - logit * image[i] + Math.log1p(Math.exp(-Math.abs(logit)));
  }
  return cost;
}

/** @param {number} mu @param {number} logvar */
export const klOfOne = (mu, logvar) => 0.5 * (mu * mu + (Math.expm1(logvar) - logvar));

/** @param {Gaussian} q */
export const kl = ({ mu, logvar }) => total(mu.map((m, i) => klOfOne(m, logvar[i])));

/**
 * The Gaussian that some images share in a model of two dimensions, and the parts of its variance.
 * @param {ArrayLike<number>} mus of all images, one pair after the other @param {ArrayLike<number>} logvars
 * @param {number[]} rows which of them
 */
export function pooled(mus, logvars, rows) {
  const sides = [0, 1].map((k) => {
    const middle = mean(rows.map((row) => mus[2 * row + k]));
    return {
      middle,
      between: mean(rows.map((row) => (mus[2 * row + k] - middle) ** 2)),
      within: mean(rows.map((row) => Math.exp(logvars[2 * row + k]))),
    };
  });
  return {
    mu: Float32Array.from(sides, ({ middle }) => middle),
    logvar: Float32Array.from(sides, ({ between, within }) => Math.log(between + within)),
    between: mean(sides.map(({ between }) => between)),
    within: mean(sides.map(({ within }) => within)),
  };
}

/** Numbers from 0 to 1, the same for every reader of a seed (mulberry32). @param {number} seed */
export const generator = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
export const uniform = generator(7);
/** One number of the standard normal, out of two even ones. @param {() => number} from */
const bell = (from) => Math.sqrt(-2 * Math.log(1 - from())) * Math.cos(2 * Math.PI * from());
export const normal = () => bell(uniform);

/** One z of a Gaussian; its noise may be made larger or smaller. @param {Gaussian} q @param {number} [noise] @param {() => number} [from] */
export const sample = ({ mu, logvar }, noise = 1, from = uniform) =>
  mu.map((m, i) => m + noise * Math.exp(0.5 * logvar[i]) * bell(from));
