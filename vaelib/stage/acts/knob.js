// Act 5: one knob. Models trained with one weight of the KL each, along the curve of what is kept
// (the rate) and what is lost (the distortion).
import { brush, guess, inEveryTheme, number, open } from "../page.js";
import { paintRow, points } from "../points.js";

const MARKUP = `
  <p class="ask">From which beta on does every image get the same drawing?</p>
  <div class="buttons guess"></div>
  <label class="dial">beta, the weight of the KL: <output></output> <input type="range" class="beta" min="0" step="1"></label>
  <div class="beds wide"><div class="chart"><canvas class="curve" width="400" height="300" role="img"></canvas><span>each point a model; red: where usual bugs sit</span></div>
    <div class="chart"><canvas class="ink row" role="img"></canvas><span>six images; what comes back of them; six draws of the prior</span></div></div>
  <p class="told" role="status"></p>
  <p class="note">Each point is a VAE of its own, 784-200-20, trained with this beta for 20 epochs; costs of 1,000 test images. A bug in the loss's scale is such a beta that nobody chose.</p>`;

/** @param {Element} host */
export function knob(host) {
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
