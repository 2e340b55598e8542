// Relay: artefacts of relay-compiler (`npm run relay` makes them), a connection paged into the store of
// relay-runtime, a mutation that updates it. With `trusted` after the address, what was compiled is named by its id
// alone, as a server of trusted documents asks.
import assert from 'node:assert/strict';
import relay from 'relay-runtime';
import feed from './relay/__generated__/documentsFeedQuery.graphql.js';
import fragment from './relay/__generated__/documentsPost.graphql.js';
import toggle from './relay/__generated__/documentsToggleMutation.graphql.js';
import { token, url } from './wire.mjs';

const trusted = process.argv[3] === 'trusted';
const authorization = `Bearer ${await token()}`;
async function ask({ id, text, name }, variables) {
  const document = trusted ? { documentId: `sha256:${id}` } : { query: text };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', authorization },
    body: JSON.stringify({ ...document, operationName: name, variables }),
  });
  return response.json();
}

const { commitMutation, createOperationDescriptor, fetchQuery, getSelector } = relay;
const environment = new relay.Environment({
  network: relay.Network.create(ask),
  store: new relay.Store(new relay.RecordSource()),
});

/** What the store has for the query, its pages joined. */
const first = createOperationDescriptor(feed, { first: 4 });
environment.retain(first);
const stored = () => environment.lookup(first.fragment).data.homeFeed;
const post = (edge) => environment.lookup(getSelector(fragment, edge.node)).data;

for (const size of [4, 8, 12]) {
  const variables = { first: 4, after: size > 4 ? stored().pageInfo.endCursor : null };
  const operation = createOperationDescriptor(feed, variables);
  environment.retain(operation);
  await fetchQuery(environment, feed, variables, { networkCacheConfig: { force: true } }).toPromise();
  assert.equal(stored().edges.length, size);
  assert.equal(stored().pageInfo.hasNextPage, true);
}
const ids = stored().edges.map((edge) => edge.node.id);
const whole = await ask(feed.params, { first: 12 });
assert.deepEqual(ids, whole.data.homeFeed.edges.map((edge) => edge.node.id), 'three pages are the one');

const mutate = (variables) =>
  new Promise((resolve, reject) => {
    commitMutation(environment, { mutation: toggle, variables, onCompleted: resolve, onError: reject });
  });
const before = post(stored().edges[0]);
for (const liked of [!before.isLiked, before.isLiked]) {
  const { toggleLike } = await mutate({ post: before.id });
  assert.equal(toggleLike.success, true);
  const count = before.likesCount + Number(liked) - Number(before.isLiked);
  const now = post(stored().edges[0]);
  assert.deepEqual([now.isLiked, now.likesCount], [liked, count], 'the store has what the mutation answered');
}
const { toggleLike } = await mutate({ post: 'nothing' });
assert.deepEqual([toggleLike.success, toggleLike.errors[0].code], [false, 'INVALID_ID']);
console.log('Relay: artefacts, pages, mutations and errors are as they should be.');
