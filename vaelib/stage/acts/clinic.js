// Act 8: the clinic. Each patient is a VAE with one wrong line; what it shows stands beside what a
// healthy one shows. Name the line.
import { bytes, uniform } from "../engine.js";
import { SIDE, paintCodes, paintRing } from "../map.js";
import { element, inEveryTheme, number, open, paintCurve } from "../page.js";
import { paintRow, points } from "../points.js";

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
export function clinic(host) {
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
