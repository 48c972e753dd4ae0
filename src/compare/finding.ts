import { z } from 'zod';
import { PRECISIONS } from '../language-model/precision.ts';
import { BEHAVIOR_PARTS } from '../measure/schema/behavior.ts';
import { ofSchema } from '../measure/schema/measurement.ts';
import { JUDGED_FORMS, TWIN_KINDS } from '../probes/item.ts';
import { DIFFERENCES } from './benchmarks/differences.ts';
import { LIMIT_RULES, REFUSALS } from './calibration/report-schema.ts';
import { CALIBRATION_KINDS } from './calibration/schema.ts';
import { LABEL_REASONS } from './probes/comparison.ts';
import { CHARTS } from './trend-schema.ts';

/** How much a finding weighs, the worst first. */
export const SEVERITY = ['fail', 'inconclusive', 'warn', 'info'] as const;
export type Level = (typeof SEVERITY)[number];

/** Strings of a finding come from checkpoints, probe files and paths: they are foreign, and escaped where they are shown. */
const foreign = z.string();
const count = z.int().nonnegative();
const side = z.enum(['candidate', 'baseline']);
/** What a model at a server is known by. */
const servedModel = {
  model: foreign,
  /** Null: the server does not say so. */
  root: foreign.nullable(),
  version: foreign.nullable(),
  /** Null: none was declared. */
  revision: foreign.nullable(),
  /** Whether its answers to fixed prompts are part of what it is known by. */
  hasFingerprint: z.boolean(),
};

/** What a number is about. */
export const scopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('model') }),
  /** A module type, with its component in a multimodal model: `vision q_proj`. */
  z.strictObject({ kind: z.literal('modules'), name: foreign }),
  z.strictObject({ kind: z.literal('tensor'), name: foreign }),
]);
export type Scope = z.infer<typeof scopeSchema>;

const limitSchema = z.strictObject({
  /** Null: no such limit. A change is a finding above the larger of the two. */
  absolute: z.number().nullable(),
  /** In units of |baseline|. */
  relative: z.number().nullable(),
  direction: z.enum(['up', 'down', 'any']),
});

/** Why a top-1 energy stands out. */
const spikeEvidenceSchema = z.discriminatedUnion('test', [
  /** Its log-odds among those of its module type. */
  z.strictObject({ test: z.literal('level'), robustZ: z.number(), limit: z.number() }),
  /** The rise of its log-odds over the baseline, among those of its module type. */
  z.strictObject({ test: z.literal('rise'), robustZ: z.number(), limit: z.number() }),
  /** Its odds ÷ the baseline's, where there are too few matrices of its type for a z-score. */
  z.strictObject({ test: z.literal('odds'), oddsRatio: z.number(), limit: z.number() }),
]);

const estimateSchema = z.strictObject({
  value: z.number(),
  lower: z.number().nullable(),
  upper: z.number().nullable(),
});

function finding<K extends string, S extends z.ZodRawShape>(kind: K, shape: S) {
  return z.strictObject({ kind: z.literal(kind), level: z.enum(SEVERITY), ...shape });
}

/**
 * One thing that a check reports: data only, one case for each kind of sentence. The words are made in `report/text`, the
 * flat form that report.json has in `compare/reason`. `info` findings explain; they never change the verdict.
 */
