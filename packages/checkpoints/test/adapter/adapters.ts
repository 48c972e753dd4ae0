import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture, readJson, temporaryFolder } from '../../../../test/fixtures.ts';

/** An adapter that PEFT or mlx-lm saved, with what they compute from it: see make_adapters.py. */
export function adapterFixture(name: string): string {
  return fixture('adapters', name);
}

export const ADAPTERS = readdirSync(fixture('adapters'));
/** Those with the singular values of their updates; of experts' they are in weight-parts.json. */
export const MEASURED_ADAPTERS = ADAPTERS.filter((name) => !name.startsWith('experts'));

interface ExpectedAdapter {
  /** A folder of test/fixtures/language-models, or with its own folder of test/fixtures. */
  readonly base: string;
  /** Singular values of the update of each adapted weight, in float64. */
  readonly singularValues: Readonly<Record<string, number[]>>;
}

export function expectedOf(name: string): ExpectedAdapter {
  return readJson(join(adapterFixture(name), 'expected.json'));
}

/** The folder of the base model of an adapter. */
export function baseOf(name: string): string {
  const { base } = expectedOf(name);
  return base.includes('/') ? fixture(base) : fixture('language-models', base);
}

/** A copy of an adapter with other values in its config; undefined removes a key. */
export function adapterWith(name: string, change: Readonly<Record<string, unknown>>): string {
  const folder = join(temporaryFolder(), name);
  cpSync(adapterFixture(name), folder, { recursive: true });
  const path = join(folder, 'adapter_config.json');
  writeFileSync(path, JSON.stringify({ ...readJson<object>(path), ...change }));
  return folder;
}
