import { groupBy } from '@shadow-gate/platform';
import { binomialAtLeast, exactSignFlip } from '../../statistics/index.ts';
import type { LabelRow } from '../rows/letters.ts';
import {
  meanChance,
  type PairedAnswers,
  type PairedFact,
  type PairedGroup,
  type PairedItem,
  type Side,
} from './paired-item.ts';
import { countUnits, unitsOf } from './sample.ts';

/** Fewer pairs of benchmark form and permuted twin cannot show whether a model follows the options. */
const MIN_PAIRS = 20;

const CONSTANT = 0.9;

/** A model follows options, or is above chance, at this level. */
const ALPHA = 0.05;

/** Level for a candidate's labels if the baseline's are no instrument. */
const ALPHA_OF_CANDIDATE = 0.001;

/**
 * Judge each suite only by answers that the baseline can give: a label is an answer only if the model follows the
 * options when they change places. If not, the benchmark form is judged by its text, and twins that ask for labels take
 * no part: facts that only labels can answer are not judged.
 */
export function selectInstruments({ facts, groups }: Pick<PairedAnswers, 'facts' | 'groups'>): PairedAnswers {
  const bySuite = groupBy(facts, ({ exam }) => exam.suite);
  const labels = [...bySuite].flatMap(([suite, own]) => rowOfSuite(suite, own) ?? []);
  const rowsOfGroups = groups.flatMap((group) => rowOfGroup(group, labels) ?? []);
  const rows = new Map([...labels, ...rowsOfGroups].map((row) => [row.suite, row]));
  const judgedGroups = groups
    .map((group) => ({ ...group, items: askedOnce(group.items, rows.get(group.suite)) }))
    .filter(({ items }) => items.length > 0);
  // A group that asks only for labels may be gone, and with it the twins of these facts.
  const grouped = new Set(judgedGroups.map(({ of }) => of));
  const suites = [...bySuite].map(([suite, own]) =>
    judgeSuite(own, { row: rows.get(suite), hasGroup: grouped.has(suite) }),
  );
  return {
    facts: suites.flatMap((suite) => suite.facts),
    unjudged: suites.flatMap(({ unjudged }) => unjudged),
    groups: judgedGroups,
    labels: [...rows.values()],
  };
}

/** One form of each question of a group: by its label if labels are an instrument, else by its text. */
function askedOnce(items: readonly PairedItem[], row: LabelRow | undefined): PairedItem[] {
  return [...groupBy(items, ({ fact }) => fact).values()].flatMap((forms) => {
    const byLabel = row?.works ? forms.find(asksForLabel) : undefined;
    return byLabel ?? forms.find(({ answers }) => answers === 'text') ?? [];
  });
}

interface SuiteInstruments {
  readonly row: LabelRow | undefined;
  readonly hasGroup: boolean;
}

function judgeSuite(facts: readonly PairedFact[], { row, hasGroup }: SuiteInstruments) {
  const asAsked = row === undefined || row.works;
  const canUseLabels = !asAsked && worksAlone(examsOf(facts), 'candidate', ALPHA_OF_CANDIDATE).works;
  const judged = facts.map((fact) => {
    const byText = asAsked ? fact : withoutLabels(fact, { canUseLabels });
    return { fact, byText: byText !== null && (hasGroup || byText.twins.length > 0) ? byText : null };
  });
  return {
    facts: judged.flatMap(({ byText }) => (byText === null ? [] : [byText])),
    unjudged: judged.flatMap(({ fact, byText }) => (byText === null ? [fact] : [])),
  };
}

/** @param options.canUseLabels the candidate's labels are more than a habit: they can stand in for a text form */
function withoutLabels(fact: PairedFact, { canUseLabels }: { readonly canUseLabels: boolean }): PairedFact | null {
  const { exam, text } = fact;
  const benchmark = exam.answers === 'text' ? exam : (text ?? (canUseLabels ? exam : null));
  const twins = fact.twins.filter(({ answers }) => answers === 'text');
  return benchmark === null ? null : { ...fact, benchmark, twins };
}

function examsOf(facts: readonly PairedFact[]): PairedItem[] {
  return facts.map(({ exam }) => exam).filter(asksForLabel);
}

function asksForLabel({ answers }: PairedItem): boolean {
  return answers === 'label';
}

