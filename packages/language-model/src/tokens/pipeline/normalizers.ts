import { z } from 'zod';
import { readPart } from '../read-part.ts';
import { cutAtMatches } from '../regex/split-text.ts';
import { codePointSet, contains } from '../unicode/code-points.ts';
import { type NormalForm, normalizeAs, rustLowercase } from '../unicode/normal-forms.ts';
import { combiningMark, controlCharacter, nonspacingMark, whiteSpace } from '../unicode/properties.ts';
import { byteLetters } from './byte-letters.ts';
import { compilePattern, patternSchema } from './pattern.ts';
import { precompiledNormalizer } from './precompiled-normalizer.ts';

type Normalizer = (text: string) => string;

const NORMAL_FORMS = ['NFC', 'NFD', 'NFKC', 'NFKD'] as const satisfies readonly NormalForm[];

const schema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Sequence'), normalizers: z.array(z.unknown()) }),
  z.strictObject({
    type: z.literal('BertNormalizer'),
    clean_text: z.boolean(),
    handle_chinese_chars: z.boolean(),
    strip_accents: z.boolean().nullish(),
    lowercase: z.boolean(),
  }),
  z.strictObject({ type: z.literal('Strip'), strip_left: z.boolean(), strip_right: z.boolean() }),
  z.strictObject({ type: z.literal('StripAccents') }),
  z.strictObject({ type: z.enum(NORMAL_FORMS) }),
  z.strictObject({ type: z.literal('Lowercase') }),
  z.strictObject({ type: z.literal('Nmt') }),
  z.strictObject({ type: z.literal('Precompiled'), precompiled_charsmap: z.string() }),
  z.strictObject({ type: z.literal('Replace'), pattern: patternSchema, content: z.string() }),
  z.strictObject({ type: z.literal('Prepend'), prepend: z.string() }),
  z.strictObject({ type: z.literal('ByteLevel') }),
]);
type Options<Type> = Extract<z.infer<typeof schema>, { type: Type }>;

/** The normalizer of a tokenizer.json, or null. @throws Error, also one of zod, for an unknown normalizer or option */
export function readNormalizer(value: unknown): Normalizer | null {
  if (value === null || value === undefined) return null;
  const data = readPart(schema, value, 'normalizer');
  switch (data.type) {
    case 'Sequence': {
      const inner = data.normalizers.map(readNormalizer);
      return (text) => inner.reduce((done, normalize) => normalize?.(done) ?? done, text);
    }
    case 'BertNormalizer':
      return bert(data);
    case 'Strip':
      return strip(data);
    case 'StripAccents':
      return (text) => remove(text, combiningMark());
    case 'Lowercase':
      return rustLowercase;
    case 'Nmt':
      return nmt;
    case 'Precompiled':
      return precompiledNormalizer(data.precompiled_charsmap);
    case 'Replace':
      return replace(data);
    case 'Prepend':
      return (text) => (text === '' ? text : data.prepend + text);
    case 'ByteLevel':
      return byteLetters;
    default:
      return (text) => normalizeAs(data.type, text);
  }
}

function remove(text: string, set: readonly number[]): string {
  return mapCharacters(text, (character, point) => (contains(set, point) ? '' : character));
}

function mapCharacters(text: string, change: (character: string, point: number) => string): string {
  let out = '';
  for (const character of text) out += change(character, character.codePointAt(0) ?? 0);
  return out;
}

const CHINESE = codePointSet(
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xf900, 0xfaff],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b81f],
  [0x2b920, 0x2ceaf],
  [0x2f800, 0x2fa1f],
);

function bert({ clean_text, handle_chinese_chars, strip_accents, lowercase }: Options<'BertNormalizer'>): Normalizer {
  const clean = (text: string) =>
    mapCharacters(text, (character, point) => {
      if (contains(controlCharacter(), point)) return '';
      return contains(whiteSpace(), point) ? ' ' : character;
    });
  const apart = (text: string) =>
    mapCharacters(text, (character, point) => (contains(CHINESE, point) ? ` ${character} ` : character));
  const withoutAccents = (text: string) => remove(normalizeAs('NFD', text), nonspacingMark());
  const steps = [
    ...(clean_text ? [clean] : []),
    ...(handle_chinese_chars ? [apart] : []),
    ...((strip_accents ?? lowercase) ? [withoutAccents] : []),
    ...(lowercase ? [rustLowercase] : []),
  ];
  return (text) => steps.reduce((done, step) => step(done), text);
}

function strip({ strip_left, strip_right }: Options<'Strip'>): Normalizer {
  return (text) => {
    let start = 0;
    let end = text.length;
    // White space is in the basic plane.
    while (strip_left && start < end && contains(whiteSpace(), text.charCodeAt(start))) start++;
    while (strip_right && end > start && contains(whiteSpace(), text.charCodeAt(end - 1))) end--;
    return text.slice(start, end);
  };
}

const NMT_REMOVED = codePointSet([0x01, 0x08], [0x0b, 0x0b], [0x0e, 0x1f], [0x7f, 0x7f], [0x8f, 0x8f], [0x9f, 0x9f]);
const NMT_SPACE = codePointSet(
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x1680, 0x1680],
  [0x200b, 0x200f],
  [0x2028, 0x2029],
  [0x2581, 0x2581],
  [0xfeff, 0xfeff],
  [0xfffd, 0xfffd],
);

function nmt(text: string): string {
  return mapCharacters(text, (character, point) => {
    if (contains(NMT_REMOVED, point)) return '';
    return contains(NMT_SPACE, point) ? ' ' : character;
  });
}

function replace({ pattern, content }: Options<'Replace'>): Normalizer {
  const regex = compilePattern(pattern);
  return (text) =>
    cutAtMatches(text, regex)
      .map(({ start, end, match }) => {
        // Then the Rust library finds the beginning of a text by offsets.
        if (start === end) throw new Error('a Replace normalizer that finds nothing between two characters');
        return match ? content : text.slice(start, end);
      })
      .join('');
}
