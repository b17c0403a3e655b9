// Act 7: from the prior. Where draws land among the codes; and why drawings are blurry: the decoder
// returns means, and what a pixel may be beside its mean is thrown away.
import { decode, generator, normal, sigmoid, uniform } from "../engine.js";
import { SIDE, onMap, paintCodes, paintCross } from "../map.js";
import { dots, flat, labels } from "../models.js";
import { element, guess, inEveryTheme, number, open, paint } from "../page.js";

const MARKUP = `
  <p class="ask">Twelve z from the standard normal: how many land near a code?</p>
  <div class="buttons guess"></div>
  <div class="line duo"><div class="part"><canvas class="map guess" width="${SIDE}" height="${SIDE}" tabindex="0" role="application"></canvas><span>codes of 1,000 test images, and the twelve z: drag one, or use arrow keys</span></div>
    <div class="part own"><div class="twelve"></div><span>the twelve, decoded; blue: the blue cross</span></div></div>
  <p class="told" role="status"></p>
  <div class="buttons"><button type="button" class="again">Draw twelve z</button></div>
  <hr>
  <p class="ask">Why are they blurry? The blue one, in three ways:</p>
  <div class="line trio"><div class="part"><canvas class="ink means" width="112" height="112" role="img" aria-label="What the decoder returns for z"></canvas><span>what the decoder returns: means</span></div>
    <div class="part"><canvas class="ink coins" width="112" height="112" role="img" aria-label="A draw of black and white pixels"></canvas><span>a coin for each pixel</span></div>
    <div class="part"><canvas class="ink greys" width="112" height="112" role="img" aria-label="A draw with normal noise on each pixel"></canvas><span class="grey"></span></div></div>
  <label class="dial">Pixels that are normal, with one sigma: <output></output> <input type="range" class="pixel" min="0" max="0.5" step="0.02" value="0.2"></label>
  <p class="note">What z does not say, the mean blurs. A draw adds noise to each pixel by itself, and is no sharper. A smaller sigma makes a wrong pixel dearer, and the KL count less.</p>`;

/** @param {Element} host */
export function prior(host) {
  const { part, parts, canvas, input, say } = open(host, MARKUP);
  const map = canvas(".map");
  const state = { seed: 0, z: /** @type {number[][]} */ ([]), last: 0, among: 0 };
  part(".twelve").append(
    ...Array.from({ length: 12 }, () =>
      element("canvas", { class: "ink", width: 56, height: 56, role: "img" }),
    ),
  );

  /** How far the nearest code of a test image is. @param {number[]} z */
  const away = (z) => {
    let least = Infinity;
    for (let i = 0; i < dots.length; i += 2)
      least = Math.min(least, Math.hypot(dots[i] - z[0], dots[i + 1] - z[1]));
    return least;
  };

  function redraw() {
    paintCodes(map, dots, labels);
    state.z.forEach((z, i) => paintCross(map, z, i === state.last));
  }

  function show() {
    redraw();
    parts(".twelve canvas").forEach((picture, i) => {
      paint(
        /** @type {HTMLCanvasElement} */ (picture),
        sigmoid(decode(flat, Float32Array.from(state.z[i]))),
      );
      picture.setAttribute("aria-label", `z number ${i + 1}, decoded`);
      picture.classList.toggle("right", i === state.last);
    });
    state.among = state.z.filter((z) => away(z) < 0.2).length;
    part(".told").textContent =
      `${state.among} of 12 lie within 0.2 of a code; the nearest to the blue one is ${number(away(state.z[state.last]))} away. Between the codes of two digits lies what is neither.`;
    map.setAttribute("aria-label", `A map of codes with twelve z. ${part(".told").textContent}`);
    pixels();
  }

  function pixels() {
    const means = sigmoid(decode(flat, Float32Array.from(state.z[state.last])));
    const sigma = Number(input(".pixel").value);
    paint(canvas(".means"), means);
    paint(
      canvas(".coins"),
      means.map((p) => Number(uniform() < p)),
    );
    paint(
      canvas(".greys"),
      means.map((p) => Math.max(0, Math.min(1, p + sigma * normal()))),
    );
    part(".dial output").textContent = number(sigma);
    part(".grey").textContent = `a draw with sigma ${number(sigma)}`;
  }

  /** The same seed draws the same. */
  function draw(seed = Math.floor(1e9 * uniform())) {
    const from = generator(seed);
    const one = () => Math.sqrt(-2 * Math.log(1 - from())) * Math.cos(2 * Math.PI * from());
    Object.assign(state, { seed, last: 0, z: Array.from({ length: 12 }, () => [one(), one()]) });
    show();
  }

  /** @param {number[]} to */
  function move(to) {
    state.z[state.last] = to.map((value) => Math.max(-4, Math.min(4, value)));
    show();
  }
  map.addEventListener("pointerdown", (event) => {
    const at = onMap(map, event);
    const far = state.z.map(([x, y]) => Math.hypot(x - at[0], y - at[1]));
    state.last = far.indexOf(Math.min(...far));
    map.setPointerCapture(event.pointerId);
    move(at);
  });
  map.addEventListener("pointermove", (event) => {
    if (map.hasPointerCapture(event.pointerId)) move(onMap(map, event));
  });
  map.addEventListener("keydown", (event) => {
    const step = {
      ArrowLeft: [-0.1, 0],
      ArrowRight: [0.1, 0],
      ArrowUp: [0, 0.1],
      ArrowDown: [0, -0.1],
    }[event.key];
    if (!step) return;
    event.preventDefault();
    move(state.z[state.last].map((value, k) => value + step[k]));
  });
  guess(
    part(".guess"),
    ["few", "half", "nearly all"],
    () => `Within 0.2 of one: ${state.among} of 12. Are as many clear?`,
  );
  part(".again").addEventListener("click", () => draw());
  input(".pixel").addEventListener("input", pixels);
  draw();
  inEveryTheme(redraw);
  const share = {
    get: () => String(state.seed),
    set: (/** @type {string} */ text) => {
      if (/^\d+$/.test(text)) draw(Number(text));
    },
  };
  return { state, say, share };
}
