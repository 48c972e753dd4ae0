import { at, VERSION } from '@shadow-gate/platform';
import type { Measurement } from '../../measure/schema/index.ts';
import type { Policy } from '../../policy/policy.ts';
import { holm } from '../../statistics/index.ts';
import type { Verdict } from '../rows/fields.ts';
import { findBest } from './best.ts';
import type { SweptCheckpoint } from './row.ts';
import { SWEEP_SCHEMA, type Sweep, type SweepRow, sweepSchema } from './schema.ts';

type Checked = Extract<SweptCheckpoint, { readonly identity: string }>;

interface SweptBy {
  readonly baseline: Measurement;
  readonly baselineName: string | null;
  readonly policy: Policy;
  readonly policyPath: string | null;
}

const WORST_FIRST: readonly Verdict[] = ['fail', 'inconclusive', 'warn', 'pass'];

export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  return WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? 'inconclusive';
}

/** Finds copies of one model, adjusts losses by Holm for different models, and names the best. Verdicts stay. */
export function summarizeSweep(
  checkpoints: readonly SweptCheckpoint[],
  { baseline, baselineName, policy, policyPath }: SweptBy,
): Sweep {
  const checked = checkpoints.filter((one): one is Checked => 'identity' in one);
  const originals = new Map<string, Checked>();
  for (const one of checked) if (!originals.has(one.identity)) originals.set(one.identity, one);
  const models = [...originals.values()];
  const tested = models.flatMap(({ identity, row: { loss } }) => (loss === null ? [] : [{ identity, p: loss.p }]));
  const ps = holm(tested.map(({ p }) => p));
  const adjusted = new Map(tested.map(({ identity }, i) => [identity, at(ps, i)]));
  const compared = models.map(({ row: { name, verdict }, answers }) => ({ name, verdict, answers }));
  const rows = checkpoints.map(
    (one): SweepRow => ('identity' in one ? completed(one, originals.get(one.identity), adjusted) : one.row),
  );
  return sweepSchema.parse({
    schema: SWEEP_SCHEMA,
    tool: { name: 'shadow-gate', version: VERSION },
    verdict: worstVerdict(rows.map(({ verdict }) => verdict)),
    baseline: { name: baselineName, digest: baseline.checkpoint.digest },
    policy: policyPath,
    confidence: policy.confidence,
    tests: tested.length,
    checkpoints: rows,
    best: findBest(compared, policy['twin-accuracy'].alpha),
  });
}

function completed(own: Checked, original: Checked | undefined, adjusted: ReadonlyMap<string, number>): SweepRow {
  const { row, identity, reportsLoss, failsOtherwise } = own;
  const p = adjusted.get(identity);
  const isShown = row.loss !== null && p !== undefined && p < row.loss.alpha;
  const shown = reportsLoss ? (isShown ? 'adjusted' : 'unadjusted') : 'no';
  return {
    ...row,
    sameAs: original === undefined || original === own ? null : original.row.name,
    loss: row.loss && p !== undefined ? { ...row.loss, adjusted: p, shown } : null,
    failsOnlyUnadjusted: row.verdict === 'fail' && !failsOtherwise && shown === 'unadjusted',
  };
}
