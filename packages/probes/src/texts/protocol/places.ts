import type { Tokenizer } from '@shadow-gate/language-model/tokens';
import { at, UserError } from '@shadow-gate/platform';
import { PLACES, type Place } from '../../answer/protocol.ts';
import { PROBE_DATE } from '../../prompt.ts';
import { type Conversations, type ShortAnswer, TOOLS, type ToolRequest } from './conversations.ts';

/** Tokens that a model reads, with what its template writes at places: `from` and `to` count continuation tokens. */
export interface PlacedText {
  /** Which one of its kind it is. */
  readonly conversation: number;
  readonly context: readonly number[];
  readonly continuation: readonly number[];
  readonly parts: readonly Part[];
}

export interface Part {
  readonly place: Place;
  readonly from: number;
  readonly to: number;
}

export interface PlacedTexts {
  readonly texts: readonly PlacedText[];
  /** Why a place has none. */
  readonly missing: ReadonlyArray<{ readonly place: Place; readonly why: string }>;
  /** Does generation end with what the template writes at the end of a turn? Null where that is not known. */
  readonly stops: boolean | null;
}

/** What a template wrote: `from` and `to` of its parts count characters of `after`. */
interface Written {
  readonly before: string;
  readonly after: string;
  readonly parts: readonly Part[];
}

type Message = Readonly<Record<string, unknown>> & { readonly role: string };

/** Why a template has no such place, in its reader's words. */
class NoPlace extends Error {}

const SYSTEM: Message = { role: 'system', content: 'You are a friendly assistant who answers questions correctly.' };
const FIRST_TURN: readonly Message[] = [
  { role: 'user', content: 'What do bees make?' },
  { role: 'assistant', content: 'Bees make honey.' },
];

/**
 * What a checkpoint's own chat template writes at each place: the difference of two renderings, so that no dialect has
 * to be known. Without a template, only documents end.
 */
export function placeTexts(conversations: Conversations, tokenizer: Tokenizer): PlacedTexts {
  const writer = new Writer(tokenizer);
  const makers: ReadonlyArray<readonly [readonly Place[], () => PlacedText[]]> =
    tokenizer.chatTemplate === null
      ? [[['end of a document'], () => documents(conversations, tokenizer)]]
      : [
          [['end of turn'], () => writer.all(conversations.answers, (own) => answered(writer, own, [], 'end of turn'))],
          [['middle of a sentence'], () => writer.all(conversations.answers, (own) => cutShort(writer, own))],
          [
            ['second turn'],
            () => writer.all(conversations.answers, (own) => answered(writer, own, FIRST_TURN, 'second turn')),
          ],
          [
            ['system prompt'],
            () => writer.all(conversations.answers, (own) => answered(writer, own, [SYSTEM], 'system prompt')),
          ],
          [CALL_PLACES, () => writer.all(conversations.requests, (own) => called(writer, own))],
          [['no tool call'], () => withoutCalls(writer, conversations)],
          [THOUGHT_PLACES, () => writer.all(conversations.thoughts, (own) => thought(writer, own))],
        ];
  const texts: PlacedText[] = [];
  const missing: Array<PlacedTexts['missing'][number]> = [];
  for (const [places, make] of makers) {
    const { own, why } = attempt(make);
    const known = new Set(own.flatMap(({ parts }) => parts.map(({ place }) => place)));
    texts.push(...own);
    missing.push(...places.filter((place) => !known.has(place)).map((place) => ({ place, why })));
  }
  if (tokenizer.chatTemplate === null) missing.push(...TURN_PLACES.map((place) => ({ place, why: NO_TEMPLATE })));
  return { texts, missing, stops: writer.stops(texts) };
}

const NO_TEMPLATE = 'it has no chat template';
const TURN_PLACES = PLACES.filter((place) => place !== 'end of a document');

const CALL_PLACES: readonly Place[] = ['tool call', 'tool name', 'JSON of a tool call', 'end of a tool call'];
const THOUGHT_PLACES: readonly Place[] = ['start of a thought', 'end of a thought'];

