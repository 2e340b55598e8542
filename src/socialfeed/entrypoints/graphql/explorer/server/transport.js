/** GraphQL over HTTP, as https://graphql.github.io/graphql-over-http/ has it. */

const ENDPOINT = "/graphql";
const ACCEPT = "application/graphql-response+json, application/json;q=0.9";

/**
 * @typedef {{document: string, variables?: object, operationName?: string, headers?: Record<string, string>}} Request
 * @typedef {{
 *   status: number, reason: string, headers: Headers, milliseconds: number, bytes: number,
 *   body: object | null, text: string,
 * }} Answer  `body` is null when the text is not a JSON object.
 */

/** The server could not be asked at all. The message is for people. */
export class Unreachable extends Error {}

/**
 * Runs one operation and yields its answers as they come: one, for a query or a mutation. The caller loops, so that
 * operations which answer many times need nothing new there.
 *
 * @param {Request} request
 * @param {{token?: string | null, signal?: AbortSignal}} options  a header of the request's own replaces the token
 * @returns {AsyncGenerator<Answer>}
 */
export async function* execute({ document, variables, operationName, headers = {} }, { token = null, signal } = {}) {
  const all = new Headers({ Accept: ACCEPT, "Content-Type": "application/json" });
  if (token) all.set("Authorization", `Bearer ${token}`);
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  const body = JSON.stringify({ query: document, variables, operationName });
  const started = performance.now();
  let response;
  let text;
  try {
    response = await fetch(ENDPOINT, { method: "POST", headers: all, body, signal, credentials: "omit" });
    text = await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable(`The server does not answer at ${new URL(ENDPOINT, location.href)}.`);
  }
  yield {
    status: response.status,
    reason: response.statusText,
    headers: response.headers,
    milliseconds: performance.now() - started,
    bytes: new TextEncoder().encode(text).length,
    body: parsed(text),
    text,
  };
}

/** The first answer: all there is, for a query or a mutation. */
export async function ask(request, options) {
  for await (const answer of execute(request, options)) return answer;
  throw new Unreachable("The server closed the connection without an answer.");
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
