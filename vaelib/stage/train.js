// Training as in vaelib.training: a 784-128-2 VAE, Adam on the negative ELBO, in typed arrays. The
// two functions here stand alone, because a worker is started from their text.

/**
 * @typedef {object} Weights rows of `features` belong to pixels, of all others to outputs
 * @property {Float32Array | Float64Array} features
 * @property {Float32Array | Float64Array} featuresBias
 * @property {Float32Array | Float64Array} mu
 * @property {Float32Array | Float64Array} muBias
 * @property {Float32Array | Float64Array} logvar
 * @property {Float32Array | Float64Array} logvarBias
 * @property {Float32Array | Float64Array} code
 * @property {Float32Array | Float64Array} codeBias
 * @property {Float32Array | Float64Array} logits
 * @property {Float32Array | Float64Array} logitsBias
 */
/** @typedef {{beta: number, noise: number, exponent: number}} Rule weight of the KL, size of the noise, and c in sigma = exp(c logvar): 1, 1, 0.5 */

/** A model that learns; change its rule at any time. @param {Weights} weights @param {Rule} rule */
export function learner(weights, rule) {
  const Floats = /** @type {Float32ArrayConstructor} */ (weights.features.constructor);
  const [pixels, hidden, latent] = [784, weights.featuresBias.length, weights.muBias.length];
  const names = /** @type {(keyof Weights)[]} */ (Object.keys(weights));
  const zeros = () =>
    Object.fromEntries(names.map((name) => [name, new Floats(weights[name].length)]));
  const [grad, first, second] = [zeros(), zeros(), zeros()];
  let steps = 0;

  /** Row by row: out = weight x + bias. @param {ArrayLike<number>} weight @param {ArrayLike<number>} bias @param {ArrayLike<number>} x */
  function linear(weight, bias, x) {
    const [out, n] = [new Floats(bias.length), x.length];
    for (let row = 0, at = 0; row < out.length; row++, at += n) {
      let [even, odd] = [bias[row], 0]; // two sums, so that one need not wait for the other
      for (let i = 0; i + 1 < n; i += 2) {
        even += weight[at + i] * x[i];
        odd += weight[at + i + 1] * x[i + 1];
      }
      out[row] = even + odd; // no layer here has an odd number of inputs
    }
    return out;
  }
  /** to += a from, for n numbers. @param {number} a @param {ArrayLike<number>} from @param {number} start @param {Float32Array | Float64Array} to @param {number} at @param {number} n */
  function add(a, from, start, to, at, n) {
    for (let i = 0; i < n; i++) to[at + i] += a * from[start + i];
  }
  /** What comes back through a layer: into its gradient, and to its input. @param {"mu" | "logvar" | "code" | "logits"} name @param {ArrayLike<number>} x @param {ArrayLike<number>} back */
  function backward(name, x, back) {
    const [weight, toWeight, toBias] = [weights[name], grad[name], grad[`${name}Bias`]];
    const [toX, n] = [new Floats(x.length), x.length];
    for (let row = 0; row < back.length; row++) {
      const b = back[row];
      if (b === 0) continue;
      toBias[row] += b;
      add(b, x, 0, toWeight, row * n, n);
      add(b, weight, row * n, toX, 0, n);
    }
    return toX;
  }
  /** Most pixels are 0: only the others are looked at. @param {ArrayLike<number>} x */
  function encode(x) {
    const h = new Floats(weights.featuresBias);
    for (let p = 0; p < pixels; p++)
      if (x[p]) add(x[p], weights.features, p * hidden, h, 0, hidden);
    for (let j = 0; j < hidden; j++) h[j] = Math.max(0, h[j]);
    return {
      h,
      mu: linear(weights.mu, weights.muBias, h),
      logvar: linear(weights.logvar, weights.logvarBias, h),
    };
  }

  /** One step of Adam on a batch. @param {ArrayLike<number>[]} images @param {ArrayLike<number>} eps latent for each image */
  function step(images, eps) {
    for (const name of names) grad[name].fill(0);
    const share = 1 / images.length;
    const cost = { reconstruction: 0, kl: 0 };
    images.forEach((x, row) => {
      const { h, mu, logvar } = encode(x);
      const noise = Array.from(
        mu,
        (_, k) => rule.noise * eps[row * latent + k] * Math.exp(rule.exponent * logvar[k]),
      );
      const z = mu.map((m, k) => m + noise[k]);
      const g = linear(weights.code, weights.codeBias, z).map((value) => Math.max(0, value));
      const logits = linear(weights.logits, weights.logitsBias, g);
      for (let p = 0; p < pixels; p++) {
        const l = logits[p];
        cost.reconstruction +=
          share * (Math.max(l, 0) - l * x[p] + Math.log1p(Math.exp(-Math.abs(l))));
        logits[p] = share * (1 / (1 + Math.exp(-l)) - x[p]);
      }
      const toZ = backward(
        "code",
        z,
        backward("logits", g, logits).map((b, j) => (g[j] > 0 ? b : 0)),
      );
      for (let k = 0; k < latent; k++) {
        cost.kl += share * 0.5 * (mu[k] ** 2 + Math.expm1(logvar[k]) - logvar[k]);
      }
      const weight = share * rule.beta;
      const toMu = toZ.map((b, k) => b + weight * mu[k]);
      const toLogvar = toZ.map(
        (b, k) => b * rule.exponent * noise[k] + weight * 0.5 * Math.expm1(logvar[k]),
      );
      const [one, other] = [backward("mu", h, toMu), backward("logvar", h, toLogvar)];
      const toH = one.map((b, j) => (h[j] > 0 ? b + other[j] : 0));
      for (let p = 0; p < pixels; p++)
        if (x[p]) add(x[p], toH, 0, grad.features, p * hidden, hidden);
      for (let j = 0; j < hidden; j++) grad.featuresBias[j] += toH[j];
    });
    steps += 1;
    const [rate, low] = [1e-3 / (1 - 0.9 ** steps), Math.sqrt(1 - 0.999 ** steps)];
    for (const name of names) {
      const [w, d, m, v] = [weights[name], grad[name], first[name], second[name]];
      for (let i = 0; i < w.length; i++) {
        m[i] = 0.9 * m[i] + 0.1 * d[i];
        v[i] = 0.999 * v[i] + 0.001 * d[i] * d[i];
        w[i] -= (rate * m[i]) / (Math.sqrt(v[i]) / low + 1e-8);
      }
    }
    return cost;
  }
  return { rule, step, encode, weights };
}

