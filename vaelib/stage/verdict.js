// The verdict on a line: the same words as vaelib's checks, from the tables that they use, which
// `make stage` works out at a few mu and logvar and writes into mistakes.js.
import { bytes, uniform } from "./engine.js";
import { compile } from "./line.js";
import { LineError, Unread, tensor } from "./tensor.js";

/** @typedef {import("./tensor.js").Tensor} Tensor */
/** @typedef {{right: boolean, likely: string, seen: string}} Verdict */
/** @typedef {(mu: Tensor, logvar: Tensor) => {value: Tensor, written: boolean}} Line */

const { sampling, kl: divergence } = /** @type {any} */ (window).VAE_STAGE_MISTAKES;
const IN_PLACE =
  "an operation in place: a trailing underscore (`exp_`, `mul_`), `+=`, `out=` or `.data`";
const NO_GRADIENT =
  "the inputs are not used, or the graph is cut by `.sample()`, `.detach()`, " +
  "`.data`, `.item()`, NumPy or `torch.no_grad()`";

/** @param {string} base64 */
const doubles = (base64) => Float64Array.from(new Float32Array(bytes(base64).buffer));

/** Inputs, which may move in a direction each. @param {number[]} shape @param {ArrayLike<number>} mu @param {ArrayLike<number>} logvar @param {[Float64Array, Float64Array] | null} [moved] @returns {[Tensor, Tensor]} */
export function inputs(shape, mu, logvar, moved = null) {
  const made = [
    tensor(shape, mu, [moved?.[0] ?? null, null], true),
    tensor(shape, logvar, [null, moved?.[1] ?? null], true),
  ];
  for (const one of made) Object.assign(one, { input: true });
  return [made[0], made[1]];
}
/** @param {number} n */
const directions = (n) =>
  /** @type {[Float64Array, Float64Array]} */ (
    [0, 1].map(() => Float64Array.from({ length: n }, () => 2 * uniform() - 1))
  );

/** @param {number} found @param {number} right @param {number} rel @param {number} abs */
const close = (found, right, rel, abs) =>
  Object.is(found, right) ||
  found === right ||
  Math.abs(found - right) <= abs + rel * Math.abs(right) ||
  (Number.isNaN(found) && Number.isNaN(right));
/** @param {ArrayLike<number>} found @param {ArrayLike<number>} right @param {number} rel @param {number} abs */
const allClose = (found, right, rel, abs) =>
  Array.from(found).every((x, i) => close(x, right[i], rel, abs));

