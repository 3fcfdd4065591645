"use strict";
// What is wider than the page scrolls; then the keyboard must reach it.
function reachable() {
  for (const box of document.querySelectorAll("pre, .statement, .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("DOMContentLoaded", () => {
  // Sphinx makes the captions of the table of contents headings, without their level.
  for (const caption of document.querySelectorAll('.caption[role="heading"]')) caption.ariaLevel = "2";
  reachable();
});
addEventListener("resize", reachable);
addEventListener("toggle", reachable, true); // it does not bubble
