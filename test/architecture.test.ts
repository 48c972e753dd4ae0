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

/** The entry points, at the top of src/: they may import anything. */
const ENTRY_POINTS: readonly string[] = ['action.ts', 'action-post.ts', 'cli.ts'];

const source = repository('src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.split(sep).join('/'));

/** Files that each file imports: types, side effects and dynamic imports included. */
const IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']+\.ts)'/g;
const imports = new Map(
  files.map((name) => {
    const text = readFileSync(join(source, name), 'utf8');
    const targets = [...text.matchAll(IMPORT)].map(([, target = '']) => join(source, dirname(name), target));
    return [name, targets.map((target) => relative(source, target).split(sep).join('/'))];
  }),
);

function layerOf(name: string): number {
  const [folder = '', file] = name.split('/');
  if (file === undefined) return ENTRY_POINTS.includes(name) ? LAYERS.length : -1;
  return (LAYERS as readonly string[]).indexOf(folder);
}

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

  it('has no two files that import each other, directly or through others', () => {
    expect(importCycles()).toEqual([]);
  });
});
