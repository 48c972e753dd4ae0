import { z } from 'zod';
import { type Input, Link } from './input.ts';

/** An input that once was a finding, as a file of `regressions/`. */
const keptSchema = z.strictObject({
  reader: z.string(),
  /** What was wrong with it. */
  finding: z.string(),
  files: z.record(
    z.string(),
    z.union([
      z.strictObject({ text: z.string() }),
      z.strictObject({ base64: z.string() }),
      z.strictObject({ link: z.string() }),
    ]),
  ),
});

interface KeptInput {
  readonly reader: string;
  readonly finding: string;
  readonly input: Input;
}

export function parseKept(text: string): KeptInput {
  const { files, ...rest } = keptSchema.parse(JSON.parse(text));
  const contents = Object.entries(files).map(([name, file]): [string, Uint8Array | Link] => {
    if ('link' in file) return [name, new Link(file.link)];
    return [name, 'text' in file ? new TextEncoder().encode(file.text) : Buffer.from(file.base64, 'base64')];
  });
  return { ...rest, input: Object.fromEntries(contents) };
}

export function formatKept({ reader, finding, input }: KeptInput): string {
  const files = Object.entries(input).map(([name, content]) => {
    if (content instanceof Link) return [name, { link: content.target }];
    const text = new TextDecoder().decode(content);
    const isText = Buffer.from(text).equals(Buffer.from(content));
    return [name, isText ? { text } : { base64: Buffer.from(content).toString('base64') }];
  });
  return `${JSON.stringify({ reader, finding, files: Object.fromEntries(files) }, null, 2)}\n`;
}
