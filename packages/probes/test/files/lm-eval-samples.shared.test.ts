import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { groupBy } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, shared, temporaryFolder } from '../../../../test/fixtures.ts';
import { toJsonl } from '../../src/files/paired/paired-record.ts';
import { type ProbeFileOptions, readProbeFile } from '../../src/files/read.ts';
import type { ProbeItem } from '../../src/item.ts';
import { scoredTexts } from '../../src/prompt.ts';

/** Files that lm-evaluation-harness wrote, where they are; the fixtures are a part of them. */
const root = shared('data', 'lm-eval') ?? fixture('lm-eval-samples');

async function samplesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /(^|\/)samples_.+\.jsonl$/.test(name)).map((name) => join(folder, name));
}

const files = await samplesIn(root);

interface Logged {
  readonly doc_id: number;
  readonly filter: string;
  readonly arguments: Readonly<Record<string, { readonly arg_0: string; readonly arg_1: unknown }>>;
}

async function logged(file: string): Promise<Logged[]> {
  const text = await readFile(file, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const OPTIONS: ProbeFileOptions = { seed: 1 };
const model = { tokenizer: null };
/** A log-likelihood of one text is not an answer. */
const isAsked = (file: string) => !/last_word|perplexity/.test(basename(file));
const benchmarks = (items: readonly ProbeItem[]) => items.filter(({ form }) => form === 'benchmark');
const named = (name: string) => {
  const file = files.find((path) => path.includes('/base/') && path.includes(name));
  if (file === undefined) throw new Error(`no samples of ${name}`);
  return file;
};

describe('samples of lm-evaluation-harness', () => {
  it.each(files.filter(isAsked))('are asked with the prompts and continuations of the file: %s', async (file) => {
    const { items } = await readProbeFile(file, OPTIONS);
    const rows = await logged(file);
    const documents = new Map(rows.map((row) => [row.doc_id, row]));
    const asked = benchmarks(items);
    expect(asked).toHaveLength(documents.size);
    for (const item of asked) {
      const row = documents.get(Number(item.id.split(':')[1]));
      const requests = Object.values(row?.arguments ?? {});
      // Chat templates of a policy do not change them.
      for (const chatTemplate of [false, true]) {
        const scored = scoredTexts(item, model, { chatTemplate });
        if (item.question.kind === 'choice') {
          const pairs = requests.map(({ arg_0: context, arg_1: continuation }) => ({ context, continuation }));
          expect(scored).toEqual(pairs);
        } else {
          const settings = requests[0]?.arg_1 as { until: string[]; max_gen_toks?: number };
          expect(scored[0]?.context).toBe(requests[0]?.arg_0);
          expect(item.question.stop).toEqual(settings.until);
          expect(item.question.maxNewTokens).toBe(settings.max_gen_toks ?? 256);
        }
      }
    }
  });

  it.each(files.filter((file) => !isAsked(file)))('without choices are refused: %s', async (file) => {
    await expect(readProbeFile(file, OPTIONS)).rejects.toThrow(/no choices|perplexity|not a sample/);
  });

  it('have a twin with the options in another order, in the same few-shot or chat prompt', async () => {
    const { items } = await readProbeFile(named('sg_group_facts'), OPTIONS);
    const facts = groupBy(items, ({ fact }) => fact);
    let permuted = 0;
    for (const [fact, members] of facts) {
      const exam = members.find(({ id }) => id === fact);
      const twin = members.find(({ cluster }) => cluster === 'permuted');
      if (!exam || !twin || exam.question.kind !== 'choice' || twin.question.kind !== 'choice') continue;
      permuted += 1;
      expect(twin.verbatim).toBe(true);
      const optionsOf = (prompt: string) => [...prompt.matchAll(/^[A-D]\. .*$/gm)].slice(-4).map(String);
      const texts = (prompt: string) => optionsOf(prompt).map((line) => line.slice(3));
      expect(twin.prompt).not.toBe(exam.prompt);
      expect(texts(twin.prompt).toSorted()).toEqual(texts(exam.prompt).toSorted());
      const right = (item: ProbeItem, answer: number) => texts(item.prompt)[answer];
      expect(right(twin, twin.question.answer)).toBe(right(exam, exam.question.answer));
      expect(twin.question.answer).not.toBe(exam.question.answer);
      expect(twin.oldLabel).toBe('ABCD'[exam.question.answer]);
      // Nothing else has changed.
      const rest = (prompt: string) =>
        optionsOf(prompt).reduce((text, line) => text.replace(line.slice(3), ''), prompt);
      expect(rest(twin.prompt)).toBe(rest(exam.prompt));
    }
    expect(permuted).toBeGreaterThan(5);
  });

  it('of a task whose answers are texts have no open twins that say the same, and none that is the benchmark form', async () => {
    const { items } = await readProbeFile(named('cloze'), OPTIONS);
    expect(items.some(({ kind }) => kind === 'open')).toBe(false);
    const prompts = new Map(benchmarks(items).map(({ fact, prompt }) => [fact, prompt]));
    for (const { form, fact, prompt } of items) if (form === 'twin') expect(prompt).not.toBe(prompts.get(fact));
  });

  it('keep how they are asked in an exported file', async () => {
    for (const name of ['sg_gsm8k', 'sg_mcq_delimiter', 'sg_group_facts']) {
      const { items } = await readProbeFile(named(name), OPTIONS);
      const copy = join(await temporaryFolder(), 'copy.jsonl');
      await writeFile(copy, toJsonl(items));
      const again = await readProbeFile(copy, OPTIONS);
      expect(again.items).toEqual(items);
    }
  });

  it('are read from one list too, as version 0.4.2 wrote it, with numbers that are not finite', async () => {
    const file = named('sg_mmlu_letters');
    const folder = await temporaryFolder();
    for (const entry of (await readdir(dirname(file))).filter((other) => other.startsWith('results_')))
      await cp(join(dirname(file), entry), join(folder, entry));
    const copy = join(folder, basename(file));
    const list = JSON.stringify(await logged(file), null, 2).replace(
      '"doc_id"',
      '"extra": NaN,\n    "more": -Infinity,\n    "doc_id"',
    );
    await writeFile(copy, list);
    expect((await readProbeFile(copy, OPTIONS)).items).toEqual((await readProbeFile(file, OPTIONS)).items);
    await writeFile(copy, (await readFile(file, 'utf8')).replace('"doc_id"', '"extra": NaN, "doc_id"'));
    expect((await readProbeFile(copy, OPTIONS)).items).toEqual((await readProbeFile(file, OPTIONS)).items);
  });

  it('with several right answers have all of them, also where the logged answer is wrong', async () => {
    const file = named('sg_easy_sums');
    const folder = await temporaryFolder();
    for (const entry of (await readdir(dirname(file))).filter((other) => other.startsWith('results_')))
      await cp(join(dirname(file), entry), join(folder, entry));
    const copy = join(folder, basename(file));
    const answers = ['-998', '-999'];
    const write = async (target: unknown, doc: object) => {
      const rows = (await logged(file)) as readonly { readonly exact_match?: unknown; readonly doc?: object }[];
      const made = rows.map((row) => (row.exact_match === 0 ? { ...row, target, doc: { ...row.doc, ...doc } } : row));
      expect(made.some((row, i) => row !== rows[i])).toBe(true);
      await writeFile(copy, made.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const { items } = await readProbeFile(copy, OPTIONS);
      return benchmarks(items).map(({ question }) => (question.kind === 'exact' ? question.rule?.targets : null));
    };
    expect(await write("['-998', '-999']", { answers })).toContainEqual(answers);
    expect(await write(answers, {})).toContainEqual(answers);
    expect(await write("['-998', '-999']", { answer: "['-998', '-999']" })).toContainEqual(["['-998', '-999']"]);
    await expect(write("['-998', '-999']", {})).rejects.toThrow(/one right answer or a list is not in the file/);
  });

  it('are read by the filter that is asked for', async () => {
    const file = named('sg_gsm8k');
    const targets = async (filter: string) => {
      const { items } = await readProbeFile(file, { ...OPTIONS, filter });
      return benchmarks(items).map(({ question }) => (question.kind === 'exact' ? question.rule?.steps[0] : null));
    };
    const [strict] = await targets('strict-match');
    const [flexible] = await targets('flexible-extract');
    expect(strict).not.toEqual(flexible);
    await expect(readProbeFile(file, { ...OPTIONS, filter: 'nothing' })).rejects.toThrow(
      /filter: no sample has "nothing"/,
    );
  });

  it('of older versions, whose lines name no filter, have them in the order of the task', async () => {
    const file = named('sg_gsm8k');
    const folder = await temporaryFolder();
    for (const entry of (await readdir(dirname(file))).filter((other) => other.startsWith('results_')))
      await cp(join(dirname(file), entry), join(folder, entry));
    const copy = join(folder, basename(file));
    const rows = (await logged(file)).map(({ filter: _, ...row }) => row);
    await writeFile(copy, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    for (const filter of ['strict-match', 'flexible-extract']) {
      const { items } = await readProbeFile(copy, { ...OPTIONS, filter });
      expect(items).toEqual((await readProbeFile(file, { ...OPTIONS, filter })).items);
    }
    await writeFile(copy, [...rows, ...rows].map((row) => `${JSON.stringify(row)}\n`).join(''));
    await expect(readProbeFile(copy, OPTIONS)).rejects.toThrow(/is in .* already/);
  });

  it('that are cut off at the end of a line are refused', async () => {
    const source = fixture('lm-eval', 'base', 'models__base');
    const [name] = (await readdir(source)).filter((entry) => entry.includes('common_facts'));
    const [beside] = (await readdir(source)).filter((entry) => entry.startsWith('results_'));
    if (name === undefined || beside === undefined) throw new Error('no samples');
    const folder = temporaryFolder();
    await cp(join(source, beside), join(folder, beside));
    const text = await readFile(join(source, name), 'utf8');
    await writeFile(join(folder, name), text.slice(0, text.trimEnd().lastIndexOf('\n') + 1));
    await expect(readProbeFile(join(folder, name), OPTIONS)).rejects.toThrow(/19 documents, and the results are of 20/);
  });

  it('of generated answers need the results file that says how they are judged', async () => {
    const file = named('sg_gsm8k');
    const folder = await temporaryFolder();
    const alone = join(folder, basename(file));
    await cp(file, alone);
    await expect(readProbeFile(alone, OPTIONS)).rejects.toThrow(/results_.*which is missing/);
  });

  it.each([
    [
      'acc',
      'sg_mmlu_letters',
      (row: Record<string, unknown>) => ({ ...row, acc: 1 - Number(row.acc) }),
      /acc is [01], which/,
    ],
    [
      'exact_match',
      'sg_easy_sums',
      (row: Record<string, unknown>) => ({ ...row, exact_match: 1 - Number(row.exact_match) }),
      /exact_match is/,
    ],
    [
      'target',
      'sg_mmlu_letters',
      (row: Record<string, unknown>) => ({ ...row, target: '7' }),
      /"7" is not one of its 4 choices/,
    ],
    [
      'doc_id',
      'sg_mmlu_letters',
      (row: Record<string, unknown>) => ({ ...row, doc_id: 0 }),
      /document 0 is in .*:1 already/,
    ],
    [
      'NaN of two sentences',
      'sg_mmlu_letters',
      (row: Record<string, unknown>) => ({
        ...row,
        arguments: {
          gen_args_0: { arg_0: 'It is hot because the sun', arg_1: ' shines.' },
          gen_args_1: { arg_0: 'It is hot because the moon', arg_1: ' shines.' },
        },
        resps: [[['NaN', 'False']], [['-4.5', 'False']]],
        acc: 0,
      }),
      /which of its 2 sentences is right is not in the file/,
    ],
  ])('whose %s does not fit are refused with the line', async (_, name, change, message) => {
    const file = named(name);
    const folder = await temporaryFolder();
    const [beside] = (await readdir(dirname(file))).filter((entry) => entry.startsWith('results_'));
    if (beside !== undefined) await cp(join(dirname(file), beside), join(folder, beside));
    const rows = await logged(file);
    const changed = rows.map((row, i) => (i === 2 ? change(row as unknown as Record<string, unknown>) : row));
    const copy = join(folder, basename(file));
    await writeFile(copy, changed.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await expect(readProbeFile(copy, OPTIONS)).rejects.toThrow(message);
  });

  it.each([
    [
      'an index from 1 that is read as one from 0',
      'sg_mmlu_letters',
      /takes choice . for the right one, and its fields/,
    ],
    ['another number', 'sg_gsm8k', /the right answer of the harness is "\d+", and that of its fields 12345/],
  ])('whose fields have %s give no twins, or are refused if they are mapped', async (_, name, message) => {
    const file = named(name);
    const folder = await temporaryFolder();
    for (const entry of (await readdir(dirname(file))).filter((other) => other.startsWith('results_')))
      await cp(join(dirname(file), entry), join(folder, entry));
    const copy = join(folder, basename(file));
    const change = ({ doc, ...row }: Logged & { readonly doc: { readonly answer: unknown } }) => ({
      ...row,
      doc: { ...doc, answer: typeof doc.answer === 'number' ? (doc.answer + 1) % 4 : '#### 12345' },
    });
    await writeFile(copy, (await logged(file)).map((row) => `${JSON.stringify(change(row as never))}\n`).join(''));
    const { items, warnings } = await readProbeFile(copy, OPTIONS);
    expect(items.every(({ form }) => form === 'benchmark')).toBe(true);
    expect(warnings.join()).toMatch(message);
    const choices = name === 'sg_gsm8k' ? {} : { choices: [0, 1, 2, 3].map((i) => `choice${i}`) };
    const fields = { question: 'question', answer: 'answer', ...choices };
    await expect(readProbeFile(copy, { ...OPTIONS, fields })).rejects.toThrow(message);
  });
});
