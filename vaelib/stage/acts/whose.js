// Act 1: whose Gaussian? Guess where a second image of the same digit lands; give all images one
// Gaussian, and see what the decoder can still draw; zoom out to the Gaussian that they do share.
import { decode, encode, kl, pooled, reconstruction, sample, sigmoid } from "../engine.js";
import {
  data,
  dimensions,
  dots,
  flat,
  images,
  labels,
  meanImage,
  spreads,
  wide,
} from "../models.js";
import { SIDE, onMap, paintCross, paintCodes, paintRing } from "../map.js";
import { inEveryTheme, open, paint, sum } from "../page.js";

const MARKUP = `
  <p class="ask"></p>
  <div class="line">
    <div class="part"><canvas class="ink first" width="112" height="112" role="img"></canvas><span>image A</span></div>
    <div class="part"><canvas class="ink second" width="112" height="112" role="img"></canvas><span>image B</span></div>
    <div class="part"><canvas class="map guess" width="${SIDE}" height="${SIDE}" tabindex="0" role="application"></canvas>
      <span>codes of 1,000 test images, coloured by digit; click: your cross</span></div>
    <div class="part"><canvas class="ink drawn" width="112" height="112" role="img"></canvas><span class="kind"></span></div>
  </div>
  <p class="told"></p>
  <div class="buttons"><button type="button" class="look">Show where B lands</button>
    <button type="button" class="pair">Another pair</button>
    <label><input type="checkbox" class="same"> one Gaussian for all images</label></div>
  <p class="cost"></p>
  <label class="dial">Zoom out: <output></output> <input type="range" class="zoom" min="0" max="2" step="1" value="0"></label>
  <div class="bar" aria-hidden="true"><i class="between"></i><i class="within"></i></div>
  <p class="total" role="status"></p>`;
const ALL = Array.from(labels, (_, row) => row);

