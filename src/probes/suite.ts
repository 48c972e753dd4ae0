import { createHash } from 'node:crypto';
import { at } from '../platform/at.ts';
import type { Phrasing, ProbeFamily } from './families/family.ts';
import { PROBE_FAMILIES } from './families/index.ts';
import type { ProbeItem } from './item.ts';
import { Random } from './random.ts';

export const BUILTIN = 'builtin';

/**
 * Increased by every change that draws other items from the same seed: older measurements are no longer baselines then.
 */
export const SUITE_VERSION = 1;

/** Facts of each family, in a benchmark form and one twin each: 360 pairs, 720 items in total. */
export const PAIRS_PER_FAMILY = 60;

/** Items that are run together, and their identity. */
export interface Suite {
  readonly name: string;
  /** The version of the built-in suite; null for a file. */
  readonly version: number | null;
  /** Digest of the whole suite: suites with the same name and digest have the same items. */
  readonly digest: string;
  /** Null for a file without derived twins. */
  readonly seed: number | null;
  readonly items: readonly ProbeItem[];
  /** Number of items in the whole suite, of which `items` may be a part. */
  readonly size: number;
  /** The path of its file; null for the built-in suite. */
  readonly path: string | null;
  /** Unusual records in its file. */
  readonly warnings: readonly string[];
  /** Length limit of generated answers. */
  readonly maxNewTokens: number;
  /** Name of the suite that all its items are group twins of. */
  readonly twinsOf?: string;
  /** Levels of its families, and those that are asked in full. */
  readonly levels?: readonly FamilyLevels[];
}

/** Difficulty steps of one family. */
export interface FamilyLevels {
  readonly family: string;
  /** How many there are; they are counted from 1. */
  readonly count: number;
  /** Those that are asked in full. */
  readonly asked: readonly number[];
}

/** Enough for a number or a short phrase. */
export const DEFAULT_MAX_NEW_TOKENS = 24;

/** The built-in suite. The same seed gives the same items on every machine. */
export function builtinSuite(seed: number): Suite {
  const items = PROBE_FAMILIES.flatMap((family) => drawFamily(family, seed, PAIRS_PER_FAMILY));
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

/** The items of one family: the benchmark form of each fact, then its twin. */
export function drawFamily(family: ProbeFamily, seed: number, pairs: number): ProbeItem[] {
  const { name, capability, levels } = family;
  const { twins } = at(levels, 0);
  const templates = Array.from({ length: pairs }, (_, i) => at(twins, i % twins.length).name);
  const digits = String(pairs - 1).length;
  return family.draw(new Random(seed, `suite ${name}`), templates, 1).flatMap(({ benchmark, twin }, i): ProbeItem[] => {
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

function formOf({ template, prompt, question }: Phrasing, family: string) {
  return { cluster: `${family} · ${template}`, prompt, question };
}

/**
 * The digest of a suite.
 * @param maxNewTokens length limit of generated answers; if not the default, it is part of the identity of exact-match
 *   items
 */
export function digestItems(items: readonly ProbeItem[], maxNewTokens = DEFAULT_MAX_NEW_TOKENS): string {
  const dependsOnLimit =
    maxNewTokens !== DEFAULT_MAX_NEW_TOKENS && items.some(({ question }) => question.kind === 'exact');
  const identity = dependsOnLimit ? { items, maxNewTokens } : items;
  return `sha256:${createHash('sha256').update(JSON.stringify(identity)).digest('hex')}`;
}
