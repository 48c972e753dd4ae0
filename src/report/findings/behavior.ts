import type { FindingOf } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { BEHAVIOR_PARTS } from '../../measure/schema/index.ts';
import { formatCount, formatInteger, formatLimit, formatNumber } from '../text/numbers.ts';
import { code, listed, listedNames, name, type Phrase, phrase } from '../text/phrase.ts';
import { ifIntended, remeasure } from '../text/steps.ts';
import type { TopicWords } from './finding-words.ts';

/** Changes that accuracy does not show: files that affect use, and the size of logits. */
export const BEHAVIOR_WORDS: TopicWords<'changed-behavior' | 'logit-scale' | 'behavior-not-compared'> = {
  'changed-behavior': {
    title: 'Changed behavior',
    about: 'itself',
    sentence: changedBehavior,
    steps: (finding, report) => [restored(finding), ifIntended(report)],
    rule: (report, { behavior }) =>
      BEHAVIOR_PARTS.map((part) => ({
        group: 'How the model is used',
        check: phrase`${TITLES[part]}`,
        isOwn: (found) => found.part === part,
        limit: 'as in the baseline',
        level: behavior[part] ?? behavior.level,
        missing: notCompared(report, part),
      })),
  },
  'logit-scale': {
    title: 'Size of the logits',
    about: 'itself',
    sentence: ({ by, ratio, limit, parts }) => {
      const times = `${formatNumber(ratio)} times`;
      const bound = `limit: a factor of ${formatLimit(limit)}`;
      if (by === 'answers') {
        return phrase`The log-probabilities of the choices are spread ${times} as widely as the baseline's (${bound}). The model is that much surer or less sure of every token, which accuracy does not show.`;
      }
      const items = parts.map((part) => phrase`${name(part.name)} is ${formatNumber(part.ratio)} times as large`);
      const causes = items.length === 0 ? [] : phrase`: ${listed(items, items.length)}`;
      return phrase`The logits are ${times} as large as the baseline's (${bound})${causes}. Accuracy does not show it, and everything that is sampled does.`;
    },
    row: ({ ratio, limit }) => ({ change: `× ${formatNumber(ratio)}`, limit: `× ${formatLimit(limit)}` }),
    steps: () => [
      phrase`Look at lm_head, the final norm, and the factors in config.json: one of them is not what the approved checkpoint has.`,
    ],
    rule: (report, { behavior }) => ({
      group: 'How the model is used',
      check: phrase`Size of the logits`,
      limit: `at most × or ÷ ${formatLimit(behavior['logit-factor'])} by the weights, ${formatLimit(behavior['answer-factor'])} by the answers`,
      level: behavior['logit-scale'] ?? behavior.level,
      missing: notCompared(report, 'logit-scale'),
    }),
  },
  'behavior-not-compared': {
    title: 'Behavior not compared',
    about: 'itself',
    isGap: true,
    sentence: ({ side, what }) => {
      if (what === 'logit-scale') {
        return phrase`The size of the logits could not be compared: the ${side} has no output embedding that can be read.`;
      }
      if (what === 'config') {
        return phrase`The model config was not compared: the ${side} was measured by an older version. Measure it again.`;
      }
      if (what === 'questions') {
        return side === 'baseline'
          ? phrase`The candidate's tokenizer or chat template does not read some questions as they are written, and the baseline does not say how it read them: it was measured by an older version, or at a server that tokenizes. Measure it again.`
          : phrase`The tokenizer or the chat template differs from the baseline's, and it is not known what the candidate's tokens of the questions say: a server tokenized them, or an older version measured it.`;
      }
      return phrase`Tokenizer, special tokens, chat template, generation config, model config, code and the size of the logits were not compared: the ${side} was measured by an older version, or at a server without its weights. Measure it again, with them.`;
    },
    steps: ({ side, what }, report) => [
      side === 'baseline'
        ? remeasure(report)
        : what === 'questions'
          ? phrase`Give the tokenizer of the server (${code('tokenizer')}), so that texts are tokenized here, or check the candidate from its weights.`
          : phrase`Check the candidate from its weights, with this version.`,
    ],
  },
};

type Changed = FindingOf<'changed-behavior'>;

const NOUNS: Readonly<Record<Changed['part'], string>> = {
  tokenizer: 'tokenizer',
  'special-tokens': 'list of special tokens',
  'chat-template': 'chat template',
  'generation-config': 'generation config',
  config: 'model config',
  code: 'code of its own',
};

/** How to restore it. A GGUF file has no files to copy: it is converted from a folder. */
function restored({ part, gguf = [] }: Changed): Phrase {
  if (part === 'code') return phrase`Review the code line by line before anybody loads the model.`;
  if (gguf.includes('candidate')) {
    return phrase`If it was not intended, convert the GGUF file again, from a folder with the approved checkpoint's ${NOUNS[part]}.`;
  }
  return gguf.includes('baseline')
    ? phrase`If it was not intended, take the ${NOUNS[part]} of the folder that the baseline's GGUF file was made from.`
    : phrase`If it was not intended, copy that file from the approved checkpoint.`;
}

