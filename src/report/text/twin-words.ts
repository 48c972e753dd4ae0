import { capitalize } from '@shadow-gate/platform';
import type { Form, TwinKind } from '@shadow-gate/probes/item';
import type { KindRow, ProbeComparison } from '../../compare/probes/index.ts';
import { name, type Phrase, phrase, term } from './phrase.ts';

/** Names of the two forms in a row, or at the start of a sentence. */
export const EXAM = term('benchmarkForm', 'Exam');
export const TWINS = term('twinAccuracy', 'Other forms');

/** For a reader who does not know the kinds. */
const WORDS: Readonly<Record<Exclude<TwinKind, 'group'>, string>> = {
  open: 'the same questions without options',
  format: 'the same questions in other formats',
  fresh: 'new questions of the same kind',
};

type Twins = Pick<KindRow, 'kind' | 'group'>;

export function twinWords({ kind, group }: Twins): Phrase {
  if (kind === 'group') return group === null ? [OTHER_FORMS] : phrase`the questions of ${name(group)}`;
  return [term('twinKind', WORDS[kind])];
}

const OTHER_FORMS = term('twin', 'the same skills in other forms');

/** The twins of all facts in a sentence, by kind if there is only one. */
export function allTwinWords({ kinds }: Pick<ProbeComparison, 'kinds'>): Phrase {
  const [first, ...others] = kinds;
  const isOne = first !== undefined && others.every(({ kind, group }) => kind === first.kind && group === first.group);
  return isOne ? twinWords(first) : [OTHER_FORMS];
}

export const TWIN_LABELS: Readonly<Record<TwinKind, string>> = {
  open: 'no options',
  format: 'other formats',
  fresh: 'new questions',
  group: 'other items',
};

/** Twins of one kind as part of the name of a row: `no options`. */
export function twinLabel(
  { kind, group }: Twins,
  { capitalized = false }: { readonly capitalized?: boolean } = {},
): Phrase {
  const shown = capitalized ? capitalize : String;
  return kind === 'group' && group !== null
    ? phrase`${term('twinKind', shown('questions'))} of ${name(group)}`
    : [term('twinKind', shown(TWIN_LABELS[kind]))];
}

/** Whether twins of a kind decide about a gain, or why not. */
export const ROLE_WORDS: Readonly<Record<KindRow['role'], string>> = {
  decides: 'yes',
  'only-format': 'can fail a gain, cannot confirm it',
  'beside-stronger': 'no: stronger forms decide',
  'labels-not-bound': 'no: asks for letters, which do not work here',
  'too-few': 'no: too few facts',
};

/** The rows that decide; all rows if none does. */
export function decidingKinds(rows: readonly KindRow[]): readonly KindRow[] {
  const deciding = rows.filter(({ role }) => role === 'decides' || role === 'only-format');
  return deciding.length > 0 ? deciding : rows;
}

const FORM_NAMES: Readonly<Record<Form, string>> = {
  benchmark: 'exam',
  'benchmark-text': 'exam, answered by text',
  twin: 'other forms',
  robustness: 'distracted',
};

/** Name of a form; of twins, that of their kind. */
export const formName = (form: Form, kind: TwinKind | null): string =>
  form === 'twin' && kind !== null ? TWIN_LABELS[kind] : FORM_NAMES[form];
