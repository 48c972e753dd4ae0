import { readdirSync } from 'node:fs';
import { describe, it } from 'vitest';
import { ADAPTERS, adapterFixture, expectedOf } from '../../checkpoint/adapter/adapters.ts';
import { fixture } from '../../fixtures.ts';
import { LANGUAGE_MODELS, languageModel, openLora } from './engines.ts';
import { expectSameAnswers } from './layered.ts';

describe('a model that is run layer by layer answers as the whole one', () => {
  it.each(LANGUAGE_MODELS)('%s', async (name) => {
    await expectSameAnswers(languageModel(name));
  });

  it.each(LANGUAGE_MODELS)('%s, with sequences that take several batches', async (name) => {
    await expectSameAnswers(languageModel(name), { batchBytes: 50_000 });
  });

  it.each(ADAPTERS.filter((name) => !name.endsWith('-tied')))('with the adapter %s', async (name) => {
    const adapter = await openLora(adapterFixture(name));
    await expectSameAnswers(languageModel(expectedOf(name).base), { adapter });
  });

  it.each(readdirSync(fixture('quantized')))('with the quantized weights %s', async (name) => {
    await expectSameAnswers(fixture('quantized', name));
  });
});
