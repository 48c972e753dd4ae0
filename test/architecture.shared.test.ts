import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from './fixtures.ts';

/** The layers of src/, lowest first. A file imports from its own layer and from lower ones, never from a higher one. */
const LAYERS = [
  'statistics',
  'measure',
  'policy',
  'compare',
  'history',
  'gate',
  'report',
  'attestation',
  'github',
  'action',
  'cli',
] as const;

/**
 * The public files of each layer: nobody enters a layer but through them. An `index.ts` passes on what its folder has
 * for others, name by name; a file that is listed itself is light, or is a thing that everybody looks up by its name.
 */
const FACES: Readonly<Record<(typeof LAYERS)[number], readonly string[]>> = {
  statistics: ['index.ts'],
  measure: [
    'aggregate.ts',
    'full-spectra.ts',
    'index.ts',
    'measure-logs.ts',
    'options.ts',
    'round.ts',
    'schema/index.ts',
    'shards/index.ts',
    'unused-template.ts',
  ],
  policy: [
    'apart.ts',
    'exceptions.ts',
    'load.ts',
    'metrics.ts',
    'policy.ts',
    'probe-policy.ts',
    'suite-tier.ts',
    'twins-of.ts',
  ],
  compare: [
    'calibration/index.ts',
    'compare.ts',
    'finding.ts',
    'index.ts',
    'probes/index.ts',
    'report.ts',
    'sweep/index.ts',
  ],
  history: ['entry.ts', 'trend.ts'],
  gate: [
    'calibrate.ts',
    'check-logs.ts',
    'check.ts',
    'confirm.ts',
    'control.ts',
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
    'html/sweep.ts',
    'json.ts',
    'junit.ts',
    'markdown/index.ts',
    'model-card.ts',
    'summary/index.ts',
    'terminal/index.ts',
    'terminal/progress.ts',
    'text/index.ts',
  ],
  attestation: ['sign.ts', 'statement.ts', 'verify.ts'],
  github: ['approved/index.ts', 'client/index.ts', 'event/index.ts', 'publish/index.ts', 'storage/index.ts'],
  action: [],
  cli: [],
};

/**
 * The rooms of a layer, lowest first: folders, and files that all rooms above them know by name. A room imports no room
 * above it. Other files at the top of the layer are its entry points, and above all rooms.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  compare: [
    'rows',
    'findings',
    'finding.ts',
    'verdict',
    'report.ts',
    'spectra',
    'calibration',
    'pairing',
    'estimates',
    'tests',
    'benchmarks',
    'probes',
    'sequential',
    'check.ts',
    'suites',
    'checks',
    'sweep',
  ],
  report: [
    'escape.ts',
    'text',
    'findings',
    'summary',
    'document',
    'sections',
    'render',
    'markdown',
    'terminal',
    'json.ts',
    'junit.ts',
    'model-card.ts',
    'html',
  ],
};

/** The packages, lowest first: what a package imports is below it. */
const PACKAGES = ['platform', 'python', 'checkpoints', 'spectra', 'language-model', 'probes', 'harness'] as const;

/** Files that look into a package on purpose: what they time, attack or replace is no part of its face. */
const INSIDE: readonly string[] = [
  'scripts/bench/',
  'scripts/probes/',
  'test/fuzz/readers/',
  // They replace a function or a limit within a package.
  'packages/language-model/test/open-on-gpu.test.ts',
  'packages/language-model/test/runtime/prepared.test.ts',
  'test/cli/hostile-output.test.ts',
  'test/measure/layered.slow.test.ts',
  'test/measure/logs/lighteval.shared.test.ts',
  'test/gate/probe-files/passages.shared.test.ts',
  'test/measure/plan-on-gpu.test.ts',
];

/** More than a reader keeps in mind. */
const MOST_ENTRIES = 15;
const MOST_ENTRIES_OF_A_PACKAGE = 10;
const MOST_LINES = 400;

/** The entry points, at the top of src/: they may import anything. */
const ENTRY_POINTS: readonly string[] = ['action.ts', 'action-post.ts', 'cli.ts'];

/**
 * Folders whose files export a family of models by its name: its decoder, and its tensors in a GGUF file. A name may be
 * in one file of each.
 */
