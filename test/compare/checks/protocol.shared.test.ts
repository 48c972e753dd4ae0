import type { Place } from '@shadow-gate/probes/answer';
import { expect, it } from 'vitest';
import { protocolCheck } from '../../../src/compare/checks/protocol.ts';
import { DEFAULT_POLICY, policySchema } from '../../../src/policy/policy.ts';

const TEXTS = 24;

/** Places with the probabilities of what the template writes in the first texts; the others have `rest`. */
function probes(places: Partial<Record<Place, { first?: number[]; rest: number }>>, more: object = {}) {
  const surprise = (p: number) => Math.round(-1000 * Math.log(p));
  return {
    status: 'measured',
    suites: [],
    items: [],
    protocol: {
      seed: 1,
      stops: true,
      places: Object.entries(places).map(([place, { first = [], rest }]) => ({
        place,
        texts: Array.from({ length: TEXTS }, (_, conversation) => {
          return { conversation, surprise: surprise(first[conversation] ?? rest), tokens: 1 };
        }),
      })),
      ...more,
    },
  };
}

const check = (candidate: object, baseline: object, protocol: object = {}) =>
  protocolCheck({
    candidate: { probes: candidate },
    baseline: { probes: baseline },
    policy: { ...DEFAULT_POLICY, protocol: policySchema.parse({ protocol }).protocol },
  } as never);

const sure = { rest: 0.99 };
const lost = { rest: 1e-6 };
const half = (count: number) => ({ first: Array.from({ length: count }, () => 0.2), rest: 0.99 });

it('a model that no longer ends its turn fails, with the counts', () => {
  const [finding, ...more] = check(probes({ 'end of turn': lost }), probes({ 'end of turn': sure }));
  expect(finding).toMatchObject({
    ...{ kind: 'protocol-lost', level: 'fail', place: 'end of turn' },
    baseline: { done: TEXTS, of: TEXTS },
    candidate: { done: 0, of: TEXTS },
  });
  expect(more).toEqual([]);
});

it('needs more losses than chance and the limit allow', () => {
  // One-sided exact tests: 6 of 6 lost have p = 1/64, 7 of 7 have 1/128.
  expect(check(probes({ 'end of turn': half(6) }), probes({ 'end of turn': sure }))).toEqual([]);
  expect(check(probes({ 'end of turn': half(7) }), probes({ 'end of turn': sure }))).toHaveLength(1);
  expect(check(probes({ 'end of turn': half(7) }), probes({ 'end of turn': sure }), { limit: 0.3 })).toEqual([]);
});

it('where nothing should be written, a likely end is a loss', () => {
  const [before, after] = [probes({ 'middle of a sentence': lost }), probes({ 'middle of a sentence': sure })];
  expect(check(after, before)).toMatchObject([{ kind: 'protocol-lost', candidate: { done: 0 } }]);
  expect(check(before, before)).toEqual([]);
});

it('what the baseline seldom does itself is left out', () => {
  const seldom = half(17);
  expect(check(probes({ 'tool call': lost }), probes({ 'tool call': seldom }))).toEqual([]);
  expect(check(probes({ 'tool call': lost }), probes({ 'tool call': half(16) }))).toHaveLength(1);
});

it('one lost text is enough at a place that must pass', () => {
  const places = { 'end of a tool call': half(1) } as const;
  const policy = { 'must-pass': ['end of a tool call'] };
  expect(check(probes(places), probes({ 'end of a tool call': sure }))).toEqual([]);
  expect(check(probes(places), probes({ 'end of a tool call': sure }), policy)).toMatchObject([
    { kind: 'protocol-lost', level: 'fail', isMustPass: true },
  ]);
});

it('a place that is still done and much less likely is a warning', () => {
  const found = check(probes({ 'tool name': { rest: 0.55 } }), probes({ 'tool name': { rest: 0.999 } }));
  expect(found).toMatchObject([{ kind: 'protocol-likelihood', level: 'warn', nats: { mean: 0.597 } }]);
});

it('a template that is lost, and an end that ends nothing, are named', () => {
  const own = probes({}, { places: [{ place: 'end of turn', texts: [], missing: 'its template fails' }] });
  expect(check(own, probes({ 'end of turn': sure }))).toMatchObject([
    { kind: 'protocol-template', level: 'fail', why: 'its template fails' },
  ]);
  const stops = check(probes({ 'end of turn': sure }, { stops: false }), probes({ 'end of turn': sure }));
  expect(stops).toMatchObject([{ kind: 'protocol-end-token', level: 'fail' }]);
});

