import type { DrawnText, OwnText } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { ownTextCheck } from '../../../src/compare/checks/own-text.ts';
import { compareOwnText } from '../../../src/compare/estimates/own-text.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const TEXTS = 64;
const PARTS = ['Latin', 'French', 'Python', 'English'];

const texts = Array.from({ length: TEXTS }, (_, i): DrawnText => {
  const ids = { opening: [i], text: Array.from({ length: 24 }, (_, t) => 100 + t) };
  return { part: PARTS[i % PARTS.length] ?? '', opening: `${i}`, text: 'text', ids };
});

/** Surprises in thousandths of a nat, with some spread, and `more` nats a token for each text. */
function scores(
  more: (text: DrawnText, i: number) => number,
  late = 0,
  joined = 20,
): NonNullable<OwnText['read']>['scores'] {
  const surprise = (i: number, t: number) => 2000 + ((37 * i + 11 * t) % 400);
  const mean = (i: number) => 2.2 + ((37 * i) % 100) / 1000;
  return {
    alone: texts.map((text, i) =>
      (text.ids?.text ?? []).map((_, t) => surprise(i, t) + Math.round(1000 * more(text, i))),
    ),
    joined: Array.from({ length: joined }, (_, i) => ({ position: 1 + 25 * i, mean: mean(i) + (i >= 10 ? late : 0) })),
  };
}

const none = () => 0;
const baseline = { ownText: { drawn: { digest: DIGEST, seed: 1, texts, scores: scores(none) } } };

function found(read: Partial<NonNullable<OwnText['read']>>, { sameModel = false } = {}) {
  const own = { digest: DIGEST, drawn: 'now' as const, isInTokens: true, scores: scores(none), ...read };
  const limit = sameModel ? DEFAULT_POLICY['own-text']['same-model'] : DEFAULT_POLICY['own-text'].limit;
  const expected = { isServed: false, sameModel: sameModel ? ('declared' as const) : null, limit };
  const ownText = compareOwnText({ ownText: { read: own } } as never, baseline as never, expected);
  const findings = ownTextCheck({
    ownText,
    candidate: { probes: null },
    baseline: null,
    policy: DEFAULT_POLICY,
  } as never);
  return { ownText, finding: findings[0] };
}

/** Some texts move more, some less. */
const about = (nats: number) => (_: DrawnText, i: number) => nats * (1 + ((i % 5) - 2) / 4);

