/** Puts the page together: the operations of the OpenAPI document, and who is signed in. */

import { fill, h, prose } from "/explorer/dom.js";
import { openPanel } from "./panel.js";
import { reader } from "./schema.js";
import { Session, showSession } from "./session.js";

const DOCUMENT = "/api/openapi.json";
const METHODS = new Set(["get", "put", "post", "delete", "options", "head", "patch", "trace"]);

const find = (id) => document.getElementById(id);

const session = new Session();
showSession(find("sign-in"), find("signed-in"), session);
await show();

async function show() {
  let description;
  try {
    const response = await fetch(DOCUMENT);
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    description = await response.json();
  } catch (error) {
    fill(find("operations"), h("p", { class: "problem", role: "alert" }, `${DOCUMENT} cannot be read. ${error.message}`));
    return;
  }
  const { title, version, summary, description: more } = description.info;
  fill(find("intro"), `${title} ${version}. `, prose([summary, more].filter(Boolean).join(" ")));
  const context = { session, read: reader(description), base: (description.servers?.[0]?.url ?? "").replace(/\/$/, "") };
  fill(find("operations"), [...groups(description)].map(([name, operations]) =>
    h("section", { "aria-labelledby": `group-${name}` },
      h("h2", { id: `group-${name}` }, name),
      operations.map((operation) => row(operation, context)))));
  addEventListener("hashchange", openNamed);
  openNamed();
}

/** By the first part of their paths, in the order of the document. */
function groups({ paths, security }) {
  const found = new Map();
  for (const [path, item] of Object.entries(paths)) {
    const name = path.split("/")[1];
    for (const [method, operation] of Object.entries(item).filter(([key]) => METHODS.has(key))) {
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
      const id = operation.operationId ?? `${method}${path}`.replace(/\W+/g, "-");
      found.set(name, [...(found.get(name) ?? []), { security, ...operation, id, path, method: method.toUpperCase(), parameters }]);
    }
  }
  return found;
}

function row(operation, context) {
  const { id, method, path, summary = "" } = operation;
  const lead = summary.split(/(?<=\.)\s/)[0];
  const panel = h("div", { class: "panel" });
  const needsViewer = (operation.security ?? []).length > 0 && operation.security.every((each) => Object.keys(each).length);
  const details = h("details", { class: "operation", id },
    h("summary", {},
      h("span", { class: `method is-${method.toLowerCase()}` }, method),
      h("h3", { class: "path" }, path.split(/(?=\/)/).flatMap((part) => [h("wbr"), part])),
      h("span", { class: "about" }, lead),
      needsViewer && h("span", { class: "needs" }, "needs sign-in")),
    panel);
  details.addEventListener("toggle", () => {
    if (!details.open) return;
    history.replaceState(null, "", `#${id}`);
    if (!panel.hasChildNodes()) openPanel(panel, { ...operation, lead, needsViewer }, context);
  });
  return details;
}

/** The operation that the address names: a link to it can be handed on. */
function openNamed() {
  const named = find(location.hash.slice(1));
  if (named?.matches("details")) {
    named.open = true;
    named.scrollIntoView();
  }
}
