import { extname } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { readJsonl } from '../files/formats/jsonl.ts';
import { type Line, readLines, readProbeBytes } from '../files/formats/lines.ts';
import { suiteNameFromFile } from '../suite.ts';
import { LEAST_TEXTS, type PlainText, type TextSuite, textSuite } from './text-suite.ts';

const HINT = 'give a .txt file with blank lines between its texts, or a .jsonl file with a field "text" in each record';

/**
 * The texts of a .txt file between blank lines, or the fields `text` of a .jsonl file.
 * @param file its name in the policy; `path` may be a copy
 * @throws UserError for a file that cannot be read, or with too few texts
 */
export async function readTextSuite(path: string, file: string, { kept }: Pick<TextSuite, 'kept'>): Promise<TextSuite> {
  const lines = readLines(await readProbeBytes(path), file);
  const suite = textSuite(suiteNameFromFile(file), textsOf(lines, file), { kept });
  if (suite.texts.length < LEAST_TEXTS) {
    throw new UserError(
      `${file} has ${suite.texts.length} texts, and a suite of texts needs ${LEAST_TEXTS}: their spread shows how sure a mean is`,
      HINT,
    );
  }
  return suite;
}

function textsOf(lines: Iterable<Line>, file: string): PlainText[] {
  switch (extname(file).toLowerCase()) {
    case '.txt':
      return separated(lines).map((text, i) => ({ id: String(i + 1), text }));
    case '.jsonl':
      return readJsonl(lines, file).map(({ where, fields: { text } }, i) => {
        if (typeof text !== 'string') throw new UserError(`${where}: no field "text" that is a text`, HINT);
        return { id: String(i + 1), text };
      });
    default:
      throw new UserError(`${file}: texts are not read from such a file`, HINT);
  }
}

function separated(lines: Iterable<Line>): string[] {
  const texts: string[] = [];
  let own: string[] = [];
  const end = () => {
    if (own.length > 0) texts.push(own.join('\n'));
    own = [];
  };
  for (const { text } of lines) {
    if (text.trim() === '') end();
    else own.push(text);
  }
  end();
  return texts;
}
