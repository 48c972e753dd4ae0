import type { FindingOf } from '../../compare/finding.ts';
import { formatCount, formatInteger, formatLimit } from '../text/numbers.ts';
import { code, listed, name, type Phrase, phrase } from '../text/phrase.ts';
import type { TopicWords } from './finding-words.ts';

export const HALF_WORDS: TopicWords<
  'no-weights' | 'answered-by-server' | 'one-half-only' | 'other-precision' | 'same-answers'
> = {
  'no-weights': {
    title: 'No weights',
    about: 'spectra',
    isGap: true,
    sentence: (finding) => {
      const { side, model, hub } = finding;
      const is = phrase`The ${side} is ${name(model)} at a server, without its weights`;
      const files = hub?.hasFiles ? [] : ', tokenizer, templates and code';
      const unjudged = phrase`its spectra${files} were not judged`;
      if (!hub) return phrase`${is}: ${unjudged}. Its identity rests on ${restsOn(finding, [revisionOf(finding)])}.`;
      const on = hub.base === null ? [] : phrase` on ${name(hub.base)}`;
      return phrase`${is}: ${unjudged}. The hub says which weights ${name(hub.checkpoint)} has (${name(hub.listing.slice(0, SHOWN_DIGEST))}); that the server runs them${on} is declared, not proven. Apart from that, its identity rests on ${restsOn(finding)}.`;
    },
    steps: () => [phrase`Give ${code('--checkpoint')} to judge the weights too.`],
  },
  'answered-by-server': {
    title: 'Answered by server',
    about: 'itself',
    sentence: (finding) => {
      const { side, model, revision, hub } = finding;
      const declared = [
        ...(hub === null ? [] : [phrase`the weights of ${name(hub)} that were declared`]),
        ...(revision === null ? [] : [revisionOf(finding)]),
      ];
      return phrase`The probes of the ${side} were answered by ${name(model)} at a server: that it runs these weights is declared, not proven. Its identity rests on ${restsOn(finding, declared)}.`;
    },
    steps: () => [
      phrase`Check that the server was started from this checkpoint. To be sure, leave out ${code('--endpoint')}.`,
    ],
  },
  'one-half-only': {
    title: 'One half only',
    about: 'itself',
    isGap: true,
    sentence: ({ half }) =>
      half === 'spectra'
        ? phrase`The probes did not run on the candidate: only its weights were judged.`
        : phrase`The spectra of the candidate were not measured: only its probe results were judged.`,
    steps: ({ half, level }) => [
      level === 'info'
        ? phrase`Nothing, if that is what you want: the policy or an option has turned the other half off.`
        : half === 'spectra'
          ? phrase`Run the probes too: leave out ${code('--only spectra')}. If that is meant for every run, write ${code('probes: []')} in the policy.`
          : phrase`Measure the spectra too: leave out ${code('--only probes')}.`,
    ],
  },
  'other-precision': {
    title: 'Other precision',
    about: 'probes',
    sentence: ({ candidate, baseline, tolerance, close, answers }) => {
      const other = candidate === 'float32' ? baseline : candidate;
      const [side, against] = candidate === 'float32' ? ['baseline', 'candidate'] : ['candidate', 'baseline'];
      const how =
        other === null
          ? phrase`The ${side} was answered by a server in a precision that is not known, the ${against} in float32`
          : phrase`The ${side} was answered with arithmetic of 16 bits, the ${against} in float32`;
      const lead = phrase`${formatInteger(close)} of the ${side}'s ${formatCount(answers, 'answer')} ${close === 1 ? 'has' : 'have'} a smaller lead`;
      return phrase`${how}. Arithmetic of 16 bits changes log-probabilities by up to about ${formatLimit(tolerance)} a token on average. ${lead}.`;
    },
    steps: () => [phrase`If many answers are close, ask both models in the same place.`],
  },
  'same-answers': {
    title: 'Same answers',
    about: 'itself',
    sentence: ({ candidate, baseline, by }) => {
      if (by === 'logs') {
        return phrase`The candidate ${name(candidate)} and the baseline ${name(baseline)} have the same log-likelihood of every choice, to the last digit: the training did nothing, its adapter was not loaded, or both are one model.`;
      }
      return phrase`The candidate ${name(candidate)} and the baseline ${name(baseline)} answer fixed prompts alike, to three decimals: the training did nothing, its adapter is not loaded, or both names are of one model.`;
    },
    steps: ({ by }) => [
      by === 'logs'
        ? phrase`Check which model and adapter the evaluation loaded, and evaluate again.`
        : phrase`Check the adapter and the model name of the server, and ask again.`,
    ],
  },
};

type Server = Pick<FindingOf<'no-weights'>, 'root' | 'version' | 'revision' | 'hasFingerprint'>;

const revisionOf = ({ revision }: Server): Phrase =>
  revision === null ? phrase`no declared revision` : phrase`the revision ${name(revision)} that was declared`;

const restsOn = ({ root, version, hasFingerprint }: Server, declared: readonly Phrase[] = []): Phrase =>
  listed([
    root === null ? phrase`what the server says` : phrase`what the server says (weights from ${name(root)})`,
    ...(version === null ? [] : [phrase`version ${name(version)} of its engine`]),
    ...declared,
    ...(hasFingerprint ? [phrase`its answers to fixed prompts`] : []),
  ]);

/** `sha256:` and twelve digits, as in the footer. */
const SHOWN_DIGEST = 'sha256:'.length + 12;
