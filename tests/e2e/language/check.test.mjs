import assert from "node:assert/strict";
import { test } from "node:test";

import { check, describe } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/check.js";
import { closest } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/closest.js";
import { compose } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/compose.js";
import { parse } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/parse.js";
import { problems, schema } from "./setup.mjs";

test("a sound document has no problems", () => {
  assert.deepEqual(problems(`
    query A($id: ID!, $sort: CommentSort = NEWEST, $with: Boolean! = true) {
      __typename
      post(id: $id) { ...P author @include(if: $with) { id } }
      comments(postId: $id, sort: $sort) { nodes { replies(first: 1) { totalCount } } }
    }
    fragment P on Post { id ... on Post { content } ... @skip(if: false) { image } }
  `), []);
});

for (const [text, problem] of [
  ["{ me { idd } }", "idd: User has no field idd. Did you mean id?"],
  ["{ me { zzzzzz } }", "zzzzzz: User has no field zzzzzz."],
  ["{ me }", "me: me is a User: select its fields in braces."],
  ["{ me { id { x } } }", "{: id is a ID!: it has no fields."],
  ["{ me { } }", "{: Select at least one field."],
  ["{ post { id } }", "post: Query.post needs the argument id: ID!."],
  ["{ post(id: 1, ip: 2) { id } }", "ip: Query.post has no argument ip. Did you mean id?"],
  ["{ post(id: $x) { id } }", "$x: This operation declares no variable $x."],
  ["query ($i: IDD) { me { id } }", "IDD: There is no input type IDD. Did you mean ID?"],
  ["query ($i: User) { me { id } }", "User: There is no input type User."],
  ["{ comments(postId: 1, sort: NEWST) { totalCount } }", "NEWST: NEWST is not a CommentSort. Did you mean NEWEST?"],
  ["{ me { ...Missing } }", "Missing: There is no fragment Missing."],
  ["fragment F on Pots { id }", "Pots: There is no object or interface Pots. Did you mean Post?"],
  ["{ me @inclde(if: true) { id } }", "@inclde: There is no directive @inclde. Did you mean include?"],
  ["{ me @include { id } }", "@include: @include needs the argument if: Boolean!."],
  ["subscription { a }", "subscription: This server has no subscriptions."],
]) {
  test(`${text} → ${problem}`, () => assert.ok(problems(text).includes(problem), JSON.stringify(problems(text))));
}

test("what lies below an unknown field is left in peace", () => {
  assert.deepEqual(problems("{ nobody { anything(x: 1) { deeper } } }"), ["nobody: Query has no field nobody."]);
});

test("what stands at the caret is described, with a place in the schema", () => {
  const text = "query ($id: ID!) { post(id: $id) { likesCount } }";
  const document = parse(text);
  check(document, schema);
  const at = (word) => describe(document, text.lastIndexOf(word) + 1);
  assert.deepEqual(at("likesCount"), { text: "Post.likesCount: Int!", description: "Exact.", target: { type: "Post", field: "likesCount" } });
  assert.deepEqual(at("id:").target, { type: "Query", field: "post" });
  assert.equal(at("id:").text, "Query.post(id: ID!)");
  assert.equal(at("$id").text, "$id: ID!");
  assert.equal(describe(document, 0), null);
});

test("the nearest name is near indeed", () => {
  assert.equal(closest("likeCount", ["likesCount", "commentsCount"]), "likesCount");
  assert.equal(closest("cotnent", ["content"]), "content");
  assert.equal(closest("xyz", ["content"]), null);
});

test("an operation composed for any field of a root has no problems", () => {
  for (const [keyword, root] of Object.entries(schema.roots)) {
    for (const field of root.fields) {
      const text = compose(schema, keyword, field);
      assert.deepEqual(problems(text), [], text);
    }
  }
});
