// The stage's engine without a browser: node --test tests/stage/*.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  encode,
  decode,
  generator,
  kl,
  klOfOne,
  pooled,
  reconstruction,
  sample,
} from "../../vaelib/stage/engine.js";
import { compile } from "../../vaelib/stage/line.js";
import { number, sum } from "../../vaelib/stage/page.js";
import { LineError, tensor } from "../../vaelib/stage/tensor.js";

const near = (found, right, by = 1e-6) =>
  assert.ok(Math.abs(found - right) <= by, `${found} is not ${right}`);
const layer = (rows, columns, seed) => {
  const from = generator(seed);
  return {
    weight: Float32Array.from({ length: rows * columns }, () => from() - 0.5),
    scale: null,
    bias: Float32Array.from({ length: rows }, () => from() - 0.5),
  };
};
const model = {
  features: layer(4, 784, 1),
  mu: layer(2, 4, 2),
  logvar: layer(2, 4, 3),
  code: layer(4, 2, 4),
  logits: layer(784, 4, 5),
};

test("what images share varies as they do, and as each does", () => {
  const [mus, logvars] = [
    [1, 0, 3, 0, 9, 9],
    [0, 0, Math.log(3), 0, 5, 5],
  ];
  const { mu, logvar, between, within } = pooled(mus, logvars, [0, 1]);
  assert.deepEqual([...mu], [2, 0]);
  near(Math.exp(logvar[0]), 1 + 2);
  near(Math.exp(logvar[1]), 0 + 1);
  near(between, 0.5);
  near(within, 1.5);
});

test("the KL is 0 at the prior, and half of mu squared beside it", () => {
  near(klOfOne(0, 0), 0);
  near(klOfOne(2, 0), 2);
  near(klOfOne(0, Math.log(4)), 0.5 * (4 - 1 - Math.log(4)));
  near(kl({ mu: Float32Array.of(1, 2), logvar: Float32Array.of(0, 0) }), 2.5);
});

test("int8 weights times their scale are the weights", () => {
  const image = Float32Array.from({ length: 784 }, (_, i) => (i % 5) / 5);
  const scale = Float32Array.of(0.5, 0.25, 1, 2);
  const int8 = {
    weight: Int8Array.from({ length: 4 * 784 }, (_, i) => (i * 7) % 11),
    scale,
    bias: Float32Array.of(0, 1, 0, -1),
  };
  const plain = {
    ...int8,
    scale: null,
    weight: Float32Array.from(int8.weight, (w, i) => w * scale[Math.floor(i / 784)]),
  };
  const [one, other] = [int8, plain].map((features) => encode({ ...model, features }, image).mu);
  assert.equal(one.length, 2);
  for (const k of [0, 1]) near(one[k], other[k], 1e-3 * Math.abs(one[k]));
});

test("a reconstruction costs log 2 a pixel where the decoder knows nothing", () => {
  near(reconstruction(new Float32Array(784), new Float32Array(784)), 784 * Math.LN2, 1e-6 * 784);
  assert.equal(decode(model, Float32Array.of(0, 0)).length, 784);
});

test("noise has the size asked for, and is the same for every reader of a seed", () => {
  const q = { mu: Float32Array.of(3), logvar: Float32Array.of(Math.log(4)) };
  const draw = (noise) => {
    const from = generator(1);
    return Array.from({ length: 4000 }, () => sample(q, noise, from)[0]);
  };
  const values = draw(1);
  const mean = values.reduce((all, x) => all + x, 0) / 4000;
  near(mean, 3, (6 * 2) / 4000 ** 0.5);
  near(
    Math.sqrt(values.reduce((all, x) => all + (x - mean) ** 2, 0) / 4000),
    2,
    (6 * 2) / 8000 ** 0.5,
  );
  assert.deepEqual(draw(1), values);
  assert.ok(draw(0).every((x) => x === 3));
});

test("a line is read by the grammar alone", () => {
  const mu = tensor([1, 2], [1, 2]);
  const logvar = tensor([1, 2], [0, 0]);
  assert.deepEqual([...compile("z = mu + 2 * logvar.exp()")(mu, logvar).value.v], [3, 4]);
  for (const text of [
    "__import__('os')",
    "mu; alert(1)",
    "mu.constructor",
    "(() => 1)()",
    "mu[",
    "",
  ]) {
    assert.throws(() => compile(text)(mu, logvar), LineError, text);
  }
});

test("numbers have a true minus, and costs add up as they are written", () => {
  assert.equal(number(-1.005, 1), "\u22121.0");
  assert.equal(number(-0.001), "0.00");
  const { shown, sum: all } = sum([100.04, 30.04]);
  assert.equal((shown[0] + shown[1]).toFixed(1), all);
});
