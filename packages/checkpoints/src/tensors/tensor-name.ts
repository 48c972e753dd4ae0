import { UserError } from '@shadow-gate/platform';

/** Real names stay under 200 characters. Some functions pass over a name several times. */
const MAX_NAME_LENGTH = 4096;

/** @throws UserError for a name that is too long */
export function checkName(file: string, name: string): void {
  if (name.length <= MAX_NAME_LENGTH) return;
  throw new UserError(
    `${file}: tensor ${JSON.stringify(`${name.slice(0, 80)}…`)}: its name has ${name.length} characters`,
    'save or download the file again: it is damaged',
  );
}
