import { printable } from '../escape.ts';
import { indented } from '../render/terminal/draw.ts';
import type { TerminalOptions } from '../render/terminal/table.ts';

interface Attested {
  /** The workflow that signed, with its repository and ref. */
  readonly workflow: string;
  readonly predicate: { readonly commit: string; readonly tool: { readonly version: string } };
  /** Path of the compared checkpoint; null if none was. */
  readonly checkpoint: string | null;
}

const MAX_NAME = 300;

export function renderAttested({ workflow, predicate, checkpoint }: Attested, { width }: TerminalOptions): string {
  const { commit, tool } = predicate;
  const about =
    checkpoint === null
      ? 'No checkpoint was compared.'
      : `${printable(checkpoint, MAX_NAME)} is the checkpoint that was judged.`;
  return [
    `The attestation is valid. It was signed by ${printable(workflow, MAX_NAME)}.`,
    `The report is the one that was signed, by Shadow Gate ${printable(tool.version)} for commit ${printable(commit)}. ${about}`,
  ]
    .flatMap((text) => indented(text, width))
    .join('\n');
}
