import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { defaultExclude, defineConfig, type Plugin } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Sweeps and simulations at full size: `npm run test:slow`. */
const SLOW = ['test/**/*.slow.test.ts', 'packages/*/test/**/*.slow.test.ts'];
const ALL = ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'];
const isSlow = process.env.TEST_SLOW === '1';

/**
 * Folders of computations alone: their files share modules, which are loaded once. A test that mocks, or sets the
 * environment, belongs elsewhere.
 */
const PURE = [
  'compare',
  'docs',
  'evaluation-logs',
  'gate',
  'history',
  'lm-eval-tasks',
  'policy',
  'report',
  'statistics',
]
  .map((folder) => `test/${folder}/**/*.test.ts`)
  .concat('packages/python/test/**/*.test.ts');

const TEXT_FILE = '\0text:';

/** Slow tests that take minutes begin first, so that no core waits for one of them at the end. */
const MINUTES = [
  'information',
  'worlds',
  'simulation',
  'exact-spectrum',
  'fast-spectrum',
  'letters',
  'threads',
  'levels',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = MINUTES.findIndex((name) => moduleId.endsWith(`/${name}.slow.test.ts`));
      return found === -1 ? MINUTES.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

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
    ...(isSlow
      ? { include: SLOW }
      : {
          projects: [
            {
              extends: true,
              test: { name: 'pure', include: PURE, exclude: [...defaultExclude, ...SLOW], isolate: false },
            },
            {
              extends: true,
              test: { name: 'isolated', include: ALL, exclude: [...defaultExclude, ...SLOW, ...PURE] },
            },
          ],
        }),
    // One worker per core: by default a machine of two cores gets one.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongestFirst },
    testTimeout: isSlow ? 600_000 : 60_000,
    // The first test that needs dist/ builds it in a hook, and others wait for it.
    hookTimeout: 60_000,
    globalSetup: './test/e2e/dist-folder.ts',
    reporters: ['default', './test/skipped-reporter.ts'],
    // No test finds what another has left, or what a developer has.
    env: { ORT_DISABLE_TELEMETRY: '1', SHADOW_GATE_CACHE: 'off' },
  },
});
