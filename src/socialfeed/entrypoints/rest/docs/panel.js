/** One operation, opened: what it takes, the request as it stands, its answer, and what else it may answer. */

import { announce, copy, fill, h, prose } from "/explorer/dom.js";
import { jsonTree } from "/explorer/panes/jsontree.js";
import { bodyFields, field } from "./form.js";
import { build, curl, send } from "./request.js";
import { limits, typeWords } from "./schema.js";

const OF_INTEREST = /^(content-type|location|link|etag|retry-after|www-authenticate|ratelimit.*|x-request-id|x-cache.*|server-timing)$/;

/**
 * @param {HTMLElement} place
 * @param {object} operation  with `method`, `path`, all `parameters`, `needsViewer` and `lead`: what of its description was told already
 * @param {{session: import("./session.js").Session, read: Function, base: string}} context
 */
export function openPanel(place, operation, { session, read, base }) {
  const parameters = operation.parameters.map((each) => read(each)).filter((each) => each.in !== "cookie").map((each) => ({
    in: each.in,
    ...field(each.name, read(each.schema), {
      isRequired: Boolean(each.required), isNeeded: each.in === "path", description: each.description, read,
    }),
  }));
  const body = requestBody(operation, read);
  const takesToken = (operation.security ?? []).some((each) => Object.keys(each).length);
  const secrets = [...parameters, ...(body?.fields ?? [])].filter((each) => each.isSecret).map((each) => each.name);
  const command = h("pre", { class: "command", tabindex: 0, role: "region", "aria-label": "curl command" });
  const answer = h("div", { class: "answer" });
  const form = h("form", {},
    parameters.length > 0 && h("fieldset", {}, h("legend", {}, "Parameters"), parameters.map((each) => each.element)),
    body?.element,
    !parameters.length && !body && h("p", { class: "quiet" }, "Takes nothing but the request itself."),
    h("button", { type: "submit", class: "button is-primary" }, "Send"));
  let isBusy = false;

  function filled() {
    return {
      base, ...body?.read(), token: takesToken ? session.token : null, secrets,
      values: parameters.filter((each) => !each.isLeftOut()).map((each) => ({ in: each.in, name: each.name, value: each.value() })),
    };
  }

  function showCommand() {
    const all = filled();
    const token = all.token ?? (operation.needsViewer ? "as if there were one" : null);
    command.textContent = curl(operation, { ...all, token, origin: location.origin });
  }

  async function run(event) {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    const { token, ...rest } = filled();
    fill(answer, h("p", { class: "quiet" }, "Waiting for the answer …"));
    try {
      const got = await send(build(operation, { token, ...rest }));
      fill(answer, answered(got));
      announce(`Answered ${got.response.status} ${got.response.statusText}`);
      if (got.response.status === 401 && token && operation.needsViewer) session.end("The server no longer takes this token.");
    } catch {
      fill(answer, h("p", { class: "problem" }, "The server does not answer."));
      announce("The server does not answer.");
    }
    isBusy = false;
  }

  form.addEventListener("submit", run);
  for (const type of ["input", "change"]) form.addEventListener(type, showCommand);
  session.addEventListener("change", showCommand);
  showCommand();
  const about = [operation.summary, operation.description].filter(Boolean).join("\n\n");
  fill(place,
    about !== operation.lead && h("p", { class: "description" }, prose(about)),
    h("div", { class: "sides" },
      form,
      h("div", { class: "outcome" },
        h("div", { class: "title" }, h("h4", {}, "curl"),
          h("button", { type: "button", class: "button is-plain is-small", onclick: (event) => copy(command.textContent, event.currentTarget) }, "Copy")),
        command,
        answer)),
    h("h4", {}, "Responses"), responses(operation.responses ?? {}, read));
}

