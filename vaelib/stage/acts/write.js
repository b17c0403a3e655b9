// Act 9: write the line. What is typed is read by line.js, judged with the words of vaelib's
// checks, and run on the networks of this page.
import { decode, encode, sigmoid } from "../engine.js";
import { compile } from "../line.js";
import { dimensions, images, wide } from "../models.js";
import { element, open, paint } from "../page.js";
import { LineError } from "../tensor.js";
import { inputs, judgeKl, judgeZ } from "../verdict.js";

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
export function write(host) {
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
