import type { Model, ScoreRequest } from '@shadow-gate/language-model';
import { renderChat, type Tokenizer } from '@shadow-gate/language-model/tokens';
import { describe, expect, it } from 'vitest';
import { fixture, readJson } from '../../../../test/fixtures.ts';
import { PLACES } from '../../src/answer/protocol.ts';
import { drawConversations } from '../../src/texts/protocol/conversations.ts';
import { placeTexts } from '../../src/texts/protocol/places.ts';
import { protocolTexts, readProtocol } from '../../src/texts/protocol/read-protocol.ts';

// Templates that are written for this file, with the constructs of released ones.
const CHATML =
  "{%- if messages[0].role == 'system' %}{{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}{%- endif %}" +
  "{%- for m in messages %}{%- if m.role != 'system' %}{{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{%- endif %}{%- endfor %}" +
  "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}";
const TOOLS =
  "{%- if tools %}{{- '<|im_start|>system\n# Tools\n' }}{%- for tool in tools %}{{- tool | tojson + '\n' }}{%- endfor %}{{- '<|im_end|>\n' }}{%- endif %}" +
  "{%- for m in messages %}{{- '<|im_start|>' + m.role + '\n' }}{%- if m.content %}{{- m.content }}{%- endif %}" +
  '{%- for call in m.tool_calls or [] %}{{- \'<tool_call>\n{"name": "\' + call.function.name + \'", "arguments": \' + (call.function.arguments | tojson) + \'}\n</tool_call>\' }}{%- endfor %}' +
  "{{- '<|im_end|>\n' }}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}";
const INST =
  "{{ bos_token }}{%- for m in messages %}{%- if m.role == 'user' %}{{- '[INST] ' + m.content + ' [/INST]' }}{%- elif m.role == 'assistant' %}{{- ' ' + m.content + eos_token }}{%- else %}{{ raise_exception('Only user and assistant roles are supported') }}{%- endif %}{%- endfor %}";
const THINKING =
  "{%- for m in messages %}{{- '<|im_start|>' + m.role + '\n' }}{%- if m.reasoning_content %}{{- '<think>\n' + m.reasoning_content + '\n</think>\n\n' }}{%- endif %}{{- m.content + '<|im_end|>\n' }}{%- endfor %}" +
  "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}";
const ALWAYS_THINKING =
  "{%- for m in messages %}{%- if m.role == 'user' %}{{- '<｜User｜>' + m.content }}{%- else %}{{- '<｜Assistant｜>' + m.content.split('</think>')[-1] + '<｜end｜>' }}{%- endif %}{%- endfor %}" +
  "{%- if add_generation_prompt %}{{- '<｜Assistant｜><think>\n' }}{%- endif %}";

// The next turn's opening ends a turn, and an answer that is not the last has no thought block.
const OPENED_BY_NEXT =
  "{%- if tools %}{{- '<|system|>\n' }}{%- for tool in tools %}{{- tool | tojson + '\n' }}{%- endfor %}{%- endif %}" +
  "{%- for m in messages %}{%- if m.role == 'user' %}{{- '<|user|>\n' + m.content }}{%- else %}{{- '<|assistant|>\n<think></think>' }}{%- if m.content %}{{- '\n' + m.content }}{%- endif %}" +
  "{%- for call in m.tool_calls or [] %}{{- '\n<tool_call>' + call.function.name + '\n' }}{%- for key, value in call.function.arguments.items() %}{{- '<key>' + key + '</key><value>' + value + '</value>\n' }}{%- endfor %}{{- '</tool_call>' }}{%- endfor %}{%- endif %}{%- endfor %}" +
  "{%- if add_generation_prompt %}{{- '<|assistant|>\n<think>' }}{%- endif %}";

const SPECIAL = ['<|user|>', '<|im_start|>', '<|im_end|>', '<tool_call>', '</tool_call>', '<s>', '</s>', '<｜end｜>'];