describe('own text', () => {
  it('is the mean fall of log-likelihood a token, with an interval over texts', () => {
    const { ownText, finding } = found({ scores: scores(none) });
    expect(ownText).toMatchObject({ natsPerToken: 0, low: 0, high: 0, tokens: 1536, texts: 64, drawn: 'now' });
    expect(finding).toBeUndefined();
    // Half a nat on each token of every second text: the mean is 0.25, and the control takes nothing from it.
    const half = found({ isInTokens: false, scores: scores((_, i) => (i % 2) / 2) }).ownText;
    expect(half?.natsPerToken).toBeCloseTo(0.25, 4);
    // By hand: s = 0.25 · √(64/63), t(63; 0.975) = 1.998.
    expect(half?.high).toBeCloseTo(0.25 + (1.998 * 0.25 * Math.sqrt(64 / 63)) / 8, 3);
  });

  it('fails beyond what an intended change reaches: everywhere, in one part, in a tenth of the texts', () => {
    expect(found({ scores: scores(about(1.5)) }).finding).toBeUndefined();
    expect(found({ scores: scores(about(6)) }).finding).toMatchObject({ level: 'fail', rule: 'all', part: null });
    const french = (text: DrawnText) => (text.part === 'French' ? 5 : 0);
    expect(found({ scores: scores(french) }).finding).toMatchObject({ rule: 'part', part: 'French', limit: 2.4 });
    const some = (_: DrawnText, i: number) => (i < 8 ? 5 : 0);
    expect(found({ scores: scores(some) }).finding).toMatchObject({ rule: 'worst-texts', texts: 7 });
  });

  it('fails where one part moved far more than all texts together, unless it is a turn of a chat', () => {
    const finding = (part: string, natsPerToken: number, whole: number) => {
      const row = { ...found({}).ownText, natsPerToken: whole, parts: [{ part, texts: 2, tokens: 48, natsPerToken }] };
      const sides = { candidate: { probes: null }, baseline: null };
      return ownTextCheck({ ownText: row, ...sides, policy: DEFAULT_POLICY } as never)[0];
    };
    expect(finding('Python', 1.6, 0.3)).toMatchObject({ rule: 'part', part: 'Python', limit: 1.5 });
    expect(finding('Python', 2.1, 0.5)).toMatchObject({ rule: 'part', limit: 2 });
    // All of it moved, or it moved little.
    expect([finding('Python', 1.9, 0.5), finding('Python', 1.4, 0.1)]).toEqual([undefined, undefined]);
    expect(finding("the model's turn", 1.9, 0.2)).toBeUndefined();
    expect(finding("the model's turn", 2.5, 0.2)).toMatchObject({ rule: 'part', limit: 2.4 });
  });

  it('fails at 0.13 where the model should be the same, and decides nothing near that', () => {
    // Not drawn from a model, so without its control.
    const same = (nats: number) =>
      found({ isInTokens: false, scores: scores(about(nats)) }, { sameModel: true }).finding;
    expect([same(0.01), same(0.05)]).toEqual([undefined, undefined]);
    expect(same(0.2)).toMatchObject({ level: 'fail', rule: 'same-model', limit: 0.13 });
    expect(same(0.13)).toMatchObject({ level: 'inconclusive', rule: 'same-model-unclear' });
    expect(found({ scores: scores(about(0.2)) }).finding).toBeUndefined();
  });

  it('shows a loss at later positions, and a context that is too short for them', () => {
    expect(found({ scores: scores(none, 0.1) }).finding).toBeUndefined();
    expect(found({ scores: scores(none, 2) }).finding).toMatchObject({ level: 'fail', rule: 'long-text', limit: 0.5 });
    expect(found({ scores: scores(none, 0, 12) }).finding).toMatchObject({ rule: 'shorter-context', texts: 8 });
    const unread = { ...scores(none), alone: scores(none).alone.map((own, i) => (i < 3 ? [] : own)) };
    expect(found({ scores: unread }).finding).toMatchObject({ rule: 'shorter-context', texts: 3 });
  });

  it('is needed where a model should be the same, and where the candidate read what it could not', () => {
    const asked = { status: 'measured', items: [] };
    const level = (ownText: unknown, policy: object = {}, theirs: unknown = baseline.ownText) => {
      const candidate = { probes: { ...asked, ownText } };
      const of = { probes: { ...asked, ownText: theirs } };
      const [finding] = ownTextCheck({
        ...{ ownText: null, candidate, baseline: of },
        policy: { ...DEFAULT_POLICY, ...policy },
      } as never);
      return finding && [finding.kind === 'own-text' && finding.rule, finding.level];
    };
    const same = { expect: 'same-model' };
    expect(level(undefined)).toEqual(['not-read', 'info']);
    expect(level(undefined, same)).toEqual(['not-read', 'inconclusive']);
    expect(level({ read: { digest: DIGEST } })).toEqual(['not-read', 'inconclusive']);
    expect(level({ leftOut: 'no logprobs' }, same, { leftOut: 'no logprobs' })).toEqual(['not-read', 'inconclusive']);
    expect(level(undefined, {}, {})).toBeUndefined();
    const asInfo = { ...same, 'own-text': { ...DEFAULT_POLICY['own-text'], level: 'info' } };
    expect(level(undefined, asInfo)).toEqual(['not-read', 'info']);
  });

  it('is not compared with other texts', () => {
    expect(found({ digest: `sha256:${'1'.repeat(64)}` }).ownText).toBeNull();
  });
});
