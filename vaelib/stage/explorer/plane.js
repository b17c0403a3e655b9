// The map of an explorer: as wide as a model's codes need, with Gaussians and crosses on it.
import { brush, number } from "../page.js";
import { sigma } from "./data.js";

/** @typedef {import("./data.js").Pair} Pair */
/** @typedef {{letter: string, code: import("./data.js").Gaussian, z?: Pair[]}} Ring */
/** @typedef {{gaussians?: Ring[], crosses?: Pair[]}} Marks */

export const LETTERS = "ABCDEF";

/**
 * @param {HTMLCanvasElement} canvas @param {Element} app whose style has the colours
 * @param {import("./data.js").Data} data @param {import("./data.js").State} state
 * @param {() => Marks} marks what the open panel wants to be seen
 */
export function plane(canvas, app, { labels }, state, marks) {
  const context = brush(canvas);
  const scene = {
    size: 0,
    view: { centre: [0, 0], half: 1 },
    dots: /** @type {number[][]} */ ([]),
    from: /** @type {number[][] | null} */ (null),
    part: 1,
  };

  /** What part of the plane is seen: all codes, and the prior to two sigma. */
  function viewOf() {
    const { codes } = state.model;
    const bounds = [0, 1].map((axis) => {
      const values = labels.map((_, i) => codes[4 * i + axis]);
      return [Math.min(-2.2, ...values), Math.max(2.2, ...values)];
    });
    const half = 0.54 * Math.max(...bounds.map(([low, high]) => high - low));
    return { centre: bounds.map(([low, high]) => (low + high) / 2), half };
  }
  const perUnit = () => scene.size / (2 * scene.view.half);
  /** @param {ArrayLike<number>} z @returns {Pair} */
  const toScreen = (z) => [
    scene.size / 2 + (z[0] - scene.view.centre[0]) * perUnit(),
    scene.size / 2 - (z[1] - scene.view.centre[1]) * perUnit(),
  ];
  /** Where a pointer is, in units of z. @param {number[]} at @returns {Pair} */
  const toPlane = ([x, y]) => [
    scene.view.centre[0] + (x - scene.size / 2) / perUnit(),
    scene.view.centre[1] - (y - scene.size / 2) / perUnit(),
  ];
  /** @param {string} name */
  const colour = (name) => getComputedStyle(app).getPropertyValue(`--${name}`);

  /** Write over the dots: a halo keeps it legible. @param {string | number} text @param {number[]} at @param {string} ink @param {number} size @param {string} [weight] */
  function write(text, [x, y], ink, size, weight = "bold") {
    const font = `${weight} ${size}px sans-serif`;
    Object.assign(context, {
      font,
      textAlign: "center",
      textBaseline: "middle",
      lineJoin: "round",
    });
    Object.assign(context, {
      lineWidth: 4,
      strokeStyle: colour("surface"),
      fillStyle: colour(ink),
    });
    context.strokeText(String(text), x, y);
    context.fillText(String(text), x, y);
  }

  function drawGrid() {
    const { size, view } = scene;
    const step = [1, 2, 5, 10, 20, 50, 100].find((value) => view.half / value < 3.2) ?? 200;
    for (const axis of [0, 1]) {
      const first = Math.ceil((view.centre[axis] - view.half) / step);
      for (let tick = first; tick * step < view.centre[axis] + view.half; tick++) {
        const at = toScreen([tick * step, tick * step])[axis];
        context.fillStyle = colour("grid");
        if (axis) context.fillRect(0, at, size, 1);
        else context.fillRect(at, 0, 1, size);
        if (at > 20 && at < size - 20) {
          write(number(tick * step, 0), axis ? [14, at] : [at, size - 10], "quiet", 11, "normal");
        }
      }
    }
    write("dimension 1", [size - 36, size - 25], "quiet", 11, "normal");
    write("dimension 2", [36, 11], "quiet", 11, "normal");
  }

  /** Where the dots are on screen; on the way while one model's map turns into another's. */
  function dotsOnScreen() {
    const { codes } = state.model;
    const there = labels.map((_, i) => toScreen([codes[4 * i], codes[4 * i + 1]]));
    const { from, part } = scene;
    if (!from) return there;
    return there.map((dot, i) => dot.map((end, k) => from[i][k] + part * (end - from[i][k])));
  }

  /** @param {number[]} values */
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

  function drawDots() {
    const dots = dotsOnScreen();
    /** @type {{label: number, at: number[]}[]} */
    const names = [];
    context.globalAlpha = 0.6;
    for (let label = 0; label < 10; label++) {
      const own = dots.filter((_, i) => labels[i] === label);
      if (!own.length) continue;
      context.fillStyle = colour(`c${label}`);
      context.beginPath();
      for (const [x, y] of own) {
        context.moveTo(x + 2, y);
        context.arc(x, y, 2, 0, 2 * Math.PI);
      }
      context.fill();
      names.push({ label, at: [0, 1].map((axis) => median(own.map((dot) => dot[axis]))) });
    }
    context.globalAlpha = 1;
    // Numerals that would lie on each other say nothing: their classes have collapsed.
    for (const name of names) {
      const close = names.some(
        (other) =>
          other !== name && Math.hypot(name.at[0] - other.at[0], name.at[1] - other.at[1]) <= 9,
      );
      if (!close) write(name.label, name.at, `c${name.label}`, 19);
    }
    return dots;
  }

  /** @param {ArrayLike<number>} centre @param {number[]} widths */
  function outline(centre, widths, dashed = false) {
    const [rx, ry] = widths.map((width) => Math.max(1.5, width * perUnit()));
    context.setLineDash(dashed ? [5, 5] : []);
    context.beginPath();
    context.ellipse(...toScreen(centre), rx, ry, 0, 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
    return [rx, ry];
  }

  /** An image's Gaussian, to two sigma: 86 % of its draws lie inside. @param {Ring} ring */
  function drawGaussian({ letter, code, z = [] }) {
    Object.assign(context, { strokeStyle: colour("ink"), lineWidth: 2 });
    const radii = outline(
      code.mu,
      sigma(code).map((width) => 2 * width),
    );
    context.fillStyle = colour("ink");
    for (const point of z) {
      context.beginPath();
      context.arc(...toScreen(point), z.length > 1 ? 1.6 : 4.5, 0, 2 * Math.PI);
      context.fill();
    }
    // Each letter has its own direction, so that it can be read where ellipses coincide.
    const angle = (-Math.PI / 3) * Math.max(0, LETTERS.indexOf(letter));
    const reach = [Math.cos(angle), Math.sin(angle)].map(
      (part, k) => part * (radii[k] + 7 + 4 * letter.length),
    );
    const inside = (/** @type {number} */ at) => Math.min(scene.size - 10, Math.max(10, at));
    write(
      letter,
      toScreen(code.mu).map((at, k) => inside(at + reach[k])),
      "ink",
      15,
    );
  }

  /** @param {Pair} at @param {number} reach */
  function drawCross([x, y], reach) {
    for (const [ink, width] of /** @type {[string, number][]} */ ([
      ["surface", 5],
      ["ink", 2],
    ])) {
      Object.assign(context, { strokeStyle: colour(ink), lineWidth: width });
      context.beginPath();
      context.moveTo(x - reach, y);
      context.lineTo(x + reach, y);
      context.moveTo(x, y - reach);
      context.lineTo(x, y + reach);
      context.stroke();
    }
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    scene.size = canvas.clientWidth;
    if (!scene.size) return;
    canvas.width = canvas.height = Math.round(scene.size * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    scene.view = viewOf();
    drawGrid();
    Object.assign(context, { strokeStyle: colour("quiet"), lineWidth: 1.2 });
    outline([0, 0], [2, 2], true);
    scene.dots = drawDots();
    const { gaussians = [], crosses = [] } = marks();
    gaussians.forEach(drawGaussian);
    crosses.forEach((z) => drawCross(toScreen(z), crosses.length > 1 ? 4 : 11));
  }

  /** Let the dots run from the old model's map to the new one's, unless motion is unwelcome. @param {() => void} change */
  function turn(change) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    Object.assign(scene, { from: still ? null : scene.dots, part: 0 });
    change();
    const start = performance.now();
    const step = (/** @type {number} */ now) => {
      const t = Math.min(1, Math.max(0, now - start) / 500);
      scene.part = t * t * (3 - 2 * t);
      if (t === 1) scene.from = null;
      else requestAnimationFrame(step);
      draw();
    };
    if (!still) requestAnimationFrame(step);
  }
  return { scene, draw, turn, toPlane };
}
