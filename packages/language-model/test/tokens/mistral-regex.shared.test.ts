import { describe, expect, it } from 'vitest';
import { fixMistralRegex, type MistralSources } from '../../src/tokens/classes/mistral-regex.ts';

const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
const wrong = { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: '.' } }, bytes] };
const wanted: MistralSources = { wanted: true, size: 131_072, modelType: 'mistral3', savedWith: null };

// When transformers 5.24 follows fix_mistral_regex was found by opening such folders with its AutoTokenizer.
describe('fix_mistral_regex', () => {
  it('replaces the first expression of a sequence', () => {
    const fixed = fixMistralRegex(wrong, wanted) as { pretokenizers: Array<{ pattern?: { Regex: string } }> };
    expect(fixed.pretokenizers[0]).toMatchObject({ type: 'Split', behavior: 'Isolated' });
    expect(fixed.pretokenizers[0]?.pattern?.Regex).toContain('[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*');
    expect(fixed.pretokenizers.slice(1)).toEqual([bytes]);
  });

  it('puts the expression before another pre-tokenizer, and bytes in place of Metaspace', () => {
    expect(fixMistralRegex(bytes, wanted)).toMatchObject({ pretokenizers: [{ type: 'Split' }, bytes] });
    expect(fixMistralRegex({ type: 'Metaspace' }, wanted)).toMatchObject({ pretokenizers: [{ type: 'Split' }, bytes] });
  });

  it.each<[string, Partial<MistralSources>]>([
    ['it is not wanted', { wanted: false }],
    ['the vocabulary is small', { size: 100_000 }],
    ['transformers 5 saved the model', { savedWith: '5.0.0' }],
    ['the model is another', { modelType: 'llama' }],
    ['there is no config.json', { savedWith: undefined, modelType: null }],
  ])('changes nothing where %s', (_, changes) => {
    expect(fixMistralRegex(wrong, { ...wanted, ...changes })).toBe(wrong);
  });
});
