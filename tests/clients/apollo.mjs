// Apollo Client: automatic persisted queries by GET, a connection paged into its cache, a mutation that updates it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { relayStylePagination } from '@apollo/client/utilities';
import { token, url, watched } from './wire.mjs';

const wire = watched();
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const authorization = `Bearer ${await token()}`;

function connected(headers) {
  return new ApolloClient({
    link: ApolloLink.from([
      new PersistedQueryLink({ sha256, useGETForHashedQueries: true }),
      new HttpLink({ uri: url, fetch: wire.fetch, headers }),
    ]),
    cache: new InMemoryCache({ typePolicies: { Query: { fields: { homeFeed: relayStylePagination() } } } }),
  });
}

const client = connected({ authorization });
const salt = `apollo${process.pid}`; // An operation that no run before this one has registered.

const FEED = gql`
  query ${salt}($first: Int!, $after: String) {
    homeFeed(first: $first, after: $after) {
      edges { cursor node { id content likesCount isLiked author { id username } } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

const { data } = await client.query({ query: FEED, variables: { first: 5 } });
assert.deepEqual(wire.sent(), ['GET hash', 'POST text hash'], 'an unknown hash is sent again with its text');
assert.equal(data.homeFeed.edges.length, 5);
assert.equal(data.homeFeed.pageInfo.hasNextPage, true);

await client.query({ query: FEED, variables: { first: 5 }, fetchPolicy: 'network-only' });
assert.deepEqual(wire.sent(), ['GET hash'], 'from then on the hash is enough');

const watching = client.watchQuery({ query: FEED, variables: { first: 5 } });
const cached = () => client.readQuery({ query: FEED, variables: { first: 5 } }).homeFeed;
for (const size of [10, 15]) {
  await watching.fetchMore({ variables: { after: cached().pageInfo.endCursor } });
  assert.equal(cached().edges.length, size);
}
assert.deepEqual(wire.sent(), ['GET hash', 'GET hash']);
const whole = await connected({ authorization }).query({ query: FEED, variables: { first: 15 } });
const ids = (feed) => feed.edges.map((edge) => edge.node.id);
assert.deepEqual(ids(cached()), ids(whole.data.homeFeed), 'three pages are the one');
wire.sent();

const TOGGLE = gql`
  mutation Toggle($post: ID!) {
    toggleLike(postId: $post) { success post { id likesCount isLiked } errors { code field } }
  }
`;
const [{ node: before }] = data.homeFeed.edges;
const shown = () => cached().edges[0].node;
for (const [liked, count] of [
  [!before.isLiked, before.likesCount + (before.isLiked ? -1 : 1)],
  [before.isLiked, before.likesCount],
]) {
  const { data: toggled } = await client.mutate({ mutation: TOGGLE, variables: { post: before.id } });
  assert.equal(toggled.toggleLike.success, true);
  assert.deepEqual([shown().isLiked, shown().likesCount], [liked, count], 'the cache has what the mutation answered');
}
assert.deepEqual(wire.sent(), ['POST hash', 'POST text hash', 'POST hash']);

const refused = await client.mutate({ mutation: TOGGLE, variables: { post: 'nothing' } });
assert.deepEqual(
  refused.data.toggleLike.errors.map(({ code, field }) => [code, field]),
  [['INVALID_ID', 'postId']],
);
const anonymous = connected({}).query({ query: FEED, variables: { first: 5 } });
await assert.rejects(
  anonymous,
  (error) => CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code === 'UNAUTHENTICATED',
);
console.log('Apollo Client: persisted queries, pages, mutations and errors are as they should be.');