/** The body's fields, and how to read them: `{ body, mediaType }`, or nothing if it is left out. */
function requestBody({ requestBody: given }, read) {
  if (!given) return null;
  const taken = read(given);
  const mediaType = Object.keys(taken.content).find((type) => /\bjson$/.test(type)) ?? Object.keys(taken.content)[0];
  const isJson = /\bjson$/.test(mediaType);
  const schema = read(taken.content[mediaType].schema);
  const fields = bodyFields(schema, read);
  const whole = fields ? null : field("body", isJson ? schema : { ...schema, format: "binary" }, { isRequired: true, read });
  const inputs = h("fieldset", { class: "plain", disabled: !taken.required }, (fields ?? [whole]).map((each) => each.element));
  const chosen = h("input", { type: "checkbox", onchange: () => (inputs.disabled = !chosen.checked) });
  const element = h("fieldset", {},
    h("legend", {}, "Body ", h("span", { class: "quiet" }, [schema.typeName, mediaType].filter(Boolean).join(", "))),
    schema.description && h("p", { class: "hint" }, prose(schema.description)),
    !taken.required && h("label", { class: "given" }, chosen, "Send a body"),
    inputs);
  return {
    element,
    fields: fields ?? [],
    read() {
      if (inputs.disabled) return {};
      if (whole) return { body: whole.value(), mediaType };
      const values = fields.filter((each) => !each.isLeftOut()).map((each) => [each.name, each.value()]);
      if (mediaType !== "multipart/form-data") return { body: Object.fromEntries(values), mediaType };
      const parts = new FormData();
      for (const [name, value] of values) if (value !== undefined) parts.append(name, value instanceof File ? value : String(value));
      return { body: parts, mediaType };
    },
  };
}

function answered({ response, text, milliseconds, json }) {
  const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json") && json;
  const headers = [...response.headers].filter(([name]) => OF_INTEREST.test(name));
  return [
    h("div", { class: "title" },
      h("h4", {}, "Answer"),
      h("span", { class: `status is-${response.ok ? "good" : "bad"}` }, `${response.status} ${response.statusText}`),
      h("span", { class: "quiet" }, `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`)),
    isProblem && h("p", { class: "problem" }, h("code", {}, json.code), " ", json.detail, json.field && [" Field: ", h("code", {}, json.field)]),
    json === undefined ? text && h("pre", {}, text) : jsonTree(json),
    h("dl", {}, headers.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
  ];
}

/** Those that answer with the same schema stand together: most refusals do. */
function responses(all, read) {
  const kinds = Map.groupBy(Object.entries(all), ([, response]) => JSON.stringify(read(response).content ?? null));
  return [...kinds.values()].map((kind) => {
    const [mediaType, content] = Object.entries(read(kind[0][1]).content ?? {})[0] ?? [];
    const statuses = kind.map(([status, response]) => {
      const { description, headers = {} } = read(response);
      const extra = Object.keys(headers);
      return h("li", {}, h("span", { class: `status is-${/^[45]/.test(status) ? "bad" : "good"}` }, status), ` ${description}`,
        extra.length > 0 && h("span", { class: "quiet" }, `, with ${extra.join(", ")}`));
    });
    const schema = content && read(content.schema);
    return h("div", { class: "response" },
      h("ul", {}, statuses),
      schema && h("div", {}, h("p", { class: "quiet" }, `${mediaType}: ${typeWords(schema, read)}. `, prose(schema.description)), properties(schema, read)));
  });
}

/** The properties of an object, or of a list's items; those of objects within are built when they are opened. */
function properties(schema, read) {
  const shown = schema.type === "array" ? read(schema.items) : schema;
  const required = new Set(shown.required);
  return shown.properties && h("ul", { class: "schema" }, Object.entries(shown.properties).map(([name, each]) => {
    const property = read(each);
    const words = [typeWords(property, read), ...limits(property), !required.has(name) && "not always"].filter(Boolean).join(" · ");
    const line = [h("code", {}, name), " ", h("span", { class: "quiet" }, prose(words), property.description && [" · ", prose(property.description)])];
    const inner = property.type === "array" ? read(property.items) : property;
    if (!inner.properties) return h("li", {}, line);
    const within = h("details", {}, h("summary", {}, line));
    within.addEventListener("toggle", () => within.children.length < 2 && within.append(properties(property, read)));
    return h("li", {}, within);
  }));
}
