// Made by `make stage` from the modules in vaelib/stage: change those.
"use strict";
(() => {
const modules = {};
modules["engine"] = (() => {
// The networks, as in vaelib.models, with the weights of large layers in int8; costs in nats;
// and noise from a seed, so that every reader starts from the same picture.

/** @typedef {{weight: Float32Array | Int8Array, scale: Float32Array | null, bias: Float32Array}} Layer */
/** @typedef {{weight: string, scale: string | null, bias: string}} PackedLayer */
/** @typedef {{[name: string]: Layer}} Model */
/** @typedef {{mu: Float32Array, logvar: Float32Array}} Gaussian */

/** @param {string} base64 */
function bytes(base64) {
  const letters = atob(base64);
  const values = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) values[i] = letters.charCodeAt(i);
  return values;
}

/** @param {string} base64 */
const floats = (base64) => new Float32Array(bytes(base64).buffer);

/** @param {{[name: string]: PackedLayer}} layers @returns {Model} */
function readModel(layers) {
  return Object.fromEntries(
    Object.entries(layers).map(([name, { weight, scale, bias }]) => [
      name,
      {
        weight: scale === null ? floats(weight) : new Int8Array(bytes(weight).buffer),
        scale: scale === null ? null : floats(scale), // one factor for each row
        bias: floats(bias),
      },
    ]),
  );
}

/** @param {Layer} layer @param {Float32Array} x */
function linear({ weight, scale, bias }, x) {
  const out = new Float32Array(bias.length);
  for (let row = 0, at = 0; row < out.length; row++) {
    let sum = 0;
    for (let i = 0; i < x.length; i++, at++) sum += weight[at] * x[i];
    out[row] = sum * (scale ? scale[row] : 1) + bias[row];
  }
  return out;
}

/** @param {Float32Array} x */
const relu = (x) => x.map((value) => Math.max(0, value));

/** @param {Float32Array} logits */
const sigmoid = (logits) => logits.map((value) => 1 / (1 + Math.exp(-value)));

/** @param {Model} model @param {Float32Array} image @returns {Gaussian} */
function encode(model, image) {
  const features = relu(linear(model.features, image));
  return { mu: linear(model.mu, features), logvar: linear(model.logvar, features) };
}

/** @param {Model} model @param {Float32Array} z */
const decode = (model, z) => linear(model.logits, relu(linear(model.code, z)));

/** @param {ArrayLike<number>} values */
const total = (values) => Array.from(values).reduce((sum, value) => sum + value, 0);

/** @param {ArrayLike<number>} values */
const mean = (values) => total(values) / values.length;

/** Minus the log-probability of the pixels, from logits. @param {Float32Array} logits @param {Float32Array} image */
function reconstruction(logits, image) {
  let cost = 0;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i];
    cost += Math.max(logit, 0) - logit * image[i] + Math.log1p(Math.exp(-Math.abs(logit)));
  }
  return cost;
}

/** @param {number} mu @param {number} logvar */
const klOfOne = (mu, logvar) => 0.5 * (mu * mu + (Math.expm1(logvar) - logvar));

/** @param {Gaussian} q */
const kl = ({ mu, logvar }) => total(mu.map((m, i) => klOfOne(m, logvar[i])));

/**
 * The Gaussian that some images share in a model of two dimensions, and the parts of its variance.
 * @param {ArrayLike<number>} mus of all images, one pair after the other @param {ArrayLike<number>} logvars
 * @param {number[]} rows which of them
 */
function pooled(mus, logvars, rows) {
  const sides = [0, 1].map((k) => {
    const middle = mean(rows.map((row) => mus[2 * row + k]));
    return {
      middle,
      between: mean(rows.map((row) => (mus[2 * row + k] - middle) ** 2)),
      within: mean(rows.map((row) => Math.exp(logvars[2 * row + k]))),
    };
  });
  return {
    mu: Float32Array.from(sides, ({ middle }) => middle),
    logvar: Float32Array.from(sides, ({ between, within }) => Math.log(between + within)),
    between: mean(sides.map(({ between }) => between)),
    within: mean(sides.map(({ within }) => within)),
  };
}

/** Numbers from 0 to 1, the same for every reader of a seed (mulberry32). @param {number} seed */
const generator = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const uniform = generator(7);
/** One number of the standard normal, out of two even ones. @param {() => number} from */
const bell = (from) => Math.sqrt(-2 * Math.log(1 - from())) * Math.cos(2 * Math.PI * from());
const normal = () => bell(uniform);

/** One z of a Gaussian; its noise may be made larger or smaller. @param {Gaussian} q @param {number} [noise] @param {() => number} [from] */
const sample = ({ mu, logvar }, noise = 1, from = uniform) =>
  mu.map((m, i) => m + noise * Math.exp(0.5 * logvar[i]) * bell(from));
return { bytes, floats, readModel, sigmoid, encode, decode, total, mean, reconstruction, klOfOne, kl, pooled, generator, uniform, normal, sample };
})();
modules["mnist"] = (() => {
// Drawings, made into what MNIST's makers would have scanned.

/** @typedef {[number, number]} Point */
/** @typedef {Point[][]} Strokes */

const PEN = 21; // tenths of a pixel: ink over length of line, the mean of 150 MNIST digits

/** @param {Strokes} strokes @param {number} scale @param {number[]} centre */
function redraw(strokes, scale, [x0, y0]) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 280;
  const context = /** @type {CanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  Object.assign(context, { lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(140 + scale * (stroke[0][0] - x0), 140 + scale * (stroke[0][1] - y0));
    for (const [x, y] of stroke) context.lineTo(140 + scale * (x - x0), 140 + scale * (y - y0));
    context.stroke();
  }
  return context.getImageData(0, 0, 280, 280).data;
}

/** The longer side becomes 20 pixels, the pen 2.1, and the centre of mass the picture's. @param {Strokes} strokes */
function toMnist(strokes) {
  const points = strokes.flat();
  const sides = [0, 1].map((axis) => points.map((point) => point[axis]));
  const low = sides.map((side) => Math.min(...side));
  const high = sides.map((side) => Math.max(...side));
  const extent = Math.max(high[0] - low[0], high[1] - low[1], 40); // a dot stays a dot
  const scale = (200 - PEN) / extent;
  let centre = low.map((value, axis) => (value + high[axis]) / 2);
  const ink = redraw(strokes, scale, centre);
  let [mass, x, y] = [0, 0, 0];
  for (let at = 0; at < 280 * 280; at++) {
    mass += ink[4 * at + 3];
    x += ink[4 * at + 3] * (at % 280);
    y += ink[4 * at + 3] * Math.floor(at / 280);
  }
  // MNIST's digits have their centre of mass in the middle of pixel 14, counted from 0.
  centre = [centre[0] + (x / mass - 145) / scale, centre[1] + (y / mass - 145) / scale];
  const moved = redraw(strokes, scale, centre);
  const values = new Float32Array(784);
  for (let at = 0; at < 280 * 280; at++) {
    const row = Math.floor(at / 2800);
    values[28 * row + Math.floor((at % 280) / 10)] += moved[4 * at + 3] / 25500;
  }
  return values.map((value) => Math.min(1, value));
}
return { toMnist };
})();
modules["page"] = (() => {
// Elements, words, and images painted on canvases.

/** @param {string} tag @param {{[name: string]: string | number}} [attributes] @param {(Node | string)[]} children */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/**
 * Fill a host with an act's markup; what stood there stays for paper and for pages without scripts.
 * @param {Element} host @param {string} markup
 */
function open(host, markup) {
  const fallback = element("div", { class: "fallback" }, ...host.childNodes);
  const app = element("div", { class: "app" });
  app.innerHTML = `${markup}<p class="live" role="status"></p>`;
  host.append(fallback, app);
  return {
    /** @param {string} name */
    part: (name) => /** @type {HTMLElement} */ (app.querySelector(name)),
    /** @param {string} name */
    parts: (name) => /** @type {HTMLElement[]} */ ([...app.querySelectorAll(name)]),
    /** @param {string} name */
    canvas: (name) => /** @type {HTMLCanvasElement} */ (app.querySelector(name)),
    /** @param {string} name */
    input: (name) => /** @type {HTMLInputElement} */ (app.querySelector(name)),
    /** What a screen reader says. @param {string} text */
    say: (text) => {
      /** @type {HTMLElement} */ (app.querySelector(".live")).textContent = text;
    },
  };
}

/**
 * Buttons for a guess, which counts once, and what is said of it.
 * @param {HTMLElement} row @param {string[]} options @param {(guess: string) => string} answer
 */
function guess(row, options, answer) {
  const said = element("span", { role: "status" });
  row.append(
    "Your guess: ",
    ...options.map((option) => {
      const button = element("button", { type: "button" }, option);
      button.addEventListener("click", () => {
        if (!said.textContent) said.textContent = `You said ${option}. ${answer(option)}`;
      });
      return button;
    }),
    said,
  );
}

/** @param {HTMLCanvasElement} canvas */
const brush = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/** The page's theme: the book's, JupyterLab's, VS Code's, Colab's, else the system's. */
function isDark() {
  const [root, body] = [document.documentElement, document.body];
  const said = root.dataset.theme ?? root.getAttribute("theme") ?? body.dataset.vscodeThemeKind;
  if (said) return /dark/.test(said);
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Do something now and whenever the page's theme changes. @param {() => void} act */
function inEveryTheme(act) {
  const update = () => {
    for (const host of document.querySelectorAll(".vae-stage"))
      host.classList.toggle("dark", isDark());
    act();
  };
  update();
  const attributeFilter = ["data-theme", "theme", "data-jp-theme-light", "data-vscode-theme-kind"];
  const observer = new MutationObserver(update);
  observer.observe(document.documentElement, { attributeFilter });
  observer.observe(document.body, { attributeFilter });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
}

/** Pixels are ink: black with an alpha. The style turns them white in the dark. @param {HTMLCanvasElement} canvas @param {Float32Array} values */
function paint(canvas, values) {
  const small = /** @type {HTMLCanvasElement} */ (element("canvas", { width: 28, height: 28 }));
  const picture = new ImageData(28, 28);
  values.forEach((value, i) => {
    picture.data[4 * i + 3] = Math.round(255 * value);
  });
  brush(small).putImageData(picture, 0, 0);
  const context = brush(canvas);
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
}

/** A font of 12 pixels on the screen, however wide the canvas is shown. @param {HTMLCanvasElement} canvas */
const textSize = (canvas) =>
  `${Math.round((12 * canvas.width) / (canvas.clientWidth || canvas.width))}px sans-serif`;

/** Values from step to step, from 0 up. @param {HTMLCanvasElement} canvas @param {number[]} values @param {number} [least] how many steps the axis has at least */
function paintCurve(canvas, values, least = 1) {
  const context = brush(canvas);
  const { color } = getComputedStyle(canvas);
  const top = Math.max(...values, 1e-9) * 1.05;
  context.clearRect(0, 0, canvas.width, canvas.height);
  Object.assign(context, {
    strokeStyle: color,
    fillStyle: color,
    lineWidth: 2,
    font: textSize(canvas),
  });
  context.textBaseline = "top";
  context.fillText(top.toFixed(top < 10 ? 1 : 0), 4, 4);
  context.textBaseline = "alphabetic";
  context.fillText("0", 4, canvas.height - 4);
  const left = context.measureText("0000").width;
  context.beginPath();
  values.forEach((value, i) =>
    context.lineTo(
      left + (i * (canvas.width - left - 4)) / Math.max(least, values.length - 1),
      canvas.height * (1 - value / top),
    ),
  );
  context.stroke();
}

/** Two parts of a number, rounded before they are added: they add up to the digit shown. @param {number[]} parts @param {number} [digits] */
function sum(parts, digits = 1) {
  const shown = parts.map((part) => Math.round(part * 10 ** digits) / 10 ** digits);
  return { shown, sum: (shown[0] + shown[1]).toFixed(digits) };
}

/** A number as it is written: with a true minus, and no minus before zero. @param {number} value @param {number} [digits] */
const number = (value, digits = 2) =>
  value
    .toFixed(digits)
    .replace(/^-(?=[0.]*$)/, "")
    .replace("-", "\u2212");
return { element, open, guess, brush, inEveryTheme, paint, textSize, paintCurve, sum, number };
})();
modules["models"] = (() => {
// What models.js, a classic script that `make models` writes, holds: models, codes and images.
const { bytes, floats, readModel } = modules["engine"];

/**
 * @typedef {object} Packed
 * @property {{[name: string]: import("./engine.js").PackedLayer}} wide
 * @property {{[name: string]: import("./engine.js").PackedLayer} | null} flat null: the same
 * @property {string} codes
 * @property {number} step
 * @property {string} digits
 * @property {string} dots
 * @property {string} spreads
 * @property {string} labels
 * @property {string} images
 * @property {string} mean
 * @property {number[]} shown
 * @property {number} far
 * @property {number} found
 * @property {number} between
 * @property {number} within
 * @property {{predicted: number[], measured: number[]}} price
 * @property {{own: number, kl: number, mean: number}} cost
 */

const data = /** @type {Packed} */ (/** @type {any} */ (window).VAE_STAGE_MODELS);

const wide = readModel(data.wide); // drawings and costs: 20 dimensions in the book
const flat = data.flat ? readModel(data.flat) : wide; // 2 dimensions: the map
const dimensions = wide.mu.bias.length;
const dots = floats(data.dots); // mu of test images in the flat model
const spreads = floats(data.spreads); // and their logvar
const labels = bytes(data.labels);
// mu of training images in the wide model: what a drawing is read by
const codes = new Float32Array(new Int8Array(bytes(data.codes).buffer)).map(
  (code) => code * data.step,
);
const digits = bytes(data.digits);

/** @param {string} base64 */
function pictures(base64) {
  const pixels = bytes(base64);
  return Array.from({ length: pixels.length / 784 }, (_, i) =>
    new Float32Array(pixels.subarray(784 * i, 784 * (i + 1))).map((value) => value / 255),
  );
}
const images = pictures(data.images);
const meanImage = pictures(data.mean)[0];

/** The digit of most of the five nearest codes, and the distance to the nearest. @param {Float32Array} mu */
function read(mu) {
  const found = Array.from(digits, (label, row) => {
    let square = 0;
    for (let k = 0; k < mu.length; k++) square += (codes[row * mu.length + k] - mu[k]) ** 2;
    return { distance: Math.sqrt(square), label };
  })
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 5);
  const votes = found.map(({ label }) => found.filter((other) => other.label === label).length);
  return { digit: found[votes.indexOf(Math.max(...votes))].label, distance: found[0].distance };
}
return { data, wide, flat, dimensions, dots, spreads, labels, images, meanImage, read };
})();
modules["share"] = (() => {
// What stands on an act, as a link that brings it back, and as an image.
const { element } = modules["page"];

/** @typedef {{get: () => string, set: (text: string) => void}} Share what an act shows beyond its controls, as text; a text from elsewhere may be anything */
/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/** An act's controls by name. @param {Element} app @returns {[string, Control][]} */
const controls = (app) =>
  [...app.querySelectorAll("input, select, textarea")].map((control) => [
    control.className || control.closest("form")?.className || control.tagName.toLowerCase(),
    /** @type {Control} */ (control),
  ]);

/** @param {Control} control */
const isTick = (control) => /** @type {HTMLInputElement} */ (control).type === "checkbox";

/** The fragment that brings an act back. @param {Element} app @param {string} number @param {Share} [share] */
function fragment(app, number, share) {
  const found = new URLSearchParams({ act: number });
  if (share) found.set("state", share.get());
  for (const [name, control] of controls(app)) {
    found.set(
      name,
      isTick(control) ? String(/** @type {HTMLInputElement} */ (control).checked) : control.value,
    );
  }
  return `#${found}`;
}

/** @param {Element} app @param {URLSearchParams} wanted @param {Share} [share] */
function restore(app, wanted, share) {
  share?.set(wanted.get("state") ?? "");
  for (const [name, control] of controls(app)) {
    const value = wanted.get(name);
    if (value === null) continue;
    if (isTick(control)) /** @type {HTMLInputElement} */ (control).checked = value === "true";
    else control.value = value;
    for (const type of ["input", "change"])
      control.dispatchEvent(new Event(type, { bubbles: true }));
  }
}

/** Lines of text as they stand on the screen: words in one row are one line. @param {Text} node */
function lines(node) {
  /** @type {{text: string, x: number, y: number, height: number}[]} */
  const found = [];
  const range = document.createRange();
  for (const { 0: word, index } of (node.textContent ?? "").matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const { left, top, height } = range.getBoundingClientRect();
    const last = found[found.length - 1];
    if (last && Math.abs(last.y - top) < 2) last.text += ` ${word}`;
    else found.push({ text: word, x: left, y: top, height });
  }
  return found;
}

/** An act as it stands on the screen. @param {HTMLElement} app */
function picture(app) {
  const frame = app.getBoundingClientRect();
  const made = document.createElement("canvas");
  const context = /** @type {CanvasRenderingContext2D} */ (made.getContext("2d"));
  [made.width, made.height] = [2 * frame.width, 2 * frame.height];
  context.setTransform(2, 0, 0, 2, -2 * frame.left, -2 * frame.top);
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  if (/, 0\)$|transparent/.test(context.fillStyle) || !context.fillStyle)
    context.fillStyle = "#fff";
  context.fillRect(frame.left, frame.top, frame.width, frame.height);
  /** @param {Element} part */
  function draw(part) {
    const box = part.getBoundingClientRect();
    const style = getComputedStyle(part);
    if (!box.width || part.matches(".live, .shares, .tabs") || style.visibility === "hidden")
      return;
    context.fillStyle = style.backgroundColor;
    context.fillRect(box.left, box.top, box.width, box.height);
    if (part instanceof HTMLCanvasElement) {
      context.filter = style.filter;
      context.drawImage(part, box.left, box.top, box.width, box.height);
      context.filter = "none";
      Object.assign(context, { strokeStyle: style.borderColor, lineWidth: 1 });
      context.strokeRect(box.left, box.top, box.width, box.height);
    }
    for (const child of part.childNodes) {
      if (child instanceof Element) draw(child);
      if (!(child instanceof Text)) continue;
      Object.assign(context, { font: style.font, fillStyle: style.color, textBaseline: "middle" });
      for (const { text, x, y, height } of lines(child)) context.fillText(text, x, y + height / 2);
    }
  }
  draw(app);
  return made;
}

/**
 * Buttons under an act that copy it.
 * @param {Element} host @param {string} number @param {(text: string) => void} say @param {Share} [share]
 */
function shares(host, number, say, share) {
  const app = /** @type {HTMLElement} */ (host.querySelector(".app"));
  const link = element("button", { type: "button", class: "link" }, "Copy link");
  const image = element("button", { type: "button", class: "image" }, "Copy as image");
  const said = element("span", {});
  /** @param {string} text */
  const tell = (text) => {
    said.textContent = text;
    say(text);
  };
  link.addEventListener("click", async () => {
    history.replaceState(null, "", fragment(app, number, share));
    await navigator.clipboard.writeText(location.href).then(
      () => tell("Copied: the link brings back what stands here."),
      () => tell("The address of this page now brings back what stands here."),
    );
  });
  image.addEventListener("click", async () => {
    const made = picture(app);
    const blob = await new Promise((done) => made.toBlob(done));
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
      tell("Copied as an image.");
    } catch {
      // no clipboard, or not allowed: a file instead
      element("a", { href: made.toDataURL(), download: `stage-${number}.png` }).click();
      tell("Saved as an image.");
    }
  });
  // A notebook's address brings nothing back.
  const ways = host.closest(".notebook") ? [image] : [link, image];
  app.append(element("div", { class: "shares" }, ...ways, said));
}
return { fragment, restore, picture, shares };
})();
modules["map"] = (() => {
// The map of codes: eight units wide, with rings, dots and a cross on it.
const { brush } = modules["page"];

const COLOURS = [
  "#5b4bb5",
  "#2d8fc0",
  "#2f9e8b",
  "#2f9448",
  "#8a8a1f",
  "#a58420",
  "#cc5566",
  "#b0386f",
  "#aa4499",
  "#7a7f87",
]; // the digits 0 to 9
const SIDE = 440; // of the map's canvas, for 4 units each way

/** @param {number} x @param {number} y @returns {[number, number]} */
const place = (x, y) => [SIDE / 2 + (x * SIDE) / 8, SIDE / 2 - (y * SIDE) / 8];

/** Where on the map a pointer is, as fine as a link writes it. @param {HTMLCanvasElement} canvas @param {PointerEvent} event */
function onMap(canvas, { clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  return [(clientX - box.left) / box.width - 0.5, 0.5 - (clientY - box.top) / box.height].map(
    (share) => Math.round(800 * share) / 100,
  );
}

/** Codes of images, coloured by digit. @param {HTMLCanvasElement} canvas @param {Float32Array} codes @param {Uint8Array} labels */
function paintCodes(canvas, codes, labels) {
  const context = brush(canvas);
  context.clearRect(0, 0, SIDE, SIDE);
  context.globalAlpha = 0.6;
  const middles = COLOURS.map(() => /** @type {number[][]} */ ([[], []]));
  labels.subarray(0, codes.length / 2).forEach((label, row) => {
    const [x, y] = place(codes[2 * row], codes[2 * row + 1]);
    middles[label][0].push(x);
    middles[label][1].push(y);
    context.fillStyle = COLOURS[label];
    context.fillRect(x - 2, y - 2, 4, 4);
  });
  context.globalAlpha = 1;
  Object.assign(context, { textAlign: "center", textBaseline: "middle", lineJoin: "round" });
  const surface = getComputedStyle(canvas).backgroundColor;
  Object.assign(context, { font: "bold 30px sans-serif", lineWidth: 6, strokeStyle: surface });
  middles.forEach((sides, label) => {
    if (!sides[0].length) return;
    const [x, y] = sides.map((side) => side.sort((a, b) => a - b)[side.length >> 1]);
    context.strokeText(String(label), x, y);
    context.fillStyle = COLOURS[label];
    context.fillText(String(label), x, y);
  });
}

/** A Gaussian to two sigma, with a letter. @param {HTMLCanvasElement} canvas @param {import("./engine.js").Gaussian} q @param {string} [name] */
function paintRing(canvas, { mu, logvar }, name = "") {
  const context = brush(canvas);
  const { color, backgroundColor } = getComputedStyle(canvas);
  const [x, y] = place(mu[0], mu[1]);
  const [wide, high] = Array.from(logvar, (value) =>
    Math.max(3, (Math.exp(0.5 * value) * SIDE) / 4),
  );
  for (const [colour, width] of [
    [backgroundColor, 9],
    [color, 4],
  ]) {
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.beginPath();
    context.ellipse(x, y, wide, high, 0, 0, 2 * Math.PI);
    context.stroke();
  }
  Object.assign(context, { strokeStyle: backgroundColor, lineWidth: 6, fillStyle: color });
  context.strokeText(name, x + wide + 18, y);
  context.fillText(name, x + wide + 18, y);
}

/** @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} z */
function paintDot(canvas, z) {
  const context = brush(canvas);
  context.fillStyle = getComputedStyle(canvas).color;
  context.beginPath();
  context.arc(...place(z[0], z[1]), 6, 0, 2 * Math.PI);
  context.fill();
}

/** Where the reader's guess is: a cross. @param {HTMLCanvasElement} canvas @param {number[]} at @param {boolean} [blue] */
function paintCross(canvas, at, blue = false) {
  const context = brush(canvas);
  const [x, y] = place(at[0], at[1]);
  Object.assign(context, {
    strokeStyle: blue ? "#2d8fc0" : getComputedStyle(canvas).color,
    lineWidth: blue ? 9 : 4,
  });
  context.beginPath();
  for (const [dx, dy] of [
    [12, 12],
    [12, -12],
  ]) {
    context.moveTo(x - dx, y - dy);
    context.lineTo(x + dx, y + dy);
  }
  context.stroke();
}
return { SIDE, onMap, paintCodes, paintRing, paintDot, paintCross };
})();
modules["points"] = (() => {
// What points.js, a classic script that `make points` writes, holds: no weights, but what was seen.
const { brush } = modules["page"];

/**
 * @typedef {object} Evidence
 * @property {number[]} loss as its training reported it, for each epoch
 * @property {number} reconstruction
 * @property {number} kl
 * @property {number} sigma
 * @property {boolean} same whether two calls gave the same z
 * @property {string} codes
 * @property {number[]} widths of five Gaussians
 * @property {string} samples
 */
/** @typedef {Evidence & {name: string, line: string, seen: string, cure: string}} Patient */
/** @typedef {{beta: number, label: string, rate: number, distortion: number, pictures: string}} Point */
/** @typedef {{step: number, labels: string, clinic: {healthy: Evidence, patients: Patient[], found: number, of: number}, knob: Point[]}} Points */

/** @returns {Points} */
const points = () => /** @type {any} */ (window).VAE_STAGE_POINTS;

/** The pixels of a PNG, light where there is ink. @param {string} source */
async function pixels(source) {
  const picture = new Image();
  picture.src = source;
  await picture.decode();
  const canvas = document.createElement("canvas");
  const { width, height } = Object.assign(canvas, { width: picture.width, height: picture.height });
  brush(canvas).drawImage(picture, 0, 0);
  return brush(canvas).getImageData(0, 0, width, height);
}

/** Paint images that stand side by side in a PNG, so many in a row. @param {HTMLCanvasElement} canvas @param {string} source @param {number} [across] */
async function paintRow(canvas, source, across = 12) {
  const picture = await pixels(source);
  const { data, width, height } = picture;
  for (let at = 0; at < data.length; at += 4) {
    data[at + 3] = data[at];
    data.fill(0, at, at + 3);
  }
  const count = width / height;
  Object.assign(canvas, { width: across * height, height: Math.ceil(count / across) * height });
  for (let i = 0; i < count; i++) {
    const [x, y] = [(i % across) * height, Math.floor(i / across) * height];
    brush(canvas).putImageData(picture, x - i * height, y, i * height, 0, height, height);
  }
}
return { points, pixels, paintRow };
})();
modules["acts/clinic"] = (() => {
// Act 8: the clinic. Each patient is a VAE with one wrong line; what it shows stands beside what a
// healthy one shows. Name the line.
const { bytes, uniform } = modules["engine"];
const { SIDE, paintCodes, paintRing } = modules["map"];
const { element, inEveryTheme, number, open, paintCurve } = modules["page"];
const { paintRow, points } = modules["points"];

const COLUMN = (/** @type {string} */ name, /** @type {string} */ title) => `
  <div class="chart ${name}"><b>${title}</b>
    <span>the loss as reported, by epoch</span>
    <canvas class="curve" width="320" height="150" role="img"></canvas><span class="reported"></span>
    <span class="next">mu of 300 test images, and five Gaussians</span>
    <canvas class="map" width="${SIDE}" height="${SIDE}" role="img"></canvas>
    <span class="next">twelve z of the prior, decoded</span>
    <canvas class="ink row" role="img"></canvas><span class="facts"></span></div>`;
const MARKUP = `
  <p class="ask">One line of this patient's code is wrong, and raised no error. Which?</p>
  <div class="beds">${COLUMN("patient", "Patient")}${COLUMN("healthy", "Healthy")}</div>
  <div class="suspects"></div>
  <p class="told" role="status"></p>
  <div class="buttons"><button type="button" class="again">Next patient</button></div>
  <p class="score"></p>`;

/** @param {Element} host */
function clinic(host) {
  const { part, canvas, say } = open(host, MARKUP);
  const { step, labels, clinic: bank } = points();
  const digits = bytes(labels);
  const state = {
    patient: -1,
    suspects: /** @type {number[]} */ ([]),
    answered: false,
    seen: 0,
    right: 0,
  };
  /** @type {number[]} */
  let waiting = [];

  /** @template T @param {T[]} list */
  function shuffled(list) {
    const left = [...list];
    return list.map(() => left.splice(Math.floor(left.length * uniform()), 1)[0]);
  }

  /** @param {string} name @param {import("../points.js").Evidence} shown */
  function examine(name, shown) {
    const side = `.${name}`;
    const codes = Float32Array.from(
      new Int8Array(bytes(shown.codes).buffer),
      (code) => code * step,
    );
    paintCurve(canvas(`${side} .curve`), shown.loss);
    paintCodes(canvas(`${side} .map`), codes, digits);
    for (let i = 0; i < shown.widths.length; i += 2) {
      const logvar = Float32Array.from(
        shown.widths.slice(i, i + 2),
        (width) => 2 * Math.log(width),
      );
      paintRing(canvas(`${side} .map`), { mu: codes.slice(i, i + 2), logvar });
    }
    const last = shown.loss[shown.loss.length - 1];
    part(`${side} .reported`).textContent =
      `after ${shown.loss.length} epochs: ${number(last, last < 10 ? 2 : 1)}`;
    part(`${side} .facts`).textContent =
      `measured with the right code: reconstruction ${number(shown.reconstruction, 1)}, ` +
      `KL ${number(shown.kl, 1)} nats; mean sigma ${number(shown.sigma)}; two calls give ${shown.same ? "the same z" : "two z"}`;
    const says = `${name}: ${part(`${side} .reported`).textContent}; ${part(`${side} .facts`).textContent}`;
    canvas(`${side} .curve`).setAttribute(
      "aria-label",
      `Loss of the ${name}, by epoch: ${shown.loss.map((x) => number(x, 1)).join(", ")}`,
    );
    canvas(`${side} .map`).setAttribute("aria-label", `Map of codes. ${says}`);
    canvas(`${side} .row`).setAttribute(
      "aria-label",
      `Twelve draws of the prior, decoded by the ${name}`,
    );
  }

  function redraw() {
    examine("patient", bank.patients[state.patient]);
    examine("healthy", bank.healthy);
  }

  function next() {
    if (!waiting.length) waiting = shuffled(bank.patients.map((_, i) => i));
    const patient = /** @type {number} */ (waiting.pop());
    const others = shuffled(bank.patients.map((_, i) => i).filter((i) => i !== patient)).slice(
      0,
      3,
    );
    Object.assign(state, { patient, suspects: shuffled([patient, ...others]), answered: false });
    show();
  }

  function show() {
    part(".suspects").replaceChildren(
      ...state.suspects.map((i) => {
        const button = element("button", { type: "button" }, bank.patients[i].name);
        button.addEventListener("click", () => accuse(i));
        return button;
      }),
    );
    part(".told").textContent = "";
    redraw();
    paintRow(canvas(".patient .row"), bank.patients[state.patient].samples, 6);
  }

  /** @param {number} i */
  function accuse(i) {
    if (state.answered) return;
    const { name, line, seen, cure } = bank.patients[state.patient];
    const right = i === state.patient;
    Object.assign(state, {
      answered: true,
      seen: state.seen + 1,
      right: state.right + Number(right),
    });
    state.suspects.forEach((suspect, k) => {
      if (suspect === state.patient) part(".suspects").children[k].className = "right";
    });
    part(".told").replaceChildren(
      `${right ? "Yes" : `No, ${bank.patients[i].name} would show something else`}: ${name}. ${seen} `,
      "The line: ",
      element("code", {}, line),
      " The cure: ",
      element("code", {}, cure),
    );
    score();
  }
  const score = () => {
    part(".score").textContent =
      `You: ${state.right} of ${state.seen}. A rule that compares the numbers with another seed's: ${bank.found} of ${bank.of}.`;
  };

  part(".again").addEventListener("click", next);
  paintRow(canvas(".healthy .row"), bank.healthy.samples, 6);
  next();
  score();
  inEveryTheme(redraw);
  const share = {
    get: () => state.suspects.concat(state.patient).join(),
    set: (/** @type {string} */ text) => {
      const found = text.split(",").map(Number);
      if (found.length !== 5 || !found.every((i) => bank.patients[i])) return;
      Object.assign(state, { patient: found[4], suspects: found.slice(0, 4), answered: false });
      show();
    },
  };
  return { state, say, share };
}
return { clinic };
})();
modules["sheet"] = (() => {
// A sheet to draw a digit on: with pointer, finger or arrow keys.
const { brush } = modules["page"];

/** As fine as a link writes it. @param {number} value */
const fine = (value) => Math.round(10 * value) / 10;

/**
 * @param {HTMLCanvasElement} canvas 140 by 140
 * @param {(strokes: import("./mnist.js").Strokes) => void} changed called after every bit of ink
 */
function sheet(canvas, changed) {
  /** @type {import("./mnist.js").Strokes} */
  let strokes = [];
  /** @type {import("./mnist.js").Point} */
  let pen = [70, 30];
  let lifted = true;

  function empty() {
    brush(canvas).clearRect(0, 0, 140, 140);
    [strokes, pen, lifted] = [[], [70, 30], true];
  }

  /** Let the pen go on to a point; the first stroke takes what lies there off the sheet. @param {import("./mnist.js").Point} to @param {boolean} fresh */
  function draw(to, fresh) {
    if (!strokes.length) brush(canvas).clearRect(0, 0, 140, 140);
    if (fresh || !strokes.length) strokes.push([]);
    const stroke = strokes[strokes.length - 1];
    const from = stroke[stroke.length - 1] ?? to;
    stroke.push(to);
    const context = brush(canvas);
    Object.assign(context, { lineWidth: 12, lineCap: "round", strokeStyle: "#000" });
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    changed(strokes);
  }

  /** @param {PointerEvent} event @returns {import("./mnist.js").Point} */
  function at({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    const unit = 140 / box.width;
    return [fine((clientX - box.left) * unit), fine((clientY - box.top) * unit)];
  }
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    draw(at(event), true);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) draw(at(event), false);
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-7, 0], ArrowRight: [7, 0], ArrowUp: [0, -7], ArrowDown: [0, 7] }[
      event.key
    ];
    if (!step) return;
    event.preventDefault();
    const from = pen;
    const inside = (/** @type {number} */ value) => Math.min(134, Math.max(6, value));
    pen = [inside(pen[0] + step[0]), inside(pen[1] + step[1])];
    if (!event.shiftKey) {
      if (lifted) draw(from, true);
      draw(pen, false);
    }
    lifted = event.shiftKey;
  });
  canvas.setAttribute(
    "aria-label",
    "A sheet to draw a digit on. Arrow keys draw, with Shift they move the pen without ink.",
  );
  return {
    empty,
    /** The strokes as text. */
    written: () => strokes.map((stroke) => stroke.map((at) => at.join()).join(" ")).join(";"),
    /** Strokes from a text, whoever wrote it. @param {string} text */
    draw: (text) => {
      empty();
      for (const stroke of text.slice(0, 20_000).split(";")) {
        const points = stroke.split(" ").map((at) => at.split(",").map(Number));
        points
          .filter((at) => at.length === 2 && at.every((x) => x >= 0 && x <= 140))
          .forEach(([x, y], i) => draw([x, y], i === 0));
      }
    },
  };
}
return { sheet };
})();
modules["acts/cover"] = (() => {
// Act 0: the machine in one line, alive; and three questions, each with its answer.
const { decode, encode, kl, reconstruction, sample, sigmoid } = modules["engine"];
const { toMnist } = modules["mnist"];
const { data, dimensions, dots, flat, images, labels, read, wide } = modules["models"];
const { SIDE, paintDot, paintCodes, paintRing } = modules["map"];
const { inEveryTheme, open, paint, sum } = modules["page"];
const { sheet } = modules["sheet"];

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
function cover(host) {
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
return { cover };
})();
modules["acts/encoder"] = (() => {
// Act 4: why an encoder? z of the prior hardly ever explain an image; z of its own Gaussian do. Both
// estimate the same log p(x), one of them badly; the ELBO lies below it.
const { decode, encode, generator, kl, mean, reconstruction, sample, sigmoid } = modules["engine"];
const { data, dimensions, images, wide } = modules["models"];
const { inEveryTheme, number, open, paint, textSize } = modules["page"];

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
function encoder(host) {
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
return { encoder };
})();
modules["acts/everything"] = (() => {
// The whole stage: a row of tabs, one for each act, each begun when it is first opened.
const { element, open } = modules["page"];

/** @typedef {{name: string, begin: (host: Element) => object}} Act */

/** @param {Element} host @param {{[number: string]: Act}} acts @param {(host: Element) => void} mount */
function everything(host, acts, mount) {
  const tabs = element("div", {
    class: "tabs",
    role: "tablist",
    "aria-label": "Acts of the stage",
  });
  const { part } = open(host, "");
  // A notebook may show several stages.
  const before = document.querySelectorAll(".vae-stage .tabs").length;
  const id = (/** @type {string} */ number) => `act-${number}${before ? `-${before}` : ""}`;
  part(".live").before(tabs);
  const pairs = Object.entries(acts).map(([number, { name }]) => {
    const tab = element(
      "button",
      { type: "button", role: "tab", "aria-controls": id(number) },
      name,
    );
    const panel = element("div", {
      role: "tabpanel",
      "data-act": number,
      id: id(number),
      "aria-label": name,
    });
    part(".live").before(panel);
    tabs.append(tab);
    tab.addEventListener("click", () => choose(number));
    return { number, tab, panel };
  });

  /** @param {string} chosen */
  function choose(chosen) {
    for (const { number, tab, panel } of pairs) {
      const current = number === chosen;
      tab.setAttribute("aria-selected", String(current));
      tab.tabIndex = current ? 0 : -1;
      panel.hidden = !current;
      if (current && !panel.childNodes.length) mount(panel);
    }
  }
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = pairs.findIndex(({ tab }) => tab.tabIndex === 0);
    const next = pairs[(at + step + pairs.length) % pairs.length];
    choose(next.number);
    next.tab.focus();
  });
  choose(pairs[0].number);
  return { choose };
}
return { everything };
})();
modules["acts/knob"] = (() => {
// Act 5: one knob. Models trained with one weight of the KL each, along the curve of what is kept
// (the rate) and what is lost (the distortion).
const { brush, guess, inEveryTheme, number, open } = modules["page"];
const { paintRow, points } = modules["points"];

const MARKUP = `
  <p class="ask">From which beta on does every image get the same drawing?</p>
  <div class="buttons guess"></div>
  <label class="dial">beta, the weight of the KL: <output></output> <input type="range" class="beta" min="0" step="1"></label>
  <div class="beds wide"><div class="chart"><canvas class="curve" width="400" height="300" role="img"></canvas><span>each point a model; red: where usual bugs sit</span></div>
    <div class="chart"><canvas class="ink row" role="img"></canvas><span>six images; what comes back of them; six draws of the prior</span></div></div>
  <p class="told" role="status"></p>
  <p class="note">Each point is a VAE of its own, 784-200-20, trained with this beta for 20 epochs; costs of 1,000 test images. A bug in the loss's scale is such a beta that nobody chose.</p>`;

/** @param {Element} host */
function knob(host) {
  const { part, canvas, input, say } = open(host, MARKUP);
  const { knob: list } = points();
  const slider = input(".beta");
  slider.max = String(list.length - 1);
  slider.value = String(list.findIndex(({ beta }) => beta === 1));
  const state = { at: -1 };
  /** @param {number} beta */
  const name = (beta) => (beta < 1 ? `1/${Math.round(1 / beta)}` : String(beta));

  function redraw() {
    const context = brush(canvas(".curve"));
    const { color } = getComputedStyle(canvas(".curve"));
    const [rates, distortions] = [
      list.map(({ rate }) => rate),
      list.map(({ distortion }) => distortion),
    ];
    const [right, top] = [Math.max(...rates) * 1.05, Math.max(...distortions) * 1.05];
    const x = (/** @type {number} */ rate) => 50 + (330 * rate) / right;
    const y = (/** @type {number} */ distortion) => 260 - (250 * distortion) / top;
    context.clearRect(0, 0, 400, 300);
    Object.assign(context, {
      strokeStyle: color,
      fillStyle: color,
      lineWidth: 1.5,
      font: "14px sans-serif",
    });
    context.strokeRect(50, 10, 330, 250);
    context.fillText(number(top, 0), 12, 20);
    context.fillText("0", 36, 262);
    context.fillText("KL, nats (the rate)", 150, 290);
    context.fillText(number(right, 0), 362, 280);
    context.save();
    context.translate(20, 240);
    context.rotate(-Math.PI / 2);
    context.fillText("reconstruction, nats (the distortion)", 0, 0);
    context.restore();
    context.beginPath();
    list.forEach(({ rate, distortion }) => context.lineTo(x(rate), y(distortion)));
    context.stroke();
    const { rate, distortion, beta } = list[state.at];
    const reach = Math.min(right / 4, top / 4 / beta); // the slope there is -beta
    Object.assign(context, { strokeStyle: "#2d8fc0", lineWidth: 3 });
    context.beginPath();
    context.moveTo(x(rate - reach), y(distortion + beta * reach));
    context.lineTo(x(rate + reach), y(distortion - beta * reach));
    context.stroke();
    list.forEach((point, i) => {
      context.fillStyle = point.label ? "#cc5566" : color;
      context.beginPath();
      context.arc(x(point.rate), y(point.distortion), i === state.at ? 7 : 4, 0, 2 * Math.PI);
      context.fill();
      if (!point.label) return;
      const far = point.rate > right / 2; // at the right, the words stand above
      Object.assign(context, { fillStyle: color, textAlign: far ? "right" : "left" });
      context.fillText(
        point.label,
        x(point.rate) + (far ? 6 : 12),
        y(point.distortion) + (far ? -14 : point.rate < 1 ? 14 : -4),
      );
      context.textAlign = "left";
    });
  }

  function show() {
    state.at = Number(slider.value);
    const { beta, label, rate, distortion, pictures } = list[state.at];
    part("output").textContent = `${name(beta)}${label ? ` (${label})` : ""}`;
    slider.setAttribute("aria-valuetext", part("output").textContent ?? "");
    part(".told").textContent =
      `Rate ${number(rate, 1)} nats, distortion ${number(distortion, 1)}. The blue line has the slope −${name(beta)}: one nat more of KL is worth ` +
      `${beta < 1 ? `only ${name(beta)} nat` : `${name(beta)} nat${beta > 1 ? "s" : ""}`} of reconstruction. ${rate < 0.5 ? "Here that is too dear: the codes say nothing, and every image gets the same drawing." : ""}`;
    paintRow(canvas(".row"), pictures, 6);
    canvas(".row").setAttribute(
      "aria-label",
      `Images, reconstructions and samples at beta ${name(beta)}`,
    );
    canvas(".curve").setAttribute(
      "aria-label",
      `Distortion over rate. ${part(".told").textContent}`,
    );
    redraw();
  }
  const silent = list.findIndex(({ rate }) => rate < 0.5);
  guess(
    part(".guess"),
    ["4", "16", "100"],
    () =>
      `Here the last model that speaks has beta ${name(list[silent - 1].beta)}, the next ${name(list[silent].beta)}.`,
  );
  slider.addEventListener("input", show);
  show();
  inEveryTheme(redraw);
  return { state, say };
}
return { knob };
})();
modules["acts/logarithm"] = (() => {
// Act 3: why a logarithm? One raw output of a layer, three ways to make a standard deviation of it.
const { decode, encode, klOfOne, normal, sigmoid } = modules["engine"];
const { images, wide } = modules["models"];
const { brush, guess, inEveryTheme, open, paint } = modules["page"];

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
function logarithm(host) {
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
return { logarithm };
})();
modules["acts/prior"] = (() => {
// Act 7: from the prior. Where draws land among the codes; and why drawings are blurry: the decoder
// returns means, and what a pixel may be beside its mean is thrown away.
const { decode, generator, normal, sigmoid, uniform } = modules["engine"];
const { SIDE, onMap, paintCodes, paintCross } = modules["map"];
const { dots, flat, labels } = modules["models"];
const { element, guess, inEveryTheme, number, open, paint } = modules["page"];

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
function prior(host) {
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
return { prior };
})();
modules["acts/survives"] = (() => {
// Act 2: what survives the noise? One z, five images: which one is it from? Then the noise as a
// dial, what it costs in each dimension, and the same decoder with mu and sigma unplugged.
const { decode, encode, generator, normal, sample, sigmoid, uniform } = modules["engine"];
const { data, images, meanImage, wide } = modules["models"];
const { element, open, paint } = modules["page"];

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
function survives(host) {
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
return { survives };
})();
modules["train"] = (() => {
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
function learner(weights, rule) {
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
function work(self, make) {
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
return { learner, work };
})();
modules["acts/train"] = (() => {
// Act 6: train it here. A real run in a worker; the page only paints what it is told.
const { bytes } = modules["engine"];
const { SIDE, paintCodes, paintRing } = modules["map"];
const { guess, inEveryTheme, open, paintCurve } = modules["page"];
const { pixels } = modules["points"];
const { learner, work } = modules["train"];

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
function train(host) {
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
return { train };
})();
modules["acts/whose"] = (() => {
// Act 1: whose Gaussian? Guess where a second image of the same digit lands; give all images one
// Gaussian, and see what the decoder can still draw; zoom out to the Gaussian that they do share.
const { decode, encode, kl, pooled, reconstruction, sample, sigmoid } = modules["engine"];
const {
  data,
  dimensions,
  dots,
  flat,
  images,
  labels,
  meanImage,
  spreads,
  wide,
} = modules["models"];
const { SIDE, onMap, paintCross, paintCodes, paintRing } = modules["map"];
const { inEveryTheme, open, paint, sum } = modules["page"];

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
function whose(host) {
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
return { whose };
})();
modules["tensor"] = (() => {
// Tensors as small as a line of PyTorch on a blackboard needs them: numbers with a shape, and how
// they change when mu, and when logvar, is moved in a direction (forward-mode differentiation).
const { normal, uniform } = modules["engine"];

/**
 * @typedef {object} Tensor
 * @property {number[]} shape
 * @property {Float64Array} v values
 * @property {(Float64Array | null)[]} t change with mu, and with logvar; null is 0
 * @property {boolean} graph whether gradients are followed
 * @property {boolean} [input] whether it was given, and must not be written into
 * @property {boolean} [needed] whether a gradient may need its values, which must then stay
 */

/** What PyTorch would stop at. */
class LineError extends Error {}
/** What this page cannot read, right or not. */
class Unread extends LineError {}

/** @param {number[]} shape */
const count = (shape) => shape.reduce((product, side) => product * side, 1);

/** @param {number[]} shape @param {ArrayLike<number> | ((i: number) => number)} values @param {(Float64Array | null)[]} [t] @param {boolean} [graph] @returns {Tensor} */
function tensor(shape, values, t = [null, null], graph = false) {
  if (!(count(shape) <= 5000)) throw new Unread("this tensor is too large for the page");
  const v =
    typeof values === "function"
      ? Float64Array.from({ length: count(shape) }, (_, i) => values(i))
      : Float64Array.from(values);
  return { shape, v, t, graph };
}

/** @param {number} value */
const scalar = (value) => tensor([], [value]);

/** @param {Tensor} x @param {(x: number) => number} f @param {(x: number, y: number) => number} slope of f at x, where y = f(x) */
function each(x, f, slope) {
  const v = x.v.map(f);
  const t = x.t.map((change) => change?.map((d, i) => d * slope(x.v[i], v[i])) ?? null);
  return Object.assign(tensor(x.shape, v, t, x.graph), { needed: x.graph });
}

/** @param {number[]} a @param {number[]} b */
function broadcast(a, b) {
  const shape = [];
  for (let k = 1; k <= Math.max(a.length, b.length); k++) {
    const [m, n] = [a.at(-k) ?? 1, b.at(-k) ?? 1];
    if (m !== n && m !== 1 && n !== 1) {
      throw new LineError(`shapes (${a.join(", ")}) and (${b.join(", ")}) do not fit together`);
    }
    shape.unshift(m === 1 ? n : m);
  }
  return shape;
}

/** The place in x of every element of a larger shape. @param {Tensor} x @param {number[]} shape */
function places(x, shape) {
  const at = new Int32Array(count(shape));
  for (let i = 0; i < at.length; i++) {
    for (let k = 1, rest = i, step = 1; k <= x.shape.length; k++) {
      const [side, own] = [
        /** @type {number} */ (shape.at(-k)),
        /** @type {number} */ (x.shape.at(-k)),
      ];
      if (own > 1) at[i] += step * (rest % side);
      step *= own;
      rest = Math.floor(rest / side);
    }
  }
  return at;
}

/** @param {Tensor} a @param {Tensor} b @param {(a: number, b: number) => number} f @param {(a: number, b: number) => number} da @param {(a: number, b: number) => number} db */
function both(a, b, f, da, db) {
  const shape = broadcast(a.shape, b.shape);
  const [at, to] = [places(a, shape), places(b, shape)];
  const t = [0, 1].map((k) => {
    const [one, other] = [a.t[k], b.t[k]];
    if (!one && !other) return null;
    return Float64Array.from(at, (_, i) => {
      const [x, y] = [a.v[at[i]], b.v[to[i]]];
      return (one ? one[at[i]] * da(x, y) : 0) + (other ? other[to[i]] * db(x, y) : 0);
    });
  });
  return tensor(shape, (i) => f(a.v[at[i]], b.v[to[i]]), t, a.graph || b.graph);
}

/** Sum over one dimension, or over all. @param {Tensor} x @param {number | null} dim @param {boolean} keep */
function sumOver(x, dim, keep) {
  if (dim !== null && (dim < -x.shape.length || dim >= x.shape.length)) {
    throw new LineError(`there is no dimension ${dim} in shape (${x.shape.join(", ")})`);
  }
  const axis = dim === null ? 0 : (dim + x.shape.length) % x.shape.length;
  const [side, inner] =
    dim === null ? [x.v.length, 1] : [x.shape[axis], count(x.shape.slice(axis + 1))];
  const kept = dim === null ? x.shape.map(() => 1) : x.shape.map((n, k) => (k === axis ? 1 : n));
  const shape = keep ? kept : dim === null ? [] : x.shape.filter((_, k) => k !== axis);
  /** @param {Float64Array} values */
  const add = (values) => {
    const sums = new Float64Array(count(shape));
    values.forEach((value, i) => {
      sums[Math.floor(i / (side * inner)) * inner + (i % inner)] += value;
    });
    return sums;
  };
  return tensor(
    shape,
    add(x.v),
    x.t.map((change) => change && add(change)),
    x.graph,
  );
}

/** @param {number[]} shape */
const randn = (shape) => tensor(shape, normal);
/** @param {number[]} shape */
const rand = (shape) => tensor(shape, uniform);
return { LineError, Unread, count, tensor, scalar, each, both, sumOver, randn, rand };
})();
modules["line"] = (() => {
// Lines of PyTorch, read by a grammar of our own and worked out on tensor.js: nothing is evaluated
// by the browser, and what is not in the tables here is not known.
//
//   lines   = { [target] expr newline }      target = "return" | name {"," name} "=" | name "+=" ...
//   expr    = product { ("+" | "-") product }
//   product = sign { ("*" | "/") sign }
//   sign    = ("-" | "+") sign | power
//   power   = postfix [ "**" sign ]
//   postfix = atom { "." name | "(" arguments ")" | "[" expr "]" }
//   atom    = number | name | "(" expr { "," expr } ")"
const {
  LineError,
  Unread,
  both,
  count,
  each,
  rand,
  randn,
  scalar,
  sumOver,
  tensor,
} = modules["tensor"];

/** @typedef {import("./tensor.js").Tensor} Tensor */
/** @typedef {{names: {[name: string]: any}, written: boolean}} Scope */
/** @typedef {{list: any[], named: {[name: string]: any}}} Arguments */

/** @param {string} text */
function tokens(text) {
  const found = [];
  let depth = 0;
  for (const line of text.split(/\n/)) {
    let rest = line.replace(/#.*/, "").trimEnd();
    while ((rest = rest.trimStart())) {
      const token = rest.match(
        /^(\d+\.?\d*(e[+-]?\d+)?|\.\d+|[A-Za-z_]\w*|\*\*|[-+*/]=|[-+*/()[\],.=;])/,
      );
      if (!token) throw new Unread(`this page cannot read "${rest.slice(0, 12)}"`);
      depth += "([".includes(token[0]) ? 1 : ")]".includes(token[0]) ? -1 : 0;
      found.push(token[0] === ";" ? "\n" : token[0]);
      rest = rest.slice(token[0].length);
    }
    if (depth <= 0) found.push("\n");
  }
  return found;
}

/** Read lines and return what works them out. @param {string} text */
function compile(text) {
  if (text.length > 2000) throw new Unread("a few lines will do");
  const list = tokens(text);
  let at = 0;
  /** @param {string[]} wanted */
  const take = (...wanted) => (wanted.includes(list[at]) ? list[at++] : "");
  /** @param {string} wanted */
  const need = (wanted) => {
    if (!take(wanted)) {
      const [name, got] = [wanted, list[at] ?? "the end"].map((word) =>
        word.replace("\n", "end of line"),
      );
      throw new Unread(`expected ${name}, got ${got}`);
    }
  };
  const isName = (/** @type {string | undefined} */ token) => /^[A-Za-z_]/.test(token ?? "");

  /** @returns {(scope: Scope) => any} */
  function expr() {
    let left = product();
    for (let sign; (sign = take("+", "-")); ) left = binary(sign, left, product());
    return left;
  }
  /** @returns {(scope: Scope) => any} */
  function product() {
    let left = signed();
    for (let sign; (sign = take("*", "/")); ) left = binary(sign, left, signed());
    return left;
  }
  /** @returns {(scope: Scope) => any} */
  function signed() {
    if (take("-")) {
      const of = signed();
      return (scope) => FUNCTIONS.neg(value(of(scope)));
    }
    if (take("+")) return signed();
    const base = postfix();
    return take("**") ? binary("**", base, signed()) : base;
  }
  /** @param {string} sign @param {(scope: Scope) => any} left @param {(scope: Scope) => any} right */
  const binary = (sign, left, right) => (/** @type {Scope} */ scope) =>
    OPERATORS[sign](value(left(scope)), value(right(scope)));

  /** @returns {(scope: Scope) => any} */
  function postfix() {
    let of = atom();
    for (;;) {
      const inner = of;
      if (take(".")) {
        const name = list[at++];
        if (!isName(name)) throw new Unread(`expected a name after the point, got ${name}`);
        if (take("(")) {
          const given = args();
          of = (scope) => method(scope, inner(scope), name, given(scope));
        } else of = (scope) => attribute(inner(scope), name);
      } else if (take("(")) {
        const given = args();
        of = (scope) => {
          const called = inner(scope);
          if (typeof called !== "function")
            throw new Unread("what stands before the bracket is not a function");
          const { list: values, named } = given(scope);
          return called(...values, named);
        };
      } else if (take("[")) {
        const where = expr();
        need("]");
        of = (scope) => item(inner(scope), number(where(scope)));
      } else return of;
    }
  }
  /** @returns {(scope: Scope) => Arguments} */
  function args() {
    /** @type {[string, (scope: Scope) => any][]} */
    const found = [];
    while (!take(")")) {
      const name = isName(list[at]) && list[at + 1] === "=" ? list[at] : "";
      if (name && !NAMED.includes(name)) throw new Unread(`this page does not know ${name}=`);
      if (name) at += 2;
      found.push([name, expr()]);
      if (list[at] !== ")") need(",");
    }
    return (scope) => ({
      list: found.filter(([name]) => !name).map(([, of]) => of(scope)),
      named: Object.fromEntries(
        found.filter(([name]) => name).map(([name, of]) => [name, of(scope)]),
      ),
    });
  }
  /** @returns {(scope: Scope) => any} */
  function atom() {
    const token = list[at++];
    if (token === "(") {
      const parts = [expr()];
      let tuple = false;
      while (take(",")) {
        tuple = true;
        if (list[at] !== ")") parts.push(expr());
      }
      need(")");
      return tuple ? (scope) => parts.map((of) => number(of(scope))) : parts[0];
    }
    if (/^[\d.]\d*/.test(token ?? "") && token !== ".") return () => scalar(Number(token));
    if (!isName(token))
      throw new Unread(
        `expected a value, got ${(token ?? "the end").replace("\n", "the end of the line")}`,
      );
    return (scope) => {
      if (Object.hasOwn(scope.names, token)) return scope.names[token];
      if (token === "True" || token === "False") return token === "True";
      if (token === "len") return (/** @type {any} */ x) => item(value(x).shape, 0);
      if (token === "Normal") return FUNCTIONS.Normal;
      if (MODULES.includes(token)) return MODULE;
      throw new Unread(`this page does not know the name ${token}: a line above must make it`);
    };
  }

  /** @type {((scope: Scope) => any)[]} */
  const steps = [];
  while (at < list.length) {
    if (take("\n")) continue;
    const from = at;
    /** @type {string[]} */
    const targets = [];
    let sign = "";
    if (!take("return")) {
      while (isName(list[at])) {
        targets.push(list[at++]);
        if (!take(",")) break;
      }
      sign = targets.length ? take("=", "+=", "-=", "*=", "/=") : "";
      if (!sign) [at] = [from];
    }
    const values = [expr()];
    while (take(",")) values.push(expr());
    need("\n");
    steps.push((scope) => {
      const found = values.map((of) => of(scope));
      if (!sign && found.length > 1) throw new LineError("it returned tuple, not a torch.Tensor");
      if (!sign) return found[0];
      if (sign === "=") {
        if (found.length !== targets.length) throw new Unread("as many values as names");
        targets.forEach((name, i) => {
          scope.names[name] = found[i];
        });
        return found[0];
      }
      const old = scope.names[targets[0]];
      if (!old) throw new Unread(`this page does not know the name ${targets[0]}`);
      return write(scope, old, OPERATORS[sign[0]](value(old), value(found[0])));
    });
  }
  if (!steps.length) throw new Unread("write a line");

  /** @param {Tensor} mu @param {Tensor} logvar */
  return (mu, logvar) => {
    /** @type {Scope} */
    const scope = { names: { mu, logvar }, written: false };
    let last;
    for (const step of steps) last = step(scope);
    return { value: value(last), written: scope.written };
  };
}

/** @param {any} x @returns {Tensor} */
function value(x) {
  if (x?.v instanceof Float64Array) return x;
  throw new Unread("a tensor or a number belongs here");
}
/** @param {any} x */
function number(x) {
  const { v } = value(x);
  if (v.length !== 1) throw new Unread("one number belongs here");
  return v[0];
}
/** What an operation in place does; inputs must not be written into. @param {Scope} scope @param {Tensor} old @param {Tensor} made */
function write(scope, old, made) {
  if (old.shape.join() !== made.shape.join()) throw new LineError("in place, the shape must stay");
  if (old.needed) throw new Unread("in place on what a gradient may need");
  if (old.input) scope.written = true;
  return Object.assign(old, { v: made.v, t: made.t, graph: made.graph });
}

/** @type {{[sign: string]: (a: Tensor, b: Tensor) => Tensor}} */
const OPERATORS = {
  "+": (a, b) =>
    both(
      a,
      b,
      (x, y) => x + y,
      () => 1,
      () => 1,
    ),
  "-": (a, b) =>
    both(
      a,
      b,
      (x, y) => x - y,
      () => 1,
      () => -1,
    ),
  "*": (a, b) =>
    both(
      a,
      b,
      (x, y) => x * y,
      (_, y) => y,
      (x) => x,
    ),
  "/": (a, b) =>
    both(
      a,
      b,
      (x, y) => x / y,
      (_, y) => 1 / y,
      (x, y) => -x / (y * y),
    ),
  "**": (a, b) =>
    both(
      a,
      b,
      (x, y) => x ** y,
      (x, y) => (y === 0 ? 0 : y * x ** (y - 1)),
      (x, y) => x ** y * Math.log(x),
    ),
};
const sigmoidOf = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));
const softplusOf = (/** @type {number} */ x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
/** Functions of each element, with their slopes at x, where y is the value. @type {{[name: string]: [(x: number) => number, (x: number, y: number) => number]}} */
const EACH = {
  exp: [Math.exp, (_, y) => y],
  exp2: [(x) => 2 ** x, (_, y) => y * Math.LN2],
  expm1: [Math.expm1, (_, y) => y + 1],
  log: [Math.log, (x) => 1 / x],
  log1p: [Math.log1p, (x) => 1 / (1 + x)],
  log2: [Math.log2, (x) => 1 / (x * Math.LN2)],
  sqrt: [Math.sqrt, (_, y) => 0.5 / y],
  rsqrt: [(x) => x ** -0.5, (x, y) => (-0.5 * y) / x],
  square: [(x) => x * x, (x) => 2 * x],
  neg: [(x) => -x, () => -1],
  abs: [Math.abs, (x) => Math.sign(x)],
  reciprocal: [(x) => 1 / x, (_, y) => -y * y],
  sin: [Math.sin, (x) => Math.cos(x)],
  cos: [Math.cos, (x) => -Math.sin(x)],
  tanh: [Math.tanh, (_, y) => 1 - y * y],
  sigmoid: [sigmoidOf, (_, y) => y * (1 - y)],
  softplus: [softplusOf, (x) => sigmoidOf(x)],
  relu: [(x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0)],
};

/** As many arguments as a function takes, less those by name. @param {number} most @param {any[]} given */
function only(most, given) {
  const plain = given.filter((x) => typeof x !== "object" || x.v || Array.isArray(x) || x.std);
  if (plain.length !== most)
    throw new Unread(`${most} argument${most > 1 ? "s" : ""} expected, got ${plain.length}`);
  return plain;
}
/** Noise and constants are made where the inputs are. @param {any[]} given @param {(shape: number[]) => Tensor} make */
function made(given, make) {
  if (!given.at(-1).device)
    throw new Unread(
      "a new tensor needs device=mu.device, which randn_like and its kin bring along",
    );
  return make(shapeOf(given));
}
/** @param {any[]} given where a shape may be written (2, 3), 2, 3 or mu.shape */
function shapeOf(given) {
  if (given.at(-1).size) return given.at(-1).size;
  const sides = given.filter((x) => Array.isArray(x) || x?.v);
  return Array.isArray(sides[0]) ? sides[0] : sides.map(number);
}
/** A reduction's arguments: dim and keepdim. @param {any[]} given */
function dims(given) {
  const named = given.at(-1);
  const where = given.length > 1 ? given[0] : (named.dim ?? named.axis ?? null);
  return {
    dim: where === null ? null : number(where),
    keep: Boolean(named.keepdim ?? given[1] === true),
  };
}
/** @param {Tensor} mean @param {Tensor} std */
function drawn(mean, std) {
  if (std.v.some((x) => x < 0))
    throw new LineError(
      "a standard deviation is positive, a log-variance need not be: take exp(0.5 * logvar)",
    );
  return OPERATORS["+"](
    mean,
    OPERATORS["*"](
      std,
      randn(
        both(
          mean,
          std,
          () => 0,
          () => 0,
          () => 0,
        ).shape,
      ),
    ),
  );
}
/** The same numbers, of which no gradient is followed. @param {Tensor} x */
const cut = (x) => tensor(x.shape, x.v);

/** Functions by name; the last argument holds what was given by name. As methods, x stands before the point. @type {{[name: string]: (...given: any[]) => any}} */
const FUNCTIONS = {
  ...Object.fromEntries(
    Object.entries(EACH).map(([name, [f, slope]]) => [
      name,
      (/** @type {any[]} */ ...given) => each(value(only(1, given)[0]), f, slope),
    ]),
  ),
  ...Object.fromEntries(
    [
      ["add", "+"],
      ["sub", "-"],
      ["subtract", "-"],
      ["mul", "*"],
      ["multiply", "*"],
      ["div", "/"],
      ["divide", "/"],
      ["pow", "**"],
    ].map(([name, sign]) => [
      name,
      (/** @type {any[]} */ ...given) => {
        const [x, y] = only(2, given);
        return OPERATORS[sign](value(x), value(y));
      },
    ]),
  ),
  addcmul: (x, a, b) => OPERATORS["+"](value(x), OPERATORS["*"](value(a), value(b))),
  maximum: (x, y) =>
    both(
      value(x),
      value(y),
      Math.max,
      (a, b) => (a > b ? 1 : 0),
      (a, b) => (a > b ? 0 : 1),
    ),
  minimum: (x, y) =>
    both(
      value(x),
      value(y),
      Math.min,
      (a, b) => (a < b ? 1 : 0),
      (a, b) => (a < b ? 0 : 1),
    ),
  clamp: (x, ...given) => {
    const named = given.at(-1);
    const [low, high] = [
      named.min ?? (given.length > 1 ? given[0] : null),
      named.max ?? (given.length > 2 ? given[1] : null),
    ].map((bound) => (bound === null ? null : number(bound)));
    return each(
      value(x),
      (a) => Math.min(high ?? Infinity, Math.max(low ?? -Infinity, a)),
      (a) => (a >= (low ?? -Infinity) && a <= (high ?? Infinity) ? 1 : 0),
    );
  },
  sum: (x, ...given) => {
    const { dim, keep } = dims(given);
    return sumOver(value(x), dim, keep);
  },
  mean: (x, ...given) => {
    const { dim, keep } = dims(given);
    const sums = sumOver(value(x), dim, keep);
    return OPERATORS["/"](sums, scalar(x.v.length / sums.v.length));
  },
  randn: (...given) => made(given, randn),
  rand: (...given) => made(given, rand),
  zeros: (...given) => made(given, (shape) => tensor(shape, () => 0)),
  ones: (...given) => made(given, (shape) => tensor(shape, () => 1)),
  randn_like: (x) => randn(value(x).shape),
  rand_like: (x) => rand(value(x).shape),
  zeros_like: (x) => tensor(value(x).shape, () => 0),
  ones_like: (x) => tensor(value(x).shape, () => 1),
  // torch passes a gradient of zero back to the mean and the spread
  normal: (...given) => {
    const byName = given.at(-1);
    const [mean, std] = [byName.mean ?? given[0], byName.std ?? given[1]].map(value);
    const size = byName.size ?? given.find(Array.isArray);
    if (size) made(given, (shape) => tensor(shape, () => 0));
    const z = drawn(
      mean,
      size
        ? OPERATORS["*"](
            std,
            tensor(size, () => 1),
          )
        : std,
    );
    return tensor(z.shape, z.v, [null, null], z.graph);
  },
  Normal: (...given) => ({
    mean: value(given.at(-1).loc ?? given[0]),
    std: value(given.at(-1).scale ?? given[1]),
  }),
  rsample: ({ mean, std }) => drawn(value(mean), value(std)),
  sample: ({ mean, std }) => cut(drawn(value(mean), value(std))),
  tensor: (x) => cut(value(x)),
  detach: (x) => cut(value(x)),
  clone: (x) => OPERATORS["*"](value(x), scalar(1)),
  item: (x) => scalar(number(x)),
  size: (x, dim) => (dim?.v ? item(x.shape, number(dim)) : value(x).shape),
  numel: (x) => scalar(count(value(x).shape)),
};
const ALSO = { clip: "clamp", absolute: "abs", negative: "neg" };
const MODULES = ["torch", "nn", "F", "math", "np", "D", "distributions"];
const MODULE = "a module";
const NAMED = [
  "dim",
  "axis",
  "keepdim",
  "min",
  "max",
  "size",
  "mean",
  "std",
  "loc",
  "scale",
  "device",
  "dtype",
];

/** @param {string} name */
function named(name) {
  const known = Object.hasOwn(ALSO, name)
    ? /** @type {{[name: string]: string}} */ (ALSO)[name]
    : name;
  return Object.hasOwn(FUNCTIONS, known) ? FUNCTIONS[known] : null;
}

/** @param {any} of @param {string} name */
function attribute(of, name) {
  if (of === MODULE) {
    if (name === "pi" || name === "e") return scalar(name === "pi" ? Math.PI : Math.E);
    const known = named(name);
    if (known) return known;
    if (["nn", "functional", "distributions"].includes(name)) return MODULE;
    if (/^float|^double|^strided/.test(name)) return name;
  } else if (of?.v && ["shape", "data", "dtype", "device"].includes(name)) {
    return name === "shape"
      ? of.shape
      : name === "data"
        ? Object.assign(cut(of), { input: of.input })
        : name;
  }
  throw new Unread(`this page does not know .${name}`);
}
/** @param {Scope} scope @param {any} of @param {string} name @param {Arguments} given */
function method(scope, of, name, { list, named: byName }) {
  if (of === MODULE) {
    const called = attribute(of, name);
    if (typeof called !== "function") throw new Unread(`${name} is not a function`);
    return called(...list, byName);
  }
  const plain = /^(\w+[^_])_$/.exec(name)?.[1] ?? name;
  const known = NOT_METHODS.test(plain) ? null : named(plain);
  if (!known) throw new Unread(`this page does not know .${name}()`);
  const made = known(of, ...list, byName);
  return plain === name ? made : write(scope, value(of), made);
}
const NOT_METHODS = /_like$|^(randn?|zeros|ones|normal|Normal|tensor|softplus)$/;

/** @param {any} of @param {number} index */
function item(of, index) {
  if (Array.isArray(of)) return scalar(of[index < 0 ? of.length + index : index]);
  const { shape, v, t, graph } = value(of);
  const size = count(shape.slice(1));
  const row = index < 0 ? shape[0] + index : index;
  if (!(row in Array.from({ length: shape[0] ?? 0 })))
    throw new LineError(`there is no row ${index}`);
  const part = (/** @type {Float64Array} */ all) => all.slice(row * size, (row + 1) * size);
  return tensor(
    shape.slice(1),
    part(v),
    t.map((change) => change && part(change)),
    graph,
  );
}
return { compile };
})();
modules["verdict"] = (() => {
// The verdict on a line: the same words as vaelib's checks, from the tables that they use, which
// `make stage` works out at a few mu and logvar and writes into mistakes.js.
const { bytes, uniform } = modules["engine"];
const { compile } = modules["line"];
const { LineError, Unread, tensor } = modules["tensor"];

/** @typedef {import("./tensor.js").Tensor} Tensor */
/** @typedef {{right: boolean, likely: string, seen: string}} Verdict */
/** @typedef {(mu: Tensor, logvar: Tensor) => {value: Tensor, written: boolean}} Line */

const { sampling, kl: divergence } = /** @type {any} */ (window).VAE_STAGE_MISTAKES;
const IN_PLACE =
  "an operation in place: a trailing underscore (`exp_`, `mul_`), `+=`, `out=` or `.data`";
const NO_GRADIENT =
  "the inputs are not used, or the graph is cut by `.sample()`, `.detach()`, " +
  "`.data`, `.item()`, NumPy or `torch.no_grad()`";

/** @param {string} base64 */
const doubles = (base64) => Float64Array.from(new Float32Array(bytes(base64).buffer));

/** Inputs, which may move in a direction each. @param {number[]} shape @param {ArrayLike<number>} mu @param {ArrayLike<number>} logvar @param {[Float64Array, Float64Array] | null} [moved] @returns {[Tensor, Tensor]} */
function inputs(shape, mu, logvar, moved = null) {
  const made = [
    tensor(shape, mu, [moved?.[0] ?? null, null], true),
    tensor(shape, logvar, [null, moved?.[1] ?? null], true),
  ];
  for (const one of made) Object.assign(one, { input: true });
  return [made[0], made[1]];
}
/** @param {number} n */
const directions = (n) =>
  /** @type {[Float64Array, Float64Array]} */ (
    [0, 1].map(() => Float64Array.from({ length: n }, () => 2 * uniform() - 1))
  );

/** @param {number} found @param {number} right @param {number} rel @param {number} abs */
const close = (found, right, rel, abs) =>
  Object.is(found, right) ||
  found === right ||
  Math.abs(found - right) <= abs + rel * Math.abs(right) ||
  (Number.isNaN(found) && Number.isNaN(right));
/** @param {ArrayLike<number>} found @param {ArrayLike<number>} right @param {number} rel @param {number} abs */
const allClose = (found, right, rel, abs) =>
  Array.from(found).every((x, i) => close(x, right[i], rel, abs));

/** A number as Python's format ".2g" writes it. @param {number} x */
function short(x) {
  const [digits, power] = x.toExponential(1).split("e");
  if (Number(power) < -4 || Number(power) >= 2) {
    return `${Number(digits)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  return String(Number(x.toPrecision(2)));
}
/** @param {number[]} shape */
const written = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

/** Run what may stop as PyTorch would. @param {() => Verdict} judge @returns {Verdict} */
function judged(judge) {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof LineError) || error instanceof Unread) throw error;
    const positive = error.message.startsWith("a standard deviation is positive");
    return { right: false, likely: positive ? error.message : "", seen: error.message };
  }
}

// ---- z -------------------------------------------------------------------------------------

const DRAWS = 4000;
const SHAPE = [7, 3];
const MU = doubles(sampling.mu);
const LOGVAR = doubles(sampling.logvar);
const SIGMA = LOGVAR.map((value) => Math.exp(0.5 * value));
const LEVELS = [...new Set(LOGVAR)].sort((a, b) => b - a);
/** @type {[string, Float64Array, Float64Array][]} */
const MISTAKES = sampling.mistakes.map((/** @type {string[]} */ [words, mean, std]) => [
  words,
  doubles(mean),
  doubles(std),
]);

/** What many draws of the line show at every mu and logvar. @param {Line} line */
function measure(line) {
  const sums = {
    mean: new Float64Array(21),
    square: new Float64Array(21),
    nan: new Uint8Array(21),
  };
  /** @type {Float64Array} */
  let z = new Float64Array(21);
  for (let draw = 0; draw < DRAWS; draw++) {
    z = line(...inputs(SHAPE, MU, LOGVAR)).value.v;
    z.forEach((x, i) => {
      sums.mean[i] += x / DRAWS;
      sums.square[i] += (x - MU[i]) ** 2 / DRAWS;
      if (!Number.isFinite(x)) sums.nan[i] = 1;
    });
  }
  const std = sums.square.map((square, i) =>
    Math.sqrt(Math.max(0, square - (sums.mean[i] - MU[i]) ** 2)),
  );
  return { mean: sums.mean, std, nan: sums.nan, z };
}
/** @typedef {ReturnType<typeof measure>} Measured */

/** Whether the draws have that mean and spread, but for chance and a floor of 1e-4 on sigma. @param {Measured} found @param {ArrayLike<number>} mean @param {ArrayLike<number>} std */
function fits(found, mean, std) {
  return Array.from(mean).every((m, i) => {
    const s = std[i];
    if (s === 0)
      return found.std[i] < 1e-4 && Math.abs(found.mean[i] - m) < 1e-4 * (1 + Math.abs(m));
    return (
      Math.abs(found.mean[i] - m) <= (6 * s) / DRAWS ** 0.5 + 1e-6 * Math.abs(m) &&
      Math.abs(found.std[i] / s - 1) <= 6 / (2 * DRAWS) ** 0.5 + 1.5e-4 / s
    );
  });
}

/** Whether noise is of another kind than sigma times this factor explains: too many or too few draws within 1, 2 and 3.1 sigma; or neighbours that are linked. @param {Line} line @param {number} factor */
function oddNoise(line, factor) {
  const rounds = 1500;
  const flat = inputs(
    SHAPE,
    MU.map(() => 0.7),
    LOGVAR.map(() => 1),
  );
  const inside = [0, 0, 0];
  const links = [0, 0]; // of images, of dimensions
  for (let draw = 0; draw < rounds; draw++) {
    const eps = line(...flat).value.v.map((x) => (x - 0.7) / (factor * Math.exp(0.5)));
    eps.forEach((x, i) => {
      [1, 2, 3.1].forEach((bound, k) => {
        inside[k] += Number(Math.abs(x) < bound);
      });
      if (i >= SHAPE[1]) links[0] += x * eps[i - SHAPE[1]];
      if (i % SHAPE[1]) links[1] += x * eps[i - 1];
    });
  }
  const n = rounds * MU.length;
  const tails = [0.682689, 0.9545, 0.998065].some(
    (share, k) => Math.abs(inside[k] / n - share) > 6 * ((share * (1 - share)) / n) ** 0.5,
  );
  return {
    tails,
    linked: links.some((link, k) => Math.abs(link) > 6 * ([18, 14][k] * rounds) ** 0.5),
  };
}

/** Which part of the noise serves several elements, or nothing. @param {ArrayLike<number>} eps of SHAPE @param {number} tolerance */
function shared(eps, tolerance) {
  const [rows, columns] = SHAPE;
  const same = (/** @type {number} */ i, /** @type {number} */ j) =>
    Math.abs(eps[i] - eps[j]) <= tolerance;
  const all = Array.from({ length: rows * columns }, (_, i) => i);
  const oneRow = all.every((i) => same(i, i % columns));
  const oneColumn = all.every((i) => same(i, i - (i % columns)));
  if (oneRow && oneColumn)
    return "one random number for the whole batch: each element needs its own";
  if (oneRow) return "one noise vector for the whole batch: each image needs its own row of eps";
  return oneColumn ? "one random number for each image: each element needs its own" : "";
}

/** The mistake that explains mean and spread of z, or nothing. @param {Line} line @param {Measured} found */
function causeOfSpread(line, found) {
  if (found.nan.some(Boolean)) {
    return LOGVAR.every((value, i) => Boolean(found.nan[i]) === value < 0)
      ? "the square root of a negative number: a log-variance may be negative"
      : "";
  }
  const fitting = MISTAKES.filter(([, mean, std]) => fits(found, mean, std));
  if (fitting.length) return fitting.length === 1 ? fitting[0][0] : "";
  const oneNoise = shared(
    found.z.map((x, i) => (x - MU[i]) / SIGMA[i]),
    1e-2,
  );
  if (oneNoise) return oneNoise;
  // what remains are known ways to change sigma by an unknown number: measure the number
  const wide = LEVELS.map((level) => {
    const own = found.std.filter((_, i) => LOGVAR[i] === level);
    return Math.sqrt(own.reduce((sum, s) => sum + s * s, 0) / own.length);
  });
  const factor = Math.exp(
    wide.reduce((sum, w, k) => sum + Math.log(w) - 0.5 * LEVELS[k], 0) / LEVELS.length,
  );
  if (
    fits(
      found,
      MU,
      SIGMA.map((s) => factor * s),
    )
  ) {
    const { tails, linked } = oddNoise(line, factor);
    if (linked) return "";
    if (tails) return "the noise is not standard normal: use `torch.randn_like`";
    return Math.abs(factor - 1) > 0.05
      ? `sigma * eps is multiplied by about ${short(factor)} as well`
      : "";
  }
  const [high, low] = [wide[0], wide[wide.length - 1]];
  if (
    fits(
      found,
      MU,
      SIGMA.map((s) => Math.min(high, Math.max(low, s))),
    )
  ) {
    if (high < 1.1 * low)
      return `sigma is about ${short(low)} whatever logvar is: take exp(0.5 * logvar)`;
    const ends = [Math.exp(0.5 * LEVELS[LEVELS.length - 1]), Math.exp(0.5 * LEVELS[0])];
    const sides = [];
    if (low > 1.1 * ends[0]) sides.push(`below about ${short(low)}`);
    if (high < 0.9 * ends[1]) sides.push(`above about ${short(high)}`);
    return `sigma never goes ${sides.join(" or ")}: a clamp or a floor is too tight`;
  }
  return "";
}

/** What is wrong with the gradients of z: what is seen, and what cuts them; empty if nothing. @param {Line} line @returns {[string, string]} */
function gradientsOfZ(line) {
  const moved = directions(21);
  const middle = LOGVAR.map((value) => value / 10); // where nothing is clamped
  const { value: z } = line(...inputs(SHAPE, MU, middle, moved));
  if (!z.graph) return ["the result has no gradient at all", NO_GRADIENT];
  const found = z.t.map((change) => change ?? new Float64Array(21));
  const right = [moved[0], moved[1].map((by, i) => 0.5 * (z.v[i] - MU[i]) * by)];
  const [muRight, logvarRight] = found.map((change, k) => allClose(change, right[k], 3e-3, 1e-4));
  if (muRight && logvarRight) return ["", ""];
  const [muCut, logvarCut] = found.map((change) => change.every((x) => x === 0));
  const seen = `dz/d${muRight ? "logvar" : "mu"} is not what it should be`;
  if (muCut && logvarCut)
    return [seen, "nothing is passed back to mu and logvar, as by `torch.normal(mu, std)`"];
  if (muCut && logvarRight)
    return [seen, "no gradient reaches mu: it was detached, or is not used"];
  if (logvarCut && muRight)
    return [
      seen,
      "no gradient reaches logvar: sigma was detached, given to `torch.normal`, or not used",
    ];
  return [seen, ""];
}

/** The verdict on lines that end with z. @param {string} text */
function judgeZ(text) {
  const line = compile(text);
  return judged(() => {
    for (const shape of [SHAPE, [1, 5], [2, 1]]) {
      const n = shape[0] * shape[1];
      const { value, written: inPlace } = line(
        ...inputs(shape, MU.slice(0, n), LOGVAR.slice(0, n)),
      );
      if (inPlace) return { right: false, likely: IN_PLACE, seen: "mu or logvar was changed" };
      if (value.shape.join() !== shape.join()) {
        return {
          right: false,
          likely: "",
          seen: `for inputs of shape ${written(shape)} z has shape ${written(value.shape)}`,
        };
      }
    }
    const found = measure(line);
    if (!fits(found, MU, SIGMA) || oddNoise(line, 1).tails) {
      const likely = causeOfSpread(line, found) || gradientsOfZ(line)[1];
      const i = worst(found);
      return {
        right: false,
        likely,
        seen:
          `at mu = ${MU[i].toFixed(1)} and sigma = ${SIGMA[i].toPrecision(3)}, ` +
          `z has mean ${found.mean[i].toFixed(2)} and standard deviation ${found.std[i].toPrecision(3)}`,
      };
    }
    const [seen, likely] = gradientsOfZ(line);
    if (seen) return { right: false, likely, seen };
    const flat = line(
      ...inputs(
        SHAPE,
        MU.map(() => 0.7),
        LOGVAR.map(() => 1),
      ),
    ).value.v;
    const noise = shared(flat, 0);
    if (noise) return { right: false, likely: noise, seen: "elements get the same noise" };
    if (oddNoise(line, 1).linked)
      return { right: false, likely: "", seen: "the noise of two elements is linked" };
    return { right: true, likely: "", seen: "" };
  });
}
/** Where mean or spread is furthest off. @param {Measured} found */
function worst({ mean, std }) {
  const off = Array.from(SIGMA, (s, i) =>
    Math.max(Math.abs(mean[i] - MU[i]) / s, Math.abs(Math.log(Math.max(1e-9, std[i]) / s))),
  );
  return off.findIndex((value) => value === Math.max(...off) || Number.isNaN(value));
}

// ---- the KL --------------------------------------------------------------------------------

/** @type {{shape: number[], mu: Float64Array, logvar: Float64Array}[]} */
const INPUTS = divergence.inputs.map((/** @type {any} */ { shape, mu, logvar }) => ({
  shape,
  mu: doubles(mu),
  logvar: doubles(logvar),
}));
/** @typedef {{words: string, rightFormula: boolean, shapes: number[][], values: Float64Array[]}} Entry */
/** @type {Entry[]} */
const TABLE = divergence.mistakes.map(
  (/** @type {any} */ [words, rightFormula, shapes, values]) => ({
    words,
    rightFormula,
    shapes,
    values: values.map(doubles),
  }),
);

/** The formula and reduction that give the line's values, if it is one; or the shape's. @param {Tensor[]} found @param {boolean} wrongShape */
function causeOfKl(found, wrongShape) {
  const sameShape = (/** @type {Entry} */ { shapes }, /** @type {number} */ k) =>
    shapes[k].join() === found[k].shape.join();
  let fitting = TABLE.filter((entry) =>
    found.every(
      (value, k) => sameShape(entry, k) && allClose(value.v, entry.values[k], 1e-4, 1e-5),
    ),
  );
  if (!fitting.length && wrongShape)
    fitting = TABLE.filter((entry) => entry.rightFormula && sameShape(entry, 0));
  if (!fitting.length && !wrongShape) return factorOf(found) || unused(found);
  return fitting.length === 1 ? fitting[0].words : "";
}

/** What is told of values that are all the right ones times one number. @param {Tensor[]} found */
function factorOf(found) {
  const ratios = found.flatMap(({ v }, k) => {
    const {
      shape: [rows, columns],
      mu,
      logvar,
    } = INPUTS[k];
    return Array.from({ length: rows }, (_, row) => {
      let right = 0;
      for (let i = row * columns; i < (row + 1) * columns; i++) right += rightKl(mu[i], logvar[i]);
      return v[row] / right;
    });
  });
  const [factor] = ratios;
  if (!factor || !ratios.every((x) => Math.abs(x - factor) <= 1e-4 * Math.abs(factor))) return "";
  const parts = Math.round(1 / factor);
  const whole = parts > 1 && Math.abs(factor * parts - 1) < 1e-4;
  return `every value is the right one ${whole ? `divided by ${parts}` : `times ${Number(factor.toPrecision(4))}`}`;
}

/** What is told of values that are the same whatever the inputs. @param {Tensor[]} found */
const unused = (found) =>
  found.every(({ v }) => v.every((x) => x === found[0].v[0])) ? "mu, logvar are not used" : "";

/** @param {number} mu @param {number} logvar */
const rightKl = (mu, logvar) => 0.5 * (mu * mu + Math.expm1(logvar) - logvar);
/** How far rounding and a floor of 1e-4 on sigma may move it. @param {number} mu @param {number} logvar */
function bound(mu, logvar) {
  const sigma = Math.exp(0.5 * logvar);
  return 1e-5 * (1 + rightKl(mu, logvar)) + 1.5e-4 * (sigma + 1 / sigma);
}

/** The verdict on lines that end with the KL of every image. @param {string} text */
function judgeKl(text) {
  const line = compile(text);
  return judged(() => {
    const found = INPUTS.map(({ shape, mu, logvar }) => line(...inputs(shape, mu, logvar)));
    const values = found.map(({ value }) => value);
    const [first] = INPUTS;
    if (values[0].shape.join() !== String(first.shape[0])) {
      return {
        right: false,
        likely: causeOfKl(values, true),
        seen: `for inputs of shape ${written(first.shape)} the result has shape ${written(values[0].shape)}`,
      };
    }
    if (found[0].written)
      return { right: false, likely: IN_PLACE, seen: "mu or logvar was changed" };
    for (let k = 0; k < INPUTS.length; k++) {
      const {
        shape: [rows, columns],
        mu,
        logvar,
      } = INPUTS[k];
      for (let row = 0; row < rows; row++) {
        let [right, slack] = [0, 0];
        for (let i = row * columns; i < (row + 1) * columns; i++) {
          right += rightKl(mu[i], logvar[i]);
          slack += bound(mu[i], logvar[i]);
        }
        if (!(Math.abs(values[k].v[row] - right) <= slack)) {
          return {
            right: false,
            likely: causeOfKl(values, false) || (overTheRange(line)?.likely ?? ""),
            seen: `an image has ${values[k].v[row].toFixed(4)}, expected ${right.toFixed(4)} nats`,
          };
        }
      }
    }
    return (
      overTheRange(line) ?? gradientsOfKl(line, values) ?? { right: true, likely: "", seen: "" }
    );
  });
}

const NEGATIVE = "the square root or the logarithm of a negative number: logvar may be negative";
const CLAMPED = "logvar or sigma is clamped too tightly: logvar from -10 to 10 must stay as it is";

/** @param {Line} line @returns {Verdict | null} */
function overTheRange(line) {
  const logvar = Float64Array.from({ length: 21 }, (_, i) => i - 10);
  const found = line(
    ...inputs(
      [21, 1],
      logvar.map(() => 0.5),
      logvar,
    ),
  ).value.v;
  const wrong = logvar.map((value, i) =>
    Number(!(Math.abs(found[i] - rightKl(0.5, value)) <= bound(0.5, value))),
  );
  if (!wrong.some(Boolean)) return null;
  const ends = [
    found.filter((_, i) => wrong[i] && logvar[i] < 0),
    found.filter((_, i) => wrong[i] && logvar[i] > 0),
  ];
  const flat = ends.every(
    (end) => end.length === 0 || (end.length > 1 && end.every((x) => x === end[0])),
  );
  const negative = found.every((x, i) => Number.isNaN(x) === logvar[i] < 0);
  const clamped = flat && !wrong.every(Boolean);
  const at = wrong.findIndex(Boolean);
  return {
    right: false,
    likely: negative ? NEGATIVE : clamped ? CLAMPED : "",
    seen: `at mu = 0.5, logvar = ${logvar[at]} it is ${found[at].toPrecision(5)}, expected ${rightKl(0.5, logvar[at]).toPrecision(5)} nats`,
  };
}

/** @param {Line} line @param {Tensor[]} values @returns {Verdict | null} */
function gradientsOfKl(line, values) {
  const { shape, mu, logvar } = INPUTS[0];
  const moved = directions(mu.length);
  const { value } = line(...inputs(shape, mu, logvar, moved));
  if (!value.graph)
    return { right: false, likely: NO_GRADIENT, seen: "the result has no gradient at all" };
  const slopes = [mu, logvar.map((x) => 0.5 * Math.expm1(x))];
  const wrong = [0, 1].map((k) => {
    const found = value.t[k] ?? new Float64Array(shape[0]);
    const right = Float64Array.from(found, (_, row) => {
      let sum = 0;
      for (let i = row * shape[1]; i < (row + 1) * shape[1]; i++) sum += slopes[k][i] * moved[k][i];
      return sum;
    });
    return { off: !allClose(found, right, 1e-4, 1e-3), cut: found.every((x) => x === 0) };
  });
  if (!wrong.some(({ off }) => off)) return null;
  const k = wrong[0].off ? 0 : 1;
  const name = ["mu", "logvar"][k];
  const cut = `no gradient reaches ${name}: detached (\`.detach()\`, \`.data\`, \`.item()\`) or rounded`;
  return {
    right: false,
    seen: `the gradient to ${name} is not what it should be`,
    likely: causeOfKl(values, false) || (!wrong.every(({ off }) => off) && wrong[k].cut ? cut : ""),
  };
}
return { inputs, short, judgeZ, judgeKl };
})();
modules["acts/write"] = (() => {
// Act 9: write the line. What is typed is read by line.js, judged with the words of vaelib's
// checks, and run on the networks of this page.
const { decode, encode, sigmoid } = modules["engine"];
const { compile } = modules["line"];
const { dimensions, images, wide } = modules["models"];
const { element, open, paint } = modules["page"];
const { LineError } = modules["tensor"];
const { inputs, judgeKl, judgeZ } = modules["verdict"];

const MARKUP = `
  <p class="ask">Each line has one mistake. Mend it: the page runs it and names what is wrong.</p>
  <form class="z"><label>z, from mu and logvar <textarea rows="2" spellcheck="false" autocapitalize="off" autocomplete="off">z = mu + logvar * torch.randn_like(mu)</textarea></label>
    <button type="submit">Try this z</button><p class="verdict" role="status"></p>
    <div class="four"></div></form>
  <form class="kl"><label>The KL of each image, from mu and logvar <textarea rows="2" spellcheck="false" autocapitalize="off" autocomplete="off">kl = 0.5 * (mu**2 + logvar.exp() - logvar).sum(dim=1)</textarea></label>
    <button type="submit">Try this KL</button><p class="verdict" role="status"></p></form>
  <p class="home">Now in PyTorch: the assignments <a href="../exercises/sampling/sampling.html">Sampling</a> and <a href="../exercises/kl_loss/kl_loss.html">the KL loss</a>.</p>
  <p class="note">The names are those of the assignments: mu and logvar, both (batch, latent_dim). The page reads a small part of PyTorch: arithmetic, exp, log, sqrt, randn_like, sum and their kin. Ctrl + Enter tries the line.</p>`;

/** @param {Element} host */
function write(host) {
  const { part, parts, say } = open(host, MARKUP);
  const shown = images.slice(2, 6).map((image) => encode(wide, image));
  part(".z .four").append(
    ...shown.map((_, i) => {
      const image = element("canvas", { class: "ink", width: 56, height: 56, role: "img" });
      paint(/** @type {HTMLCanvasElement} */ (image), images[2 + i]);
      image.setAttribute("aria-label", `Image ${i + 1}`);
      const yours = element("canvas", { class: "ink yours", width: 84, height: 84, role: "img" });
      yours.setAttribute("aria-label", "Nothing yet: try your z");
      return element("div", { class: "part" }, image, yours);
    }),
    element("span", {}, "Left: four images. Right: what the decoder makes of your z of each."),
  );

  /** What the decoder makes of the learner's z. @param {string} text */
  function run(text) {
    const line = compile(text);
    const codes = shown.map(({ mu }) => mu);
    const flat = (/** @type {"mu" | "logvar"} */ name) => shown.flatMap((q) => [...q[name]]);
    const { value } = line(...inputs([shown.length, dimensions], flat("mu"), flat("logvar")));
    const fits = value.v.length === dimensions * codes.length;
    parts(".z .yours").forEach((picture, i) => {
      const z = Float32Array.from(value.v.slice(dimensions * i, dimensions * (i + 1)));
      const image =
        fits && z.every(Number.isFinite) ? sigmoid(decode(wide, z)) : new Float32Array(784);
      paint(/** @type {HTMLCanvasElement} */ (picture), image);
      picture.setAttribute("aria-label", `What the decoder makes of your z of image ${i + 1}`);
    });
  }

  /** @param {string} name @param {(text: string) => import("../verdict.js").Verdict} judge @param {string} praise */
  function box(name, judge, praise) {
    const text = /** @type {HTMLTextAreaElement} */ (part(`${name} textarea`));
    const verdict = part(`${name} .verdict`);
    function tried() {
      try {
        const { right, likely, seen } = judge(text.value);
        verdict.classList.toggle("right", right);
        verdict.textContent = right
          ? praise
          : `Not yet: ${seen}. ${likely && `Likely: ${likely}.`}`;
        if (name === ".z") run(text.value);
      } catch (error) {
        if (!(error instanceof LineError)) throw error;
        verdict.textContent = `Not read: ${error.message}.`;
        verdict.classList.remove("right");
      }
    }
    part(`${name}`).addEventListener("submit", (event) => {
      event.preventDefault();
      tried();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.ctrlKey) tried();
    });
  }
  box(".z", judgeZ, "Right: mean, spread, gradients and fresh noise are as asked.");
  box(
    ".kl",
    judgeKl,
    "Right: values from logvar = −10 to 10, one for each image, and both gradients.",
  );
  return { judgeZ, judgeKl, say };
}
return { write };
})();
modules["main"] = (() => {
// Each <div class="vae-stage" data-act="N"> of the page is filled by its act; "all" has them all.
const { decode, encode } = modules["engine"];
const { toMnist } = modules["mnist"];
const { inEveryTheme } = modules["page"];
const { images, read, wide } = modules["models"];
const { restore, shares } = modules["share"];
const { clinic } = modules["acts/clinic"];
const { cover } = modules["acts/cover"];
const { encoder } = modules["acts/encoder"];
const { everything } = modules["acts/everything"];
const { knob } = modules["acts/knob"];
const { logarithm } = modules["acts/logarithm"];
const { prior } = modules["acts/prior"];
const { survives } = modules["acts/survives"];
const { train } = modules["acts/train"];
const { whose } = modules["acts/whose"];
const { write } = modules["acts/write"];

/** @type {{[number: string]: import("./acts/everything.js").Act}} */
const ACTS = {
  0: { name: "Draw", begin: cover },
  1: { name: "Whose Gaussian?", begin: whose },
  2: { name: "What survives?", begin: survives },
  3: { name: "Why a log?", begin: logarithm },
  4: { name: "Why an encoder?", begin: encoder },
  5: { name: "One knob", begin: knob },
  6: { name: "Train it", begin: train },
  7: { name: "From the prior", begin: prior },
  8: { name: "The clinic", begin: clinic },
  9: { name: "Write the line", begin: write },
};

/** @param {Element} host */
function mount(host) {
  const number = /** @type {HTMLElement} */ (host).dataset.act ?? "";
  /** @type {any} */
  const act = number === "all" ? everything(host, ACTS, mount) : ACTS[number].begin(host);
  if (number !== "all") shares(host, number, act.say, act.share);
  // For tests, and for the curious at the console.
  Object.assign(host, {
    stage: {
      ...act,
      encode: (/** @type {Float32Array} */ image) => encode(wide, image),
      decode: (/** @type {Float32Array} */ z) => decode(wide, z),
      toMnist,
      read,
      images,
    },
  });
}

/** Bring back what a link to this page says. */
function follow() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const number = wanted.get("act") ?? "";
  if (!Object.hasOwn(ACTS, number)) return;
  /** @type {any} */
  const all = document.querySelector('.vae-stage[data-act="all"]');
  all?.stage.choose(number);
  /** @type {any} */
  const host = document.querySelector(`[data-act="${number}"]`);
  if (!host?.stage) return;
  restore(host.querySelector(".app"), wanted, host.stage.share);
  host.scrollIntoView({ block: "center" });
}

// A notebook runs this script once for each of its stages.
const hosts = [...document.querySelectorAll(".vae-stage")];
/** Begin one act after the other, each in a task of its own: in between the page can answer. */
function begin() {
  const next = hosts.find((host) => !("stage" in host));
  if (!next) return follow();
  mount(next);
  setTimeout(begin);
}
inEveryTheme(() => {});
setTimeout(begin);
addEventListener("hashchange", follow);
return {  };
})();
})();
