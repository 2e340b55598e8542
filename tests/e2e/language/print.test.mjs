import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { prettify } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/print.js";
import { tokenize } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/tokens.js";

const EXAMPLES = new URL("../../../src/socialfeed/entrypoints/graphql/explorer/examples/", import.meta.url);
const words = (text) => tokenize(text).map((token) => token.text);
const comments = (text) => tokenize(text).flatMap((token) => token.comments.map((comment) => comment.text)).sort();

const WILD = `# lead
query A($a: [ID!]! = [1 2] @x, $bbbbbbbbbbbbbbbbbbbbbbb: Int = 5 # tb
 , $ccccccccccccccc: String) @live { # open
  # first
  x: y(a: {b: 1, c: $a} # tail
   # lead d
   d: "s") @include(if: true) { z # z
   # last
   }
  ... on Foo { a b } ...F @skip(if: false) ... { b
  } } # end
fragment F on T { a } { plain }
# eof`;

test("a wild document comes out in order", () => {
  assert.equal(prettify(WILD), `# lead
query A(
  $a: [ID!]! = [1, 2] @x
  $bbbbbbbbbbbbbbbbbbbbbbb: Int = 5 # tb
  $ccccccccccccccc: String
) @live { # open
  # first
  x: y(
    a: {b: 1, c: $a} # tail
    # lead d
    d: "s"
  ) @include(if: true) {
    z # z
    # last
  }
  ... on Foo { a b }
  ...F @skip(if: false)
  ... {
    b
  }
} # end

fragment F on T { a }

{ plain }
# eof
`);
});

test("laying out changes neither words nor comments, and twice is as once", () => {
  const pretty = prettify(WILD);
  assert.deepEqual(words(pretty), words(WILD));
  assert.deepEqual(comments(pretty), comments(WILD));
  assert.equal(prettify(pretty), pretty);
});

test("long arguments get a line each", () => {
  const long = `{ a(first: "${"x".repeat(50)}", second: "${"y".repeat(30)}") }`;
  assert.equal(prettify(long), `{\n  a(\n    first: "${"x".repeat(50)}"\n    second: "${"y".repeat(30)}"\n  )\n}\n`);
});

test("what cannot be read is left as it is", () => {
  assert.equal(prettify("{ me { id "), null);
});

for (const file of readdirSync(EXAMPLES)) {
  test(`${file} is laid out`, () => {
    const text = readFileSync(new URL(file, EXAMPLES), "utf8");
    assert.equal(prettify(text), text);
  });
}
