import assert from "node:assert/strict";
import { test } from "node:test";

import { schema, suggested, taken } from "./setup.mjs";

test("a selection offers the fields of its type", () => {
  assert.deepEqual(suggested("{ me { | } }").slice(0, 3), ["id", "username", "email"]);
  assert.ok(suggested("{ | }").includes("userFeed"));
  assert.ok(suggested("mutation { | }").includes("likePost"));
});

test("what was typed narrows the offer, beginnings first", () => {
  assert.deepEqual(suggested("{ trendingPosts { items { co| } } }").slice(0, 2), ["content", "contentHtml"]);
  assert.deepEqual(suggested("{ trendingPosts { items { count| } } }"), ["likesCount", "commentsCount", "sharesCount"]);
  assert.deepEqual(suggested("{ trendingPosts { items { lc| } } }"), ["likesCount"]);
});

test("an alias does not hide the field behind it", () => {
  assert.ok(suggested("{ mine: m| { id } }").includes("me"));
});

test("a field is taken with what it cannot do without", () => {
  assert.equal(taken("{ me { us| } }", "username"), "{ me { username| } }");
  assert.equal(taken("{\n  me|\n}", "me"), "{\n  me {\n    |\n  }\n}");
  assert.equal(taken("{\n  po|\n}", "post"), "{\n  post(id: |) {\n    \n  }\n}");
  assert.equal(taken("{ m| { id } }", "me"), "{ me| { id } }");
});

test("arguments are offered once, with their defaults", () => {
  assert.deepEqual(suggested("{ userFeed(|) { totalItems } }"), ["page", "itemsPerPage"]);
  assert.deepEqual(suggested("{ userFeed(page: 1, |) { totalItems } }"), ["itemsPerPage"]);
  assert.equal(taken("mutation { createPost(|) { success } }", "content"), 'mutation { createPost(content: "|") { success } }');
});

test("a value is an enum's, a boolean or a variable of the type", () => {
  assert.deepEqual(suggested("{ comments(postId: 1, sort: |) { totalCount } }"), ["OLDEST", "NEWEST", "TOP", "HOT"]);
  assert.deepEqual(suggested("{ me @include(if: |) { id } }"), ["true", "false"]);
  assert.deepEqual(suggested("query ($a: ID!, $b: Int) { post(id: |) { id } }"), ["$a"]);
  assert.deepEqual(suggested("query ($a: ID!, $ab: ID!, $b: ID!) { post(id: $a|) { id } }"), ["$a", "$ab"]);
  assert.deepEqual(suggested("{ user(id: |) { id } }"), ["null"]);
});

test("types are offered where types stand", () => {
  assert.ok(suggested("query ($a: |) { me { id } }").includes("CommentSort"));
  assert.ok(!suggested("query ($a: |) { me { id } }").includes("User"));
  assert.deepEqual(suggested("fragment F on Us| { id }").slice(0, 1), ["User"]);
});

test("a fragment fits the type it is spread in", () => {
  assert.deepEqual(suggested("{ me { ... on | } }"), ["Node", "User"]);
  assert.deepEqual(suggested("{ me { ...| } } fragment Who on User { id }"), ["Who", "on Node", "on User"]);
  assert.ok(suggested("mutation { likePost(postId: 1) { ... on | } }").includes("MutationPayload"));
});

test("directives are offered where they may stand", () => {
  assert.deepEqual(suggested("{ me @| { id } }"), ["@include", "@skip"]);
  assert.equal(taken("{ me @inc| { id } }", "@include"), "{ me @include(if: |) { id } }");
});

test("a document starts with an operation the server has", () => {
  assert.deepEqual(suggested("|"), [...Object.keys(schema.roots), "fragment"]);
  assert.equal(taken("qu|", "query"), "query {\n  |\n}");
});

test("strings, comments and unknown places are left alone", () => {
  assert.deepEqual(suggested('{ user(username: "a|") { id } }'), []);
  assert.deepEqual(suggested("{ me { id } } # us|"), []);
  assert.deepEqual(suggested("{ nobody { | } }"), []);
  assert.deepEqual(suggested("query Na|me { me { id } }"), []);
});

test("a broken document is completed all the same", () => {
  assert.deepEqual(suggested("{ me { user|"), ["username"]);
  assert.deepEqual(suggested("{ userFeed(pa|"), ["page"].concat(["itemsPerPage"]));
});
