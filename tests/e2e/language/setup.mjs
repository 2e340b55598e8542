/** What the tests of the language share: the product's schema, and a text with a caret in it. */

import { readFileSync } from "node:fs";

import { check } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/check.js";
import { complete } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/complete.js";
import { parse } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/parse.js";
import { Schema } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/schema.js";

/** The schema as the product's own introspection query brings it; `test_language.py` writes the file. */
export const schema = new Schema(JSON.parse(readFileSync(process.env.EXPLORER_SCHEMA, "utf8")).__schema);

/** What is suggested at the `|` in `text`, as labels. */
export function suggested(text) {
  return completion(text)?.suggestions.map(({ label }) => label) ?? [];
}

/** The text once the suggestion `label` at the `|` was taken, the caret a `|` again. */
export function taken(text, label) {
  const { from, to, suggestions } = completion(text);
  const { insert, caret } = suggestions.find((each) => each.label === label);
  const plain = text.replace("|", "");
  return `${plain.slice(0, from)}${insert.slice(0, caret)}|${insert.slice(caret)}${plain.slice(to)}`;
}

function completion(text) {
  const plain = text.replace("|", "");
  const document = parse(plain);
  check(document, schema);
  return complete(document, schema, plain, text.indexOf("|"));
}

/** The problems of a document: `["word: message"]`. */
export function problems(text) {
  const document = parse(text);
  const found = [...document.problems, ...check(document, schema)];
  return found.map(({ start, end, message }) => `${text.slice(start, end)}: ${message}`);
}
