import { itemKey } from '@shadow-gate/probes/answer';
import type { ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';
import { measuredProbes, withheldSuites } from '../pairing/hide-texts.ts';
import type { MustPassRow } from '../rows/apart.ts';
import { mustPassRows, type ProbedSides } from '../tests/must-pass.ts';

const NAMED = 5;

/** Questions that may never be answered wrong: with a baseline or without, and whatever the others show. */
export function mustPassCheck(context: ComparisonContext): Finding[] {
  const candidate = measuredProbes(context.candidate);
  if (candidate === null) return [];
  const baseline = measuredProbes(context.baseline);
  const rows = mustPassRows({ candidate, baseline }, context.policy, withheldSuites(context));
  const broken = rows.flatMap((row) => row.broken);
  const questions = rows.reduce((sum, { asked }) => sum + asked, 0);
  const rightBefore = baseline === null ? null : broken.filter((item) => item.baseline === true).length;
  const counts = { broken: broken.length, questions, rightBefore, named: broken.slice(0, NAMED) };
  return [
    ...(broken.length === 0 ? [] : [{ kind: 'must-pass-broken', level: 'fail', ...counts } as const]),
    ...rows.flatMap((row) => notAsked(row, { candidate, baseline })),
  ];
}

/** An unknown answer is no pass. */
function notAsked({ suite, questions, asked }: MustPassRow, { candidate, baseline }: ProbedSides): Finding[] {
  if (questions !== null && asked >= questions && questions > 0) return [];
  const answered = new Set(candidate.items.map(itemKey));
  const left = new Map(candidate.leftOut.map((item) => [itemKey(item), item.reason]));
  const known = [...candidate.leftOut, ...(baseline?.items ?? [])].filter((item) => item.suite === suite);
  const missing = new Map(known.filter((item) => !answered.has(itemKey(item))).map((item) => [itemKey(item), item.id]));
  const named = [...missing].slice(0, NAMED).map(([key, id]) => ({ id, reason: left.get(key) ?? null }));
  const items = questions === null ? null : questions - asked;
  return [{ kind: 'must-pass-not-asked', level: 'inconclusive', suite, items, named }];
}
