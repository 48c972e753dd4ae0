import { afterEach, expect, it, vi } from 'vitest';
import { LANGUAGE_MODELS, languageModel } from '../../../../test/language-models.ts';
import { ADAPTERS, adapterFixture, baseOf } from '../../../checkpoints/test/adapter/adapters.ts';
import { openLora } from './engines.ts';
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

// Those of experts run in an operator of their own where weights are float32; see `EXPERTS`.
it.each(ADAPTERS.filter((name) => !name.startsWith('experts')))(
  'not one bit changes under an adapter: %s',
  async (name) => {
    const { asStored, inFloat32 } = await bothWays(baseOf(name), { adapter: await openLora(adapterFixture(name)) });
    expect(asStored).toEqual(inFloat32);
  },
);
