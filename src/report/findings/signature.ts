import type { FindingOf } from '../../compare/finding.ts';
import { formatCount } from '../text/numbers.ts';
import { code, listed, name, type Phrase, phrase } from '../text/phrase.ts';
import { NOTHING_TO_DO } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

export const SIGNATURE_WORDS: TopicWords<
  'signature-broken' | 'signature-refused' | 'signature-unchecked' | 'signature-valid'
> = {
  'signature-broken': {
    title: 'Signature does not match',
    about: 'itself',
    sentence: ({ named, faults }) =>
      phrase`The signature ${code('model.sig')} does not match the files: ${listed(
        named.map((file) => phrase`${name(file.name)} ${FAULTS[file.fault]}`),
        faults,
      )}.`,
    headline: ({ named: [first], faults }) =>
      first === undefined || faults > 1
        ? phrase`${formatCount(faults, 'file does', 'files do')} not match the signature of the checkpoint.`
        : phrase`The signature of the checkpoint does not match: ${name(first.name)} ${FAULTS[first.fault]}.`,
    row: ({ named: [first] }) => (first === undefined ? {} : { where: phrase`, ${name(first.name)}` }),
    steps: () => [
      phrase`Take the files as they were signed. If you changed them yourself, sign the checkpoint again: ${code('model_signing sign')}.`,
    ],
  },
  'signature-refused': {
    title: 'Not signed as required',
    about: 'itself',
    sentence: ({ cause }) => REFUSALS[cause],
    steps: ({ cause }) => [
      cause === 'missing'
        ? phrase`Sign the checkpoint with the key of the policy, and leave ${code('model.sig')} next to the weights.`
        : phrase`Sign the checkpoint with the key of the policy. If it was measured with another policy, measure it again with this one.`,
    ],
  },
  'signature-unchecked': {
    title: 'Signer not checked',
    about: 'itself',
    isGap: true,
    sentence: ({ files }) =>
      phrase`The checkpoint is signed, and the signature matches its ${formatCount(files, 'file', 'files')}, but the policy names no key: who signed it is not checked.`,
    steps: () => [phrase`To check who signed, put the public key into the policy: ${code('signature.public-key')}.`],
  },
  'signature-valid': {
    title: 'Signature valid',
    about: 'itself',
    sentence: ({ files }) =>
      phrase`The checkpoint is signed with the key of the policy, and the signature matches its ${formatCount(files, 'file', 'files')}.`,
    steps: () => [NOTHING_TO_DO],
  },
};

const FAULTS: Readonly<Record<FindingOf<'signature-broken'>['named'][number]['fault'], string>> = {
  changed: 'is not what was signed',
  missing: 'is missing',
  unsigned: 'is not signed',
  unreadable: 'cannot be read as a signature of a model',
  'other-form': 'lists its files in a form that is not read',
};

const REFUSALS: Readonly<Record<FindingOf<'signature-refused'>['cause'], Phrase>> = {
  missing: phrase`The policy wants a signed checkpoint, and there is no ${code('model.sig')} next to its weights.`,
  'other-key': phrase`The signature of the checkpoint was not shown to be by the key that the policy names.`,
};
