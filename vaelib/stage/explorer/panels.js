// The explorer's panels: each shows itself, and says what to mark on the map.
import { decode, encode, kl, klOfOne, mean, reconstruction, sigmoid, total } from "../engine.js";
import { element, number, paint } from "../page.js";
import { logAggregate, logPrior, pointsBackTo, shift, sigma } from "./data.js";
import { LETTERS } from "./plane.js";

/** @typedef {import("./data.js").Pair} Pair */
/** @typedef {{map: string, marks: () => import("./plane.js").Marks, show: () => void}} Panel map: what the map is called meanwhile */

/** @param {ArrayLike<number>} values */
const pair = (values) => `(${number(values[0])}, ${number(values[1])})`;
/** @param {number} value */
const nats = (value) => `${number(value, 1)} nats`;

/** @param {ArrayLike<number> & Float32Array} values @param {string} label @param {string} [size] */
export function digit(values, label, size = "") {
  const canvas = /** @type {HTMLCanvasElement} */ (
    element("canvas", {
      class: `digit ${size}`,
      width: 28,
      height: 28,
      ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }),
    })
  );
  paint(canvas, values);
  return canvas;
}

const SCALE = { left: 28, right: 294, low: -10, high: 4, bottom: 110, top: 18, nats: 8 };
/** @param {number} logvar */
const curveX = (logvar) =>
  SCALE.left + ((logvar - SCALE.low) / (SCALE.high - SCALE.low)) * (SCALE.right - SCALE.left);
/** @param {number} cost */
const curveY = (cost) => SCALE.bottom - (cost / SCALE.nats) * (SCALE.bottom - SCALE.top);

/** The axes of the curve. @param {(id: string) => any} the */
export function drawTicks(the) {
  /** @param {number} x @param {number} y @param {string} anchor @param {number} value */
  const tick = (x, y, anchor, value) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "text");
    for (const [name, at] of Object.entries({ x, y, "text-anchor": anchor }))
      made.setAttribute(name, String(at));
    made.textContent = number(value, 0);
    return made;
  };
  the("curve-ticks").append(
    ...[-10, -8, -6, -4, -2, 0, 2, 4].map((x) => tick(curveX(x), 125, "middle", x)),
    ...[0, 4, 8].map((y) => tick(20, curveY(y) + 4, "end", y)),
  );
}

/** @param {(id: string) => any} the @param {number} mu @param {number} value @param {number} cost @param {number} slope */
function drawCurve(the, mu, value, cost, slope) {
  const steps = Array.from({ length: 71 }, (_, k) => SCALE.low + 0.2 * k);
  const inside = steps.filter((x) => klOfOne(mu, x) <= SCALE.nats);
  the("curve-line").setAttribute(
    "d",
    inside.map((x, k) => `${k ? "L" : "M"}${curveX(x)} ${curveY(klOfOne(mu, x))}`).join(""),
  );
  the("curve-here").setAttribute("cx", curveX(value));
  the("curve-here").setAttribute("cy", curveY(Math.min(cost, SCALE.nats)));
  const reach = Math.min(1.6, 3 / Math.max(0.01, Math.abs(slope))); // in logvar
  const ends = [-reach, reach].flatMap((dx) => [curveX(value + dx), curveY(cost + slope * dx)]);
  the("curve-slope").toggleAttribute("hidden", cost > SCALE.nats);
  ["x1", "y1", "x2", "y2"].forEach((name, k) => the("curve-slope").setAttribute(name, ends[k]));
  the("curve").setAttribute(
    "aria-label",
    `KL of dimension 1 over logvar, lowest at 0. At ${number(value)} it is ${nats(cost)}` +
      ` and its slope ${number(slope)}.`,
  );
}

/**
 * @param {import("./data.js").Data} data @param {import("./data.js").State} state
 * @param {(id: string) => any} the an element by its id
 * @param {(text: string) => void} say
 * @param {Pair[]} shareEps noise for the shares of draws
 * @returns {{[name: string]: Panel}}
 */
