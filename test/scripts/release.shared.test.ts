import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { create } from '@actions/glob';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readWorkspaces } from '../../scripts/workspaces.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
import { scriptArguments } from '../run-scripts.ts';

const read = (file: string) => readFileSync(repository(file), 'utf8');

describe('what a release attests', () => {
  const { env, steps }: { env: { SUBJECTS: string }; steps: { run?: string }[] } = parse(
    read('.github/workflows/release.yml'),
  ).jobs.publish;

  it('is each file that a checkout has of the action, and that the line of README.md verifies', async () => {
    // As actions/attest finds them.
    const patterns = env.SUBJECTS.trim()
      .split('\n')
      .map((pattern) => repository(pattern));
    const globber = await create(patterns.join('\n'), { matchDirectories: false });
    const subjects = (await globber.glob()).map((file) => relative(repository(''), file));
    const ofDist = readdirSync(repository('dist'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(repository(''), join(parentPath, name)));
    expect(subjects.sort()).toEqual(['action.yml', ...ofDist].sort());
    expect(ofDist).toContain('dist/ort/linux/x64/libonnxruntime.so.1');
    expect(read('.github/workflows/release.yml')).toMatch(
      /tar .* release\/shadow-gate-dist\.tar\.gz action\.yml dist$/m,
    );
    expect(read('README.md')).toContain('git ls-files -z action.yml dist | xargs -0 -n 1 gh attestation verify');
  });

  it('is published with all files at once, before the major tag moves', () => {
    const scripts = steps.map(({ run = '' }) => run);
    const at = (text: string) => scripts.findIndex((script) => script.includes(text));
    // gh keeps a release a draft until it has uploaded the files of the same command.
    expect(scripts[at('gh release create')]).toMatch(/\.tar\.gz \S+\.intoto\.jsonl \\\n\s+\S+\.cdx\.json --verify-tag/);
    expect(scripts.filter((script) => script.includes('gh release upload'))).toEqual([]);
    expect(at('isImmutable')).toBeGreaterThan(-1);
    expect(at('git/refs/tags/$MAJOR')).toBeGreaterThan(at('isImmutable'));
  });
});

describe('the SBOM of dist/', () => {
  interface Component {
    readonly 'bom-ref': string;
    readonly name: string;
    readonly version: string;
    readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
    readonly licenses?: readonly unknown[];
    readonly externalReferences: readonly { readonly url: string }[];
  }
  interface Sbom {
    readonly metadata: { readonly component: Component };
    readonly components: readonly Component[];
    readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  }
  const print = (...args: string[]) =>
    spawnSync(process.execPath, [...scriptArguments('scripts/release/sbom.ts'), ...args], { encoding: 'utf8' });
  let sbom: Sbom;
  beforeAll(() => {
    const { status, stdout, stderr } = print();
    expect(status, stderr).toBe(0);
    sbom = JSON.parse(stdout);
  });

  it('has each package of dist/licenses.txt, those of this repository, and no other', () => {
    const titles = [...read('dist/licenses.txt').matchAll(/(?:^|\n)(\S+) (\d\S+) \([^\n]+\)\n\n/g)];
    const names = sbom.components.map(({ name, version }) => `${name} ${version}`);
    const own = names.filter((name) => name.startsWith('@shadow-gate/'));
    expect(own).toHaveLength(readdirSync(repository('packages')).length);
    expect(names.filter((name) => !own.includes(name)).sort()).toEqual(titles.map(([, a, b]) => `${a} ${b}`).sort());
    expect(sbom.metadata.component.name).toBe('shadow-gate');
  });

  it('names yaml, which npm omits with the development dependencies, and none of those', () => {
    const names = sbom.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['yaml', 'onnxruntime-node', 'zod']));
    const { devDependencies } = JSON.parse(read('package.json'));
    // What dependencies of dist/ need too.
    const both = ['@actions/glob', 'fast-xml-parser'];
    expect(names.filter((name) => name in devDependencies)).toEqual(both);
  });

  it('has the digest of package-lock.json and the license of each package of others', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { integrity?: string }> };
    const locked = new Set(Object.values(packages).map(({ integrity }) => integrity));
    for (const { name, hashes = [], licenses } of sbom.components) {
      expect(licenses, name).toHaveLength(1);
      if (name.startsWith('@shadow-gate/')) continue;
      const digests = hashes.map(({ alg, content }) => [alg, Buffer.from(content, 'hex').toString('base64')]);
      expect(digests, name).toEqual([['SHA-512', expect.any(String)]]);
      expect(locked.has(`sha512-${digests[0]?.[1]}`), name).toBe(true);
    }
  });

  it('refers only to what it lists, and to addresses that are some', () => {
    const refs = new Set([sbom.metadata.component, ...sbom.components].map((component) => component['bom-ref']));
    expect(sbom.dependencies.map(({ ref }) => ref).sort()).toEqual([...refs].sort());
    for (const { dependsOn } of sbom.dependencies) for (const ref of dependsOn) expect(refs).toContain(ref);
    for (const { externalReferences } of sbom.components)
      for (const { url } of externalReferences) expect(URL.canParse(url), url).toBe(true);
  });

  it('is not written where dist/ has a package that npm does not know', () => {
    const file = join(temporaryFolder(), 'licenses.txt');
    writeFileSync(file, read('dist/licenses.txt').replace(/^zod \S+/m, 'zod 0.0.1'));
    expect(print(file)).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('zod@0.0.1') });
  });
});

it('every package is published at npm, after the packages that it needs', () => {
  const [, published] = /for package in (.*); do/.exec(read('.github/workflows/release.yml')) ?? [];
  const { folders } = readWorkspaces(repository());
  const names = folders.map((folder) => folder.replace('packages/', 'shadow-gate-'));
  expect(published?.split(' ')).toEqual([...names, 'shadow-gate']);
});
