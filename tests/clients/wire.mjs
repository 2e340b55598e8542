// What the clients have in common: an address, somebody of the demo data, and a look at what goes over the wire.
import { readFileSync } from 'node:fs';

export const [url] = process.argv.slice(2);

const LOGIN = readFileSync(new URL('login.graphql', import.meta.url), 'utf8');

/** An access token for the demo user. */
export async function token() {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: LOGIN }),
  });
  const { tokenAuth } = (await response.json()).data;
  if (!tokenAuth.token) throw new Error(tokenAuth.message);
  return tokenAuth.token;
}

/** A `fetch` that notes of each request its method and which of query, hash and file it brings. */
export function watched() {
  const sent = [];
  async function watching(address, options) {
    const method = options.method ?? 'GET';
    const asked =
      method === 'GET'
        ? Object.fromEntries(new URL(address).searchParams)
        : JSON.parse(typeof options.body === 'string' ? options.body : options.body.get('operations'));
    const extensions = typeof asked.extensions === 'string' ? JSON.parse(asked.extensions) : asked.extensions;
    const parts = [
      asked.query && 'text',
      (extensions?.persistedQuery || asked.documentId) && 'hash',
      typeof options.body !== 'string' && method !== 'GET' && 'file',
    ];
    sent.push([method, ...parts.filter(Boolean)].join(' '));
    return fetch(address, options);
  }
  /** What was sent since the last time one asked. */
  return { fetch: watching, sent: () => sent.splice(0) };
}
