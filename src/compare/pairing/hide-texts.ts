import { hideItem, hideLeftOut, itemKey, keyOfMeasured, type MeasuredProbes } from '@shadow-gate/probes/answer';
import type { AnswerKind } from '@shadow-gate/probes/item';
import type { Measurement } from '../../measure/schema/index.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';

interface Pair {
  readonly candidate: Measurement;
  readonly baseline: Measurement | null;
}

export interface ShownPair extends Pair {
  readonly policy: Pick<ProbePolicy, 'probes-text'>;
}

/**
 * Hash the texts of every file that the policy calls private, or whose texts one side hides: a report shows nothing
 * that one of its sides hides, and hashes are compared with hashes. Without a key, texts stay, and the two are not
 * compared.
 */
export function hideTexts({ candidate, baseline }: Pair, policy: Pick<ProbePolicy, 'probes-text'>): Pair {
  const [ours, theirs] = [measuredProbes(candidate), measuredProbes(baseline)];
  // The built-in suite has no secrets.
  const files = [...(ours?.suites ?? []), ...(theirs?.suites ?? [])].filter(({ version }) => version === null);
  const names = new Set(files.map(({ name }) => name));
  const keys = new Map(
    [...names].flatMap((name) => {
      const key = keyOfPair(name, [ours, theirs], policy);
      return key === null ? [] : [[name, key] as const];
    }),
  );
  if (keys.size === 0) return { candidate, baseline };
  const answers = new Map(
    [...(ours?.items ?? []), ...(theirs?.items ?? [])].flatMap((item) =>
      item.answers === undefined ? [] : [[itemKey(item), item.answers] as const],
    ),
  );
  return {
    candidate: ours ? { ...candidate, probes: hide(ours, keys, answers) } : candidate,
    baseline: baseline && theirs ? { ...baseline, probes: hide(theirs, keys, answers) } : baseline,
  };
}

export function measuredProbes(measurement: Measurement | null): MeasuredProbes | null {
  return measurement?.probes?.status === 'measured' ? measurement.probes : null;
}

/** The key that hides a suite on both sides; null: nothing to hide, or no key. */
function keyOfPair(
  name: string,
  sides: ReadonlyArray<MeasuredProbes | null>,
  policy: Pick<ProbePolicy, 'probes-text'>,
): string | null {
  const suites = sides.flatMap((probes) => {
    const suite = probes?.suites.find((own) => own.name === name);
    return probes && suite ? [{ suite, items: probes.items }] : [];
  });
  const open = suites.filter(({ suite }) => suite.texts === undefined);
  const hashed = suites.filter(({ suite }) => suite.texts !== undefined);
  const isHidden = policy['probes-text'] === 'omit' || hashed.length > 0;
  const [first] = open;
  if (!isHidden || first === undefined) return null;
  const key = keyOfMeasured(first.suite, first.items);
  // Without hashes on the other side, any key does.
  if (hashed.length === 0) return key ?? first.suite.digest;
  return key !== null && hashed.every(({ items }) => isKeyOf(key, name, { open: first.items, hashed: items }))
    ? key
    : null;
}

/** With an edited key, all answers would differ: check that the texts of one side give the hashes of the other. */
function isKeyOf(key: string, name: string, { open, hashed }: Record<'open' | 'hashed', MeasuredProbes['items']>) {
  const prompts = new Map(hashed.flatMap(({ suite, id, prompt }) => (suite === name ? [[id, prompt] as const] : [])));
  return open.every((item) => {
    const prompt = item.suite === name ? prompts.get(item.id) : undefined;
    return prompt === undefined || hideItem(item, key).prompt === prompt;
  });
}

function hide(
  probes: MeasuredProbes,
  keys: ReadonlyMap<string, string>,
  answers: ReadonlyMap<string, AnswerKind>,
): MeasuredProbes {
  const done = new Set(probes.suites.filter(({ texts }) => texts !== undefined).map(({ name }) => name));
  const keyFor = (suite: string) => (done.has(suite) ? undefined : keys.get(suite));
  return {
    ...probes,
    suites: probes.suites.map(({ textKey, ...suite }) => {
      if (keyFor(suite.name) === undefined) return textKey === undefined ? suite : { ...suite, textKey };
      return { ...suite, texts: 'hashed' };
    }),
    items: probes.items.map((item) => {
      const key = keyFor(item.suite);
      return key === undefined ? item : hideItem(item, key, answers.get(itemKey(item)));
    }),
    leftOut: probes.leftOut.map((item) => {
      const key = keyFor(item.suite);
      return key === undefined ? item : hideLeftOut(item, key);
    }),
  };
}

/** Private suites, and those with texts that one side hides. */
export function withheldSuites({ candidate, baseline, policy }: ShownPair): Set<string> {
  const suites = [candidate, baseline].flatMap((measurement) => measuredProbes(measurement)?.suites ?? []);
  const isWithheld = ({ version, texts }: (typeof suites)[number]) =>
    texts !== undefined || (policy['probes-text'] === 'omit' && version === null);
  return new Set(suites.filter(isWithheld).map(({ name }) => name));
}
