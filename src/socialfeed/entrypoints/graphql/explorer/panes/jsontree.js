/** JSON as a tree that opens and closes. Branches are built when they are opened, so a large answer costs little. */

import { h } from "../dom.js";

const CHUNK = 100;
/** Deeper branches start closed. */
const OPEN_DEPTH = 6;

/** @param {unknown} value */
export function jsonTree(value) {
  return h("div", { class: "json" }, node(null, value, { depth: 0 }));
}

/** Opens or closes the entries of all lists, so that one sees each entry's content or how many there are. */
export function foldEntries(tree, isFolded) {
  for (const entry of tree.querySelectorAll("details.is-entry")) entry.open = !isFolded;
}

/** @param {{depth: number, hasComma?: boolean, isEntry?: boolean}} place */
function node(key, value, place) {
  const name = key === null ? null : [h("span", { class: "t-key" }, JSON.stringify(key)), ": "];
  const isBranch = value !== null && typeof value === "object" && Object.keys(value).length > 0;
  return isBranch ? branch(name, value, place) : h("div", { class: "leaf" }, name, scalar(value), place.hasComma && ",");
}

function branch(name, value, { depth, hasComma, isEntry }) {
  const isList = Array.isArray(value);
  const [open, close] = isList ? "[]" : "{}";
  const entries = isList ? value.map((item) => [null, item]) : Object.entries(value);
  const count = `${entries.length} ${isList ? "item" : "field"}${entries.length === 1 ? "" : "s"}`;
  const children = h("div", { class: "children" });
  const end = h("span", { class: "t-punctuation" }, close, hasComma && ",");
  const details = h("details", { open: depth < OPEN_DEPTH, class: isEntry && "is-entry" },
    h("summary", {}, name, h("span", { class: "t-punctuation" }, open),
      h("span", { class: "preview" }, ` ${preview(value) ?? count} `, end.cloneNode(true))),
    children, h("div", {}, end));
  const build = () => {
    if (!children.hasChildNodes()) more(children, entries, { isList, depth: depth + 1, from: 0 });
  };
  if (details.open) build();
  details.addEventListener("toggle", () => details.open && build());
  return details;
}

/** Adds the next entries, and a button while there are more. */
function more(children, entries, { isList, depth, from }) {
  const until = Math.min(entries.length, from + CHUNK);
  for (let at = from; at < until; at += 1) {
    const [key, item] = entries[at];
    children.append(node(key, item, { depth, hasComma: at < entries.length - 1, isEntry: isList }));
  }
  if (until === entries.length) return;
  const rest = entries.length - until;
  const button = h("button", { type: "button", class: "link", onclick: () => {
    button.remove();
    more(children, entries, { isList, depth, from: until });
  } }, `Show ${Math.min(CHUNK, rest)} more of ${rest}`);
  children.append(button);
}

/** A few words on a closed object, where one of its fields says what it is. */
function preview(value) {
  const telling = ["username", "name", "content", "message", "id"].find((key) => typeof value[key] === "string");
  if (!telling) return null;
  const text = value[telling];
  return `${telling}: ${JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)}, …`;
}

function scalar(value) {
  const role = value === null ? "null" : { string: "string", number: "number", boolean: "boolean" }[typeof value] ?? "punctuation";
  return h("span", { class: `t-${role}` }, JSON.stringify(value));
}
