import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../src/policy/load.ts';
import { DEFAULT_POLICY, effectiveRules } from '../../src/policy/policy.ts';

const parse = (text: string) => parsePolicy(text, 'shadow-gate.yml');

describe('the policy file', () => {
  it('a policy file is optional: an empty one gives the defaults', () => {
    expect(parse('')).toEqual(DEFAULT_POLICY);
    expect(parse('# nothing\n')).toEqual(DEFAULT_POLICY);
    expect(DEFAULT_POLICY).toMatchObject({
      'on-missing-baseline': 'warn',
      spike: { level: 'warn', 'robust-z': 3.5, share: 0.1 },
      'non-finite': { level: 'fail' },
      'rank-loss': { level: 'warn' },
      trend: { 'twin-accuracy': 'fail', 'shadow-gap': 'fail', concentration: 'warn', 'decision-interval': 5 },
    });
  });

  it('a policy file replaces the default rule of the same metric and adds other rules', () => {
    const policy = parse(`
rules:
  - metric: mlpAttentionRatio
    direction: up
    relative: 0.2
    level: fail
  - metric: topEnergy.5%
    modules: [gate_proj, up_proj]
    absolute: 0.1
`);
    expect(effectiveRules(policy).map(({ metric, relative, level }) => [metric, relative, level])).toEqual([
      ['mlpAttentionRatio', 0.2, 'fail'],
      ['topEnergy.5%', 0, 'warn'],
    ]);
  });

  it.each<[string, string, RegExp]>([
    [
      'an unknown key',
      'on-missing-baseline: pass\nspikes: {}\n',
      /shadow-gate\.yml:2:1: unknown key "spikes" \(did you mean "spike"\?\)/,
    ],
    ['an unknown key of a check', 'spike:\n  level: warn\n  zed: 3\n', /:3:3: unknown key "zed" in spike/],
    [
      'an unknown key of a rule',
      'rules:\n  - metric: stableRank\n    relativ: 1\n',
      /:3:5: unknown key "relativ" in rules\.0 \(did you mean "relative"\?\)/,
    ],
    ['a wrong value', 'on-missing-baseline: maybe\n', /:1:22: on-missing-baseline: /],
    ['an unknown metric', 'rules:\n  - metric: stableRnk\n', /:2:13: rules\.0\.metric: /],
    ['a missing metric', 'rules:\n  - level: warn\n', /:2:5: rules\.0\.metric: /],
    [
      'a gate on a power-law fit',
      'rules:\n  - metric: alpha\n    level: fail\n',
      /:3:12: rules\.0\.level: alpha is information only/,
    ],
    ['modules for a metric of the model', 'rules:\n  - metric: mlpAttentionRatio\n    modules: [embed]\n', /:3:14: /],
    [
      'an exception for what always counts',
      'exceptions:\n  - {finding: non-finite, scope: any, reason: r, who: w, until: 2027-01-15}\n',
      /:2:15: exceptions\.0\.finding: is not a finding that can be excepted: .*shadow-delta.*, or the metric of a rule/,
    ],
    [
      'a level for questions that may never break',
      'probes:\n  - { file: never.jsonl, must-pass: true, level: info }\n',
      /:2:\d+: probes\.0\.level: a question that may never break fails: leave it out/,
    ],
    [
      'a limit of losses for requests',
      'probes:\n  - { file: requests.jsonl, scoring: refusal, drop: 0.9 }\n',
      /:2:\d+: probes\.0\.drop: is of questions whose losses are counted: leave it out/,
    ],
    [
      'an exception without an end',
      'exceptions:\n  - {finding: spike, scope: any, reason: r, who: w}\n',
      /:2:5: exceptions\.0\.until: /,
    ],
    [
      'an exception until no day of the calendar',
      'exceptions:\n  - {finding: spike, scope: any, reason: r, who: w, until: 2027-02-30}\n',
      /:2:\d+: exceptions\.0\.until: must be a day, such as 2027-01-15/,
    ],
    ['a duplicate key', 'spike: {}\nspike: {}\n', /:2:1: .*unique/],
    ['broken YAML', 'spike: {level: [\n', /shadow-gate\.yml:\d+:\d+: /],
    ['a list instead of a mapping', '- 1\n', /shadow-gate\.yml:1:1: /],
    ['a negative limit', 'rules:\n  - metric: stableRank\n    relative: -1\n', /:3:15: rules\.0\.relative/],
    ['a trend with a limit of 0', 'trend:\n  decision-interval: 0\n', /:2:22: trend\.decision-interval: /],
    ['a level for an unknown trend', 'trend:\n  twins: warn\n', /:2:3: unknown key "twins" in trend/],
    ['a second document', 'spike: {}\n---\nspike: {level: info}\n', /:2:1: .*multiple documents/],
    ['a second document after an end', 'spike: {}\n...\nspike: {level: info}\n', /:3:1: .*multiple documents/],
    ['a merge key', 'spike: &a {level: info}\nretention:\n  <<: *a\n', /:3:3: unknown key "<<" in retention/],
    ['a tag that is not known', 'twin-accuracy: {level: !high info}\n', /:1:24: .*tag/],
    ['a limit beyond all numbers', 'rules: [{metric: stableRank, relative: 1e999}]\n', /rules\.0\.relative: /],
    ['an infinite limit', 'spike: {robust-z: .inf}\n', /spike\.robust-z: /],
    ['a limit that is no number', 'twin-accuracy: {margin: .nan}\n', /twin-accuracy\.margin: /],
    ['a level with a letter of another alphabet', 'twin-accuracy: {level: fa\u0456l}\n', /twin-accuracy\.level: /],
    ['a level in capitals', 'twin-accuracy: {level: Fail}\n', /twin-accuracy\.level: /],
    ['a check without content', 'twin-accuracy:\n', /:1:15: twin-accuracy: /],
    ['a key with a hyphen of another kind', 'twin\u2011accuracy: {}\n', /:1:1: unknown key /],
    ['a key of every object', '__proto__: {twin-accuracy: {level: info}}\n', /:1:1: unknown key "__proto__"/],
    ['a text of many brackets', '['.repeat(20_000), /shadow-gate\.yml:\d+:\d+: /],
    ['a bomb of aliases', 'a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n', /alias|unknown key/i],
    ['null in place of suites', 'probes:\n', /:1:8: probes: /],
    ['texts alone', 'probes: [{file: a.txt, kind: text}]\n', /:1:\d+: probes\.0\.kind: texts alone decide nothing/],
    ['an unknown kind', 'probes: [builtin, {file: a.txt, kind: question}]\n', /probes\.1\.kind: must be text/],
    [
      'settings of texts',
      'probes: [builtin, {file: a.txt, kind: text, scoring: raw}]\n',
      /probes\.1\.kind: texts are scored as they are/,
    ],
    [
      'texts of the built-in suite',
      'probes: [builtin, {file: builtin, kind: text}]\n',
      /probes\.1\.kind: the built-in suite has no texts: own text is scored by default/,
    ],
    [
      'twins of texts',
      'probes: [builtin, {file: a.txt, kind: text}, {file: b.csv, twins-of: a.txt}]\n',
      /probes\.2\.twins-of: "a\.txt" is not among the suites/,
    ],
    ['a suite that is a number', 'probes: [3]\n', /:1:10: probes\.0: must be `builtin`, `protocol`, a file, or /],
    ['a suite without a file', 'probes: [{}]\n', /:1:10: probes\.0: must be `builtin`, `protocol`, a file, or /],
    ['an unknown scoring', 'probes:\n  - file: a.csv\n    scoring: foo\n', /:3:14: probes\.0\.scoring: .*"per-byte"/],
    [
      'another scoring of the built-in suite',
      'probes:\n  - file: builtin\n    scoring: raw\n',
      /:2:5: probes\.0: .* its own/,
    ],
    [
      'twins of a file that is not listed',
      'probes: [exam.csv, {file: held-out.csv, twins-of: other.csv}]\n',
      /:1:51: probes\.1\.twins-of: "other\.csv" is not among the suites/,
    ],
    [
      'twins of the file itself',
      'probes:\n  - file: held-out.csv\n    twins-of: held-out.csv\n',
      /:3:15: probes\.0\.twins-of: "held-out\.csv" is the file itself/,
    ],
    [
      'twins of the built-in suite',
      'probes:\n  - builtin\n  - {file: held-out.csv, twins-of: builtin}\n',
      /:3:36: probes\.1\.twins-of: "builtin" has twins of its own/,
    ],
    [
      'twins of twins',
      'probes: [exam.csv, {file: a.csv, twins-of: exam.csv}, {file: b.csv, twins-of: a.csv}]\n',
      /:1:79: probes\.2\.twins-of: "a\.csv" consists of twins itself: name their benchmark, "exam\.csv"/,
    ],
    [
      'twins of each other',
      'probes: [{file: a.csv, twins-of: b.csv}, {file: b.csv, twins-of: a.csv}]\n',
      /:1:34: probes\.0\.twins-of: "b\.csv" consists of twins itself/,
    ],
    [
      'an unknown key of the fields of a suite',
      'probes:\n  - file: a.csv\n    fields:\n      questions: q\n',
      /:4:7: unknown key "questions" in probes\.0\.fields/,
    ],
    ['fields that map nothing', 'probes: [{file: a.csv, fields: {}}]\n', /:1:32: probes\.0\.fields: maps nothing/],
    [
      'an answer that is always the first choice',
      'probes: [{file: a.csv, fields: {choices: [right, wrong], answer: right}}]\n',
      /probes\.0\.fields\.answer: the right choice would have the same letter/,
    ],
    [
      'a choice that is the only one',
      'probes: [{file: a.csv, fields: {choices: [a]}}]\n',
      /probes\.0\.fields\.choices: /,
    ],
    ['an unknown key of a suite', 'probes:\n  - file: a.csv\n    foo: 1\n', /:3:5: unknown key "foo" in probes\.0/],
  ])('a policy file with %s is refused, and the error gives line and column', (_, text, pattern) => {
    expect(() => parse(text)).toThrow(pattern);
    expect(() => parse(text)).not.toThrow(/\n/);
  });
});

describe('a policy under which nothing can fail', () => {
  const level = '{level: info}';
  const spectral = `spike: ${level}\nnon-finite: ${level}\nrank-loss: ${level}\nrules: [{metric: mlpAttentionRatio, level: info}]\n`;
  const behavioral = `twin-accuracy: ${level}\nshadow-delta: ${level}\nretention: ${level}\n`;

  it.each([
    ['every level is info', spectral + behavioral],
    ['the probes are off, and every level of the spectra is info', `${spectral}probes: []\n`],
  ])('is refused, since its pass would say nothing: %s', (_, text) => {
    expect(() => parse(text)).toThrow(/shadow-gate\.yml: every check .* info.* — set a level to warn or fail/);
  });

  it.each([
    ['the probes are judged', spectral],
    ['the spectra are judged', behavioral],
    ['one check warns', spectral.replace(level, '{level: warn}') + behavioral],
  ])('does not include one under which %s', (_, text) => {
    expect(() => parse(text)).not.toThrow();
  });
});
