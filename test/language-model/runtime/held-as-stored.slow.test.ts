import { afterEach, expect, it, vi } from 'vitest';
import { ADAPTERS, adapterFixture, expectedOf } from '../../checkpoint/adapter/adapters.ts';
import { LANGUAGE_MODELS, languageModel, openLora } from './engines.ts';
import { bothWays, EXPERTS, expectExpertsOneByOne } from './held-as-stored.ts';

afterEach(() => void vi.restoreAllMocks());

it.each(LANGUAGE_MODELS.filter((name) => !EXPERTS.includes(name)))(
  'not one bit of a result changes if 16-bit weights stay so: %s',
  async (name) => {
    const { asStored, inFloat32 } = await bothWays(languageModel(name));
    expect(asStored).toEqual(inFloat32);
  },
);

it.each(EXPERTS)('experts one by one have the logits of transformers: %s', expectExpertsOneByOne);

it.each(ADAPTERS)('not one bit changes under an adapter: %s', async (name) => {
  const adapter = await openLora(adapterFixture(name));
  const { asStored, inFloat32 } = await bothWays(languageModel(expectedOf(name).base), { adapter });
  expect(asStored).toEqual(inFloat32);
});
