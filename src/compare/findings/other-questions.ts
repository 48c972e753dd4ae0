import { z } from 'zod';
import { count, foreign, side } from '../rows/fields.ts';
import { defineFinding } from './define-finding.ts';
import { invalidComparison } from './flat-form.ts';

const levels = z.array(z.int().positive());

export const otherQuestionsFindings = [
  /** Items that the tokens of the two sides spell in different ways, of all that the candidate was asked. */
  defineFinding('other-questions', {
    rank: 'too-little',
    fields: { named: z.array(z.strictObject({ suite: foreign, item: foreign })).min(1), items: count, of: count },
    reason: ({ named, items }) => invalidComparison('questions', { place: named[0]?.item ?? '', candidate: items }),
  }),
  defineFinding('other-suite', {
    fields: {
      suite: foreign,
      /** Digests; null where the suite did not run. */
      candidate: foreign.nullable(),
      baseline: foreign.nullable(),
      /** Null where the content differs under one version. */
      versions: z.strictObject({ candidate: foreign, baseline: foreign }).nullable(),
    },
    reason: ({ suite, candidate, baseline }) => invalidComparison('suite', { place: suite, candidate, baseline }),
  }),
  defineFinding('other-seed', {
    fields: { suite: foreign, candidate: foreign, baseline: foreign },
    reason: ({ suite, candidate, baseline }) => invalidComparison('seed', { place: suite, candidate, baseline }),
  }),
  /** Whether each used its own: if both did, they write different prompts. */
  defineFinding('other-chat-template', {
    fields: { candidate: z.boolean(), baseline: z.boolean() },
    reason: ({ candidate, baseline }) => {
      const areDifferent = candidate && baseline;
      const state = (used: boolean) => (areDifferent ? 'with its own' : used ? 'with' : 'without');
      return invalidComparison('chat template', { candidate: state(candidate), baseline: state(baseline) });
    },
  }),
  /** One side has hashes in place of texts; the other (`side`) has texts without the key of these hashes. */
  defineFinding('texts-not-hashed', {
    fields: { suite: foreign, side },
    reason: ({ suite }) => invalidComparison('texts', { place: suite }),
  }),
  defineFinding('other-levels', {
    fields: {
      suite: foreign,
      /** Families in which the baseline was asked levels that the candidate was not. */
      families: z.array(z.strictObject({ family: foreign, candidate: levels, baseline: levels })).min(1),
    },
    reason: ({ families }) => {
      const [first] = families;
      return invalidComparison('levels', {
        place: first?.family ?? '',
        candidate: first?.candidate.join(', ') ?? null,
        baseline: first?.baseline.join(', ') ?? null,
      });
    },
  }),
  defineFinding('no-common-items', {
    fields: {},
    reason: () => invalidComparison('items'),
  }),
] as const;
