import { capitalize } from '@shadow-gate/platform';
import type { Form, TwinKind } from '@shadow-gate/probes/item';
import type { KindRow, ProbeComparison } from '../../compare/probes/index.ts';
import { name, type Phrase, phrase, term } from './phrase.ts';

/** The two forms of the probes as names of a row, or at the start of a sentence. */
export const EXAM = term('benchmarkForm', 'Exam');
export const TWINS = term('twinAccuracy', 'Other forms');

/** Twins of each kind, for a reader who does not know the word. */
const WORDS: Readonly<Record<Exclude<TwinKind, 'group'>, string>> = {
  open: 'the same questions without options',
  format: 'the same questions in other formats',
  fresh: 'new questions of the same kind',
};

type Twins = Pick<KindRow, 'kind' | 'group'>;

/** Twins of one kind in a sentence. */
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

/** Labels of kinds in names of rows. */
export const TWIN_LABELS: Readonly<Record<TwinKind, string>> = {
  open: 'no options',
  format: 'other formats',
  fresh: 'new questions',
  group: 'other items',
};

/** Twins of one kind as part of the name of a row, or its beginning: `no options`. */
export function twinLabel(
  { kind, group }: Twins,
  { capitalized = false }: { readonly capitalized?: boolean } = {},
): Phrase {
  const shown = capitalized ? capitalize : String;
  return kind === 'group' && group !== null
    ? phrase`${term('twinKind', shown('questions'))} of ${name(group)}`
    : [term('twinKind', shown(TWIN_LABELS[kind]))];
}

const ROLES: Readonly<Record<KindRow['role'], string>> = {
  decides: 'yes',
  'only-format': 'can fail a gain, cannot confirm it',
  'beside-stronger': 'no: stronger forms decide',
  'labels-not-bound': 'no: asks for letters, which do not work here',
  'too-few': 'no: too few facts',
};

/** Whether twins of this kind decide about a gain, or why not. */
export function roleText({ role }: Pick<KindRow, 'role'>): string {
  return ROLES[role];
}

/** The rows that decide; all rows if none does. */
export function decidingKinds(rows: readonly KindRow[]): readonly KindRow[] {
  const deciding = rows.filter(({ role }) => role === 'decides' || role === 'only-format');
  return deciding.length > 0 ? deciding : rows;
}

/** Name of a form; of twins, the kind of change. */
export function formName(form: Form, kind: TwinKind | null): string {
  switch (form) {
    case 'benchmark':
      return 'exam';
    case 'benchmark-text':
      return 'exam, answered by text';
    case 'twin':
      return kind === null ? 'other forms' : TWIN_LABELS[kind];
    case 'robustness':
      return 'distracted';
  }
}