function rowOfSuite(suite: string, facts: readonly PairedFact[]): LabelRow | null {
  const exams = examsOf(facts);
  const others = facts.flatMap(({ twins }) => twins).filter(asksForLabel);
  // If only twins ask for labels, they are judged.
  const items = exams.length > 0 ? exams : others;
  if (items.length === 0) return null;
  const binding = bindingOf(facts);
  const alone = worksAlone(items, 'baseline', ALPHA);
  const byPairs = binding !== null && pairsOf(facts).length >= MIN_PAIRS;
  return { suite, ...countsOf(items), binding, ...(byPairs ? follows(binding, alone) : alone) };
}

function countsOf(items: readonly PairedItem[]): Pick<LabelRow, 'items' | 'baseline' | 'candidate'> {
  return {
    items: items.length,
    baseline: countLabels(items, 'baseline'),
    candidate: countLabels(items, 'candidate'),
  };
}

function follows({ p }: NonNullable<LabelRow['binding']>, alone: Judged): Judged {
  if (p < ALPHA) return { works: true, why: 'binds' };
  return { works: false, why: alone.why === 'constant-label' ? 'constant-label' : 'does-not-follow-options' };
}

type Judged = Pick<LabelRow, 'works' | 'why'>;

/** Without pairs: a habit, or more right answers than by guessing. */
function worksAlone(items: readonly PairedItem[], side: Side, alpha: number): Judged {
  if (items.length === 0) return { works: false, why: 'not-above-chance' };
  const [most] = countLabels(items, side);
  if ((most?.count ?? items.length) >= CONSTANT * items.length) return { works: false, why: 'constant-label' };
  const right = items.filter((item) => item[side].correct).length;
  // A unit counts as one answer, which is right by its share.
  const n = countUnits(items);
  const p = binomialAtLeast(Math.floor((right * n) / items.length + 1e-9), n, meanChance(items));
  return p < alpha ? { works: true, why: 'above-chance' } : { works: false, why: 'not-above-chance' };
}

/** The most frequent first. Two choices that are preferred equally are no answer. */
function countLabels(items: readonly PairedItem[], side: Side): LabelRow['candidate'] {
  const given = items.map((item) => item[side].given).filter((label) => label !== '');
  return [...groupBy(given, (label) => label)]
    .map(([label, { length }]) => ({ label, count: length }))
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
}

/** On the baseline. Guessing follows the option and keeps the label equally often; a habit only keeps the label. */
function bindingOf(facts: readonly PairedFact[]): LabelRow['binding'] {
  const units = pairsOf(facts);
  if (units.length === 0) return null;
  const count = (pairs: readonly LabelPair[], wanted: LabelPair) => pairs.filter((pair) => pair === wanted).length;
  const pairs = units.flat();
  const p = exactSignFlip(units.map((own) => count(own, 'kept') - count(own, 'followed')));
  return { pairs: pairs.length, followed: count(pairs, 'followed'), kept: count(pairs, 'kept'), p };
}

type LabelPair = 'followed' | 'kept' | 'neither';

function pairsOf(facts: readonly PairedFact[]): LabelPair[][] {
  const pairs = facts.flatMap(({ exam, permuted }) =>
    exam.answers === 'label'
      ? permuted.flatMap((twin) => {
          const pair = followedOrKept(exam, twin);
          return pair === null ? [] : [{ pair, unit: exam.unit }];
        })
      : [],
  );
  return unitsOf(pairs, ({ unit }) => unit).map((own) => own.map(({ pair }) => pair));
}

/** Null: no answer of the baseline, or no record of which option a label had. */
function followedOrKept(exam: PairedItem, twin: PairedItem): LabelPair | null {
  const [first, second] = [exam.baseline.given, twin.baseline.given];
  const before = twin.oldLabels !== null && Object.hasOwn(twin.oldLabels, second) ? twin.oldLabels[second] : undefined;
  if (first === '' || before === undefined) return null;
  if ((before === first) === (second === first)) return 'neither';
  return before === first ? 'followed' : 'kept';
}

/** As the labels of the suite; without a row for it, by themselves. */
function rowOfGroup({ suite, of, items }: PairedGroup, labels: readonly LabelRow[]): LabelRow | null {
  const own = items.filter(asksForLabel);
  if (own.length === 0) return null;
  const { works, why } = labels.find((row) => row.suite === of) ?? worksAlone(own, 'baseline', ALPHA);
  return { suite, ...countsOf(own), binding: null, works, why };
}
