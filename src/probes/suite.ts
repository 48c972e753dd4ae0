import { createHash } from 'node:crypto';
import type { Family } from './families/family.ts';
import { FAMILIES } from './families/index.ts';
import type { ProbeItem } from './item.ts';
import { Random } from './random.ts';

export const BUILTIN = 'builtin';

/** Goes up with every change that draws other items from the same seed: older measurements are no baseline then. */
export const SUITE_VERSION = 1;

/** Facts of each family, each in its benchmark form and one twin: 360 pairs, 720 items in all. */
export const PAIRS_PER_FAMILY = 60;

/** Items that are asked together, and what identifies them. */
export interface Suite {
  readonly name: string;
  /** Of the built-in suite; null for a file. */
  readonly version: number | null;
  /** Of what the items were drawn from: the same name and digest are the same items. */
  readonly digest: string;
  /** Null for a file whose items are not drawn. */
  readonly seed: number | null;
  readonly items: readonly ProbeItem[];
  /** How many items the whole suite has, where `items` are a part of it. */
  readonly size: number;
  /** Where its file lies; null for the built-in suite. */
  readonly path: string | null;
  /** What is odd about its file. */
  readonly warnings: readonly string[];
  /** Of its exact answers. */
  readonly maxNewTokens: number;
}

/** A number or a short phrase. */
export const DEFAULT_MAX_NEW_TOKENS = 24;

/** The built-in suite. The same seed gives the same items on every machine. */
export function builtinSuite(seed: number): Suite {
  const items = FAMILIES.flatMap((family) => drawFamily(family, seed, PAIRS_PER_FAMILY));
  return {
    name: BUILTIN,
    version: SUITE_VERSION,
    digest: digestItems(items),
    seed,
    items,
    size: items.length,
    path: null,
    warnings: [],
    maxNewTokens: DEFAULT_MAX_NEW_TOKENS,
  };
}

/** Items of one family: the benchmark form of each fact, then its twin. */
export function drawFamily(family: Family, seed: number, pairs: number): ProbeItem[] {
  const { name, capability, twins } = family;
  const kinds = Array.from({ length: pairs }, (_, i) => twins[i % twins.length] ?? '');
  const digits = String(pairs - 1).length;
  return family.draw(new Random(seed, `suite ${name}`), kinds).flatMap(({ benchmark, twin }, i): ProbeItem[] => {
    const fact = `${name}-${String(i).padStart(digits, '0')}.${benchmark.template}`;
    const common = { capability, family: name, fact };
    return [
      { ...common, ...formOf(benchmark, name), id: fact, form: 'benchmark' },
      {
        ...common,
        ...formOf(twin, name),
        id: `${fact.slice(0, fact.lastIndexOf('.'))}.${twin.template}`,
        form: 'twin',
      },
    ];
  });
}

function formOf({ template, prompt, question }: ReturnType<Family['draw']>[number]['twin'], family: string) {
  return { cluster: `${family} · ${template}`, prompt, question };
}

/** @param maxNewTokens that an exact answer may take, where it is not the default: a shorter answer may be another one */
export function digestItems(items: readonly ProbeItem[], maxNewTokens = DEFAULT_MAX_NEW_TOKENS): string {
  const isCut = maxNewTokens !== DEFAULT_MAX_NEW_TOKENS && items.some(({ question }) => question.kind === 'exact');
  const identity = isCut ? { items, maxNewTokens } : items;
  return `sha256:${createHash('sha256').update(JSON.stringify(identity)).digest('hex')}`;
}
