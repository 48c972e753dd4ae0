import { isEmbedding, MODULE_TYPES } from '@shadow-gate/checkpoints/naming';
import { publicKeyDigest } from '@shadow-gate/platform';
import { z } from 'zod';
import { DECISION_INTERVAL } from '../statistics/index.ts';
import { exceptionSchema } from './exceptions.ts';
import { INFORMATION_METRICS, isModelMetric, METRICS } from './metrics.ts';
import { probePolicyShape } from './probe-policy.ts';

export const BASELINES = ['file', 'artifact', 'cache'] as const;

const level = z.enum(['info', 'warn', 'fail']);

/** A change of the metric in the direction above both `absolute` and `relative` · |baseline| is a finding. */
const ruleSchema = z
  .strictObject({
    metric: z.enum(METRICS),
    of: z.enum(['weight', 'delta']).default('delta'),
    /** Summary of the matrices of a module type; `each` compares matrix by matrix. */
    statistic: z.enum(['median', 'weightedMean', 'each']).default('median'),
    /** Absent: all module types. */
    modules: z.array(z.enum(MODULE_TYPES)).min(1).optional(),
    direction: z.enum(['up', 'down', 'any']).default('any'),
    absolute: z.number().nonnegative().default(0),
    relative: z.number().nonnegative().default(0),
    level: level.default('warn'),
  })
  .superRefine(({ metric, of, modules, level: own }, context) => {
    const isInformation = (INFORMATION_METRICS as readonly string[]).includes(metric);
    const isOfModel = isModelMetric(metric);
    const isOfDelta = isOfModel || metric === 'snr' || metric === 'updateSize';
    const isOffEmbeddings = modules?.every((module) => !isEmbedding(module)) === true;
    const mistakes = [
      [isInformation && own !== 'info', 'level', `${metric} is information only: use level info`],
      [isOfDelta && of !== 'delta', 'of', `${metric} is only available with of: delta`],
      [metric === 'rowGini' && isOffEmbeddings, 'modules', 'rowGini is only available for embed and lm_head'],
      [isOfModel && modules, 'modules', `${metric} is a metric of the whole model: leave out modules`],
    ] as const;
    for (const [isMade, key, message] of mistakes) {
      if (isMade) context.addIssue({ code: 'custom', path: [key], message });
    }
  });
export type PolicyRule = z.infer<typeof ruleSchema>;

/** Quiet between re-seeded runs, whose ratios differ by up to 17% (docs/lab-notes/decisions/018-calibration.md). */
const RATIO_TOLERANCE = 0.25;

/** Without a calibration, and with probes that decide, findings of these rules are information: see `isInformation`. */
const DEFAULT_RULES: readonly PolicyRule[] = [
  ruleOfUpdates({ metric: 'mlpAttentionRatio', direction: 'up', relative: RATIO_TOLERANCE }),
];

/**
 * More rules for updates of low rank, where the MLP ÷ attention ratio says nothing: is an adapter narrower than the
 * approved one, or of another size? The limits come from adapters that were trained for this
 * (docs/lab-notes/decisions/009-adapters.md).
 */
export const LOW_RANK_RULES: readonly PolicyRule[] = [
  ruleOfUpdates({ metric: 'topEnergyLogOdds', direction: 'up', absolute: 1.5 }),
  ruleOfUpdates({ metric: 'effectiveRankExcess', direction: 'down', relative: 0.67, absolute: 0.05 }),
  ruleOfUpdates({ metric: 'frobeniusNorm', direction: 'up', relative: 2 }),
  ruleOfUpdates({ metric: 'frobeniusNorm', direction: 'up', relative: 4, level: 'fail' }),
];

function ruleOfUpdates(rule: Pick<PolicyRule, 'metric' | 'direction'> & Partial<PolicyRule>): PolicyRule {
  return { of: 'delta', statistic: 'median', absolute: 0, relative: 0, level: 'warn', ...rule };
}

