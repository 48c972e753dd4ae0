import type { Model, ScoreRequest } from '@shadow-gate/language-model';
import { encodePair } from '@shadow-gate/language-model/tokens';
import { groupBy } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import type { ProbeItem } from './item.ts';
import type { Suite } from './suite.ts';

/** Most facts or group items whose prompts are read: a rank test needs no more, and each is one more sequence. */
const MAX_READ = 200;

interface AskedSuite {
  readonly suite: Pick<Suite, 'name' | 'version' | 'twinsOf'>;
  readonly items: readonly ProbeItem[];
}

/**
 * Ids of items whose prompts are read, by suite: benchmark forms and their fresh twins, or a group and the benchmark
 * forms of its suite. A memorized prompt is likelier than its twin. No built-in prompt is published, and a server would
 * need one more request for each.
 */
export function chooseReadings(
  asked: readonly AskedSuite[],
  { device, tokenizer }: Pick<Model, 'device' | 'tokenizer'>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const grouped = new Set(asked.flatMap(({ suite }) => suite.twinsOf ?? []));
  const canRead = tokenizer !== null && device !== 'endpoint';
  return new Map(
    asked.map(({ suite, items }) => [
      suite.name,
      canRead && suite.version === null ? chooseOf(suite, items, grouped) : new Set<string>(),
    ]),
  );
}

function chooseOf(
  { name, twinsOf }: AskedSuite['suite'],
  items: readonly ProbeItem[],
  grouped: ReadonlySet<string>,
): ReadonlySet<string> {
  if (twinsOf !== undefined) return new Set(firstOf(name, withoutSamePrompt(items)).map(({ id }) => id));
  const facts = [...groupBy(items, ({ fact }) => fact)].flatMap(([fact, members]) => {
    const benchmark = members.find(({ form }) => form === 'benchmark');
    const fresh = withoutSamePrompt(members.filter(({ kind }) => kind === 'fresh'));
    if (!benchmark || (fresh.length === 0 && !grouped.has(name))) return [];
    return [{ id: fact, read: [benchmark.id, ...fresh.map(({ id }) => id)] }];
  });
  return new Set(firstOf(name, facts).flatMap(({ read }) => read));
}

/** Forms by letter and by text share a prompt, which is read once. */
function withoutSamePrompt(items: readonly ProbeItem[]): readonly ProbeItem[] {
  const seen = new Set<string>();
  return items.filter(({ prompt }) => !seen.has(prompt) && seen.add(prompt));
}

/** Chosen by their ids alone, so that candidate and baseline read the same. */
function firstOf<T extends { readonly id: string }>(suite: string, members: readonly T[]): readonly T[] {
  const placed = members.map((member) => ({ member, place: sha256(JSON.stringify([suite, member.id])) }));
  placed.sort((a, b) => (a.place < b.place ? -1 : 1));
  return placed.slice(0, MAX_READ).map(({ member }) => member);
}

/** The prompt, scored after its first word: no model needs a token for the beginning of a text. Null without a rest. */
export function readingRequest(
  { id, prompt }: ProbeItem,
  { tokenizer }: Pick<Model, 'tokenizer'>,
): ScoreRequest | null {
  const context = /^\S+/.exec(prompt)?.[0] ?? '';
  const continuation = prompt.slice(context.length);
  if (tokenizer === null || context === '' || continuation === '') return null;
  const pair = encodePair(tokenizer, context, continuation);
  if (pair.context.length === 0 || pair.continuation.length === 0) return null;
  return { kind: 'text', id: `${id} reading`, where: id, context, continuation };
}
