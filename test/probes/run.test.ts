import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/language-model/model.ts';
import { withModel } from '../../src/language-model/model.ts';
import { openCheckpointSource } from '../../src/language-model/open-model.ts';
import { openTokenizer } from '../../src/language-model/tokens/tokenizer.ts';
import type { ProbeItem, Question } from '../../src/probes/item.ts';
import { contextOf, PROBE_DATE } from '../../src/probes/prompt.ts';
import { askItems } from '../../src/probes/run.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
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

/** A model that writes the same whatever it is asked. */
function writing(text: string): Model {
  return {
    ...scripted([], () => null),
    generate: async (requests) => requests.map(({ id }) => ({ id, text, tokens: [], finish: 'stop' })),
  };
}

describe('askItems', () => {
  it('answers in the order of the items, whatever their kinds', async () => {
    const items = [item('a', exact), item('b', choice), item('c', exact), item('d', choice)];
    const { outcomes } = await askItems(items, writing('Green.\nNext'), options);
    expect(outcomes.map(({ item: { id }, correct, given }) => [id, correct, given])).toEqual([
      ['a', true, 'Green.'],
      ['b', false, ''],
      ['c', true, 'Green.'],
      ['d', false, ''],
    ]);
    // The margin of an exact answer is the log-probability of the target.
    expect(outcomes[0]).toMatchObject({ margin: -5, probability: null, logprobs: null });
  });

  it('tells how far it is, at the end all', async () => {
    const seen: number[] = [];
    const items = Array.from({ length: 300 }, (_, i) => item(`${i}`, choice));
    await askItems(items, writing(''), { ...options, onProgress: (done) => seen.push(done) });
    expect(seen).toEqual([128, 256, 300]);
  });

  it('leaves a fact out whose prompt the server cut, with its other forms', async () => {
    const items = [
      item('a', choice),
      item('a.twin', choice, { fact: 'a', form: 'twin' }),
      item('b', choice),
      item('b.twin', choice, { fact: 'b', form: 'twin' }),
    ];
    const model = writing('');
    const cutting: Model = {
      ...model,
      score: (requests, onTruncation) => {
        onTruncation('a.twin');
        return model.score(requests, onTruncation);
      },
    };
    const { outcomes, leftOut } = await askItems(items, cutting, options);
    expect(outcomes.map(({ item: { id } }) => id)).toEqual(['b', 'b.twin']);
    expect(leftOut).toEqual([{ id: 'a.twin', reason: 'it is longer than the model can read' }]);
  });

  it('scores one after a space as the study did, and writes greedily', async () => {
    const checkpoint = repository('examples', 'base');
    const source = await openCheckpointSource({ checkpoint, device: 'cpu' });
    const { outcomes } = await withModel(source, { needsTokenizer: true, now: PROBE_DATE }, (answerer) =>
      askItems([item('a', choice), item('b', exact)], answerer, options),
    );
    expect(outcomes).toHaveLength(2);
    expect(outcomes[0]?.logprobs).toHaveLength(2);
    expect(outcomes[1]?.given.split(' ').length).toBeGreaterThan(0);
  });
});

describe('a chat model', () => {
  it('is asked through its template, and answers without a space before it', async () => {
    const folder = temporaryFolder();
    cpSync(repository('examples', 'base'), folder, { recursive: true });
    writeFileSync(
      join(folder, 'chat_template.jinja'),
      '{% for m in messages %}{{ m.role }} : {{ m.content }} {% endfor %}{% if add_generation_prompt %}assistant :{% endif %}',
    );
    const tokenizer = await openTokenizer(folder);
    const asked: unknown[] = [];
    const model: Model = {
      ...writing(''),
      tokenizer,
      score: async (requests) => {
        asked.push(...requests);
        return requests.map(({ id }) => ({ id, logprob: -1, token_logprobs: [-1], greedy: true }));
      },
    };
    await askItems([item('a', choice)], model, { ...options, chatTemplate: true });
    expect(asked[0]).toMatchObject({ context: 'user : the color of vufe is assistant :', continuation: 'pink' });
  });

  it('without a template is an error that says so', async () => {
    const tokenizer = await openTokenizer(repository('examples', 'base'));
    expect(() => contextOf(item('a', choice), { tokenizer }, { chatTemplate: true })).toThrow(
      /no tokenizer with a default/,
    );
  });
});
