// One library over our cases: what run.ts starts. Usage: one.ts NAME FOLDER OUT
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Tally } from './libraries.ts';

/** @param folder where the library is installed, in node_modules */
export type Compare = (folder: string) => Promise<Tally[]>;

const [name = '', folder = '', out = ''] = process.argv.slice(2);
const { compare }: { readonly compare: Compare } = await import(
  pathToFileURL(join(import.meta.dirname, `${name}.ts`)).href
);
writeFileSync(out, JSON.stringify(await compare(folder)));
// A library may hold the process open.
process.exit();