/** Special tokens, then letters one by one; `joined` texts are single tokens. */
function tokenizerOf(
  chatTemplate: string | null,
  {
    end = '<|im_end|>',
    joined = [],
    stated,
  }: { readonly end?: string; readonly joined?: readonly string[]; readonly stated?: readonly string[] } = {},
) {
  const tokens = [...SPECIAL, ...joined];
  const known = new RegExp(`(${tokens.map((token) => token.replace(/[|\\^$*+?.(){}[\]]/g, '\\$&')).join('|')})`, 'u');
  const names: string[] = [];
  const idOf = (token: string) => {
    if (!names.includes(token)) names.push(token);
    return names.indexOf(token);
  };
  tokens.forEach(idOf);
  const encode = (text: string) =>
    text.split(known).flatMap((part) => (tokens.includes(part) ? [idOf(part)] : Array.from(part, idOf)));
  const decode = (ids: readonly number[]) => ids.map((id) => names[id] ?? '').join('');
  const tokenizer = {
    ...{ encode, chatTemplate, leading: [], eosId: idOf(end), eosIds: new Set([end, ...(stated ?? [])].map(idOf)) },
    ...(stated && { statedEosIds: new Set(stated.map(idOf)) }),
    renderChat: (messages: never, options: never) => {
      if (chatTemplate === null) throw new Error('no template');
      const specialTokens = { bos_token: '<s>', eos_token: '</s>' };
      return renderChat(messages, { ...(options as object), template: chatTemplate, specialTokens } as never);
    },
  };
  return { tokenizer: tokenizer as unknown as Tokenizer, decode };
}

const conversations = drawConversations(3);

/** What is written at a place, after what. */
function written(template: string | null, place: string, options: Parameters<typeof tokenizerOf>[1] = {}) {
  const { tokenizer, decode } = tokenizerOf(template, options);
  const { texts, missing, stops } = placeTexts(conversations, tokenizer);
  const found = texts.flatMap(({ context, continuation, parts }) =>
    parts
      .filter((part) => part.place === place)
      .map(({ from, to }) => ({
        before: decode([...context, ...continuation.slice(0, from)]),
        text: decode(continuation.slice(from, to)),
      })),
  );
  return { found, missing: missing.find((own) => own.place === place)?.why, stops, texts };
}

const textsOf = (found: ReadonlyArray<{ text: string }>) => [...new Set(found.map(({ text }) => text))];

describe('conversations', () => {
  it('are the same for a seed, and others for another', () => {
    expect(drawConversations(3)).toEqual(conversations);
    expect(drawConversations(4).answers).not.toEqual(conversations.answers);
  });

  it('are 24 of a kind, all different, with right sums', () => {
    const { answers, requests, smallTalk } = conversations;
    for (const texts of [answers, requests]) {
      expect(new Set(texts.map(({ question }) => question)).size).toBe(24);
    }
    expect(new Set(smallTalk).size).toBe(24);
    const sums = answers.flatMap(
      ({ answer }) => /^(\d+) plus (\d+) is (\d+)\.$/.exec(answer)?.slice(1).map(Number) ?? [],
    );
    expect(sums.length).toBeGreaterThan(0);
    for (let i = 0; i < sums.length; i += 3) expect(Number(sums[i]) + Number(sums[i + 1])).toBe(sums[i + 2]);
    for (const { question, given } of requests)
      for (const value of Object.values(given)) expect(question).toContain(value);
  });
});

