/** The answer: what the server said of it, what went wrong, and the data. */

import { announce, copy, fill, h, icon } from "../dom.js";
import { foldEntries, jsonTree } from "./jsontree.js";

/** Headers worth a look, as their names are written. */
const TELLING = [
  "X-Cache-Status", "X-Cache-TTL", "RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining",
  "RateLimit-Reset", "Retry-After", "Server-Timing", "X-Request-ID",
];

export class ResultPane {
  /**
   * @param {Record<"facts" | "actions" | "problems" | "body" | "headers", HTMLElement>} places
   * @param {{onGoTo: (line: number, column: number) => void, onSignIn: () => void}} options
   */
  constructor(places, { onGoTo, onSignIn }) {
    Object.assign(this, { places, onGoTo, onSignIn });
    this.text = "";
    this.#showActions(null);
    fill(places.body, h("div", { class: "empty is-centred" }, icon("run"), h("p", {}, "Run the operation to see its answer here.")));
  }

  running() {
    fill(this.places.facts, h("span", { class: "fact is-running" }, "Running …"));
  }

  stopped() {
    fill(this.places.facts, h("span", { class: "fact" }, "Stopped"));
    announce("Stopped");
  }

  /** @param {string} message  why nothing was sent or nothing came back */
  failed(message) {
    this.text = "";
    fill(this.places.facts, h("span", { class: "fact status is-bad" }, "No answer"));
    fill(this.places.problems, problem({ message }));
    fill(this.places.body);
    fill(this.places.headers);
    this.#showActions(null);
    announce(message);
  }

  /**
   * @param {import("../server/transport.js").Answer} answer
   * @param {{offersSignIn: boolean}} options
   */
  show(answer, { offersSignIn }) {
    const { status, reason, milliseconds, bytes, headers, body, text } = answer;
    const count = body?.errors?.length ?? 0;
    const state = status >= 400 ? "is-bad" : "is-good";
    const errors = count ? `${count} error${count === 1 ? "" : "s"}` : "";
    fill(this.places.facts,
      h("span", { class: `fact status ${state}` }, `${status} ${reason}`.trim()),
      errors && h("span", { class: "fact status is-bad" }, errors),
      h("span", { class: "fact" }, `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`),
      h("span", { class: "fact" }, sizeText(bytes)));
    fill(this.places.problems, this.#problems(answer, offersSignIn));
    const tree = body ? jsonTree(body) : null;
    this.text = body ? JSON.stringify(body, null, 2) : text;
    fill(this.places.body, tree ?? h("pre", { class: "plain" }, text || "The answer is empty."));
    this.places.body.scrollTo(0, 0);
    const told = TELLING.filter((name) => headers.has(name));
    fill(this.places.headers, told.map((name) => h("div", {}, h("dt", {}, name), h("dd", {}, headers.get(name)))));
    this.#showActions(tree);
    announce([`${status} ${reason}`, errors, `${Math.round(milliseconds)} milliseconds`].filter(Boolean).join(", "));
  }

  #showActions(tree) {
    if (!this.text && !tree) {
      fill(this.places.actions);
      return;
    }
    const copyButton = h("button", { type: "button", class: "button is-plain", onclick: () => copy(this.text, copyButton) },
      icon("copy"), h("span", { class: "label" }, "Copy"));
    const fold = h("button", { type: "button", class: "button is-plain", "aria-pressed": "false", onclick: () => {
      const isFolded = fold.getAttribute("aria-pressed") === "false";
      fold.setAttribute("aria-pressed", String(isFolded));
      foldEntries(tree, isFolded);
    } }, icon("fold"), "Fold entries");
    fill(this.places.actions, tree?.querySelector(".is-entry + .is-entry") && fold, copyButton);
  }

  #problems({ status, headers, body }, offersSignIn) {
    const errors = Array.isArray(body?.errors) ? body.errors : [];
    const shown = errors.map((error) => problem({
      code: error.extensions?.code,
      message: error.message,
      details: [
        Array.isArray(error.path) && h("span", { class: "code-font" }, error.path.join(" › ")),
        ...(error.locations ?? []).map(({ line, column }) =>
          h("button", { type: "button", class: "link", onclick: () => this.onGoTo(line, column) }, `line ${line}`)),
      ],
    }));
    if (!body) shown.push(problem({ message: `The server answered ${status} with something that is not JSON.` }));
    if (headers.has("Retry-After")) shown.push(problem({ message: `Try again in ${headers.get("Retry-After")} seconds.` }));
    if (offersSignIn) {
      shown.push(h("button", { type: "button", class: "button is-strong", onclick: () => this.onSignIn() },
        icon("user"), "Sign in as demo and run again"));
    }
    return [...shown, ...refusals(body?.data)];
  }
}

/** What mutations say in their payloads: `errors { code field message }`. */
function refusals(data) {
  return Object.entries(data ?? {}).flatMap(([name, payload]) => {
    if (!payload || payload.success !== false) return [];
    const errors = payload.errors?.length ? payload.errors : [{ message: payload.message ?? "It was not done." }];
    return errors.map((error) => problem({
      code: error.code, message: error.message,
      details: [h("span", { class: "code-font" }, [name, error.field].filter(Boolean).join(" › "))],
    }));
  });
}

function problem({ code, message, details = [] }) {
  return h("div", { class: "problem" }, icon("warning"), h("div", {},
    h("p", {}, code && h("b", { class: "code" }, code), message), details.length > 0 && h("p", { class: "details" }, details)));
}

function sizeText(bytes) {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(bytes < 100_000 ? 1 : 0)} kB`;
}