/** A number as Python's format ".2g" writes it. @param {number} x */
export function short(x) {
  const [digits, power] = x.toExponential(1).split("e");
  if (Number(power) < -4 || Number(power) >= 2) {
    return `${Number(digits)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  return String(Number(x.toPrecision(2)));
}
/** @param {number[]} shape */
const written = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

/** Run what may stop as PyTorch would. @param {() => Verdict} judge @returns {Verdict} */
function judged(judge) {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof LineError) || error instanceof Unread) throw error;
    const positive = error.message.startsWith("a standard deviation is positive");
    return { right: false, likely: positive ? error.message : "", seen: error.message };
  }
}

// ---- z -------------------------------------------------------------------------------------

const DRAWS = 4000;
const SHAPE = [7, 3];
const MU = doubles(sampling.mu);
const LOGVAR = doubles(sampling.logvar);
const SIGMA = LOGVAR.map((value) => Math.exp(0.5 * value));
const LEVELS = [...new Set(LOGVAR)].sort((a, b) => b - a);
/** @type {[string, Float64Array, Float64Array][]} */
const MISTAKES = sampling.mistakes.map((/** @type {string[]} */ [words, mean, std]) => [
  words,
  doubles(mean),
  doubles(std),
]);

/** What many draws of the line show at every mu and logvar. @param {Line} line */
function measure(line) {
  const sums = {
    mean: new Float64Array(21),
    square: new Float64Array(21),
    nan: new Uint8Array(21),
  };
  /** @type {Float64Array} */
  let z = new Float64Array(21);
  for (let draw = 0; draw < DRAWS; draw++) {
    z = line(...inputs(SHAPE, MU, LOGVAR)).value.v;
    z.forEach((x, i) => {
      sums.mean[i] += x / DRAWS;
      sums.square[i] += (x - MU[i]) ** 2 / DRAWS;
      if (!Number.isFinite(x)) sums.nan[i] = 1;
    });
  }
  const std = sums.square.map((square, i) =>
    Math.sqrt(Math.max(0, square - (sums.mean[i] - MU[i]) ** 2)),
  );
  return { mean: sums.mean, std, nan: sums.nan, z };
}
/** @typedef {ReturnType<typeof measure>} Measured */

/** Whether the draws have that mean and spread, but for chance and a floor of 1e-4 on sigma. @param {Measured} found @param {ArrayLike<number>} mean @param {ArrayLike<number>} std */
function fits(found, mean, std) {
  return Array.from(mean).every((m, i) => {
    const s = std[i];
    if (s === 0)
      return found.std[i] < 1e-4 && Math.abs(found.mean[i] - m) < 1e-4 * (1 + Math.abs(m));
    return (
      Math.abs(found.mean[i] - m) <= (6 * s) / DRAWS ** 0.5 + 1e-6 * Math.abs(m) &&
      Math.abs(found.std[i] / s - 1) <= 6 / (2 * DRAWS) ** 0.5 + 1.5e-4 / s
    );
  });
}

/** Whether noise is of another kind than sigma times this factor explains: too many or too few draws within 1, 2 and 3.1 sigma; or neighbours that are linked. @param {Line} line @param {number} factor */
function oddNoise(line, factor) {
  const rounds = 1500;
  const flat = inputs(
    SHAPE,
    MU.map(() => 0.7),
    LOGVAR.map(() => 1),
  );
  const inside = [0, 0, 0];
  const links = [0, 0]; // of images, of dimensions
  for (let draw = 0; draw < rounds; draw++) {
    const eps = line(...flat).value.v.map((x) => (x - 0.7) / (factor * Math.exp(0.5)));
    eps.forEach((x, i) => {
      [1, 2, 3.1].forEach((bound, k) => {
        inside[k] += Number(Math.abs(x) < bound);
      });
      if (i >= SHAPE[1]) links[0] += x * eps[i - SHAPE[1]];
      if (i % SHAPE[1]) links[1] += x * eps[i - 1];
    });
  }
  const n = rounds * MU.length;
  const tails = [0.682689, 0.9545, 0.998065].some(
    (share, k) => Math.abs(inside[k] / n - share) > 6 * ((share * (1 - share)) / n) ** 0.5,
  );
  return {
    tails,
    linked: links.some((link, k) => Math.abs(link) > 6 * ([18, 14][k] * rounds) ** 0.5),
  };
}

/** Which part of the noise serves several elements, or nothing. @param {ArrayLike<number>} eps of SHAPE @param {number} tolerance */
function shared(eps, tolerance) {
  const [rows, columns] = SHAPE;
  const same = (/** @type {number} */ i, /** @type {number} */ j) =>
    Math.abs(eps[i] - eps[j]) <= tolerance;
  const all = Array.from({ length: rows * columns }, (_, i) => i);
  const oneRow = all.every((i) => same(i, i % columns));
  const oneColumn = all.every((i) => same(i, i - (i % columns)));
  if (oneRow && oneColumn)
    return "one random number for the whole batch: each element needs its own";
  if (oneRow) return "one noise vector for the whole batch: each image needs its own row of eps";
  return oneColumn ? "one random number for each image: each element needs its own" : "";
}

/** The mistake that explains mean and spread of z, or nothing. @param {Line} line @param {Measured} found */
function causeOfSpread(line, found) {
  if (found.nan.some(Boolean)) {
    return LOGVAR.every((value, i) => Boolean(found.nan[i]) === value < 0)
      ? "the square root of a negative number: a log-variance may be negative"
      : "";
  }
  const fitting = MISTAKES.filter(([, mean, std]) => fits(found, mean, std));
  if (fitting.length) return fitting.length === 1 ? fitting[0][0] : "";
  const oneNoise = shared(
    found.z.map((x, i) => (x - MU[i]) / SIGMA[i]),
    1e-2,
  );
  if (oneNoise) return oneNoise;
  // what remains are known ways to change sigma by an unknown number: measure the number
  const wide = LEVELS.map((level) => {
    const own = found.std.filter((_, i) => LOGVAR[i] === level);
    return Math.sqrt(own.reduce((sum, s) => sum + s * s, 0) / own.length);
  });
  const factor = Math.exp(
    wide.reduce((sum, w, k) => sum + Math.log(w) - 0.5 * LEVELS[k], 0) / LEVELS.length,
  );
  if (
    fits(
      found,
      MU,
      SIGMA.map((s) => factor * s),
    )
  ) {
    const { tails, linked } = oddNoise(line, factor);
    if (linked) return "";
    if (tails) return "the noise is not standard normal: use `torch.randn_like`";
    return Math.abs(factor - 1) > 0.05
      ? `sigma * eps is multiplied by about ${short(factor)} as well`
      : "";
  }
  const [high, low] = [wide[0], wide[wide.length - 1]];
  if (
    fits(
      found,
      MU,
      SIGMA.map((s) => Math.min(high, Math.max(low, s))),
    )
  ) {
    if (high < 1.1 * low)
      return `sigma is about ${short(low)} whatever logvar is: take exp(0.5 * logvar)`;
    const ends = [Math.exp(0.5 * LEVELS[LEVELS.length - 1]), Math.exp(0.5 * LEVELS[0])];
    const sides = [];
    if (low > 1.1 * ends[0]) sides.push(`below about ${short(low)}`);
    if (high < 0.9 * ends[1]) sides.push(`above about ${short(high)}`);
    return `sigma never goes ${sides.join(" or ")}: a clamp or a floor is too tight`;
  }
  return "";
}

/** What is wrong with the gradients of z: what is seen, and what cuts them; empty if nothing. @param {Line} line @returns {[string, string]} */
function gradientsOfZ(line) {
  const moved = directions(21);
  const middle = LOGVAR.map((value) => value / 10); // where nothing is clamped
  const { value: z } = line(...inputs(SHAPE, MU, middle, moved));
  if (!z.graph) return ["the result has no gradient at all", NO_GRADIENT];
  const found = z.t.map((change) => change ?? new Float64Array(21));
  const right = [moved[0], moved[1].map((by, i) => 0.5 * (z.v[i] - MU[i]) * by)];
  const [muRight, logvarRight] = found.map((change, k) => allClose(change, right[k], 3e-3, 1e-4));
  if (muRight && logvarRight) return ["", ""];
  const [muCut, logvarCut] = found.map((change) => change.every((x) => x === 0));
  const seen = `dz/d${muRight ? "logvar" : "mu"} is not what it should be`;
  if (muCut && logvarCut)
    return [seen, "nothing is passed back to mu and logvar, as by `torch.normal(mu, std)`"];
  if (muCut && logvarRight)
    return [seen, "no gradient reaches mu: it was detached, or is not used"];
  if (logvarCut && muRight)
    return [
      seen,
      "no gradient reaches logvar: sigma was detached, given to `torch.normal`, or not used",
    ];
  return [seen, ""];
}

/** The verdict on lines that end with z. @param {string} text */
export function judgeZ(text) {
  const line = compile(text);
  return judged(() => {
    for (const shape of [SHAPE, [1, 5], [2, 1]]) {
      const n = shape[0] * shape[1];
      const { value, written: inPlace } = line(
        ...inputs(shape, MU.slice(0, n), LOGVAR.slice(0, n)),
      );
      if (inPlace) return { right: false, likely: IN_PLACE, seen: "mu or logvar was changed" };
      if (value.shape.join() !== shape.join()) {
        return {
          right: false,
          likely: "",
          seen: `for inputs of shape ${written(shape)} z has shape ${written(value.shape)}`,
        };
      }
    }
    const found = measure(line);
    if (!fits(found, MU, SIGMA) || oddNoise(line, 1).tails) {
      const likely = causeOfSpread(line, found) || gradientsOfZ(line)[1];
      const i = worst(found);
      return {
        right: false,
        likely,
        seen:
          `at mu = ${MU[i].toFixed(1)} and sigma = ${SIGMA[i].toPrecision(3)}, ` +
          `z has mean ${found.mean[i].toFixed(2)} and standard deviation ${found.std[i].toPrecision(3)}`,
      };
    }
    const [seen, likely] = gradientsOfZ(line);
    if (seen) return { right: false, likely, seen };
    const flat = line(
      ...inputs(
        SHAPE,
        MU.map(() => 0.7),
        LOGVAR.map(() => 1),
      ),
    ).value.v;
    const noise = shared(flat, 0);
    if (noise) return { right: false, likely: noise, seen: "elements get the same noise" };
    if (oddNoise(line, 1).linked)
      return { right: false, likely: "", seen: "the noise of two elements is linked" };
    return { right: true, likely: "", seen: "" };
  });
}
/** Where mean or spread is furthest off. @param {Measured} found */
function worst({ mean, std }) {
  const off = Array.from(SIGMA, (s, i) =>
    Math.max(Math.abs(mean[i] - MU[i]) / s, Math.abs(Math.log(Math.max(1e-9, std[i]) / s))),
  );
  return off.findIndex((value) => value === Math.max(...off) || Number.isNaN(value));
}

// ---- the KL --------------------------------------------------------------------------------

/** @type {{shape: number[], mu: Float64Array, logvar: Float64Array}[]} */
const INPUTS = divergence.inputs.map((/** @type {any} */ { shape, mu, logvar }) => ({
  shape,
  mu: doubles(mu),
  logvar: doubles(logvar),
}));
/** @typedef {{words: string, rightFormula: boolean, shapes: number[][], values: Float64Array[]}} Entry */
/** @type {Entry[]} */
const TABLE = divergence.mistakes.map(
  (/** @type {any} */ [words, rightFormula, shapes, values]) => ({
    words,
    rightFormula,
    shapes,
    values: values.map(doubles),
  }),
);

/** The formula and reduction that give the line's values, if it is one; or the shape's. @param {Tensor[]} found @param {boolean} wrongShape */
function causeOfKl(found, wrongShape) {
  const sameShape = (/** @type {Entry} */ { shapes }, /** @type {number} */ k) =>
    shapes[k].join() === found[k].shape.join();
  let fitting = TABLE.filter((entry) =>
    found.every(
      (value, k) => sameShape(entry, k) && allClose(value.v, entry.values[k], 1e-4, 1e-5),
    ),
  );
  if (!fitting.length && wrongShape)
    fitting = TABLE.filter((entry) => entry.rightFormula && sameShape(entry, 0));
  if (!fitting.length && !wrongShape) return factorOf(found) || unused(found);
  return fitting.length === 1 ? fitting[0].words : "";
}

/** What is told of values that are all the right ones times one number. @param {Tensor[]} found */
function factorOf(found) {
  const ratios = found.flatMap(({ v }, k) => {
    const {
      shape: [rows, columns],
      mu,
      logvar,
    } = INPUTS[k];
    return Array.from({ length: rows }, (_, row) => {
      let right = 0;
      for (let i = row * columns; i < (row + 1) * columns; i++) right += rightKl(mu[i], logvar[i]);
      return v[row] / right;
    });
  });
  const [factor] = ratios;
  if (!factor || !ratios.every((x) => Math.abs(x - factor) <= 1e-4 * Math.abs(factor))) return "";
  const parts = Math.round(1 / factor);
  const whole = parts > 1 && Math.abs(factor * parts - 1) < 1e-4;
  return `every value is the right one ${whole ? `divided by ${parts}` : `times ${Number(factor.toPrecision(4))}`}`;
}

/** What is told of values that are the same whatever the inputs. @param {Tensor[]} found */
const unused = (found) =>
  found.every(({ v }) => v.every((x) => x === found[0].v[0])) ? "mu, logvar are not used" : "";

/** @param {number} mu @param {number} logvar */
const rightKl = (mu, logvar) => 0.5 * (mu * mu + Math.expm1(logvar) - logvar);
/** How far rounding and a floor of 1e-4 on sigma may move it. @param {number} mu @param {number} logvar */
function bound(mu, logvar) {
  const sigma = Math.exp(0.5 * logvar);
  return 1e-5 * (1 + rightKl(mu, logvar)) + 1.5e-4 * (sigma + 1 / sigma);
}

/** The verdict on lines that end with the KL of every image. @param {string} text */
export function judgeKl(text) {
  const line = compile(text);
  return judged(() => {
    const found = INPUTS.map(({ shape, mu, logvar }) => line(...inputs(shape, mu, logvar)));
    const values = found.map(({ value }) => value);
    const [first] = INPUTS;
    if (values[0].shape.join() !== String(first.shape[0])) {
      return {
        right: false,
        likely: causeOfKl(values, true),
        seen: `for inputs of shape ${written(first.shape)} the result has shape ${written(values[0].shape)}`,
      };
    }
    if (found[0].written)
      return { right: false, likely: IN_PLACE, seen: "mu or logvar was changed" };
    for (let k = 0; k < INPUTS.length; k++) {
      const {
        shape: [rows, columns],
        mu,
        logvar,
      } = INPUTS[k];
      for (let row = 0; row < rows; row++) {
        let [right, slack] = [0, 0];
        for (let i = row * columns; i < (row + 1) * columns; i++) {
          right += rightKl(mu[i], logvar[i]);
          slack += bound(mu[i], logvar[i]);
        }
        if (!(Math.abs(values[k].v[row] - right) <= slack)) {
          return {
            right: false,
            likely: causeOfKl(values, false) || (overTheRange(line)?.likely ?? ""),
            seen: `an image has ${values[k].v[row].toFixed(4)}, expected ${right.toFixed(4)} nats`,
          };
        }
      }
    }
    return (
      overTheRange(line) ?? gradientsOfKl(line, values) ?? { right: true, likely: "", seen: "" }
    );
  });
}

const NEGATIVE = "the square root or the logarithm of a negative number: logvar may be negative";
const CLAMPED = "logvar or sigma is clamped too tightly: logvar from -10 to 10 must stay as it is";

/** @param {Line} line @returns {Verdict | null} */
function overTheRange(line) {
  const logvar = Float64Array.from({ length: 21 }, (_, i) => i - 10);
  const found = line(
    ...inputs(
      [21, 1],
      logvar.map(() => 0.5),
      logvar,
    ),
  ).value.v;
  const wrong = logvar.map((value, i) =>
    Number(!(Math.abs(found[i] - rightKl(0.5, value)) <= bound(0.5, value))),
  );
  if (!wrong.some(Boolean)) return null;
  const ends = [
    found.filter((_, i) => wrong[i] && logvar[i] < 0),
    found.filter((_, i) => wrong[i] && logvar[i] > 0),
  ];
  const flat = ends.every(
    (end) => end.length === 0 || (end.length > 1 && end.every((x) => x === end[0])),
  );
  const negative = found.every((x, i) => Number.isNaN(x) === logvar[i] < 0);
  const clamped = flat && !wrong.every(Boolean);
  const at = wrong.findIndex(Boolean);
  return {
    right: false,
    likely: negative ? NEGATIVE : clamped ? CLAMPED : "",
    seen: `at mu = 0.5, logvar = ${logvar[at]} it is ${found[at].toPrecision(5)}, expected ${rightKl(0.5, logvar[at]).toPrecision(5)} nats`,
  };
}

/** @param {Line} line @param {Tensor[]} values @returns {Verdict | null} */
function gradientsOfKl(line, values) {
  const { shape, mu, logvar } = INPUTS[0];
  const moved = directions(mu.length);
  const { value } = line(...inputs(shape, mu, logvar, moved));
  if (!value.graph)
    return { right: false, likely: NO_GRADIENT, seen: "the result has no gradient at all" };
  const slopes = [mu, logvar.map((x) => 0.5 * Math.expm1(x))];
  const wrong = [0, 1].map((k) => {
    const found = value.t[k] ?? new Float64Array(shape[0]);
    const right = Float64Array.from(found, (_, row) => {
      let sum = 0;
      for (let i = row * shape[1]; i < (row + 1) * shape[1]; i++) sum += slopes[k][i] * moved[k][i];
      return sum;
    });
    return { off: !allClose(found, right, 1e-4, 1e-3), cut: found.every((x) => x === 0) };
  });
  if (!wrong.some(({ off }) => off)) return null;
  const k = wrong[0].off ? 0 : 1;
  const name = ["mu", "logvar"][k];
  const cut = `no gradient reaches ${name}: detached (\`.detach()\`, \`.data\`, \`.item()\`) or rounded`;
  return {
    right: false,
    seen: `the gradient to ${name} is not what it should be`,
    likely: causeOfKl(values, false) || (!wrong.every(({ off }) => off) && wrong[k].cut ? cut : ""),
  };
}
