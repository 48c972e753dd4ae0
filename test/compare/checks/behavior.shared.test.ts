import { describe, expect, it } from 'vitest';
import { readBehaviorValues } from '../../../src/measure/behavior/part.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { findingText, nextSteps } from '../../../src/report/summary/finding.ts';
import { plain } from '../../../src/report/text/phrase.ts';
import { answers, behavior, findingsOn, measurement, ofKind, probes, probesOnly, reportOn } from '../measurement.ts';

const adapter = (over: Partial<Measurement>): Measurement =>
  measurement({ checkpoint: { ...measurement().checkpoint, format: 'lora' }, ...over });

const changed = (...comparison: Parameters<typeof findingsOn>) =>
  ofKind('changed-behavior', findingsOn(...comparison)).map(({ part, level }) => [part, level]);

describe('what decides how a model is used', () => {
  it('says nothing where nothing changed', () => {
    expect(findingsOn(measurement(), measurement())).toEqual([]);
  });

  it('is named with both values, and warns', () => {
    const hot = measurement({
      behavior: behavior({ 'generation-config': readBehaviorValues({ temperature: 3, top_k: 1 }) }),
    });
    const report = reportOn(hot, measurement());
    expect(report.verdict).toBe('warn');
    expect(ofKind('changed-behavior', report.findings)).toMatchObject([
      {
        kind: 'changed-behavior',
        level: 'warn',
        part: 'generation-config',
        changes: 2,
        named: [
          { key: 'temperature', candidate: '3', baseline: '0.6' },
          { key: 'top_k', candidate: '1', baseline: null },
        ],
      },
    ]);
  });

  it.each([
    ['tokenizer', { tokenizer: readBehaviorValues({ content: 'another' }) }],
    ['special-tokens', { 'special-tokens': readBehaviorValues({ bos_token: '<s>', eos_token: '<s>' }) }],
    ['chat-template', { 'chat-template': null }],
    ['config', { config: readBehaviorValues({ max_position_embeddings: 2048 }) }],
    ['code', { code: readBehaviorValues({ 'modeling.py': 'print()' }) }],
  ] as const)('warns for each part, unless the policy has another level (%s)', (part, files) => {
    const candidate = measurement({ behavior: behavior(files) });
    expect(changed(candidate, measurement())).toEqual([[part, 'warn']]);
    expect(changed(measurement(), candidate)).toEqual([[part, 'warn']]);
    const policy = `behavior: { level: info, ${part}: fail }`;
    expect(reportOn(candidate, measurement(), { policy }).verdict).toBe('fail');
    expect(changed(candidate, measurement(), { policy: 'behavior: { level: info }' })).toEqual([[part, 'info']]);
  });

  it('a config is named by the keys that differ, those with two values first', () => {
    const config = (over: object) =>
      measurement({
        behavior: behavior({ config: readBehaviorValues({ max_position_embeddings: 4096, hidden_size: 8, ...over }) }),
      });
    const candidate = config({ attention_bias: false, max_position_embeddings: 2048 });
    const report = reportOn(candidate, config({}));
    const [found] = ofKind('changed-behavior', report.findings);
    expect(found && findingText(found)).toBe(
      "The model config differs from the baseline's: max_position_embeddings is 2048 (baseline 4096); attention_bias is false (baseline absent). It decides what the weights compute, also for texts that are longer than any probe.",
    );
  });

  it('a config that means the same is compared with its text model alone, where both sides have a value', () => {
    const config = (values: object, digest: string) => {
      const part = readBehaviorValues({ hidden_size: 8, ...values });
      return measurement({ behavior: behavior({ config: part && { ...part, digest } }) });
    };
    const one = `sha256:${'1'.repeat(64)}`;
    const before = config({ 'vision_config.depth': 2, rope_local_base_freq: 3 }, one);
    expect(changed(config({ 'vision_config.depth': 2, mlp_bias: false }, one), before)).toEqual([]);
    expect(changed(config({ 'vision_config.new_default': 1 }, one), before)).toEqual([]);
    expect(changed(config({ 'vision_config.depth': 1 }, one), before)).toEqual([['config', 'warn']]);
    // Another description, by another version, of the same keys.
    const other = config({ 'vision_config.depth': 2, rope_local_base_freq: 3 }, `sha256:${'2'.repeat(64)}`);
    expect(changed(other, before)).toEqual([['config', 'warn']]);
    expect(changed({ ...other, tool: { ...other.tool, version: '9.0.0' } }, before)).toEqual([]);
  });

  it('a config that an older version did not measure is a remark of the baseline, and nothing passes without the candidate’s', () => {
    const { config: _, ...files } = behavior().files;
    const old = measurement({ behavior: { ...behavior(), files } });
    const found = (...pair: Parameters<typeof reportOn>) => ofKind('behavior-not-compared', reportOn(...pair).findings);
    expect(found(measurement(), old)).toMatchObject([{ level: 'info', side: 'baseline', what: 'config' }]);
    expect(found(old, old)).toMatchObject([{ level: 'info', side: 'baseline', what: 'config' }]);
    expect(found(old, measurement())).toMatchObject([{ level: 'inconclusive', side: 'candidate', what: 'config' }]);
    expect(reportOn(old, measurement(), { policy: 'behavior: { config: fail }' }).verdict).toBe('fail');
    expect(reportOn(old, measurement(), { policy: 'behavior: { config: info }' }).verdict).toBe('pass');
  });

  it('a padding token is a remark, alone', () => {
    const tokens = (over: object) => ({
      'special-tokens': readBehaviorValues({ bos_token: '<s>', eos_token: '</s>', pad_token: '</s>', ...over }),
    });
    const padded = measurement({ behavior: behavior(tokens({ pad_token: '<pad>', pad_token_id: 3 })) });
    expect(changed(padded, measurement())).toEqual([['special-tokens', 'info']]);
    const stopped = measurement({ behavior: behavior(tokens({ pad_token: '<pad>', eos_token: '<s>' })) });
    expect(changed(stopped, measurement())).toEqual([['special-tokens', 'warn']]);
  });

  it('a padding token does not hide what is not shown', () => {
    const config = (over: object) =>
      behavior({ 'generation-config': readBehaviorValues({ pad_token_id: 0, ['x'.repeat(100)]: 0, ...over }) });
    const candidate = measurement({ behavior: config({ pad_token_id: 1, ['x'.repeat(100)]: 1 }) });
    expect(changed(candidate, measurement({ behavior: config({}) }))).toEqual([['generation-config', 'warn']]);
  });

  it('an adapter without files of its own changes none, where its base model is not known', () => {
    const none = behavior({
      tokenizer: null,
      'special-tokens': null,
      'chat-template': null,
      'generation-config': null,
    });
    const bare = adapter({ behavior: none, reference: null });
    expect(changed(bare, measurement())).toEqual([]);
    expect(changed(measurement(), bare)).toEqual([]);
    // With its base model, it is known that there is none.
    expect(changed(adapter({ behavior: none }), measurement())).toHaveLength(4);
    const own = adapter({
      behavior: { ...none, files: { ...none.files, tokenizer: readBehaviorValues({ a: 1 }) } },
      reference: null,
    });
    expect(changed(own, measurement())).toEqual([['tokenizer', 'warn']]);
  });

  it('a baseline of an older version is no finding but a remark, a candidate without it is inconclusive', () => {
    const old = measurement({ behavior: null });
    expect(findingsOn(measurement(), old)).toEqual([
      { kind: 'behavior-not-compared', level: 'info', side: 'baseline', what: 'everything' },
    ]);
    expect(reportOn(measurement(), old).verdict).toBe('pass');
    expect(reportOn(old, measurement()).verdict).toBe('inconclusive');
    // Who removes the evidence gets no better verdict than it would have given.
    const strict = { policy: 'behavior: { code: fail }' };
    expect(reportOn(old, measurement(), strict).verdict).toBe('fail');
    expect(reportOn(old, measurement(), { policy: 'behavior: { level: info }' }).verdict).toBe('pass');
  });
});

