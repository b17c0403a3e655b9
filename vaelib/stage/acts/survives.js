// Act 2: what survives the noise? One z, five images: which one is it from? Then the noise as a
// dial, what it costs in each dimension, and the same decoder with mu and sigma unplugged.
import { decode, encode, generator, normal, sample, sigmoid, uniform } from "../engine.js";
import { data, images, meanImage, wide } from "../models.js";
import { element, open, paint } from "../page.js";

const MARKUP = `
  <p class="ask">The decoder drew this from one z. Which of the five images is the z from?</p>
  <div class="choose"><div class="part"><canvas class="ink drawn" width="112" height="112" role="img" aria-label="What the decoder makes of one z"></canvas><span>from one z</span></div>
    <div class="five"></div></div>
  <p class="told" role="status"></p>
  <div class="buttons"><button type="button" class="again">Another z</button></div>
  <hr>
  <label class="dial">Noise: z = mu + <output>1.0</output> sigma eps, eps from the standard normal <input type="range" class="noise" min="0" max="3" step="0.1" value="1"></label>
  <label><input type="checkbox" class="plug"> pull the plug: z = eps, without mu and sigma</label>
  <div class="strip"><div class="part"><canvas class="ink own" width="84" height="84" role="img"></canvas><span>the image</span></div>
    ${["one z, decoded", "another", "a third"].map((name, i) => `<div class="part"><canvas class="ink z${i}" width="84" height="84" role="img"></canvas><span>${name}</span></div>`).join("")}
    <div class="part mean" hidden><canvas class="ink" width="84" height="84" role="img" aria-label="The mean of all training images"></canvas><span>all that a decoder trained so can learn</span></div></div>
  <p class="said" role="status"></p>
  <details><summary>What does the noise cost?</summary><p>In each dimension about half of 1 − sigma². Blue bars: that; red bars: what the drawings lost when only this dimension was noisy.</p>
    <div class="price" role="img"></div><p class="priced"></p></details>`;

/** @param {import("../engine.js").Gaussian} q @param {Float32Array} z log q(z), but for a constant */
const logDensity = ({ mu, logvar }, z) =>
  z.reduce(
    (all, value, i) => all - 0.5 * (logvar[i] + (value - mu[i]) ** 2 / Math.exp(logvar[i])),
    0,
  );

/** @param {Element} host */
export function survives(host) {
  const { part, parts, canvas, input, say } = open(host, MARKUP);
  const state = {
    seed: 0,
    five: /** @type {number[]} */ ([]),
    own: 0,
    answered: false,
    found: false,
    rounds: 0,
    right: 0,
    machine: 0,
  };

  const five = part(".five");
  for (let i = 0; i < 5; i++) {
    const button = element(
      "button",
      { type: "button" },
      element("canvas", { class: "ink", width: 84, height: 84, role: "img" }),
      String(i + 1),
    );
    button.addEventListener("click", () => choose(i));
    five.append(button);
  }

  /** A question; the same seed asks the same. */
  function ask(seed = Math.floor(1e9 * uniform())) {
    const from = generator(seed);
    const rows = new Set([Math.floor(images.length * from())]);
    while (rows.size < 5) rows.add(Math.floor(images.length * from()));
    Object.assign(state, { seed, five: [...rows], own: Math.floor(5 * from()), answered: false });
    const codes = state.five.map((row) => encode(wide, images[row]));
    const z = sample(codes[state.own], 1, from);
    const densities = codes.map((q) => logDensity(q, z));
    state.found = densities.indexOf(Math.max(...densities)) === state.own;
    paint(canvas(".choose .drawn"), sigmoid(decode(wide, z)));
    parts(".five canvas").forEach((picture, i) => {
      paint(/** @type {HTMLCanvasElement} */ (picture), images[state.five[i]]);
      picture.setAttribute("aria-label", `Image ${i + 1}, a ${data.shown[state.five[i]]}`);
    });
    parts(".five button").forEach((button) => button.removeAttribute("class"));
    part(".told").textContent = "";
  }

  /** @param {number} i */
  function choose(i) {
    if (state.answered) return;
    Object.assign(state, {
      answered: true,
      rounds: state.rounds + 1,
      right: state.right + Number(i === state.own),
      machine: state.machine + Number(state.found),
    });
    parts(".five button")[state.own].className = "right";
    part(".told").textContent =
      `${i === state.own ? "Yes" : `No: it is from image ${state.own + 1}`}. ` +
      `You: ${state.right} of ${state.rounds}. The rule "the Gaussian in which this z is likeliest": ${state.machine} of ${state.rounds}; ` +
      `among all 1,000 test images it finds ${(100 * data.found).toFixed(0)} %.`;
  }

  function noisy() {
    const noise = Number(input(".noise").value);
    const plug = input(".plug").checked;
    const image = images[state.five[state.own]];
    const q = encode(wide, image);
    paint(canvas(".own"), image);
    canvas(".own").setAttribute("aria-label", "The image");
    for (let i = 0; i < 3; i++) {
      const z = plug ? q.mu.map(normal) : sample(q, noise);
      paint(canvas(`.z${i}`), sigmoid(decode(wide, z)));
      canvas(`.z${i}`).setAttribute("aria-label", `What the decoder makes of z number ${i + 1}`);
    }
    part(".dial output").textContent = noise.toFixed(1);
    part(".mean").hidden = !plug;
    input(".noise").disabled = plug; // it would change nothing
    part(".said").textContent = plug
      ? "Now z knows nothing of the image: this decoder draws some digit or none. This is the noise that the question was about, and no VAE decodes it to get its input back."
      : noise > 1.5
        ? "With more noise than it was trained on, z leaves the image's own Gaussian, and the drawing goes astray."
        : "As trained, the noise moves z within the image's own Gaussian: the drawings are alike.";
  }

  const { predicted, measured } = data.price;
  const bars = part(".price");
  predicted.forEach((value, k) =>
    bars.append(
      element("i", { class: "rec", style: `height:${80 * value}px` }),
      element("i", { class: "kl", style: `height:${80 * measured[k]}px` }),
    ),
  );
  const add = (/** @type {number[]} */ values) =>
    values.reduce((all, value) => all + value, 0).toFixed(1);
  part(".priced").textContent =
    `All ${predicted.length} dimensions: ${add(predicted)} nats predicted, ${add(measured)} measured one at a time.`;
  bars.setAttribute("aria-label", part(".priced").textContent ?? "");

  part(".again").addEventListener("click", () => {
    ask();
    noisy();
  });
  input(".noise").addEventListener("input", noisy);
  input(".plug").addEventListener("change", noisy);
  paint(canvas(".mean canvas"), meanImage);
  ask();
  noisy();
  const share = {
    get: () => String(state.seed),
    set: (/** @type {string} */ text) => {
      if (/^\d+$/.test(text)) ask(Number(text));
      noisy();
    },
  };
  return { state, say, share };
}
