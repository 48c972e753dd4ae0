import type { Column } from '../render/terminal/table.ts';
import type { NumberColumn } from '../text/accuracy-columns.ts';

/** The unit has a line of its own and, where columns are narrow, the first word of the name too. */
export function numberColumn({ text, unit }: NumberColumn, { isNarrow }: { readonly isNarrow: boolean }): Column {
  const head = isNarrow ? text.replace(' ', '\n') : text;
  return { head: unit === '' ? head : `${head},\n${unit}`, align: 'right' };
}
