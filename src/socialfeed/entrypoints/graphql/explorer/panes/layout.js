/** Where things stand: the bars between the panes, the schema's door, and one pane at a time on a small screen. */

import { browserStore } from "../server/storage.js";
import { makeSplitter } from "./splitter.js";

const find = (id) => document.getElementById(id);
const isSmall = matchMedia("(max-width: 760px)");
const isMiddling = matchMedia("(max-width: 1180px)");

/** @returns {{show: (view: "library" | "operation" | "result" | "reference") => void}} */
export function setUpLayout() {
  const bench = find("bench");
  const toggle = find("schema-toggle");
  const views = [...document.querySelectorAll("[data-show]")];

  function setReference(isOpen) {
    bench.classList.toggle("has-reference", isOpen);
    toggle.setAttribute("aria-expanded", String(isOpen));
  }

  function show(view) {
    bench.dataset.view = view;
    for (const button of views) {
      if (button.dataset.show === view) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    if (view === "reference" && !isSmall.matches) setReference(true);
  }

  toggle.addEventListener("click", () => {
    const isOpen = !bench.classList.contains("has-reference");
    setReference(isOpen);
    browserStore.write("reference", isOpen);
  });
  // Between small and wide the schema lies over the other panes: Escape puts it away.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isMiddling.matches && !isSmall.matches && !document.querySelector("dialog[open]")) setReference(false);
  });
  for (const button of views) button.addEventListener("click", () => show(button.dataset.show));

  const across = { least: 280, most: () => bench.clientWidth / 2 };
  makeSplitter(find("split-operation"), {
    ...across, target: bench, property: "--operation-width", size: () => find("operation").offsetWidth,
  });
  makeSplitter(find("split-reference"), {
    ...across, target: bench, property: "--reference-width", size: () => find("reference").offsetWidth, sign: -1,
  });
  makeSplitter(find("split-inputs"), {
    target: bench, property: "--inputs-height", size: () => find("inputs").offsetHeight, sign: -1,
    least: 72, most: () => find("operation").offsetHeight - 160,
  });

  show("operation");
  setReference(!isMiddling.matches && (browserStore.read("reference") ?? true));
  return { show };
}
