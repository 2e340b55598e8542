// Whom to pay for a package is no part of what is installed: without it the lock holds no address at all.
import { readFileSync, writeFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
for (const each of Object.values(lock.packages)) delete each.funding;
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
