import { z } from 'zod';
import { readPart } from '../read-part.ts';
import { cutAtMatches } from '../regex/split-text.ts';
import { lettersToBytes } from './byte-letters.ts';
import { cleanUpSpaces } from './clean-up-spaces.ts';
import { compilePattern, oneCharacter, patternSchema } from './pattern.ts';

/** From tokens to successive parts of a text. */
type TokenDecoder = (tokens: readonly string[]) => readonly string[];

const schema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Sequence'), decoders: z.array(z.unknown()) }),
  z.strictObject({
    type: z.literal('ByteLevel'),
    add_prefix_space: z.boolean().optional(),
    trim_offsets: z.boolean().optional(),
    use_regex: z.boolean().optional(),
  }),
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
type Options<Type> = Extract<z.infer<typeof schema>, { type: Type }>;

/** Without a decoder, spaces separate tokens. @throws Error, also one of zod, for an unknown decoder or option */
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

/** A token with a character that does not stand for a byte is its own text. */
function byteLevel(tokens: readonly string[]): string[] {
  return [
    lossy.decode(Uint8Array.from(tokens.flatMap((token) => lettersToBytes(token) ?? [...encoder.encode(token)]))),
  ];
}

const BYTE = /^<0x([0-9a-fA-F]{2})>$/;

/** A run of bytes that is not UTF-8 becomes one � per byte. */
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

function stripped(token: string, { content, start, stop }: Options<'Strip'>): string {
  const characters = [...token];
  let first = 0;
  while (first < start && characters[first] === content) first++;
  let end = characters.length;
  while (characters.length - end < stop && end > 0 && characters[end - 1] === content) end--;
  return characters.slice(first, Math.max(first, end)).join('');
}

function wordPiece(token: string, index: number, { prefix, cleanup }: Options<'WordPiece'>): string {
  const continued = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
  const text = index === 0 ? token : continued;
  // Cleaned as in transformers, plus one contraction.
  return cleanup ? cleanUpSpaces(text).replaceAll(' do not', " don't") : text;
}
