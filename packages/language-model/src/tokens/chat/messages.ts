import { isDict, parsePythonJson } from '@shadow-gate/python';
import { type JinjaValue, NotRead, TemplateError } from '@shadow-gate/python/jinja';

/** A template can read more keys (`content`, `name`, `tool_calls`, …). */
export type Message = Readonly<Record<string, unknown>> & { readonly role: string };

/** Messages; or JSON text of an object with messages, because JavaScript equates 1.0 and 1, and sorts some keys. */
export type Conversation = readonly Message[] | { readonly json: string };

/** Names of a message's reasoning, by priority. */
const REASONING = ['reasoning_content', 'thinking', 'reasoning'];

/** As transformers 5.24 passes messages to a template. @throws TemplateError for a conversation without messages */
export function toTemplateMessages(conversation: Conversation): JinjaValue {
  const json = 'json' in conversation ? conversation.json : JSON.stringify({ messages: conversation });
  const request: JinjaValue = parsePythonJson(json);
  const messages = isDict(request) ? request.get('messages') : null;
  if (!Array.isArray(messages) || messages.length === 0) throw new TemplateError('there are no messages');
  expectText(messages);
  return messages.map(prepared);
}

/** @throws NotRead for text that no tokenizer accepts */
function expectText(value: JinjaValue): void {
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) throw new NotRead('a message has half a surrogate pair, which is not valid text');
  } else if (isDict(value)) {
    for (const entry of value) entry.forEach(expectText);
  } else if (Array.isArray(value)) value.forEach(expectText);
}

function prepared(message: JinjaValue): JinjaValue {
  if (!isDict(message)) throw new TemplateError('a message is no object');
  const given = new Map([...message].filter(([, value]) => value !== null));
  const reasoning = REASONING.map((name) => given.get(name)).find((value) => value !== undefined);
  if (reasoning === undefined) return given;
  return new Map<JinjaValue, JinjaValue>([['thinking', reasoning], ...given, ['reasoning_content', reasoning]]);
}
