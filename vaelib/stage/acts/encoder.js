// Act 4: why an encoder? z of the prior hardly ever explain an image; z of its own Gaussian do. Both
// estimate the same log p(x), one of them badly; the ELBO lies below it.
import { decode, encode, generator, kl, mean, reconstruction, sample, sigmoid } from "../engine.js";
import { data, dimensions, images, wide } from "../models.js";
import { inEveryTheme, number, open, paint, textSize } from "../page.js";

const SIDE = (/** @type {string} */ name, /** @type {string} */ title) => `
  <div class="part side ${name}"><b>${title}</b><canvas class="ink" width="112" height="112" role="img"></canvas><span class="best"></span>
    <canvas class="curve" width="320" height="120" role="img"></canvas><span>−log p(x given z) of each z, nats</span></div>`;
const COUNT = 1000;
const GUESSES = ["ten", "a thousand", "more than a page can try"];
const MARKUP = `
  <p class="ask">How many z of the prior must you try until one explains this image as well as its own z do? Guess, and 1,000 of each are thrown.</p>
  <div class="line trio"><div class="part"><b>x</b><canvas class="ink own" width="112" height="112" role="img"></canvas><span>the image</span></div>
    ${SIDE("prior", "z of the prior")}${SIDE("q", "its own z")}</div>
  <div class="buttons">Your guess: ${GUESSES.map((guess) => `<button type="button" class="throw">${guess}</button>`).join("")}<button type="button" class="next">Another digit</button></div>
  <div class="levels"></div>
  <p class="told" role="status"></p>`;

/** @param {number[]} values the logarithm of the mean of their exp */
const logMeanExp = (values) => {
  const highest = Math.max(...values);
  return highest + Math.log(mean(values.map((value) => Math.exp(value - highest))));
};

/** @param {HTMLCanvasElement} canvas @param {number[]} costs */
function paintBars(canvas, costs) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const { color } = getComputedStyle(canvas);
  const [low, high, bins] = [50, 650, 60];
  const counts = Array.from({ length: bins }, () => 0);
  for (const cost of costs)
    counts[Math.max(0, Math.min(bins - 1, Math.floor(((cost - low) / (high - low)) * bins)))] += 1;
  context.clearRect(0, 0, canvas.width, canvas.height);
  Object.assign(context, { fillStyle: color, font: textSize(canvas) });
  counts.forEach((count, i) => {
    const height = (80 * count) / Math.max(1, ...counts);
    context.fillRect((i * canvas.width) / bins, 85 - height, canvas.width / bins - 1, height);
  });
  context.fillText(String(low), 0, 118);
  context.textAlign = "right";
  context.fillText(String(high), canvas.width, 118);
  context.textAlign = "left";
}

