import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { FolderFiles } from '@shadow-gate/platform/files';
import { describe, expect, it } from 'vitest';
import { fixture, readJson, temporaryFolder } from '../../../../test/fixtures.ts';
import { type ChatOptions, readChatTemplate, renderChat } from '../../src/tokens/chat/chat-template.ts';
import type { Message } from '../../src/tokens/chat/messages.ts';
import { openTokenizer } from '../../src/tokens/open-tokenizer.ts';

interface Chat {
  name: string;
  template: string;
  messages: Message[];
  expected: string;
}

const chats = readJson<Chat[]>(fixture('tokenizers', 'chats.json'));
const templates = readJson<{
  conversations: string[];
  chats: { name: string; template: string; texts: (string | null)[] }[];
}>(fixture('chat-templates.json'));
/** The time in the script that made them. */
const written = new Date('2026-03-07T14:05:09Z');
const options: Omit<ChatOptions, 'template'> = {
  specialTokens: { bos_token: '<s>', eos_token: '</s>' },
  addGenerationPrompt: true,
  now: new Date('2024-07-04T09:05:00Z'),
  where: 'g.jsonl:1',
};
const user: Message[] = [{ role: 'user', content: 'hi' }];

describe('renderChat', () => {
  it.each(chats)('gives the text of Jinja2 in transformers: $name', ({ template, messages, expected }) => {
    expect(renderChat(messages, { ...options, template })).toBe(expected);
    // A git checkout can have other line ends.
    expect(renderChat(messages, { ...options, template: template.replaceAll('\n', '\r\n') })).toBe(expected);
  });

  it.each(templates.chats)('does as transformers for messages as they are written: $name', ({ template, texts }) => {
    const rendered = templates.conversations.map((conversation, i) => {
      try {
        const messages = { json: `{"messages": ${conversation}}` };
        return renderChat(messages, { ...options, template, now: written, addGenerationPrompt: i % 2 === 0 });
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        return null;
      }
    });
    expect(rendered).toEqual(texts);
  });

  it.each<[string, string]>([
    ['a function', '{{ range }}'],
    ['a tag that is not read', "{% include 'x' %}"],
    ['a filter that is not read', "{{ 'a b' | wordcount }}"],
  ])('refuses what it would not write as transformers does: %s', (_, template) => {
    expect(() => renderChat(user, { ...options, template })).toThrow(/not (read|printed)/);
  });

  it('does not open the turn of the assistant without addGenerationPrompt', () => {
    const template = '{{ messages[0].content }}{% if add_generation_prompt %} model:{% endif %}';
    expect(renderChat(user, { ...options, template, addGenerationPrompt: false })).toBe('hi');
  });

  it('shows the given time', () => {
    const template = "{{ strftime_now('%A %-d %B %Y, %H:%M:%S, %a %y-%m-%d %b %%') }}";
    expect(renderChat(user, { ...options, template })).toBe('Thursday 4 July 2024, 09:05:00, Thu 24-07-04 Jul %');
  });

  it('has the range of Python', () => {
    const template =
      '{{ range(3) | join }} {{ range(2, 7, 2) | join }} {{ range(3, 0, -1) | join }}{{ range(2, 1) | join }}';
    expect(renderChat(user, { ...options, template })).toBe('012 246 321');
  });

  it.each<[string, string, RegExp]>([
    ['its own words', "{{ raise_exception('Only user and model roles') }}", /g\.jsonl:1: .*Only user and model roles/],
    ['a syntax error', '{% if %}', /g\.jsonl:1: the chat template fails: /],
    ['a range without end', '{% for i in range(1, 10 ** 9) %}{% endfor %}', /a range of 999999999 numbers/],
    ['a date format that is not supported', "{{ strftime_now('%U') }}", /strftime_now does not support %U/],
  ])('reports %s', (_, template, pattern) => {
    expect(() => renderChat(user, { ...options, template })).toThrow(pattern);
    expect(() => renderChat(user, { ...options, template })).toThrow(UserError);
  });
});

describe('readChatTemplate', () => {
  it('prefers the file to the config, and takes the default of a list', async () => {
    const folder = temporaryFolder();
    const named = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'plain' },
    ];
    expect(await readChatTemplate(new FolderFiles(folder), {})).toBeNull();
    expect(await readChatTemplate(new FolderFiles(folder), { chat_template: 'text' })).toBe('text');
    expect(await readChatTemplate(new FolderFiles(folder), { chat_template: named })).toBe('plain');
    // A checkpoint without a default can still be scored.
    expect(await readChatTemplate(new FolderFiles(folder), { chat_template: named.slice(0, 1) })).toBeNull();
    writeFileSync(join(folder, 'chat_template.jinja'), 'file');
    expect(await readChatTemplate(new FolderFiles(folder), { chat_template: 'text' })).toBe('file');
  });

  it('is found by the tokenizer, which encodes its special tokens', async () => {
    const tokenizer = await openTokenizer(fixture('tokenizers', 'llama3'));
    const { chatTemplate, specialTokens } = tokenizer;
    expect(chatTemplate).toBe(chats[0]?.template);
    const text = renderChat(user, { ...options, template: chatTemplate ?? '', specialTokens });
    const ids = tokenizer.encode(text, { addSpecialTokens: false });
    // One BOS, and the ends of two turns.
    expect(ids.filter((id) => id >= 346)).toEqual([346, 348, 348]);
    expect(ids[0]).toBe(346);
  });
});
