// Loaded into a process of the built action (NODE_OPTIONS): it signs by an authority of the tests, whose trusted roots
// are left in SIGSTORE_ROOTS once somebody has asked for an identity.
import { writeFileSync } from 'node:fs';
import { startAuthority } from './authority.ts';

const authority = await startAuthority(() => {
  writeFileSync(process.env.SIGSTORE_ROOTS ?? '', authority.trustedRoots);
  return {};
});