describe('a tokenizer that is not the baseline’s', () => {
  const asked = (tokens: readonly (string | undefined)[], over: Partial<Measurement> = {}) =>
    measurement({
      probes: probes({
        items: answers(50).map((item, i) => {
          const own = tokens[i % tokens.length];
          return {
            ...item,
            prompt: `question ${i}${'?'.repeat(300 * (i % 2))}`,
            ...(own === undefined ? {} : { tokens: own }),
          };
        }),
      }),
      ...over,
    });
  const other = {
    behavior: behavior({ tokenizer: readBehaviorValues({ content: 'tokenizer', post_processor: 'x'.repeat(1000) }) }),
  };
  const [one, two] = ['0'.repeat(8), '1'.repeat(8)];
  const found = (candidate: Measurement, baseline: Measurement) => {
    const [own] = ofKind('changed-behavior', findingsOn(candidate, baseline));
    if (own === undefined) throw new Error('there is no finding');
    return { own, sentence: findingText(own) };
  };

  it('counts the questions that it reads as other tokens, and shows a short one', () => {
    const { own, sentence } = found(asked([two, two, one, one], other), asked([one]));
    expect(own.texts).toEqual({
      other: 50,
      of: 100,
      example: { suite: own.texts?.example?.suite, item: expect.any(String), text: 'question 0' },
    });
    expect(sentence).toBe(
      "50 of 100 probe texts are read as other tokens than the baseline's, such as question 0. The tokenizer differs from the baseline's in post_processor.",
    );
  });

  it('says where it reads all of them alike, and where that is not known', () => {
    const alike = found(asked([one], other), asked([one]));
    expect([alike.own.level, alike.own.texts?.other]).toEqual(['warn', 0]);
    expect(alike.sentence).toContain(
      "All 100 probe texts are read as the same tokens as the baseline's, and others may not be.",
    );
    const unknown = found(asked([one], other), asked([undefined]));
    expect(unknown.own.texts).toBeUndefined();
    expect(unknown.sentence).toMatch(/The same text may be read as other tokens\.$/);
  });

  it('is never told by a digest', () => {
    for (const tokens of [[one], [two], [undefined]]) {
      expect(found(asked(tokens, other), asked([one])).sentence).not.toMatch(/[0-9a-f]{8}|sha256/);
    }
  });

  it('of a GGUF file has no file to copy', () => {
    const inGguf = { ...measurement().checkpoint, format: 'gguf' } as const;
    const steps = (candidate: Measurement, baseline: Measurement) => {
      const report = reportOn(candidate, baseline);
      const [own] = ofKind('changed-behavior', report.findings);
      return own === undefined ? [] : nextSteps(own, report).map(plain);
    };
    expect(steps(asked([two], { ...other, checkpoint: inGguf }), asked([one]))[0]).toMatch(
      /convert the GGUF file again/,
    );
    expect(steps(asked([two], other), asked([one], { checkpoint: inGguf }))[0]).toMatch(/GGUF file was made from\.$/);
    expect(steps(asked([two], other), asked([one]))[0]).toMatch(/copy that file/);
  });
});

