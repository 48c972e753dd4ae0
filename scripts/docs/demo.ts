// Records examples/repository/demo.cast: the checks of two pull requests of the example repository, in a terminal of 80
// by 26. Usage: npx tsx scripts/docs/demo.ts [--cli FILE] [--out FILE]. Needs `script` of util-linux. The format is
// version 2 of asciinema's (https://docs.asciinema.org/manual/asciicast/v2/).
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [WIDTH, HEIGHT] = [80, 26];
/** Seconds between two letters that are typed, after a command, and after its result. */
const TYPING = 0.03;
const BEFORE_RUN = 0.4;
const TO_READ = 4;
/** Longest pause that is shown; a wait for the model is not worth more. */
const LONGEST_PAUSE = 1.5;

const { values } = parseArgs({
  options: {
    cli: { type: 'string', default: join(ROOT, 'dist/cli.js') },
    out: { type: 'string', default: join(ROOT, 'examples/repository/demo.cast') },
  },
});

const COMMANDS = [
  'git checkout --quiet exam-only',
  'shadow-gate check --checkpoint models/candidate --reference models/base \\\r\n    --baseline .shadow-gate/baseline.json',
  'git checkout --quiet more-formats',
  'shadow-gate check --checkpoint models/candidate --reference models/base \\\r\n    --baseline .shadow-gate/baseline.json',
];
const PROMPT = '\u001b[1;34m~/models\u001b[0m $ ';

type Chunk = readonly [seconds: number, text: string];

/** What a command writes to a terminal, with the seconds since it began. */
function record(command: string, cwd: string, PATH: string): Promise<Chunk[]> {
  const started = performance.now();
  const chunks: Chunk[] = [];
  const sized = `stty cols ${WIDTH} rows ${HEIGHT}; ${command.replace('\r\n', '\n')}`;
  const child = spawn('script', ['--quiet', '--flush', '--command', sized, '/dev/null'], {
    cwd,
    env: { ...process.env, PATH, TERM: 'xterm-256color' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout
    .setEncoding('utf8')
    .on('data', (text: string) => chunks.push([(performance.now() - started) / 1000, text]));
  return new Promise((resolve, reject) => child.on('error', reject).on('close', () => resolve(chunks)));
}

const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-demo-'));
try {
  // As npm installs it: the program is called by its name.
  await symlink(values.cli, join(folder, 'shadow-gate'));
  const path = `${folder}${delimiter}${process.env.PATH}`;
  const repository = join(folder, 'models');
  execFileSync('bash', [join(ROOT, 'examples/repository/build.sh'), repository, join(folder, 'shadow-gate')]);

  const events: Chunk[] = [];
  let now = 0.5;
  const show = (text: string, seconds: number) => {
    events.push([now, text]);
    now += seconds;
  };
  for (const command of COMMANDS) {
    show(PROMPT, BEFORE_RUN);
    for (const letter of command.split(/(?<=\n)|(?!\n)/)) show(letter, TYPING);
    show('\r\n', BEFORE_RUN);
    let before = 0;
    const chunks = await record(command, repository, path);
    for (const [seconds, text] of chunks) {
      now += Math.min(seconds - before, LONGEST_PAUSE);
      before = seconds;
      events.push([now, text]);
    }
    now += chunks.length > 0 ? TO_READ : 0;
  }
  show(PROMPT, 0);
  const head = { version: 2, width: WIDTH, height: HEIGHT, title: 'Shadow Gate checks two pull requests' };
  const lines = events.map(([seconds, text]) => JSON.stringify([Number(seconds.toFixed(3)), 'o', text]));
  await writeFile(values.out, `${[JSON.stringify(head), ...lines].join('\n')}\n`);
  console.log(`${values.out}: ${now.toFixed(0)} s, ${lines.length} events`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
