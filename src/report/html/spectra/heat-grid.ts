import { groupBy } from '@shadow-gate/platform';
import { difference, increasing, type MaybeBounded } from '@shadow-gate/spectra/bounded';
import { median } from '../../../statistics/index.ts';
import { type ComparedMatrix, concentrationIn, inReadingOrder, type SpectraView } from './matrices.ts';

/** One module type in one layer: the median over its experts, or over whatever matrices it has there. */
export interface HeatCell {
  readonly group: string;
  readonly layer: number;
  readonly matrices: number;
  /** Null: none has an update above the rounding noise. */
  readonly candidate: MaybeBounded | null;
  readonly baseline: MaybeBounded | null;
  /** Null where either is. */
  readonly change: number | null;
}

export interface HeatGrid {
  readonly groups: readonly string[];
  readonly layers: readonly number[];
  readonly cells: readonly HeatCell[];
}

/** Module type × layer. Matrices outside of the layers, such as embeddings, have no place in it. */
export function heatGrid({ matrices, concentration, of }: SpectraView): HeatGrid {
  const placed = matrices.filter(({ candidate }) => candidate.of === of && candidate.layer !== null);
  const places = groupBy(placed, ({ group, candidate }) => JSON.stringify([group, candidate.layer]));
  const cells = [...places.values()].flatMap((members) => {
    const [first] = members;
    return first === undefined ? [] : [cellOf(first, members, concentration)];
  });
  const layers = [...new Set(cells.map(({ layer }) => layer))].sort((a, b) => a - b);
  return { groups: inReadingOrder(placed), layers, cells };
}

function cellOf(
  { group, candidate }: ComparedMatrix,
  members: readonly ComparedMatrix[],
  concentration: SpectraView['concentration'],
): HeatCell {
  const middle = (values: ReadonlyArray<MaybeBounded | null>) =>
    increasing(
      values.flatMap((value) => value ?? []),
      (numbers) => median(numbers),
    );
  const mine = middle(members.map((one) => concentrationIn(one.candidate, concentration)));
  const its = middle(members.map(({ baseline }) => baseline && concentrationIn(baseline, concentration)));
  return {
    group,
    layer: candidate.layer ?? 0,
    matrices: members.length,
    candidate: mine,
    baseline: its,
    change: mine !== null && its !== null ? difference(mine, its) : null,
  };
}