describe('a GGUF file and a folder', () => {
  const tokens = { digest: `sha256:${'0'.repeat(64)}`, texts: 300 };
  const of = (format: 'gguf' | 'safetensors', files: object, sample: object | null = tokens): Measurement =>
    measurement({
      checkpoint: { ...measurement().checkpoint, format },
      behavior: { ...behavior(files), ...(sample ? { tokens: { ...tokens, ...sample } } : {}) },
    });
  const described = (words: string) => ({ tokenizer: readBehaviorValues({ model: words, merges: [words.length] }) });
  const because = (...comparison: Parameters<typeof findingsOn>) =>
    ofKind('changed-behavior', findingsOn(...comparison)).map((found) => [
      found.part,
      found.level,
      found.because?.kind,
    ]);

  it('whose tokenizers do the same, in other words, are a remark', () => {
    const same = [['tokenizer', 'info', 'same-tokens']];
    expect(because(of('gguf', described('ours')), of('safetensors', described('its!')))).toEqual(same);
    expect(because(of('safetensors', described('ours')), of('gguf', described('its!')))).toEqual(same);
  });

  it.each([
    ['do something else', of('gguf', described('ours'), { digest: `sha256:${'1'.repeat(64)}` })],
    ['are not known to do the same', of('gguf', described('ours'), null)],
    ['have other merges', of('gguf', described('other'))],
    // What fixed texts do not show could be hidden in the files of a folder.
    ['are those of two folders', of('safetensors', described('ours'))],
  ])('whose tokenizers %s warn', (_, candidate) => {
    expect(because(candidate, of('safetensors', described('its!')))).toEqual([['tokenizer', 'warn', undefined]]);
  });

  it('differ in what a GGUF file has no place for, which is a remark', () => {
    const without = {
      'generation-config': null,
      'special-tokens': readBehaviorValues({ bos_token: '<s>', eos_token: '</s>' }),
    };
    expect(because(of('gguf', without), of('safetensors', {}))).toEqual([
      ['special-tokens', 'info', 'not-in-gguf'],
      ['generation-config', 'info', 'not-in-gguf'],
    ]);
    const other = { 'special-tokens': readBehaviorValues({ bos_token: '<s>', eos_token: '<end>' }) };
    expect(because(of('gguf', other), of('safetensors', {}))).toEqual([['special-tokens', 'warn', undefined]]);
    // A key that the GGUF file has a place for, and lacks while it has others, was taken out.
    const sampling = (values: Record<string, unknown>) => ({ 'generation-config': readBehaviorValues(values) });
    const folder = of('safetensors', sampling({ temperature: 0.6, top_k: 20, do_sample: true, eos_token_id: [2, 7] }));
    expect(because(of('gguf', sampling({ temperature: 0.6, top_k: 20 })), folder)).toEqual([
      ['generation-config', 'info', 'not-in-gguf'],
    ]);
    for (const own of [{ temperature: 0.6 }, { temperature: 0.6, top_k: 1 }, { 'general.sampling.mirostat': 2 }]) {
      expect(because(of('gguf', sampling(own)), folder)).toEqual([['generation-config', 'warn', undefined]]);
    }
    // An end of turns is one that the folder has as well, or does not stop at.
    const ending = (id: number) =>
      of('gguf', {
        'generation-config': null,
        'special-tokens': readBehaviorValues({
          bos_token: '<s>',
          eos_token: '</s>',
          pad_token: '</s>',
          eot_token_id: id,
        }),
      });
    const ends = (id: number, other: Measurement) =>
      because(ending(id), other).filter(([part]) => part === 'special-tokens');
    expect(ends(7, folder)).toEqual([]);
    expect(ends(5, folder)).toEqual([['special-tokens', 'warn', undefined]]);
    expect(ends(5, of('safetensors', {}))).toEqual([]);
    expect(ends(5, ending(7))).toEqual([['special-tokens', 'warn', undefined]]);
    const config = (values: object) => ({ ...without, config: readBehaviorValues({ hidden_size: 8, ...values }) });
    const scaled = of('safetensors', config({ mlp_bias: false, 'rope_parameters.factor': 4 }));
    const configs = (own: object, other: Measurement) =>
      because(of('gguf', config(own)), other).filter(([part]) => part === 'config');
    expect(configs({ 'rope_parameters.factor': 4 }, scaled)).toEqual([['config', 'info', 'not-in-gguf']]);
    expect(configs({}, scaled)).toEqual([['config', 'warn', undefined]]);
    const lost = { 'chat-template': null };
    expect(because(of('gguf', lost), of('safetensors', {}))).toEqual([['chat-template', 'warn', undefined]]);
  });
});

