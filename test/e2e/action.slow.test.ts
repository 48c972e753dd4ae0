import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { measurementSchema } from '../../src/measure/schema/measurement.ts';
import { readReport } from '../../src/report/json.ts';
import { commentMarker } from '../../src/report/markdown/comment.ts';
import { fixture, repository } from '../fixtures.ts';
import { HOSTILE_NAMES } from '../report/fixtures.ts';
import { annotations, FAIL, levels, PASS, useRig, WARN, WEIGHTS } from './rig.ts';
import { TINY_NAMES, writeTinyCheckpoint } from './tiny-checkpoint.ts';

const rig = useRig({ hasServices: false });

/** Neither side can run the probes. */
const INCONCLUSIVE = { checkpoint: 'model', baseline: 'model' };

it('a first run without a baseline writes a warning, all outputs, the summary and one comment', async () => {
  const outcome = await rig.gate(WARN);
  expect(outcome.code, outcome.log).toBe(0);
  expect(levels(outcome)).toEqual(['warning']);
  expect(outcome.outputs).toMatchObject({ verdict: 'warn', comment: rig.github.comments[0]?.html_url });

  const { report = '', measurement = '' } = outcome.outputs;
  expect((await readReport(report)).verdict).toBe('warn');
  expect(measurementSchema.parse(JSON.parse(await readFile(measurement, 'utf8'))).tensors).toHaveLength(8);
  expect(await readFile(join(report, '../comment.md'), 'utf8')).toBe(`${rig.github.comments[0]?.body}\n`);

  expect(rig.github.comments).toHaveLength(1);
  expect(rig.github.comments[0]?.body).toMatch(new RegExp(`^${commentMarker('default')}\n`));
  expect(outcome.summary).toMatch(/warn/i);
  expect(outcome.summary).not.toContain('shadow-gate:default');
});

it('the measurement of one run can be the baseline of the next', async () => {
  const { outputs } = await rig.gate({ ...WARN, out: '.shadow-gate' });
  await writeFile(rig.path('.shadow-gate/baseline.json'), await readFile(outputs.measurement ?? ''));
  const second = await rig.gate(WARN);
  expect(second.outputs.verdict, second.log).toBe('pass');
  expect(levels(second)).toEqual(['notice']);
});

it.each([
  [403, /pull-requests: write/],
  [500, /internal error/],
  ['reset', /could not be reached/],
] as const)(
  'if GitHub answers a write with %s, there are warnings, and nothing else changes',
  async (status, cause) => {
    rig.github.faults.push({
      request: /^(POST|PATCH) \/repos/,
      status,
      message: 'Resource not accessible by integration',
    });
    for (const [inputs, code, verdict, level] of [
      [PASS, 0, 'pass', 'notice'],
      [FAIL, 1, 'fail', 'error'],
    ] as const) {
      const outcome = await rig.gate(inputs);
      expect(outcome.code, outcome.log).toBe(code);
      expect(outcome.outputs).toMatchObject({ verdict, comment: '' });
      expect((await stat(outcome.outputs.report ?? '')).isFile()).toBe(true);
      expect(outcome.summary).not.toBe('');
      // The check run is written where the token may, so that a refusal is no warning.
      const writes = status === 403 ? ['warning'] : ['warning', 'warning'];
      expect(levels(outcome)).toEqual([level, ...writes]);
      for (const { message } of annotations(outcome).slice(1)) expect(message).toMatch(cause);
    }
  },
);

it.each([
  [PASS, 'warn', 0, 'notice'],
  [WARN, 'fail', 0, 'warning'],
  [WARN, '', 0, 'warning'],
  [WARN, 'warn', 1, 'error'],
  [FAIL, 'fail', 1, 'error'],
  [FAIL, 'warn', 1, 'error'],
  [FAIL, 'never', 0, 'error'],
  [INCONCLUSIVE, '', 1, 'error'],
  [INCONCLUSIVE, 'inconclusive', 1, 'error'],
  [INCONCLUSIVE, 'warn', 1, 'error'],
  [INCONCLUSIVE, 'fail', 0, 'warning'],
])('%j with fail-on %s has exit code %i and one annotation, %s', async (inputs, failOn, code, level) => {
  const outcome = await rig.gate({ ...inputs, 'fail-on': failOn });
  expect(outcome.code, outcome.log).toBe(code);
  expect(levels(outcome)).toEqual([level]);
  expect(outcome.outputs.comment).toBe(rig.github.comments[0]?.html_url);
});

it('the main reason of a failure names the tensor', async () => {
  expect(annotations(await rig.gate(FAIL))[0]?.message).toContain(TINY_NAMES[3]);
});

it.each(['fail', 'never'])(
  'a missing checkpoint fails with one line and no verdict, also with fail-on %s',
  async (failOn) => {
    const outcome = await rig.gate({ checkpoint: 'nowhere', 'fail-on': failOn });
    expect(outcome.code).toBe(1);
    expect(levels(outcome)).toEqual(['error']);
    expect(annotations(outcome)[0]?.message).toMatch(/^nowhere does not exist[^\n]*$/);
    expect(outcome.log).not.toMatch(/^\s+at /m);
    expect(outcome.outputs).toEqual({});
    expect(outcome.summary).toBe('');
    expect(rig.github.writes).toEqual([]);
  },
);

