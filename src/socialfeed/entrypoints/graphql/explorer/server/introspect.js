/** Asks the server for its schema. */

import { INTROSPECTION, Schema } from "../language/schema.js";
import { ask } from "./transport.js";

/**
 * The schema, or a sentence that says why there is none. It is asked for without a token: the schema is the same for
 * everyone, and a token that is no longer good must not stand in the way.
 *
 * @returns {Promise<{schema: Schema, reason: null} | {schema: null, reason: string}>}
 */
export async function introspect() {
  try {
    const answer = await ask({ document: INTROSPECTION, operationName: "Introspection" });
    const description = answer.body?.data?.__schema;
    if (description) return { schema: new Schema(description), reason: null };
    const [error] = answer.body?.errors ?? [];
    if (answer.status === 429 || answer.status >= 500 || !error) {
      return { schema: null, reason: `The server did not send its schema: it answered ${answer.status}.` };
    }
    const why = error.extensions?.code === "DOCUMENT_NOT_TRUSTED"
      ? "Only trusted documents run on this server: what is written here has to be one of them, to the letter."
      : "Introspection is off on this server. Operations run all the same.";
    return { schema: null, reason: `${why} It says: ${error.message}` };
  } catch (error) {
    return { schema: null, reason: error.message };
  }
}
