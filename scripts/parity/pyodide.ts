import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@shadow-gate/probes/random';
import { reprFloat } from '@shadow-gate/python';
import { CHAT_CONTEXT, CHAT_TIME, chatCases } from './chats.ts';
import { type Tally, tally } from './libraries.ts';

interface Pyodide {
  unpackArchive(bytes: Uint8Array, format: 'wheel', options: { readonly extractDir: string }): void;
  runPython(program: string): string;
  readonly globals: { set(name: string, value: unknown): void };
}

interface RegexCases {
  readonly texts: readonly string[];
  readonly patterns: Readonly<Record<string, unknown>>;
}

/** Python itself: Jinja2 as transformers sets it up, `re`, and how floats are printed. */
export async function compare(folder: string): Promise<Tally[]> {
  const { loadPyodide }: { loadPyodide(): Promise<Pyodide> } = createRequire(join(folder, 'x.js'))('pyodide');
  const python = await loadPyodide();
  const ask = <T>(program: string, input: unknown): T => {
    python.globals.set('given', JSON.stringify(input));
    return JSON.parse(python.runPython(`import json, sys\ninput = json.loads(given)\n${program}\njson.dumps(result)`));
  };
  const wheels = join(folder, 'wheels');
  const { status, stderr } = spawnSync(
    'python3',
    ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--dest', wheels, 'jinja2', 'markupsafe'],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  for (const wheel of readdirSync(wheels)) {
    python.unpackArchive(Uint8Array.from(readFileSync(join(wheels, wheel))), 'wheel', { extractDir: '/wheels' });
  }
  const chats = chatCases();
  const written = ask<(string | null)[]>(CHATS, { chats, context: CHAT_CONTEXT, time: CHAT_TIME });
  const { texts, patterns }: RegexCases = JSON.parse(
    readFileSync(fileURLToPath(new URL('../../test/fixtures/python-regex.json', import.meta.url)), 'utf8'),
  );
  const found = ask<unknown[][]>(REGEX, { texts, patterns: Object.keys(patterns) });
  const random = new Random(1, 'floats');
  const floats = Array.from({ length: 10_000 }, () => (random.int(-1e9, 1e9) / 7) * 10 ** random.int(-30, 20));
  const printed = ask<string[]>('result = [repr(float(x)) for x in input]', floats);
  return [
    tally('renderings of chat templates', chats, (one) => written[chats.indexOf(one)] === one.text),
    tally('patterns of re', Object.values(patterns), (own) =>
      found.some((one) => JSON.stringify(one) === JSON.stringify(own)),
    ),
    tally('printed floats', floats, (one) => printed[floats.indexOf(one)] === reprFloat(one)),
  ];
}

/** As transformers.utils.chat_template_utils. */
const CHATS = `
sys.path.insert(0, "/wheels")
import datetime
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
def fail(message):
    raise ValueError(message)
environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
environment.filters["tojson"] = lambda x, ensure_ascii=False, indent=None, separators=None, sort_keys=False: json.dumps(
    x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
environment.globals["raise_exception"] = fail
environment.globals["strftime_now"] = lambda form: datetime.datetime.fromisoformat(input["time"]).strftime(form)
def write(chat):
    try:
        return environment.from_string(chat["template"]).render(
            messages=json.loads(chat["messages"]), tools=None, documents=None,
            add_generation_prompt=chat["addGenerationPrompt"], **input["context"])
    except Exception:
        return None
result = [write(chat) for chat in input["chats"]]`;

/** The matches of each text: start, end and groups, in UTF-16 units as the fixture has them. */
const REGEX = `
import re
def units(text, end):
    return len(text[:end].encode("utf-16-le", "surrogatepass")) // 2
def matches(pattern, text):
    return [[units(text, m.start()), units(text, m.end()), *m.groups()] for m in re.finditer(pattern, text)]
result = [[matches(pattern, text) for text in input["texts"]] for pattern in input["patterns"]]`;
