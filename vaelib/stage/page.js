// Elements, words, and images painted on canvases.

/** @param {string} tag @param {{[name: string]: string | number}} [attributes] @param {(Node | string)[]} children */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/**
 * Fill a host with an act's markup; what stood there stays for paper and for pages without scripts.
 * @param {Element} host @param {string} markup
 */
export function open(host, markup) {
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
export function guess(row, options, answer) {
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
export const brush = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/** The page's theme: the book's, JupyterLab's, VS Code's, Colab's, else the system's. */
function isDark() {
  const [root, body] = [document.documentElement, document.body];
  const said = root.dataset.theme ?? root.getAttribute("theme") ?? body.dataset.vscodeThemeKind;
  if (said) return /dark/.test(said);
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Do something now and whenever the page's theme changes. @param {() => void} act */
export function inEveryTheme(act) {
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
export function paint(canvas, values) {
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
export const textSize = (canvas) =>
  `${Math.round((12 * canvas.width) / (canvas.clientWidth || canvas.width))}px sans-serif`;

/** Values from step to step, from 0 up. @param {HTMLCanvasElement} canvas @param {number[]} values @param {number} [least] how many steps the axis has at least */
export function paintCurve(canvas, values, least = 1) {
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
export function sum(parts, digits = 1) {
  const shown = parts.map((part) => Math.round(part * 10 ** digits) / 10 ** digits);
  return { shown, sum: (shown[0] + shown[1]).toFixed(digits) };
}

/** A number as it is written: with a true minus, and no minus before zero. @param {number} value @param {number} [digits] */
export const number = (value, digits = 2) =>
  value
    .toFixed(digits)
    .replace(/^-(?=[0.]*$)/, "")
    .replace("-", "\u2212");
