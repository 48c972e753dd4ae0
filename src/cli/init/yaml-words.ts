import { stringify } from 'yaml';
import { printable } from '../../report/escape.ts';

/** A text as a YAML scalar on one line, with escapes for invisible characters. */
export function yamlWord(text: string): string {
  if (printable(text, text.length) !== text) return `"${Array.from(text, escaped).join('')}"`;
  return stringify(text, { lineWidth: 0, blockQuote: false }).trimEnd();
}

/** YAML has no surrogate pairs: a code point is one escape. */
function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return /[\w ./-]/.test(character) ? character : `\\U${code.toString(16).padStart(8, '0')}`;
}

const EXPRESSION = '$' + '{{';

/** A value in a workflow. `${{` begins an expression, so it is written as an expression with that text. */
export function workflowWord(text: string): string {
  return yamlWord(text.replaceAll(EXPRESSION, () => `${EXPRESSION} '${EXPRESSION}' }}`));
}

/** Characters without a meaning in a path filter, which has no escapes. */
const PLAIN_SEGMENT = /^[\w@%=:, .-]+$/;

/** A path filter for a file or a folder; wider if a name cannot be written. Null: everything. */
export function pathFilter(path: string): string | null {
  const segments = path.split('/');
  const end = segments.findIndex((segment) => !PLAIN_SEGMENT.test(segment) || segment === '.');
  if (end < 0) return /\.(?:gguf|onnx|safetensors|txt)$/.test(path) ? path : `${path}/**`;
  return end === 0 ? null : `${segments.slice(0, end).join('/')}/**`;
}
