import { statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { debug, ExitCode, error, group, info, notice, saveState, setOutput, setSecret, warning } from '@actions/core';
import { UserError } from '@shadow-gate/platform';
import type { Verdict } from '../../compare/report.ts';
import { logLine, logLines } from '../../report/escape.ts';

/** Numbers of the probes, as text; empty if there are none. */
export interface NumberOutputs {
  readonly 'shadow-delta': string;
  readonly transfer: string;
  readonly 'twin-accuracy-change': string;
}

interface ActionOutputs extends NumberOutputs {
  readonly verdict: Verdict | 'skipped';
  /** Login of the person who overrode a failed check; empty if nobody did. */
  readonly 'overridden-by': string;
  /** Absolute paths, so that a later step finds them from any working directory. */
  readonly report: string;
  readonly measurement: string;
  /** Empty if the verdict is not attested. */
  readonly attestation: string;
  readonly calibration: string;
  readonly 'html-report': string;
  /** Addresses; empty if nothing was written. */
  readonly 'html-report-url': string;
  readonly comment: string;
  readonly issue: string;
  readonly 'baseline-pull-request': string;
}

interface Annotation {
  readonly level: 'notice' | 'warning' | 'error';
  readonly message: string;
  readonly title?: string;
}

export interface Runner {
  /** The text of an input, trimmed; empty if missing. */
  readonly input: (name: string) => string;
  readonly info: (line: string) => void;
  readonly debug: (text: string) => void;
  /** GitHub shows ten annotations of a level in a step, and drops the rest. */
  readonly annotate: (annotation: Annotation) => void;
  readonly warning: (message: string) => void;
  /** Replaces a secret in the log by asterisks. */
  readonly mask: (secret: string) => void;
  readonly group: <T>(title: string, work: () => Promise<T>) => Promise<T>;
  /** @throws UserError if outputs cannot be written */
  readonly expectOutputs: () => void;
  readonly setOutputs: (outputs: Partial<ActionOutputs>) => void;
  /** Add to the page of the run. @throws if the summary cannot be written */
  readonly addSummary: (markdown: string) => Promise<void>;
  /** Save a value for the end of the step, which runs even if this process is killed. Never throws. */
  readonly saveState: (name: string, value: string) => void;
  readonly failStep: () => void;
}

const ANNOTATE = { notice, warning, error } as const;

/** @param environment of a step, with its inputs (`INPUT_…`) and GITHUB_STEP_SUMMARY */
export function githubRunner(environment: Readonly<Record<string, string | undefined>>): Runner {
  return {
    input: (name) => (environment[`INPUT_${name.toUpperCase().replaceAll(' ', '_')}`] ?? '').trim(),
    info,
    debug: (text) => debug(logLines(text)),
    annotate: ({ level, message, title }) =>
      ANNOTATE[level](logLine(message), title === undefined ? {} : { title: logLine(title) }),
    warning: (message) => warning(logLine(message)),
    mask: setSecret,
    group: (title, work) => group(logLine(title), work),
    expectOutputs: () => {
      const { GITHUB_OUTPUT: file = '' } = environment;
      if (file === '' || statSync(file, { throwIfNoEntry: false })?.isDirectory() === false) return;
      throw new UserError(
        `outputs cannot be written: GITHUB_OUTPUT is ${file}, and that is no file`,
        'run the action as a step of a job, whose runner makes that file, and let no other step remove it',
      );
    },
    setOutputs: (outputs) => {
      for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
    },
    addSummary: async (markdown) => {
      const { GITHUB_STEP_SUMMARY: file } = environment;
      if (file === undefined || file === '') throw new Error('this server has no step summary');
      await appendFile(file, `${markdown}\n`);
    },
    saveState: (name, value) => {
      try {
        saveState(name, value);
      } catch (error) {
        info(logLine(`the end of this step will not know ${name}: ${(error as Error).message}`));
      }
    },
    failStep: () => {
      process.exitCode = ExitCode.Failure;
    },
  };
}