/** Places where generation may end. */
const ENDINGS: ReadonlySet<Place> = new Set([
  'end of turn',
  'middle of a sentence',
  'second turn',
  'system prompt',
  'end of a tool call',
]);

function attempt(make: () => PlacedText[]): { readonly own: PlacedText[]; readonly why: string } {
  try {
    return { own: make(), why: 'its template writes nothing there' };
  } catch (error) {
    if (error instanceof NoPlace) return { own: [], why: error.message };
    if (error instanceof UserError) return { own: [], why: error.problem };
    throw error;
  }
}

/** Renders conversations, and finds the tokens of parts. */
class Writer {
  readonly #tokenizer: Tokenizer;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** @throws UserError for a template that refuses the messages */
  render(messages: readonly Message[], options: { readonly opens?: boolean; readonly tools?: boolean } = {}): string {
    return this.#tokenizer.renderChat(messages, {
      addGenerationPrompt: options.opens === true,
      ...(options.tools === true ? { tools: TOOLS } : {}),
      now: PROBE_DATE,
      where: 'the protocol',
    });
  }

  all<T>(conversations: readonly T[], write: (own: T) => Written): PlacedText[] {
    return conversations.flatMap((own, conversation) => {
      const found = this.#inTokens(write(own));
      return found === null ? [] : [{ conversation, ...found }];
    });
  }

  /** Null where all parts are within tokens that begin before them. */
  #inTokens({ before, after, parts }: Written): Omit<PlacedText, 'conversation'> | null {
    const whole = this.#encode(before + after);
    const start = this.#tokensOf(before, whole).whole;
    const found = parts.flatMap(({ place, from, to }): Part[] => {
      const first = this.#tokensOf(before + after.slice(0, from), whole);
      const begin = first.whole + (first.isCut ? 1 : 0);
      const last = this.#tokensOf(before + after.slice(0, to), whole).whole;
      const stop = this.#firstEnd(whole, begin, last);
      if (stop !== null && !ENDINGS.has(place))
        throw new NoPlace('generation ends within what its template writes there');
      const end = stop ?? last;
      return end > begin ? [{ place, from: begin - start, to: end - start }] : [];
    });
    if (found.length === 0) return null;
    const end = Math.max(...found.map(({ to }) => to));
    return { context: whole.slice(0, start), continuation: whole.slice(start, start + end), parts: found };
  }

  #encode(text: string): number[] {
    return this.#tokenizer.encode(text, { addSpecialTokens: false });
  }

  /** How many tokens of a text are of its beginning alone, and whether the next one begins in it. */
  #tokensOf(beginning: string, whole: readonly number[]): { readonly whole: number; readonly isCut: boolean } {
    const own = this.#encode(beginning);
    const differs = own.findIndex((id, i) => id !== whole[i]);
    return differs === -1 ? { whole: own.length, isCut: false } : { whole: differs, isCut: true };
  }

  stops(texts: readonly PlacedText[]): boolean | null {
    const ends = texts.flatMap(({ continuation, parts }) =>
      parts.filter(({ place }) => place === 'end of turn').map(({ to }) => continuation[to - 1] ?? -1),
    );
    const { eosIds, statedEosIds } = this.#tokenizer;
    if (ends.length === 0) return null;
    if (statedEosIds !== undefined) return ends.every((id) => statedEosIds.has(id));
    return ends.every((id) => eosIds.has(id)) ? true : null;
  }

  beginsWithEnd(text: string): boolean {
    return this.#tokenizer.eosIds.has(this.#encode(text)[0] ?? -1);
  }

  /** After the first token with which a model stops: nothing is written then. Null without one. */
  #firstEnd(whole: readonly number[], from: number, to: number): number | null {
    const end = whole.slice(from, to).findIndex((id) => this.#tokenizer.eosIds.has(id));
    return end === -1 ? null : from + end + 1;
  }
}

