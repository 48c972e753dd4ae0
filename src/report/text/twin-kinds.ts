import type { Form, TwinKind } from '@shadow-gate/probes/item';
import type { KindRow } from '../../compare/probes/index.ts';
import { TWIN_LABELS } from './twin-words.ts';

const ROLES: Readonly<Record<KindRow['role'], string>> = {
  decides: 'yes',
  'only-format': 'can fail a gain, cannot confirm it',
  'beside-stronger': 'no: stronger forms decide',
  'labels-not-bound': 'no: asks for letters, which do not work here',
  'too-few': 'no: too few facts',
};

/** Whether twins of this kind may decide about a gain, and if not, why. */
export function roleText({ role }: Pick<KindRow, 'role'>): string {
  return ROLES[role];
}

/** The rows that decide; all of them where none does. The others explain. */
export function decidingKinds(rows: readonly KindRow[]): readonly KindRow[] {
  const deciding = rows.filter(({ role }) => role === 'decides' || role === 'only-format');
  return deciding.length > 0 ? deciding : rows;
}

/** The forms of items by name; of twins, by what they change. */
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
