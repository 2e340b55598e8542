/** From what was filled in to a request, to its curl command, to its answer. */

const SECRET = /password|passwd|secret|token|otp/i;
const CONCEALED = /\uE000(\w+)\uE000/g;

/**
 * @param {{method: string, path: string}} operation
 * @param {{base: string, values: {in: string, name: string, value: unknown}[], body?: unknown, mediaType?: string,
 *     token?: string}} filled  what is left out is not among them
 * @returns {{method: string, url: string, headers: Record<string, string>, body?: unknown}}
 */
export function build({ method, path }, { base, values, body, mediaType, token }) {
  const of = (place) => values.filter((each) => each.in === place && each.value !== "");
  const inPath = of("path").reduce((filled, { name, value }) => filled.replaceAll(`{${name}}`, encode(value)), path);
  const query = of("query").flatMap(({ name, value }) => [value].flat().map((each) => `${encode(name)}=${encode(each)}`));
  const headers = Object.fromEntries(of("header").map(({ name, value }) => [name, String(value)]));
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined && !(body instanceof FormData)) headers["Content-Type"] = mediaType;
  return { method, url: `${base}${inPath}${query.length ? `?${query.join("&")}` : ""}`, headers, body: encoded(body, mediaType) };
}

/**
 * The same request for a shell, each secret as a variable: the access token is `$TOKEN`.
 * @param {{origin: string, secrets: string[]}} filled  `secrets` are names whose values are secret though they do not say so
 */
export function curl(operation, { origin, secrets, ...filled }) {
  const cover = (name, value) =>
    ((SECRET.test(name) || secrets.includes(name)) && ["string", "number"].includes(typeof value) ? concealed(name) : value);
  const values = filled.values.map((each) => ({ ...each, value: cover(each.name, each.value) }));
  const token = filled.token && concealed("token");
  const { method, url, headers, body } = build(operation, { ...filled, values, token, body: covered(filled.body, cover) });
  const data = body instanceof FormData
    ? [...body].map(([name, value]) => `-F ${quoted(`${name}=${value instanceof File ? `@${value.name}` : value}`)}`)
    : body instanceof File ? [`--data-binary ${quoted(`@${body.name}`)}`]
      : body === undefined ? [] : [`--data-raw ${quoted(body)}`];
  const needsMethod = method !== (data.length ? "POST" : "GET");
  const first = `curl ${needsMethod ? `-X ${method} ` : ""}${quoted(origin + url)}`;
  return [first, ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`), ...data].join(" \\\n  ");
}

/** Throws a `TypeError` when there is no answer at all. */
export async function send({ url, ...request }) {
  const started = performance.now();
  const response = await fetch(url, { ...request, credentials: "omit", cache: "no-store" });
  const text = await response.text();
  return { response, text, milliseconds: performance.now() - started, json: parsed(text) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function encoded(body, mediaType = "") {
  return body === undefined || !/\bjson$/.test(mediaType) ? body : JSON.stringify(body);
}

function encode(value) {
  return encodeURIComponent(String(value)).replaceAll(encodeURIComponent("\uE000"), "\uE000");
}

function concealed(name) {
  return `\uE000${name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").replace(/\W/g, "_").toUpperCase()}\uE000`;
}

function covered(body, cover) {
  if (body instanceof FormData) {
    const copy = new FormData();
    for (const [name, value] of body) copy.append(name, cover(name, value));
    return copy;
  }
  return body === undefined || body instanceof File ? body : JSON.parse(JSON.stringify(body, cover));
}

/** One word of a shell: `plain`, `"Bearer $TOKEN"`, `'it'\\''s '"$PASSWORD"`. */
function quoted(text) {
  if (/^[\w:/.,@%=+-]+$/.test(text)) return text;
  if (text.search(CONCEALED) >= 0 && !/["$`\\!]/.test(text)) return `"${text.replaceAll(CONCEALED, "$$$1")}"`;
  return `'${text.replaceAll("'", "'\\''").replaceAll(CONCEALED, `'"$$$1"'`)}'`;
}
