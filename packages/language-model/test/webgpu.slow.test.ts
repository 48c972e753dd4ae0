import { itNeeds } from '../../../test/needs.ts';
import { LAVAPIPE } from '../../../test/run-script.ts';
import { expectSameOnWebgpu } from './webgpu-models.ts';

/** Fused and plain attention, windows, two rotary bases, experts, ALiBi, learned positions. */
const MODELS = ['llama', 'gemma', 'gemma3-text', 'mixtral', 'falcon-alibi', 'gpt2'];

itNeeds(LAVAPIPE !== null, "Mesa's software adapter (mesa-vulkan-drivers)")(
  "every kind of language model on Mesa's software adapter has the logits of transformers",
  () => expectSameOnWebgpu(MODELS),
);
