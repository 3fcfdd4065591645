"use strict";
const form = document.getElementById("filters");
const articles = [...document.querySelectorAll("article")];
const shown = document.getElementById("shown");

// The chosen filters stand in the address, so that a view can be linked to and the way back works.
function read() {
  const data = new FormData(form);
  return { verdict: data.getAll("verdict"), severity: data.getAll("severity"), section: data.get("section"), text: data.get("text").trim().toLowerCase() };
}
function apply() {
  const wanted = read();
  let count = 0;
  for (const article of articles) {
    const { verdict, severity, section } = article.dataset;
    const fits = (!wanted.verdict.length || wanted.verdict.includes(verdict))
      && (!wanted.severity.length || wanted.severity.includes(severity))
      && (!wanted.section || wanted.section === section)
      && (!wanted.text || article.textContent.toLowerCase().includes(wanted.text));
    article.hidden = !fits;
    count += fits;
  }
  shown.value = `${count} of ${articles.length} claims`;
}
function remember() {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  history.replaceState(null, "", query.size ? `#?${query}` : location.pathname);
  apply();
}
function follow() {
  const hash = decodeURIComponent(location.hash.slice(1));
  if (hash.startsWith("?")) {
    const query = new URLSearchParams(hash.slice(1));
    for (const field of form.elements) {
      if (field.type === "checkbox") field.checked = query.getAll(field.name).includes(field.value);
      else if (field.name) field.value = query.get(field.name) ?? "";
    }
    apply();
    return;
  }
  const target = hash && document.getElementById(hash);
  if (target && target.tagName === "ARTICLE") {
    target.hidden = false;
    target.querySelector("details").open = true;
    target.scrollIntoView();
  }
}
// A formula that is wider than the page scrolls; then the keyboard must reach it.
function reachable(part) {
  for (const box of part.querySelectorAll("details[open] .statement")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
form.addEventListener("input", remember);
form.addEventListener("submit", event => event.preventDefault());
form.addEventListener("reset", () => setTimeout(remember));
addEventListener("hashchange", follow);
addEventListener("resize", () => reachable(document));
addEventListener("toggle", event => reachable(event.target.parentNode), true); // it does not bubble
addEventListener("beforeprint", () => { for (const article of articles) if (!article.hidden) article.querySelector("details").open = true; });
follow();
