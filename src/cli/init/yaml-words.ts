import { stringify } from 'yaml';
import { printable } from '../../report/escape.ts';

/** A text as one YAML scalar on one line, which is read back as it was; invisible characters are written as escapes. */
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

/** A value in a workflow: `${{`, which begins an expression, is written as an expression that gives that text. */
export function workflowWord(text: string): string {
  return yamlWord(text.replaceAll(EXPRESSION, () => `${EXPRESSION} '${EXPRESSION}' }}`));
}

/** Characters without a meaning in a path filter, which cannot escape the others. */
const PLAIN_SEGMENT = /^[\w@%=:, .-]+$/;

/** A path filter for a file, or a folder with its contents; wider if a name cannot be written. Null: everything. */
export function pathFilter(path: string): string | null {
  const segments = path.split('/');
  const end = segments.findIndex((segment) => !PLAIN_SEGMENT.test(segment) || segment === '.');
  if (end < 0) return /\.(?:gguf|onnx|safetensors|txt)$/.test(path) ? path : `${path}/**`;
  return end === 0 ? null : `${segments.slice(0, end).join('/')}/**`;
}