describe('places of a chat template', () => {
  it('the end of a turn ends with the token that ends generation', () => {
    const { found, stops } = written(CHATML, 'end of turn');
    expect(found).toHaveLength(24);
    expect(textsOf(found)).toEqual(['<|im_end|>']);
    expect(found[0]?.before.endsWith('.')).toBe(true);
    expect(stops).toBe(true);
  });

  it('generation ends with what the configs state; without them, only what the tokenizer says is known', () => {
    const stops = (end: string, stated?: string[]) => {
      return written(CHATML, 'end of turn', { end, ...(stated && { stated }) }).stops;
    };
    expect(stops('</s>', ['</s>'])).toBe(false);
    expect(stops('</s>', ['</s>', '<|im_end|>'])).toBe(true);
    // transformers knows the configs alone.
    expect(stops('<|im_end|>', ['</s>'])).toBe(false);
    expect(stops('</s>')).toBe(null);
  });

  it('generation that ends within a call is no call', () => {
    const { found, missing } = written(TOOLS, 'tool call', { stated: ['<|im_end|>', '<tool_call>'] });
    expect(found).toEqual([]);
    expect(missing).toBe('generation ends within what its template writes there');
  });

  it('a tag of the role, closed after the answer, is no thought', () => {
    const roles =
      "{%- for m in messages %}{{- '<' + m.role + '>\n' + m.content + '\n</' + m.role + '></s>' }}{%- endfor %}" +
      "{%- if add_generation_prompt %}{{- '<assistant>\n' }}{%- endif %}";
    expect(written(roles, 'end of a thought', { end: '</s>' }).missing).toBe('its template writes no thoughts');
  });

  it('the middle of a sentence is the same, half an answer earlier', () => {
    const [half, whole] = ['middle of a sentence', 'end of turn'].map((place) => written(CHATML, place).found);
    expect(textsOf(half ?? [])).toEqual(['<|im_end|>']);
    for (const [i, { before }] of (half ?? []).entries()) {
      expect(whole?.[i]?.before.startsWith(before)).toBe(true);
      expect(before).not.toMatch(/\.$/);
    }
  });

  it('a template that refuses a system prompt has no such place, with its own words', () => {
    const { found, missing } = written(INST, 'system prompt', { end: '</s>' });
    expect(found).toEqual([]);
    expect(missing).toContain('Only user and assistant roles are supported');
    expect(textsOf(written(INST, 'second turn', { end: '</s>' }).found)).toEqual(['</s>']);
  });

  it('a tool call has a beginning, a name, its JSON and an end', () => {
    expect(textsOf(written(TOOLS, 'tool call').found)).toEqual(['<tool_call>\n{"name": "']);
    expect(textsOf(written(TOOLS, 'tool name').found)).toEqual(
      expect.arrayContaining(['get_weather', 'get_local_time', 'get_exchange_rate', 'translate_word']),
    );
    expect(textsOf(written(TOOLS, 'JSON of a tool call').found)).toEqual([
      ...['", "arguments": {"', '": "', '"}}\n', '", "'],
    ]);
    expect(textsOf(written(TOOLS, 'end of a tool call').found)).toEqual(['</tool_call><|im_end|>']);
    const { found } = written(TOOLS, 'no tool call');
    expect(textsOf(found)).toEqual(['<tool_call>\n{"name": "']);
    expect(found.every(({ before }) => before.endsWith('<|im_start|>assistant\n'))).toBe(true);
  });

  it('what a template opens each turn with is not of a call, and the next turn can end one', () => {
    const options = { end: '<|user|>' };
    expect(textsOf(written(OPENED_BY_NEXT, 'end of turn', options).found)).toEqual(['<|user|>']);
    expect(written(OPENED_BY_NEXT, 'end of turn', options).stops).toBe(true);
    expect(written(OPENED_BY_NEXT, 'end of turn', { end: '</s>' }).missing).toBe(
      'its template writes nothing after an answer',
    );
    const { found } = written(OPENED_BY_NEXT, 'tool call', options);
    expect(textsOf(found)).toEqual(['<tool_call>']);
    expect(found[0]?.before.endsWith('<think></think>\n')).toBe(true);
    const small = written(OPENED_BY_NEXT, 'no tool call', options).found;
    expect(textsOf(small)).toEqual(['<tool_call>']);
    expect(small[0]?.before.endsWith('<|assistant|>\n<think></think>\n')).toBe(true);
    expect(textsOf(written(OPENED_BY_NEXT, 'end of a tool call', options).found)).toEqual(['</value>\n</tool_call>']);
  });

  it('a token that begins before a part is not of it', () => {
    // `"}}` is one token with the line break, and `s"` with the end of a value.
    const { found } = written(TOOLS, 'JSON of a tool call', { joined: ['s"'] });
    expect(textsOf(found)).toEqual(expect.arrayContaining(['"}}\n', '}}\n']));
  });

  it('a template without tools, and one without thoughts, say so', () => {
    expect(written(CHATML, 'tool call')).toMatchObject({ found: [], missing: 'its template writes no tools' });
    expect(written(CHATML, 'end of a thought')).toMatchObject({
      found: [],
      missing: 'its template writes no thoughts',
    });
  });

  it('thoughts are opened and closed, also where a template opens them itself', () => {
    expect(textsOf(written(THINKING, 'start of a thought').found)).toEqual(['<think>\n']);
    expect(textsOf(written(THINKING, 'end of a thought').found)).toEqual(['\n</think>\n\n']);
    const always = written(ALWAYS_THINKING, 'end of a thought', { end: '<｜end｜>' });
    expect(textsOf(always.found)).toEqual(['\n</think>']);
    expect(written(ALWAYS_THINKING, 'start of a thought', { end: '<｜end｜>' }).found).toEqual([]);
  });

  const templates = readJson<{ chats: { name: string; template: string }[] }>(fixture('chat-templates.json')).chats;
  it.each(templates)('each place has texts or a reason in a template of: $name', ({ template }) => {
    const { texts, missing } = placeTexts(conversations, tokenizerOf(template).tokenizer);
    const found = new Set(texts.flatMap(({ parts }) => parts.map(({ place }) => place)));
    const without = missing.map(({ place }) => place);
    expect([...found, ...without].toSorted()).toEqual(
      PLACES.filter((place) => place !== 'end of a document').toSorted(),
    );
    for (const { why } of missing) expect(why).not.toBe('');
  });

  it('without a template, documents end', () => {
    expect(textsOf(written(null, 'end of a document', { end: '</s>' }).found)).toEqual(['</s>']);
    expect(written(null, 'end of turn')).toMatchObject({ found: [], missing: 'it has no chat template' });
  });

  it('a template that fails is named at each place', () => {
    expect(written("{{ raise_exception('broken') }}", 'end of turn').missing).toContain('broken');
  });
});

