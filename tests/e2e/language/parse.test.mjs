import assert from "node:assert/strict";
import { test } from "node:test";

import { parse } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/parse.js";
import { bracketsAt, tokenize } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/tokens.js";

const lexemes = (text) => tokenize(text).map((token) => `${token.kind} ${token.text}`.trim());

test("every kind of token is told from the others", () => {
  assert.deepEqual(lexemes('q $v @d ... -1.5e3 "a\\"b" """x"y""" ! % '), [
    "name q", "variable $v", "directive @d", "punctuator ...", "number -1.5e3", 'string "a\\"b"', 'block """x"y"""',
    "punctuator !", "bad %", "end",
  ]);
});

test("an unclosed string ends with its line, an unclosed block with the text", () => {
  assert.deepEqual(lexemes('"open\nid'), ['string "open', "name id", "end"]);
  assert.deepEqual(lexemes('"""open\nid'), ['block """open\nid', "end"]);
});

test("tokens and comments cover the text but for spaces and commas", () => {
  const text = "# top\n{ a, b(x: [1, $y]) # tail\n}\n# end";
  const rest = [...text];
  for (const token of tokenize(text)) {
    for (const { start, end } of [token, ...token.comments]) rest.fill(" ", start, end);
  }
  assert.match(rest.join(""), /^[\s,]*$/);
});

test("a comment on a line of its own belongs to what follows, one behind a token to that", () => {
  const [brace, field] = tokenize("{ # of the brace\n# of the field\nid }");
  assert.deepEqual(brace.comments.map(({ text, trailing }) => [text, trailing]), [["# of the brace", true]]);
  assert.deepEqual(field.comments.map(({ text, trailing }) => [text, trailing]), [["# of the field", false]]);
});

test("brackets find their partners", () => {
  const text = "{ a(b: [1]) }";
  const pair = (offset) => bracketsAt(tokenize(text), offset)?.map(({ start }) => start);
  assert.deepEqual(pair(0), [0, 12]);
  assert.deepEqual(pair(4), [3, 10]);
  assert.deepEqual(pair(8), [7, 9]);
  assert.equal(pair(2), undefined);
});

test("operations are found with their names, kinds and variables", () => {
  const { operations, problems } = parse("query A($x: [ID!]! = [1]) @live { a } mutation B { b } { c }");
  assert.deepEqual(operations.map(({ keyword, name }) => [keyword, name?.text]), [["query", "A"], ["mutation", "B"], ["query", undefined]]);
  assert.equal(operations[0].variables[0].typeReference.text, "[ID!]!");
  assert.deepEqual(problems, []);
});

test("an alias is told from its field", () => {
  const [field] = parse("{ mine: me { id } }").operations[0].selection.items;
  assert.deepEqual([field.alias.text, field.name.text, field.alias.role, field.name.role], ["mine", "me", "alias", "field"]);
});

for (const [text, message] of [
  ["{ a", "This brace is not closed."],
  ["{ a( }", "This “(” is not closed."],
  ["{ a(b) }", "A colon and a value must follow."],
  ["{ a(b: ) }", "A value must follow."],
  ['{ a(b: "x) }', "This string is not closed."],
  ["query", "A selection in braces is missing: { … }."],
  ["query ($x) { a }", "A variable needs a type: $name: Type."],
  ["fragment F { a }", "A fragment needs a type: fragment Name on Type."],
  ["{ ... }", "A fragment's name, or a selection in braces, must follow."],
  ["} { a }", "This is not the start of a query, mutation, subscription or fragment."],
]) {
  test(`what is wrong with ${text} is said`, () => {
    assert.ok(parse(text).problems.some((problem) => problem.message === message), JSON.stringify(parse(text).problems));
  });
}

test("no text, however broken, stops the parser", () => {
  const pieces = ["{", "}", "(", ")", "[", "]", ":", "=", "!", "...", "on", "query", "fragment", "a", "$b", "$", "@c", '"', '"""', "1", "#", "\n", "%"];
  let seed = 7;
  const next = (below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 3000; round += 1) {
    const text = Array.from({ length: next(14) }, () => pieces[next(pieces.length)]).join(" ");
    const { tokens } = parse(text);
    assert.equal(tokens.at(-1).end, text.length, text);
  }
});
