import { describe, expect, it } from 'vitest';
import { matchNames } from '../src/match-names.ts';

const inReference = (names: readonly string[], originals: readonly string[]) =>
  names.map(matchNames(names, new Map(originals.map((name) => [name, null]))));

describe('a matrix has its name in the reference', () => {
  it.each([
    ['the base model alone', 'h.0.attn.c_attn.weight', 'transformer.h.0.attn.c_attn.weight'],
    ['torch.compile', '_orig_mod.lm_head.weight', 'lm_head.weight'],
    [
      'LLaVA in memory',
      'model.language_model.layers.0.mlp.up_proj.weight',
      'language_model.model.layers.0.mlp.up_proj.weight',
    ],
    ['Qwen2.5-VL in memory', 'model.language_model.layers.0.mlp.up_proj.weight', 'model.layers.0.mlp.up_proj.weight'],
    ['its tower', 'model.visual.blocks.0.attn.qkv.weight[q]', 'visual.blocks.0.attn.qkv.weight[q]'],
    [
      'an older tower',
      'model.vision_tower.encoder.layers.0.mlp.fc1.weight',
      'vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight',
    ],
    ['a gate of LFM3', 'model.layers.2.self_attn.g_proj.weight', 'model.layers.2.self_attn.gate_proj.weight'],
    [
      'the decays of Kimi Linear',
      'model.layers.0.self_attn.forget_gate.f_a_proj.weight',
      'model.layers.0.self_attn.f_a_proj.weight',
    ],
    ['an output layer', 'lm_head.weight', 'language_model.lm_head.weight'],
  ])('%s', (_, name, original) => {
    // With one that has the same name in both, so that no prefix serves all.
    expect(inReference([name, 'same.weight'], [original, 'same.weight'])).toEqual([original, 'same.weight']);
  });

  it('unless two would be the same, or two could be meant', () => {
    const two = ['model.language_model.layers.0.up_proj.weight', 'language_model.layers.0.up_proj.weight'];
    expect(inReference(['same', ...two], ['same', 'model.layers.0.up_proj.weight'])).toEqual(['same', ...two]);
    expect(inReference(['same', 'layers.0.up_proj.weight'], ['same', ...two])).toEqual([
      'same',
      'layers.0.up_proj.weight',
    ]);
  });
});
