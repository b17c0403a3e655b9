// Act 3: why a logarithm? One raw output of a layer, three ways to make a standard deviation of it.
import { decode, encode, klOfOne, normal, sigmoid } from "../engine.js";
import { images, wide } from "../models.js";
import { open, paint } from "../page.js";

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
  <label class="dial">What the layer returns: <output></output> <input type="range" class="raw" min="-6" max="6" step="0.1" value="0"></label>
  <div class="line ways">${Object.entries(WAYS)
    .map(
      ([name, [, , code]]) => `
    <div class="part ${name}"><code>${code}</code><canvas class="ink" width="112" height="112" role="img"></canvas><span></span></div>`,
    )
    .join("")}</div>
  <p class="said" role="status"></p>`;

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
        canvas(`.${name} canvas`),
        sigmoid(
          decode(
            wide,
            mu.map((m, i) => m + sigma * eps[i]),
          ),
        ),
      );
      canvas(`.${name} canvas`).setAttribute("aria-label", `A z with this sigma, decoded: ${name}`);
      part(`.${name} span`).textContent =
        `sigma ${sigma.toPrecision(2)}, slope ${slope.toPrecision(2)}; ` +
        `the KL of it ${Number.isFinite(cost) ? `${cost.toFixed(2)} nats` : "is infinite"}`;
    }
    part(".said").textContent =
      raw <= 0
        ? raw === 0
          ? "At 0, where a new layer begins: exp gives sigma = 1, the prior's, at no KL; softplus starts beside it; relu is at 0, where the KL is infinite."
          : "relu is dark: sigma 0, slope 0, so no gradient can bring it back. exp gives a small sigma, and the slope of log(sigma) is one half, here as everywhere."
        : "All three give a positive sigma; exp alone has the slope of log(sigma) at one half everywhere, so the KL needs no logarithm: logvar is the raw output.";
  }
  input(".raw").addEventListener("input", show);
  show();
  return { say };
}
