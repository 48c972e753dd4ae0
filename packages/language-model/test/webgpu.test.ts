import { it } from 'vitest';
import { describeNeeds } from '../../../test/needs.ts';
import { LAVAPIPE } from '../../../test/run-script.ts';
import { expectSameOnWebgpu } from './webgpu-models.ts';

describeNeeds(LAVAPIPE !== null, "Mesa's software adapter (mesa-vulkan-drivers)")(
  "a language model on Mesa's software adapter",
  () => {
    it('has the logits of transformers, and generates the tokens of the CPU', async () => {
      // webgpu.slow.test.ts has more models.
      await expectSameOnWebgpu(['gemma2']);
    });
  },
);
