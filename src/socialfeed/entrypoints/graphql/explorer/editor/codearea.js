/**
 * A text area that shows colours: its own text is transparent and a painted copy lies beneath. Both grow with the
 * text and one element around them scrolls, so the two can never drift apart.
 *
 * @typedef {{start: number, end: number, className: string}} Span
 */

import { fill, h } from "../dom.js";
import { helpTyping } from "./typing.js";

/** Text beyond this length is shown plain: painting would lag behind the typing. */
const PAINTED = 60_000;

export class CodeArea extends EventTarget {
  /**
   * @param {{label: string, describedBy?: string, placeholder?: string, paint: (text: string) => Span[]}} options
   *   `paint` answers spans in order that do not overlap
   */
  constructor({ label, describedBy, placeholder, paint }) {
    super();
    this.paint = paint;
    this.gutter = h("div", { class: "code-gutter", "aria-hidden": "true" });
    this.painted = h("pre", { class: "code-paint", "aria-hidden": "true" });
    this.textarea = h("textarea", {
      class: "code-text", wrap: "off", spellcheck: "false", autocomplete: "off", autocapitalize: "off",
      autocorrect: "off", "aria-label": label, "aria-describedby": describedBy, placeholder,
    });
    this.element = h("div", { class: "code" }, this.gutter, h("div", { class: "code-stack" }, this.painted, this.textarea));
    this.textarea.addEventListener("input", () => {
      this.refresh();
      if (this.hasFocus) this.reveal(this.caret);
      this.dispatchEvent(new Event("change"));
    });
    helpTyping(this);
    this.refresh();
  }

  get value() {
    return this.textarea.value;
  }

  get caret() {
    return this.textarea.selectionStart;
  }

  get hasFocus() {
    return document.activeElement === this.textarea;
  }

  /** Another text altogether. The reader's undo brings the old one back; the focus stays where it is. */
  load(text) {
    if (text === this.value) return;
    const focused = document.activeElement;
    this.replace(0, this.value.length, text, 0);
    this.element.scrollTo(0, 0);
    if (focused !== this.textarea) focused?.focus?.();
  }

  /** Replaces a range as if it were typed and puts the caret `caret` characters behind `from`. */
  replace(from, to, text, caret = text.length) {
    const { textarea } = this;
    textarea.focus({ preventScroll: true });
    textarea.setSelectionRange(from, to);
    this.isReplacing = true;
    // The only way to change a text area that its undo history takes notice of. It acts on what has the focus, and
    // a text area that is not shown cannot have it.
    const isDone = this.hasFocus && document.execCommand(text ? "insertText" : "delete", false, text);
    this.isReplacing = false;
    if (!isDone) {
      textarea.setRangeText(text, from, to, "end");
      textarea.dispatchEvent(new Event("input"));
    }
    textarea.setSelectionRange(from + caret, from + caret);
  }

  select(start, end = start) {
    this.textarea.focus({ preventScroll: true });
    this.textarea.setSelectionRange(start, end);
    this.reveal(start);
  }

  /** Paints again, after the text or what is known about it has changed. */
  refresh() {
    const text = this.value;
    const spans = text.length <= PAINTED ? this.paint(text) : [];
    const pieces = [];
    let done = 0;
    for (const { start, end, className } of spans) {
      if (start > done) pieces.push(text.slice(done, start));
      pieces.push(h("span", { class: className }, text.slice(start, end)));
      done = end;
    }
    // The last character keeps an empty last line from collapsing.
    fill(this.painted, pieces, `${text.slice(done)}\u200b`);
    const lines = text.split("\n").length;
    this.gutter.textContent = Array.from({ length: lines }, (_, line) => line + 1).join("\n");
  }

  /** Where on the screen the character at `offset` stands. */
  rectangle(offset) {
    const walker = document.createTreeWalker(this.painted, NodeFilter.SHOW_TEXT);
    let rest = offset;
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (rest < node.length) {
        const range = document.createRange();
        range.setStart(node, rest);
        range.setEnd(node, rest + 1);
        return range.getClientRects()[0] ?? range.getBoundingClientRect();
      }
      rest -= node.length;
    }
    return this.painted.getBoundingClientRect();
  }

  reveal(offset) {
    const frame = this.element.getBoundingClientRect();
    const { top, bottom, left } = this.rectangle(offset);
    if (top < frame.top || bottom > frame.bottom) this.element.scrollTop += top - frame.top - frame.height / 3;
    if (left < frame.left + this.gutter.offsetWidth || left > frame.right - 40) {
      this.element.scrollLeft += left - frame.left - frame.width / 2;
    }
  }
}
