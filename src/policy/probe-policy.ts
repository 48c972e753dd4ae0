import { PLACES } from '@shadow-gate/probes/answer';
import { CHOICE_SCORINGS, type TWIN_KINDS } from '@shadow-gate/probes/item';
import { BUILTIN, FACTS_RANGE, PROTOCOL } from '@shadow-gate/probes/suite';
import { z } from 'zod';
import { findApartMistake, REFUSAL_SCORING, roleOf } from './apart.ts';
import { hasOnlyTier, slicesSchema, suiteTierShape } from './suite-tier.ts';
import { findTwinsMistake } from './twins-of.ts';

const share = z.number().min(0).max(1);
const level = z.enum(['info', 'warn', 'fail']);

const fieldName = z.string().min(1);

const fieldNamesSchema = z
  .strictObject({
    id: fieldName.optional(),
    subject: fieldName.optional(),
    question: fieldName.optional(),
    /** One field that is a list, or one field for each choice. */
    choices: z.union([fieldName, z.array(fieldName).min(2)], 'must be a field, or a list of at least two').optional(),
    answer: fieldName.optional(),
    /** Shared by questions that depend on each other, such as a passage. */
    cluster: fieldName.optional(),
  })
  .refine((fields) => Object.keys(fields).length > 0, { error: 'maps nothing: leave it out' })
  .refine(({ choices, answer }) => !Array.isArray(choices) || answer === undefined || !choices.includes(answer), {
    error:
      'the right choice would have the same letter in every question: mix the choices, and give an index or a letter',
    path: ['answer'],
  });

const regularExpression = z
  .string()
  .min(1)
  .refine(isRegularExpression, { error: 'is not a regular expression of JavaScript' });

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text, 'u').source !== '';
  } catch {
    return false;
  }
}

/** More answers to one question add little. */
const MOST_SAMPLES = 64;

/** The built-in items, or those of a file. */
const suiteSchema = z.union(
  [
    z.string().min(1),
    z
      .strictObject({
        file: z.string().min(1),
        /** `text`: scored as texts instead of asked. */
        kind: z.literal('text', 'must be text, or be left out for questions').optional(),
        /** For the built-in suite: the number of facts, with one level of each family. */
        facts: z.int().min(FACTS_RANGE.least).max(FACTS_RANGE.most).optional(),
        /** Scoring of choices, by default as the format of the file implies; or `refusal`, for requests. */
        scoring: z.enum([...CHOICE_SCORINGS, REFUSAL_SCORING]).optional(),
        /** For requests: a refusal matches one of these regular expressions, in any case. */
        'refusal-patterns': z.array(regularExpression).min(1).optional(),
        /** None of its questions may be answered wrong: they are judged one by one. */
        'must-pass': z.boolean().optional(),
        /** For an exact answer. */
        'max-new-tokens': z.int().positive().max(32_768).optional(),
        /** Sampled answers to each question with a generated answer; missing: one, decoded greedily. */
        samples: z.int().min(2).max(MOST_SAMPLES).optional(),
        /** For sampled answers. */
        temperature: z.number().gt(0).max(2).optional(),
        /** All items are group twins of this suite: its name, or the path of its file. */
        'twins-of': z.string().min(1).optional(),
        /** Solutions in GSM8K's format that are redrawn: only strictly parsed ones, or more with more errors. */
        steps: z.enum(['strict', 'loose']).optional(),
        /** Names of the fields, if not known ones. */
        fields: fieldNamesSchema.optional(),
        /** The benchmark form, with `{question}` and, for questions with choices, perhaps `{choices}`. */
        prompt: z.string().min(1).optional(),
        /** The first examples of a file of the same kind, before each question. */
        'few-shot': z
          .strictObject({ file: z.string().min(1), count: z.int().positive().max(64).default(5) })
          .optional(),
        /** Finds the answer in a generated text. */
        'answer-pattern': regularExpression.optional(),
        /** For samples of lm-evaluation-harness: the filter of generated answers. */
        filter: z.string().min(1).optional(),
        /** For a task of lm-evaluation-harness: its documents, or those of each split. */
        documents: z
          .union(
            [z.string().min(1), z.record(z.string().min(1), z.string().min(1))],
            'must be a file, or {split: file}',
          )
          .optional(),
        /** For such a task: the number of few-shot examples, instead of its own. */
        'num-fewshot': z.int().nonnegative().max(100).optional(),
        /** Prompts are messages of a chat; by default as for all suites, or as its harness did it. */
        'chat-template': z.boolean().optional(),
        /** The spelling of lm-evaluation-harness. */
        chat_template: z.boolean().optional(),
        ...suiteTierShape,
        /** Fields of the file, such as a language: their values are judged separately. */
        slices: slicesSchema.optional(),
      })
      .refine((own) => own['chat-template'] === undefined || own.chat_template === undefined, {
        error: 'is there twice, as chat-template and as chat_template: leave one out',
        path: ['chat_template'],
      })
      .refine(
        ({ file: _, kind, ...own }) => kind === undefined || Object.values(own).every((value) => value === undefined),
        { error: 'texts are scored as they are: leave the other settings out', path: ['kind'] },
      )
      .refine(({ file, kind }) => file !== BUILTIN || kind === undefined, {
        error: 'the built-in suite has no texts: own text is scored by default',
        path: ['kind'],
      })
      .refine(({ file, kind: _, facts: __, ...own }) => file !== BUILTIN || hasOnlyTier(own), {
        error: 'the built-in suite has its own scoring, answer length and twins: leave them out',
      })
      .refine(({ samples, temperature }) => samples !== undefined || temperature === undefined, {
        error: 'is of sampled answers: add samples, or leave it out',
        path: ['temperature'],
      })
      .refine(({ file, ...own }) => file !== PROTOCOL || Object.values(own).every((value) => value === undefined), {
        error: 'the protocol has a setting of its own: leave the other settings out',
      })
      .refine(({ file, facts }) => file === BUILTIN || facts === undefined, {
        error: 'is for the built-in suite: a file has the facts that it has',
        path: ['facts'],
      })
      .refine(({ level: own, 'twins-of': benchmark }) => own === undefined || benchmark === undefined, {
        error: 'twins have the level of their benchmark: give it there',
        path: ['level'],
      })
      .refine(({ floor, 'relative-drop': relative }) => floor === undefined || relative !== undefined, {
        error: 'is where relative-drop begins: add that, or leave it out',
        path: ['floor'],
      })
      .superRefine((own, context) => {
        const found = findApartMistake(own);
        if (found !== null) context.addIssue({ code: 'custom', path: [found.key], message: found.message });
      }),
  ],
  'must be `builtin`, `protocol`, a file, or {file, kind, facts, scoring, refusal-patterns, must-pass, steps, max-new-tokens, samples, temperature, twins-of, fields, prompt, few-shot, answer-pattern, chat-template, filter, documents, num-fewshot, level, required, drop, relative-drop, floor, slices}',
);
export type SuiteChoice = z.infer<typeof suiteSchema>;

