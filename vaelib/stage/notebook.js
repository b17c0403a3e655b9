// What an explorer in a notebook runs: every one on the page that does not run yet.
import { explore } from "./explorer/explore.js";

for (const host of document.querySelectorAll(".vaelib-explorer")) {
  if (!host.shadowRoot) explore(/** @type {HTMLElement} */ (host));
}
