import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from './fixtures.ts';

/** The layers of src/, lowest first. A file imports from its own layer and from lower ones, never from a higher one. */
const LAYERS = [
  'platform',
  'python',
  'statistics',
  'onnx',
  'hub',
  'checkpoint',
  'spectra',
  'language-model',
  'probes',
  'lm-eval-tasks',
  'measure',
  'evaluation-logs',
  'policy',
  'compare',
  'history',
  'gate',
  'report',
  'github',
  'action',
  'cli',
] as const;

/**
 * The public files of each layer: nobody enters a layer but through them. An `index.ts` passes on what its folder has for others, name by
 * name; a file that is listed itself is light, or is a thing that everybody looks up by its name.
 */
const FACES: Readonly<Record<(typeof LAYERS)[number], readonly string[]>> = {
  platform: [
    'at.ts',
    'capitalize.ts',
    'files/index.ts',
    'group-by.ts',
    'json/index.ts',
    'key-value-store.ts',
    'memory.ts',
    'parquet/index.ts',
    'parse-yaml.ts',
    'process/index.ts',
    'progress.ts',
    'user-error.ts',
    'version.ts',
  ],
  python: ['index.ts', 'jinja/index.ts'],
  statistics: ['index.ts'],
  onnx: ['cuda/settings.ts', 'device.ts', 'graph.ts', 'matrix-rate.ts', 'session.ts'],
  hub: [
    'checkpoint-files.ts',
    'dataset-path.ts',
    'dataset.ts',
    'hub-path.ts',
    'hub-repository.ts',
    'hub-settings.ts',
    'snapshot-files.ts',
    'snapshot.ts',
  ],
  checkpoint: [
    'adapter/index.ts',
    'config/index.ts',
    'formats/index.ts',
    'index.ts',
    'matrices/index.ts',
    'matrices/matrix.ts',
    'naming/index.ts',
    'tensors/index.ts',
  ],
  spectra: [
    'dora.ts',
    'index.ts',
    'merge/index.ts',
    'merge/merge-status.ts',
    'metrics-schema.ts',
    'metrics.ts',
    'rounding.ts',
  ],
  'language-model': [
    'engine.ts',
    'execution.ts',
    'index.ts',
    'precision.ts',
    'remote/index.ts',
    'tokens/gguf/defaults.ts',
    'tokens/index.ts',
    'tokens/spelling.ts',
  ],
  probes: [
    'files/index.ts',
    'files/lm-eval/index.ts',
    'files/suite-name.ts',
    'index.ts',
    'item.ts',
    'lm-eval-export/tasks.ts',
    'outcome.ts',
    'sample.ts',
    'suite.ts',
    'texts/index.ts',
  ],
  'lm-eval-tasks': ['documents/find-documents.ts', 'read-task-suite.ts', 'read-task.ts', 'task-files.ts'],
  measure: [
    'aggregate.ts',
    'full-spectra.ts',
    'hidden-texts.ts',
    'index.ts',
    'options.ts',
    'record/index.ts',
    'round.ts',
    'schema/index.ts',
    'shards/index.ts',
    'unused-template.ts',
  ],
  'evaluation-logs': ['measure-logs.ts'],
  policy: ['load.ts', 'metrics.ts', 'policy.ts', 'probe-policy.ts', 'twins-of.ts'],
  compare: ['calibration/index.ts', 'compare.ts', 'finding.ts', 'index.ts', 'probes/index.ts', 'report.ts'],
  history: ['entry.ts', 'trend.ts'],
  gate: [
    'calibrate.ts',
    'check-logs.ts',
    'check.ts',
    'find-calibration.ts',
    'like.ts',
    'measure-candidate.ts',
    'option-values.ts',
    'read-baseline.ts',
    'select-probes.ts',
  ],
  report: [
    'escape.ts',
    'html/report.ts',
    'json.ts',
    'markdown/index.ts',
    'terminal/index.ts',
    'terminal/progress.ts',
    'text/index.ts',
  ],
  github: ['approved/index.ts', 'client/index.ts', 'event/index.ts', 'publish/index.ts', 'storage/index.ts'],
  action: [],
  cli: [],
};
/** More than a reader keeps in mind. */
const MOST_ENTRIES = 15;
const MOST_LINES = 400;

/** All that Python's values, expressions and templates need of this repository: python/ could be a package of its own. */
const PYTHON_IMPORTS: readonly string[] = ['platform/user-error.ts'];

/** The entry points, at the top of src/: they may import anything. */
const ENTRY_POINTS: readonly string[] = ['action.ts', 'action-post.ts', 'cli.ts'];

/**
 * Folders whose files export a family of models by its name: its decoder, and its tensors in a GGUF file. A name may be in one file of
 * each.
 */
const FAMILY_TABLES: readonly string[] = [
  'language-model/architectures/families',
  'checkpoint/formats/gguf/architectures',
];

