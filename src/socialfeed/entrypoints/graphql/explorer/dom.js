/** Building elements. Text only ever becomes text nodes, so nothing a server sends can become markup. */

/**
 * `h("button", { type: "button", onclick: run, hidden: false }, "Run")`. Functions become listeners, `true` an empty
 * attribute; `false`, null and undefined leave the attribute, or the child, out.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | number | null | undefined | false | Array)} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...present(children));
  return element;
}

/** Puts `children` in the place of all that `element` holds. */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** A picture from the sprite in index.html. */
export function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A description's text; what stands in backticks becomes code. */
export function prose(text) {
  return (text ?? "").split(/(`[^`]+`)/).map((part) =>
    /^`[^`]+`$/.test(part) ? h("code", {}, part.slice(1, -1)) : part);
}

/** Says `text` to screen readers. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Copies and says so on the button for a moment. */
export async function copy(text, button) {
  const label = button.querySelector(".label") ?? button;
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(text);
    label.textContent = "Copied";
  } catch {
    label.textContent = "Not allowed";
  }
  announce(label.textContent);
  setTimeout(() => (label.textContent = before), 1500);
}

export const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);
