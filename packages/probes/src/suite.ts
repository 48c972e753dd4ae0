import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { datasetName, isDatasetPath, parseDatasetPath } from '@shadow-gate/checkpoints/hub';
import { at, given } from '@shadow-gate/platform';
import type { Phrasing, ProbeFamily } from './families/family.ts';
import { PROBE_FAMILIES, SECRET_FAMILIES } from './families/index.ts';
import type { ProbeItem } from './item.ts';
import { Random, type Seed, type SeedName, seedName } from './random.ts';

export const BUILTIN = 'builtin';

/** The suite of what a chat template writes. */
export const PROTOCOL = 'protocol';

/** Increased when the same seed draws other items: older measurements then cannot be baselines. */
export const SUITE_VERSION = 2;

/** Facts of the built-in suite at one level per family, each as a benchmark form and a twin. */
export const DEFAULT_FACTS = 360;

/** `most` is all that the families can draw. */
export const FACTS_RANGE = { least: 60, most: 1200 } as const;

/** Facts of each level that are asked in full by default. */
export const FACTS_PER_LEVEL = DEFAULT_FACTS / PROBE_FAMILIES.length;

/** Most facts of a level that only show whether the level suits a model. They are never judged. */
export const PILOT_FACTS_PER_LEVEL = 24;

/** Outside all statistics of skills, asked as a whole: requests to refuse, or questions that must all be right. */
export const SUITE_ROLES = ['refusal', 'must-pass'] as const;
export type SuiteRole = (typeof SUITE_ROLES)[number];

/** Values of the fields that a suite is sliced by. A field that a record lacks is missing. */
export type SliceValues = Readonly<Record<string, string>>;

/** By the id of a fact. */
export type SlicesOfFacts = ReadonlyMap<string, SliceValues>;

/** Items that are run together, and their identity. */
export interface Suite {
  readonly name: string;
  /** The version of the built-in suite; null for a file. */
  readonly version: number | null;
  /** Suites with the same name and digest have the same items. */
  readonly digest: string;
  /** Null for a file without derived twins. */
  readonly seed: SeedName | null;
  /** Items of all levels, or of the chosen ones. */
  readonly items: readonly ProbeItem[];
  /** Number of items in the whole suite at its levels, of which `items` may be a part. */
  readonly size: number;
  /** Null for the built-in suite and for a data set on a hub. */
  readonly path: string | null;
  /** Address of a data set on a hub, with the commit; not part of its identity. */
  readonly source?: string;
  readonly warnings: readonly string[];
  readonly maxNewTokens: number;
  /** Missing: decoded greedily. */
  readonly sampling?: SuiteSampling;
  /** Whether measurements keep its texts, and the key of the hashes in their place; missing for public questions. */
  readonly texts?: { readonly kept: boolean; readonly key: string };
  /** Not part of its identity. */
  readonly slices?: SlicesOfFacts;
  /** Name of the suite that all its items are group twins of. */
  readonly twinsOf?: string;
  /** Missing: a benchmark. */
  readonly role?: SuiteRole;
  /** Whether prompts are chat messages, if that differs from suite to suite. */
  readonly chatTemplate?: boolean;
  /** Facts of the built-in suite, at one level per family; missing for the default. */
  readonly facts?: number;
  readonly levels?: readonly FamilyLevels[];
  /** Items that only help to choose levels. */
  readonly pilot?: readonly ProbeItem[];
}

export interface SuiteSampling {
  readonly samples: number;
  /** Logits are divided by it. */
  readonly temperature: number;
}

export interface FamilyLevels {
  readonly family: string;
  readonly count: number;
  /** Levels that are asked in full, from 1; null until they are chosen. */
  readonly asked: readonly number[] | null;
}

/** Settings that are part of a suite's identity. */
type SuiteSettings = {
  readonly [Key in 'maxNewTokens' | 'twinsOf' | 'chatTemplate' | 'sampling' | 'role']?: Suite[Key] | undefined;
};

export type AskedLevels = FamilyLevels & { readonly asked: readonly number[] };

/** Enough for a number or a short phrase. */
export const DEFAULT_MAX_NEW_TOKENS = 24;

/** Share of the facts of a secret suite that are of the families with too many facts to learn. */
const SECRET_SHARE = 1 / 3;

/**
 * The built-in suite at all levels: the same for a seed on every machine, and a larger one begins with a smaller one.
 * With a secret seed it has more families and as many facts, and measurements have hashes in place of its texts.
 * @param facts at one level per family; a level that has fewer asks all it has
 */
export function builtinSuite(seed: Seed, facts = DEFAULT_FACTS): Suite {
  const isSecret = typeof seed !== 'number';
  const apart = isSecret ? facts * SECRET_SHARE : 0;
  const groups = [
    { members: PROBE_FAMILIES, facts: facts - apart },
    { members: isSecret ? SECRET_FAMILIES : [], facts: apart },
  ];
  const drawn = groups.flatMap(({ members, facts: own }) =>
    members.flatMap((family) => drawLevels(family, seed, Math.round(own / members.length))),
  );
  const families = groups.flatMap(({ members }) => members);
  const items = drawn.flatMap((level) => level.items);
  const pilot = drawn.flatMap((level) => level.pilot);
  return {
    name: BUILTIN,
    version: SUITE_VERSION,
    digest: digestItems([...items, ...pilot]),
    seed: seedName(seed),
    items,
    size: items.length,
    path: null,
    warnings: [],
    maxNewTokens: DEFAULT_MAX_NEW_TOKENS,
    ...(facts === DEFAULT_FACTS ? {} : { facts }),
    ...(isSecret ? { texts: { kept: false, key: seed.textKey() } } : {}),
    levels: families.map(({ name, levels }) => ({ family: name, count: levels.length, asked: null })),
    pilot,
  };
}

/** The suite with these levels alone. Items without a level stay. */
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

function drawLevels(family: ProbeFamily, seed: Seed, share: number) {
  // Nothing to choose, nothing to try.
  const most = family.levels.length > 1 ? PILOT_FACTS_PER_LEVEL : 0;
  return family.levels.map(({ supply = Infinity }, i) => {
    const tried = Math.min(most, supply - FACTS_PER_LEVEL);
    return drawLevel(family, { level: i + 1, seed, facts: Math.min(share, supply - tried), tried });
  });
}

/** Benchmark forms and twins. The pilot comes after the default facts: the same answers choose levels for any size. */
function drawLevel(
  family: ProbeFamily,
  { level, seed, facts, tried }: Readonly<Record<'level' | 'facts' | 'tried', number>> & { readonly seed: Seed },
) {
  const { name, capability, levels } = family;
  const { twins } = at(levels, level - 1);
  const templateOf = (i: number) => at(twins, i % twins.length);
  const count = Math.max(facts, FACTS_PER_LEVEL);
  const asked = Array.from({ length: count }, (_, i) => ({ stem: numbered(i), template: templateOf(i) }));
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

/** Digest of items and of settings that change how they are asked. The length limit counts only for written answers. */
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

/** File name, or `org/name/config/split` on a hub: any revision is one suite. @throws UserError for a bad address */
export function suiteNameFromFile(file: string): string {
  return isDatasetPath(file) ? datasetName(parseDatasetPath(file)) : basename(file);
}

/** File name of a suite, without extension. The dots of a data set stay, and its slashes are replaced. */
export function suiteExportName({ name, source }: Pick<Suite, 'name' | 'source'>): string {
  return source === undefined ? name.replace(/\.[^.]*$/, '') : name.replaceAll('/', '--');
}
