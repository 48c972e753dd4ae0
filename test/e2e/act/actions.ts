import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTION } from '@shadow-gate/platform';
import { build } from 'esbuild';
import { stringify } from 'yaml';
import { repository } from '../../fixtures.ts';

const WORKFLOWS = repository('examples', 'workflows');
const INPUTS = ['name', 'path', 'run-id', 'github-token'];

/**
 * Where act finds the actions that the workflows use, by `owner/name@ref`: this one as GitHub packs it, and stand-ins
 * for GitHub's. actions/checkout is act's own.
 */
export async function localActions(folder: string): Promise<Readonly<Record<string, string>>> {
  const gate = join(folder, 'shadow-gate');
  mkdirSync(gate);
  const archive = execFileSync('git', ['archive', 'HEAD'], { cwd: repository(), maxBuffer: 2 ** 30 });
  execFileSync('tar', ['x', '-C', gate], { input: archive });
  const texts = readdirSync(WORKFLOWS).map((name) => readFileSync(join(WORKFLOWS, name), 'utf8'));
  const used = new Set(texts.flatMap((text) => text.match(/actions\/(?:up|down)load-artifact@[0-9a-f]{40}/g) ?? []));
  const others = [...used].map(async (uses) => [uses, await standIn(folder, uses.replace(/^actions\/|@.*$/g, ''))]);
  return { [ACTION]: gate, ...Object.fromEntries(await Promise.all(others)) };
}

async function standIn(folder: string, name: string): Promise<string> {
  const outdir = join(folder, name);
  await build({
    entryPoints: [repository('test', 'e2e', 'act', `${name}.ts`)],
    ...{ outdir, outExtension: { '.js': '.mjs' }, bundle: true, format: 'esm', platform: 'node' },
    banner: { js: `import{createRequire as from}from'node:module';const require=from(import.meta.url);` },
  });
  const inputs = Object.fromEntries(INPUTS.map((input) => [input, { required: false }]));
  const manifest = { name, description: name, inputs, runs: { using: 'node24', main: `${name}.mjs` } };
  writeFileSync(join(outdir, 'action.yml'), stringify(manifest));
  return outdir;
}