const EFFECTS: Readonly<Record<Changed['part'], Phrase>> = {
  tokenizer: phrase`The same text may be read as other tokens.`,
  'special-tokens': phrase`Texts may begin, end or stop elsewhere.`,
  'chat-template': phrase`Chats are written in another way than the baseline was approved with.`,
  'generation-config': phrase`Servers sample with it unless a request says otherwise.`,
  config: phrase`It decides what the weights compute, also for texts that are longer than any probe.`,
  code: phrase`It runs wherever the model is loaded with ${code('trust_remote_code')}, or with kernels of a hub: review it.`,
};

const PADDING = phrase`Padding is masked, and no answer depends on it.`;

/** Questions that tokenize differently now, with an example: that says more than a difference in files. */
function tokensRead({ other, of, example }: NonNullable<Changed['texts']>): Phrase {
  if (other === 0) {
    return phrase`All ${formatInteger(of)} probe texts are read as the same tokens as the baseline's, and others may not be.`;
  }
  const shown = example === null ? null : (example.text ?? example.item);
  const such = shown === null ? [] : phrase`, such as ${name(beginningOf(shown))}`;
  return phrase`${formatInteger(other)} of ${formatCount(of, 'probe text')} ${other === 1 ? 'is' : 'are'} read as other tokens than the baseline's${such}.`;
}

/** Characters of a text that show which one it is. */
const SHOWN = 60;

function beginningOf(text: string): string {
  const characters = Array.from(text.replace(/\s+/g, ' ').trim());
  return `${characters.slice(0, SHOWN).join('')}${characters.length > SHOWN ? '…' : ''}`;
}

function changedBehavior(finding: Changed): Phrase {
  const { level, part, candidate, baseline, named, changes, because, texts } = finding;
  const noun = NOUNS[part];
  if (because?.kind === 'same-tokens') {
    return phrase`The tokenizer of a GGUF file is described in another way than the files of the other side. All tokens and merges are the same, and so are the ids of ${String(because.texts)} texts that both were given.`;
  }
  if (because?.kind === 'not-in-gguf') return notInGguf(noun, because.side, named, changes);
  const isPadding = level === 'info' && named.length > 0 && named.every(({ key }) => key.startsWith('pad_token'));
  const effect = isPadding ? PADDING : EFFECTS[part];
  const article = part === 'code' ? '' : 'a ';
  if (candidate === null) return phrase`The candidate has no ${noun}, and the baseline has. ${effect}`;
  if (baseline === null) return phrase`The candidate has ${article}${noun}, and the baseline has none. ${effect}`;
  const what =
    part === 'code'
      ? phrase`The code of the model (${code('auto_map')}, ${code('custom_generate')}, kernels)`
      : phrase`The ${noun}`;
  const items = named.map(changedKey);
  const where = isDigest(named[0]?.candidate ?? null) || isDigest(named[0]?.baseline ?? null) ? ' in' : ':';
  const differs = phrase`${what} differs from the baseline's${items.length === 0 ? [] : phrase`${where} ${listed(items, changes)}`}.`;
  return texts === undefined ? phrase`${differs} ${effect}` : phrase`${tokensRead(texts)} ${differs}`;
}

/** A key with its values; without long ones, of which a measurement keeps only digests. */
function changedKey({ key, candidate, baseline }: Changed['named'][number]): Phrase {
  if (isDigest(candidate) || isDigest(baseline)) return phrase`${name(key)}`;
  const state = (text: string | null) => (text === null ? 'absent' : name(text));
  return phrase`${name(key)} is ${state(candidate)} (baseline ${state(baseline)})`;
}

const isDigest = (text: string | null): boolean => text?.startsWith('sha256:') ?? false;

function notInGguf(noun: string, side: 'candidate' | 'baseline', named: Changed['named'], changes: number): Phrase {
  const other = side === 'candidate' ? 'baseline' : 'candidate';
  const keys = named.map(({ key }) => key);
  const what = keys.length === 0 ? phrase`The ${noun}` : phrase`${listedNames(keys, changes)} of the ${noun}`;
  return phrase`${what} could not be compared: the ${side} is a GGUF file, which has no place for it. The ${other} has it. A server of the GGUF file has to be given it.`;
}

const TITLES: Readonly<Record<Changed['part'], string>> = {
  tokenizer: 'Tokenizer',
  'special-tokens': 'Special tokens',
  'chat-template': 'Chat template',
  'generation-config': 'Generation settings',
  config: 'Architecture and context length',
  code: 'Code with the weights',
};

/** Reason why a rule judged nothing; null if it did. */
function notCompared({ baseline, findings }: Report, part: Changed['part'] | 'logit-scale'): string | null {
  const isUnknown = findings.some(
    (found) => found.kind === 'behavior-not-compared' && (found.what === 'everything' || found.what === part),
  );
  if (isUnknown) return 'one side was measured without it';
  return baseline === null ? 'there is no baseline' : null;
}
