// Each <div class="vae-stage" data-act="N"> of the page is filled by its act; "all" has them all.
import { decode, encode } from "./engine.js";
import { toMnist } from "./mnist.js";
import { inEveryTheme } from "./page.js";
import { images, read, wide } from "./models.js";
import { restore, shares } from "./share.js";
import { clinic } from "./acts/clinic.js";
import { cover } from "./acts/cover.js";
import { encoder } from "./acts/encoder.js";
import { everything } from "./acts/everything.js";
import { knob } from "./acts/knob.js";
import { logarithm } from "./acts/logarithm.js";
import { prior } from "./acts/prior.js";
import { survives } from "./acts/survives.js";
import { train } from "./acts/train.js";
import { whose } from "./acts/whose.js";
import { write } from "./acts/write.js";

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
