// The whole stage: a row of tabs, one for each act, each begun when it is first opened.
import { element, open } from "../page.js";

/** @typedef {{name: string, begin: (host: Element) => object}} Act */

/** @param {Element} host @param {{[number: string]: Act}} acts @param {(host: Element) => void} mount */
export function everything(host, acts, mount) {
  const tabs = element("div", {
    class: "tabs",
    role: "tablist",
    "aria-label": "Acts of the stage",
  });
  const { part } = open(host, "");
  // A notebook may show several stages.
  const before = document.querySelectorAll(".vae-stage .tabs").length;
  const id = (/** @type {string} */ number) => `act-${number}${before ? `-${before}` : ""}`;
  part(".live").before(tabs);
  const pairs = Object.entries(acts).map(([number, { name }]) => {
    const tab = element(
      "button",
      { type: "button", role: "tab", "aria-controls": id(number) },
      name,
    );
    const panel = element("div", {
      role: "tabpanel",
      "data-act": number,
      id: id(number),
      "aria-label": name,
    });
    part(".live").before(panel);
    tabs.append(tab);
    tab.addEventListener("click", () => choose(number));
    return { number, tab, panel };
  });

  /** @param {string} chosen */
  function choose(chosen) {
    for (const { number, tab, panel } of pairs) {
      const current = number === chosen;
      tab.setAttribute("aria-selected", String(current));
      tab.tabIndex = current ? 0 : -1;
      panel.hidden = !current;
      if (current && !panel.childNodes.length) mount(panel);
    }
  }
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = pairs.findIndex(({ tab }) => tab.tabIndex === 0);
    const next = pairs[(at + step + pairs.length) % pairs.length];
    choose(next.number);
    next.tab.focus();
  });
  choose(pairs[0].number);
  return { choose };
}