/** A complete short answer, after which the template ends the turn. */
function answered(
  writer: Writer,
  { question, answer }: ShortAnswer,
  before: readonly Message[],
  place: Place,
): Written {
  const { text, end } = withAnswer(writer, { question, answer }, before);
  return { before: text.slice(0, end), after: text.slice(end), parts: [{ place, from: 0, to: text.length - end }] };
}

/** The same end of a turn after half of the answer, where no turn ends. */
function cutShort(writer: Writer, own: ShortAnswer): Written {
  const { text, start, end } = withAnswer(writer, own, []);
  const words = own.answer.split(' ');
  const half = words.slice(0, Math.ceil(words.length / 2)).join(' ');
  const after = text.slice(end);
  const parts = [{ place: 'middle of a sentence', from: 0, to: after.length }] as const;
  return { before: text.slice(0, start + half.length), after, parts };
}

/** What a user says after an answer. */
const NEXT = 'Thank you.';

/** A rendered answer, and where it is. Some templates end a turn with what opens the next one. */
function withAnswer(writer: Writer, { question, answer }: ShortAnswer, before: readonly Message[]) {
  const messages: readonly Message[] = [
    ...before,
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ];
  const text = writer.render(messages);
  const start = text.lastIndexOf(answer);
  if (start === -1) throw new NoPlace('its template writes an answer otherwise than it is given');
  const end = start + answer.length;
  if (text.length > end) return { text, start, end };
  const longer = writer.render([...messages, { role: 'user', content: NEXT }]);
  const ending = longer.startsWith(text) ? longer.slice(end, longer.indexOf(NEXT, end)) : '';
  if (!writer.beginsWithEnd(ending)) throw new NoPlace('its template writes nothing after an answer');
  return { text: `${text}${ending}`, start, end };
}

/** The text of an answer without any call. */
const REPLY = 'Sure.';

/** A conversation with tools, of which none is called. */
const withReply = (writer: Writer, content: string): string =>
  writer.render(
    [
      { role: 'user', content },
      { role: 'assistant', content: REPLY },
    ],
    { tools: true },
  );

/** What two texts begin with, up to a tag that both only begin. */
function sharedBeginning(text: string, other: string): string {
  let length = 0;
  while (length < text.length && text[length] === other[length]) length += 1;
  return text.slice(0, length).replace(/[<[{][^>\]}]*$/, '');
}

/** Ways in which templates expect a call: with arguments as an object or as JSON, with no text or an empty one. */
const CALL_FORMS: ReadonlyArray<(name: string, given: Readonly<Record<string, string>>) => Message> = [
  (name, given) => callMessage(name, given, ''),
  (name, given) => callMessage(name, given, null),
  (name, given) => callMessage(name, JSON.stringify(given), ''),
  (name, given) => callMessage(name, JSON.stringify(given), null),
];

/** Nine letters and digits are what the templates of all families accept as an id. */
const callMessage = (name: string, given: unknown, content: string | null): Message => ({
  ...{ role: 'assistant', content },
  tool_calls: [{ type: 'function', id: 'call00001', function: { name, arguments: given } }],
});

/** From which character of a text to which. */
type Span = readonly [from: number, to: number];

/**
 * The rendered call of a request, from where it differs from a turn that calls nothing, and where its name and its
 * parameters with their values are.
 */
function callOf(writer: Writer, { question, name, given }: ToolRequest) {
  const user: Message = { role: 'user', content: question };
  const other = withReply(writer, question);
  if (!other.includes(name)) throw new NoPlace('its template writes no tools');
  let refused: unknown = null;
  let isWritten = false;
  for (const form of CALL_FORMS) {
    try {
      const text = writer.render([user, form(name, given)], { tools: true });
      const before = sharedBeginning(text, other);
      const after = text.slice(before.length);
      const spans = spansOf(after, [name, ...Object.entries(given).flat()]);
      const [own] = spans ?? [];
      if (spans !== null && own !== undefined && own[0] > 0) return { turn: { before, after }, spans };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refused ??= error;
      continue;
    }
    isWritten = true;
  }
  throw isWritten ? new NoPlace('its template writes no tool calls') : refused;
}

