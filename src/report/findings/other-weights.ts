import type { FindingOf } from '../../compare/finding.ts';
import { formatCount, formatInteger, formatLimit } from '../text/numbers.ts';
import { code, listed, name, type Phrase, phrase, prose, term } from '../text/phrase.ts';

export function missingBaseline({ path }: FindingOf<'missing-baseline'>): Phrase {
  const how = phrase`Create one with ${code('shadow-gate measure')} and commit it.`;
  if (path === null) return phrase`No baseline was given, so nothing could be compared. ${how}`;
  return phrase`No baseline was found (${name(path)}), so nothing could be compared. ${how}`;
}

export function unreadFiles({ named, files, runningCode }: FindingOf<'unread-files'>): Phrase {
  const items = named.map((file) => phrase`${name(file.name)} (${prose(file.what)})`);
  const code = runningCode > 0 ? ', and opening a pickle can run code' : '';
  return phrase`${formatCount(files, 'file beside the weights was', 'files beside the weights were')} not read: ${listed(items, files)}. Programs may load ${files === 1 ? 'it' : 'them'} instead${code}.`;
}

/** What was not judged, and what the identity of a served model rests on. */
export function noWeights(finding: FindingOf<'no-weights'>): Phrase {
  const { side, model, hub } = finding;
  const is = phrase`The ${side} is ${name(model)} at a server, without its weights`;
  const files = hub?.hasFiles ? [] : ', tokenizer, templates and code';
  const unjudged = phrase`its spectra${files} were not judged`;
  if (!hub) return phrase`${is}: ${unjudged}. What it is rests on ${restsOn(finding, [revisionOf(finding)])}.`;
  const on = hub.base === null ? [] : phrase` on ${name(hub.base)}`;
  return phrase`${is}: ${unjudged}. The hub says which weights ${name(hub.checkpoint)} has (${name(hub.listing.slice(0, SHOWN_DIGEST))}); that the server runs them${on} is declared, not proven. Beside that, what it is rests on ${restsOn(finding)}.`;
}

/** Who answered for weights that were measured. */
export function answeredByServer(finding: FindingOf<'answered-by-server'>): Phrase {
  const { side, model, revision, hub } = finding;
  const declared = [
    ...(hub === null ? [] : [phrase`the weights of ${name(hub)} that were declared`]),
    ...(revision === null ? [] : [revisionOf(finding)]),
  ];
  return phrase`The probes of the ${side} were answered by ${name(model)} at a server: that it runs these weights is declared, not proven. What it is rests on ${restsOn(finding, declared)}.`;
}

type Server = Pick<FindingOf<'no-weights'>, 'root' | 'version' | 'revision' | 'hasFingerprint'>;

function revisionOf({ revision }: Server): Phrase {
  return revision === null ? phrase`no declared revision` : phrase`the revision ${name(revision)} that was declared`;
}

function restsOn({ root, version, hasFingerprint }: Server, declared: readonly Phrase[] = []): Phrase {
  const rests = [
    root === null ? phrase`what the server says` : phrase`what the server says (weights from ${name(root)})`,
    ...(version === null ? [] : [phrase`version ${name(version)} of its engine`]),
    ...declared,
    ...(hasFingerprint ? [phrase`its answers to fixed prompts`] : []),
  ];
  return listed(rests, rests.length);
}

/** `sha256:` and twelve digits, as in the footer. */
const SHOWN_DIGEST = 'sha256:'.length + 12;

export function otherPrecision({
  candidate,
  baseline,
  tolerance,
  close,
  answers,
}: FindingOf<'other-precision'>): Phrase {
  const other = candidate === 'float32' ? baseline : candidate;
  const [side, against] = candidate === 'float32' ? ['baseline', 'candidate'] : ['candidate', 'baseline'];
  const how =
    other === null
      ? phrase`The ${side} was answered by a server in a precision that is not known, the ${against} in float32`
      : phrase`The ${side} was answered with arithmetic of 16 bits, the ${against} in float32`;
  const lead = phrase`Of ${formatCount(answers, 'answer')} of the ${side}, ${formatInteger(close)} ${close === 1 ? 'has' : 'have'} a smaller lead`;
  return phrase`${how}. Arithmetic of 16 bits changes log-probabilities by up to about ${formatLimit(tolerance)} a token on average. ${lead}.`;
}

