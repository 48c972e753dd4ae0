import { factKey, itemKey, type MeasuredProbes } from '@shadow-gate/probes/answer';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding } from '../finding.ts';
import { byLevel } from '../pairing/pool.ts';
import type { ProbePairing } from '../probes/pair-probes.ts';

const NAMED = 3;

/** Such as prompts that no longer fit. Wrong in every test, so that no candidate chooses its probes; also a failure. */
export function lostItemsCheck({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const reasons = new Map(probes.probes.leftOut.map((item) => [itemKey(item), item.reason]));
  return [...byLevel(probes.lost, policy)].map(([level, lost]) => {
    const named = lost.slice(0, NAMED).map((item) => ({ id: item.id, reason: reasons.get(itemKey(item)) ?? null }));
    const capabilities = [...new Set(lost.map(({ capability }) => capability))];
    return { kind: 'items-lost', level, items: lost.length, named, capabilities };
  });
}

export function probeCoverageCheck({ baseline, probes, policy }: ComparisonContext): Finding[] {
  switch (probes.kind) {
    case 'not-requested':
      return [];
    case 'not-run': {
      // A candidate that cannot answer what the baseline could has lost that, unless the machine is to blame.
      const isLost = baseline?.probes?.status === 'measured' && !probes.isOfMachine;
      const level = isLost ? 'fail' : 'inconclusive';
      return [{ kind: 'probes-not-run', level, side: 'candidate', cause: probes.reason }];
    }
    case 'nothing-ran':
      return [{ kind: 'no-answers', level: 'inconclusive', side: 'candidate' }, ...itemRemarks(probes.probes, policy)];
    case 'alone':
      return [...missingOfBaseline(probes), ...itemRemarks(probes.probes, policy)];
    case 'paired':
      return [...itemRemarks(probes.probes, policy), ...unpairedFacts(probes)];
  }
}

function missingOfBaseline({ why }: Extract<ProbePairing, { kind: 'alone' }>): Finding[] {
  if (why.kind !== 'baseline-not-run') return [];
  return [{ kind: 'probes-not-run', level: 'inconclusive', side: 'baseline', cause: why.cause }];
}

/** More than this share left out is another suite than the requested one. */
const MAX_LEFT_OUT = 0.5;

function itemRemarks({ leftOut, items, notes }: MeasuredProbes, policy: ProbePolicy): Finding[] {
  const most = leftOut.length > MAX_LEFT_OUT * (leftOut.length + items.length);
  // Suites that can only warn do not count.
  const isMost = most && byLevel(leftOut, policy).has('fail');
  const causes = leftOut.filter(({ cause }) => cause !== 'other-form');
  const named = causes.slice(0, NAMED).map(({ id, reason }) => ({ id, reason }));
  const level = isMost ? 'inconclusive' : 'info';
  const left = { kind: 'left-out', level, named, items: leftOut.length, ran: items.length, isMost } as const;
  const noted = { kind: 'probe-notes', level: 'info', named: notes.slice(0, NAMED), notes: notes.length } as const;
  return [...(leftOut.length === 0 ? [] : [left]), ...(notes.length === 0 ? [] : [noted])];
}

function unpairedFacts({ probes, baseline, findings }: Extract<ProbePairing, { kind: 'paired' }>): Finding[] {
  const refused = new Set(findings.flatMap((finding) => ('suite' in finding ? [finding.suite] : [])));
  const asked = new Set(probes.items.map(factKey));
  const theirs = new Set(baseline.items.filter(({ suite }) => !refused.has(suite)).map(factKey));
  const paired = [...asked].filter((fact) => theirs.has(fact)).length;
  return paired === asked.size ? [] : [{ kind: 'unpaired', level: 'info', facts: asked.size, paired }];
}

/** The answers have to settle the verdict here: the measurement's claim does not count. Baselines have all answers. */
export function stoppedEarlyCheck(context: ComparisonContext): Finding[] {
  const { probes, settled } = context;
  if (probes.kind !== 'paired' && probes.kind !== 'alone') return [];
  const isOpen = settled === null && !hasTimeLimit(context);
  return [...(isOpen ? stopOf(context, 'candidate') : []), ...stopOf(context, 'baseline')];
}

/** A settled pass bounds the harm in what was not asked too. */
export function isSettledPass(context: ComparisonContext): boolean {
  return context.settled === 'pass' && !hasTimeLimit(context);
}

/** A time limit does not claim that the rest is irrelevant. */
function hasTimeLimit({ probes }: ComparisonContext): boolean {
  if (probes.kind !== 'paired' && probes.kind !== 'alone') return false;
  const { budgetSeconds, sequential } = probes.probes;
  return budgetSeconds !== null && sequential?.settled === null;
}

function stopOf({ candidate, baseline }: ComparisonContext, side: 'candidate' | 'baseline'): Finding[] {
  const probes = (side === 'candidate' ? candidate : baseline)?.probes;
  if (probes?.status !== 'measured' || probes.sequential === undefined) return [];
  const { blocks, of, settled } = probes.sequential;
  // A time limit also leaves out facts of a baseline, which are not compared.
  if (side === 'baseline' && settled === null && probes.budgetSeconds !== null) return [];
  return [{ kind: 'stopped-early', level: 'inconclusive', side, blocks, of }];
}
