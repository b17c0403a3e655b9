// Act 0: the machine in one line, alive; and three questions, each with its answer.
import { decode, encode, kl, reconstruction, sample, sigmoid } from "../engine.js";
import { toMnist } from "../mnist.js";
import { data, dimensions, dots, flat, images, labels, read, wide } from "../models.js";
import { SIDE, paintDot, paintCodes, paintRing } from "../map.js";
import { inEveryTheme, open, paint, sum } from "../page.js";
import { sheet } from "../sheet.js";

const MARKUP = `
  <div class="line machine">
    <div class="part"><canvas class="ink sheet" width="140" height="140" tabindex="0" role="application"></canvas>
      <span><b>Draw a digit here</b></span></div>
    <div class="part seen"><canvas class="ink" width="56" height="56" role="img"></canvas>
      <span>what the encoder gets</span></div>
    <div class="part"><canvas class="map" width="${SIDE}" height="${SIDE}" role="img"></canvas>
      <span class="gauss"></span></div>
    <div class="part"><canvas class="ink drawn" width="140" height="140" role="img"></canvas>
      <span>② what the decoder draws of one noisy z, the dot</span></div>
  </div>
  <div class="bar" aria-hidden="true"><i class="rec"></i><i class="kl"></i></div>
  <p class="cost"></p>
  <p class="far" hidden></p>
  <div class="buttons"><button type="button" class="run"></button>
    <button type="button" class="next">Another digit</button>
    <button type="button" class="clear">Empty sheet</button></div>
  <div class="asked">
    <details><summary>① Same mu and sigma for all?</summary>No. Each image gets a small Gaussian of its own, the ring; only the cloud is common to all.</details>
    <details><summary>② Is z not just noise?</summary>The noise moves z inside that small ring only. Where the ring lies is the message, and that comes from the image.</details>
    <details><summary>③ Why a log-variance?</summary>A layer may return any number, and a variance must be positive: exp makes one out of the other.</details>
  </div>
  <p class="note">Your drawing is scaled, centred and inked as MNIST's digits were. ${flat === wide ? "Map, drawing and cost come from one model with 2 dimensions. It runs" : `The map comes from a model with 2 dimensions, the drawing and its cost from one with ${dimensions}. Both run`} in this page; nothing you draw leaves it.</p>`;
const NONE = { mu: new Float32Array(), logvar: new Float32Array() };

/** @param {Element} host */
export function cover(host) {
  const { part, canvas, say } = open(host, MARKUP);
  const [drawn, map, seen] = [canvas(".drawn"), canvas(".map"), canvas(".seen canvas")];
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const state = {
    image: images[0],
    name: "",
    index: 0,
    wideCode: NONE,
    flatCode: NONE,
    found: { digit: 0, distance: 0 },
  };

  /** One more z for the same image: what trembles. */
  function tremble() {
    if (!state.name) return blank();
    const logits = decode(wide, sample(state.wideCode));
    paint(drawn, sigmoid(logits));
    paintCodes(map, dots, labels);
    paintRing(map, state.flatCode);
    paintDot(map, sample(state.flatCode));
    const cost = sum([reconstruction(logits, state.image), kl(state.wideCode)]);
    part(".rec").style.flexGrow = String(cost.shown[0]);
    part(".kl").style.flexGrow = String(cost.shown[1]);
    const [rec, second] = cost.shown.map((value) => value.toFixed(1));
    part(".cost").textContent = `Reconstruction ${rec} + KL ${second} = ${cost.sum} nats`;
  }

  /** Nothing is drawn: no Gaussian, no drawing, no cost. */
  function blank() {
    for (const picture of [seen, drawn]) {
      paint(picture, new Float32Array(784));
      picture.setAttribute("aria-label", "Nothing yet");
    }
    paintCodes(map, dots, labels);
    map.setAttribute("aria-label", `Codes of ${labels.length} test images`);
    for (const name of [".rec", ".kl"]) part(name).style.flexGrow = "0";
    part(".gauss").textContent = "codes of test images";
    part(".cost").textContent = "Draw a digit.";
    part(".far").hidden = true;
  }

  /** @param {Float32Array} image @param {string} name */
  function show(image, name) {
    Object.assign(state, {
      image,
      name,
      wideCode: encode(wide, image),
      flatCode: encode(flat, image),
    });
    state.found = read(state.wideCode.mu);
    const { digit, distance } = state.found;
    const far =
      distance > data.far
        ? `This is far from every code: ${distance.toFixed(1)} from the nearest. Of test images, ` +
          `99 in 100 lie within ${data.far.toFixed(1)}. The model has not learned such a picture.`
        : "";
    part(".far").hidden = !far;
    part(".far").textContent = far;
    paint(seen, image);
    seen.setAttribute("aria-label", `${name}, 28 by 28 pixels, centred`);
    const [mu, sigma] = [
      state.flatCode.mu,
      state.flatCode.logvar.map((value) => Math.exp(0.5 * value)),
    ].map((pair) =>
      Array.from(pair, (value) => value.toFixed(2).replace("-", "\u2212")).join(", "),
    );
    part(".gauss").textContent = `① its Gaussian, the ring: mu ${mu}; ③ sigma ${sigma}`;
    map.setAttribute(
      "aria-label",
      `Codes of ${labels.length} test images; in them the Gaussian of ${name}, mu ${mu}, sigma ${sigma}`,
    );
    drawn.setAttribute("aria-label", `What the decoder draws from a z of ${name}`);
    tremble();
    say(far || `${name}: its code lies among those of ${digit}. ${part(".cost").textContent}`);
  }

  const paper = sheet(canvas(".sheet"), (strokes) => show(toMnist(strokes), "your digit"));
  /** A digit's number, or the strokes of a drawing: 70,30 70,120;20,30 ... */
  const share = {
    get: () => (state.name === "your digit" ? paper.written() : String(state.index)),
    set: (/** @type {string} */ text) => {
      if (text.includes(",")) paper.draw(text);
      else if (images[Number(text)]) pick(Number(text));
    },
  };

  /** @param {number} index */
  function pick(index) {
    state.index = index;
    paper.empty();
    paint(canvas(".sheet"), images[index]);
    show(images[index], `a ${data.shown[index]}`);
  }

  let timer = 0;
  /** @param {boolean} playing */
  function play(playing) {
    part(".run").textContent = playing ? "Pause" : "Move";
    clearInterval(timer);
    timer = playing
      ? window.setInterval(() => {
          if (map.clientWidth) tremble();
        }, 500)
      : 0;
  }
  part(".run").addEventListener("click", () => play(!timer));
  part(".next").addEventListener("click", () => pick((state.index + 1) % images.length));
  part(".clear").addEventListener("click", () => {
    paper.empty();
    state.name = "";
    blank();
    say("The sheet is empty.");
  });
  still.addEventListener("change", () => play(!still.matches));
  pick(0);
  inEveryTheme(tremble);
  play(!still.matches);
  return { state, say, share };
}
