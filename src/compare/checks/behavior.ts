import { SAMPLING_NAMES } from '@shadow-gate/language-model/tokens/gguf-defaults';
import { given } from '@shadow-gate/platform';
import { itemKey } from '@shadow-gate/probes/answer';
import {
  BEHAVIOR_PARTS,
  BESIDE_TOKENIZER,
  type BehaviorPart,
  type BehaviorValues,
  type Measurement,
} from '../../measure/schema/index.ts';
import type { Policy } from '../../policy/policy.ts';
import type { ComparisonContext } from '../check.ts';
import type { Finding, FindingOf } from '../finding.ts';
import { measuredProbes, withheldSuites } from '../pairing/hide-texts.ts';

const NAMED = 4;

/** Padding is masked: many recipes of fine-tuning set it, and no answer depends on it. */
const PADDING = new Set(['pad_token', 'pad_token_id']);

export function changedBehaviorCheck(context: ComparisonContext): Finding[] {
  const { candidate, baseline, policy } = context;
  if (!baseline) return [];
  // If neither is known, the finding about missing weights says so.
  if (baseline.served && candidate.served && baseline.behavior === null) return [];
  if (baseline.benchmarks && candidate.benchmarks) return [];
  if (baseline.behavior === null) {
    return [{ kind: 'behavior-not-compared', level: 'info', side: 'baseline', what: 'everything' }];
  }
  if (candidate.behavior === null) {
    const levels = [...BEHAVIOR_PARTS, 'logit-scale' as const].map((part) => behaviorLevel(policy, part));
    return [{ kind: 'behavior-not-compared', level: unknownLevel(levels), side: 'candidate', what: 'everything' }];
  }
  const [ours, theirs] = [candidate.behavior.files, baseline.behavior.files];
  const gguf = SIDES.filter((side) => (side === 'candidate' ? candidate : baseline).checkpoint.format === 'gguf');
  const texts = itemsReadOtherwise(context);
  return BEHAVIOR_PARTS.flatMap((part): Finding[] => {
    const [mine, its] = [ours[part], theirs[part]];
    // Older versions did not measure it.
    if (its === undefined) return [{ kind: 'behavior-not-compared', level: 'info', side: 'baseline', what: 'config' }];
    if (mine === undefined) {
      const level = unknownLevel([behaviorLevel(policy, part)]);
      return [{ kind: 'behavior-not-compared', level, side: 'candidate', what: 'config' }];
    }
    const all = changesOf(mine, its);
    const isSame = mine?.digest === its?.digest;
    const changes = isSame ? all.filter(isBesideText) : all;
    if (isSame && changes.length === 0) return [];
    if ((mine === null && isUnknown(candidate)) || (its === null && isUnknown(baseline))) return [];
    // Versions may describe one decoder in different ways.
    const isOtherVersion = part === 'config' && candidate.tool.version !== baseline.tool.version;
    if (isOtherVersion && changes.length === 0 && areAllShown(mine, its)) return [];
    const because = mitigation(part, changes, { candidate, baseline });
    // A value that the other side has in another place is no difference.
    const lacking =
      because?.kind === 'not-in-gguf' ? changes.filter((change) => change[because.side] === null) : changes;
    if (because && lacking.length === 0 && changes.length > 0) return [];
    const disagreeing = part === 'tokenizer' ? lacking.filter(isContradiction) : [];
    const own = because || isPaddingOnly(mine, its, changes) ? 'info' : behaviorLevel(policy, part);
    const level = disagreeing.length > 0 && own !== 'fail' ? 'inconclusive' : own;
    const named = mine === null || its === null ? [] : [...new Set([...disagreeing, ...lacking])].slice(0, NAMED);
    const digests = { candidate: mine?.digest ?? null, baseline: its?.digest ?? null };
    const further = given({
      gguf: gguf.length > 0 ? gguf : undefined,
      texts: part === 'tokenizer' && texts !== null ? texts : undefined,
      because: because ?? undefined,
    });
    return [{ kind: 'changed-behavior', level, part, ...digests, named, changes: lacking.length, ...further }];
  });
}

type Changed = FindingOf<'changed-behavior'>;

/** Another value about images or sounds, not the text model. A key that only one side writes can be a default. */
function isBesideText({ key, candidate, baseline }: Changed['named'][number]): boolean {
  return /^(?!text_)\w+_config\./.test(key) && candidate !== null && baseline !== null;
}

/** A file next to the candidate's tokenizer.json contradicts it: another loader reads other tokens than were judged. */
function isContradiction({ key, candidate }: Changed['named'][number]): boolean {
  return key.endsWith(BESIDE_TOKENIZER) && candidate !== null;
}

/** A GGUF file leaves other parts to the program that runs it. */
const IN_GGUF: ReadonlySet<BehaviorPart> = new Set(['tokenizer', 'chat-template']);

