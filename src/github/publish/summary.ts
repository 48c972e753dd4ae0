import { summary } from '@actions/core';

/**
 * Add to the page of the run.
 * @returns why it could not be written, or null: a summary is worth less than the verdict, so nothing is thrown
 */
export async function writeSummary(markdown: string): Promise<string | null> {
  try {
    await summary.addRaw(markdown, true).write();
    return null;
  } catch (error) {
    return `the step summary was not written: ${(error as Error).message}`;
  }
}
