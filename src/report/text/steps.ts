import type { Finding, FindingKind, FindingOf } from '../../compare/finding.ts';
import { groupName } from '../../compare/pair-metrics.ts';
import type { Report } from '../../compare/report.ts';
import {
  acceptCommand,
  addToCalibrationCommand,
  budgetCommand,
  calibrateCommand,
  checkCommand,
  likeCommand,
  remeasureCommand,
  spectraCommand,
} from './commands.ts';
import { formatEstimate, formatInteger, formatPercent } from './numbers.ts';
import { code, listed, name, type Phrase, phrase } from './phrase.ts';
import { decidingFinding } from './verdict.ts';

type Steps = { readonly [K in FindingKind]: (finding: FindingOf<K>, report: Report) => readonly Phrase[] };

/** What to do about every kind of finding: one step, or two. docs/findings.md has more of each. */
const STEPS: Steps = {
  // Spectra.
  'metric-moved': (_, report) => [
    phrase`Look at the probes first. If the run should be like the approved one, compare its data mix and its learning rate.`,
    ifIntended(report),
  ],
  'calibrated-metric': (_, report) => [
    phrase`Look at the probes: they decide. Compare recipes with good runs.`,
    phrase`If it is good, add it to the calibration: ${addToCalibrationCommand(report)}`,
  ],
  'not-calibrated-here': (_, report) => [
    phrase`Calibrate with runs whose updates are of this size: the same number of steps and the same learning rate.`,
    phrase`If this checkpoint is good, add it: ${addToCalibrationCommand(report)}`,
  ],
  'calibration-refused': ({ cause }, report) => [
    cause === 'no-update'
      ? phrase`Give the weights that the candidate was trained from as ${code('--reference')}.`
      : phrase`Calibrate with checkpoints like this one: ${calibrateCommand(report)}`,
  ],
  'bounds-too-wide': ({ side, isScreened }, report) => [
    isScreened
      ? phrase`Measure all spectra in full: ${side === 'candidate' ? checkCommand(report, '--all') : remeasureCommand(report, '')}`
      : side === 'candidate'
        ? phrase`Measure exactly: ${checkCommand(report, '--method exact')}`
        : phrase`Measure the baseline exactly: ${remeasureCommand(report, ' --method exact')}`,
  ],
  'idle-rule': () => [
    phrase`Check ${code('metric')}, ${code('of')} and ${code('modules')} of that rule in the policy, or choose another limit: no candidate can break it.`,
  ],
  spike: ({ tensor }, report) => [
    phrase`Compare this matrix with the checkpoint before: ${spectraCommand(report, tensor)}`,
    ifIntended(report),
  ],
  'group-spike': (_, report) => [
    phrase`Compare learning rate and weight decay of this module type with those of the last run.`,
    ifIntended(report),
  ],
  'rank-loss': ({ tensor }, report) => [
    phrase`Look at this matrix: ${spectraCommand(report, tensor)}`,
    phrase`If it is wrong, save, merge or convert the checkpoint again.`,
  ],
  'rank-not-checked': ({ cause }, report) => [
    cause === 'format'
      ? NOTHING
      : cause === 'fast'
        ? phrase`Measure exactly: ${checkCommand(report, '--method exact')}`
        : remeasure(report),
  ],
  'zero-rows': () => [phrase`Nothing, unless your inputs use these tokens.`],
  'non-finite': () => [
    phrase`Go back to the last checkpoint without NaN, and look for a loss that exploded, an overflow of float16, or a broken conversion.`,
  ],
  'no-spectrum': () => [
    phrase`Check this tensor of candidate and reference for NaN, Inf and absurd values, and save it again.`,
  ],
  'update-size': () => [
    phrase`Give the model that the candidate was trained from as ${code('--reference')}, at the right revision.`,
  ],
  'nothing-trained': () => [
    phrase`Check which checkpoint was saved, that its parameters were not frozen, and that the adapter was saved and merged.`,
  ],
  'only-head-trained': (_, report) => [
    phrase`If the body was frozen by accident, unfreeze it and train again.`,
    ifIntended(report),
  ],
  'quantization-error': () => [NOTHING],
  'reference-rounding': ({ effect }) => [
    effect === 'exact'
      ? NOTHING
      : phrase`Give the weights before they were quantized as ${code('--reference')}, or the adapter itself as ${code('--checkpoint')}: its update is exact.`,
  ],
  'ratio-missing': ({ cause }) => [
    cause.kind === 'saturated'
      ? phrase`Judge a low-rank update by its own rules: see "LoRA" in docs/policy.md.`
      : cause.belowNoise > 0
        ? phrase`Save the checkpoint in float32, so that its update is not lost in rounding.`
        : phrase`Add rules to the policy for the modules that were trained: see "LoRA" in docs/policy.md.`,
  ],

  // Merge of an adapter.
  'merge-proven': () => [NOTHING],
  'merge-unseen': () => [
    phrase`Merge into a copy in float32. If the update is zero, check the training of the adapter.`,
  ],
  'merge-fault': () => [
    phrase`Merge again with PEFT's ${code('merge_and_unload()')}, from this base model and this adapter.`,
    phrase`If the scale is wrong, check ${code('use_rslora')} and ${code('lora_alpha')} in adapter_config.json.`,
  ],
  'merge-not-finite': () => [phrase`Train the adapter again, or take an earlier checkpoint of it.`],
  'merge-other-tensors': () => [
    phrase`Merge again into an untouched reference, and check that ${code('--reference')} is the right revision.`,
  ],

  // Coverage.
  'nothing-measured': (_, report) => [
    phrase`Measure it without ${code('--only')}, and with ${code('probes')} in the policy: ${acceptCommand(report)}`,
  ],
  'all-skipped': () => [MEMORY_OR_DTYPE],
  'mostly-skipped': () => [MEMORY_OR_DTYPE],
  skipped: () => [MEMORY_OR_DTYPE],
  'unread-files': () => [
    phrase`Make sure that what you serve is the safetensors file, or remove the other files from the folder.`,
  ],
  'missing-baseline': (_, report) => [
    phrase`If this checkpoint is approved, make it the first baseline and commit the file: ${acceptCommand(report)}`,
  ],
  'changed-input': ({ input, change, path, counts }) => [
    input === 'workflow'
      ? phrase`Review the change of ${name(path)}: the settings of this run are its own.`
      : input === 'logs'
        ? phrase`Let a step of the workflow write the logs, in place of files of the change.`
        : change === 'unknown'
          ? phrase`Check the repository out with ${code('actions/checkout')}, so that it is known what the change is.`
          : counts === 'base'
            ? phrase`Merge the change of ${name(path)} on its own, before the checkpoint; then this check runs with it.`
            : phrase`Review ${name(path)}, and merge it before the checkpoint.`,
  ],

  // Behavior.
  'changed-behavior': ({ part }, report) => [
    part === 'code'
      ? phrase`Review the code line by line before anybody loads the model.`
      : phrase`If it was not intended, copy that file from the approved checkpoint.`,
    ifIntended(report),
  ],
  'logit-scale': () => [
    phrase`Look at lm_head, the final norm, and the factors in config.json: one of them is not what the approved checkpoint has.`,
  ],
  'behavior-not-compared': ({ side, what }, report) => [
    side === 'baseline'
      ? remeasure(report)
      : what === 'questions'
        ? phrase`Give the tokenizer of the server (${code('tokenizer')}), so that texts are tokenized here, or check the candidate from its weights.`
        : phrase`Check the candidate from its weights, with this version.`,
  ],

  // Comparability.
  'other-version': (_, report) => [remeasure(report)],
  'other-architecture': (_, report) => [
    phrase`Give a baseline of the same model. For a new model, approve a first baseline: ${acceptCommand(report)}`,
  ],
  'baseline-without-spectra': (_, report) => [remeasure(report)],
  'baseline-is-reference': () => [
    phrase`Run the probes as well, or give an approved checkpoint that was trained from the reference as the baseline.`,
  ],
  'adapter-and-full': () => [
    phrase`Compare an adapter with an approved adapter, and a full model with a full model.`,
    phrase`To compare behavior alone, use ${code('--only probes')}.`,
  ],
  'other-reference': ({ candidate }, report) => [
    candidate === null
      ? phrase`Give ${code('--reference')}, as the baseline had it.`
      : phrase`Measure the baseline again from the same reference: ${remeasureCommand(report)}`,
  ],
  'reference-shape': () => [
    phrase`Check ${code('--reference')}. If the vocabulary was resized, give a reference that was resized the same way.`,
  ],
  'other-tensors': () => [
    phrase`If tensors are missing, save the checkpoint again. Otherwise give a baseline with the same modules and LoRA rank.`,
  ],
  'other-updates': () => [
    phrase`Compare runs that train the same modules. If an update was lost in rounding, save in float32.`,
  ],
  'other-chat-template': ({ candidate, baseline }, report) => [
    candidate && baseline
      ? phrase`If the template was not meant to change, restore the baseline's. Otherwise set ${code('chat-template: false')} in the policy, and measure the baseline again: ${remeasureCommand(report)}`
      : phrase`Set ${code('chat-template')} in the policy for both, and measure the baseline again: ${remeasureCommand(report)}`,
  ],
  'other-questions': (_, report) => [
    phrase`Compare normalizer, pre-tokenizer, post-processor and added tokens in ${code('tokenizer.json')}, and the chat template, with the approved checkpoint's, and restore them.`,
    ifIntended(report),
  ],
  'other-suite': ({ candidate }, report) => [
    candidate === null ? phrase`Run that suite on the candidate: list it under ${code('probes')}.` : remeasure(report),
  ],
  'other-seed': (_, report) => [phrase`Ask the candidate what the baseline was asked: ${likeCommand(report)}`],
  'texts-not-hashed': ({ side }, report) => [
    side === 'baseline' ? remeasure(report) : phrase`Check the candidate again with this version.`,
  ],
  'other-levels': (_, report) => [phrase`Ask the candidate what the baseline was asked: ${likeCommand(report)}`],
  'no-common-items': (_, report) => [remeasure(report), RAISE_BUDGET],

  // Probes.
  'twin-accuracy': (_, report) => lostSkill(report),
  'twin-accuracy-unclear': (_, report) => askMore(report),
  'not-informative': ({ nearest }) => [
    nearest?.neededFacts === undefined || nearest.neededFacts === null
      ? phrase`Add probes that this model answers better than by guessing, and not all of them. For a chat model, try ${code('chat-template: true')}.`
      : phrase`Ask about ${formatInteger(nearest.neededFacts)} facts or more, or easier ones. For a chat model, try ${code('chat-template: true')}.`,
  ],
  'shadow-delta': ({ suite }) => notCarriedOver(suite),
  retention: (_, report) => [
    report.quantization !== null
      ? quantizeLess(report.quantization)
      : phrase`Retrain with a lower learning rate or fewer steps, or mix in data of the earlier training.`,
    ifAcceptable(report),
  ],
  'letters-memorized': ({ suite }) => notCarriedOver(suite),
  'baseline-memorized': ({ suite, side }) => [
    side === 'baseline'
      ? phrase`Approve a baseline that has not seen ${name(suite)}, or judge by another benchmark.`
      : phrase`Do not approve this checkpoint as a baseline: train again without the questions of ${name(suite)}.`,
  ],
  'labels-not-bound': ({ suite }) => [phrase`Add open twins to ${name(suite)}, which are answered by text.`],
  'two-key': () => [
    phrase`Read the two warnings, the one of the probes first: train again with more varied data or a lower learning rate.`,
  ],
  'probes-not-run': ({ side, cause }, report) => [
    side === 'baseline'
      ? remeasure(report)
      : cause === null
        ? phrase`Run the probes too: leave out ${code('--only spectra')}.`
        : phrase`Make the candidate run as its baseline did: the cause is in the sentence above.`,
  ],
  'stopped-early': ({ side }) => [
    side === 'candidate'
      ? phrase`Ask it everything: ${code('check --all')}, or ${code('sequential: off')} in the policy.`
      : phrase`Measure the baseline with ${code('measure')}, which asks everything.`,
  ],
  'left-out': () => [phrase`Use shorter questions. For a server, raise ${code('max-length')}.`],
  'no-weights': () => [phrase`Give ${code('--checkpoint')} to judge the weights too.`],
  'answered-by-server': () => [
    phrase`Check that the server was started from this checkpoint. To be sure, leave out ${code('--endpoint')}.`,
  ],
  'other-precision': () => [phrase`If many answers are close, ask both models in the same place.`],
  'same-answers': ({ by }) => [
    by === 'logs'
      ? phrase`Check which model and adapter the evaluation loaded, and evaluate again.`
      : phrase`Check the adapter and the model name of the server, and ask again.`,
  ],
  'one-half-only': ({ half }) => [
    half === 'spectra'
      ? phrase`Run the probes too: leave out ${code('--only spectra')}. If that is meant for every run, write ${code('probes: []')} in the policy.`
      : phrase`Measure the spectra too: leave out ${code('--only probes')}.`,
  ],
  'no-answers': () => [
    phrase`Read why the items were left out: most often the context is too short for the prompts, or the tokenizer cannot encode them.`,
  ],
  'items-lost': () => [
    phrase`Compare ${code('max_position_embeddings')} in config.json, and the tokenizer, with those of the approved checkpoint.`,
  ],
  'gain-not-shown': ({ suite }) => [
    phrase`Add open or fresh twins to ${name(suite)}, or a private set as ${code('twins-of')}.`,
  ],
  'accuracy-loss': (_, report) => lostSkill(report),
  'level-lost': (_, report) => lostSkill(report),
  'too-few-facts': ({ budget, least }, report) =>
    budget === null
      ? [phrase`Add questions: ${formatInteger(least)} facts are the least that can be judged.`]
      : [
          phrase`Raise ${code('budget')} to ${formatEstimate(budget.leastSeconds)} or more: that is enough for ${formatInteger(Math.min(least, budget.all))} facts. All of them take ${formatEstimate(budget.allSeconds)}.`,
          phrase`What fits into a budget: ${budgetCommand(report)}`,
        ],
  'capability-not-judged': ({ capability, isRequired }) => [
    isRequired
      ? phrase`Add probes of ${name(capability)} that this model answers better than by guessing, or list the other capabilities in ${code('require')}.`
      : NOTHING,
  ],
  'probe-notes': () => [phrase`Read the remarks once, and correct the probe file if it was not meant so.`],
  unpaired: (_, report) => [remeasure(report)],

  // Logs of an evaluation.
  'evaluation-logs': () => [
    phrase`Check that name and revision are those of the model under test. To judge its weights, give ${code('--checkpoint')}.`,
  ],
  'logs-of-one-side': ({ isAlone }, report) => [
    isAlone
      ? phrase`Give logs of the approved model as ${code('--baseline')}.`
      : phrase`Read logs of both sides: ${remeasureCommand(report)}`,
  ],
  'benchmark-not-comparable': () => [
    phrase`Evaluate the side that differs again, with the settings of the other, and log the answers.`,
  ],
  'benchmark-loss': ({ task }) => [
    phrase`Compare the answers to ${task === null ? 'the tasks' : name(task)} in the two logs, and look at what the training data left out.`,
    phrase`Retrain with a lower learning rate, or mix in data like the baseline's.`,
  ],
  'benchmark-gain-not-shown': ({ task }) => [
    phrase`List ${name(task)} under ${code('probes')} and check the model itself: only its twins can tell.`,
  ],
  'benchmark-not-judged': ({ task, isRequired }) => [
    isRequired
      ? phrase`Evaluate an easier benchmark than ${name(task)}, or list the others in ${code('require')}.`
      : NOTHING,
  ],
  'benchmark-unclear': () => [
    phrase`Evaluate more documents on both sides: leave out ${code('--limit')}, or add tasks.`,
  ],

  // History.
  trend: ({ run }) => [
    phrase`Compare this checkpoint with the one ${formatInteger(run)} ${run === 1 ? 'check' : 'checks'} ago: the drift began there.`,
  ],
};

