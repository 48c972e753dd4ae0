import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScoreRequest } from '@shadow-gate/language-model';
import { type Model, openCheckpointSource, withModel } from '@shadow-gate/language-model';
import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import { LAYER_BY_LAYER } from '@shadow-gate/language-model/execution';
import { openTokenizer, TokenizerStopped } from '@shadow-gate/language-model/tokens';
import { at } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { readJson, repository, temporaryFolder } from '../../../test/fixtures.ts';
import { selectFitting } from '../src/fits-context.ts';
import type { ProbeItem, Question } from '../src/item.ts';
import { PROBE_DATE, promptContext } from '../src/prompt.ts';
import { prepareModel, runChunks, splitIntoChunks } from '../src/run.ts';
import { scripted } from './scripted.ts';

const options = { chatTemplate: false, maxNewTokens: 4 };

function item(id: string, question: Question, more: Partial<ProbeItem> = {}): ProbeItem {
  return {
    id,
    capability: 'c',
    family: 'f',
    form: 'benchmark',
    fact: id,
    cluster: 'exam',
    prompt: 'the color of vufe is',
    question,
    ...more,
  };
}

const choice: Question = { kind: 'choice', choices: ['pink', 'green'], answer: 1, scoring: 'raw' };
const exact: Question = { kind: 'exact', target: 'green' };

/** A model that generates the same text for every prompt. */
function writing(text: string): Model {
  return {
    ...scripted([], () => null),
    generate: async (requests) => requests.map(({ id }) => ({ id, text, tokens: [], finish: 'stop' })),
  };
}

describe('what is announced', () => {
  it.each([
    [null, [['a'], ['b'], ['c']]],
    [LAYER_BY_LAYER, [['a', 'b'], ['c']]],
  ] as const)('is what is called: %s', async (execution, expected) => {
    const announced: string[][] = [];
    const called: string[][] = [];
    const known = scripted([], () => null);
    const model: Model = {
      ...known,
      execution,
      prepare: async ({ score }) => {
        for (const requests of score) announced.push([...new Set(requests.map(({ where }) => where))]);
      },
      score: (requests, ...more) => {
        called.push([...new Set(requests.map(({ where }) => where))]);
        return known.score(requests, ...more);
      },
    };
    const [one, other] = [{ ...options }, { ...options }];
    const suites = [
      { chunks: [[item('a', choice)], [item('b', choice)]], options: one },
      { chunks: [[item('c', choice)]], options: other },
    ];
    await prepareModel(
      model,
      suites.flatMap((suite) => suite.chunks.map((items) => ({ items, options: suite.options }))),
    );
    for (const suite of suites) await runChunks(suite.chunks, model, suite.options);
    expect(announced).toEqual(expected);
    expect(called).toEqual(expected);
  });
});

