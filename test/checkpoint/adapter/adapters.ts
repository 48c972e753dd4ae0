import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture, readJson, temporaryFolder } from '../../fixtures.ts';

/** An adapter that PEFT or mlx-lm saved, with what they compute from it: see make_adapters.py. */
export function adapterFixture(name: string): string {
  return fixture('adapters', name);
}

export const ADAPTERS = readdirSync(fixture('adapters'));

export interface ExpectedAdapter {
  /** A folder of test/fixtures/language-models. */
  readonly base: string;
  /** Of the update of each adapted weight, in float64. */
  readonly singularValues: Readonly<Record<string, number[]>>;
}

export function expectedOf(name: string): ExpectedAdapter {
  return readJson(join(adapterFixture(name), 'expected.json'));
}

/** A copy of an adapter with other values in its config; undefined removes a key. */
export function adapterWith(name: string, change: Readonly<Record<string, unknown>>): string {
  const folder = join(temporaryFolder(), name);
  cpSync(adapterFixture(name), folder, { recursive: true });
  const path = join(folder, 'adapter_config.json');
  writeFileSync(path, JSON.stringify({ ...readJson<object>(path), ...change }));
  return folder;
}
