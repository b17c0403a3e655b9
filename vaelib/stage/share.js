// What stands on an act, as a link that brings it back, and as an image.
import { element } from "./page.js";

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
export function fragment(app, number, share) {
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
export function restore(app, wanted, share) {
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
export function picture(app) {
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
export function shares(host, number, say, share) {
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
