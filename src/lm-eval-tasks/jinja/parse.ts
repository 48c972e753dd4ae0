import { parse, tokenize } from '@huggingface/jinja';
import { nestingOf } from '../../platform/nesting.ts';
import { PythonError } from '../../platform/python/value.ts';
import type { Statement, Template } from './nodes.ts';

/** Brackets in texts count, too, since nothing is parsed yet. */
const DEEPEST = 200;
const KNOWN = new Map<string, Template>();
const MOST_KNOWN = 200;

/**
 * A template as the environment of lm-evaluation-harness reads it: white space stays, the last line end too.
 *
 * The tokenizer of the library takes one line end away, so there is one more for it. Its own `Template` would also trim blocks.
 * @throws PythonError for syntax that is not read
 */
export function parseTemplate(source: string): Template {
  const known = KNOWN.get(source);
  if (known !== undefined) return known;
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  const lines = source.replace(/\r\n?/g, '\n');
  if (/\{%-?\s*(?:end)?generation\s*-?%\}/.test(lines)) throw new PythonError('the tag "generation" is not read');
  if (nestingOf(lines, '([{', ')]}') > DEEPEST) throw new PythonError(`the template nests more than ${DEEPEST} levels`);
  const text = lines.endsWith('\n') ? `${lines}\n` : lines;
  const template = { source, body: bodyOf(text) };
  KNOWN.set(source, template);
  return template;
}

function bodyOf(text: string): readonly Statement[] {
  try {
    return parse(tokenize(text, {})).body as unknown as readonly Statement[];
  } catch (error) {
    // The library runs off the end of its tokens where a tag is not closed.
    if (!(error instanceof Error)) throw error;
    const what = error instanceof TypeError ? 'it ends too early' : error.message.split('\n')[0];
    throw new PythonError(`the template is not read: ${what}`);
  }
}