describe('the size of the logits', () => {
  const scaled = (logits: number) =>
    measurement({ behavior: behavior({}, { logits, head: { name: 'lm_head.weight', rms: (0.1 * logits) / 2 } }) });

  it.each([
    ['a head a thousand times smaller', 0.002, 1e-3],
    ['a final norm a hundred times larger', 200, 100],
  ])('warns for %s, and names the tensor', (_, logits, ratio) => {
    const found = ofKind('logit-scale', findingsOn(scaled(logits), measurement()));
    expect(found).toMatchObject([{ level: 'warn', by: 'weights', limit: 2 }]);
    expect(found[0]?.ratio).toBeCloseTo(ratio, 9);
    expect(found[0]?.parts[0]?.name).toBe('lm_head.weight');
    expect(found[0]?.parts[0]?.ratio).toBeCloseTo(ratio, 9);
  });

  it('says nothing within the factor of the policy', () => {
    expect(findingsOn(scaled(3.9), measurement({ behavior: behavior({}, { logits: 2 }) }))).toEqual([]);
    expect(findingsOn(scaled(1.1), measurement())).toEqual([]);
    const policy = 'behavior: { logit-scale: fail, logit-factor: 1.5 }';
    expect(reportOn(scaled(3.9), measurement(), { policy }).verdict).toBe('fail');
  });

  it('that cannot be read any more is inconclusive, but for an adapter without its base model', () => {
    const lost = { ...behavior(), logitScale: null };
    expect(findingsOn(measurement({ behavior: lost }), measurement())).toEqual([
      { kind: 'behavior-not-compared', level: 'inconclusive', side: 'candidate', what: 'logit-scale' },
    ]);
    const alone = adapter({ behavior: lost, reference: null });
    expect(ofKind('behavior-not-compared', findingsOn(alone, measurement()))).toEqual([]);
  });

  it('shows in the answers too: the choices are as far apart as the logits are large', () => {
    const run = (scale: number) => {
      const items = answers(40).map((item, i) => {
        const logprobs = [-1, -2.5 - (i % 3), -4, -0.5].map((value) => value * scale);
        return { ...item, logprobs };
      });
      return probesOnly(probes({ items }), { behavior: null });
    };
    const found = (scale: number) => ofKind('logit-scale', findingsOn(run(scale), run(1)));
    expect(found(0.001)).toMatchObject([{ by: 'answers', level: 'warn', limit: 4 }]);
    expect(found(0.001)[0]?.ratio).toBeCloseTo(0.001, 9);
    expect(found(100)[0]?.ratio).toBeCloseTo(100, 9);
    // Half as sure again is what training does.
    expect(found(1.56)).toEqual([]);
  });
});
