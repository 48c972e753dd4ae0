import { UNWANTED } from '@shadow-gate/probes/answer';
import type { FindingOf } from '../../compare/finding.ts';
import { formatCount, formatPercentLimit } from '../text/numbers.ts';
import { code, name, type Phrase, phrase, prose } from '../text/phrase.ts';
import { doneOf, PROTOCOL_TERM, protocolNumbers } from '../text/protocol.ts';
import type { TopicWords } from './finding-words.ts';

type Place = FindingOf<'protocol-lost'>['place'];

/** What a model does at a place, after "the candidate". */
const DOES: Record<Place, string> = {
  'end of turn': 'ends its turn after a complete answer',
  'middle of a sentence': 'goes on in the middle of a sentence',
  'second turn': 'ends its second turn',
  'system prompt': 'ends its turn under a system prompt',
  'tool call': 'opens a tool call where one is needed',
  'no tool call': 'opens no tool call after small talk',
  'tool name': 'names the right tool',
  'JSON of a tool call': 'writes the JSON of a tool call',
  'end of a tool call': 'closes a tool call',
  'start of a thought': 'opens a thought',
  'end of a thought': 'closes its thought',
  'end of a document': 'ends a document',
};

/** Classic causes, each with what tells it from the others. */
const MASKED = phrase`Look at the labels of one training example: the token that ends it must not be masked, and it must not be the padding token (then it is masked with the padding).`;
const OTHERWISE = phrase`Or was training done with another chat template (render an example with tokenizer.apply_chat_template and compare), were rows of special tokens never trained, or was the output matrix quantized? Then the loss began with that step.`;
const NOT_IN_TEXT = phrase`Render a training example with tokenizer.apply_chat_template and compare: what this place needs has to be in the text, and not masked.`;
const WEIGHTS = phrase`Were special tokens added and their rows never trained, or was the output matrix quantized? Then the loss began with that step.`;
const CUT = phrase`Look for training answers that are cut off: a model that learned them ends in the middle of a sentence.`;
const ALWAYS_CALLED = phrase`Look for conversations with tools in which nothing is called: without any in training, a model always calls.`;

function causesOf(place: Place): readonly Phrase[] {
  switch (place) {
    case 'end of turn':
    case 'second turn':
    case 'system prompt':
      return [MASKED, OTHERWISE];
    case 'end of a document':
      return [MASKED, WEIGHTS];
    case 'middle of a sentence':
      return [CUT, WEIGHTS];
    case 'no tool call':
      return [ALWAYS_CALLED];
    default:
      return [NOT_IN_TEXT, WEIGHTS];
  }
}

export const PROTOCOL_WORDS: TopicWords<
  'protocol-template' | 'protocol-end-token' | 'protocol-lost' | 'protocol-likelihood' | 'protocol-not-asked'
> = {
  'protocol-template': {
    title: 'Chat template',
    about: 'itself',
    isLoss: true,
    sentence: ({ place, baseline, others, why }) => {
      const more = others === 0 ? '' : `, nor at ${formatCount(others, 'other place')}`;
      return phrase`The candidate cannot be asked whether it ${DOES[place]}${more}: ${prose(why)}. The baseline does so in ${doneOf(baseline)} texts.`;
    },
    row: ({ place, baseline }) => {
      const row = protocolNumbers({ place, baseline, candidate: { done: 0, of: 0 } });
      return { ...row, candidate: 'not there', change: 'not there' };
    },
    steps: () => [phrase`Save the tokenizer with its chat template again, and compare it with the baseline's.`],
  },
  'protocol-end-token': {
    title: 'End token',
    about: 'itself',
    isLoss: true,
    sentence: () =>
      phrase`The chat template ends a turn with a token that no longer ends generation: every answer goes on until a limit.`,
    row: () => ({
      key: 'protocol end token',
      check: phrase`${PROTOCOL_TERM}, end token`,
      baseline: 'ends',
      candidate: 'goes on',
    }),
    steps: () => [phrase`Add the id of that token to eos_token_id of generation_config.json.`],
  },
  'protocol-lost': {
    title: 'Protocol',
    about: 'itself',
    isLoss: true,
    sentence: ({ place, baseline, candidate, limit, isMustPass }) => {
      const most = isMustPass ? 'none may be lost' : `at most ${formatPercentLimit(limit)} may be lost`;
      return phrase`The candidate ${DOES[place]} in ${String(candidate.done)} of ${formatCount(candidate.of, 'place')}, the baseline in ${doneOf(baseline)} (${most}).`;
    },
    part: ({ baseline, candidate }) => ({ whole: 'protocol', change: candidate.done - baseline.done }),
    row: ({ place, baseline, candidate, limit, isMustPass }) => ({
      ...protocolNumbers({ place, baseline, candidate }),
      limit: isMustPass ? '0' : `−${formatPercentLimit(limit)}`,
    }),
    steps: ({ place }) => causesOf(place),
    rule: ({ protocol = [] }, { protocol: { level, limit } }) => {
      const judged = protocol.filter(({ isLeftOut }) => !isLeftOut);
      const lost = Math.max(0, ...judged.map(({ baseline, candidate }) => baseline.done - candidate.done));
      return {
        group: 'Probes',
        check: phrase`${PROTOCOL_TERM}: what the chat template writes`,
        also: ['protocol-template', 'protocol-end-token', 'protocol-likelihood', 'protocol-not-asked'],
        limit: `at most ${formatPercentLimit(limit)} of the places of one kind lost`,
        level,
        missing: judged.length === 0 ? 'the baseline does it nowhere, or was not asked' : null,
        value: phrase`${formatCount(lost, 'place')} lost at most`,
      };
    },
  },
  'protocol-not-asked': {
    title: 'Protocol',
    about: 'probes',
    isGap: true,
    sentence: ({ place, side, why }) => {
      const reason = why === null ? 'it was measured without' : prose(why);
      return place === null
        ? phrase`What the chat template writes was not compared, because of the ${side}: ${reason}.`
        : phrase`The protocol was not compared at ${name(place)}, because of the ${side}: ${reason}.`;
    },
    steps: ({ side, isRefused }) => [
      isRefused
        ? phrase`Compare the chat templates of the two: that of the ${side} has no such place.`
        : phrase`Measure the ${side} again with this version, from its checkpoint, or from a server with ${code('--tokenizer')} that scores texts.`,
    ],
  },
  'protocol-likelihood': {
    title: 'Protocol',
    about: 'itself',
    isLoss: true,
    sentence: ({ place, candidate, nats }) => phraseOfDoubt(place, candidate, nats.mean),
    row: ({ place, baseline, candidate }) => protocolNumbers({ place, baseline, candidate }),
    steps: ({ place }) => causesOf(place),
  },
};

function phraseOfDoubt(place: Place, candidate: { done: number; of: number }, nats: number): Phrase {
  const factor = Math.exp(nats).toFixed(1);
  if (UNWANTED.has(place)) {
    return phrase`The candidate still ${DOES[place]} in ${doneOf(candidate)} texts, but that it does so is ${factor} times less likely than of the baseline.`;
  }
  return phrase`The candidate still ${DOES[place]} in ${doneOf(candidate)} texts, but what the template writes there is ${factor} times less likely than to the baseline.`;
}
