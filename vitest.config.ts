import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vitest/config';

/**
 * The name of a file says when it runs: `x.test.ts` whenever somebody types `npm test`, `x.slow.test.ts` with each
 * change (TEST_SLOW=1), `x.nightly.test.ts` at night (TEST_NIGHTLY=1), together with slow ones, whose simulations then
 * have their full size (test/full-size.ts).
 */
const isNightly = process.env.TEST_NIGHTLY === '1';
const isSlow = isNightly || process.env.TEST_SLOW === '1';
const WHEN = isNightly ? ['slow', 'nightly'] : [isSlow ? 'slow' : undefined];

/** What is left behind for the tests of other files. */
const CHANGES_THE_PROCESS =
  /\bvi\.(?!fn\b|waitFor\b|mocked\b)|\bprocess\.(?:env[.[][^=\n]*=[^=]|chdir|umask|exitCode|on\b|std\w+\.write)|\bglobalThis\b/;

/** Tests of what a process does once: it looks for a GPU. */
const FIRST_IN_PROCESS = ['test/cli/cuda.test.ts'];

const FILES = testFiles();

/** Files with tests that leave nothing behind share modules, which are loaded once. */
const SHARED = FILES.filter((file) => !FIRST_IN_PROCESS.includes(file) && !changesTheProcess(file));
const ISOLATED = FILES.filter((file) => !SHARED.includes(file));

function testFiles(): string[] {
  const folders = ['test', ...readdirSync('packages').map((name) => join('packages', name, 'test'))];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  return files.filter(
    (file) => file.endsWith('.test.ts') && WHEN.includes(/\.(slow|nightly)\.test\.ts$/.exec(file)?.[1]),
  );
}

/** A test, or what it imports of the other files for tests. */
function changesTheProcess(file: string, seen = new Set<string>()): boolean {
  if (seen.has(file) || !file.includes('test/')) return false;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const imported = [...text.matchAll(/from '(\.[^']+\.ts)'/g)].map(([, path]) => join(dirname(file), path ?? ''));
  return CHANGES_THE_PROCESS.test(text) || imported.some((path) => changesTheProcess(path, seen));
}

const TEXT_FILE = '\0text:';

/** What esbuild does for `with { type: 'text' }`: the style and the script of a report are files of their own. */
const textFiles: Plugin = {
  name: 'text-files',
  enforce: 'pre',
  resolveId(source, importer) {
    if (importer === undefined || !/^\.\/page\/[^/]+\.(?:css|js)$/.test(source)) return null;
    // Under a name without its ending: of a style, Vitest would leave nothing.
    return `${TEXT_FILE}${resolve(dirname(importer), source)}.text`;
  },
  async load(id) {
    if (!id.startsWith(TEXT_FILE)) return null;
    return `export default ${JSON.stringify(await readFile(id.slice(TEXT_FILE.length, -'.text'.length), 'utf8'))};`;
  },
};

export default defineConfig({
  plugins: [textFiles],
  test: {
    projects: [
      { extends: true, test: { name: 'shared', include: SHARED, isolate: false } },
      { extends: true, test: { name: 'isolated', include: ISOLATED } },
    ],
    // One worker per core: by default a machine of two cores gets one.
    maxWorkers: availableParallelism(),
    testTimeout: isSlow ? 600_000 : 60_000,
    // The first test that needs dist/ builds it in a hook, and others wait for it.
    hookTimeout: 60_000,
    globalSetup: './test/e2e/dist-folder.ts',
    reporters: ['default', './test/skipped-reporter.ts'],
    // No test finds what another has left, or what a developer has.
    env: { ORT_DISABLE_TELEMETRY: '1', SHADOW_GATE_CACHE: 'off' },
  },
});