describe('a run', () => {
  it('has an outcome for every item, whatever the kinds of their questions', async () => {
    const items = [item('a', exact), item('b', choice), item('c', exact), item('d', choice)];
    const { outcomes } = await runChunks(splitIntoChunks(items), writing('Green.\nNext'), options);
    const found = items.map(({ id }) => [id, outcomes.get(id)?.correct, outcomes.get(id)?.given]);
    expect(found).toEqual([
      ['a', true, 'Green.'],
      ['b', false, ''],
      ['c', true, 'Green.'],
      ['d', false, ''],
    ]);
    // The margin of an exact answer is the log-probability of the target.
    expect(outcomes.get('a')).toMatchObject({ margin: -5, probability: null, logprobs: null });
  });

  it('samples an answer as often as its suite says, with the same seeds for every model', async () => {
    const seeds: Array<number | undefined> = [];
    const drawing = (share: number): Model => ({
      ...scripted([], () => null),
      generate: async (requests) =>
        requests.map(({ id, sampling }, i) => {
          seeds.push(sampling?.seed);
          return { id, text: i % 5 < 5 * share ? 'green' : 'pink', tokens: [], finish: 'stop' };
        }),
    });
    const sampling = { samples: 5, temperature: 0.7 };
    const items = [item('a', exact), item('b', choice), item('c', exact)];
    const { outcomes } = await runChunks(splitIntoChunks(items), drawing(0.6), { ...options, sampling });
    expect(
      ['a', 'b', 'c'].map((id) => [outcomes.get(id)?.correct, outcomes.get(id)?.given, outcomes.get(id)?.samples]),
    ).toEqual([
      [true, 'green', { correct: 3, of: 5 }],
      [false, '', undefined],
      [true, 'green', { correct: 3, of: 5 }],
    ]);
    expect(new Set(seeds).size).toBe(10);
    const before = seeds.splice(0);
    const rarely = await runChunks(splitIntoChunks(items), drawing(0.4), { ...options, sampling });
    expect(rarely.outcomes.get('a')).toMatchObject({ correct: false, given: 'pink', samples: { correct: 2, of: 5 } });
    expect(seeds).toEqual(before);
  });

  it('reads a prompt once that is answered by a label and by a text', () => {
    const texts: Question = { ...choice, choices: ['a pink one', 'a green one'] };
    const facts = ['a', 'b'].flatMap((fact) => [
      item(fact, choice, { prompt: fact }),
      item(`${fact}.text`, texts, { form: 'benchmark-text', fact, cluster: 'exam-text', prompt: fact }),
      item(`${fact}.twin`, texts, { form: 'twin', fact, cluster: 'open', prompt: `${fact}?` }),
    ]);
    const ids = splitIntoChunks(facts).map((chunk) => chunk.map(({ id }) => id));
    expect(ids).toEqual([
      ['a', 'a.text', 'b', 'b.text'],
      ['a.twin', 'b.twin'],
    ]);
  });

  it('asks whole templates together after the first, up to 128 items, and written answers by themselves', () => {
    const template = (cluster: string, count: number, question: Question = choice) =>
      Array.from({ length: count }, (_, i) => item(`${cluster}${i}`, question, { cluster, prompt: `${cluster}${i}` }));
    const written = template('w', 10, exact);
    const items = [...template('first', 9), ...template('a', 60), ...written].concat(
      ['b', 'c', 'd'].flatMap((name, i) => template(name, [60, 30, 150][i] ?? 0)),
    );
    const clusters = splitIntoChunks(items).map((chunk) => [
      chunk.length,
      [...new Set(chunk.map(({ cluster }) => cluster))].join(''),
    ]);
    expect(clusters).toEqual([
      [9, 'first'],
      [120, 'ab'],
      [10, 'w'],
      [30, 'c'],
      [128, 'd'],
      [22, 'd'],
    ]);
  });

  it('reports its progress, and at the end all items', async () => {
    const seen: number[] = [];
    const items = Array.from({ length: 300 }, (_, i) => item(`${i}`, choice));
    await runChunks(splitIntoChunks(items), writing(''), { ...options, onProgress: (done) => seen.push(done) });
    expect(seen).toEqual([128, 256, 300]);
  });

  it('names the items whose prompt the server cut', async () => {
    const items = ['a', 'b'].map((id) => item(id, choice));
    const model = writing('');
    const cutting: Model = {
      ...model,
      score: (requests, onTruncation) => {
        onTruncation('b');
        return model.score(requests, onTruncation);
      },
    };
    const { truncated } = await runChunks(splitIntoChunks(items), cutting, options);
    expect([...truncated]).toEqual([
      ['b', { id: 'b', reason: 'the prompt is longer than the context of the model', cause: 'does-not-fit' }],
    ]);
  });

  it('scores choices after a space, as the controlled study did, and generates greedily', async () => {
    const checkpoint = repository('examples', 'base');
    const source = await openCheckpointSource({ checkpoint, device: 'cpu' });
    const chunks = splitIntoChunks([item('a', choice), item('b', exact)]);
    const { outcomes } = await withModel(source, { needsTokenizer: true, now: PROBE_DATE }, (model) =>
      runChunks(chunks, model, options),
    );
    expect(outcomes.get('a')?.logprobs).toHaveLength(2);
    expect(outcomes.get('b')?.given).toMatch(/\w/);
  });

  it('says how choices of several tokens would be with scaled logits, each by itself', async () => {
    const checkpoint = repository('examples', 'base');
    const source = await openCheckpointSource({ checkpoint, device: 'cpu' });
    const long: Question = { ...choice, choices: ['pink and green', 'green'] };
    const chunks = splitIntoChunks([item('a', choice), item('b', long)]);
    const [{ outcomes }, alone] = await withModel(source, { needsTokenizer: true, now: PROBE_DATE }, async (model) => {
      const request = (continuation: string): ScoreRequest => {
        const context = item('b', long).prompt;
        return { kind: 'text', id: continuation, where: 'x', context, continuation, isScaled: true };
      };
      const scores = await model.score([request(' pink and green'), request(' green')], () => {});
      return [await runChunks(chunks, model, options), scores.map(({ scaled }) => scaled)] as const;
    });
    expect(outcomes.get('a')?.scaledLogprobs).toBeUndefined();
    expect(outcomes.get('a')?.likelihood?.scaled).toHaveLength(LOGIT_FACTORS.length);
    const scaled = outcomes.get('b')?.scaledLogprobs;
    for (const [i, values] of alone.entries()) {
      for (const [f, value] of (values ?? [Number.NaN]).entries()) expect(scaled?.[i]?.[f]).toBeCloseTo(value, 3);
    }
    expect(outcomes.get('b')?.likelihood?.scaled).toEqual(scaled?.[1]);
  });

  it('reads the prompts that are wanted, with the log-likelihood that scoring them gives, and changes no answer', async () => {
    const checkpoint = repository('examples', 'base');
    const source = await openCheckpointSource({ checkpoint, device: 'cpu' });
    const chunks = splitIntoChunks([item('a', choice), item('b', exact), item('c', choice)]);
    const [read, unread, scored] = await withModel(source, { needsTokenizer: true, now: PROBE_DATE }, async (model) => {
      const request = { kind: 'text', id: 1, where: 'x', context: 'the', continuation: ' color of vufe is' } as const;
      return [
        await runChunks(chunks, model, { ...options, reads: new Set(['a', 'b']) }),
        await runChunks(chunks, model, options),
        await model.score([request], () => {}),
      ];
    });
    for (const id of ['a', 'b']) {
      const outcome = read.outcomes.get(id);
      expect(outcome?.reading?.logprob).toBeCloseTo(at(scored, 0).logprob, 3);
      expect(outcome?.reading?.tokens).toBe(at(scored, 0).token_logprobs.length);
      expect(outcome?.given).toBe(unread.outcomes.get(id)?.given);
      expect(outcome?.margin).toBeCloseTo(unread.outcomes.get(id)?.margin ?? Number.NaN, 3);
    }
    expect(read.outcomes.get('c')?.reading).toBeUndefined();
  });
});

