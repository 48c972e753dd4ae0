import type { Checkpoint } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { tokenEmbedding } from '@shadow-gate/checkpoints/naming';
import { findTokenizer, findTokenSource, type Tokenizer, type TokenPlace } from '@shadow-gate/language-model/tokens';
import { UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import type { TokenSample } from '../schema/behavior.ts';
import { type Folder, isUnreadable, readFolderJson } from './files.ts';

/** Texts that tokenizers split differently: spaces, numbers, scripts, marks, symbols, special tokens of some models. */
const TEXTS = [
  ' ',
  '  Hello world, hello  World   ',
  "isn't ISN'T they'LL we'Re it'S y'all",
  '1 12 123 1234 12345678 3.14 1,000 2024-05-06 a1b22c333',
  'x½y²z ١٢٣ Ⅷ ①②③ ４２',
  'camelCase HTTPServer snake_case __init__ fooBAR ǅx ßẞ İıi Σς',
  'def f(x):\n    return x\n\n\n\treturn\r\n  \r\n\tx == 1;',
  'spaces at the end   ',
  '\n\n  \n    at the beginning\t\t\tand tabs',
  `${' '.repeat(33)}a${'\n'.repeat(34)}b${'-'.repeat(40)}`,
  'e\u0301lan Cafe\u0301 Å \u212b ﬁ ﷺ \u1100\u1161 a\u0300\u0301b',
  'Grüße aus Köln, naïve café, œuvre, Příliš žluťoučký kůň',
  'Съешь же ещё этих мягких булок; Ελληνικά γράμματα; українська мова',
  '你好，世界。日本語のテキスト「カタカナ」 한국어 문장 mixed中文text',
  'हिन्दी में नमस्ते ไทยภาษา العربية مع ١٢٣ עברית',
  '🚀👩\u200d👩\u200d👧 ❤\ufe0f 🇩🇪 👍🏽 \u{10400}𝔘𝔫𝔦',
  'nbsp\u00a0wide\u3000line\u2028zero\u200bbom\ufeffnel\u0085end',
  '... !!! ?! "q" (a) [b]{c} <d> $5+=^~|` a/b\\c // x\n!\n\n',
  'https://example.org/a?b=c&d=%20e#f user@example.org C:\\dir\\file.txt',
  '‘curly’ “quotes” – — … ！，。～ ▁ Ġ Ċ ▁▁',
  '\x00\x01\x1f\x7f\ufffd',
  '<s>x</s> <unk> <|im_start|>user\nHi<|im_end|> <|eot_id|><start_of_turn> <0x0A> <think>a</think> [INST] b [/INST]',
] as const;

/** Texts of these tokens are encoded again, a few at once: ids up to 2^18, closer together at the beginning. */
const TOKENS = [...every(31, 2 ** 13), ...every(257, 2 ** 18)];
const AT_ONCE = 4;

/** Tokens matched as a whole that are encoded alone: Gemma 3 has 6,415, most of them unused. */
const WHOLE = 4096;

function every(step: number, end: number): number[] {
  return Array.from({ length: Math.ceil(end / step) }, (_, i) => i * step);
}

/**
 * A digest of the tokens of a checkpoint by their ids, which of them are matched as a whole, and how its tokenizer
 * encodes fixed texts, texts of its own tokens, and each token matched as a whole. Different files can describe the
 * same tokenizer, such as those of a GGUF model and of its original.
 * @returns null without a tokenizer that can be used
 */
export async function sampleTokens(checkpoint: Checkpoint, base: FullCheckpoint | null): Promise<TokenSample | null> {
  const places = checkpoint.format === 'lora' && base ? [checkpoint, base] : [checkpoint];
  for (const place of places) {
    try {
      const tokenizer = await findTokenizer(place);
      if (tokenizer === null) continue;
      try {
        return sampleOf(tokenizer, await tableOf(place, rowsOf(checkpoint.format === 'lora' ? base : checkpoint)));
      } finally {
        await tokenizer.close?.();
      }
    } catch (error) {
      if (error instanceof UserError) return null;
      throw error;
    }
  }
  return null;
}

/** Rows of the embeddings. Some Gemma models have one less than tokenizer.json has tokens; GGUF files leave it out. */
function rowsOf(checkpoint: FullCheckpoint | null): number {
  return (checkpoint && tokenEmbedding(checkpoint.tensors.values())?.shape[0]) ?? Number.POSITIVE_INFINITY;
}

/** A token of the model. `whole`: matched in texts as a whole, before they are split. */
type TableEntry = readonly [id: number, token: string, whole: boolean];

/** All tokens by id, from the vocabulary and the added tokens. @param rows ids from there on have no embedding */
async function tableOf(place: TokenPlace, rows: number): Promise<TableEntry[] | null> {
  const source = await findTokenSource(place);
  const folder: Folder = source.kind === 'gguf' ? { files: { ...source.files } } : source.files;
  const json = await readFolderJson(folder, 'tokenizer.json');
  const config = await readFolderJson(folder, 'tokenizer_config.json');
  if (json === null || isUnreadable(json)) return null;
  const { vocab } = (json.model ?? {}) as { readonly vocab?: unknown };
  const table = new Map<number, string>();
  if (typeof vocab === 'object' && vocab !== null) {
    for (const [token, id] of Object.entries(vocab)) if (typeof id === 'number') table.set(id, token);
  }
  const added: readonly unknown[] = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  const whole = new Set<number>();
  for (const token of added) {
    const { id, content } = (token ?? {}) as { readonly id?: unknown; readonly content?: unknown };
    if (typeof id !== 'number' || typeof content !== 'string') continue;
    table.set(id, content);
    whole.add(id);
  }
  // transformers also adds tokens that only this file has.
  const decoder = isUnreadable(config) ? null : config?.added_tokens_decoder;
  for (const id of Object.keys(decoder ?? {})) whole.add(Number(id));
  return [...table]
    .filter(([id]) => id < rows)
    .sort(([a], [b]) => a - b)
    .map(([id, token]) => [id, token, whole.has(id) && !SPACES.test(token)] as const);
}

/** Runs of spaces: added tokens in Gemma's GGUF files, plain ones with the same result in its tokenizer.json. */
const SPACES = /^[ \u2581]+$/;

function sampleOf(tokenizer: Tokenizer, table: readonly TableEntry[] | null): TokenSample {
  const spelled = TOKENS.map((id) => tokenizer.decode([id], { skipSpecialTokens: false }));
  const texts: string[] = [...TEXTS];
  for (let i = 0; i < spelled.length; i += AT_ONCE) {
    const text = spelled.slice(i, i + AT_ONCE).join('');
    if (text !== '') texts.push(text);
  }
  const whole = (table ?? []).filter(([, , isWhole]) => isWhole).slice(0, WHOLE);
  texts.push(...whole.map(([, token]) => token));
  const { leading, trailing } = tokenizer;
  const digest = sha256(JSON.stringify([table, leading, trailing, spelled, texts, texts.map(encodeOrNull)]));
  return { digest: `sha256:${digest}`, texts: texts.length };

  /** A text without tokens is as good a sample as any other. */
  function encodeOrNull(text: string): readonly number[] | null {
    try {
      return tokenizer.encode(text, { addSpecialTokens: false });
    } catch (error) {
      if (error instanceof UserError) return null;
      throw error;
    }
  }
}
