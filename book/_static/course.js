// In print, what a click would open stands open: quiz answers and folded code.
let closed = [];
addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((details) => (details.open = true));
});
addEventListener("afterprint", () => closed.forEach((details) => (details.open = false)));

// What scrolls sideways on this screen, with these fonts, can be reached by keyboard.
const scrolling = ".pst-scrollable-table-container, .bd-article :is(.math, pre, .cell_output *)";
function reach() {
    for (const box of document.querySelectorAll(scrolling)) {
        const scrolls = box.scrollWidth > box.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(box).overflowX);
        if (scrolls) box.setAttribute("tabindex", "0");
    }
}
addEventListener("load", () => {
    reach();
    window.MathJax?.startup.promise.then(reach);
});
addEventListener("resize", reach);