/** @param {Element} host */
export function encoder(host) {
  const { part, parts, canvas, say } = open(host, MARKUP);
  const state = {
    index: 0,
    seed: 1,
    guess: "",
    thrown: 0,
    prior: /** @type {number[]} */ ([]),
    q: /** @type {number[]} */ ([]),
    drawn: /** @type {number[][]} */ ([]), // z of the image's Gaussian
    found: /** @type {{[name: string]: number}} */ ({}),
  };

  function bars() {
    paintBars(canvas(".prior .curve"), state.prior);
    paintBars(canvas(".q .curve"), state.q);
  }

  /** Nothing thrown yet. */
  function start() {
    Object.assign(state, { thrown: 0, prior: [], q: [], drawn: [], found: {} });
    paint(canvas(".own"), images[state.index]);
    canvas(".own").setAttribute("aria-label", `The image, a ${data.shown[state.index]}`);
    for (const name of ["prior", "q"]) {
      paint(canvas(`.${name} .ink`), new Float32Array(784));
      part(`.${name} .best`).textContent = "the best of them";
      for (const kind of [".ink", ".curve"])
        canvas(`.${name} ${kind}`).setAttribute("aria-label", "Nothing thrown yet");
    }
    part(".levels").textContent = part(".told").textContent = "";
    bars();
  }

  /** Throw z at the image, a few in each frame. */
  function throwAll() {
    const [image, from, index] = [images[state.index], generator(state.seed), state.index];
    const own = encode(wide, image);
    const prior = { mu: new Float32Array(dimensions), logvar: new Float32Array(dimensions) };
    state.seed += 1;
    start();
    /** @type {{[name: string]: number}} */
    const best = { prior: Infinity, q: Infinity };
    const weights = /** @type {number[]} */ ([]); // log p(x given z) + log p(z) - log q(z)
    function some() {
      if (state.index !== index) return;
      const until = performance.now() + 12; // milliseconds of this frame
      while (state.prior.length < COUNT && performance.now() < until) {
        for (const [name, gaussian, costs] of /** @type {const} */ ([
          ["prior", prior, state.prior],
          ["q", own, state.q],
        ])) {
          const z = sample(gaussian, 1, from);
          const logits = decode(wide, z);
          const cost = reconstruction(logits, image);
          costs.push(cost);
          if (name === "q") {
            state.drawn.push([...z]);
            weights.push(
              -cost +
                z.reduce(
                  (all, value, k) =>
                    all -
                    0.5 * value * value +
                    0.5 * (own.logvar[k] + (value - own.mu[k]) ** 2 / Math.exp(own.logvar[k])),
                  0,
                ),
            );
          }
          if (cost >= best[name]) continue;
          best[name] = cost;
          paint(canvas(`.${name} .ink`), sigmoid(logits));
        }
      }
      state.thrown = state.prior.length;
      for (const name of ["prior", "q"])
        part(`.${name} .best`).textContent =
          `the best of ${state.thrown.toLocaleString("en")}: ${number(best[name], 1)} nats`;
      bars();
      if (state.thrown < COUNT) requestAnimationFrame(some);
      else tell(weights, best, own);
    }
    some();
  }

  /** @param {number[]} weights @param {{[name: string]: number}} best @param {import("../engine.js").Gaussian} own */
  function tell(weights, best, own) {
    const rate = kl(own);
    const [prior, exact, elbo] = [
      logMeanExp(state.prior.map((cost) => -cost)),
      logMeanExp(weights),
      -mean(state.q) - rate,
    ];
    Object.assign(state.found, { prior, exact, elbo, rate });
    const levels = [
      ["−log p(x), by z of the prior", -prior],
      ["−log p(x), by its own z, weighted", -exact],
      ["the negative ELBO", -elbo],
    ];
    part(".levels").innerHTML = levels
      .map(
        ([name, value]) =>
          `<div><span>${name}</span> <i class="rec" style="width:${Math.max(2, 22 * (Number(value) / -exact))}%"></i> ${number(Number(value), 1)}</div>`,
      )
      .join("");
    const shown = [number(-exact, 1), number(-elbo, 1)];
    part(".told").textContent =
      `${state.guess ? `You said ${state.guess}. ` : ""}The best of ${COUNT.toLocaleString("en")} z of the prior costs ${number(best.prior, 1)} nats, the best of its own Gaussian ${number(best.q, 1)}. ` +
      `To hit that Gaussian by chance takes about exp(${number(rate, 1)}) tries: that is the KL. Between −log p(x) and the negative ELBO lie ${number(Number(shown[1]) - Number(shown[0]), 1)} nats: what the Gaussian's shape costs.`;
    for (const name of ["prior", "q"]) {
      canvas(`.${name} .ink`).setAttribute(
        "aria-label",
        `The best drawing: ${number(best[name], 1)} nats`,
      );
      canvas(`.${name} .curve`).setAttribute(
        "aria-label",
        `Costs of ${COUNT} z: mean ${number(mean(name === "q" ? state.q : state.prior), 1)} nats`,
      );
    }
  }

  parts(".throw").forEach((button, i) =>
    button.addEventListener("click", () => {
      state.guess = GUESSES[i];
      throwAll();
    }),
  );
  part(".next").addEventListener("click", () => {
    state.index = (state.index + 1) % images.length;
    start();
  });
  start();
  inEveryTheme(bars);
  const share = {
    get: () => [state.index, ...(state.thrown === COUNT ? [state.seed - 1] : [])].join(),
    set: (/** @type {string} */ text) => {
      const [index, seed] = text.split(",").map(Number);
      if (!images[index]) return;
      state.index = index;
      start();
      if (Number.isInteger(seed)) {
        state.seed = seed;
        throwAll();
      }
    },
  };
  return { state, say, share };
}