/** What runs in the worker: told the picture of all images once, then "start", "step", "pause", "restart", "rule". @param {any} self @param {typeof learner} make */
export function work(self, make) {
  /** @type {Float32Array[]} */
  let images = [];
  const rule = { beta: 1, noise: 1, exponent: 0.5 };
  let running = false;
  let step = 0;
  let seed = 1;
  function uniform() {
    // mulberry32
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  /** As torch begins a linear layer. @param {number} inputs @param {number} n */
  const begin = (inputs, n) =>
    Float32Array.from({ length: n }, () => (2 * uniform() - 1) / Math.sqrt(inputs));
  function fresh() {
    seed = 1;
    step = 0;
    return make(
      {
        features: begin(784, 784 * 128),
        featuresBias: begin(784, 128),
        mu: begin(128, 256),
        muBias: begin(128, 2),
        logvar: begin(128, 256),
        logvarBias: begin(128, 2),
        code: begin(2, 256),
        codeBias: begin(2, 128),
        logits: begin(128, 784 * 128),
        logitsBias: begin(128, 784),
      },
      rule,
    );
  }
  let model = fresh();

  /** The images of a picture in rows, here and not in the page: it takes a while. @param {ImageData} picture */
  function cut({ data, width, height }) {
    const across = width / 28;
    return Array.from({ length: (across * height) / 28 }, (_, n) => {
      const corner = 28 * (Math.floor(n / across) * width + (n % across));
      const image = new Float32Array(784);
      for (let p = 0; p < 784; p++)
        image[p] = data[4 * (corner + Math.floor(p / 28) * width + (p % 28))] / 255;
      return image;
    });
  }

  /** @param {object} cost */
  function tell(cost) {
    const codes = images.slice(0, 300).map((image) => model.encode(image));
    self.postMessage({
      step,
      cost,
      mu: codes.flatMap(({ mu }) => [...mu]),
      logvar: codes.slice(0, 5).flatMap(({ logvar }) => [...logvar]),
    });
  }
  function go() {
    const batch = Array.from({ length: 128 }, () => images[Math.floor(images.length * uniform())]);
    const cost = model.step(batch, Float32Array.from({ length: 256 }, normal));
    step += 1;
    tell(cost);
  }
  function loop() {
    if (!running) return;
    go();
    setTimeout(loop, 0); // so that messages are heard between steps
  }
  self.onmessage = (/** @type {MessageEvent} */ { data }) => {
    if (data.picture) images = cut(data.picture);
    if (data.rule) Object.assign(rule, data.rule);
    if (data.do === "step") go();
    if (data.do === "restart") {
      model = fresh();
      tell({});
    }
    if (data.do === "start" && !running) {
      running = true;
      loop();
    }
    if (data.do === "pause") {
      running = false;
      self.postMessage({ paused: true });
    }
  };
}
