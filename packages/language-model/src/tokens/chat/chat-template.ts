import type { FolderFiles } from '@shadow-gate/platform/files';
import { validate } from '@shadow-gate/platform/json';
import { parsePythonJson } from '@shadow-gate/python';
import {
  type Body,
  bind,
  Callable,
  type Environment,
  FILTERS,
  GLOBALS,
  type JinjaValue,
  jinjaText,
  parse,
  renderJinja,
  TESTS,
  TemplateError,
} from '@shadow-gate/python/jinja';
import { z } from 'zod';
import { noTokenizer } from '../no-tokenizer.ts';
import { type Conversation, toTemplateMessages } from './messages.ts';
import { strftime } from './strftime.ts';

export interface ChatOptions {
  /** The Jinja source. */
  readonly template: string;
  /** `bos_token`, `eos_token`, … as text, under the names that templates use. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** Open the turn of the assistant. */
  readonly addGenerationPrompt: boolean;
  /** Functions that the assistant may call, each with a JSON Schema of its parameters; absent: none. */
  readonly tools?: ReadonlyArray<Readonly<Record<string, unknown>>>;
  /** The time of `strftime_now`, in UTC: some templates write the date into the prompt. */
  readonly now: Date;
  /** Source of the messages, for errors: `FILE:12`. */
  readonly where: string;
}

const namedTemplatesSchema = z.array(z.looseObject({ name: z.string(), template: z.string() }));

/** chat_template.jinja, or `chat_template` of tokenizer_config.json; null without a template or a default. */
export async function readChatTemplate(
  files: FolderFiles,
  tokenizerConfig: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  const file = await files.text('chat_template.jinja');
  if (file !== null) return file;
  const { chat_template: stated } = tokenizerConfig;
  if (typeof stated === 'string') return stated;
  return defaultTemplate(stated);
}

/** The template named `default`, or null. */
export function defaultTemplate(stated: unknown): string | null {
  return namedTemplates(stated).find(({ name }) => name === 'default')?.template ?? null;
}

/** The list of named texts that `chat_template` of tokenizer_config.json can be; else empty. */
export function namedTemplates(stated: unknown): z.infer<typeof namedTemplatesSchema> {
  const named = validate(namedTemplatesSchema, stated);
  return named.success ? named.data : [];
}

/**
 * Write a conversation as text in the trained format, like `apply_chat_template` of transformers 5.24 with its
 * defaults: no documents, and no variables of single templates. The text contains its own BOS: encode it with
 * `addSpecialTokens: false`.
 * @throws UserError with the template's message (`raise_exception`), or the mistake in it or in the messages
 */
export function renderChat(messages: Conversation, options: ChatOptions): string {
  const { template, specialTokens, addGenerationPrompt, tools, now, where } = options;
  try {
    const variables: Readonly<Record<string, JinjaValue>> = {
      ...specialTokens,
      messages: toTemplateMessages(messages),
      tools: tools === undefined ? null : parsePythonJson(JSON.stringify(tools)),
      documents: null,
      add_generation_prompt: addGenerationPrompt,
    };
    return renderJinja(parsed(template), Object.entries(variables), { ...ENVIRONMENT, globals: globalsAt(now) });
  } catch (error) {
    // Templates with endless recursion exhaust the stack, as in Python.
    if (!(error instanceof TemplateError || error instanceof RangeError)) throw error;
    throw noTokenizer(
      `${where}: the chat template fails: ${error.message}`,
      'give messages that the template accepts, or fix the chat_template of the checkpoint',
    );
  }
}

const ENVIRONMENT: Environment = {
  trimBlocks: true,
  lstripBlocks: true,
  keepTrailingNewline: false,
  strict: false,
  filters: FILTERS,
  tests: TESTS,
  tags: new Set(['break', 'continue', 'generation']),
  globals: GLOBALS,
};

/** The last template: all chats of a model share one. */
let last: { readonly source: string; readonly body: Body } | null = null;

function parsed(source: string): Body {
  if (last?.source !== source) last = { source, body: parse(source, ENVIRONMENT) };
  return last.body;
}

function globalsAt(now: Date): Environment['globals'] {
  const functions = [
    new Callable('raise_exception', (args) => {
      throw new TemplateError(jinjaText(bind('raise_exception', ['message'], args).get('message') ?? null));
    }),
    new Callable('strftime_now', (args) => {
      const format = bind('strftime_now', ['format'], args).get('format') ?? null;
      return strftime(jinjaText(format), now);
    }),
  ];
  return new Map<string, JinjaValue>([...GLOBALS, ...functions.map((own): [string, JinjaValue] => [own.name, own])]);
}
