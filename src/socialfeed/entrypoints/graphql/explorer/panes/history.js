/** What was run, newest first, kept in this browser without passwords, codes and tokens. */

import { fill, h, icon } from "../dom.js";
import { parse } from "../language/parse.js";
import { maskDocument, maskHeaders, maskVariables } from "../language/secrets.js";
import { browserStore } from "../server/storage.js";

const KEY = "history";
const MOST = 50;

/**
 * @typedef {{at: number, name: string, keyword: string, document: string, variables: string, headers: string,
 *   operationName?: string, status: number, milliseconds: number, hasErrors: boolean}} Entry
 */
export class History {
  /** @param {(entry: Entry) => void} onOpen */
  constructor(place, onOpen) {
    this.place = place;
    this.onOpen = onOpen;
    const saved = browserStore.read(KEY);
    this.entries = Array.isArray(saved) ? saved.slice(0, MOST) : [];
    this.#show();
  }

  /** A run that repeats the last one takes its place. */
  add({ document, variables, headers, operationName, status, milliseconds, hasErrors }) {
    const { operations } = parse(document);
    const operation = operations.find((each) => each.name?.text === operationName) ?? operations[0];
    const entry = {
      at: Date.now(),
      name: operationName ?? operation?.name?.text ?? operation?.selection?.items[0]?.name?.text ?? "operation",
      keyword: operation?.keyword ?? "query",
      document: maskDocument(document),
      variables: maskVariables(variables, document),
      headers: maskHeaders(headers),
      operationName, status, milliseconds: Math.round(milliseconds), hasErrors,
    };
    const isSame = (other) => ["document", "variables", "headers", "operationName"].every((key) => other?.[key] === entry[key]);
    const older = isSame(this.entries[0]) ? this.entries.slice(1) : this.entries;
    this.#keep([entry, ...older].slice(0, MOST));
  }

  clear() {
    this.#keep([]);
  }

  #keep(entries) {
    this.entries = entries;
    browserStore.write(KEY, entries.length ? entries : null);
    this.#show();
  }

  #show() {
    if (this.entries.length === 0) {
      fill(this.place, h("p", { class: "empty" }, "Every operation you run is kept here, in this browser only, without passwords and tokens."));
      return;
    }
    fill(this.place,
      h("ul", { role: "list" }, this.entries.map((entry) => h("li", {}, this.#button(entry)))),
      h("button", { type: "button", class: "button is-plain is-wide", onclick: () => this.clear() }, icon("clear"), "Clear history"));
  }

  #button(entry) {
    const state = entry.hasErrors || entry.status >= 400 ? "is-bad" : "is-good";
    return h("button", { type: "button", class: "entry is-tall", onclick: () => this.onOpen(entry) },
      h("span", { class: `kind is-${entry.keyword}`, title: entry.keyword }, entry.keyword[0].toUpperCase()),
      h("span", {}, entry.name,
        h("small", {}, h("span", { class: state }, entry.status), ` · ${entry.milliseconds} ms · ${timeText(entry.at)}`)));
  }
}

/** The time today, the date before. */
function timeText(at) {
  const [date, today] = [new Date(at), new Date()];
  return date.toDateString() === today.toDateString()
    ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString([], { day: "numeric", month: "short" });
}