it('a lost template is one finding, however many places it had', () => {
  const places = { 'end of turn': sure, 'second turn': sure, 'system prompt': lost };
  const why = 'it has no chat template';
  const bare = probes({});
  bare.protocol.places = Object.keys(places).map((place) => ({ place, texts: [], missing: why })) as never;
  expect(check(bare, probes(places))).toMatchObject([
    { kind: 'protocol-template', place: 'end of turn', others: 1, why },
  ]);
});

it('a candidate that was not asked is said, and not judged where the policy rests on it', () => {
  const baseline = probes({ 'end of turn': sure });
  const server = probes({}, { leftOut: 'the server has the tokenizer' });
  const older = { ...baseline, protocol: undefined };
  const others = { ...probes({ 'end of turn': lost }), protocol: { ...baseline.protocol, seed: 2 } };
  expect(check(server, baseline)).toMatchObject([
    { kind: 'protocol-not-asked', level: 'info', why: 'the server has the tokenizer' },
  ]);
  expect(check(older, baseline)).toMatchObject([{ kind: 'protocol-not-asked', level: 'info', why: null }]);
  expect(check(others, baseline)).toMatchObject([
    { kind: 'protocol-not-asked', why: 'it was asked with another seed' },
  ]);
  expect(check(baseline, older)).toMatchObject([
    { kind: 'protocol-not-asked', level: 'info', side: 'baseline', why: null },
  ]);
  const must = { 'must-pass': ['end of turn'] };
  expect(check(older, baseline, must)).toMatchObject([{ level: 'inconclusive' }]);
  expect(check(older, older, must)).toMatchObject([{ level: 'inconclusive' }]);
  expect(check(older, older)).toEqual([]);
  expect(check(server, server)).toEqual([]);
});

it('what is unlikely in both models is no doubt, however many times likelier it became', () => {
  const middle = (rest: number) => probes({ 'middle of a sentence': { rest } });
  expect(check(middle(1e-5), middle(1e-8))).toEqual([]);
  // −ln(1 − 0.45) is 0.598.
  expect(check(middle(0.45), middle(1e-8))).toMatchObject([{ kind: 'protocol-likelihood', nats: { mean: 0.5974 } }]);
});

it('texts that the candidate does not have count as lost', () => {
  const own = probes({ 'end of turn': sure });
  const [place] = own.protocol.places;
  if (place === undefined) throw new Error('there is a place');
  own.protocol.places = [{ ...place, texts: place.texts.slice(0, 6) }];
  expect(check(own, probes({ 'end of turn': sure }))).toMatchObject([
    { kind: 'protocol-lost', candidate: { done: 6, of: TEXTS } },
  ]);
});

it('a place that must pass is judged however seldom the baseline does it, and by lost texts, not by their balance', () => {
  const must = { 'must-pass': ['tool call'] };
  const seldom = probes({ 'tool call': half(17) });
  expect(check(probes({ 'tool call': lost }), seldom, must)).toMatchObject([{ kind: 'protocol-lost' }]);
  const [before, after] = [half(4), { first: Array.from({ length: 8 }, (_, i) => (i < 4 ? 0.99 : 0.2)), rest: 0.99 }];
  expect(check(probes({ 'tool call': after }), probes({ 'tool call': before }), must)).toMatchObject([
    { kind: 'protocol-lost', baseline: { done: 20 }, candidate: { done: 20 } },
  ]);
});

it('a place that must pass and has no texts in the baseline is no pass', () => {
  const both = probes({ 'end of turn': sure });
  expect(check(both, both, { 'must-pass': ['tool call'] })).toMatchObject([
    { kind: 'protocol-not-asked', level: 'inconclusive', place: 'tool call', side: 'baseline' },
  ]);
});

it('a thought that the template opens by itself, and documents of a model that got a template, are no loss', () => {
  const thinks = probes({ 'start of a thought': sure, 'end of a thought': sure });
  expect(check(probes({ 'end of a thought': sure }), thinks)).toEqual([]);
  expect(check(probes({}), thinks)).toMatchObject([{ kind: 'protocol-template', others: 1 }]);
  const documents = probes({ 'end of a document': sure });
  expect(check(probes({ 'end of turn': sure }), documents)).toMatchObject([
    { kind: 'protocol-not-asked', level: 'info', place: 'end of a document', side: 'candidate' },
  ]);
});

it('a baseline whose template gives no places says why', () => {
  const baseline = probes({}, { places: [{ place: 'end of turn', texts: [], missing: 'its template fails' }] });
  expect(check(probes({ 'end of turn': sure }), baseline)).toMatchObject([
    { kind: 'protocol-not-asked', side: 'baseline', why: 'its template fails', isRefused: true },
  ]);
});
