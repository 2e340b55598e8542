// The audits of graphql-http for servers of GraphQL over HTTP: node audits.mjs http://127.0.0.1:8000/graphql
import { serverAudits } from 'graphql-http';

const [url] = process.argv.slice(2);
const audits = serverAudits({ url });
let passed = 0;
for (const audit of audits) {
  const { status, id, name, reason } = await audit.fn();
  if (status === 'ok') passed += 1;
  else console.log(`${status} ${id} ${name}: ${reason}`);
}
console.log(`${passed} of ${audits.length}`);
process.exitCode = passed === audits.length ? 0 : 1;
