import { isNeededForm, leftOutWith } from '@shadow-gate/probes';
import {
  factKey,
  type LeftOutMeasurement,
  leftOutAttributes,
  type MeasuredProbes,
  type ProbeItemMeasurement,
} from '@shadow-gate/probes/answer';

/** A machine's answers to all items of the suites or to a share of them. */
export interface ProbeAnswers {
  /** With their index in all suites together. */
  readonly items: ReadonlyArray<{ readonly index: number; readonly item: ProbeItemMeasurement }>;
  readonly leftOut: readonly LeftOut[];
}

interface LeftOut {
  readonly index: number;
  readonly fact: string;
  readonly item: LeftOutMeasurement;
}

/**
 * Join answers in the order of the items. A fact is left out entirely, with each of its forms listed, if one form was
 * left out on any machine.
 */
export function joinAnswers(parts: readonly ProbeAnswers[]): Pick<MeasuredProbes, 'items' | 'leftOut'> {
  const byIndex = (a: { index: number }, b: { index: number }) => a.index - b.index;
  // Every machine finds the items that are too long for the model.
  const leftOut = new Map(parts.flatMap((part) => part.leftOut.map((left) => [left.index, left])));
  const causes = new Map<string, string>();
  for (const { fact, item } of [...leftOut.values()].sort(byIndex)) {
    const key = factKey({ suite: item.suite, fact });
    const isCause = item.cause !== 'other-form' && (item.form === undefined || isNeededForm(item.form));
    if (isCause && !causes.has(key)) causes.set(key, item.id);
  }
  const answered = parts.flatMap(({ items }) => items).sort(byIndex);
  const others = answered.flatMap(({ index, item }): LeftOut[] => {
    const form = causes.get(factKey(item));
    if (form === undefined || leftOut.has(index)) return [];
    return [{ index, fact: item.fact, item: describeLeftOut(item, item.suite, leftOutWith(form)) }];
  });
  return {
    items: answered.map(({ item }) => item).filter((item) => !causes.has(factKey(item))),
    leftOut: [...leftOut.values(), ...others].sort(byIndex).map(({ item }) => item),
  };
}

/** The known attributes of an item that could not be asked: they decide what the comparison could have judged. */
export function describeLeftOut(
  { id, ...known }: Omit<LeftOutMeasurement, 'suite' | 'reason' | 'cause'>,
  suite: string,
  { reason, cause }: Required<Pick<LeftOutMeasurement, 'reason' | 'cause'>>,
): LeftOutMeasurement {
  return { suite, id, reason, cause, ...leftOutAttributes(known) };
}