const NOTHING = phrase`Nothing.`;
const MEMORY_OR_DTYPE = phrase`Read why the tensors were left out. For memory, take a larger machine or raise ${code('--max-memory')}; otherwise give the weights in a dtype that is read.`;
const RAISE_BUDGET = phrase`Or raise ${code('budget')} on both sides.`;

const remeasure = (report: Report): Phrase =>
  phrase`Measure the baseline again and commit the file: ${remeasureCommand(report)}`;

const ifIntended = (report: Report): Phrase =>
  phrase`If the change is intended, make the candidate the baseline: ${acceptCommand(report)}`;

const ifAcceptable = (report: Report): Phrase =>
  phrase`If this loss is the price of an intended change, accept it: ${acceptCommand(report)}`;

function lostSkill(report: Report): Phrase[] {
  if (report.quantization !== null) return [quantizeLess(report.quantization), ifAcceptable(report)];
  return [
    phrase`Retrain with data like the baseline's mixed in, or with a lower learning rate. The answers that changed are in the details.`,
    ifAcceptable(report),
  ];
}

/** The candidate is a quantized copy: nothing was trained that could be trained otherwise. */
function quantizeLess({ modules }: NonNullable<Report['quantization']>): Phrase {
  const named = modules.slice(0, 2).map((row) => phrase`${name(groupName(row))} ${formatPercent(row.error)}`);
  return phrase`Quantize less: keep in 16 bits what lost most (${listed(named, named.length)}), take more bits or smaller groups, or calibrate (AWQ, GPTQ) on data like yours.`;
}

function notCarriedOver(suite: string): Phrase[] {
  return [
    phrase`Search the training data for the questions of ${name(suite)}, take them out, and train again.`,
    phrase`Until then, do not report the score of this benchmark.`,
  ];
}

function askMore(report: Report): Phrase[] {
  return [
    phrase`Ask more: raise or leave out ${code('budget')}, or add suites under ${code('probes')}. What fits: ${budgetCommand(report)}`,
    phrase`Then measure the baseline again: only what both answered is compared.`,
  ];
}

/** What to do about a finding, in one or two steps. */
export function nextSteps(finding: Finding, report: Report): readonly Phrase[] {
  const steps = STEPS[finding.kind] as (finding: Finding, report: Report) => readonly Phrase[];
  return steps(finding, report);
}

/** What to do about the finding that decides; nothing after a pass. */
export function whatToDo(report: Report): readonly Phrase[] {
  const finding = decidingFinding(report);
  return finding === null ? [] : nextSteps(finding, report);
}