describe('the selection of facts that fit the context', () => {
  it('leaves out a fact with a form that is too long, and lists each of its forms with the cause', async () => {
    const tokenizer = await openTokenizer(repository('examples', 'base'));
    const model = { ...writing(''), tokenizer, maxLength: 12 };
    const long = Array<string>(20).fill('the').join(' ');
    const items = [
      item('a', choice),
      item('a.twin', choice, { fact: 'a', form: 'twin', prompt: long }),
      item('b', choice),
    ];
    const { fitting, leftOut } = selectFitting(items, model, options);
    expect(fitting.map(({ id }) => id)).toEqual(['b']);
    expect(leftOut.map(({ id, cause }) => [id, cause])).toEqual([
      ['a', 'other-form'],
      ['a.twin', 'does-not-fit'],
    ]);
  });

  it('leaves nothing out for a tokenizer that was stopped: the model cannot be asked at all', async () => {
    const tokenizer = await openTokenizer(repository('examples', 'base'));
    const encode = () => {
      throw new TokenizerStopped('encoding took longer than 0.3 s', 'restore the file', { code: 'no-tokenizer' });
    };
    const model = { ...writing(''), tokenizer: { ...tokenizer, encode }, maxLength: 100 };
    expect(() => selectFitting([item('a', choice)], model, options)).toThrow(TokenizerStopped);
  });
});

describe('a tokenizer whose normalizer deletes or changes texts', () => {
  /** The tokenizer of an example, which first replaces what matches. */
  async function replacing(regex: string, content = ''): Promise<Model> {
    const folder = temporaryFolder();
    cpSync(repository('examples', 'base'), folder, { recursive: true });
    const file = join(folder, 'tokenizer.json');
    const normalizer = { type: 'Replace', pattern: { Regex: regex }, content };
    writeFileSync(file, JSON.stringify({ ...readJson<object>(file), normalizer }));
    return { ...writing(''), tokenizer: await openTokenizer(folder), maxLength: 96 };
  }

  const items = [item('a', choice), item('a.twin', choice, { fact: 'a', form: 'twin', prompt: 'vufe is' })];

  it.each([
    ['the right answer', 'green', '', 'an answer has no tokens in the vocabulary of the model'],
    ['an answer after its prompt', '(?<=vufe is).+', '', 'an answer has no tokens in the vocabulary of the model'],
    ['the difference of two answers', 'pink|green', 'blue', 'answers 1 and 2 have the same tokens'],
    ['every text', '.+', '', 'the prompt has no tokens in the vocabulary of the model'],
  ])('cannot drop a question silently: without %s it is left out by name', async (_, regex, content, reason) => {
    const { fitting, leftOut } = selectFitting(items, await replacing(regex, content), options);
    expect(fitting).toEqual([]);
    expect(leftOut.map(({ id }) => id)).toEqual(['a', 'a.twin']);
    expect(leftOut).toContainEqual({ id: 'a.twin', reason, cause: 'not-encodable' });
  });

  it('does not matter if it keeps the texts apart', async () => {
    const { fitting } = selectFitting(items, await replacing('zzz'), options);
    expect(fitting).toEqual(items);
  });
});

describe('a chat model', () => {
  it('sees the prompt in its template, and answers without a space before it', async () => {
    const folder = temporaryFolder();
    cpSync(repository('examples', 'base'), folder, { recursive: true });
    writeFileSync(
      join(folder, 'chat_template.jinja'),
      '{% for m in messages %}{{ m.role }} : {{ m.content }} {% endfor %}{% if add_generation_prompt %}assistant :{% endif %}',
    );
    const tokenizer = await openTokenizer(folder);
    const requested: unknown[] = [];
    const model: Model = {
      ...writing(''),
      tokenizer,
      score: async (requests) => {
        requested.push(...requests);
        return requests.map(({ id }) => ({ id, logprob: -1, token_logprobs: [-1], greedy: true }));
      },
    };
    await runChunks([[item('a', choice)]], model, { ...options, chatTemplate: true });
    expect(requested[0]).toMatchObject({ context: 'user : the color of vufe is assistant :', continuation: 'pink' });
  });

  it('without a template is refused, and the error names the missing template', async () => {
    const tokenizer = await openTokenizer(repository('examples', 'base'));
    expect(() => promptContext(item('a', choice), { tokenizer }, { chatTemplate: true })).toThrow(
      /no tokenizer with a default/,
    );
  });
});
