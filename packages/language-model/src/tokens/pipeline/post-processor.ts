import { z } from 'zod';
import { noTokenizer } from '../no-tokenizer.ts';

/** The special tokens that a tokenizer puts around one text. */
export interface Affixes {
  readonly leading: readonly number[];
  readonly trailing: readonly number[];
}

const NONE: Affixes = { leading: [], trailing: [] };

const templateSchema = z.looseObject({
  type: z.literal('TemplateProcessing'),
  single: z.array(
    z.union([
      z.looseObject({ SpecialToken: z.looseObject({ id: z.string() }) }),
      z.looseObject({ Sequence: z.looseObject({ id: z.string() }) }),
    ]),
  ),
  special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int()) })).default({}),
});

const pairSchema = z.tuple([z.string(), z.int()]);

const postProcessorSchema = z.discriminatedUnion('type', [
  templateSchema,
  z.looseObject({ type: z.enum(['BertProcessing', 'RobertaProcessing']), cls: pairSchema, sep: pairSchema }),
  z.looseObject({ type: z.literal('ByteLevel') }),
  z.looseObject({ type: z.literal('Sequence'), processors: z.array(z.unknown()) }),
]);

/**
 * The ids that the post-processor of tokenizer.json puts before and after a single text. Scoring needs both ends apart:
 * an EOS after a context would separate it from its continuation.
 * @throws UserError for a post-processor that the Rust library does not have
 */
export function readAffixes(postProcessor: unknown, file: string): Affixes {
  if (postProcessor === null || postProcessor === undefined) return NONE;
  const parsed = postProcessorSchema.safeParse(postProcessor);
  if (!parsed.success) {
    throw noTokenizer(`${file} has an unknown post_processor`, 'save the tokenizer again with transformers');
  }
  const processor = parsed.data;
  switch (processor.type) {
    case 'ByteLevel':
      return NONE;
    case 'Sequence':
      return processor.processors
        .map((inner) => readAffixes(inner, file))
        .reduce(
          (inner, outer) => ({
            leading: [...outer.leading, ...inner.leading],
            trailing: [...inner.trailing, ...outer.trailing],
          }),
          NONE,
        );
    case 'TemplateProcessing':
      return readTemplate(processor, file);
    default:
      return { leading: [processor.cls[1]], trailing: [processor.sep[1]] };
  }
}

/** @throws UserError unless the template has the text exactly once */
function readTemplate({ single, special_tokens }: z.infer<typeof templateSchema>, file: string): Affixes {
  const texts = single.flatMap((piece) => ('Sequence' in piece ? [(piece.Sequence as { id: string }).id] : []));
  if (texts.length !== 1 || texts[0] !== 'A') {
    const problem = `${file} has a template without its text, or with another`;
    throw noTokenizer(problem, 'save the tokenizer again with transformers');
  }
  const leading: number[] = [];
  const trailing: number[] = [];
  let end = leading;
  for (const piece of single) {
    if ('Sequence' in piece) end = trailing;
    else if ('SpecialToken' in piece) {
      const { id } = piece.SpecialToken as { id: string };
      const ids = special_tokens[id]?.ids;
      if (!ids) throw noTokenizer(`${file} has a template with ${id}, which it does not define`, 'restore the file');
      end.push(...ids);
    }
  }
  return { leading, trailing };
}
