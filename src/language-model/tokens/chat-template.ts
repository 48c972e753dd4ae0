import { join } from 'node:path';
import { Environment, Interpreter, Template } from '@huggingface/jinja';
import { z } from 'zod';
import { at } from '../../platform/at.ts';
import { validate } from '../../platform/first-issue.ts';
import { readTextInside } from '../../platform/resolve-inside.ts';
import { UserError } from '../../platform/user-error.ts';

/** A template can read more keys (`content`, `name`, `tool_calls`, …). */
export type Message = Readonly<Record<string, unknown>> & { readonly role: string };

export interface ChatOptions {
  /** The Jinja source. */
  readonly template: string;
  /** `bos_token`, `eos_token`, … as text, under the names that templates use. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** Open the turn of the assistant. */
  readonly addGenerationPrompt: boolean;
  /** The time of `strftime_now`, in UTC: some templates write the date into the prompt. */
  readonly now: Date;
  /** The request of the messages, for errors: `FILE:12`. */
  readonly where: string;
}

const namedTemplatesSchema = z.array(z.looseObject({ name: z.string(), template: z.string() }));

/**
 * The chat template of a checkpoint: the file chat_template.jinja, otherwise `chat_template` of tokenizer_config.json,
 * which is a text or a list of named texts, of which `default` is used.
 * @returns null if there is none, or no default: such a checkpoint can do anything but chat
 */
export async function readChatTemplate(
  directory: string,
  tokenizerConfig: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  const file = await readTextInside(join(directory, 'chat_template.jinja'), 'template');
  if (file !== null) return file;
  const { chat_template: stated } = tokenizerConfig;
  if (typeof stated === 'string') return stated;
  return namedTemplates(stated).find(({ name }) => name === 'default')?.template ?? null;
}

/** The list of named texts that `chat_template` of tokenizer_config.json can be; empty for anything else. */
export function namedTemplates(stated: unknown): z.infer<typeof namedTemplatesSchema> {
  const named = validate(namedTemplatesSchema, stated);
  return named.success ? named.data : [];
}

/**
 * Write a conversation as the text that the model was trained on, like transformers' `apply_chat_template` (with
 * `trim_blocks` and `lstrip_blocks`, which `@huggingface/jinja` always has). The text contains its own BOS: encode it
 * with `addSpecialTokens: false`.
 * @throws UserError with the message of the template (`raise_exception`) or the error in the template
 */
export function renderChat(messages: readonly Message[], options: ChatOptions): string {
  const { template, specialTokens, addGenerationPrompt, now, where } = options;
  const variables = {
    ...globals(now),
    ...specialTokens,
    messages,
    tools: null,
    documents: null,
    add_generation_prompt: addGenerationPrompt,
  };
  try {
    const { parsed } = parseTemplate(template);
    const environment = new Environment();
    for (const [name, value] of Object.entries(variables)) environment.set(name, value);
    return String(new Interpreter(environment).run(parsed).value);
  } catch (error) {
    throw new UserError(
      `${where}: the chat template fails: ${(error as Error).message}`,
      'give messages that the template accepts, or fix the chat_template of the checkpoint',
      { code: 'no-tokenizer' },
    );
  }
}

/** The template that was used last: all chats of a model have the same. */
let last: { readonly source: string; readonly template: Template } | null = null;

function parseTemplate(source: string): Template {
  // Jinja reads all line ends as \n; a template file can have others after a git checkout.
  if (last?.source !== source) last = { source, template: new Template(source.replace(/\r\n?/g, '\n')) };
  return last.template;
}

/** The limit of Jinja2's sandbox. */
const MAX_RANGE = 100_000;

/** `Template.render` has these too, but its `strftime_now` reads the clock, and its `range` has no limit. */
function globals(now: Date): Record<string, unknown> {
  return {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    raise_exception(message: unknown) {
      throw new Error(String(message));
    },
    range(from: number, to?: number, step = 1) {
      const [start, end] = to === undefined ? [0, from] : [from, to];
      const length = Math.max(0, Math.ceil((end - start) / step));
      if (!(length <= MAX_RANGE)) throw new Error(`a range of ${length} numbers is too long`);
      return Array.from({ length }, (_, index) => start + index * step);
    },
    strftime_now: (format: unknown) => strftime(String(format), now),
  };
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Python's `strftime` in the C locale and UTC, with the formats that templates use. */
function strftime(format: string, date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const month = at(MONTHS, date.getUTCMonth());
  const day = at(DAYS, date.getUTCDay());
  const parts: Record<string, string> = {
    '%Y': String(date.getUTCFullYear()),
    '%y': two(date.getUTCFullYear() % 100),
    '%m': two(date.getUTCMonth() + 1),
    '%d': two(date.getUTCDate()),
    '%-d': String(date.getUTCDate()),
    '%-m': String(date.getUTCMonth() + 1),
    '%B': month,
    '%b': month.slice(0, 3),
    '%A': day,
    '%a': day.slice(0, 3),
    '%H': two(date.getUTCHours()),
    '%M': two(date.getUTCMinutes()),
    '%S': two(date.getUTCSeconds()),
    '%%': '%',
  };
  return format.replace(/%-?[A-Za-z%]/g, (part) => {
    const text = parts[part];
    if (text === undefined) throw new Error(`strftime_now does not support ${part}`);
    return text;
  });
}
