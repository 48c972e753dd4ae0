import { describe, expect, it } from 'vitest';
import { fixture } from '../../../../test/fixtures.ts';
import { openTokenizer } from '../../src/tokens/open-tokenizer.ts';
import { cutAtStops, stopAt } from '../../src/tokens/stop-strings.ts';

describe('stopAt', () => {
  const text = 'The fox 🦊 said: "東京"\n\nQuestion: what is 12 + 30?\nAnswer: 42<|eot_id|> and  more';

  it.each(['llama3', 'llama2', 'gemma'])('stops with the token that completes a stop string: %s', async (kind) => {
    const tokenizer = await openTokenizer(fixture('tokenizers', kind));
    const tokens = tokenizer.encode(text, { addSpecialTokens: false });
    for (const stop of [
      '🦊',
      '東京',
      '京"\n',
      '\n\n',
      'Question:',
      'tion: wh',
      ' ',
      '<|eot_id|>',
      '42',
      ' said',
      'absent',
    ]) {
      const isDone = stopAt(tokenizer, ['never there', stop]);
      const prefixes = tokens.map((_, index) => tokens.slice(0, index + 1));
      // The simple way: decode everything each time.
      const expected = prefixes.findIndex((prefix) =>
        tokenizer.decode(prefix, { skipSpecialTokens: false }).includes(stop),
      );
      expect(
        prefixes.findIndex((prefix) => isDone?.(prefix)),
        stop,
      ).toBe(expected);
      if (stop !== 'absent') expect(expected, stop).toBeGreaterThanOrEqual(0);
    }
  });

  it('decodes only the tokens that a stop string can touch', async () => {
    const tokenizer = await openTokenizer(fixture('tokenizers', 'llama3'));
    let longest = 0;
    const watched: typeof tokenizer = {
      ...tokenizer,
      decode(ids, options) {
        longest = Math.max(longest, ids.length);
        return tokenizer.decode(ids, options);
      },
    };
    const tokens = Array.from({ length: 5000 }, () => 65);
    expect(stopAt(watched, ['\n', 'é'])?.(tokens)).toBe(false);
    expect(longest).toBe(6);
  });

  it('is undefined without stop strings', async () => {
    expect(stopAt(await openTokenizer(fixture('tokenizers', 'llama3')), [])).toBeUndefined();
  });
});

describe('cutAtStops', () => {
  it('keeps the text before all of them', () => {
    expect(cutAtStops('4\nQ: 5', ['Q:', '\n'])).toBe('4');
    expect(cutAtStops('4', ['\n'])).toBe('4');
    expect(cutAtStops('\n4', ['\n'])).toBe('');
    expect(cutAtStops('4', [])).toBe('4');
  });
});
