/* The latent-space explorer, in the page: no network, no kernel, no framework.

   (host) => ... is called with the element that holds the data, the markup (a template) and the
   figure that stands in for all this without JavaScript and on paper. From top to bottom:
   the networks, random numbers, drawing, the map, one object for each panel, and the wiring. */
(host) => {
  "use strict";

  // ---- The networks: as in vaelib.models, with the weights of large layers in int8 ----------

  function bytes(base64) {
    const letters = atob(base64);
    const values = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i++) values[i] = letters.charCodeAt(i);
    return values;
  }
  const floats = (base64) => new Float32Array(bytes(base64).buffer);

  function readLayer({ weight, scale, bias }) {
    const quantised = scale !== null;
    return {
      weight: quantised ? new Int8Array(bytes(weight).buffer) : floats(weight),
      scale: quantised ? floats(scale) : null, // one factor for each row
      bias: floats(bias),
    };
  }

  function linear({ weight, scale, bias }, x) {
    return Float32Array.from(bias, (offset, row) => {
      let sum = 0;
      for (let i = 0, at = row * x.length; i < x.length; i++, at++) sum += weight[at] * x[i];
      return sum * (scale ? scale[row] : 1) + offset;
    });
  }

  const relu = (x) => x.map((value) => Math.max(0, value));
  const sigmoid = (logits) => logits.map((value) => 1 / (1 + Math.exp(-value)));

  function encode({ layers }, image) {
    const features = relu(linear(layers.features, image));
    return { mu: linear(layers.mu, features), logvar: linear(layers.logvar, features) };
  }

  const decode = ({ layers }, z) => linear(layers.logits, relu(linear(layers.code, z)));

  // ---- Costs, in nats ------------------------------------------------------------------------

  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  const mean = (values) => total(values) / values.length;

  function reconstruction(logits, image) {
    let cost = 0;
    logits.forEach((logit, i) => {
      cost += Math.max(logit, 0) - logit * image[i] + Math.log1p(Math.exp(-Math.abs(logit)));
    });
    return cost;
  }

  const klOfOne = (mu, logvar) => 0.5 * (mu * mu + (Math.expm1(logvar) - logvar));
  const kl = ({ mu, logvar }) => klOfOne(mu[0], logvar[0]) + klOfOne(mu[1], logvar[1]);
  const sigma = ({ logvar }) => [Math.exp(0.5 * logvar[0]), Math.exp(0.5 * logvar[1])];

  function logProb(z, mu1, mu2, logvar1, logvar2) {
    const squares = (z[0] - mu1) ** 2 * Math.exp(-logvar1) + (z[1] - mu2) ** 2 * Math.exp(-logvar2);
    return -0.5 * (squares + logvar1 + logvar2) - Math.log(2 * Math.PI);
  }

  // Row `i` of the codes holds the mu and the logvar of test image i.
  const logProbOfRow = (codes, i, z) =>
    logProb(z, codes[4 * i], codes[4 * i + 1], codes[4 * i + 2], codes[4 * i + 3]);

  /** The image, among those in the page, whose Gaussian is most probable to have given z. */
  function pointsBackTo({ codes }, z) {
    let best = 0;
    let highest = -Infinity;
    for (let i = 0; i < images.length; i++) {
      const value = logProbOfRow(codes, i, z);
      if (value > highest) [best, highest] = [i, value];
    }
    return best;
  }

  /** log q(z), where q is the average of the Gaussians of all test images. */
  function logAggregate({ codes }, z) {
    const values = labels.map((_, i) => logProbOfRow(codes, i, z));
    const highest = Math.max(...values);
    return highest + Math.log(mean(values.map((value) => Math.exp(value - highest))));
  }

  // ---- Random numbers: from a seed, so that every reader starts from the same picture --------

  function generator(seed) {
    const uniform = () => { // mulberry32
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }

  const normal = generator(7);
  const drawEps = () => [normal(), normal()];
  const manyEps = (n) => Array.from({ length: n }, drawEps);
  const shift = ({ mu, ...rest }, eps, noise = 1) =>
    sigma(rest).map((width, i) => mu[i] + noise * width * eps[i]);

  // ---- The data ------------------------------------------------------------------------------

  const data = JSON.parse(host.querySelector("script").textContent);
  const models = data.models.map(({ name, cost, codes, layers }) => ({
    name,
    cost,
    codes: floats(codes),
    layers: Object.fromEntries(
      Object.entries(layers).map(([part, layer]) => [part, readLayer(layer)]),
    ),
  }));
  const labels = Array.from(bytes(data.labels)); // of all test images; the first few are here
  const pixels = bytes(data.images);
  const images = Array.from({ length: pixels.length / 784 }, (_, i) =>
    Float32Array.from(pixels.subarray(784 * i, 784 * (i + 1)), (value) => value / 255),
  );

  // ---- What the reader has chosen ------------------------------------------------------------

  const LETTERS = "ABCDEF";
  const state = {
    model: models[0],
    panel: "pick",
    page: 0, // of the test digits
    picks: [0, 1, 4].filter((i) => i < images.length), // the newest first: A, B ...
    noise: 1,
    eps: [drawEps(), drawEps()], // of A and B
    swap: "none",
    logvar: null, // of A in dimension 1; null: the encoder's own
    logvarEps: manyEps(64),
    z: [0, 0],
    prior: manyEps(20),
    own: null, // the reader's own digit
    ownEps: drawEps(),
  };
  const shareEps = manyEps(500);

  // ---- Words, numbers and small elements -----------------------------------------------------

  const shadow = host.attachShadow({ mode: "open" });
  shadow.append(host.querySelector("template").content.cloneNode(true));
  const app = shadow.querySelector(".app");
  const the = (id) => shadow.getElementById(id);

  const number = (value, digits = 2) =>
    value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "\u2212"); // no minus zero
  const pair = (values) => `(${number(values[0])}, ${number(values[1])})`;
  const nats = (value) => `${number(value, 1)} nats`;
  const image = (i) => `a ${labels[i]}`;

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  /** Tell the screen reader, once things have come to rest. */
  let saying;
  function say(text) {
    clearTimeout(saying);
    saying = setTimeout(() => { the("live").textContent = text; }, 400);
  }

  /** Pixels are ink: black with an alpha. The style turns them white in the dark. */
  function paint(canvas, values) {
    const picture = new ImageData(28, 28);
    values.forEach((value, i) => { picture.data[4 * i + 3] = Math.round(255 * value); });
    canvas.getContext("2d").putImageData(picture, 0, 0);
    return canvas;
  }

  const digit = (values, label, size = "") =>
    paint(
      element("canvas", {
        class: `digit ${size}`, width: 28, height: 28,
        ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }),
      }),
      values,
    );

  // ---- The map -------------------------------------------------------------------------------

  const map = the("map");
  const scene = { context: map.getContext("2d"), size: 0, view: null, from: null, part: 1 };

  /** What part of the plane the map shows: all codes, and the prior to two sigma. */
  function viewOf({ codes }) {
    const bounds = [0, 1].map((axis) => {
      const values = labels.map((_, i) => codes[4 * i + axis]);
      return [Math.min(-2.2, ...values), Math.max(2.2, ...values)];
    });
    const half = 0.54 * Math.max(...bounds.map(([low, high]) => high - low));
    return { centre: bounds.map(([low, high]) => (low + high) / 2), half };
  }

  const perUnit = () => scene.size / (2 * scene.view.half);
  const toScreen = ([x, y]) => [
    scene.size / 2 + (x - scene.view.centre[0]) * perUnit(),
    scene.size / 2 - (y - scene.view.centre[1]) * perUnit(),
  ];
  const toPlane = ([x, y]) => [
    scene.view.centre[0] + (x - scene.size / 2) / perUnit(),
    scene.view.centre[1] - (y - scene.size / 2) / perUnit(),
  ];
  const colour = (name) => getComputedStyle(app).getPropertyValue(`--${name}`);

  /** Write over the dots: a halo keeps it legible. */
  function write(text, [x, y], ink, size, weight = "bold") {
    const { context } = scene;
    const font = `${weight} ${size}px sans-serif`;
    Object.assign(context, { font, textAlign: "center", textBaseline: "middle", lineJoin: "round" });
    Object.assign(context, { lineWidth: 4, strokeStyle: colour("surface"), fillStyle: colour(ink) });
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }

  function drawGrid() {
    const { context, size, view } = scene;
    const step = [1, 2, 5, 10, 20, 50, 100].find((value) => view.half / value < 3.2) ?? 200;
    for (const axis of [0, 1]) {
      const first = Math.ceil((view.centre[axis] - view.half) / step);
      for (let tick = first; tick * step < view.centre[axis] + view.half; tick++) {
        const at = toScreen([tick * step, tick * step])[axis];
        context.fillStyle = colour("grid");
        context.fillRect(...(axis ? [0, at, size, 1] : [at, 0, 1, size]));
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
    if (!scene.from) return there;
    const between = (start, end) => start + scene.part * (end - start);
    return there.map((dot, i) => dot.map((end, k) => between(scene.from[i][k], end)));
  }

  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

  function drawDots() {
    const { context } = scene;
    const dots = dotsOnScreen();
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
    const apart = (a, b) => a === b || Math.hypot(a.at[0] - b.at[0], a.at[1] - b.at[1]) > 9;
    for (const name of names.filter((a) => names.every((b) => apart(a, b)))) {
      write(name.label, name.at, `c${name.label}`, 19);
    }
    return dots;
  }

  function outline(centre, widths, dashed = false) {
    const { context } = scene;
    const [rx, ry] = widths.map((width) => Math.max(1.5, width * perUnit()));
    context.setLineDash(dashed ? [5, 5] : []);
    context.beginPath();
    context.ellipse(...toScreen(centre), rx, ry, 0, 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
    return [rx, ry];
  }

  /** An image's Gaussian, to two sigma: 86 % of its draws lie inside. */
  function drawGaussian({ letter, code, z = [] }) {
    const { context } = scene;
    context.strokeStyle = colour("ink");
    context.lineWidth = 2;
    const radii = outline(code.mu, sigma(code).map((width) => 2 * width));
    context.fillStyle = colour("ink");
    for (const point of z) {
      const [px, py] = toScreen(point);
      context.beginPath();
      context.arc(px, py, z.length > 1 ? 1.6 : 4.5, 0, 2 * Math.PI);
      context.fill();
    }
    // Each letter has its own direction, so that it can be read where ellipses coincide.
    const angle = (-Math.PI / 3) * Math.max(0, LETTERS.indexOf(letter));
    const reach = [Math.cos(angle), Math.sin(angle)].map(
      (part, k) => part * (radii[k] + 7 + 4 * letter.length),
    );
    const inside = (at) => Math.min(scene.size - 10, Math.max(10, at));
    write(letter, toScreen(code.mu).map((at, k) => inside(at + reach[k])), "ink", 15);
  }

  function drawCross([x, y], reach, width) {
    const { context } = scene;
    for (const [ink, extra] of [["surface", 3], ["ink", 0]]) {
      context.strokeStyle = colour(ink);
      context.lineWidth = width + extra;
      context.beginPath();
      context.moveTo(x - reach, y);
      context.lineTo(x + reach, y);
      context.moveTo(x, y - reach);
      context.lineTo(x, y + reach);
      context.stroke();
    }
  }

  function drawMap() {
    const { context } = scene;
    const ratio = window.devicePixelRatio || 1;
    scene.size = map.clientWidth;
    if (!scene.size) return;
    map.width = map.height = Math.round(scene.size * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    scene.view = viewOf(state.model);
    drawGrid();
    context.strokeStyle = colour("quiet");
    context.lineWidth = 1.2;
    outline([0, 0], [2, 2], true);
    scene.dots = drawDots();
    const { gaussians = [], crosses = [] } = panels[state.panel].marks();
    gaussians.forEach(drawGaussian);
    crosses.forEach((z) => drawCross(toScreen(z), crosses.length > 1 ? 4 : 11, 2));
  }

  /** Let the dots run from the old model's map to the new one's, unless motion is unwelcome. */
  function switchTo(model) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    Object.assign(scene, { from: still ? null : scene.dots, part: 0 });
    Object.assign(state, { model, logvar: null });
    show();
    const start = performance.now();
    const step = (now) => {
      const t = Math.min(1, Math.max(0, now - start) / 500);
      scene.part = t * t * (3 - 2 * t);
      if (t === 1) scene.from = null;
      else requestAnimationFrame(step);
      drawMap();
    };
    if (!still) requestAnimationFrame(step);
  }

  // ---- The panels: each shows itself and says what to mark on the map ------------------------

  const codeOf = (i) => encode(state.model, images[i]);
  const named = (i, k) => ({ letter: LETTERS[k], code: codeOf(i) });

  const pick = {
    map: "The map of all test codes, with the Gaussians of the picked digits.",
    marks: () => ({ gaussians: state.picks.map(named) }),
    show() {
      the("picked").replaceChildren(
        ...state.picks.map((i, k) => {
          const code = codeOf(i);
          const cells = [pair(code.mu), pair(sigma(code)), number(kl(code), 1)];
          return element(
            "tr", {},
            element("td", {}, element("b", {}, LETTERS[k])),
            element("td", {}, digit(images[i], image(i))),
            ...cells.map((text) => element("td", {}, text)),
          );
        }),
      );
      const { codes } = state.model;
      const column = (k) => labels.map((_, i) => codes[4 * i + k]);
      const spread = (values) => {
        const middle = mean(values);
        return Math.sqrt(total(values.map((v) => (v - middle) ** 2)) / (values.length - 1));
      };
      the("between").textContent = pair([0, 1].map((k) => spread(column(k))));
      the("within").textContent = pair([2, 3].map((k) => mean(column(k).map((v) => Math.exp(v / 2)))));
      say(state.picks.map((i, k) => {
        const code = codeOf(i);
        return `${LETTERS[k]}, ${image(i)}: mu ${pair(code.mu)}, sigma ${pair(sigma(code))}.`;
      }).join(" "));
    },
  };

  /** Decode z, and see what comes of it for the image it should be. */
  function attempt(z, picture) {
    const logits = decode(state.model, z);
    const found = pointsBackTo(state.model, z);
    return { z, picture, pixels: sigmoid(logits), cost: reconstruction(logits, picture), found };
  }

  function card(letter, { z, picture, pixels: decoded, cost, found }) {
    const back = images[found] === picture ? "itself" : image(found);
    return element(
      "div", { class: "card" },
      element("b", {}, letter),
      digit(picture, `The image ${letter}`, "middle"),
      digit(decoded, `${letter} decoded`, "middle"),
      element(
        "div", {},
        element("p", {}, `z ${pair(z)}`),
        element("p", {}, element("b", {}, nats(cost))),
        element("p", {}, `points back to ${back} `, digit(images[found], "", "small")),
      ),
    );
  }

  const noise = {
    map: "The map of all test codes, with the Gaussians of A and B and the z drawn from each.",
    /** [{letter, i, code, z}] of A and of B, with z or eps swapped if so chosen. */
    draws() {
      const made = state.picks.slice(0, 2).map((i, k) => ({ letter: LETTERS[k], i, code: codeOf(i) }));
      const other = (k, what) => (state.swap === what && made.length > 1 ? 1 - k : k);
      const own = made.map(({ code }, k) => shift(code, state.eps[other(k, "eps")], state.noise));
      return made.map((one, k) => ({ ...one, z: own[other(k, "z")] }));
    },
    marks() { return { gaussians: this.draws().map(({ z, ...rest }) => ({ ...rest, z: [z] })) }; },
    show() {
      the("noise").value = state.noise;
      the("noise-value").textContent = `${number(state.noise, 1)} sigma`;
      the("swap").disabled = state.picks.length < 2;
      const draws = this.draws();
      const tries = draws.map(({ i, z }) => attempt(z, images[i]));
      the("draws").replaceChildren(...tries.map((tried, k) => card(LETTERS[k], tried)));
      const { i, code } = draws[0];
      const hits = shareEps.map((eps) => pointsBackTo(state.model, shift(code, eps, state.noise)));
      const share = (hit) => `${Math.round((100 * hits.filter(hit).length) / hits.length)} %`;
      the("share").textContent =
        `Of ${hits.length} draws at this noise, ${share((k) => k === i)} point back to A, among ` +
        `${images.length} images; ${share((k) => labels[k] === labels[i])} to ${image(i)}.`;
      say(tries.map(({ cost, found }, k) =>
        `${LETTERS[k]}: ${nats(cost)}, points back to ${image(found)}.`).join(" "));
    },
  };

  const SCALE = { left: 28, right: 294, low: -10, high: 4, bottom: 110, top: 18, nats: 8 };
  const curveX = (logvar) =>
    SCALE.left + ((logvar - SCALE.low) / (SCALE.high - SCALE.low)) * (SCALE.right - SCALE.left);
  const curveY = (cost) => SCALE.bottom - (cost / SCALE.nats) * (SCALE.bottom - SCALE.top);

  const logvar = {
    map: "The map of all test codes, with A's Gaussian at the chosen logvar and 64 draws from it.",
    code() {
      const code = codeOf(state.picks[0]);
      return { mu: code.mu, logvar: [state.logvar ?? code.logvar[0], code.logvar[1]] };
    },
    draws() { return state.logvarEps.map((eps) => shift(this.code(), eps)); },
    marks() { return { gaussians: [{ letter: "A", code: this.code(), z: this.draws() }] }; },
    show() {
      const code = this.code();
      const value = code.logvar[0];
      const slope = 0.5 * Math.expm1(value);
      const cost = klOfOne(code.mu[0], value);
      const logits = this.draws().map((z) => decode(state.model, z));
      const costs = logits.map((drawn) => reconstruction(drawn, images[state.picks[0]]));
      const words = {
        "logvar-value": number(value),
        "logvar-sigma": number(Math.exp(0.5 * value), 3),
        "logvar-kl": nats(cost),
        "logvar-slope": nats(slope).replace(/[\d.]+/, number(Math.abs(slope))),
        "logvar-reconstruction": nats(mean(costs)),
        "logvar-sum": nats(mean(costs) + kl(code)),
      };
      for (const [id, text] of Object.entries(words)) the(id).textContent = text;
      the("logvar").value = value;
      drawCurve(code.mu[0], value, cost, slope);
      the("logvar-draws").replaceChildren(
        ...logits.slice(0, 6).map((drawn, k) => digit(sigmoid(drawn), `draw ${k + 1} decoded`)),
      );
      say(`logvar ${words["logvar-value"]}, sigma ${words["logvar-sigma"]}, KL of dimension 1 ` +
        `${words["logvar-kl"]}, slope ${words["logvar-slope"]}, sum ${words["logvar-sum"]}.`);
    },
  };

  function drawTicks() {
    const tick = (x, y, anchor, value) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", "text");
      Object.entries({ x, y, "text-anchor": anchor }).forEach((entry) => made.setAttribute(...entry));
      made.textContent = number(value, 0);
      return made;
    };
    the("curve-ticks").append(
      ...[-10, -8, -6, -4, -2, 0, 2, 4].map((x) => tick(curveX(x), 125, "middle", x)),
      ...[0, 4, 8].map((y) => tick(20, curveY(y) + 4, "end", y)),
    );
  }

  function drawCurve(mu, value, cost, slope) {
    const steps = Array.from({ length: 71 }, (_, k) => SCALE.low + 0.2 * k);
    const inside = steps.filter((x) => klOfOne(mu, x) <= SCALE.nats);
    the("curve-line").setAttribute(
      "d", inside.map((x, k) => `${k ? "L" : "M"}${curveX(x)} ${curveY(klOfOne(mu, x))}`).join(""),
    );
    const on = cost <= SCALE.nats;
    the("curve-here").setAttribute("cx", curveX(value));
    the("curve-here").setAttribute("cy", curveY(Math.min(cost, SCALE.nats)));
    const reach = Math.min(1.6, 3 / Math.max(0.01, Math.abs(slope))); // in logvar
    const ends = [-reach, reach].map((dx) => [curveX(value + dx), curveY(cost + slope * dx)]);
    the("curve-slope").toggleAttribute("hidden", !on);
    ["x1", "y1", "x2", "y2"].forEach((name, k) => the("curve-slope").setAttribute(name, ends.flat()[k]));
    the("curve").setAttribute(
      "aria-label",
      `KL of dimension 1 over logvar, lowest at 0. At ${number(value)} it is ${nats(cost)}` +
      ` and its slope ${number(slope)}.`,
    );
  }

  const walk = {
    map: "The map of all test codes. Arrow keys move z, with Shift they move it further.",
    marks: () => ({ crosses: [state.z] }),
    show() {
      const { z, model } = state;
      const found = pointsBackTo(model, z);
      paint(the("walk-image"), sigmoid(decode(model, z)));
      paint(the("walk-nearest"), images[found]);
      the("walk-image").setAttribute("aria-label", `The decoder's image at z ${pair(z)}`);
      the("walk-nearest").setAttribute("aria-label", image(found));
      the("walk-z").textContent = pair(z);
      the("walk-points").textContent = image(found);
      the("walk-prior").textContent = nats(logProb(z, 0, 0, 0, 0));
      the("walk-aggregate").textContent = nats(logAggregate(model, z));
      say(`z ${pair(z)}, points back to ${image(found)}.`);
    },
  };

  const prior = {
    map: "The map of all test codes, with twenty z from the prior as crosses.",
    marks: () => ({ crosses: state.prior }),
    show() {
      the("prior-images").replaceChildren(
        ...state.prior.map((z) => digit(sigmoid(decode(state.model, z)), "")),
      );
      the("prior-images").setAttribute("aria-label", `Twenty images that ${state.model.name} decodes from z drawn from the prior`);
      the("prior-costs").replaceChildren(
        ...models.map((model) => {
          const { reconstruction: rec, kl: second } = model.cost;
          const cells = [model.name, ...[rec, second, rec + second].map((cost) => number(cost, 1))];
          return element(
            "tr", model === state.model ? { class: "current" } : {},
            ...cells.map((text) => element("td", {}, text)),
          );
        }),
      );
      say(`Twenty z from the prior, decoded by ${state.model.name}.`);
    },
  };

  const own = {
    map: "The map of all test codes, with the Gaussian of your own digit.",
    marks() {
      if (!state.own) return {};
      const code = encode(state.model, state.own);
      return { gaussians: [{ letter: "you", code, z: [shift(code, state.ownEps)] }] };
    },
    show() {
      if (!state.own) {
        the("own").replaceChildren(element("p", { class: "hint" }, "Nothing drawn yet."));
        return;
      }
      const tried = attempt(shift(encode(state.model, state.own), state.ownEps), state.own);
      the("own").replaceChildren(card("you", tried));
      say(`Your digit: ${nats(tried.cost)}, points back to ${image(tried.found)}.`);
    },
  };

  const panels = { pick, noise, logvar, walk, prior, own };

  /** Make of the ink what MNIST made of its digits: 20 pixels high, centred by mass on 28. */
  function toMnist(sheet) {
    const { data: ink } = sheet.getContext("2d").getImageData(0, 0, sheet.width, sheet.height);
    const dots = [];
    for (let at = 3; at < ink.length; at += 4) {
      const place = (at - 3) / 4;
      if (ink[at]) dots.push([place % sheet.width, Math.floor(place / sheet.width), ink[at] / 255]);
    }
    if (!dots.length) return null;
    const extent = [0, 1].map((axis) => {
      let [low, high] = [Infinity, -Infinity];
      for (const dot of dots) [low, high] = [Math.min(low, dot[axis]), Math.max(high, dot[axis])];
      return high - low + 1;
    });
    const scale = 20 / Math.max(60, ...extent); // a dot stays a dot
    const mass = total(dots.map((dot) => dot[2]));
    const middle = [0, 1].map((axis) => total(dots.map((dot) => dot[axis] * dot[2])) / mass);
    const values = new Float32Array(784);
    for (const [x, y, alpha] of dots) {
      const column = Math.floor(14.5 + scale * (x - middle[0])); // where MNIST has it on average
      const row = Math.floor(14.5 + scale * (y - middle[1]));
      if (row >= 0 && row < 28 && column >= 0 && column < 28) values[28 * row + column] += alpha * scale * scale;
    }
    return values.map((value) => Math.min(1, value));
  }

  // ---- Wiring --------------------------------------------------------------------------------

  function showPicker() {
    the("picker").hidden = !["pick", "noise", "logvar"].includes(state.panel);
    const buttons = the("digits").children;
    const first = 20 * state.page;
    if (buttons[0]?.value !== String(first)) {
      const shown = images.slice(first, first + 20);
      the("digits").replaceChildren(...shown.map((values, k) =>
        element("button", { value: first + k, tabindex: k ? -1 : 0 }, digit(values, ""))));
    }
    for (const button of buttons) {
      const k = state.picks.indexOf(Number(button.value));
      button.setAttribute("aria-pressed", k >= 0);
      button.setAttribute("aria-label", `${image(button.value)}${k < 0 ? "" : `, picked as ${LETTERS[k]}`}`);
      button.querySelector(".badge")?.remove();
      if (k >= 0) button.append(element("span", { class: "badge", "aria-hidden": "true" }, LETTERS[k]));
    }
  }

  function show() {
    for (const name of Object.keys(panels)) {
      const current = name === state.panel;
      the(`panel-${name}`).hidden = !current;
      the(`tab-${name}`).setAttribute("aria-selected", current);
      the(`tab-${name}`).tabIndex = current ? 0 : -1;
    }
    const { reconstruction: rec, kl: second } = state.model.cost;
    the("cost").textContent =
      `784-128-2. A test image costs reconstruction ${number(rec, 1)} + KL ${number(second, 1)} = ${nats(rec + second)}.`;
    const walking = state.panel === "walk";
    map.className = `map ${walking ? "walkable" : state.panel === "pick" ? "pickable" : ""}`;
    map.setAttribute("role", walking ? "application" : "img");
    map.setAttribute("aria-label", panels[state.panel].map);
    if (walking) map.tabIndex = 0;
    else map.removeAttribute("tabindex");
    showPicker();
    panels[state.panel].show();
    drawMap();
  }

  let waiting = false;
  function change(values) {
    Object.assign(state, values);
    if (waiting) return; // however fast the pointer moves, one picture for each frame
    waiting = true;
    requestAnimationFrame(() => { waiting = false; show(); });
  }

  function toggle(i) {
    const without = state.picks.filter((other) => other !== i);
    const picks = without.length < state.picks.length ? without : [i, ...without].slice(0, LETTERS.length);
    if (picks.length) change({ picks, logvar: null }); // one stays
  }

  /** Arrow keys walk through a group of buttons, of which one at a time is in the tab order. */
  function arrows(group, perRow, chosen) {
    group.addEventListener("keydown", (event) => {
      const buttons = [...group.querySelectorAll("button")];
      const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow };
      const at = buttons.indexOf(event.target);
      if (!(event.key in steps) || at < 0) return;
      event.preventDefault();
      const next = buttons[(at + steps[event.key] + buttons.length) % buttons.length];
      for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
      next.focus();
      chosen(next);
    });
  }

  function wirePickers() {
    models.forEach((model, k) => {
      const radio = element("input", { type: "radio", name: "model", value: k });
      radio.checked = k === 0;
      radio.addEventListener("change", () => switchTo(model));
      the("models").append(element("label", {}, radio, element("span", {}, model.name)));
    });
    for (const name of Object.keys(panels)) {
      the(`tab-${name}`).addEventListener("click", () => change({ panel: name }));
    }
    arrows(shadow.querySelector(".tabs"), 1, (tab) => tab.click());
    arrows(the("digits"), 10, () => {});
    the("digits").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) toggle(Number(button.value));
    });
    const pages = Math.ceil(images.length / 20);
    the("others").hidden = pages < 2;
    the("others").addEventListener("click", () => change({ page: (state.page + 1) % pages }));
  }

  function wireControls() {
    const on = (id, event, values) => the(id).addEventListener(event, (e) => change(values(e.target)));
    on("noise", "input", ({ value }) => ({ noise: Number(value) }));
    on("new-eps", "click", () => ({ eps: [drawEps(), drawEps()] }));
    on("swap", "change", ({ value }) => ({ swap: value }));
    on("logvar", "input", ({ value }) => ({ logvar: Number(value) }));
    on("own-logvar", "click", () => ({ logvar: null }));
    on("logvar-eps", "click", () => ({ logvarEps: manyEps(64) }));
    on("new-prior", "click", () => ({ prior: manyEps(20) }));
  }

  const place = (target, { clientX, clientY }) => {
    const box = target.getBoundingClientRect();
    return [clientX - box.left - target.clientLeft, clientY - box.top - target.clientTop];
  };

  function wireMap() {
    const inside = (z) => z.map((value, k) => {
      const { centre, half } = scene.view;
      return Math.min(centre[k] + half, Math.max(centre[k] - half, value));
    });
    const move = (event) => change({ z: inside(toPlane(place(map, event))) });
    map.addEventListener("click", (event) => {
      if (state.panel !== "pick") return;
      const [x, y] = place(map, event);
      const far = scene.dots.slice(0, images.length).map((dot) => Math.hypot(dot[0] - x, dot[1] - y));
      toggle(far.indexOf(Math.min(...far)));
    });
    map.addEventListener("pointerdown", (event) => {
      if (state.panel !== "walk") return;
      map.setPointerCapture(event.pointerId);
      move(event);
    });
    map.addEventListener("pointermove", (event) => {
      if (state.panel === "walk" && map.hasPointerCapture(event.pointerId)) move(event);
    });
    map.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      if (state.panel !== "walk" || !(event.key in steps)) return;
      event.preventDefault();
      const reach = scene.view.half * (event.shiftKey ? 0.1 : 0.02);
      change({ z: inside(state.z.map((value, k) => value + reach * steps[event.key][k])) });
    });
    new ResizeObserver(drawMap).observe(map);
  }

  function wireSheet() {
    const sheet = the("ink");
    const context = sheet.getContext("2d", { willReadFrequently: true });
    let pen = [sheet.width / 2, sheet.height / 4];
    const draw = (to) => {
      Object.assign(context, { lineWidth: 24, lineCap: "round", lineJoin: "round" });
      context.beginPath();
      context.moveTo(...pen);
      context.lineTo(...to);
      context.stroke();
      pen = to;
      change({ own: toMnist(sheet) });
    };
    const onSheet = (event) => place(sheet, event).map((value) => (value * sheet.width) / sheet.clientWidth);
    sheet.addEventListener("pointerdown", (event) => {
      sheet.setPointerCapture(event.pointerId);
      pen = onSheet(event);
      draw(pen);
    });
    sheet.addEventListener("pointermove", (event) => {
      if (sheet.hasPointerCapture(event.pointerId)) draw(onSheet(event));
    });
    sheet.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (!(event.key in steps)) return;
      event.preventDefault();
      const to = pen.map((value, k) => Math.min(268, Math.max(12, value + 14 * steps[event.key][k])));
      if (event.shiftKey) pen = to;
      else draw(to);
    });
    the("clear").addEventListener("click", () => {
      context.clearRect(0, 0, sheet.width, sheet.height);
      change({ own: null, ownEps: drawEps() });
    });
  }

  /** The page's theme: the book's, JupyterLab's, VS Code's, Colab's, else the system's. */
  function isDark() {
    const [root, body] = [document.documentElement, document.body];
    const said = root.dataset.theme ?? root.getAttribute("theme") ?? body.dataset.vscodeThemeKind;
    if (said) return /dark/.test(said);
    if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
    return matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function wireTheme() {
    const update = () => {
      app.classList.toggle("dark", isDark());
      drawMap();
    };
    const observer = new MutationObserver(update);
    for (const where of [document.documentElement, document.body]) {
      observer.observe(where, { attributes: true });
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
    app.classList.toggle("dark", isDark());
    // The book's theme puts a light frame around HTML in the dark; this HTML needs none.
    const frame = host.closest(".cell_output .text_html");
    if (frame) Object.assign(frame.style, { background: "none", padding: 0 });
  }

  the("map-note").textContent =
    `Dots: mu of ${labels.length.toLocaleString("en")} test images, coloured by digit. ` +
    "Solid: an image's Gaussian. Dashed: the prior N(0,\u00a0I). Both to two sigma.";
  drawTicks();
  wirePickers();
  wireControls();
  wireMap();
  wireSheet();
  wireTheme();
  show();

  // For tests, and for the curious at the console.
  host.explorer = { models, images, labels, state, scene, encode, decode, sigmoid, toMnist };
}
