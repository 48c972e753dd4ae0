import { z } from 'zod';
import { CHOICE_SCORINGS } from '../probes/item.ts';
import { BUILTIN } from '../probes/suite.ts';

const share = z.number().min(0).max(1);
const level = z.enum(['info', 'warn', 'fail']);

/** Items to ask: the built-in ones, or a file's. */
const suiteSchema = z.union(
  [
    z.string().min(1),
    z
      .strictObject({
        file: z.string().min(1),
        /** How a choice is picked; by default as the format of the file has it. */
        scoring: z.enum(CHOICE_SCORINGS).optional(),
        /** Tokens that an exact answer may take. */
        'max-new-tokens': z.int().positive().max(1024).optional(),
      })
      .refine(({ file, scoring, 'max-new-tokens': tokens }) => file !== BUILTIN || (scoring ?? tokens) === undefined, {
        error: 'the built-in suite has its own scoring and length of answers: leave them out',
      }),
  ],
  'must be `builtin`, a file, or {file, scoring, max-new-tokens}',
);
export type SuiteChoice = z.infer<typeof suiteSchema>;

/**
 * The behavioural half of the policy. The cuts come from a controlled study at toy scale and were chosen after seeing its
 * data (docs/decisions/005-probe-verdict.md); shares are of 1, so 0.05 is five percentage points.
 */
export const probePolicyShape = {
  /** Suites to ask, which may be empty. */
  probes: z.array(suiteSchema).default(['builtin']),
  /** Ask through the checkpoint's chat template. */
  'chat-template': z.boolean().default(false),
  /** Of the intervals of shadow delta, transfer and retention, two-sided. */
  confidence: z.number().min(0.5).max(0.999).default(0.95),
  /** Where an accuracy says something. */
  informative: z
    .strictObject({
      /** At most this far above chance, a drop cannot be seen. */
      floor: share.default(0.05),
      /** Above this, a gain cannot be seen. */
      ceiling: share.default(0.97),
    })
    .prefault({}),
  /** Twins that the baseline had right and the candidate has wrong. */
  'twin-accuracy': z
    .strictObject({
      level: level.default('fail'),
      alpha: z.number().gt(0).lt(0.5).default(0.05),
      /** A smaller drop is never reported of one check, of all twins and of one capability. */
      drop: share.default(0.02),
      'capability-drop': share.default(0.05),
      /** A pass excludes a drop of this size, at `alpha` one-sided. */
      margin: share.default(0.05),
    })
    .prefault({}),
  /** Δbenchmark − Δtwin. */
  'shadow-delta': z
    .strictObject({
      level: level.default('fail'),
      /** The interval has to lie above this. */
      margin: share.default(0.05),
      /** Transfer is defined from this gain in benchmark form on. */
      'minimum-gain': share.default(0.05),
      /** `level`, where the interval of the transfer lies below. */
      'transfer-fail': z.number().default(0.6),
      /** A warning, where the transfer itself is below. */
      'transfer-warn': z.number().default(0.85),
    })
    .prefault({}),
  /** Benchmark forms that the baseline had right for certain. */
  retention: z
    .strictObject({
      level: level.default('fail'),
      /** Choice probability from which the baseline was certain. */
      certain: share.default(0.9),
      /** The share still right has to be below `least`, and its interval below `bound`. */
      least: share.default(0.95),
      bound: share.default(0.98),
    })
    .prefault({}),
  /** A warning of the spectra together with one of the probes. */
  'two-key': z.strictObject({ level: level.default('fail') }).prefault({}),
};
export const probePolicySchema = z.strictObject(probePolicyShape);
export type ProbePolicy = z.infer<typeof probePolicySchema>;
