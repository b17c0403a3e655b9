// Act 3: why a logarithm? One raw output of a layer, three ways to make a standard deviation of it.
import { decode, encode, klOfOne, normal, sigmoid } from "../engine.js";
import { images, wide } from "../models.js";
import { brush, guess, inEveryTheme, open, paint } from "../page.js";

/** Sigma of a raw output, and its slope. @type {{[name: string]: [(raw: number) => number, (raw: number) => number, string]}} */
const WAYS = {
  relu: [(raw) => Math.max(0, raw), (raw) => Number(raw > 0), "relu(raw)"],
  softplus: [
    (raw) => Math.log1p(Math.exp(raw)),
    (raw) => 1 / (1 + Math.exp(-raw)),
    "softplus(raw)",
  ],
  exp: [(raw) => Math.exp(0.5 * raw), (raw) => 0.5 * Math.exp(0.5 * raw), "exp(0.5 * raw)"],
};
const MARKUP = `
  <p class="ask">A layer may return any number, and sigma must be positive. Three ways to make one of the other: which still learn below 0?</p>
  <div class="buttons guess"></div>
  <label class="dial">What the layer returns: <output></output> <input type="range" class="raw" min="-6" max="6" step="0.1" value="0"></label>
  <div class="line ways">${Object.entries(WAYS)
    .map(
      ([name, [, , code]]) => `
    <div class="part ${name}"><code>${code}</code><canvas class="graph" width="164" height="84" role="img"></canvas><span class="numbers"></span>
      <canvas class="ink" width="84" height="84" role="img"></canvas></div>`,
    )
    .join("")}</div>
  <p class="said" role="status"></p>
  <p class="note">Curves: sigma over the number, from −6 to 6. Drawings: mu of a 3, plus this sigma in every dimension times one eps, decoded.</p>`;
const TOP = 4; // of the curves

/** Sigma over the raw output, and where the dial is. @param {HTMLCanvasElement} canvas @param {(raw: number) => number} sigmaOf @param {number} raw */
function paintWay(canvas, sigmaOf, raw) {
  const context = brush(canvas);
  const { width, height } = canvas;
  const x = (/** @type {number} */ value) => ((value + 6) / 12) * width;
  const y = (/** @type {number} */ sigma) => (height - 6) * (1 - sigma / TOP) + 3;
  const { color } = getComputedStyle(canvas);
  context.clearRect(0, 0, width, height);
  Object.assign(context, { strokeStyle: color, fillStyle: color, lineWidth: 2 });
  context.globalAlpha = 0.3;
  context.fillRect(0, y(0), width, 1);
  context.fillRect(x(0), 0, 1, height);
  context.globalAlpha = 1;
  context.beginPath();
  for (let value = -6; value <= 6; value += 0.1) context.lineTo(x(value), y(sigmaOf(value)));
  context.stroke();
  context.fillStyle = "#2d8fc0";
  context.beginPath();
  context.arc(x(raw), y(Math.min(TOP, sigmaOf(raw))), 6, 0, 2 * Math.PI);
  context.fill();
}

/** @param {Element} host */
export function logarithm(host) {
  const { part, canvas, input, say } = open(host, MARKUP);
  const { mu } = encode(wide, images[3]);
  const eps = mu.map(normal);

  function show() {
    const raw = Number(input(".raw").value);
    part("output").textContent = raw.toFixed(1).replace("-", "\u2212");
    for (const [name, [sigmaOf, slopeOf]] of Object.entries(WAYS)) {
      const [sigma, slope] = [sigmaOf(raw), slopeOf(raw)];
      const cost = klOfOne(0, 2 * Math.log(sigma));
      paint(
        canvas(`.${name} .ink`),
        sigmoid(
          decode(
            wide,
            mu.map((m, i) => m + sigma * eps[i]),
          ),
        ),
      );
      canvas(`.${name} .ink`).setAttribute("aria-label", `A z with this sigma, decoded: ${name}`);
      paintWay(canvas(`.${name} .graph`), sigmaOf, raw);
      part(`.${name} span`).textContent =
        `sigma ${sigma.toPrecision(2)}, slope ${slope.toPrecision(2)}, ` +
        `KL ${Number.isFinite(cost) ? `${cost.toFixed(2)} nats` : "infinite"}`;
      canvas(`.${name} .graph`).setAttribute(
        "aria-label",
        `${name}: ${part(`.${name} span`).textContent}`,
      );
    }
    part(".said").textContent =
      raw <= 0
        ? raw === 0
          ? "At 0, where a new layer begins: exp gives sigma = 1, the prior's, at no KL; softplus starts beside it; relu is at 0, where the KL is infinite."
          : "relu is dark: sigma 0, slope 0. Its drawing is clean, for the noise is gone, and gone for good: no gradient brings it back. exp gives a small sigma, and a slope that is never 0."
        : "All three give a positive sigma. The KL also asks for log(sigma²): with exp it is the raw output itself, which is why the code calls that logvar.";
  }
  const right = Object.keys(WAYS).filter((name) => WAYS[name][1](-1) > 0);
  guess(
    part(".guess"),
    ["exp alone", "softplus and exp", "all three"],
    () => `At −1 ${right.join(" and ")} have a slope above 0. Drag.`,
  );
  input(".raw").addEventListener("input", show);
  inEveryTheme(show);
  return { say };
}
