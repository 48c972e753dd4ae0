import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJsonLines } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/fixtures.ts';
import { needsTokenizer, parseGenerateRequests, parseScoreRequests, readScoreRequests } from '../src/requests.ts';

describe('score requests', () => {
  it('are read in all forms, with empty lines, CRLF and a byte order mark', () => {
    const text = [
      '\uFEFF{"id": "a", "context": "x\\u2028y", "continuation": " z"}\r',
      '',
      '{"id": 7, "context_ids": [], "continuation_ids": [1, 2]}\r',
      '   ',
      '{"id": "7", "rolling": "x"}',
      '{"id": "b", "rolling": [3]}',
    ].join('\n');
    const requests = parseScoreRequests(text, 'r.jsonl');
    expect(requests).toEqual([
      { kind: 'text', id: 'a', where: 'r.jsonl:1', context: 'x\u2028y', continuation: ' z' },
      { kind: 'ids', id: 7, where: 'r.jsonl:3', context: [], continuation: [1, 2] },
      { kind: 'rolling-text', id: '7', where: 'r.jsonl:5', text: 'x' },
      { kind: 'rolling-ids', id: 'b', where: 'r.jsonl:6', tokens: [3] },
    ]);
    expect(requests.map(needsTokenizer)).toEqual([true, false, true, false]);
  });

  it.each<[string, string, RegExp]>([
    ['broken JSON', '{"id": 1', /r\.jsonl:2: not JSON/],
    ['a list', '[1]', /r\.jsonl:2: not a JSON object/],
    ['a typo', '{"id": 1, "context": "a", "continuaton": "b"}', /:2: continuation: .*continuaton/],
    ['a key too many', '{"id": 1, "context": "a", "continuation": "b", "weight": 2}', /:2: Unrecognized key: "weight"/],
    ['text and ids together', '{"id": 1, "context": "a", "continuation_ids": [1]}', /:2: context_ids: /],
    ['rolling and more', '{"id": 1, "rolling": "a", "context": "b"}', /:2: Unrecognized key: "context"/],
    ['a missing id', '{"context": "a", "continuation": "b"}', /:2: id: must be a string or a number/],
    ['an id that is in use', '{"id": 0, "rolling": "b"}', /:2: r\.jsonl:1 already has the id 0/],
    [
      'invalid token ids',
      '{"id": 1, "context_ids": [1.5], "continuation_ids": [-1]}',
      /:2: context_ids: 0: .*; continuation_ids: 0: /,
    ],
    ['rolling with a number', '{"id": 1, "rolling": 3}', /:2: rolling: must be text or a list of token ids/],
    ['half a character', '{"id": 1, "rolling": "\\ud800"}', /:2: rolling: /],
  ])('are refused with their line for %s', (_, line, pattern) => {
    const parse = () => parseScoreRequests(`{"id": 0, "rolling": "a"}\n${line}`, 'r.jsonl');
    expect(parse).toThrow(pattern);
    expect(parse).toThrow(UserError);
    expect(parse).not.toThrow(/\n/);
  });

  it('cannot be an empty or missing file', async () => {
    expect(() => parseScoreRequests('\n\n', 'r.jsonl')).toThrow(/r\.jsonl contains no requests/);
    const folder = temporaryFolder();
    await expect(readScoreRequests(join(folder, 'r.jsonl'))).rejects.toThrow(/r\.jsonl does not exist/);
    writeFileSync(join(folder, 'r.jsonl'), '{"id": 1, "rolling": [2]}');
    expect(await readScoreRequests(join(folder, 'r.jsonl'))).toHaveLength(1);
  });
});

describe('generate requests', () => {
  it('are read in all forms', () => {
    const text = [
      '{"id": 1, "prompt": "x", "max_new_tokens": 3, "stop": "\\n"}',
      '{"id": 2, "prompt_ids": [4], "stop": ["a", "b"]}',
      '{"id": 3, "messages": [{"role": "user", "content": "hi", "name": "me"}]}',
      '{"id": 4, "prompt_ids": [4]}',
    ].join('\n');
    const requests = parseGenerateRequests(text, 'g.jsonl');
    expect(requests).toEqual([
      { id: 1, where: 'g.jsonl:1', prompt: { kind: 'text', text: 'x' }, maxNewTokens: 3, stop: ['\n'] },
      { id: 2, where: 'g.jsonl:2', prompt: { kind: 'ids', tokens: [4] }, maxNewTokens: null, stop: ['a', 'b'] },
      {
        id: 3,
        where: 'g.jsonl:3',
        // As written: JavaScript would not know 1.0 from 1.
        prompt: { kind: 'messages', messages: { json: text.split('\n')[2] } },
        maxNewTokens: null,
        stop: [],
      },
      { id: 4, where: 'g.jsonl:4', prompt: { kind: 'ids', tokens: [4] }, maxNewTokens: null, stop: [] },
    ]);
    expect(requests.map(needsTokenizer)).toEqual([true, true, true, false]);
  });

  it.each<[string, string, RegExp]>([
    ['no prompt', '{"id": 1}', /:1: prompt: /],
    ['two prompts', '{"id": 1, "prompt": "a", "prompt_ids": [1]}', /:1: Unrecognized key: "prompt"/],
    ['no messages', '{"id": 1, "messages": []}', /:1: messages: /],
    ['an empty stop string', '{"id": 1, "prompt": "a", "stop": ["b", ""]}', /:1: stop: 1: /],
    ['no new tokens', '{"id": 1, "prompt": "a", "max_new_tokens": 0}', /:1: max_new_tokens: /],
    ['a typo', '{"id": 1, "prompt": "a", "max_tokens": 5}', /:1: Unrecognized key: "max_tokens"/],
  ])('are refused with their line for %s', (_, line, pattern) => {
    expect(() => parseGenerateRequests(line, 'g.jsonl')).toThrow(pattern);
  });
});

it('writes one answer per line', () => {
  expect(toJsonLines([{ id: 1, text: 'a\nb' }, { id: 2 }])).toBe('{"id":1,"text":"a\\nb"}\n{"id":2}\n');
  expect(toJsonLines([])).toBe('');
});
