// Act 6: train it here. A real run in a worker; the page only paints what it is told.
import { bytes } from "../engine.js";
import { SIDE, paintCodes, paintRing } from "../map.js";
import { guess, inEveryTheme, open, paintCurve } from "../page.js";
import { pixels } from "../points.js";
import { learner, work } from "../train.js";

/** Rules of training, and what to watch for. @type {[string, import("../train.js").Rule, string][]} */
const RULES = [
  [
    "as it should be",
    { beta: 1, noise: 1, exponent: 0.5 },
    "The KL shoots up within the first steps, when codes fly off the map; it falls, and rises again while the map spreads out.",
  ],
  [
    "the KL's half forgotten",
    { beta: 2, noise: 1, exponent: 0.5 },
    "The KL counts twice: it stays lower, and the map closer together.",
  ],
  [
    "the KL averaged over dimensions",
    { beta: 0.5, noise: 1, exponent: 0.5 },
    "The KL counts half: the map spreads beyond the prior.",
  ],
  [
    "reconstruction averaged over pixels",
    { beta: 784, noise: 1, exponent: 0.5 },
    "The KL counts 784 times: it goes to 0, every image gets the prior, and the reconstruction stays at the mean image.",
  ],
  [
    "exp(logvar) as sigma",
    { beta: 1, noise: 1, exponent: 1 },
    "Training makes up for it with another logvar; the KL is that of the wrong Gaussian.",
  ],
  [
    "z = mu, no noise",
    { beta: 1, noise: 0, exponent: 0.5 },
    "Nothing but the KL holds the rings open, and the codes drift apart.",
  ],
];
const MARKUP = `
  <p class="ask">In the first ten steps, does the KL rise or fall?</p>
  <div class="buttons guess"></div>
  <div class="buttons"><button type="button" class="run">Train</button><button type="button" class="one">One step</button>
    <button type="button" class="restart">Restart</button>
    <label>Loss and sampling <select>${RULES.map(([name], i) => `<option value="${i}">${name}</option>`).join("")}</select></label></div>
  <div class="line learns"><div class="part"><canvas class="map" width="${SIDE}" height="${SIDE}" role="img"></canvas><span>mu of 300 images, and five Gaussians</span></div>
    <div class="part"><canvas class="curve rec" width="320" height="200" role="img"></canvas><span>reconstruction, nats, step by step</span></div>
    <div class="part"><canvas class="curve kl" width="320" height="200" role="img"></canvas><span>KL, nats, step by step</span></div></div>
  <p class="cost"></p><p class="watch" role="status"></p>
  <p class="note">784-128-2, batch 128, Adam at 0.001, 1,000 of the course's digits, in a worker of this page.</p>`;

/** @param {Element} host */
export function train(host) {
  const { part, canvas, say } = open(host, MARKUP);
  const select = /** @type {HTMLSelectElement} */ (part("select"));
  const labels = bytes(/** @type {any} */ (window).VAE_STAGE_DIGITS.labels);
  const state = {
    step: 0,
    reconstruction: /** @type {number[]} */ ([]),
    kl: /** @type {number[]} */ ([]),
  };
  let codes = { mu: new Float32Array(0), logvar: new Float32Array(0) };
  let running = false;
  /** @type {Promise<Worker> | null} */
  let started = null;

  /** The worker, from the first use on. */
  async function start() {
    const text = `"use strict"; (${work})(self, ${learner});`;
    const worker = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    worker.onmessage = heard;
    const picture = await pixels(/** @type {any} */ (window).VAE_STAGE_DIGITS.png);
    const rule = RULES[Number(select.value)][1];
    worker.postMessage({ picture, rule, do: "restart" }, [picture.data.buffer]);
    return worker;
  }
  /** @param {object} message */
  const tell = async (message) => (await (started ??= start())).postMessage(message);

  function redraw() {
    paintCodes(canvas(".map"), codes.mu, labels);
    for (let i = 0; i < codes.logvar.length / 2; i++) {
      paintRing(canvas(".map"), {
        mu: codes.mu.slice(2 * i, 2 * i + 2),
        logvar: codes.logvar.slice(2 * i, 2 * i + 2),
      });
    }
    paintCurve(canvas(".curve.rec"), state.reconstruction, 99);
    paintCurve(canvas(".curve.kl"), state.kl, 99);
  }
  /** @param {MessageEvent} event */
  function heard({ data }) {
    if (data.paused) {
      part(".run").textContent = "Train";
      return say(part(".cost").textContent ?? "");
    }
    if (data.step === 0) Object.assign(state, { reconstruction: [], kl: [] });
    state.step = data.step;
    codes = { mu: Float32Array.from(data.mu), logvar: Float32Array.from(data.logvar) };
    if ("kl" in data.cost) {
      state.reconstruction.push(data.cost.reconstruction);
      state.kl.push(data.cost.kl);
      const { reconstruction, kl } = data.cost;
      part(".cost").textContent =
        `Step ${data.step}: reconstruction ${reconstruction.toFixed(1)}, KL ${kl.toFixed(2)} nats` +
        (data.step > 20 ? `; of the first 20 steps the KL was highest in step ${peak()}` : "");
    } else part(".cost").textContent = "Step 0: not trained yet";
    label();
    requestAnimationFrame(redraw);
  }
  /** The step of the first twenty with the highest KL. */
  const peak = () => {
    const first = state.kl.slice(0, 20);
    const at = first.indexOf(Math.max(...first));
    return `${at + 1}: ${first[at].toFixed(1)} nats`;
  };
  function label() {
    [
      ["map", "The map of codes"],
      ["rec", "Reconstruction, step by step"],
      ["kl", "KL, step by step"],
    ].forEach(([name, what]) =>
      canvas(`canvas.${name}`).setAttribute("aria-label", `${what}. ${part(".cost").textContent}`),
    );
  }
  /** @param {boolean} on */
  function run(on) {
    running = on;
    if (on) part(".run").textContent = "Pause"; // and back, once the worker has stopped
    tell({ do: on ? "start" : "pause" });
  }
  function rule() {
    const [, chosen, watch] = RULES[Number(select.value)];
    if (started) tell({ rule: chosen, do: "restart" }); // one curve, one rule
    part(".watch").textContent = watch;
  }
  guess(part(".guess"), ["it rises", "it falls"], () => "Train, and look at its curve.");
  part(".run").addEventListener("click", () => run(!running));
  part(".one").addEventListener("click", () => tell({ do: "step" }));
  part(".restart").addEventListener("click", () => tell({ do: "restart" }));
  select.addEventListener("change", rule);
  rule();
  part(".cost").textContent = "Step 0: not trained yet";
  label();
  inEveryTheme(redraw);
  return { state, learner, say };
}
