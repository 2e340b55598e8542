/** A bar that shares out space: dragged, or moved with the arrow keys; a double click puts it back. */

import { browserStore } from "../server/storage.js";

const STEP = 24;

/**
 * @param {HTMLElement} bar  a `[role=separator]`
 * @param {{
 *   target: HTMLElement, property: string, least: number, most: () => number, size: () => number, sign?: 1 | -1,
 * }} options  `property` is the custom property on `target` that holds the size in pixels of the part `size` measures;
 *   `sign` is -1 when that part lies behind the bar
 */
export function makeSplitter(bar, { target, property, least, most, size, sign = 1 }) {
  const isVertical = bar.getAttribute("aria-orientation") === "vertical";
  const key = `layout${property}`;

  function set(pixels) {
    const wanted = Math.round(Math.max(least, Math.min(most(), pixels)));
    target.style.setProperty(property, `${wanted}px`);
    browserStore.write(key, wanted);
    tell();
  }

  function tell() {
    bar.setAttribute("aria-valuenow", String(Math.round(size())));
    bar.setAttribute("aria-valuemin", String(least));
    bar.setAttribute("aria-valuemax", String(Math.round(most())));
  }

  const saved = browserStore.read(key);
  if (typeof saved === "number") set(saved);
  tell();

  bar.addEventListener("focus", tell);
  bar.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    bar.setPointerCapture(event.pointerId);
    const [from, before] = [isVertical ? event.clientX : event.clientY, size()];
    const move = (each) => set(before + sign * ((isVertical ? each.clientX : each.clientY) - from));
    bar.addEventListener("pointermove", move);
    bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", move), { once: true });
  });
  bar.addEventListener("keydown", (event) => {
    const [less, more] = isVertical ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (event.key !== less && event.key !== more) return;
    event.preventDefault();
    set(size() + sign * (event.key === more ? STEP : -STEP));
  });
  bar.addEventListener("dblclick", () => {
    target.style.removeProperty(property);
    browserStore.write(key, null);
    tell();
  });
}
