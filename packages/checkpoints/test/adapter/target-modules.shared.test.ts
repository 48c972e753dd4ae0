import { expect, it } from 'vitest';
import { fixture, readJson } from '../../../../test/fixtures.ts';
import type { PeftConfig } from '../../src/adapter/peft-config.ts';
import { moduleSelection } from '../../src/adapter/target-modules.ts';
import { NamePatterns } from '../../src/naming/name-pattern.ts';

/** What PEFT's own code answers: see make_peft_selections.py. */
const { names, selections, patterns } = readJson<{
  names: string[];
  selections: Array<{ config: Omit<PeftConfig, 'peft_type'>; adapted: number[] }>;
  patterns: Array<{ keys: string[]; found: number[] }>;
}>(fixture('peft-selections.json'));

it('adapts the modules that PEFT adapts', () => {
  for (const { config, adapted } of selections) {
    const whyLeftOut = moduleSelection({ peft_type: 'LORA', ...config }, new NamePatterns('config'));
    expect(
      names.flatMap((name, i) => (whyLeftOut(name) === null ? [i] : [])),
      JSON.stringify(config),
    ).toEqual(adapted);
  }
});

it('finds the key of rank_pattern and alpha_pattern that PEFT finds', () => {
  for (const { keys, found } of patterns) {
    const compiled = new NamePatterns('config');
    const own = names.map((name) => keys.findIndex((key) => compiled.matchesEnd(key, name)));
    expect(own, JSON.stringify(keys)).toEqual(found);
  }
});