export function panels({ models, images, labels }, state, the, say, shareEps) {
  /** @param {number} i */
  const image = (i) => `a ${labels[i]}`;
  /** @param {number} i */
  const codeOf = (i) => encode(state.model.layers, images[i]);
  /** @param {Pair} z */
  const drawn = (z) => decode(state.model.layers, Float32Array.from(z));
  /** @param {Pair} z */
  const back = (z) => pointsBackTo(state.model, z, images.length);

  /** What decoding z costs for the image that it should be, as a card. @param {string} letter @param {Pair} z @param {Float32Array} picture */
  function card(letter, z, picture) {
    const logits = drawn(z);
    const [cost, found] = [reconstruction(logits, picture), back(z)];
    const name = images[found] === picture ? "itself" : image(found);
    const made = element(
      "div",
      { class: "card" },
      element("b", {}, letter),
      digit(picture, `The image ${letter}`, "middle"),
      digit(sigmoid(logits), `${letter} decoded`, "middle"),
      element(
        "div",
        {},
        element("p", {}, `z ${pair(z)}`),
        element("p", {}, element("b", {}, nats(cost))),
        element("p", {}, `points back to ${name} `, digit(images[found], "", "small")),
      ),
    );
    return { made, said: `${letter}: ${nats(cost)}, points back to ${image(found)}.` };
  }

  const pick = {
    map: "The map of all test codes, with the Gaussians of the picked digits.",
    marks: () => ({
      gaussians: state.picks.map((i, k) => ({ letter: LETTERS[k], code: codeOf(i) })),
    }),
    show() {
      the("picked").replaceChildren(
        ...state.picks.map((i, k) => {
          const code = codeOf(i);
          const cells = [pair(code.mu), pair(sigma(code)), number(kl(code), 1)];
          return element(
            "tr",
            {},
            element("td", {}, element("b", {}, LETTERS[k])),
            element("td", {}, digit(images[i], image(i))),
            ...cells.map((text) => element("td", {}, text)),
          );
        }),
      );
      const column = (/** @type {number} */ k) =>
        labels.map((_, i) => state.model.codes[4 * i + k]);
      const spread = (/** @type {number[]} */ values) => {
        const middle = mean(values);
        return Math.sqrt(total(values.map((v) => (v - middle) ** 2)) / (values.length - 1));
      };
      the("between").textContent = pair([0, 1].map((k) => spread(column(k))));
      the("within").textContent = pair(
        [2, 3].map((k) => mean(column(k).map((v) => Math.exp(v / 2)))),
      );
      say(
        state.picks
          .map((i, k) => {
            const code = codeOf(i);
            return `${LETTERS[k]}, ${image(i)}: mu ${pair(code.mu)}, sigma ${pair(sigma(code))}.`;
          })
          .join(" "),
      );
    },
  };

  /** A and B, each with its z; z or eps swapped if so chosen. */
  function noisy() {
    const codes = state.picks.slice(0, 2).map(codeOf);
    const other = (/** @type {number} */ k, /** @type {string} */ what) =>
      state.swap === what && codes.length > 1 ? 1 - k : k;
    const own = codes.map((code, k) => shift(code, state.eps[other(k, "eps")], state.noise));
    return codes.map((code, k) => ({ letter: LETTERS[k], code, z: own[other(k, "z")] }));
  }
  const noise = {
    map: "The map of all test codes, with the Gaussians of A and B and the z drawn from each.",
    marks: () => ({ gaussians: noisy().map((one) => ({ ...one, z: [one.z] })) }),
    show() {
      the("noise").value = state.noise;
      the("noise-value").textContent = `${number(state.noise, 1)} sigma`;
      the("swap").disabled = state.picks.length < 2;
      const draws = noisy();
      const cards = draws.map(({ letter, z }, k) => card(letter, z, images[state.picks[k]]));
      the("draws").replaceChildren(...cards.map(({ made }) => made));
      const [own] = state.picks;
      const hits = shareEps.map((eps) => back(shift(draws[0].code, eps, state.noise)));
      const share = (/** @type {(k: number) => boolean} */ hit) =>
        `${Math.round((100 * hits.filter(hit).length) / hits.length)} %`;
      the("share").textContent =
        `Of ${hits.length} draws at this noise, ${share((k) => k === own)} point back to A, among ` +
        `${images.length} images; ${share((k) => labels[k] === labels[own])} to ${image(own)}.`;
      say(cards.map(({ said }) => said).join(" "));
    },
  };

  /** A's Gaussian at the chosen logvar, and draws of it. */
  function narrowed() {
    const { mu, logvar: given } = codeOf(state.picks[0]);
    const code = { mu, logvar: Float32Array.of(state.logvar ?? given[0], given[1]) };
    return { code, z: state.logvarEps.map((eps) => shift(code, eps)) };
  }
  const logvar = {
    map: "The map of all test codes, with A's Gaussian at the chosen logvar and 64 draws from it.",
    marks: () => ({ gaussians: [{ letter: "A", ...narrowed() }] }),
    show() {
      const { code, z } = narrowed();
      const value = code.logvar[0];
      const slope = 0.5 * Math.expm1(value);
      const cost = klOfOne(code.mu[0], value);
      const logits = z.map(drawn);
      const costs = logits.map((one) => reconstruction(one, images[state.picks[0]]));
      /** @type {{[id: string]: string}} */
      const words = {
        "logvar-value": number(value),
        "logvar-sigma": number(Math.exp(0.5 * value), 3),
        "logvar-kl": nats(cost),
        "logvar-slope": `${number(slope)} nats`,
        "logvar-reconstruction": nats(mean(costs)),
        "logvar-sum": nats(mean(costs) + kl(code)),
      };
      for (const [id, text] of Object.entries(words)) the(id).textContent = text;
      the("logvar").value = value;
      drawCurve(the, code.mu[0], value, cost, slope);
      the("logvar-draws").replaceChildren(
        ...logits.slice(0, 6).map((one, k) => digit(sigmoid(one), `draw ${k + 1} decoded`)),
      );
      say(
        `logvar ${words["logvar-value"]}, sigma ${words["logvar-sigma"]}, KL of dimension 1 ` +
          `${words["logvar-kl"]}, slope ${words["logvar-slope"]}, sum ${words["logvar-sum"]}.`,
      );
    },
  };

  const walk = {
    map: "The map of all test codes. Arrow keys move z, with Shift they move it further.",
    marks: () => ({ crosses: [state.z] }),
    show() {
      const { z, model } = state;
      const found = back(z);
      paint(the("walk-image"), sigmoid(drawn(z)));
      paint(the("walk-nearest"), images[found]);
      the("walk-image").setAttribute("aria-label", `The decoder's image at z ${pair(z)}`);
      the("walk-nearest").setAttribute("aria-label", image(found));
      the("walk-z").textContent = pair(z);
      the("walk-points").textContent = image(found);
      the("walk-prior").textContent = nats(logPrior(z));
      the("walk-aggregate").textContent = nats(logAggregate(model, z));
      say(`z ${pair(z)}, points back to ${image(found)}.`);
    },
  };

  const prior = {
    map: "The map of all test codes, with twenty z from the prior as crosses.",
    marks: () => ({ crosses: state.prior }),
    show() {
      the("prior-images").replaceChildren(...state.prior.map((z) => digit(sigmoid(drawn(z)), "")));
      the("prior-images").setAttribute(
        "aria-label",
        `Twenty images that ${state.model.name} decodes from z drawn from the prior`,
      );
      the("prior-costs").replaceChildren(
        ...models.map((model) => {
          const { reconstruction: rec, kl: second } = model.cost;
          const cells = [model.name, ...[rec, second, rec + second].map((cost) => number(cost, 1))];
          return element(
            "tr",
            model === state.model ? { class: "current" } : {},
            ...cells.map((text) => element("td", {}, text)),
          );
        }),
      );
      say(`Twenty z from the prior, decoded by ${state.model.name}.`);
    },
  };

  const ownCode = (/** @type {Float32Array} */ picture) => {
    const code = encode(state.model.layers, picture);
    return { code, z: shift(code, state.ownEps) };
  };
  const own = {
    map: "The map of all test codes, with the Gaussian of your own digit.",
    marks() {
      if (!state.own) return {};
      const { code, z } = ownCode(state.own);
      return { gaussians: [{ letter: "you", code, z: [z] }] };
    },
    show() {
      if (!state.own)
        return the("own").replaceChildren(element("p", { class: "hint" }, "Nothing drawn yet."));
      const { made, said } = card("you", ownCode(state.own).z, state.own);
      the("own").replaceChildren(made);
      say(said.replace("you:", "Your digit:"));
    },
  };

  return { pick, noise, logvar, walk, prior, own };
}