/** Where words are, one after the other; null unless all are. */
function spansOf(text: string, words: readonly string[]): Span[] | null {
  const spans: Span[] = [];
  for (const word of words) {
    const from = text.indexOf(word, spans.at(-1)?.[1] ?? 0);
    if (from === -1) return null;
    spans.push([from, from + word.length]);
  }
  return spans;
}

/** What JSON can end with. */
const JSON_END = /^["'}\])\s]*/;

function called(writer: Writer, request: ToolRequest): Written {
  const { turn, spans } = callOf(writer, request);
  const [[nameAt, nameEnd], ...rest] = spans as [Span, ...Span[]];
  const between = rest.map(([from], i): Part => {
    return { place: 'JSON of a tool call', from: at(spans, i)[1], to: from };
  });
  const valueEnd = at(rest, rest.length - 1)[1];
  const [ending = ''] = JSON_END.exec(turn.after.slice(valueEnd)) ?? [];
  const jsonEnd = valueEnd + ending.length;
  return {
    ...turn,
    parts: [
      { place: 'tool call', from: 0, to: nameAt },
      { place: 'tool name', from: nameAt, to: nameEnd },
      ...between,
      { place: 'JSON of a tool call', from: valueEnd, to: jsonEnd },
      { place: 'end of a tool call', from: jsonEnd, to: turn.after.length },
    ],
  };
}

/** Small talk with the same tools, after which a call would be wrong. */
function withoutCalls(writer: Writer, { requests, smallTalk }: Conversations): PlacedText[] {
  const [request] = requests;
  if (request === undefined) return [];
  const { turn, spans } = callOf(writer, request);
  const opener = turn.after.slice(0, spans[0]?.[0]);
  return writer.all(smallTalk, (content) => {
    const text = withReply(writer, content);
    const before = text.slice(0, text.lastIndexOf(REPLY));
    return { before, after: opener, parts: [{ place: 'no tool call', from: 0, to: opener.length }] };
  });
}

/** A tag that a template opens a turn with, so that a model always thinks. */
const OPENED = /<(\w+)>\s*$/;

function thought(writer: Writer, { question, answer, thought }: Conversations['thoughts'][number]): Written {
  const user: Message = { role: 'user', content: question };
  const before = writer.render([user], { opens: true });
  const text = writer.render([user, { role: 'assistant', content: answer, reasoning_content: thought }]);
  const after = text.slice(before.length);
  const thoughtAt = text.startsWith(before) ? after.indexOf(thought) : -1;
  if (thoughtAt >= 0) {
    const thoughtEnd = thoughtAt + thought.length;
    const answerAt = after.indexOf(answer, thoughtEnd);
    if (answerAt === -1) throw new NoPlace('its template writes no answer after a thought');
    return {
      before,
      after,
      parts: [
        { place: 'start of a thought', from: 0, to: thoughtAt },
        { place: 'end of a thought', from: thoughtEnd, to: answerAt },
      ],
    };
  }
  const [opener = '', tag] = OPENED.exec(before) ?? [];
  // A tag of the role is closed after the answer.
  const isOfRole = tag !== undefined && text.slice(text.lastIndexOf(answer)).includes(`</${tag}>`);
  if (tag === undefined || isOfRole) throw new NoPlace('its template writes no thoughts');
  const closer = `${opener.slice(opener.indexOf('>') + 1)}</${tag}>`;
  return {
    before: `${before}${thought}`,
    after: closer,
    parts: [{ place: 'end of a thought', from: 0, to: closer.length }],
  };
}

/** Documents of a base model, which has no turns. */
function documents({ answers }: Conversations, tokenizer: Tokenizer): PlacedText[] {
  const { eosId, leading } = tokenizer;
  if (eosId === null) throw new NoPlace('its tokenizer has no end of a document');
  return answers.map(({ question, answer }, conversation) => ({
    conversation,
    context: [...leading, ...tokenizer.encode(`${question}\n${answer}\n`, { addSpecialTokens: false })],
    continuation: [eosId],
    parts: [{ place: 'end of a document', from: 0, to: 1 }],
  }));
}
