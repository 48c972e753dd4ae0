import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { repository } from './fixtures.ts';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** What Node takes to run a script of this repository, in TypeScript, from any folder: `scripts/build.ts`. */
export function scriptArguments(path: string): string[] {
  return ['--import', TSX, repository(path)];
}
