import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Tally, tally } from './libraries.ts';

interface Tokenizers {
  readonly Tokenizer: { fromString(json: string): Tokenizer };
}

interface Tokenizer {
  encode(text: string, pair: null, options: { addSpecialTokens: boolean }): Promise<{ getIds(): number[] }>;
  decode(ids: readonly number[], skipSpecialTokens: boolean): Promise<string>;
}

interface Case {
  readonly tokenizer: Readonly<Record<string, unknown>>;
  /** Null for a text that cannot be encoded. */
  readonly encoded: ReadonlyArray<readonly [text: string, ids: readonly number[] | null]>;
  readonly decoded: ReadonlyArray<readonly [ids: readonly number[], skipSpecialTokens: boolean, text: string]>;
}

/**
 * Random tokenizers; Python's `tokenizers` is the judge
 * (packages/language-model/test/fixtures/make_random_tokenizers.py).
 */
export async function compare(folder: string): Promise<Tally[]> {
  const cases: readonly Case[] = JSON.parse(
    readFileSync(
      fileURLToPath(new URL('../../packages/language-model/test/fixtures/tokenizers/random.json', import.meta.url)),
      'utf8',
    ),
  );
  const require = createRequire(join(folder, 'x.js'));
  const { Tokenizer }: Tokenizers = require('tokenizers');
  const encodings: boolean[] = [];
  const texts: boolean[] = [];
  const refused: { readonly json: string; readonly text: string }[] = [];
  for (const { tokenizer, encoded, decoded } of cases) {
    const json = JSON.stringify({ version: '1.0', post_processor: null, ...tokenizer });
    const own = Tokenizer.fromString(json);
    for (const [text, ids] of encoded) {
      if (ids === null) refused.push({ json, text });
      else encodings.push(same((await own.encode(text, null, { addSpecialTokens: false })).getIds(), ids));
    }
    for (const [ids, skip, text] of decoded) texts.push((await own.decode(ids, skip)) === text);
  }
  const isSame = (one: boolean) => one;
  return [
    tally('encodings of random tokenizers', encodings, isSame),
    tally('texts of tokens', texts, isSame),
    tally('texts that cannot be encoded: an error, and not the end of the process', refused, (one) =>
      survives(require.resolve('tokenizers'), one),
    ),
  ];
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}

function survives(library: string, { json, text }: { readonly json: string; readonly text: string }): boolean {
  const program = `const { Tokenizer } = require(${JSON.stringify(library)});
    const [json, text] = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
    Tokenizer.fromString(json).encode(text, null, { addSpecialTokens: false }).then(() => process.exit(3), () => process.exit(0));`;
  return spawnSync(process.execPath, ['-e', program], { input: JSON.stringify([json, text]) }).status === 0;
}
