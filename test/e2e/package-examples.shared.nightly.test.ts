import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJson, repository, temporaryFolder } from '../fixtures.ts';
import { scriptArguments } from '../run-scripts.ts';

const run = promisify(execFile);
const PACKAGES = readdirSync(repository('packages'));

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, object>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** A folder with nothing in it but the packages, what they depend on, and the examples of their READMEs. */
let home: string;
const installed = (name: string) => join(home, 'node_modules', name);
const manifestOf = (name: string) => readJson<Manifest>(join(installed(`@shadow-gate/${name}`), 'package.json'));
const readmeOf = (name: string) => readFileSync(join(installed(`@shadow-gate/${name}`), 'README.md'), 'utf8');
const entriesOf = (name: string) => {
  const manifest = manifestOf(name);
  return Object.keys(manifest.exports).map((entry) => manifest.name + entry.slice(1));
};

/** The one block of code in this language. */
function blockOf(readme: string, language: 'ts' | 'text'): string {
  const blocks = [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))];
  expect(blocks).toHaveLength(1);
  return blocks[0]?.[1] ?? '';
}

/** As npm would, from the file that it would publish. */
async function install(folder: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', home], { cwd: folder });
  const [packed]: { name: string; filename: string }[] = JSON.parse(stdout);
  if (packed === undefined) throw new Error(`${folder} was not packed`);
  mkdirSync(installed(packed.name), { recursive: true });
  const file = join(home, packed.filename);
  await run('tar', ['xzf', file, '--strip-components=1', '-C', installed(packed.name)]);
}

/** A package of others. What it needs itself, Node and TypeScript find where the link leads. */
function link(name: string): void {
  if (existsSync(installed(name))) return;
  mkdirSync(dirname(installed(name)), { recursive: true });
  symlinkSync(repository('node_modules', name), installed(name));
}

beforeAll(async () => {
  const built = join(temporaryFolder(), 'packages');
  await run(process.execPath, [...scriptArguments('scripts/build/packages.ts'), '--outdir', built]);
  home = temporaryFolder();
  for (const name of PACKAGES) await install(join(built, name));
  const needed = PACKAGES.flatMap((name) => Object.keys(manifestOf(name).dependencies));
  for (const name of needed.filter((one) => !one.startsWith('@shadow-gate/'))) link(name);
  link('@types/node');
  const entries = PACKAGES.flatMap(entriesOf).map((entry, i) => `export * as entry${i} from '${entry}';\n`);
  writeFileSync(join(home, 'entries.mts'), entries.join(''));
  for (const name of PACKAGES) {
    const example = blockOf(readmeOf(name), 'ts');
    writeFileSync(join(home, `${name}.mts`), example);
    writeFileSync(join(home, `${name}.mjs`), (await transform(example, { loader: 'ts' })).code);
  }
}, 240_000);

describe('the packages, in a folder of their own', () => {
  it('have types without a mistake: in the examples, in every entry, and in what these take from others', async () => {
    const tsc = repository('node_modules/typescript/bin/tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--skipLibCheck', 'false', '--types', 'node'];
    const files = [...PACKAGES, 'entries'].map((name) => `${name}.mts`);
    const found = await run(process.execPath, [tsc, ...options, ...files], { cwd: home }).catch((error) => error);
    expect(found.stdout).toBe('');
  });

  it.each(PACKAGES)('%s prints what its README shows', async (name) => {
    const env = { ...process.env, TMPDIR: temporaryFolder() };
    const { stdout } = await run(process.execPath, [`${name}.mjs`, repository('examples/base')], { cwd: home, env });
    expect(stdout).toBe(blockOf(readmeOf(name), 'text'));
  });

  it.each(PACKAGES)('%s has all of its entries in its README, and no others', (name) => {
    const listed = [...readmeOf(name).matchAll(/^\| `(@shadow-gate\/[^`]+)` /gm)].map(([, entry]) => entry);
    expect(listed).toEqual(entriesOf(name));
  });

  it('are entered through their faces alone', async () => {
    const inner = '@shadow-gate/spectra/src/jobs.js';
    expect(existsSync(installed(inner))).toBe(true);
    const script = `await import('${inner}').catch(({ code }) => console.log(code));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: home });
    expect(stdout).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });
});