const FAMILY_TABLES: readonly string[] = [
  'packages/language-model/src/architectures/families',
  'packages/checkpoints/src/formats/gguf/architectures',
];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(repository(...folder.split('/'), 'package.json'), 'utf8'));
const manifests = new Map(PACKAGES.map((name) => [name as string, manifestOf(`packages/${name}`)]));

/** TypeScript files below a folder, by their paths in the repository. */
function filesIn(folder: string): string[] {
  return readdirSync(repository(...folder.split('/')), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => `${folder}/${name.split(sep).join('/')}`);
}

const sources = ['src', ...PACKAGES.map((name) => `packages/${name}/src`)].flatMap(filesIn);
const others = ['test', 'scripts', 'study', ...PACKAGES.map((name) => `packages/${name}/test`)].flatMap(filesIn);
const texts = new Map([...sources, ...others].map((name) => [name, readFileSync(repository(name), 'utf8')]));
const textOf = (name: string): string => texts.get(name) ?? '';

/** What a file imports, as it is written: types, side effects, dynamic imports and replaced modules included. */
const IMPORT =
  /(?:\bfrom|\bimport|\bimport\(|\bvi\.mock\(|\bvi\.importActual<[^>]*>\()\s*'((?:\.[^']+\.ts|@shadow-gate\/[^']+))'/g;
const imported = (name: string): string[] => [...textOf(name).matchAll(IMPORT)].map(([, target = '']) => target);

/** The file that an import is of: a path in the repository, that of a package's entry too. */
function resolved(from: string, target: string): string {
  if (target.startsWith('.')) return join(dirname(from), target).split(sep).join('/');
  const [, name = '', ...entry] = target.split('/');
  const path = manifests.get(name)?.exports[['.', ...entry].join('/')];
  return path === undefined ? `no entry ${target}` : `packages/${name}/${path.replace('./', '')}`;
}

const imports = new Map(
  [...texts.keys()].map((name) => [name, imported(name).map((target) => resolved(name, target))]),
);
const importsOf = (name: string): readonly string[] => imports.get(name) ?? [];

/** Names that are declared where they are exported; what a file hands on from another one is none of its own. */
const EXPORT = /^export (?:declare |abstract |async )*(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm;
const homes = new Map<string, Set<string>>();
for (const file of sources) {
  for (const [, name = ''] of textOf(file).matchAll(EXPORT)) homes.set(name, (homes.get(name) ?? new Set()).add(file));
}

/** Layer of a path in src/: -1 for a file without one. */
function layerOf(name: string): number {
  const [, folder = '', file] = name.split('/');
  if (file === undefined) return ENTRY_POINTS.includes(folder) ? LAYERS.length : -1;
  return (LAYERS as readonly string[]).indexOf(folder);
}

/** Null for a file of the gate. */
const packageOf = (name: string): string | null => /^packages\/([^/]+)\//.exec(name)?.[1] ?? null;
const isSourceOfGate = (name: string): boolean => name.startsWith('src/');

function isPublic(name: string): boolean {
  const [, folder = '', ...rest] = name.split('/');
  return (FACES as Readonly<Record<string, readonly string[]>>)[folder]?.includes(rest.join('/')) ?? false;
}

/** A file that is nothing but a comment, and names that it passes on. */
const PASSES_ON = /^(?:\/\*\*[\s\S]*?\*\/\n\n)?(?:export (?:type )?\{[^}]*\} from '\.\.?\/[^']+';\n)+$/;

/**
 * Groups of files that reach one another by imports (Tarjan 1972, strongly connected components of two files or more).
 */
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
    for (const target of importsOf(name)) {
      if (!index.has(target)) {
        visit(target);
        low.set(name, Math.min(at(low, name), at(low, target)));
      } else if (stack.includes(target)) low.set(name, Math.min(at(low, name), at(index, target)));
    }
    if (at(low, name) !== at(index, name)) return;
    const group = stack.splice(stack.indexOf(name));
    if (group.length > 1 || importsOf(name).includes(name)) cycles.push(group.sort());
  }
  for (const name of sources) if (!index.has(name)) visit(name);
  return cycles;
}

describe('the sources', () => {
  it('import files that exist', () => {
    expect(sources.length).toBeGreaterThan(1000);
    const missing = sources.flatMap((name) => importsOf(name).filter((target) => !texts.has(target)));
    expect(missing).toEqual([]);
  });

  it('have no file that is longer than a reader follows', () => {
    const linesOf = (name: string) => textOf(name).split('\n').length - 1;
    const long = sources.filter((name) => linesOf(name) > MOST_LINES);
    expect(long.map((name) => `${name}: ${linesOf(name)} lines`)).toEqual([]);
  });

  it('export a name from one file, and from no other', () => {
    const isFamily = (exporting: readonly string[]) => {
      const folders = exporting.map((file) => dirname(file));
      return folders.every((folder) => FAMILY_TABLES.includes(folder)) && new Set(folders).size === folders.length;
    };
    expect(homes.size).toBeGreaterThan(1000);
    const doubled = [...homes].filter(([, exporting]) => exporting.size > 1 && !isFamily([...exporting]));
    expect(doubled.map(([name, exporting]) => `${name}: ${[...exporting].join(', ')}`)).toEqual([]);
    expect(FAMILY_TABLES.filter((folder) => !sources.some((file) => dirname(file) === folder))).toEqual([]);
  });

  it('have no two files that import each other, directly or through others', () => {
    expect(importCycles()).toEqual([]);
  });
});

describe('the packages', () => {
  it.each(PACKAGES)('%s depends on what it imports, which is below it', (name) => {
    const isAbove = (other: string) => (PACKAGES as readonly string[]).indexOf(other) >= PACKAGES.indexOf(name);
    const own = sources.filter((file) => packageOf(file) === name);
    expect(own.filter((file) => importsOf(file).some((target) => packageOf(target) === null))).toEqual([]);
    const used = new Set(own.flatMap((file) => importsOf(file).flatMap((target) => packageOf(target) ?? [])));
    used.delete(name);
    expect([...used].filter(isAbove)).toEqual([]);
    const { dependencies } = manifestOf(`packages/${name}`);
    const stated = Object.keys(dependencies).filter((one) => one.startsWith('@shadow-gate/'));
    expect(stated.sort()).toEqual([...used].map((one) => `@shadow-gate/${one}`).sort());
  });

  it.each(PACKAGES)('%s has a face that is short, and no entry that nobody uses', (name) => {
    const { exports } = manifestOf(`packages/${name}`);
    expect(Object.keys(exports).length).toBeLessThanOrEqual(MOST_ENTRIES_OF_A_PACKAGE);
    const entries = Object.values(exports).map((path) => `packages/${name}/${path.replace('./', '')}`);
    const used = new Set([...sources, ...others].filter((file) => packageOf(file) !== name).flatMap(importsOf));
    expect(entries.filter((entry) => !used.has(entry))).toEqual([]);
  });

  it('are entered through their faces alone, by tests and scripts too', () => {
    const isPast = (from: string, target: string) =>
      target.startsWith('.') &&
      packageOf(resolved(from, target)) !== null &&
      packageOf(resolved(from, target)) !== packageOf(from);
    const rank = (name: string) => (PACKAGES as readonly (string | null)[]).indexOf(packageOf(name));
    const isHelper = (from: string, target: string) =>
      /\/(test|scripts)\//.test(`/${from}`) &&
      /\/test\//.test(target) &&
      (packageOf(from) === null || rank(target) < rank(from));
    const wrong = [...texts.keys()]
      .filter((name) => !INSIDE.some((prefix) => name.startsWith(prefix)))
      .flatMap((name) =>
        imported(name)
          .filter((target) => isPast(name, target) && !isHelper(name, resolved(name, target)))
          .map((target) => `${name} imports ${target}`),
      );
    expect(wrong).toEqual([]);
    expect(INSIDE.filter((prefix) => !others.some((name) => name.startsWith(prefix)))).toEqual([]);
  });

  it('have tests that need nothing above their package', () => {
    const tests = others.filter((name) => packageOf(name) !== null);
    const above = tests.flatMap((name) =>
      importsOf(name)
        .filter((target) => isSourceOfGate(target) || /^test\/.*\//.test(target))
        .map((target) => `${name} imports ${target}`),
    );
    expect(above).toEqual([]);
  });

  it('have the version of the gate, and depend on each other in it', () => {
    const { version, dependencies } = manifestOf('.');
    for (const { name, version: own, dependencies: inner } of manifests.values()) {
      expect(own, name).toBe(version);
      expect(dependencies[name], name).toBe(version);
      const others = Object.entries(inner).filter(([other]) => other.startsWith('@shadow-gate/'));
      expect(others.filter(([, wanted]) => wanted !== version)).toEqual([]);
    }
  });

  it('have entries that pass names on, and are not used within', () => {
    const entries = PACKAGES.flatMap((name) =>
      Object.values(manifestOf(`packages/${name}`).exports).map((path) => `packages/${name}/${path.replace('./', '')}`),
    );
    const indexes = entries.filter((name) => name.endsWith('/index.ts'));
    expect(indexes.filter((name) => !PASSES_ON.test(textOf(name)))).toEqual([]);
    const inside = sources.flatMap((name) =>
      importsOf(name)
        .filter((target) => indexes.includes(target) && packageOf(target) === packageOf(name))
        .map((target) => `${name} imports ${target}`),
    );
    expect(inside).toEqual([]);
  });

  it('have Python in one that needs nothing but errors', () => {
    const own = sources.filter((name) => packageOf(name) === 'python');
    const wanted = own.flatMap((name) => [
      ...textOf(name).matchAll(/import \{([^}]*)\} from '@shadow-gate\/platform'/g),
    ]);
    expect(new Set(wanted.map(([, names = '']) => names.trim()))).toEqual(new Set(['UserError']));
    expect(Object.keys(manifestOf('packages/python').dependencies)).toEqual(['@shadow-gate/platform']);
  });
});

describe('the gate, src/', () => {
  const files = sources.filter(isSourceOfGate);
  const inner = (name: string): string[] => importsOf(name).filter(isSourceOfGate);

  it('has a layer for every file', () => {
    expect(files.filter((name) => layerOf(name) < 0)).toEqual([]);
  });

  it('has no import from a lower layer to a higher one', () => {
    const wrong = files.flatMap((name) =>
      inner(name)
        .filter((target) => layerOf(target) > layerOf(name))
        .map((target) => `${name} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it.each(Object.entries(ROOMS))('has no import from a lower room of %s to a higher one', (layer, rooms) => {
    const own = (name: string) => name.startsWith(`src/${layer}/`);
    const roomOf = (name: string) => name.split('/')[2] ?? '';
    const rank = (name: string) => (rooms.includes(roomOf(name)) ? rooms.indexOf(roomOf(name)) : rooms.length);
    const upward = files.filter(own).flatMap((name) =>
      inner(name)
        .filter((target) => own(target) && rank(target) > rank(name))
        .map((target) => `${name} imports ${target}`),
    );
    expect(upward).toEqual([]);
    const folders = files.filter((name) => own(name) && name.split('/').length > 3).map(roomOf);
    expect([...new Set(folders)].filter((room) => !rooms.includes(room))).toEqual([]);
    expect(rooms.filter((room) => !files.some((name) => own(name) && roomOf(name) === room))).toEqual([]);
  });

  it('is entered through the face of each layer alone', () => {
    const wrong = files.flatMap((name) =>
      inner(name)
        .filter((target) => name.split('/').length > 2 && layerOf(target) !== layerOf(name) && !isPublic(target))
        .map((target) => `${name} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has faces that are short, and no entry that nobody uses', () => {
    const used = new Set(files.flatMap((name) => inner(name).filter((target) => layerOf(target) !== layerOf(name))));
    for (const [layer, entries] of Object.entries(FACES)) {
      expect(entries.length, layer).toBeLessThanOrEqual(MOST_ENTRIES);
      expect(
        entries.filter((entry) => !used.has(`src/${layer}/${entry}`)),
        layer,
      ).toEqual([]);
    }
  });

  it('has an index.ts only for other layers, which passes on what others use', () => {
    const indexes = files.filter((name) => name.endsWith('/index.ts') && isPublic(name));
    expect(indexes.filter((name) => !PASSES_ON.test(textOf(name)))).toEqual([]);
    const inside = files.flatMap((name) =>
      inner(name)
        .filter((target) => indexes.includes(target) && layerOf(target) === layerOf(name))
        .map(() => name),
    );
    expect(inside).toEqual([]);
  });
});