export const findingSchema = z.discriminatedUnion('kind', [
  // Spectra.
  finding('metric-moved', {
    metric: foreign,
    of: ofSchema,
    scope: scopeSchema,
    candidate: z.number(),
    baseline: z.number(),
    limit: limitSchema,
  }),
  finding('calibrated-metric', {
    metric: foreign,
    of: ofSchema,
    /** Where it is furthest beyond its limit. */
    scope: scopeSchema,
    candidate: z.number(),
    limit: z.number(),
    direction: z.enum(['up', 'down']),
    by: z.enum(LIMIT_RULES),
    /** Of the known-good checkpoints. */
    least: z.number(),
    most: z.number(),
    runs: count,
    calibration: z.enum(CALIBRATION_KINDS),
    /** Null: no rate of false alarms is claimed. */
    test: z.strictObject({ alpha: z.number(), p: z.number() }).nullable(),
    /** Module types in which it is beyond, and in how many it is judged. */
    places: z.array(foreign).min(1),
    judged: count,
  }),
  finding('not-calibrated-here', {
    scope: scopeSchema,
    /** Size of its update, and the sizes at which its shape is calibrated. */
    candidate: z.number(),
    low: z.number(),
    high: z.number(),
    runs: count,
    places: z.array(foreign).min(1),
    sizes: count,
  }),
  finding('calibration-refused', {
    cause: z.enum(REFUSALS),
    /** The tensor, module type, metric or key that differs first; null for the whole. */
    what: foreign.nullable(),
    calibrated: foreign.nullable(),
    candidate: foreign.nullable(),
  }),
  finding('bounds-too-wide', {
    metric: foreign,
    of: ofSchema,
    scope: scopeSchema,
    side,
    /** Width of its bounds in units of the value, and the limit of the rule in the same unit. */
    width: z.number(),
    limit: z.number(),
    /** The matrix was only screened, which says nothing here; the limit is 0. Absent for others. */
    isScreened: z.literal(true).optional(),
  }),
  finding('idle-rule', {
    metric: foreign,
    of: ofSchema,
    /** Where it is idle; null: everywhere. */
    modules: z.array(foreign).nullable(),
    cause: z
      .discriminatedUnion('kind', [
        /** Candidate and baseline do not both have the metric. */
        z.strictObject({ kind: z.literal('nothing') }),
        /** The baseline lies so close to the lowest or highest value of the metric that the limit is out of reach. */
        z.strictObject({
          kind: z.literal('at-bound'),
          side: z.enum(['lowest', 'highest']),
          /** In the first module type. */
          baseline: z.number(),
          bound: z.number(),
        }),
      ])
      .default({ kind: 'nothing' }),
    /** It is not a rule of the policy file. */
    isDefault: z.boolean().default(false),
  }),
  finding('spike', {
    tensor: foreign,
    group: foreign,
    candidate: z.number(),
    baseline: z.number().nullable(),
    evidence: spikeEvidenceSchema,
  }),
  finding('group-spike', {
    group: foreign,
    candidate: z.number().nullable(),
    baseline: z.number().nullable(),
    oddsRatio: z.number(),
    limit: z.number(),
  }),
  finding('rank-loss', {
    tensor: foreign,
    /** Directions that are left. */
    candidate: count,
    /** Directions that the baseline had above 10⁻² σ₁; null: there is none, and the matrix is all zeros. */
    baseline: count.nullable(),
  }),
  finding('rank-not-checked', {
    /**
     * `older-version`: the measurement of one side was written by a version that did not count strong directions. `format`: the
     * rounding of the candidate's quantized format is above 10⁻² σ₁.
     */
    cause: z.enum(['fast', 'older-version', 'format']),
    example: foreign,
    matrices: count,
  }),
  /** Rows of an embedding that are zero, of `rows`. */
  finding('zero-rows', { tensor: foreign, candidate: count, baseline: count, rows: count }),
  finding('non-finite', { tensor: foreign, nan: count, inf: count }),
  finding('no-spectrum', { tensor: foreign, of: ofSchema }),
  finding('update-size', {
    candidate: z.number(),
    limit: z.number(),
    /** Cosine between the weights and the reference's, and what another model may reach by chance; null: not known. */
    alignment: z.strictObject({ cosine: z.number(), chance: z.number() }).nullable(),
  }),
  finding('nothing-trained', {
    /** What no matrix differs from. */
    against: z.enum(['reference', 'baseline']),
    matrices: count,
    isAdapter: z.boolean(),
    /** The digests of the whole checkpoints are the same. */
    isIdentical: z.boolean(),
  }),
  finding('only-head-trained', {
    against: z.enum(['reference', 'baseline']),
    /** Matrices of the head that differ. */
    named: z.array(foreign).min(1),
    matrices: count,
    /** Matrices of the rest, which do not. */
    unchanged: count,
  }),
  /** How far the quantized weights are from those of the baseline: ‖W_q − W‖_F ÷ ‖W‖_F. */
  finding('quantization-error', {
    formats: z.array(foreign).min(1),
    error: z.number(),
    /** Module types with the largest error, of `modules`. */
    named: z.array(z.strictObject({ module: foreign, error: z.number() })).min(1),
    modules: count,
    /** Quantized matrices that were not compared. */
    notCompared: count,
  }),
  /** An update that the rounding of its reference's quantized format would hide. */
  finding('reference-rounding', {
    /** `exact`: it starts from the quantized numbers themselves, and is measured. `noise`: it cannot be told from that rounding. */
    effect: z.enum(['exact', 'noise']),
    formats: z.array(foreign),
    matrices: count,
    /** Of all updates from quantized weights. */
    all: count,
  }),
  finding('ratio-missing', {
    side,
    /** `saturated`: the update fits into 5% of the directions. `missing`: no such matrix has a measurable update. */
    cause: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('saturated') }),
      z.strictObject({ kind: z.literal('missing'), mlp: z.boolean(), attention: z.boolean(), belowNoise: count }),
    ]),
    candidate: z.number().nullable(),
    baseline: z.number().nullable(),
    /** The rules for low-rank updates judge the update in its place. */
    isReplaced: z.boolean().default(false),
  }),

  // Merge of an adapter.
  finding('merge-proven', {
    /** Weights whose merge is proven, and all that the adapter changes. */
    weights: count,
    all: count,
    /** Largest r = ‖W − (W₀ + s·BA)‖ ÷ the expected rounding. */
    residual: z.number(),
    /** Other tensors, which are those of the reference. */
    others: count,
  }),
  finding('merge-unseen', { example: foreign, weights: count, all: count }),
  finding('merge-fault', {
    fault: z.enum([
      'not-applied',
      'applied-twice',
      'subtracted',
      'scale-of-lora',
      'scale-of-rslora',
      'unscaled',
      'wrong-scale',
      'without-magnitude',
      'different',
      'not-finite',
      'not-in-checkpoint',
      'not-in-reference',
      'other-shape',
      'unreadable',
    ]),
    named: z
      .array(z.strictObject({ name: foreign, residual: z.number().nullable(), coefficient: z.number().nullable() }))
      .min(1),
    weights: count,
    all: count,
  }),
  finding('merge-not-finite', {
    named: z.array(z.strictObject({ name: foreign, nan: count, inf: count })).min(1),
    tensors: count,
  }),
  finding('merge-other-tensors', {
    named: z.array(z.strictObject({ name: foreign, change: z.enum(['changed', 'missing', 'added']) })).min(1),
    tensors: count,
  }),

  // Coverage: what was measured at all.
  finding('nothing-measured', {}),
  finding('all-skipped', {}),
  finding('mostly-skipped', {
    /** Absent: tensors. */ unit: z.literal('parameters').optional(),
    skipped: count,
    measured: count,
  }),
  finding('skipped', { named: z.array(z.strictObject({ name: foreign, reason: foreign })).min(1), tensors: count }),
  finding('unread-files', {
    /** What each is, as in "a PyTorch pickle". */
    named: z.array(z.strictObject({ name: foreign, what: foreign })).min(1),
    files: count,
    /** Those that can run code when they are opened. */
    runningCode: count,
  }),
  finding('missing-baseline', { path: foreign.nullable() }),
  finding('changed-input', {
    input: z.enum(['policy', 'baseline', 'calibration', 'probe-file', 'reference', 'tokenizer', 'logs', 'workflow']),
    /** `unknown`: it is not known which commit is checked out. */
    change: z.enum(['edited', 'added', 'deleted', 'unknown']),
    path: foreign,
    /** Short form of the base commit. */
    base: foreign,
    /** Whose version this verdict rests on. */
    counts: z.enum(['base', 'change']),
  }),

  // Behavior: how the model is used, beside its weights.
  finding('changed-behavior', {
    part: z.enum(BEHAVIOR_PARTS),
    /** Digests; null where there is none. */
    candidate: foreign.nullable(),
    baseline: foreign.nullable(),
    /** Some of its keys, sections or files that differ; null where one is absent. */
    named: z.array(z.strictObject({ key: foreign, candidate: foreign.nullable(), baseline: foreign.nullable() })),
    /** How many differ, as far as is known. */
    changes: count,
    /** Why it is less than it looks; missing for what it looks like. */
    because: z
      .discriminatedUnion('kind', [
        /** Two tokenizers that are described otherwise gave the same tokens for so many texts. */
        z.strictObject({ kind: z.literal('same-tokens'), texts: count }),
        /** One side is a GGUF file, which has no place for what differs. */
        z.strictObject({ kind: z.literal('not-in-gguf'), side }),
      ])
      .optional(),
  }),
  finding('logit-scale', {
    /** The size of the logits by the weights, or the spread of the log-probabilities of choices. */
    by: z.enum(['weights', 'answers']),
    candidate: z.number(),
    baseline: z.number(),
    /** Candidate ÷ baseline; of the answers, the median over items. */
    ratio: z.number(),
    /** A finding above this, and below its inverse. */
    limit: z.number(),
    /** What of it moved: the tensors, each with its own ratio. */
    parts: z.array(z.strictObject({ name: foreign, ratio: z.number() })),
  }),
  finding('behavior-not-compared', {
    /** The side that does not have it: a measurement of an older version, or one that was edited. */
    side,
    what: z.enum(['everything', 'logit-scale', 'questions']),
  }),

  // Comparability: candidate and baseline are not alike.
  finding('other-precision', {
    /** Of the arithmetic of the answers; null: the server does not say. One of the two is float32. */
    candidate: z.enum(PRECISIONS).nullable(),
    baseline: z.enum(PRECISIONS).nullable(),
    /** In nats a token on average, between float32 and 16 bits. */
    tolerance: z.number(),
    /** Answers of the side that is not in float32: those whose lead, right or wrong, is below the tolerance, and all. */
    close: count,
    answers: count,
  }),
  finding('other-version', { candidate: foreign, baseline: foreign }),
  finding('other-architecture', { key: foreign, candidate: foreign, baseline: foreign }),
  finding('baseline-without-spectra', {}),
  finding('baseline-is-reference', {}),
  finding('adapter-and-full', {
    /** The side that is an adapter; the other one is a full model. */
    adapter: side,
    /** What the full model is to the base model of the adapter; `unknown`: the adapter was measured without it. */
    relation: z.enum(['is-reference', 'same-reference', 'other-reference', 'unknown']),
  }),
  finding('other-reference', { candidate: foreign.nullable(), baseline: foreign.nullable() }),
  finding('reference-shape', { example: foreign, matrices: count }),
  finding('other-tensors', {
    of: ofSchema,
    /** Descriptions of shape and LoRA rank; null where the tensor is absent. */
    named: z
      .array(z.strictObject({ name: foreign, candidate: foreign.nullable(), baseline: foreign.nullable() }))
      .min(1),
    tensors: count,
  }),
  finding('other-updates', { example: foreign, updatedIn: side, matrices: count, all: count }),
  /** Whether each used its own; where both did, they write different prompts. */
  finding('other-chat-template', { candidate: z.boolean(), baseline: z.boolean() }),
  /** Items that the tokens of the two sides spell in different ways, of those that the candidate was asked. */
  finding('other-questions', {
    named: z.array(z.strictObject({ suite: foreign, item: foreign })).min(1),
    items: count,
    of: count,
  }),
  finding('other-suite', {
    suite: foreign,
    /** Digests; null where the suite did not run. */
    candidate: foreign.nullable(),
    baseline: foreign.nullable(),
    /** Null where the content differs under one version. */
    versions: z.strictObject({ candidate: foreign, baseline: foreign }).nullable(),
  }),
  finding('other-seed', { suite: foreign, candidate: foreign, baseline: foreign }),
  /** One side has hashes in place of texts, and the other one (`side`) has texts without the key of these hashes. */
  finding('texts-not-hashed', { suite: foreign, side: z.enum(['candidate', 'baseline']) }),
  finding('other-levels', {
    suite: foreign,
    /** Families whose baseline was asked levels that the candidate was not. */
    families: z
      .array(
        z.strictObject({
          family: foreign,
          candidate: z.array(z.int().positive()),
          baseline: z.array(z.int().positive()),
        }),
      )
      .min(1),
  }),
  finding('no-common-items', {}),

  // Probes.
  finding('twin-accuracy', {
    /** Null: all capabilities. */
    capability: foreign.nullable(),
    /** Accuracies of the tested twins. */
    candidate: z.number(),
    baseline: z.number(),
    change: z.number(),
    twins: count,
    lost: count,
    won: count,
    p: z.number(),
    limit: z.number(),
  }),
  finding('twin-accuracy-unclear', {
    change: z.number(),
    /** Largest drop that cannot be ruled out; null: no bound. */
    possibleDrop: z.number().nullable(),
    limit: z.number(),
    minimumDetectable: z.number().nullable(),
  }),
  finding('not-informative', {
    families: z.array(foreign),
    /** The family, or some small ones together, that is nearest to showing something: its twins, by the baseline. */
    nearest: z
      .strictObject({
        accuracy: z.number(),
        chance: z.number(),
        facts: count,
        /** From which on this accuracy would be more than guessing; null: no number is enough. */
        neededFacts: count.nullable(),
      })
      .nullable(),
    /** The smallest gain in benchmark form that would be found if twins did not share it. */
    detectableGain: z.number().nullable(),
  }),
  finding('shadow-delta', {
    suite: foreign,
    /** The twins that show it. */
    twins: z.enum(TWIN_KINDS),
    /** Of a group: the suite that its items come from. */
    group: foreign.nullable(),
    delta: estimateSchema,
    transfer: estimateSchema,
    margin: z.number(),
    transferLimit: z.number(),
  }),
  finding('retention', { value: z.number(), certain: count, kept: count, least: z.number(), bound: z.number() }),
  finding('letters-memorized', {
    suite: foreign,
    /** Permuted twins, and how many are answered with the letter that was right before. */
    items: count,
    candidate: count,
    baseline: count,
    p: z.number(),
    /** Twins that know nothing of letters rose too. */
    answersKnown: z.boolean(),
  }),
  finding('baseline-memorized', {
    suite: foreign,
    /** `candidate`: there is no baseline, and it would be none. */
    side,
    items: count,
    kept: count,
    /** What guessing keeps, as a share. */
    chance: z.number(),
    p: z.number(),
    /** Accuracies in the exam form and on open and fresh twins; null without any. */
    exam: z.number(),
    twins: z.number().nullable(),
  }),
  finding('labels-not-bound', {
    suite: foreign,
    /** Whose answers show it. */
    side,
    why: z.enum(LABEL_REASONS),
    /** Benchmark forms that ask for a label, and the label that was given most often. */
    items: count,
    most: z.strictObject({ label: foreign, count }).nullable(),
    /** Facts that are judged by their text form instead. */
    byText: count,
    /** Facts that are not judged, since only labels can answer them. */
    unjudged: count,
  }),
  /** Behavior decides, spectra alone warn, and both together count one level more. Rules of what turned each key. */
  finding('two-key', {
    spectral: foreign.nullable(),
    behavioral: foreign.nullable(),
    metric: foreign,
    isBehaviorJudged: z.boolean().default(true),
  }),
  finding('probes-not-run', {
    side,
    /** Null: they were never requested, as with `--only spectra`. */
    cause: foreign.nullable(),
  }),
  /** Not everything was asked, and the answers do not settle the verdict; or a baseline lacks answers. */
  finding('stopped-early', { side, blocks: count, of: count }),
  finding('left-out', {
    named: z.array(z.strictObject({ id: foreign, reason: foreign })).min(1),
    items: count,
    /** Items that did run. */
    ran: count,
    /** More were left out than ran: that is another suite than the one requested. */
    isMost: z.boolean(),
  }),
  finding('no-weights', {
    side,
    ...servedModel,
    /** The checkpoint that it is declared to be; absent if none was declared. */
    hub: z
      .strictObject({
        checkpoint: foreign,
        listing: foreign,
        /** The model that an adapter is used with; null if none was given. */
        base: foreign.nullable(),
        /** Whether its tokenizer, templates and code are known. */
        hasFiles: z.boolean(),
      })
      .optional(),
  }),
  finding('answered-by-server', {
    side,
    ...servedModel,
    /** The checkpoint of a hub that it is declared to be; null if the probes were asked beside the weights. */
    hub: foreign.nullable(),
  }),
  finding('same-answers', {
    candidate: foreign,
    baseline: foreign,
    /** Answers to fixed prompts at a server, or the log-likelihoods in logs of an evaluation. */
    by: z.enum(['server', 'logs']).default('server'),
  }),
  finding('one-half-only', { half: z.enum(['spectra', 'probes']) }),
  finding('no-answers', { side }),
  finding('items-lost', {
    /** Items that the baseline answered and the candidate cannot run: they count as wrong. */
    items: count,
    named: z.array(z.strictObject({ id: foreign, reason: foreign.nullable() })).min(1),
    capabilities: z.array(foreign),
  }),
  finding('gain-not-shown', {
    suite: foreign,
    facts: count,
    candidate: z.number(),
    baseline: z.number(),
    gain: estimateSchema,
    limit: z.number(),
    /** Whether format twins decided; if not, no twins did. */
    hasFormat: z.boolean(),
  }),
  finding('accuracy-loss', {
    form: z.enum(JUDGED_FORMS),
    /** Both null: all facts. */
    capability: foreign.nullable(),
    suite: foreign.nullable(),
    candidate: z.number(),
    baseline: z.number(),
    change: z.number(),
    items: count,
    lost: count,
    won: count,
    p: z.number(),
    limit: z.number(),
  }),
  finding('level-lost', {
    family: foreign,
    /** Number of levels of the family. */
    count,
    /** The highest level that each of them reached; 0: none. */
    candidate: count,
    baseline: count,
    /** Answers in both forms at the baseline's level. */
    lost: count,
    won: count,
    /** Adjusted for the number of families. */
    p: z.number(),
  }),
  finding('too-few-facts', {
    facts: count,
    least: count,
    /** Null: no time limit was set, or its costs are not known. */
    budget: z
      .strictObject({
        seconds: z.number(),
        /** Estimated time for the least number of facts, the number of all facts, and the time for those. */
        leastSeconds: z.number(),
        all: count,
        allSeconds: z.number(),
      })
      .nullable(),
  }),
  finding('capability-not-judged', {
    capability: foreign,
    facts: count,
    /** Whether the policy requires it: only then does it keep a verdict from `pass`. */
    isRequired: z.boolean(),
  }),
  finding('probe-notes', { named: z.array(foreign).min(1), notes: count }),
  finding('unpaired', { facts: count, paired: count }),

  // Logs of an evaluation.
  finding('evaluation-logs', {
    side,
    harness: foreign,
    /** Of the harness; null if the logs do not say so, as of the following. */
    version: foreign.nullable(),
    model: foreign,
    source: foreign.nullable(),
    revision: foreign.nullable(),
    sha: foreign.nullable(),
  }),
  /** `side` has them; `isAlone`: there is no baseline at all. */
  finding('logs-of-one-side', { side, isAlone: z.boolean().default(false) }),
  finding('benchmark-not-comparable', {
    cause: z.enum(DIFFERENCES),
    named: z.array(foreign).min(1),
    tasks: count,
    /** What each side has; null where it has none, or where that is too long to be read. */
    candidate: foreign.nullable(),
    baseline: foreign.nullable(),
  }),
  finding('benchmark-loss', {
    /** All three null: all tasks together. */
    task: foreign.nullable(),
    metric: foreign.nullable(),
    filter: foreign.nullable(),
    candidate: z.number(),
    baseline: z.number(),
    change: z.number(),
    documents: count,
    lost: count,
    won: count,
    /** One-sided, adjusted for the number of tests. */
    p: z.number(),
    limit: z.number(),
  }),
  finding('benchmark-gain-not-shown', {
    task: foreign,
    documents: count,
    candidate: z.number(),
    baseline: z.number(),
    gain: estimateSchema,
    limit: z.number(),
  }),
  finding('benchmark-not-judged', {
    task: foreign,
    documents: count,
    /** Of the baseline, and what guessing reaches; null: it has no metric that is right or wrong. */
    accuracy: z.number().nullable(),
    chance: z.number(),
    isRequired: z.boolean(),
  }),
  finding('benchmark-unclear', {
    change: z.number(),
    documents: count,
    /** Largest drop that cannot be ruled out; null: no bound. */
    possibleDrop: z.number().nullable(),
    limit: z.number(),
  }),

  // History.
  finding('trend', {
    chart: z.enum(CHARTS),
    /** Checks, or checkpoints, since the drift began. */
    run: count,
    sum: z.number(),
    limit: z.number(),
    /** In accuracy for the charts of the probes, relative to the baseline for concentration. */
    meanChange: z.number(),
  }),
]);
export type Finding = z.infer<typeof findingSchema>;
export type FindingKind = Finding['kind'];
export type FindingOf<K extends FindingKind> = Extract<Finding, { kind: K }>;

/** Something besides the candidate that the verdict depends on, and that the change under test touches. */
export type ChangedInput = Omit<FindingOf<'changed-input'>, 'kind'>;