export function sameAnswers({ candidate, baseline, by }: FindingOf<'same-answers'>): Phrase {
  if (by === 'logs') {
    return phrase`The candidate ${name(candidate)} and the baseline ${name(baseline)} have the same log-likelihood of every choice, to the last digit: the training did nothing, its adapter was not loaded, or both are one model.`;
  }
  return phrase`The candidate ${name(candidate)} and the baseline ${name(baseline)} answer fixed prompts alike, to three decimals: the training did nothing, its adapter is not loaded, or both names are of one model.`;
}

export function otherVersion({ candidate, baseline }: FindingOf<'other-version'>): Phrase {
  return phrase`The baseline was measured with version ${name(baseline)}, the candidate with ${name(candidate)}: measure the baseline again.`;
}

export function otherArchitecture({ key, candidate, baseline }: FindingOf<'other-architecture'>): Phrase {
  return phrase`Candidate and baseline have different architectures: ${name(key)} is ${name(candidate)} in the candidate and ${name(baseline)} in the baseline.`;
}

export function baselineIsReference({ level }: FindingOf<'baseline-is-reference'>): Phrase {
  const fact = phrase`The baseline is the ${term('reference', 'reference')} itself: there is no earlier update to compare the spectra with`;
  return level === 'info'
    ? phrase`${fact}, so the probes decide.`
    : phrase`${fact}. Run the probes as well, or give an approved checkpoint that was trained from it as the baseline.`;
}

export function adapterAndFull({ adapter, relation }: FindingOf<'adapter-and-full'>): Phrase {
  return adapter === 'candidate' ? adapterBesideFull(relation) : fullBesideAdapter(relation);
}

type Relation = FindingOf<'adapter-and-full'>['relation'];

const BEHAVIOR = phrase`To compare behavior alone, use ${code('--only probes')}.`;

function adapterBesideFull(relation: Relation): Phrase {
  const kinds = phrase`The candidate is an adapter and the baseline a full model`;
  if (relation === 'unknown') {
    return phrase`${kinds}: give the base model of the adapter with ${code('--reference')}.`;
  }
  if (relation === 'other-reference') {
    return phrase`${kinds} other than its ${term('reference', 'reference')}: give the same model as baseline and as ${code('--reference')}, or an approved adapter as the baseline.`;
  }
  return phrase`${kinds} trained from the same ${term('reference', 'reference')}: their updates cannot be compared. Give an approved adapter as the baseline, or merge the candidate. ${BEHAVIOR}`;
}

function fullBesideAdapter(relation: Relation): Phrase {
  if (relation === 'is-reference') {
    return phrase`The candidate is the base model of the baseline's adapter, without any adapter: give the adapter as the candidate and this model with ${code('--reference')}.`;
  }
  const kinds = phrase`The candidate is a full model, such as a merged one, and the baseline an adapter`;
  const same =
    relation === 'same-reference'
      ? phrase` of the same ${term('reference', 'reference')}`
      : phrase` of another base model`;
  return phrase`${kinds}${relation === 'unknown' ? [] : same}: give the candidate's adapter, or measure the merged model of the baseline. ${BEHAVIOR}`;
}

export function otherReference({ candidate, baseline }: FindingOf<'other-reference'>): Phrase {
  const reference = code('--reference');
  if (candidate === null) {
    return phrase`The baseline was measured with a reference and the candidate without, so their updates cannot be compared: give ${reference}.`;
  }
  if (baseline === null) {
    return phrase`The baseline was measured without a reference, so the updates cannot be compared: measure it again with ${reference}.`;
  }
  return phrase`The updates of candidate and baseline start from different references: measure both from the same one.`;
}

