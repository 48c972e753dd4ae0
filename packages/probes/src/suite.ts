import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { datasetName, isDatasetPath, parseDatasetPath } from '@shadow-gate/checkpoints/hub';
import { at, given } from '@shadow-gate/platform';
import type { Phrasing, ProbeFamily } from './families/family.ts';
import { PROBE_FAMILIES } from './families/index.ts';
import type { ProbeItem } from './item.ts';
import { Random } from './random.ts';

export const BUILTIN = 'builtin';

/** Increased when the same seed draws other items: older measurements cannot be baselines then. */
export const SUITE_VERSION = 2;

/** Facts of the built-in suite with one level of each family, in a benchmark form and one twin each. */
export const DEFAULT_FACTS = 360;

/** The fewest that a suite can ask, and the most that its families can draw. */
export const FACTS_RANGE = { least: 60, most: 1200 } as const;

/** Facts of each level that are asked in full by default. */
export const FACTS_PER_LEVEL = DEFAULT_FACTS / PROBE_FAMILIES.length;

/** Most facts of each level that only show whether it suits a model. They are never judged. */
export const PILOT_FACTS_PER_LEVEL = 24;

/**
 * Roles of files that are no benchmark: asked as a whole, outside all statistics of skills. `refusal`: requests to
 * refuse. `must-pass`: questions that all must be answered right.
 */
export const SUITE_ROLES = ['refusal', 'must-pass'] as const;
export type SuiteRole = (typeof SUITE_ROLES)[number];

/** Values of the fields that a suite is sliced by, by their names. A field that a record lacks is missing. */
export type SliceValues = Readonly<Record<string, string>>;

/** By the id of a fact. */
export type SlicesOfFacts = ReadonlyMap<string, SliceValues>;

/** Items that are run together, and their identity. */
export interface Suite {
  readonly name: string;
  /** The version of the built-in suite; null for a file. */
  readonly version: number | null;
  /** Digest of the whole suite: suites with the same name and digest have the same items. */
  readonly digest: string;
  /** Null for a file without derived twins. */
  readonly seed: number | null;
  /** Those of all levels, or of the levels that were chosen. */
  readonly items: readonly ProbeItem[];
  /** Number of items in the whole suite at its levels, of which `items` may be a part. */
  readonly size: number;
  /** The path of its file; null for the built-in suite and for a data set on a hub. */
  readonly path: string | null;
  /** Address of a data set on a hub, with the commit; not part of its identity. */
  readonly source?: string;
  /** Unusual records in its file. */
  readonly warnings: readonly string[];
  /** Length limit of generated answers. */
  readonly maxNewTokens: number;
  /** How generated answers are sampled; missing: decoded greedily. */
  readonly sampling?: SuiteSampling;
  /** For a file: whether measurements keep its texts, and the key of the hashes in their place. */
  readonly texts?: { readonly kept: boolean; readonly key: string };
  /** Slices of its facts; not part of its identity. */
  readonly slices?: SlicesOfFacts;
  /** Name of the suite that all its items are group twins of. */
  readonly twinsOf?: string;
  /** Missing: a benchmark. */
  readonly role?: SuiteRole;
  /** Whether prompts are messages of a chat, where it differs from suite to suite. */
  readonly chatTemplate?: boolean;
  /** Facts of the built-in suite, with one level of each family; missing for the default. */
  readonly facts?: number;
  /** Levels of its families; missing for a suite without levels. */
  readonly levels?: readonly FamilyLevels[];
  /** Items that only help to choose levels. */
  readonly pilot?: readonly ProbeItem[];
}

export interface SuiteSampling {
  readonly samples: number;
  /** Logits are divided by it. */
  readonly temperature: number;
}

/** Difficulty steps of one family. */
export interface FamilyLevels {
  readonly family: string;
  /** Number of levels, which are counted from 1. */
  readonly count: number;
  /** Those that are asked in full; null as long as they are not chosen. */
  readonly asked: readonly number[] | null;
}

/** Settings that are part of a suite's identity. */
type SuiteSettings = {
  readonly [Key in 'maxNewTokens' | 'twinsOf' | 'chatTemplate' | 'sampling' | 'role']?: Suite[Key] | undefined;
};

/** Chosen levels. */
export type AskedLevels = FamilyLevels & { readonly asked: readonly number[] };

/** Enough for a number or a short phrase. */
export const DEFAULT_MAX_NEW_TOKENS = 24;

/**
 * The built-in suite at all levels: the same items for a seed on every machine, and more facts begin with those of
 * fewer.
 * @param facts with one level of each family; a level that has fewer asks those
 */
export function builtinSuite(seed: number, facts = DEFAULT_FACTS): Suite {
  const share = Math.round(facts / PROBE_FAMILIES.length);
  const drawn = PROBE_FAMILIES.map((family) => drawFamily(family, seed, share));
  const items = drawn.flatMap((family) => family.items);
  const pilot = drawn.flatMap((family) => family.pilot);
  return {
    name: BUILTIN,
    version: SUITE_VERSION,
    digest: digestItems([...items, ...pilot]),
    seed,
    items,
    size: items.length,
    path: null,
    warnings: [],
    maxNewTokens: DEFAULT_MAX_NEW_TOKENS,
    ...(facts === DEFAULT_FACTS ? {} : { facts }),
    levels: PROBE_FAMILIES.map(({ name, levels }) => ({ family: name, count: levels.length, asked: null })),
    pilot,
  };
}

