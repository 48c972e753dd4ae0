import { itemKey } from '@shadow-gate/probes/answer';
import type { FindingOf } from '../finding.ts';
import { measuredProbes, type ShownPair, withheldSuites } from './hide-texts.ts';

type ReadOtherwise = NonNullable<FindingOf<'changed-behavior'>['texts']>;

/** Items that the candidate's tokenizer turns into other ids than the baseline's; null: no ids are known. */
export function itemsReadOtherwise(context: ShownPair): ReadOtherwise | null {
  const [ours, theirs] = [measuredProbes(context.candidate), measuredProbes(context.baseline)];
  const known = new Map(theirs?.items.map((item) => [itemKey(item), item.tokens]));
  const read = (ours?.items ?? []).filter(
    (item) => item.tokens !== undefined && known.get(itemKey(item)) !== undefined,
  );
  if (read.length === 0) return null;
  const other = read.filter((item) => known.get(itemKey(item)) !== item.tokens);
  const withheld = withheldSuites(context);
  const textOf = ({ suite, prompt }: (typeof read)[number]) =>
    withheld.has(suite) || prompt === null ? null : prompt.slice(0, MOST_TEXT);
  // A short text shows the reason best.
  const [shortest] = other.toSorted((a, b) => lengthOf(textOf(a)) - lengthOf(textOf(b)));
  return {
    other: other.length,
    of: read.length,
    example: shortest === undefined ? null : { suite: shortest.suite, item: shortest.id, text: textOf(shortest) },
  };
}

const MOST_TEXT = 200;

const lengthOf = (text: string | null): number => text?.length ?? Number.MAX_SAFE_INTEGER;
