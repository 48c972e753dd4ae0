import type { Random } from '@shadow-gate/probes/random';

/** Edit a text line by line: for formats that JSON edits do not reach (YAML, CSV, JSONL, templates). */
export function mutateText(text: string, snippets: readonly string[], random: Random): string {
  let lines = text.split('\n');
  for (let edits = random.int(1, 4); edits > 0 && lines.length > 0; edits -= 1) lines = edit(lines, snippets, random);
  return lines.join(random.int(0, 9) === 0 ? '\r\n' : '\n');
}

function edit(lines: readonly string[], snippets: readonly string[], random: Random): string[] {
  const index = random.int(0, lines.length - 1);
  const line = lines[index] ?? '';
  const cut = random.int(0, line.length);
  const put = (text: string) => lines.map((other, i) => (i === index ? text : other));
  switch (random.int(0, 7)) {
    case 0:
      return lines.filter((_, i) => i !== index);
    case 1:
      return [...lines.slice(0, index), line, ...lines.slice(index)];
    case 2:
      return put(line.slice(0, cut));
    case 3:
      return put(`${line.slice(0, cut)}${random.pick(snippets)}${line.slice(cut)}`);
    case 4:
      return put(random.pick(snippets));
    case 5:
      return put(
        line.replace(/-?\d+(\.\d+)?/, () => random.pick(['-1', '0', '1e999', 'NaN', '9'.repeat(30), '0.5', ''])),
      );
    case 6:
      return put(` ${line}`);
    default:
      return put(
        line.replace(
          /[^\s:,"]+/,
          random
            .pick(lines)
            .trim()
            .split(/[\s:,]/)[0] ?? '',
        ),
      );
  }
}