/** @param {Element} host */
export function whose(host) {
  const { part, canvas, input, say } = open(host, MARKUP);
  const map = canvas(".map");
  const state = { digit: 3, guess: /** @type {number[] | null} */ (null), shown: false, crowd: {} };
  const pair = () => [images[state.digit], images[10 + state.digit]];
  const zoom = () => Number(input(".zoom").value);
  /** Rows of the images in view: A, all of its digit, or all. */
  const crowd = () =>
    zoom() === 0
      ? [labels.indexOf(state.digit)]
      : ALL.filter((row) => zoom() === 2 || labels[row] === state.digit);

  function redraw() {
    const codes = pair().map((image) => encode(flat, image));
    paintCodes(map, dots, labels);
    if (zoom()) paintRing(map, pooled(dots, spreads, crowd()));
    paintRing(map, codes[0], "A");
    if (state.guess) paintCross(map, state.guess);
    if (state.shown) paintRing(map, codes[1], "B");
    return codes;
  }

  /** What the second image's drawing costs, with its own Gaussian or with one for all. */
  function draw() {
    const image = pair()[1];
    const q = encode(wide, image);
    const same = input(".same").checked;
    // Where z says nothing about the image, the best drawing is the same for all: their mean.
    const logits = same
      ? meanImage.map((p) => Math.log(Math.max(p, 1e-3) / (1 - Math.max(p, 1e-3))))
      : decode(wide, sample(q));
    paint(canvas(".drawn"), sigmoid(logits));
    const cost = sum([reconstruction(logits, image), same ? 0 : kl(q)]);
    const all = sum([data.cost.own, data.cost.kl]);
    const [rec, second] = cost.shown.map((value) => value.toFixed(1));
    part(".kind").textContent = same
      ? "B, from a z that all share: the mean image"
      : "B, from a z of its own Gaussian";
    canvas(".drawn").setAttribute("aria-label", part(".kind").textContent ?? "");
    part(".cost").textContent =
      `B: reconstruction ${rec} + KL ${second} = ${cost.sum} nats. ` +
      `Mean of 1,000 test images: ${all.shown[0].toFixed(1)} + ${all.shown[1].toFixed(1)} = ${all.sum} with a Gaussian each, ${data.cost.mean.toFixed(1)} + 0 with one for all.`;
  }

  /** @param {number[]} parts */
  function written(parts) {
    const { shown, sum: all } = sum(parts, 2);
    return `${shown[0].toFixed(2)} between images + ${shown[1].toFixed(2)} within one = ${all}`;
  }

  /** What the images in view have in common: how far they lie apart, and how wide one is. */
  function measure() {
    const name = ["image A", `all images of a ${state.digit}`, "all 1,000 images"][zoom()];
    const [own, all] = [crowd(), ALL].map((rows) => pooled(dots, spreads, rows));
    state.crowd = own;
    part(".between").style.flexGrow = String(own.between / (all.between + all.within));
    part(".within").style.flexGrow = String(own.within / (all.between + all.within));
    part("output").textContent = name;
    input(".zoom").setAttribute("aria-valuetext", name);
    part(".total").textContent =
      `Variance in a dimension of the map, ${name}: ${written([own.between, own.within])}.` +
      (zoom() === 2
        ? ` In ${dimensions} dimensions: ${written([data.between, data.within])}. This cloud is what all share, close to the standard normal, whose variance is 1.`
        : "");
  }

  function start() {
    Object.assign(state, { guess: null, shown: false });
    const { digit } = state;
    part(".ask").textContent =
      `Image A is a ${digit}, and the ring is its Gaussian. Image B is another ${digit}. Where does its Gaussian lie? Put a cross on the map.`;
    part(".told").textContent = "";
    [".first", ".second"].forEach((name, i) => {
      paint(canvas(name), pair()[i]);
      canvas(name).setAttribute("aria-label", `Image ${"AB"[i]}, a ${digit}`);
    });
    map.setAttribute(
      "aria-label",
      `A map of the codes of all test images, with the Gaussian of image A, a ${digit}. Arrow keys move your cross, Enter shows image B.`,
    );
    redraw();
    draw();
    measure();
  }

  function look() {
    if (!state.guess) {
      part(".told").textContent = "First put your cross on the map.";
      return say(part(".told").textContent ?? "");
    }
    state.shown = true;
    const [a, b] = redraw();
    const away = (/** @type {ArrayLike<number>} */ from) =>
      Math.hypot(b.mu[0] - from[0], b.mu[1] - from[1]).toFixed(1);
    const sigma = (b.logvar.reduce((all, value) => all + Math.exp(0.5 * value), 0) / 2).toFixed(2);
    part(".told").textContent =
      `B lies ${away(a.mu)} from A and ${away(state.guess)} from your cross; its sigma is about ${sigma}. ` +
      "Two images of one digit have two Gaussians.";
    say(part(".told").textContent ?? "");
  }

  map.addEventListener("pointerdown", (event) => {
    if (!state.shown) state.guess = onMap(map, event);
    redraw();
  });
  map.addEventListener("keydown", (event) => {
    const step = {
      ArrowLeft: [-0.2, 0],
      ArrowRight: [0.2, 0],
      ArrowUp: [0, 0.2],
      ArrowDown: [0, -0.2],
    }[event.key];
    if (event.key === "Enter") look();
    if (!step) return;
    event.preventDefault();
    const [x, y] = state.guess ?? [0, 0];
    if (!state.shown) state.guess = [x + step[0], y + step[1]];
    redraw();
    say(`Cross at ${(x + step[0]).toFixed(1)}, ${(y + step[1]).toFixed(1)}`);
  });
  part(".look").addEventListener("click", look);
  part(".pair").addEventListener("click", () => {
    state.digit = (state.digit + 1) % 10;
    start();
  });
  input(".same").addEventListener("change", () => {
    draw();
    say(`${part(".kind").textContent}. ${part(".cost").textContent}`);
  });
  input(".zoom").addEventListener("input", () => {
    redraw();
    measure();
  });
  inEveryTheme(redraw);
  start();
  /** The digit; then where the cross is, and whether B is shown. */
  const share = {
    get: () =>
      [
        state.digit,
        ...(state.guess ?? []).map((x) => Number(x.toFixed(2))),
        ...(state.shown ? ["shown"] : []),
      ].join(),
    set: (/** @type {string} */ text) => {
      const [digit, x, y, shown] = text.split(",");
      if (!/^\d$/.test(digit)) return;
      state.digit = Number(digit);
      start();
      if (Number.isFinite(Number(x)) && Number.isFinite(Number(y)))
        state.guess = [Number(x), Number(y)];
      redraw();
      if (shown) look();
    },
  };
  return { state, say, share };
}
