/** The operation editor: colours, marks, suggestions, and a line below that tells what stands at the caret. */

import { fill, h, icon, prose } from "../dom.js";
import { check, describe } from "../language/check.js";
import { complete } from "../language/complete.js";
import { lineOf } from "../language/json.js";
import { parse } from "../language/parse.js";
import { prettify } from "../language/print.js";
import { bracketsAt } from "../language/tokens.js";
import { CodeArea } from "./codearea.js";
import { SuggestionList } from "./suggest.js";

/** Dispatches `change` when the text, and `caret` when only the caret has moved. */
export class GraphQLEditor extends EventTarget {
  #schema = null;

  /** @param {{onLookUp: (target: {type: string, field?: string}) => void}} options */
  constructor({ onLookUp }) {
    super();
    this.onLookUp = onLookUp;
    this.status = h("div", { class: "editor-status", id: "editor-status" });
    this.area = new CodeArea({
      label: "GraphQL operation", describedBy: "editor-status", paint: (text) => this.#paint(text),
      placeholder: "Write an operation, or choose an example.",
    });
    this.suggestions = new SuggestionList(this.area, (each, where) => this.#take(each, where));
    this.element = h("div", { class: "editor" }, this.area.element, this.status, this.suggestions.element);
    this.area.addEventListener("change", () => this.dispatchEvent(new Event("change")));
    this.area.textarea.addEventListener("keydown", (event) => this.#keydown(event));
    this.area.textarea.addEventListener("input", (event) => this.#suggestWhileTyping(event));
    document.addEventListener("selectionchange", () => this.#caretMoved());
    this.area.textarea.addEventListener("blur", () => this.area.refresh());
  }

  get value() {
    return this.area.value;
  }

  /** What is known of the text: the tree, laid against the schema. */
  get document() {
    return this.parsed;
  }

  set schema(schema) {
    this.#schema = schema;
    this.area.refresh();
    this.#showStatus();
  }

  load(text) {
    this.area.load(text);
    this.#showStatus();
  }

  /** False when the text cannot be read as GraphQL. */
  prettify() {
    const pretty = prettify(this.value);
    if (pretty !== null) this.load(pretty.trimEnd());
    return pretty !== null;
  }

  /** The operation the caret stands in. */
  get operationAtCaret() {
    const { caret } = this.area;
    return this.parsed.operations.find(({ first, last }) => first.start <= caret && caret <= last.end) ?? null;
  }

  #paint(text) {
    this.parsed = parse(text);
    const found = this.#schema ? check(this.parsed, this.#schema) : [];
    this.problems = [...this.parsed.problems, ...found].sort((one, other) => one.start - other.start);
    const { caret } = this.area ?? { caret: -1 };
    const isFocused = this.area?.hasFocus ?? false;
    const brackets = isFocused ? bracketsAt(this.parsed.tokens, caret) ?? [] : [];
    // A word that is being written is not wrong yet.
    this.shown = this.problems.filter(({ end }) => !isFocused || end !== caret);
    const spans = [];
    for (const token of this.parsed.tokens) {
      const isWrong = this.shown.some(({ start, end }) => start < token.end && token.start < end);
      const className = `t-${token.role}${isWrong ? " is-wrong" : ""}${brackets.includes(token) ? " is-paired" : ""}`;
      spans.push({ start: token.start, end: token.end, className });
      for (const { start, end } of token.comments) spans.push({ start, end, className: "t-comment" });
    }
    return spans.filter(({ start, end }) => end > start).sort((one, other) => one.start - other.start);
  }

  #caretMoved() {
    if (!this.area.hasFocus) return;
    this.area.refresh();
    this.#showStatus();
    this.dispatchEvent(new Event("caret"));
  }

  #showStatus() {
    const [first] = this.shown ?? [];
    this.area.textarea.setAttribute("aria-invalid", String(Boolean(first)));
    this.status.classList.toggle("is-wrong", Boolean(first));
    if (first) {
      const more = this.shown.length > 1 ? ` · ${this.shown.length - 1} more` : "";
      fill(this.status, h("button", { type: "button", class: "link", onclick: () => this.area.select(first.start, first.end) },
        icon("warning"), `Line ${lineOf(this.value, first.start)}`), h("span", {}, first.message + more));
      return;
    }
    const about = describe(this.parsed, this.area.caret);
    if (about) {
      const signature = about.target
        ? h("button", { type: "button", class: "link code-font", title: "Open in the schema reference",
          onclick: () => this.onLookUp(about.target) }, about.text)
        : h("span", { class: "code-font" }, about.text);
      fill(this.status, signature, h("span", { class: "quiet" }, prose(about.description)));
    } else {
      fill(this.status, h("span", { class: "quiet hint" }, h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Space"), " suggests what can stand here"));
    }
  }

  #keydown(event) {
    if (this.suggestions.handle(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.ctrlKey && event.code === "Space") {
      event.preventDefault();
      this.#suggest();
    } else if (event.altKey && event.shiftKey && event.code === "KeyF") {
      event.preventDefault();
      this.prettify();
    } else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) {
      this.suggestions.close();
    }
  }

  #suggestWhileTyping(event) {
    const isWord = event.inputType === "insertText" && /[\w$@]$/.test(event.data ?? "") && !this.area.isReplacing;
    const isShorter = event.inputType === "deleteContentBackward" && this.suggestions.isOpen;
    if (isWord || isShorter) this.#suggest();
    else this.suggestions.close();
  }

  #suggest() {
    if (!this.#schema) return;
    const completion = complete(this.parsed, this.#schema, this.value, this.area.caret);
    if (completion) this.suggestions.open(completion);
    else this.suggestions.close();
  }

  #take(suggestion, { from, to }) {
    this.area.replace(from, to, suggestion.insert, suggestion.caret);
  }
}