describe('reading the protocol', () => {
  it('takes the least likely part of a text at a place, and names places without texts', async () => {
    const { tokenizer } = tokenizerOf(TOOLS);
    const asked = protocolTexts(3, { tokenizer, maxLength: 10_000 });
    const score = async (requests: ScoreRequest[]) =>
      requests.map(({ id, ...request }) => {
        const length = 'continuation' in request ? request.continuation.length : 0;
        return { id, token_logprobs: Array.from({ length }, () => -0.5) };
      });
    const places = await readProtocol(asked ?? { texts: [], missing: [], stops: null }, { score } as unknown as Model);
    const json = places.find(({ place }) => place === 'JSON of a tool call');
    // Three parts: `", "arguments": {"`, `": "` and `"}}` with its line break.
    expect(json?.texts[0]).toEqual({ conversation: 0, surprise: 18 * 500, tokens: 18 + 4 + 4 });
    expect(json?.texts).toHaveLength(24);
    expect(places.find(({ place }) => place === 'end of a thought')).toEqual({
      ...{ place: 'end of a thought', texts: [], missing: 'its template writes no thoughts' },
    });
  });

  it('leaves out what does not fit, and asks nothing without a tokenizer', () => {
    const { tokenizer } = tokenizerOf(CHATML);
    const short = protocolTexts(3, { tokenizer, maxLength: 20 });
    expect(short?.texts).toEqual([]);
    expect(short?.missing).toContainEqual({
      place: 'end of turn',
      why: 'its texts are longer than the model takes',
    });
    const beyond = protocolTexts(3, { tokenizer, maxLength: 10_000, vocabulary: 3 });
    expect(beyond?.missing.find(({ place }) => place === 'end of turn')?.why).toMatch(
      /^its template writes token \d+, for which the model has no row$/,
    );
    expect(protocolTexts(3, { tokenizer: null, maxLength: 1000 })).toBeNull();
  });
});
