import { z } from 'zod';
import { readPart } from '../read-part.ts';
import { fromOniguruma } from '../regex/oniguruma.ts';
import {
  arrange,
  BEHAVIORS,
  cutAtCharacters,
  cutAtMatches,
  type SplitBehavior,
  type Stretch,
} from '../regex/split-text.ts';
import {
  type CodePoints,
  codePointSet,
  contains,
  invertCodePoints,
  toClass,
  uniteCodePoints,
} from '../unicode/code-points.ts';
import { rustNumeric, rustPunctuation, rustWord, whiteSpace } from '../unicode/properties.ts';
import { byteLetters } from './byte-letters.ts';
import { compilePattern, oneCharacter, patternSchema } from './pattern.ts';

/** A part of a text between added tokens, for the model. */
export interface TextPiece {
  readonly text: string;
  /** Does it begin where the whole text begins? */
  readonly first: boolean;
}

type PreTokenizer = (pieces: readonly TextPiece[]) => TextPiece[];

const behaviorSchema = z.enum(BEHAVIORS);

const metaspaceSchema = z.strictObject({
  type: z.literal('Metaspace'),
  replacement: oneCharacter.default('▁'),
  prepend_scheme: z.enum(['first', 'never', 'always']).default('always'),
  split: z.boolean().default(true),
  // Older files have these, with the same meaning.
  add_prefix_space: z.boolean().optional(),
  str_rep: z.string().optional(),
});

const schema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Sequence'), pretokenizers: z.array(z.unknown()) }),
  z.strictObject({
    type: z.literal('ByteLevel'),
    add_prefix_space: z.boolean(),
    trim_offsets: z.boolean(),
    use_regex: z.boolean().default(true),
  }),
  metaspaceSchema,
  z.strictObject({
    type: z.literal('Split'),
    pattern: patternSchema,
    behavior: behaviorSchema,
    invert: z.boolean(),
  }),
  z.strictObject({ type: z.literal('Digits'), individual_digits: z.boolean().default(false) }),
  z.strictObject({ type: z.literal('Punctuation'), behavior: behaviorSchema.default('Isolated') }),
  z.strictObject({ type: z.literal('CharDelimiterSplit'), delimiter: oneCharacter }),
  z.strictObject({ type: z.literal('FixedLength'), length: z.int().positive() }),
  z.strictObject({ type: z.enum(['BertPreTokenizer', 'Whitespace', 'WhitespaceSplit']) }),
]);

/** ByteLevel's own splitting: GPT-2's expression. */
const GPT2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+`;

/** tokenizer.json's pre-tokenizer, or null. @throws Error, also one of zod, for an unknown pre-tokenizer or option */
export function readPreTokenizer(value: unknown): PreTokenizer | null {
  if (value === null || value === undefined) return null;
  const data = readPart(schema, value, 'pre-tokenizer');
  switch (data.type) {
    case 'Sequence': {
      const inner = data.pretokenizers.map(readPreTokenizer);
      return (pieces) => inner.reduce<TextPiece[]>((done, step) => step?.(done) ?? done, [...pieces]);
    }
    case 'ByteLevel':
      return byteLevel(data);
    case 'Metaspace':
      return metaspace(data);
    case 'Split':
      return splitWith(cutBy(compilePattern(data.pattern)), data.behavior, data.invert);
    case 'Digits':
      return splitAt(rustNumeric(), data.individual_digits ? 'Isolated' : 'Contiguous');
    case 'Punctuation':
      return splitAt(rustPunctuation(), data.behavior);
    case 'CharDelimiterSplit':
      return splitAt(single(data.delimiter), 'Removed');
    case 'FixedLength':
      return (pieces) => pieces.flatMap((piece) => ofLength(piece, data.length));
    case 'Whitespace':
      return splitWith(cutBy(wordsAndMarks()), 'Removed', true);
    case 'WhitespaceSplit':
      return splitAt(whiteSpace(), 'Removed');
    case 'BertPreTokenizer': {
      const words = splitAt(whiteSpace(), 'Removed');
      const marks = splitAt(rustPunctuation(), 'Isolated');
      return (pieces) => marks(words(pieces));
    }
  }
}

/** Does it put its mark only before the first piece? */
export function prependsFirst(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { pretokenizers } = value as { readonly pretokenizers?: unknown };
  if (Array.isArray(pretokenizers)) return pretokenizers.some(prependsFirst);
  return metaspaceSchema.safeParse(value).data?.prepend_scheme === 'first';
}

const cutBy = (regex: RegExp) => (text: string) => cutAtMatches(text, regex);

function splitWith(cut: (text: string) => Stretch[], behavior: SplitBehavior, invert = false): PreTokenizer {
  return (pieces) =>
    pieces.flatMap(({ text, first }) =>
      arrange(cut(text), behavior, invert).map(({ start, end }) => ({
        text: text.slice(start, end),
        first: first && start === 0,
      })),
    );
}

function splitAt(set: CodePoints, behavior: SplitBehavior): PreTokenizer {
  return splitWith((text) => cutAtCharacters(text, (point) => contains(set, point)), behavior);
}

function single(character: string): CodePoints {
  const point = character.codePointAt(0) ?? 0;
  return codePointSet([point, point]);
}

function wordsAndMarks(): RegExp {
  const word = rustWord();
  return new RegExp(`${toClass(word)}+|${toClass(invertCodePoints(uniteCodePoints(word, whiteSpace())))}+`, 'gu');
}

type ByteLevelOptions = Extract<z.infer<typeof schema>, { type: 'ByteLevel' }>;

function byteLevel({ add_prefix_space, use_regex }: ByteLevelOptions): PreTokenizer {
  const split = use_regex ? splitWith(cutBy(fromOniguruma(GPT2)), 'Isolated') : null;
  return (pieces) => {
    const spaced = add_prefix_space
      ? pieces.map(({ text, first }) => ({ text: text.startsWith(' ') ? text : ` ${text}`, first }))
      : pieces;
    return (split?.(spaced) ?? spaced).map(({ text, first }) => ({ text: byteLetters(text), first }));
  };
}

function metaspace(data: z.infer<typeof metaspaceSchema>): PreTokenizer {
  const { replacement, prepend_scheme, split } = data;
  if (data.add_prefix_space === false && prepend_scheme !== 'never') {
    throw new Error('Metaspace: add_prefix_space does not fit prepend_scheme');
  }
  if (data.str_rep !== undefined && data.str_rep !== replacement) throw new Error('Metaspace: another str_rep');
  const cut = split ? splitAt(single(replacement), 'MergedWithNext') : null;
  return (pieces) => {
    const marked = pieces.map(({ text, first }) => {
      const replaced = text.replaceAll(' ', replacement);
      const wanted = prepend_scheme === 'always' || (prepend_scheme === 'first' && first);
      return { text: wanted && !replaced.startsWith(replacement) ? replacement + replaced : replaced, first };
    });
    return cut?.(marked) ?? marked;
  };
}

function ofLength({ text, first }: TextPiece, length: number): TextPiece[] {
  const characters = [...text];
  const out: TextPiece[] = [];
  for (let start = 0; start < characters.length; start += length) {
    out.push({ text: characters.slice(start, start + length).join(''), first: first && start === 0 });
  }
  return out;
}