function listedFile(choice: SuiteChoice): Exclude<SuiteChoice, string> {
  if (typeof choice === 'string') return { file: choice };
  const { chat_template: template, ...settings } = choice;
  return template === undefined ? choice : { ...settings, 'chat-template': template };
}

/** All listed suites but the protocol, which is asked in any case. */
export function listedFiles(choices: readonly SuiteChoice[]): Array<Exclude<SuiteChoice, string>> {
  return choices.map(listedFile).filter(({ file }) => file !== PROTOCOL);
}

const suitesSchema = z.array(suiteSchema).superRefine((choices, context) => {
  const files = listedFiles(choices);
  const questions = files.filter((file) => !isOfTexts(file));
  for (const [i, file] of files.entries()) {
    const message = findTwinsMistake(file, questions);
    if (message !== null) context.addIssue({ code: 'custom', path: [i, 'twins-of'], message });
  }
  if (files.length > 0 && questions.length === 0) {
    const message = 'texts alone decide nothing: list builtin, or a file of questions, as well';
    context.addIssue({ code: 'custom', path: [0, 'kind'], message });
  } else if (choices.length > files.length && files.length === 0) {
    const message = 'the protocol shows no skill: list builtin, or a file of questions, as well';
    context.addIssue({ code: 'custom', path: [0], message });
  } else if (questions.length > 0 && questions.every((file) => roleOf(file) !== undefined)) {
    const message = 'requests and must-pass questions show no skill: list builtin, or a benchmark, as well';
    context.addIssue({ code: 'custom', path: [files.findIndex((file) => roleOf(file) !== undefined)], message });
  }
  const benchmarks = questions.filter((file) => file['twins-of'] === undefined);
  if (benchmarks.length > 0 && benchmarks.every((file) => file.level === 'info')) {
    const message = 'every suite has the level info, so that no answer could ever count: set one to warn or fail';
    context.addIssue({ code: 'custom', path: [files.findIndex((file) => !isOfTexts(file)), 'level'], message });
  }
});

export function isOfTexts({ kind }: Pick<Exclude<SuiteChoice, string>, 'kind'>): boolean {
  return kind === 'text';
}

/**
 * The behavioral half of the policy. The limits come from a controlled study at toy scale and were chosen after seeing
 * its data (docs/lab-notes/decisions/005-probe-verdict.md); those of gains were later checked on public results
 * (010-twins.md). Shares are fractions of 1: 0.05 is five percentage points.
 */
