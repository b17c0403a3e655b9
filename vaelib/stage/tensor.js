// Tensors as small as a line of PyTorch on a blackboard needs them: numbers with a shape, and how
// they change when mu, and when logvar, is moved in a direction (forward-mode differentiation).
import { normal, uniform } from "./engine.js";

/**
 * @typedef {object} Tensor
 * @property {number[]} shape
 * @property {Float64Array} v values
 * @property {(Float64Array | null)[]} t change with mu, and with logvar; null is 0
 * @property {boolean} graph whether gradients are followed
 * @property {boolean} [input] whether it was given, and must not be written into
 * @property {boolean} [needed] whether a gradient may need its values, which must then stay
 */

/** What PyTorch would stop at. */
export class LineError extends Error {}
/** What this page cannot read, right or not. */
export class Unread extends LineError {}

/** @param {number[]} shape */
export const count = (shape) => shape.reduce((product, side) => product * side, 1);

/** @param {number[]} shape @param {ArrayLike<number> | ((i: number) => number)} values @param {(Float64Array | null)[]} [t] @param {boolean} [graph] @returns {Tensor} */
export function tensor(shape, values, t = [null, null], graph = false) {
  if (!(count(shape) <= 5000)) throw new Unread("this tensor is too large for the page");
  const v =
    typeof values === "function"
      ? Float64Array.from({ length: count(shape) }, (_, i) => values(i))
      : Float64Array.from(values);
  return { shape, v, t, graph };
}

/** @param {number} value */
export const scalar = (value) => tensor([], [value]);

/** @param {Tensor} x @param {(x: number) => number} f @param {(x: number, y: number) => number} slope of f at x, where y = f(x) */
export function each(x, f, slope) {
  const v = x.v.map(f);
  const t = x.t.map((change) => change?.map((d, i) => d * slope(x.v[i], v[i])) ?? null);
  return Object.assign(tensor(x.shape, v, t, x.graph), { needed: x.graph });
}

/** @param {number[]} a @param {number[]} b */
function broadcast(a, b) {
  const shape = [];
  for (let k = 1; k <= Math.max(a.length, b.length); k++) {
    const [m, n] = [a.at(-k) ?? 1, b.at(-k) ?? 1];
    if (m !== n && m !== 1 && n !== 1) {
      throw new LineError(`shapes (${a.join(", ")}) and (${b.join(", ")}) do not fit together`);
    }
    shape.unshift(m === 1 ? n : m);
  }
  return shape;
}

/** The place in x of every element of a larger shape. @param {Tensor} x @param {number[]} shape */
function places(x, shape) {
  const at = new Int32Array(count(shape));
  for (let i = 0; i < at.length; i++) {
    for (let k = 1, rest = i, step = 1; k <= x.shape.length; k++) {
      const [side, own] = [
        /** @type {number} */ (shape.at(-k)),
        /** @type {number} */ (x.shape.at(-k)),
      ];
      if (own > 1) at[i] += step * (rest % side);
      step *= own;
      rest = Math.floor(rest / side);
    }
  }
  return at;
}

/** @param {Tensor} a @param {Tensor} b @param {(a: number, b: number) => number} f @param {(a: number, b: number) => number} da @param {(a: number, b: number) => number} db */
export function both(a, b, f, da, db) {
  const shape = broadcast(a.shape, b.shape);
  const [at, to] = [places(a, shape), places(b, shape)];
  const t = [0, 1].map((k) => {
    const [one, other] = [a.t[k], b.t[k]];
    if (!one && !other) return null;
    return Float64Array.from(at, (_, i) => {
      const [x, y] = [a.v[at[i]], b.v[to[i]]];
      return (one ? one[at[i]] * da(x, y) : 0) + (other ? other[to[i]] * db(x, y) : 0);
    });
  });
  return tensor(shape, (i) => f(a.v[at[i]], b.v[to[i]]), t, a.graph || b.graph);
}

/** Sum over one dimension, or over all. @param {Tensor} x @param {number | null} dim @param {boolean} keep */
export function sumOver(x, dim, keep) {
  if (dim !== null && (dim < -x.shape.length || dim >= x.shape.length)) {
    throw new LineError(`there is no dimension ${dim} in shape (${x.shape.join(", ")})`);
  }
  const axis = dim === null ? 0 : (dim + x.shape.length) % x.shape.length;
  const [side, inner] =
    dim === null ? [x.v.length, 1] : [x.shape[axis], count(x.shape.slice(axis + 1))];
  const kept = dim === null ? x.shape.map(() => 1) : x.shape.map((n, k) => (k === axis ? 1 : n));
  const shape = keep ? kept : dim === null ? [] : x.shape.filter((_, k) => k !== axis);
  /** @param {Float64Array} values */
  const add = (values) => {
    const sums = new Float64Array(count(shape));
    values.forEach((value, i) => {
      sums[Math.floor(i / (side * inner)) * inner + (i % inner)] += value;
    });
    return sums;
  };
  return tensor(
    shape,
    add(x.v),
    x.t.map((change) => change && add(change)),
    x.graph,
  );
}

/** @param {number[]} shape */
export const randn = (shape) => tensor(shape, normal);
/** @param {number[]} shape */
export const rand = (shape) => tensor(shape, uniform);
