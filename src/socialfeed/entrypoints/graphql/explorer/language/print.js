/**
 * Lays a document out: two spaces a level, one field a line, arguments on one line where they fit. Comments stay, and
 * so does a short `{ id username }` that its author wrote on one line.
 */

import { parse } from "./parse.js";

const WIDTH = 80;

/**
 * The text laid out, or null when it cannot be read as GraphQL.
 *
 * @param {string} text
 * @returns {string | null}
 */
export function prettify(text) {
  const document = parse(text);
  if (document.problems.length > 0) return null;
  return new Printer(text, document.tokens).document(document);
}

/** The arguments of a field, the variables of an operation. */
const listOf = (node) => node.variables ?? node.arguments?.items ?? [];

class Printer {
  constructor(text, tokens) {
    this.text = text;
    this.tokens = tokens;
    this.lines = [];
  }

  document({ definitions }) {
    for (const definition of definitions) {
      if (this.lines.length > 0) this.lines.push("");
      this.block(definition, 0, (level) => this.head(definition, level));
    }
    this.comments(this.tokens.at(-1), this.tokens.at(-1), 0);
    return `${this.lines.join("\n")}\n`;
  }

  /** One item with its comments: what `write(level)` puts down, then its selection if it has one. */
  block(node, level, write) {
    const tail = this.comments(node.first, node.selection ? node.selection.open : node.last, level, listOf(node));
    write(level);
    if (!node.selection) {
      this.append(tail);
      return;
    }
    const space = this.lines.at(-1).trim() ? " " : "";
    const short = tail ? null : this.short(node.selection);
    if (short && this.lines.at(-1).length + short.length < WIDTH) {
      this.append(space + short + this.comments(node.last, node.last, level));
      return;
    }
    this.append(`${space}{${tail}`);
    for (const item of node.selection.items) this.block(item, level + 1, (inner) => this.head(item, inner));
    const closing = this.comments(node.selection.close, node.selection.close, level + 1);
    this.line(level, `}${closing}`);
  }

  /** `{ id username }` when it was written so, else null. */
  short({ open, items, close }) {
    const source = this.text.slice(open.start, close.end);
    const isPlain = items.every((item) => item.type === "field" && item.first === item.last);
    return isPlain && !/[\n\r#]/.test(source) ? `{ ${items.map((item) => item.name.text).join(" ")} }` : null;
  }

  head(node, level) {
    const directives = this.directives(node);
    switch (node.type) {
      case "operation": {
        const isAnonymous = node.first.text === "{";
        this.line(level, isAnonymous ? "" : [node.keyword, node.name?.text].filter(Boolean).join(" "));
        this.list(listOf(node), level, directives);
        break;
      }
      case "fragment":
        this.line(level, `fragment ${node.name.text} on ${node.on.text}${directives}`);
        break;
      case "spread":
        this.line(level, `...${node.name.text}${directives}`);
        break;
      case "inline":
        this.line(level, `...${node.on ? ` on ${node.on.text}` : ""}${directives}`);
        break;
      default:
        this.line(level, (node.alias ? `${node.alias.text}: ` : "") + node.name.text);
        this.list(listOf(node), level, directives);
    }
  }

  /** Arguments or variables behind the last line, followed by `after`. */
  list(items, level, after) {
    const inline = this.inline(items);
    const hasComments = this.within(items).some((token) => token.comments.length > 0);
    const fits = `${this.lines.at(-1)}${inline}${after}`.length <= WIDTH;
    if (items.length === 0 || (fits && !hasComments)) {
      this.append(inline + after);
      return;
    }
    this.append("(");
    for (const item of items) this.block(item, level + 1, (inner) => this.line(inner, this.item(item)));
    this.line(level, `)${after}`);
  }

  directives(node) {
    return node.directives.map((each) => ` ${each.name.text}${this.inline(each.arguments?.items ?? [])}`).join("");
  }

  inline(items) {
    return items.length > 0 ? `(${items.map((item) => this.item(item)).join(", ")})` : "";
  }

  item(node) {
    if (!node.typeReference) return `${node.name.text}: ${this.value(node.value)}`;
    const fallback = node.default ? ` = ${this.value(node.default)}` : "";
    return `${node.name.text}: ${node.typeReference.text}${fallback}${this.directives(node)}`;
  }

  value(value) {
    if (value.type === "list") return `[${value.items.map((item) => this.value(item)).join(", ")}]`;
    if (value.type === "object") return `{${value.items.map((item) => this.item(item)).join(", ")}}`;
    return value.token.text;
  }

  /**
   * Puts the comments of the tokens from `first` to `last` on lines of their own, those within `apart` left out, and
   * returns the one that trails `last`, ready to be appended.
   */
  comments(first, last, level, apart = []) {
    let tail = "";
    const left = new Set(this.within(apart));
    for (const token of this.tokens.slice(first.index, last.index + 1)) {
      if (left.has(token)) continue;
      for (const comment of token.comments) {
        if (comment.trailing && token === last) tail = ` ${comment.text.trimEnd()}`;
        else this.line(level, comment.text.trimEnd());
      }
    }
    return tail;
  }

  within(items) {
    return items.length > 0 ? this.tokens.slice(items[0].first.index, items.at(-1).last.index + 1) : [];
  }

  line(level, text) {
    this.lines.push("  ".repeat(level) + text);
  }

  append(text) {
    this.lines.push(this.lines.pop() + text);
  }
}
