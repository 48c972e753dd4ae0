import { z } from 'zod';
import { seedNameSchema } from '../random.ts';
import { surprise } from './texts.ts';

const count = z.int().nonnegative();

/** Where a chat template leaves a model no choice, or (true) where it must not write what it writes elsewhere. */
export const PLACES = [
  'end of turn',
  'middle of a sentence',
  'second turn',
  'system prompt',
  'tool call',
  'no tool call',
  'tool name',
  'JSON of a tool call',
  'end of a tool call',
  'start of a thought',
  'end of a thought',
  'end of a document',
] as const;
export type Place = (typeof PLACES)[number];

/** Places where a model must not write what its template writes elsewhere. */
export const UNWANTED: ReadonlySet<Place> = new Set(['middle of a sentence', 'no tool call']);

export const protocolSchema = z.strictObject({
  /** The seed of the conversations. */
  seed: seedNameSchema,
  /** Why nothing could be asked. From a checkpoint or a server: escape it. */
  leftOut: z.string().optional(),
  /** Does generation end with what the template writes at the end of a turn? Absent where it writes nothing there. */
  stops: z.boolean().optional(),
  places: z.array(
    z.strictObject({
      place: z.enum(PLACES),
      /**
       * Each conversation by its number, with the surprise at all that the template writes there; of several parts of
       * one text (the braces and quotes of a call's JSON), at the least likely one.
       */
      texts: z.array(z.strictObject({ conversation: count, surprise, tokens: count })),
      /** Why a place has no texts. From a checkpoint: escape it. */
      missing: z.string().optional(),
    }),
  ),
});
export type Protocol = z.infer<typeof protocolSchema>;
