import assert from "node:assert/strict";
import { test } from "node:test";

import { readObject } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/json.js";
import { maskDocument, maskHeaders, maskVariables } from "../../../src/socialfeed/entrypoints/graphql/explorer/language/secrets.js";

test("an object is read, and nothing is an empty one", () => {
  assert.deepEqual(readObject('{"a": [1, {"b": null}], "c": "\\u00e9"}').value, { a: [1, { b: null }], c: "é" });
  assert.deepEqual(readObject(" \n").value, {});
});

for (const [text, message] of [
  ["{", "Line 1: A closing brace is missing."],
  ['{"a"}', 'Line 1: A colon must follow "a".'],
  ['{"a":', "Line 1: A value is missing at the end."],
  ['{"a": 1,\n}', "Line 1: No comma may stand before the closing }"],
  ["{\n a: 1}", 'Line 2: Names stand in double quotes: "name".'],
  ["{\"a\": 'x'}", "Line 1: Strings stand in double quotes."],
  ["[1]", 'Line 1: Write an object: { "name": value }.'],
  ['{"a": 1\n"b": 2}', 'Line 2: A comma is missing before "b"'],
  ['{"a": "x}', "Line 1: This string is not closed."],
  ['{"a": 01}', "Line 1: 01 is not valid JSON."],
  ["{} x", "Line 1: Nothing may follow the closing brace."],
  ['{"a": foo}', "Line 1: Put foo in double quotes."],
]) {
  test(`${JSON.stringify(text)} → ${message}`, () => assert.equal(readObject(text).problem.message, message));
}

test("whatever JSON.parse takes as an object is taken, and nothing else", () => {
  const pieces = ["{", "}", "[", "]", ":", ",", '"a"', '"', "1", "-", "true", "nul", "null", " ", "\n", "{}", '"b":2'];
  let seed = 11;
  const next = (below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 5000; round += 1) {
    const text = `{${Array.from({ length: next(9) }, () => pieces[next(pieces.length)]).join("")}}`;
    let expected = null;
    try {
      expected = JSON.parse(text);
    } catch {
      // not JSON: a problem is expected
    }
    assert.deepEqual(readObject(text).value, expected, text);
  }
});

test("secret arguments are masked, written out or handed over in a variable", () => {
  assert.equal(
    maskDocument('mutation ($p: String! = "x") { tokenAuth(username: "u", password: "x") { token } resetPassword(newPassword: $p) }'),
    'mutation ($p: String! = "•••••") { tokenAuth(username: "u", password: "•••••") { token } resetPassword(newPassword: $p) }',
  );
  assert.equal(maskDocument('{ a(otpCode: 123456, refreshToken: "x", content: "y") }'), '{ a(otpCode: "•••••", refreshToken: "•••••", content: "y") }');
  assert.equal(maskDocument('{ a(input: {password: "x", name: "y"}'), '{ a(input: {password: "•••••", name: "y"}');
});

test("variables are masked by their name, or by the argument they are for", () => {
  const masked = maskVariables('{"pw": "x", "name": "y", "input": {"otpCode": "1"}}', "mutation ($pw: String!) { a(password: $pw) }");
  assert.deepEqual(JSON.parse(masked), { pw: "•••••", name: "y", input: { otpCode: "•••••" } });
});

test("headers that let someone in are not kept, nor is what cannot be read", () => {
  assert.deepEqual(JSON.parse(maskHeaders('{"Authorization": "Bearer x", "X-Api-Key": "x", "Accept-Language": "es"}')), { "Accept-Language": "es" });
  assert.equal(maskHeaders('{"Authorization": "Bearer x"'), "");
  assert.equal(maskVariables('{"password": "x"', "{ a }"), "");
});
