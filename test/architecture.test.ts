import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from './fixtures.ts';

/** The floors of the house: a lower one never imports a higher one. Files at the top of src/ are for everybody. */
const FLOORS: Readonly<Record<string, number>> = {
  hub: 1,
  checkpoint: 1,
  onnx: 1,
  statistics: 1,
  spectra: 2,
  'language-model': 2,
  probes: 3,
  policy: 3,
  gate: 4,
  report: 4,
  github: 5,
  action: 6,
  cli: 6,
};
const DOORS = new Set(['action.ts', 'cli.ts']);
const TOP = 6;

const source = repository('src');

function floorOf(path: string): number {
  const [folder = '', file] = relative(source, path).split(sep);
  if (file === undefined) return DOORS.has(folder) ? TOP : 0;
  const floor = FLOORS[folder];
  if (floor === undefined) throw new Error(`${folder} has no floor`);
  return floor;
}

describe('the house', () => {
  it('has no import that goes up a floor', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(30);
    const wrong = files.flatMap((name) => {
      const path = join(source, name);
      const imports = [...readFileSync(path, 'utf8').matchAll(/from '(\.[^']+\.ts)'/g)].map((match) => match[1] ?? '');
      return imports
        .filter((target) => floorOf(join(dirname(path), target)) > floorOf(path))
        .map((target) => `${name} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });
});