export function referenceShape({ example, matrices }: FindingOf<'reference-shape'>): Phrase {
  const more = ` and ${formatCount(matrices - 1, 'more matrix', 'more matrices')}`;
  return matrices > 1
    ? phrase`${name(example)}${more} have different shapes in the reference, so their updates were not measured.`
    : phrase`${name(example)} has a different shape in the reference, so its update was not measured.`;
}

export function otherTensors({ of, named, tensors }: FindingOf<'other-tensors'>): Phrase {
  const items = named.map((tensor) => {
    const state = (description: string | null) => (description === null ? 'absent' : name(description));
    return phrase`${name(tensor.name)} is ${state(tensor.candidate)} in the candidate and ${state(tensor.baseline)} in the baseline`;
  });
  const what = of === 'delta' ? 'updates of different matrices' : 'different tensors';
  return phrase`Candidate and baseline have ${what}: ${listed(items, tensors)}.`;
}

export function otherUpdates({ example, updatedIn, matrices, all }: FindingOf<'other-updates'>): Phrase {
  return phrase`Candidate and baseline update different matrices: ${formatInteger(matrices)} of ${formatInteger(all)} ${matrices === 1 ? 'was' : 'were'} updated on one side only (e.g. ${name(example)}, only in the ${updatedIn}).`;
}

export function otherChatTemplate({ candidate, baseline }: FindingOf<'other-chat-template'>): Phrase {
  const state = (used: boolean) => (used ? 'with' : 'without');
  if (candidate && baseline) {
    return phrase`The chat templates of candidate and baseline write the prompts of the probes in different ways, so the answers are not to the same questions.`;
  }
  return phrase`The candidate ran the probes ${state(candidate)} its chat template, the baseline ${state(baseline)}: measure one of them again.`;
}

export function otherQuestions({ named, items, of }: FindingOf<'other-questions'>): Phrase {
  const examples = named.map(({ suite, item }) => phrase`${name(item)} of ${name(suite)}`);
  return phrase`The tokens of ${formatInteger(items)} of ${formatInteger(of)} questions spell another text than those of the baseline: ${listed(examples, items)}. The tokenizer or the chat template rewrites them, so the answers are not to the same questions.`;
}

export function otherSuite({ suite, candidate, baseline, versions }: FindingOf<'other-suite'>): Phrase {
  if (candidate === null) {
    return phrase`The baseline ran suite ${name(suite)} and the candidate did not: run it, or measure the baseline again.`;
  }
  if (baseline === null) return phrase`The baseline did not run suite ${name(suite)}: measure it again.`;
  return versions === null
    ? phrase`Suite ${name(suite)} has changed since the baseline was measured: measure the baseline again.`
    : phrase`Suite ${name(suite)} is version ${name(versions.candidate)} in the candidate and version ${name(versions.baseline)} in the baseline: measure the baseline again.`;
}

export function otherSeed({ suite, candidate, baseline }: FindingOf<'other-seed'>): Phrase {
  return phrase`Suite ${name(suite)} was drawn with seed ${name(candidate)} for the candidate and seed ${name(baseline)} for the baseline, so the items differ: use one seed for both.`;
}

export function textsNotHashed({ suite, side }: FindingOf<'texts-not-hashed'>): Phrase {
  const other = side === 'candidate' ? 'baseline' : 'candidate';
  return phrase`The ${side} has the texts of ${name(suite)} and the ${other} has hashes, and the key between them is missing, as in files of older versions, or is another one. Measure the ${side} again.`;
}

export function otherLevels({ suite, families }: FindingOf<'other-levels'>): Phrase {
  const levels = (asked: readonly number[]) => (asked.length === 0 ? 'none' : asked.join(', '));
  const examples = families
    .slice(0, NAMED_FAMILIES)
    .map(
      ({ family, candidate, baseline }) =>
        phrase`${name(family)} (candidate: ${levels(candidate)}, baseline: ${levels(baseline)})`,
    );
  return phrase`The candidate was not asked the levels of suite ${name(suite)} that its baseline answered: ${listed(examples, families.length)}. Measure the candidate with ${code('--like')} and the baseline's file, or run ${code('check')}.`;
}

/** Families that a sentence names. */
const NAMED_FAMILIES = 4;