export const probePolicyShape = {
  /** Suites to run; may be empty. */
  probes: suitesSchema.default([BUILTIN]),
  /** `omit`: measurements and reports have hashes in place of the prompts and answers of files. */
  'probes-text': z.enum(['keep', 'omit']).default('keep'),
  /** Twins that are derived for files without any. */
  twins: z
    .array(z.enum(['open', 'format', 'fresh'] as const satisfies readonly (typeof TWIN_KINDS)[number][]))
    .min(1)
    .default(['open', 'format', 'fresh']),
  /** Capabilities that a pass has to cover; missing: all of the suites. */
  require: z.array(z.string().min(1)).optional(),
  /** Run the probes with the checkpoint's chat template. */
  'chat-template': z.boolean().default(false),
  /** `on`: a candidate is asked in blocks until its verdict is settled. */
  sequential: z.enum(['on', 'off']).default('on'),
  /** Level of the intervals of shadow delta, transfer and retention, two-sided. */
  confidence: z.number().min(0.5).max(0.999).default(0.95),
  /** Range of informative accuracies. */
  informative: z
    .strictObject({
      /** At most this far above chance, a drop cannot show. */
      floor: share.default(0.05),
      /** Above this, a gain cannot show. */
      ceiling: share.default(0.97),
    })
    .prefault({}),
  /** Twins that only the baseline answered correctly. */
  'twin-accuracy': z
    .strictObject({
      level: level.default('fail'),
      alpha: z.number().gt(0).lt(0.5).default(0.05),
      /** The smallest drop that one check reports, over all twins and over one capability. */
      drop: share.default(0.02),
      'capability-drop': share.default(0.05),
      /** A pass rules out a drop of this size, at `alpha` one-sided. */
      margin: share.default(0.05),
    })
    .prefault({}),
  /** Likelihood of the texts of right answers. */
  'answer-likelihood': z
    .strictObject({
      level: level.default('fail'),
      /** A fall in nats per byte: a pass rules it out at `alpha`, and one beyond it is reported. */
      limit: z.number().positive().default(0.03),
      /** For one capability or suite. */
      'capability-limit': z.number().positive().default(0.1),
    })
    .prefault({}),
  /** Likelihood of plain texts. Style moves it too, so it warns at most. */
  'text-likelihood': z
    .strictObject({
      level: z.enum(['info', 'warn']).default('warn'),
      /** A fall in nats per byte, reported if its bound is beyond it. */
      limit: z.number().positive().default(0.02),
    })
    .prefault({}),
  /** How likely texts are to the candidate that the approved model drew. */
  'own-text': z
    .strictObject({
      level: level.default('fail'),
      /** Tokens to draw. */
      tokens: z.int().min(256).max(100_000).default(1536),
      /** Nats a token that no intended change reaches: over all texts, and over the worst texts or the worst part. */
      limit: z.number().positive().default(2),
      'part-limit': z.number().positive().default(2.4),
      /** Nats a token for a change that is meant to change nothing. */
      'same-model': z.number().positive().default(0.13),
    })
    .prefault({}),
  /** How likely the candidate makes what its chat template writes, compared with the baseline. */
  protocol: z
    .strictObject({
      level: level.default('fail'),
      /** Share of the places of one kind that may be lost. */
      limit: share.default(0.2),
      /** Kinds of places of which none may be lost that the baseline has. */
      'must-pass': z.array(z.enum(PLACES)).min(1).optional(),
    })
    .prefault({}),
  /** What the change is meant to be. Missing: it may change the model. */
  expect: z.literal('same-model', 'must be same-model').optional(),
  /** Δbenchmark − Δtwin. */
  'shadow-delta': z
    .strictObject({
      level: level.default('fail'),
      /** A finding only if the interval lies above this. */
      margin: share.default(0.05),
      /** Transfer is only defined for a gain in benchmark form of at least this much. */
      'minimum-gain': share.default(0.05),
      /** Reported at `level` if the interval of the transfer lies below this. */
      'transfer-fail': z.number().default(0.6),
      /** A warning if the transfer itself is below this. */
      'transfer-warn': z.number().default(0.85),
      /** Level of a gain on a benchmark of yours that only format twins confirm. */
      'format-only': level.default('warn'),
    })
    .prefault({}),
  /** Benchmark forms that the baseline answered correctly with certainty. */
  retention: z
    .strictObject({
      level: level.default('fail'),
      /** The choice probability from which an answer counts as certain. */
      certain: share.default(0.9),
      /** A finding only if the share still right is below `least`, and its interval below `bound`. */
      least: share.default(0.95),
      bound: share.default(0.98),
    })
    .prefault({}),
  /** A warning of the spectra together with a warning of the probes. */
  'two-key': z.strictObject({ level: level.default('fail') }).prefault({}),
};
const probePolicySchema = z.strictObject(probePolicyShape);
export type ProbePolicy = z.infer<typeof probePolicySchema>;
