// The explorer of trained models: in a shadow root, so that it looks the same on every page.
import { decode, encode, normal, sigmoid } from "../engine.js";
import { toMnist } from "../mnist.js";
import { element, number } from "../page.js";
import { sheet } from "../sheet.js";
import { readData } from "./data.js";
import { digit, drawTicks, panels } from "./panels.js";
import { LETTERS, plane } from "./plane.js";

/** @typedef {import("./data.js").Pair} Pair */

/** @returns {Pair} */
const drawEps = () => [normal(), normal()];
/** @param {number} n */
const manyEps = (n) => Array.from({ length: n }, drawEps);

/** The page's theme: the book's, JupyterLab's, VS Code's, Colab's, else the system's. */
function isDark() {
  const [root, body] = [document.documentElement, document.body];
  const said = root.dataset.theme ?? root.getAttribute("theme") ?? body.dataset.vscodeThemeKind;
  if (said) return /dark/.test(said);
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Where in an element a pointer is. @param {Element} target @param {MouseEvent} event */
function place(target, { clientX, clientY }) {
  const box = target.getBoundingClientRect();
  return [clientX - box.left - target.clientLeft, clientY - box.top - target.clientTop];
}

/** Arrow keys walk through a group of buttons, of which one at a time is in the tab order. @param {Element} group @param {number} perRow @param {(button: HTMLElement) => void} chosen */
function arrows(group, perRow, chosen) {
  group.addEventListener("keydown", (event) => {
    const buttons = [...group.querySelectorAll("button")];
    const { key, target } = /** @type {KeyboardEvent} */ (event);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow }[key];
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (target));
    if (!step || at < 0) return;
    event.preventDefault();
    const next = buttons[(at + step + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
    chosen(next);
  });
}

/** @param {HTMLElement} host holds the data, the markup (a template) and the figure without scripts */
export function explore(host) {
  const data = readData(host);
  const { models, images, labels } = data;
  const shadow = host.attachShadow({ mode: "open" });
  shadow.append(
    /** @type {HTMLTemplateElement} */ (host.querySelector("template")).content.cloneNode(true),
  );
  const app = /** @type {HTMLElement} */ (shadow.querySelector(".app"));
  /** @param {string} id @returns {any} */
  const the = (id) => shadow.getElementById(id);
  /** @param {number} i */
  const image = (i) => `a ${labels[i]}`;

  /** @type {import("./data.js").State} */
  const state = {
    model: models[0],
    panel: "pick",
    page: 0,
    picks: [0, 1, 4].filter((i) => i < images.length),
    noise: 1,
    eps: [drawEps(), drawEps()],
    swap: "none",
    logvar: null,
    logvarEps: manyEps(64),
    z: [0, 0],
    prior: manyEps(20),
    own: null,
    ownEps: drawEps(),
  };

  /** Tell the screen reader, once things have come to rest. */
  let saying = 0;
  function say(/** @type {string} */ text) {
    clearTimeout(saying);
    saying = window.setTimeout(() => {
      the("live").textContent = text;
    }, 400);
  }

  const shown = panels(data, state, the, say, manyEps(500));
  const map = the("map");
  const { scene, draw, turn, toPlane } = plane(map, app, data, state, () =>
    shown[state.panel].marks(),
  );

  function showPicker() {
    the("picker").hidden = !["pick", "noise", "logvar"].includes(state.panel);
    const buttons = /** @type {HTMLButtonElement[]} */ ([...the("digits").children]);
    const first = 20 * state.page;
    if (buttons[0]?.value !== String(first)) {
      buttons.splice(
        0,
        buttons.length,
        ...images
          .slice(first, first + 20)
          .map(
            (values, k) =>
              /** @type {HTMLButtonElement} */ (
                element("button", { value: first + k, tabindex: k ? -1 : 0 }, digit(values, ""))
              ),
          ),
      );
      the("digits").replaceChildren(...buttons);
    }
    for (const button of buttons) {
      const i = Number(button.value);
      const k = state.picks.indexOf(i);
      button.setAttribute("aria-pressed", String(k >= 0));
      button.setAttribute("aria-label", `${image(i)}${k < 0 ? "" : `, picked as ${LETTERS[k]}`}`);
      button.querySelector(".badge")?.remove();
      if (k >= 0)
        button.append(element("span", { class: "badge", "aria-hidden": "true" }, LETTERS[k]));
    }
  }

  function show() {
    for (const name of Object.keys(shown)) {
      const current = name === state.panel;
      the(`panel-${name}`).hidden = !current;
      the(`tab-${name}`).setAttribute("aria-selected", current);
      the(`tab-${name}`).tabIndex = current ? 0 : -1;
    }
    const { reconstruction: rec, kl: second } = state.model.cost;
    const hidden = state.model.layers.features.bias.length;
    the("cost").textContent =
      `784-${hidden}-2. A test image costs reconstruction ${number(rec, 1)} + ` +
      `KL ${number(second, 1)} = ${number(rec + second, 1)} nats.`;
    const walking = state.panel === "walk";
    map.className = `map ${walking ? "walkable" : state.panel === "pick" ? "pickable" : ""}`;
    map.setAttribute("role", walking ? "application" : "img");
    map.setAttribute("aria-label", shown[state.panel].map);
    if (walking) map.tabIndex = 0;
    else map.removeAttribute("tabindex");
    showPicker();
    shown[state.panel].show();
    draw();
  }

  let waiting = false;
  /** @param {Partial<import("./data.js").State>} values */
  function change(values) {
    Object.assign(state, values);
    if (waiting) return; // however fast the pointer moves, one picture for each frame
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      show();
    });
  }

  /** @param {number} i */
  function toggle(i) {
    const without = state.picks.filter((other) => other !== i);
    const picks =
      without.length < state.picks.length ? without : [i, ...without].slice(0, LETTERS.length);
    if (picks.length) change({ picks, logvar: null }); // one stays
  }

  function wirePickers() {
    models.forEach((model, k) => {
      const radio = /** @type {HTMLInputElement} */ (
        element("input", { type: "radio", name: "model", value: k })
      );
      radio.checked = k === 0;
      radio.addEventListener("change", () =>
        turn(() => {
          Object.assign(state, { model, logvar: null });
          show();
        }),
      );
      the("models").append(element("label", {}, radio, element("span", {}, model.name)));
    });
    for (const name of Object.keys(shown)) {
      the(`tab-${name}`).addEventListener("click", () => change({ panel: name }));
    }
    arrows(/** @type {Element} */ (shadow.querySelector(".tabs")), 1, (tab) => tab.click());
    arrows(the("digits"), 10, () => {});
    the("digits").addEventListener("click", (/** @type {any} */ event) => {
      const button = event.target.closest("button");
      if (button) toggle(Number(button.value));
    });
    const pages = Math.ceil(images.length / 20);
    the("others").hidden = pages < 2;
    the("others").addEventListener("click", () => change({ page: (state.page + 1) % pages }));
  }

  function wireControls() {
    /** @param {string} id @param {string} event @param {(value: string) => Partial<import("./data.js").State>} values */
    const on = (id, event, values) =>
      the(id).addEventListener(event, (/** @type {any} */ { target }) =>
        change(values(target.value)),
      );
    on("noise", "input", (value) => ({ noise: Number(value) }));
    on("new-eps", "click", () => ({ eps: [drawEps(), drawEps()] }));
    on("swap", "change", (value) => ({ swap: value }));
    on("logvar", "input", (value) => ({ logvar: Number(value) }));
    on("own-logvar", "click", () => ({ logvar: null }));
    on("logvar-eps", "click", () => ({ logvarEps: manyEps(64) }));
    on("new-prior", "click", () => ({ prior: manyEps(20) }));
    const paper = sheet(the("ink"), (strokes) => change({ own: toMnist(strokes) }));
    on("clear", "click", () => {
      paper.empty();
      return { own: null, ownEps: drawEps() };
    });
  }

  function wireMap() {
    /** @param {Pair} z */
    const walk = (z) => {
      const { centre, half } = scene.view;
      const [x, y] = z.map((value, k) =>
        Math.min(centre[k] + half, Math.max(centre[k] - half, value)),
      );
      change({ z: [x, y] });
    };
    const move = (/** @type {MouseEvent} */ event) => walk(toPlane(place(map, event)));
    map.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      if (state.panel !== "pick") return;
      const [x, y] = place(map, event);
      const far = scene.dots
        .slice(0, images.length)
        .map((dot) => Math.hypot(dot[0] - x, dot[1] - y));
      toggle(far.indexOf(Math.min(...far)));
    });
    map.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (state.panel !== "walk") return;
      map.setPointerCapture(event.pointerId);
      move(event);
    });
    map.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (state.panel === "walk" && map.hasPointerCapture(event.pointerId)) move(event);
    });
    map.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
        event.key
      ];
      if (state.panel !== "walk" || !step) return;
      event.preventDefault();
      const reach = scene.view.half * (event.shiftKey ? 0.1 : 0.02);
      walk([state.z[0] + reach * step[0], state.z[1] + reach * step[1]]);
    });
    new ResizeObserver(draw).observe(map);
  }

  function wireTheme() {
    const update = () => {
      app.classList.toggle("dark", isDark());
      draw();
    };
    const observer = new MutationObserver(update);
    for (const where of [document.documentElement, document.body]) {
      observer.observe(where, { attributes: true });
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", update);
    app.classList.toggle("dark", isDark());
    // The book's theme puts a light frame around HTML in the dark; this HTML needs none.
    const frame = /** @type {HTMLElement | null} */ (host.closest(".cell_output .text_html"));
    if (frame) Object.assign(frame.style, { background: "none", padding: 0 });
  }

  the("map-note").textContent =
    `Dots: mu of ${labels.length.toLocaleString("en")} test images, coloured by digit. ` +
    "Solid: an image's Gaussian. Dashed: the prior N(0,\u00a0I). Both to two sigma.";
  drawTicks(the);
  wirePickers();
  wireControls();
  wireMap();
  wireTheme();
  show();

  // For tests, and for the curious at the console.
  Object.assign(host, { explorer: { ...data, state, scene, encode, decode, sigmoid, toMnist } });
}