/** Is only the format another? Only between a GGUF file and another: two folders are the same, or they are changed. */
function mitigation(part: BehaviorPart, changes: Changed['named'], sides: Sides): Changed['because'] | null {
  const isGguf = (side: Side) => sides[side].checkpoint.format === 'gguf';
  if (isGguf('candidate') === isGguf('baseline')) return null;
  if (part === 'tokenizer') return sameTokens(changes, sides);
  if (IN_GGUF.has(part)) return null;
  const side = isGguf('candidate') ? 'candidate' : 'baseline';
  const [own, other] = [sides[side], sides[otherOf(side)]].map(({ behavior }) => behavior?.files[part] ?? null);
  if (!own) return { kind: 'not-in-gguf', side };
  // Two values are a change, and so is a key that the GGUF file has a place for, and lacks while it has others.
  const isUnstated = (change: Changed['named'][number]) =>
    change[side] === null
      ? !(part === 'generation-config' && IN_GGUF_SAMPLING.has(change.key)) &&
        !(part === 'config' && IN_GGUF_CONFIG.test(change.key))
      : part === 'special-tokens' && ENDS.has(change.key) && isKnownEnd(change[side], sides[otherOf(side)]);
  return areAllShown(own, other ?? null) && changes.every(isUnstated) ? { kind: 'not-in-gguf', side } : null;
}

/** Sampling that a GGUF file can state, by its names in generation_config.json. */
const IN_GGUF_SAMPLING: ReadonlySet<string> = new Set(Object.values(SAMPLING_NAMES));

/** Keys of config.json about longer texts that a GGUF file has a place for. */
const IN_GGUF_CONFIG = /^rope_parameters\.(factor|rope_type|long_factor)$|^sliding_window$/;

/** Ends of a turn that only GGUF files name; a folder lists their ids with EOS. */
const ENDS: ReadonlySet<string> = new Set(['eot_token_id', 'eom_token_id']);

/** Does a folder stop there too, or not say where it stops? */
function isKnownEnd(id: string, { behavior }: Measurement): boolean {
  const parts = [behavior?.files['generation-config'], behavior?.files['special-tokens']];
  const stated = parts.flatMap((part) => part?.values.eos_token_id ?? []);
  return stated.length === 0 || stated.some((ids) => ids.split(/[[\],]/).includes(id));
}

function otherOf(side: Side): Side {
  return side === 'candidate' ? 'baseline' : 'candidate';
}

const SIDES = ['candidate', 'baseline'] as const;
type Side = (typeof SIDES)[number];
type Sides = Readonly<Record<Side, Measurement>>;

/** Tokens and merges are compared whole; splitting, by its results for some texts. */
function sameTokens(changes: Changed['named'], { candidate, baseline }: Sides): Changed['because'] | null {
  const [ours, theirs] = [candidate.behavior?.tokens, baseline.behavior?.tokens];
  if (!ours || ours.digest !== theirs?.digest) return null;
  if (changes.some((change) => change.key === 'merges' || isContradiction(change))) return null;
  return { kind: 'same-tokens', texts: ours.texts };
}

type PolicyLevel = Policy['behavior']['level'];

export function behaviorLevel({ behavior }: Policy, part: BehaviorPart | 'logit-scale'): PolicyLevel {
  return behavior[part] ?? behavior.level;
}

/** The level for parts that the candidate does not state: as bad as they could have been. */
export function unknownLevel(levels: readonly PolicyLevel[]): Finding['level'] {
  if (levels.includes('fail')) return 'fail';
  return levels.includes('warn') ? 'inconclusive' : 'info';
}

/** Parts that an adapter lacks come from its base model, which was not given. */
function isUnknown({ checkpoint, reference }: Measurement): boolean {
  return checkpoint.format === 'lora' && reference === null;
}

function changesOf(ours: BehaviorValues | null, theirs: BehaviorValues | null): Changed['named'] {
  const [mine, its] = [new Map(Object.entries(ours?.values ?? {})), new Map(Object.entries(theirs?.values ?? {}))];
  return [...new Set([...its.keys(), ...mine.keys()])]
    .map((key) => ({ key, candidate: mine.get(key) ?? null, baseline: its.get(key) ?? null }))
    .filter((change) => change.candidate !== change.baseline)
    .sort((one, other) => absent(one) - absent(other));
}

/** Keys of one side come last: they may be defaults that one library writes. */
const absent = ({ candidate, baseline }: Changed['named'][number]): number =>
  candidate === null || baseline === null ? 1 : 0;

function isPaddingOnly(ours: BehaviorValues | null, theirs: BehaviorValues | null, changes: Changed['named']): boolean {
  return areAllShown(ours, theirs) && changes.length > 0 && changes.every(({ key }) => PADDING.has(key));
}

/** A key that is not shown could have changed too. */
function areAllShown(ours: BehaviorValues | null, theirs: BehaviorValues | null): boolean {
  return [ours, theirs].every((side) => side !== null && Object.keys(side.values).length === side.keys);
}

/** Items that the candidate's tokenizer turns into other ids than the baseline's; null: no ids are known. */
function itemsReadOtherwise(context: ComparisonContext): Changed['texts'] | null {
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