const source = repository('src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.split(sep).join('/'));

const texts = new Map(files.map((name) => [name, readFileSync(join(source, name), 'utf8')]));

/** Files that each file imports: types, side effects and dynamic imports included. */
const IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']+\.ts)'/g;
const imports = new Map(
  [...texts].map(([name, text]) => {
    const targets = [...text.matchAll(IMPORT)].map(([, target = '']) => join(source, dirname(name), target));
    return [name, targets.map((target) => relative(source, target).split(sep).join('/'))];
  }),
);

/** Names that are declared where they are exported; what a file hands on from another one is none of its own. */
const EXPORT = /^export (?:declare |abstract |async )*(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm;
const homes = new Map<string, Set<string>>();
for (const [file, text] of texts) {
  for (const [, name = ''] of text.matchAll(EXPORT)) homes.set(name, (homes.get(name) ?? new Set()).add(file));
}

function layerOf(name: string): number {
  const [folder = '', file] = name.split('/');
  if (file === undefined) return ENTRY_POINTS.includes(name) ? LAYERS.length : -1;
  return (LAYERS as readonly string[]).indexOf(folder);
}

function isPublic(name: string): boolean {
  const [folder = '', ...rest] = name.split('/');
  return (FACES as Readonly<Record<string, readonly string[]>>)[folder]?.includes(rest.join('/')) ?? false;
}

/** A file that is nothing but a comment, and names that it passes on. */
const PASSES_ON = /^(?:\/\*\*[\s\S]*?\*\/\n\n)?(?:export (?:type )?\{[^}]*\} from '\.\/[^']+';\n)+$/;

/** Groups of files that reach one another by imports (Tarjan 1972, strongly connected components of two files or more). */
function importCycles(): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const at = (map: ReadonlyMap<string, number>, name: string): number => map.get(name) ?? Number.NaN;
  function visit(name: string): void {
    index.set(name, index.size);
    low.set(name, at(index, name));
    stack.push(name);
    for (const target of imports.get(name) ?? []) {
      if (!index.has(target)) {
        visit(target);
        low.set(name, Math.min(at(low, name), at(low, target)));
      } else if (stack.includes(target)) low.set(name, Math.min(at(low, name), at(index, target)));
    }
    if (at(low, name) !== at(index, name)) return;
    const group = stack.splice(stack.indexOf(name));
    if (group.length > 1 || imports.get(name)?.includes(name)) cycles.push(group.sort());
  }
  for (const name of files) if (!index.has(name)) visit(name);
  return cycles;
}

describe('the architecture of src/', () => {
  it('has a layer for every file, and imports only files that exist', () => {
    expect(files.length).toBeGreaterThan(200);
    expect(files.filter((name) => layerOf(name) < 0)).toEqual([]);
    expect([...imports.values()].flat().filter((target) => !imports.has(target))).toEqual([]);
  });

  it('has no import from a lower layer to a higher one', () => {
    const wrong = [...imports].flatMap(([name, targets]) =>
      targets.filter((target) => layerOf(target) > layerOf(name)).map((target) => `${name} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has Python in a folder that imports nothing but errors', () => {
    const wrong = [...imports].flatMap(([name, targets]) =>
      name.startsWith('python/')
        ? targets.filter((target) => !target.startsWith('python/') && !PYTHON_IMPORTS.includes(target))
        : [],
    );
    expect(wrong).toEqual([]);
  });

  it('has no file that is longer than a reader follows', () => {
    const linesOf = (text: string) => text.split('\n').length - 1;
    const long = [...texts].filter(([, text]) => linesOf(text) > MOST_LINES);
    expect(long.map(([name, text]) => `${name}: ${linesOf(text)} lines`)).toEqual([]);
  });

  it('exports a name from one file, and from no other', () => {
    const isFamily = (exporting: readonly string[]) => {
      const folders = exporting.map((file) => dirname(file));
      return folders.every((folder) => FAMILY_TABLES.includes(folder)) && new Set(folders).size === folders.length;
    };
    expect(homes.size).toBeGreaterThan(1000);
    const doubled = [...homes].filter(([, exporting]) => exporting.size > 1 && !isFamily([...exporting]));
    expect(doubled.map(([name, exporting]) => `${name}: ${[...exporting].join(', ')}`)).toEqual([]);
    expect(FAMILY_TABLES.filter((folder) => !files.some((file) => dirname(file) === folder))).toEqual([]);
  });

  it('is entered through the face of each layer alone', () => {
    const wrong = [...imports].flatMap(([name, targets]) =>
      targets
        .filter((target) => name.includes('/') && layerOf(target) !== layerOf(name) && !isPublic(target))
        .map((target) => `${name} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has faces that are short, and no entry that nobody uses', () => {
    const used = new Set(
      [...imports].flatMap(([name, targets]) => targets.filter((target) => layerOf(target) !== layerOf(name))),
    );
    for (const [layer, entries] of Object.entries(FACES)) {
      expect(entries.length, layer).toBeLessThanOrEqual(MOST_ENTRIES);
      expect(
        entries.filter((entry) => !used.has(`${layer}/${entry}`)),
        layer,
      ).toEqual([]);
    }
  });

  it('has an index.ts only for other layers, which passes on what others use', () => {
    const indexes = files.filter((name) => name.endsWith('/index.ts') && isPublic(name));
    const wrong = indexes.filter((name) => !PASSES_ON.test(readFileSync(join(source, name), 'utf8')));
    expect(wrong).toEqual([]);
    const inside = [...imports].flatMap(([name, targets]) =>
      targets.filter((target) => indexes.includes(target) && layerOf(target) === layerOf(name)).map(() => name),
    );
    expect(inside).toEqual([]);
  });

  it('has no two files that import each other, directly or through others', () => {
    expect(importCycles()).toEqual([]);
  });
});
