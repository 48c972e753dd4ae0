import { builtinSuite } from '@shadow-gate/probes/suite';
import { expect, it } from 'vitest';
import { atMiddleLevels } from '../../../packages/probes/test/scripted.ts';
import { mergeFiles } from '../../../src/measure/shards/merge.ts';
import { shared } from '../../fixtures.ts';
import { itNeeds } from '../../needs.ts';
import { example, measuring, text, writeShards } from './shard-files.ts';

it('gives the measurement of one machine after a merge of more shards than there are matrices or chunks of probes', async () => {
  const all = await measuring({ checkpoint: example('benchmark-aligned') });
  expect(text(await mergeFiles(await writeShards(all, 50)))).toBe(text(await all()));
});

const stories = shared('models', 'stories260K');
itNeeds(Boolean(stories), '../shared/models/stories260K')(
  'the last bits of an answer do not depend on the other items of a shard',
  { timeout: 240_000 },
  async () => {
    // Few-shot prompts share prefixes, which run once: with other items in the run, one answer in ten differs.
    const suite = atMiddleLevels(builtinSuite(1));
    const items = suite.items.filter(({ family }) => family === 'word-problems');
    const probes = {
      suites: [{ ...suite, items }],
      seed: 1,
      order: { seed: 1, isChosen: false },
      chatTemplate: false,
      budgetSeconds: null,
    };
    const one = await measuring({ checkpoint: stories ?? '', reference: null, spectra: false, probes });
    expect(text(await mergeFiles(await writeShards(one, 2)))).toBe(text(await one()));
  },
);
