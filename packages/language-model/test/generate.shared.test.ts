import type { Tokenizer } from '@shadow-gate/language-model/tokens';
import { describe, expect, it } from 'vitest';
import { continuePrompts, type GenerateOptions } from '../src/generate.ts';
import { parseGenerateRequests } from '../src/requests.ts';
import { renderChat } from '../src/tokens/chat/chat-template.ts';
import { countingEngine } from './counting-engine.ts';

const requests = (...lines: object[]) =>
  parseGenerateRequests(lines.map((line) => JSON.stringify(line)).join('\n'), 'g.jsonl');

/** Digits are tokens, and 9 is special. */
const template = "{{ raise_exception('no system') if messages[0].role == 'system' else messages[0].content }}";
const digits: Tokenizer = {
  encode: (text) => [...text.replace(/\D/g, '')].map(Number),
  decode: (ids, { skipSpecialTokens }) => ids.filter((id) => id !== 9 || !skipSpecialTokens).join(''),
  spell: () => [],
  bosId: null,
  eosId: 9,
  eosIds: new Set([9]),
  prefixTokenId: 9,
  leading: [],
  trailing: [],
  specialTokens: { eos_token: '9' },
  chatTemplate: template,
  renderChat: (messages, options) => renderChat(messages, { ...options, template, specialTokens: { eos_token: '9' } }),
};
const options: GenerateOptions = { tokenizer: digits, eosIds: new Set([9]), prefixTokenId: 9, now: new Date(0) };
const withoutTokenizer = { ...options, tokenizer: null };

describe('continuePrompts', () => {
  it.each([
    ['-5', -5],
    ['0.5', 0.5],
    ['"x"', 'x'],
    ['{"a":1}', { a: 1 }],
  ])('refuses the id %s that a tokenizer gives a word', async (shown, id) => {
    const odd = { ...options, tokenizer: { ...digits, encode: () => [1, id as number] } };
    const answers = continuePrompts(requests({ id: 1, prompt: '1' }), countingEngine(40), odd);
    await expect(answers).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(`g.jsonl:1: token ${shown} is not in the model's vocabulary`),
    });
  });

  it('ends with EOS, with a stop string, or at the limit', async () => {
    const answers = await continuePrompts(
      requests(
        { id: 'eos', prompt: '56' },
        { id: 'stop', prompt_ids: [1], stop: ['4', '67'] },
        { id: 'spanning', prompt_ids: [1], stop: '56' },
        { id: 'length', messages: [{ role: 'user', content: '0' }], max_new_tokens: 3 },
        { id: 'empty', prompt: '', max_new_tokens: 1 },
      ),
      countingEngine(40),
      options,
    );
    expect(answers).toEqual([
      { id: 'eos', text: '78', tokens: [7, 8, 9], finish: 'stop' },
      { id: 'stop', text: '23', tokens: [2, 3, 4], finish: 'stop' },
      { id: 'spanning', text: '234', tokens: [2, 3, 4, 5, 6], finish: 'stop' },
      { id: 'length', text: '123', tokens: [1, 2, 3], finish: 'length' },
      { id: 'empty', text: '0', tokens: [0], finish: 'length' },
    ]);
  });

  it('continues token ids without a tokenizer', async () => {
    const [answer] = await continuePrompts(requests({ id: 1, prompt_ids: [5] }), countingEngine(40), withoutTokenizer);
    expect(answer).toEqual({ id: 1, text: null, tokens: [6, 7, 8, 9], finish: 'stop' });
  });

  it('cuts a prompt on the left to leave room for the answer', async () => {
    const engine = countingEngine(8);
    const cut: string[] = [];
    const prompt_ids = [0, 1, 2, 3, 4, 5, 6, 7];
    await continuePrompts(
      requests({ id: 1, prompt_ids, max_new_tokens: 5 }, { id: 2, prompt_ids }, { id: 3, prompt_ids: [1, 2] }),
      engine,
      { ...withoutTokenizer, onTruncation: (where) => cut.push(where) },
    );
    expect(engine.prompts.map(({ tokens, maxNewTokens }) => [tokens, maxNewTokens])).toEqual([
      [[5, 6, 7], 5],
      [[4, 5, 6, 7], 4],
      [[1, 2], 4],
    ]);
    expect(cut).toEqual(['g.jsonl:1', 'g.jsonl:2']);
  });

  it.each<[string, object, Tokenizer | null, RegExp]>([
    [
      'more than the model takes',
      { prompt: '1', max_new_tokens: 40 },
      digits,
      /:1: max_new_tokens is 40, the model takes 40/,
    ],
    [
      'text without a tokenizer',
      { prompt: '1' },
      null,
      /:1: the request has text or stop strings, but .* no tokenizer/,
    ],
    ['stop strings without one', { prompt_ids: [1], stop: 'a' }, null, /:1: the request has text or stop strings/],
    [
      'messages without a template',
      { messages: [{ role: 'user' }] },
      { ...digits, chatTemplate: null },
      /:1: the request has messages, but/,
    ],
    [
      'messages that the template refuses',
      { messages: [{ role: 'system' }] },
      digits,
      /:1: the chat template fails: no system/,
    ],
  ])('refuses %s with its line', async (_, request, tokenizer, pattern) => {
    const answers = continuePrompts(requests({ id: 1, ...request }), countingEngine(40), { ...options, tokenizer });
    await expect(answers).rejects.toThrow(pattern);
  });

  it('refuses an empty prompt if there is no prefix token', async () => {
    const answers = continuePrompts(requests({ id: 1, prompt: '' }), countingEngine(40), {
      ...options,
      prefixTokenId: null,
    });
    await expect(answers).rejects.toThrow(/:1: the prompt is empty/);
  });
});