/** `shadow-gate.yml`. Every key has a default, so that no file is needed. */
export const policySchema = z.strictObject({
  /** The committed file, the artifact of the base branch's newest successful run, or the newest of the cache. */
  baseline: z.enum(BASELINES).default('file'),
  'on-missing-baseline': z.enum(['pass', 'warn', 'fail']).default('warn'),
  /** Most days between the measurements of baseline and candidate. */
  'baseline-max-age': z.int().positive().optional(),
  /** Findings that are information until a day. */
  exceptions: z.array(exceptionSchema).min(1).optional(),
  /** Your rules. Each replaces the default rule of the same metric and `of`. */
  rules: z.array(ruleSchema).default([]),
  /** ΔW compared with the updates of known-good checkpoints (docs/how-to/calibration.md). */
  calibration: z
    .strictObject({
      /** By default `.shadow-gate/calibration.json`, if it exists. */
      file: z.string().min(1).optional(),
      level: level.default('warn'),
      /** Rate of false alarms, if there are enough exchangeable runs for one: 1/alpha − 1. */
      alpha: z.number().min(0.001).max(0.5).default(0.05),
    })
    .prefault({}),
  /** W: a matrix whose top-1 energy stands out in its module type, and did not in the baseline. */
  spike: z
    .strictObject({
      level: level.default('warn'),
      'robust-z': z.number().positive().default(3.5),
      /** Least gain of the first direction's share of the energy. Without a baseline, the share is one half. */
      share: z.number().min(0).max(1).default(0.1),
    })
    .prefault({}),
  'non-finite': z.strictObject({ level: level.default('fail') }).prefault({}),
  /** W: directions that the baseline had above 10⁻² σ₁ and the candidate has lost. */
  'rank-loss': z.strictObject({ level: level.default('warn') }).prefault({}),
  /** Changes that accuracy does not show: files that decide how the model is used, and the size of its logits. */
  behavior: z
    .strictObject({
      /** For parts without a level. */
      level: level.default('warn'),
      tokenizer: level.optional(),
      'special-tokens': level.optional(),
      'chat-template': level.optional(),
      'generation-config': level.optional(),
      config: level.optional(),
      code: level.optional(),
      'logit-scale': level.optional(),
      /**
       * Largest factor of the logits: by the weights, where six fine-tunes of one base moved by up to 12%, and by the
       * answers, where they moved by up to 56%, half of that by becoming surer.
       */
      'logit-factor': z.number().gt(1).default(2),
      'answer-factor': z.number().gt(1).default(4),
    })
    .prefault({}),
  /** The checkpoint is not the merge of the given adapter into the reference. */
  merge: z.strictObject({ level: level.default('fail') }).prefault({}),
  /** The checkpoint has to be signed (`model.sig`). Without this, a signature is only compared with the files. */
  signature: z
    .strictObject({
      /** Public key of the signer, in PEM. */
      'public-key': z
        .string()
        .refine((pem) => publicKeyDigest(pem) !== null, 'is not a public key on P-256, P-384 or P-521 in PEM'),
    })
    .optional(),
  /** No matrix differs from the reference, from the baseline although the files do, or from the base of an adapter. */
  'nothing-trained': z.strictObject({ level: level.default('warn') }).prefault({}),
  'only-head-trained': z.strictObject({ level: level.default('warn') }).prefault({}),
  ...probePolicyShape,
  /**
   * A drift over the checks of a history that each may be too small to show (docs/lab-notes/decisions/006-trend.md).
   */
  trend: z
    .strictObject({
      'twin-accuracy': level.default('fail'),
      /** The shadow gap widened: Δbenchmark − Δtwin. */
      'shadow-gap': level.default('fail'),
      /** The MLP ÷ attention ratio rose, from checkpoint to checkpoint. */
      concentration: level.default('warn'),
      /** Limit of the cumulative sum. */
      'decision-interval': z.number().positive().default(DECISION_INTERVAL),
    })
    .prefault({}),
});
export type Policy = z.infer<typeof policySchema>;

export const DEFAULT_POLICY: Policy = policySchema.parse({});

/** The policy's own rules, then the defaults that they do not replace. */
export function effectiveRules(policy: Policy): readonly PolicyRule[] {
  return [...policy.rules, ...notReplaced(DEFAULT_RULES, policy)];
}

/** Also in effect for updates of low rank. */
export function lowRankRules(policy: Policy): readonly PolicyRule[] {
  return notReplaced(LOW_RANK_RULES, policy);
}

function notReplaced(rules: readonly PolicyRule[], policy: Policy): readonly PolicyRule[] {
  return rules.filter((rule) => !policy.rules.some((own) => own.metric === rule.metric && own.of === rule.of));
}