/** A suite that asks these levels alone. Items without a level stay. */
export function atLevels(suite: Suite, levels: readonly AskedLevels[]): Suite {
  const asked = new Set(levels.flatMap(({ family, asked }) => asked.map((level) => levelKey({ family, level }))));
  const items = suite.items.filter(
    ({ family, level }) => level === undefined || asked.has(levelKey({ family, level })),
  );
  return { ...suite, items, size: items.length, levels, pilot: [] };
}

export function levelKey({ family, level }: { readonly family: string; readonly level?: number | undefined }): string {
  return JSON.stringify([family, level]);
}

/** The items of one family at all its levels: the benchmark form of each fact, then its twin. */
function drawFamily(
  family: ProbeFamily,
  seed: number,
  share: number,
): { readonly items: ProbeItem[]; readonly pilot: ProbeItem[] } {
  // Nothing to choose, nothing to try.
  const most = family.levels.length > 1 ? PILOT_FACTS_PER_LEVEL : 0;
  const levels = family.levels.map(({ supply = Infinity }, i) => {
    const tried = Math.min(most, supply - FACTS_PER_LEVEL);
    return drawLevel(family, { level: i + 1, seed, facts: Math.min(share, supply - tried), tried });
  });
  return { items: levels.flatMap(({ items }) => items), pilot: levels.flatMap(({ pilot }) => pilot) };
}

/**
 * The pilot, of as many facts as are tried, comes after the default number of facts, so that the same answers choose
 * levels whatever is asked.
 */
function drawLevel(
  family: ProbeFamily,
  { level, seed, facts, tried }: Readonly<Record<'level' | 'seed' | 'facts' | 'tried', number>>,
) {
  const { name, capability, levels } = family;
  const { twins } = at(levels, level - 1);
  const templateOf = (i: number) => at(twins, i % twins.length);
  const more = Math.max(0, facts - FACTS_PER_LEVEL);
  const asked = Array.from({ length: FACTS_PER_LEVEL + more }, (_, i) => ({
    stem: numbered(i),
    template: templateOf(i),
  }));
  const pilots = Array.from({ length: tried }, (_, i) => ({ stem: `pilot-${i}`, template: templateOf(i) }));
  const drawn = [...asked.slice(0, FACTS_PER_LEVEL), ...pilots, ...asked.slice(FACTS_PER_LEVEL)];
  const pairs = family.draw(
    new Random(seed, `suite ${name} ${level}`),
    drawn.map(({ template }) => template.name),
    level,
  );
  const both = pairs.map(({ benchmark, twin }, i): ProbeItem[] => {
    const { stem: number, template } = at(drawn, i);
    const stem = `${name}-${level}-${number}`;
    const fact = `${stem}.${benchmark.template}`;
    const common = { capability, family: name, level, fact };
    return [
      { ...common, ...formOf(benchmark, name), id: fact, form: 'benchmark' },
      { ...common, ...formOf(twin, name), id: `${stem}.${twin.template}`, form: 'twin', kind: template.kind },
    ];
  });
  const end = FACTS_PER_LEVEL + tried;
  return {
    items: [...both.slice(0, FACTS_PER_LEVEL), ...both.slice(end)].slice(0, facts).flat(),
    pilot: both.slice(FACTS_PER_LEVEL, end).flat(),
  };
}

const numbered = (i: number): string => String(i).padStart(String(FACTS_PER_LEVEL - 1).length, '0');

function formOf({ template, prompt, question }: Phrasing, family: string) {
  return { cluster: `${family} · ${template}`, prompt, question };
}

/**
 * The digest of a suite: its items, and settings that change how they are asked or what they show. Another length limit
 * counts only where answers are written.
 */
export function digestItems(
  items: readonly ProbeItem[],
  { maxNewTokens = DEFAULT_MAX_NEW_TOKENS, twinsOf, chatTemplate, sampling, role }: SuiteSettings = {},
): string {
  const dependsOnLimit =
    maxNewTokens !== DEFAULT_MAX_NEW_TOKENS && items.some(({ question }) => question.kind === 'exact');
  const limit = dependsOnLimit ? maxNewTokens : undefined;
  const settings = given({ maxNewTokens: limit, twinsOf, chatTemplate, sampling, role });
  const identity = Object.keys(settings).length > 0 ? { items, ...settings } : items;
  return `sha256:${createHash('sha256').update(JSON.stringify(identity)).digest('hex')}`;
}

export function areLevelsChosen(levels: readonly FamilyLevels[]): levels is readonly AskedLevels[] {
  return levels.every(({ asked }) => asked !== null);
}

/**
 * Name of a file or, of a data set on a hub, `org/name/config/split`: other revisions with the same items are the same
 * suite.
 * @throws UserError for an invalid address of a data set
 */
export function suiteNameFromFile(file: string): string {
  return isDatasetPath(file) ? datasetName(parseDatasetPath(file)) : basename(file);
}

/** Name of a suite as a file, without extension: a data set has no folders there, and dots within its name stay. */
export function suiteExportName({ name, source }: Pick<Suite, 'name' | 'source'>): string {
  return source === undefined ? name.replace(/\.[^.]*$/, '') : name.replaceAll('/', '--');
}
