import { isDeepStrictEqual } from 'node:util';
import { itemKey, type MeasuredProbes } from '@shadow-gate/probes/answer';
import { areLevelsChosen } from '@shadow-gate/probes/suite';
import { askingOrder, firstAnswers, settleAgainst } from '../compare/index.ts';
import type { ProbeRunOptions } from '../measure/options.ts';
import type { Measurement } from '../measure/schema/index.ts';
import type { Policy } from '../policy/policy.ts';
import { withoutDrawing } from './select-probes.ts';

/**
 * Ask in blocks until the verdict is settled, if the policy says so and the baseline was asked the same suites: only
 * then does the verdict follow from paired answers. Suites with samples or shared passages are asked as a whole, since
 * the rules count whole answers to independent facts.
 */
export function askSequentially(
  selected: ProbeRunOptions | null,
  baseline: Measurement | null,
  policy: Policy,
): ProbeRunOptions | null {
  const probes = baseline?.probes;
  if (selected === null || baseline === null || probes?.status !== 'measured') return selected;
  const isSame = probes.sequential === undefined && isOfSameSuites(selected, probes) && hasAll(probes, selected);
  const isWhole = selected.suites.some(
    ({ sampling, items }) => sampling !== undefined || items.some(({ passage }) => passage !== undefined),
  );
  if (policy.sequential !== 'on' || !isSame || isWhole) return selected;
  const blocks = askingOrder(probes, selected.order.seed);
  if (blocks.length < 2) return selected;
  const settleOf = settleAgainst(baseline, policy);
  const settle = (answers: typeof probes) => {
    const first = firstAnswers(answers);
    return first && settleOf(first);
  };
  // What stops early is no baseline.
  return { ...withoutDrawing(selected), sequential: { blocks, settle } };
}

/** A baseline with a time limit may lack items that the candidate is asked. */
function hasAll({ items, leftOut }: Pick<MeasuredProbes, 'items' | 'leftOut'>, { suites }: ProbeRunOptions): boolean {
  const known = new Set([...items, ...leftOut].map(itemKey));
  return suites.every(({ name, items: own }) => own.every(({ id }) => known.has(itemKey({ suite: name, id }))));
}

function isOfSameSuites({ suites, chatTemplate }: ProbeRunOptions, probes: MeasuredProbes): boolean {
  type Identity = Pick<ProbeRunOptions['suites'][number], 'name' | 'digest' | 'seed'>;
  const identity = ({ name, digest, seed }: Identity) => [name, digest, seed];
  return (
    chatTemplate === probes.chatTemplate &&
    isDeepStrictEqual(suites.map(identity), probes.suites.map(identity)) &&
    suites.every(({ levels }) => levels === undefined || areLevelsChosen(levels))
  );
}
