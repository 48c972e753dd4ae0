import { given } from '@shadow-gate/platform';
import { canonicalJson } from '@shadow-gate/platform/json';
import {
  factItems,
  itemChange,
  type PairedAnswers,
  type PairedItem,
  type ProbeAnswer,
} from '../pairing/paired-item.ts';
import {
  type ItemTable,
  MAX_ANSWER,
  MAX_BYTES,
  MAX_FACTS,
  MAX_ITEMS,
  MAX_NAME,
  MAX_PROMPT,
  REPORT_ITEMS,
  type StoredFact,
  type StoredItem,
  shortened,
} from '../rows/item-table.ts';
import { allFlips } from '../tests/flips.ts';

interface PackOptions {
  readonly memorized: ReadonlySet<string>;
  /** False: both sides are the candidate. */
  readonly hasBaseline: boolean;
  /** Suites whose texts must not be shown, hashed or not. */
  readonly withheld: ReadonlySet<string>;
}

interface Listed {
  readonly items: readonly PairedItem[];
  /** Items that take part in tests. */
  readonly judged: ReadonlySet<PairedItem>;
  readonly flip: StoredFact['flip'];
  /** Place in the table: flips by size, others by what changed. */
  readonly rank: number;
}

/** The answers of both sides as a table within the limits of a report, the most interesting facts first. */
export function packComparedItems(answers: PairedAnswers, options: PackOptions): ItemTable {
  const { memorized, hasBaseline, withheld } = options;
  const { facts, unjudged } = answers;
  const flips = allFlips(facts, { unjudged, memorized });
  const listed = listFacts(answers, flips).sort((a, b) => a.rank - b.rank);
  const parts = new Shared<ItemTable['parts'][number]>();
  const forms = new Shared<ItemTable['forms'][number]>();
  const stored: StoredFact[] = [];
  let bytes = 0;
  for (const fact of listed.slice(0, MAX_FACTS)) {
    const next = storedFact(fact, { parts, forms, hasBaseline, withheld });
    bytes += Buffer.byteLength(JSON.stringify(next));
    if (bytes > MAX_BYTES) break;
    stored.push(next);
  }
  const rest = listed.slice(stored.length);
  const leftOut = { facts: rest.length, flips: rest.filter(({ flip }) => flip !== undefined).length };
  return { format: REPORT_ITEMS, hasBaseline, parts: parts.values, forms: forms.values, facts: stored, leftOut };
}

function listFacts({ facts, unjudged, groups }: PairedAnswers, flips: ReturnType<typeof allFlips>): Listed[] {
  const ranks = new Map<string, { readonly rank: number; readonly flip: 'lost' | 'kept' }>();
  for (const [rank, { twin, exam }] of flips.entries()) {
    if (!ranks.has(twin.fact)) ranks.set(twin.fact, { rank, flip: exam === null ? 'lost' : 'kept' });
  }
  const listed = (items: readonly PairedItem[], judged: readonly PairedItem[]): Listed => {
    const own = ranks.get(items[0]?.fact ?? '');
    const rank = own?.rank ?? flips.length + rankOf(items);
    return { items: items.slice(0, MAX_ITEMS), judged: new Set(judged), flip: own?.flip, rank };
  };
  return [
    ...facts.map((fact) => listed(factItems(fact), [fact.benchmark, ...fact.twins])),
    ...unjudged.map((fact) => listed(factItems(fact), [])),
    ...groups.flatMap(({ items }) => items.map((item) => listed([item], [item]))),
  ];
}

/** After the flips: 0, an answer was lost; 1, one was won; 2, the candidate has one wrong; 3, others. */
function rankOf(items: readonly PairedItem[]): number {
  const changes = items.map(itemChange);
  if (changes.some((change) => change < 0)) return 0;
  if (changes.some((change) => change > 0)) return 1;
  return items.some(({ candidate }) => !candidate.correct) ? 2 : 3;
}

/** Values that are written once. */
class Shared<T extends object> {
  readonly values: T[] = [];
  readonly #indices = new Map<string, number>();

  indexOf(value: T): number {
    const key = canonicalJson(value);
    const index = this.#indices.get(key) ?? this.values.push(value) - 1;
    this.#indices.set(key, index);
    return index;
  }
}

interface Tables extends Omit<PackOptions, 'memorized'> {
  readonly parts: Shared<ItemTable['parts'][number]>;
  readonly forms: Shared<ItemTable['forms'][number]>;
}

function storedFact({ items, judged, flip }: Listed, { parts, forms, hasBaseline, withheld }: Tables): StoredFact {
  const [first] = items;
  if (first === undefined) throw new Error('a fact without items');
  const { suite, capability, family, isHidden = false } = first;
  const isWithheld = isHidden || withheld.has(suite);
  const prompts = new Map<string, number>();
  const stored = items.map((item, i): StoredItem => {
    const { baseline, candidate } = item;
    const isAside = !judged.has(item) && item.form !== 'robustness';
    return [
      forms.indexOf({ form: item.form, kind: item.kind, ...given({ aside: isAside ? (true as const) : undefined }) }),
      isWithheld ? null : promptOf(item, i, prompts),
      isWithheld ? null : shortened(item.right, MAX_ANSWER),
      isWithheld || !hasBaseline ? null : givenIn(item, baseline),
      isWithheld ? null : givenIn(item, candidate),
      hasBaseline ? bit(baseline.correct) : null,
      bit(candidate.correct),
      hasBaseline ? rounded(baseline.margin) : null,
      rounded(candidate.margin),
    ];
  });
  const part = parts.indexOf({
    ...{ suite: shortened(suite, MAX_NAME), capability: shortened(capability, MAX_NAME) },
    family: shortened(withoutSuite(family, suite), MAX_NAME),
    ...given({ texts: isWithheld ? ('withheld' as const) : undefined }),
  });
  return { id: shortened(withoutSuite(first.id, suite), MAX_NAME), part, ...given({ flip }), items: stored };
}

/** The text, or the index of the item that has it. */
function promptOf({ prompt }: PairedItem, index: number, known: Map<string, number>): StoredItem[1] {
  if (prompt === null) return null;
  const first = known.get(prompt);
  if (first !== undefined) return first;
  known.set(prompt, index);
  return end(prompt, MAX_PROMPT);
}

function givenIn({ right }: PairedItem, { given }: ProbeAnswer): string | null {
  return given === right ? null : shortened(given, MAX_ANSWER);
}

const bit = (isTrue: boolean): 0 | 1 => (isTrue ? 1 : 0);

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Ids and families of several suites begin with the name of the suite, which the table has separately. */
function withoutSuite(id: string, suite: string): string {
  return id.startsWith(`${suite} · `) ? id.slice(suite.length + 3) : id;
}

function end(text: string, length: number): string {
  return text.length <= length ? text : `…${text.slice(-length).replace(/^[\udc00-\udfff]/, '')}`;
}