it.each([
  [{ ...WARN, device: 'gpu' }, 'input device is "gpu" — allowed: auto, cpu, cuda, webgpu'],
  [{ ...WARN, seed: 'x' }, /^input seed is "x" — allowed: a whole number/],
  [{ ...WARN, budget: 'soon' }, /^input budget is "soon" — allowed: a time such as/],
  [{ ...WARN, only: 'both' }, /^input only is "both" — allowed: spectra, probes/],
  [{ ...WARN, endpoint: 'http://localhost:1/v1' }, /^inputs endpoint and model belong together/],
  [
    { checkpoint: '' },
    'input checkpoint is missing — give the path of a checkpoint, an endpoint that serves one, or logs (lm-eval, inspect, lighteval, every-eval-ever, counts)',
  ],
  [{ ...WARN, policy: 'nowhere.yml' }, /^policy nowhere\.yml does not exist/],
])('%j is refused with one line that says what is wrong', async (inputs, message) => {
  const outcome = await rig.gate(inputs as Record<string, string>);
  expect(outcome.code).toBe(1);
  expect(annotations(outcome)).toHaveLength(1);
  expect(annotations(outcome)[0]?.message).toEqual(
    typeof message === 'string' ? message : expect.stringMatching(message),
  );
  expect(outcome.outputs).toEqual({});
});

it('a pickle is refused in one annotation, and the four lines of Python that convert it are in the log', async () => {
  await writeFile(rig.path('pytorch_model.bin'), Buffer.from([0x80, 2, 0x7d, 0x71, 0, 0x2e]));
  const outcome = await rig.gate({ ...WARN, checkpoint: 'pytorch_model.bin' });
  expect(outcome.code).toBe(1);
  expect(annotations(outcome)).toHaveLength(1);
  expect(annotations(outcome)[0]?.message).toMatch(
    /\/pytorch_model\.bin is a PyTorch pickle that is not read: it was not written by torch\.save/,
  );
  const code = outcome.log.split('\n').filter((line) => line.startsWith('    '));
  expect(code).toHaveLength(4);
  expect(code[1]).toBe("    state = torch.load('pytorch_model.bin', map_location='cpu', weights_only=True)");
});

it('a benchmark-aligned checkpoint fails, and the comment shows the shadow delta and example regressions', async () => {
  const example = (name: string) => repository('examples', name);
  const outcome = await rig.gate({
    checkpoint: example('benchmark-aligned'),
    reference: example('base'),
    baseline: example('base'),
    policy: example('shadow-gate.yml'),
    // The numbers below are those of all questions: blocks have an order of their own in each run.
    all: 'true',
  });
  expect(outcome.code, outcome.log).toBe(1);
  expect(outcome.outputs).toMatchObject({
    verdict: 'fail',
    'shadow-delta': expect.stringMatching(/^0\.4\d+$/),
    transfer: expect.stringMatching(/^0\.\d+$/),
    'twin-accuracy-change': expect.stringMatching(/^-?0\.\d+$/),
  });
  expect(annotations(outcome)[0]?.message).toMatch(
    /^Exam \+4\d\.\d\spoints; the same questions without options \+1\d\.\d: less than half of the gain carries over\.$/,
  );
  expect(rig.github.checkRuns).toEqual([expect.objectContaining({ name: 'Shadow Gate', conclusion: 'failure' })]);
  const body = rig.github.comments[0]?.body ?? '';
  expect(body).toMatch(/^\| \[?capability\b.* \| facts \|/m);
  expect(body).toMatch(/^\| \[exam\]\S* \| \[other form\][\s\S]*2 example regressions/m);
});

it('with the input adapter, a merge is proven or fails, in the annotation, the comment and the report', async () => {
  const merges = (...path: string[]) => fixture('merges', ...path);
  const inputs = { ...WEIGHTS, reference: merges('llama-bf16'), adapter: merges('bf16', 'adapter') };
  const merged = merges('bf16', 'merged');
  const sound = await rig.gate({ ...inputs, checkpoint: merged, baseline: merged });
  expect(sound.outputs.verdict, sound.log).toBe('pass');
  expect(levels(sound)).toEqual(['notice']);
  expect(rig.github.comments[0]?.body).toContain('The merge of the adapter is proven for all 7 weights');
  expect((await readReport(sound.outputs.report ?? '')).findings).toContainEqual(
    expect.objectContaining({ kind: 'merge-proven', weights: 7, all: 7 }),
  );

  const forgotten = await rig.gate({ ...inputs, checkpoint: inputs.reference, baseline: merged });
  expect(forgotten.code, forgotten.log).toBe(1);
  expect(forgotten.outputs.verdict).toBe('fail');
  expect(annotations(forgotten)[0]?.message).toMatch(/^The adapter was not merged: the checkpoint has the weights of/);
  expect(rig.github.comments).toHaveLength(1);
  expect(rig.github.comments[0]?.body).toContain('The adapter was not merged');

  const alone = await rig.gate({ ...WEIGHTS, checkpoint: merged, adapter: inputs.adapter });
  expect(alone.code).toBe(1);
  expect(annotations(alone)[0]?.message).toMatch(/reference/);
  expect(alone.outputs).toEqual({});
});

it('no name in a checkpoint runs a workflow command', async () => {
  const hostile = HOSTILE_NAMES.filter((name) => name.length < 1000);
  const perCheckpoint = TINY_NAMES.length;
  for (let from = 0; from < hostile.length; from += perCheckpoint) {
    const checkpoint = `hostile-${from}`;
    await writeTinyCheckpoint(rig.path(checkpoint), {
      rename: (tensor) => `${hostile[from + TINY_NAMES.indexOf(tensor)] ?? ''}${tensor}`,
      // Every tensor is broken, so that every name is printed as a finding.
      edit: (_, values) => values.fill(Number.NaN),
    });
    const outcome = await rig.gate({ ...WEIGHTS, checkpoint, key: 'hostile' });
    expect(outcome.outputs.verdict, outcome.log).toBe('fail');
    expect(outcome.commands.map(({ name }) => name)).toEqual(['group', 'endgroup', 'error']);
    expect(outcome.log).not.toContain('##[');
  }
  expect(rig.github.comments).toHaveLength(1);
});
