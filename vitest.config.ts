import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vitest/config';

/**
 * The name of a file says when it runs: `x.test.ts` whenever somebody types `npm test`, `x.slow.test.ts` with each
 * change (TEST_SLOW=1), `x.nightly.test.ts` at night (TEST_NIGHTLY=1), together with slow ones, whose simulations then
 * have their full size (test/full-size.ts).
 */
const isNightly = process.env.TEST_NIGHTLY === '1';
const isSlow = isNightly || process.env.TEST_SLOW === '1';
const WHEN = isNightly ? ['.slow', '.nightly'] : [isSlow ? '.slow' : ''];
const LATER = isSlow ? [] : ['**/*.{slow,nightly}.test.ts'];

/**
 * It also says whether the tests of a file leave nothing behind in the process (`x.shared.test.ts`,
 * `x.shared.slow.test.ts`): no mock of a module or timer, no environment variable, working folder or global of theirs.
 * Such files share modules, which are loaded once. Every other file has a process of its own.
 */
const filesOf = (kind: string) => WHEN.map((when) => `{test,packages/*/test}/**/*${kind}${when}.test.ts`);

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
      { extends: true, test: { name: 'shared', include: filesOf('.shared'), exclude: LATER, isolate: false } },
      { extends: true, test: { name: 'isolated', include: filesOf(''), exclude: [...filesOf('.shared'), ...LATER] } },
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
