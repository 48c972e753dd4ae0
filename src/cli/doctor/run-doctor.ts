import { openCheckpoint } from '@shadow-gate/checkpoints';
import { expectModelMemory } from '@shadow-gate/language-model';
import { selectProbes } from '../../gate/select-probes.ts';
import { findPolicy } from '../../policy/load.ts';
import { printableJson } from '../../report/escape.ts';
import { describeCheckpoint, openBase } from '../init/model.ts';
import { EXIT, type Output } from '../output.ts';
import { controlCheck } from './check-control.ts';
import { modelChecks } from './check-model.ts';
import { runnerChecks } from './check-runner.ts';
import { setUpChecks } from './check-set-up.ts';
import { tokenCheck } from './check-token.ts';
import { workflowChecks } from './check-workflow.ts';
import { type Diagnosis, type DoctorCheck, runChecks, shared } from './diagnosis.ts';
import type { DoctorOptions } from './options.ts';
import { renderDiagnosis, renderDoctorSummary } from './render.ts';
import { type DoctorSettings, findSettings } from './settings.ts';

/** Check everything that a run needs, and set the exit code: 2 if something cannot work. */
export async function runDoctor(
  options: DoctorOptions,
  { root, output }: { readonly root: string; readonly output: Output },
): Promise<void> {
  const settings = await findSettings(options, root);
  const onDone = (diagnosis: Diagnosis) => {
    if (!options.json) output.print(renderDiagnosis(diagnosis, output.terminal));
  };
  const all = await runChecks(checksOf(settings, options, { root, output }), onDone);
  const isHealthy = all.every(({ status }) => status !== 'problem');
  output.print(options.json ? printableJson({ ok: isHealthy, checks: all }) : `\n${renderDoctorSummary(all)}`);
  output.exitCode = isHealthy ? EXIT.pass : EXIT.couldNotJudge;
}

function checksOf(
  settings: DoctorSettings,
  { device, control }: DoctorOptions,
  { root, output }: { readonly root: string; readonly output: Output },
): DoctorCheck[] {
  const { env } = output;
  const { only, endpoint } = settings;
  // Apart, so that each is to blame for itself.
  const checkpoint = shared(async () => (settings.checkpoint === null ? null : openCheckpoint(settings.checkpoint)));
  const reference = shared(async () => (settings.reference === null ? null : openBase(settings.reference)));
  const pair = shared(async () => {
    const opened = await checkpoint();
    return opened && { checkpoint: opened, reference: await reference() };
  });
  const policy = shared(() => findPolicy(settings.policy));
  const probes = shared(async () => selectProbes(await policy(), { only: only ?? undefined, seed: 1 }));
  const suites = async () => (await probes())?.suites ?? [];
  const usesChat = async () => (await probes())?.chatTemplate ?? false;
  const isRun = endpoint === null && only !== 'spectra';
  const neededMemory = async () => {
    const opened = isRun ? await pair().catch(() => null) : null;
    return opened && expectModelMemory(opened).catch(() => null);
  };
  const downloaded = async () => {
    const opened = await pair();
    const parts = opened ? [opened.checkpoint, opened.reference] : [];
    const sizes = parts.map(async (part) => (part?.remote ? (await describeCheckpoint(part)).bytes : 0));
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  };
  return [
    ...runnerChecks({ env, device, neededMemory, downloaded }),
    ...modelChecks({ root, settings, env, checkpoint, reference, pair, suites, usesChat }),
    ...setUpChecks({ root, settings, policy, suites, pair }),
    ...workflowChecks({ root, settings, neededMemory }),
    tokenCheck({ env, root }),
    ...(control === undefined ? [] : [controlCheck(settings, { device, checks: control, output })]),
  ];
}
