import assert from "node:assert/strict";
import { test } from "node:test";

import { typeText } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/schema.js";
import { schema } from "./setup.mjs";

test("wrapped types are written as in the SDL", () => {
  assert.equal(typeText(schema.field(schema.type("PostPage"), "items").type), "[Post!]!");
});

test("a search finds whole names, then beginnings, then parts, then descriptions", () => {
  const labels = (text) => schema.search(text).map(({ label }) => label);
  assert.equal(labels("post")[0], "Query.post");
  assert.equal(labels("Post.likesCount")[0], "Post.likesCount");
  assert.ok(labels("itemsPerPage").includes("Query.userFeed(itemsPerPage:)"));
  assert.ok(labels("rfc 3339").includes("DateTime"));
  assert.deepEqual(labels(" "), []);
});

test("the uses of a type lead back to it", () => {
  const uses = schema.usesOf(schema.type("FeedEdge")).map(({ parent, field }) => `${parent.name}.${field.name}`);
  assert.deepEqual(uses, ["FeedConnection.edges"]);
});

test("a field with arguments is one use, not several", () => {
  const uses = schema.usesOf(schema.type("Post")).map(({ parent, field }) => `${parent.name}.${field.name}`);
  assert.equal(new Set(uses).size, uses.length);
});

test("an interface knows its types", () => {
  assert.ok(schema.possibleNames(schema.type("MutationPayload")).has("LikePayload"));
});
