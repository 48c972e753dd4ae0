import { z } from 'zod';
import { readPart } from '../read-part.ts';
import { cutAtMatches } from '../regex/split-text.ts';
import { lettersToBytes } from './byte-letters.ts';
import { cleanUpSpaces } from './clean-up-spaces.ts';
import { compilePattern, patternSchema } from './pattern.ts';

/** From tokens to parts of a text, one after the other. */
type TokenDecoder = (tokens: readonly string[]) => readonly string[];

const byteLevelOptions = {
  add_prefix_space: z.boolean().optional(),
  trim_offsets: z.boolean().optional(),
  use_regex: z.boolean().optional(),
};

const oneCharacter = z.string().refine((text) => [...text].length === 1, { error: 'is not one character' });

const schema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Sequence'), decoders: z.array(z.unknown()) }),
  z.strictObject({ type: z.literal('ByteLevel'), ...byteLevelOptions }),
  z.strictObject({ type: z.literal('ByteFallback') }),
  z.strictObject({ type: z.literal('Fuse') }),
  z.strictObject({ type: z.literal('Replace'), pattern: patternSchema, content: z.string() }),
  z.strictObject({
    type: z.literal('Strip'),
    content: oneCharacter,
    start: z.int().nonnegative(),
    stop: z.int().nonnegative(),
  }),
  z.strictObject({
    type: z.literal('Metaspace'),
    replacement: oneCharacter,
    prepend_scheme: z.enum(['first', 'never', 'always']).default('always'),
    split: z.boolean().optional(),
    add_prefix_space: z.boolean().optional(),
    str_rep: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('WordPiece'), prefix: z.string(), cleanup: z.boolean() }),
  z.strictObject({ type: z.literal('BPEDecoder'), suffix: z.string().min(1) }),
]);

/**
 * The decoder of a tokenizer.json; without one, there is a space between tokens.
 * @throws Error, also one of zod, for one that is not known or has an option that is not
 */
export function readDecoder(value: unknown): TokenDecoder {
  if (value === null || value === undefined) return (tokens) => [tokens.join(' ')];
  const data = readPart(schema, value, 'decoder');
  switch (data.type) {
    case 'Sequence': {
      const inner = data.decoders.map(readDecoder);
      return (tokens) => inner.reduce((done, decode) => decode(done), tokens);
    }
    case 'ByteLevel':
      return byteLevel;
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Replace': {
      const regex = compilePattern(data.pattern);
      return (tokens) => tokens.map((token) => replaced(token, regex, data.content));
    }
    case 'Strip':
      return (tokens) => tokens.map((token) => stripped(token, data));
    case 'Metaspace': {
      const inFirst = data.prepend_scheme === 'never' ? ' ' : '';
      return (tokens) => tokens.map((token, i) => token.replaceAll(data.replacement, i === 0 ? inFirst : ' '));
    }
    case 'WordPiece':
      return (tokens) => tokens.map((token, i) => wordPiece(token, i, data));
    case 'BPEDecoder':
      return (tokens) => tokens.map((token, i) => token.replaceAll(data.suffix, i === tokens.length - 1 ? '' : ' '));
  }
}

const lossy = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();

/** A token with a character that stands for no byte is its own text. */
function byteLevel(tokens: readonly string[]): string[] {
  return [
    lossy.decode(Uint8Array.from(tokens.flatMap((token) => lettersToBytes(token) ?? [...encoder.encode(token)]))),
  ];
}

const BYTE = /^<0x([0-9a-fA-F]{2})>$/;

/** Bytes in a row that are no UTF-8 are one � each. */
function byteFallback(tokens: readonly string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) out.push(...textsOf(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    const [, digits] = BYTE.exec(token) ?? [];
    if (digits !== undefined) bytes.push(Number.parseInt(digits, 16));
    else {
      flush();
      out.push(token);
    }
  }
  flush();
  return out;
}

function textsOf(bytes: readonly number[]): string[] {
  try {
    return [strict.decode(Uint8Array.from(bytes))];
  } catch {
    return bytes.map(() => '�');
  }
}

function replaced(token: string, regex: RegExp, content: string): string {
  return cutAtMatches(token, regex)
    .map(({ start, end, match }) => (match ? content : token.slice(start, end)))
    .join('');
}

interface StripOptions {
  readonly content: string;
  readonly start: number;
  readonly stop: number;
}

function stripped(token: string, { content, start, stop }: StripOptions): string {
  const characters = [...token];
  let first = 0;
  while (first < start && characters[first] === content) first++;
  let end = characters.length;
  while (characters.length - end < stop && end > 0 && characters[end - 1] === content) end--;
  return characters.slice(first, Math.max(first, end)).join('');
}

function wordPiece(
  token: string,
  index: number,
  { prefix, cleanup }: { readonly prefix: string; readonly cleanup: boolean },
): string {
  const continued = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
  const text = index === 0 ? token : continued;
  return cleanup ? withoutSpaces(text) : text;
}

/** As transformers does, and one contraction more. */
function withoutSpaces(text: string): string {
  return cleanUpSpaces(text).replaceAll(' do not', " don't");
}
