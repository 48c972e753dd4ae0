import { join } from 'node:path';
import { writeFileAtomic } from '@shadow-gate/platform/files';
import type { Report } from '../compare/report.ts';
import { REPORT_PAGE_FILE } from '../github/storage/index.ts';
import { printable } from '../report/escape.ts';
import { renderHtml } from '../report/html/report.ts';
import type { Origin } from '../report/markdown/index.ts';
import type { PagedRun } from './action-run.ts';
import type { ActionContext } from './context.ts';

/** For every event, even from a fork. A failure only warns. @returns the address of the page; empty without one */
export async function publishPage(
  run: PagedRun,
  context: ActionContext,
  { report, origin }: { readonly report: Report; readonly origin: Origin | undefined },
): Promise<string> {
  const path = join(run.out, REPORT_PAGE_FILE);
  try {
    await writeFileAtomic(path, renderHtml(report, { docs: context.docs, origin: origin ?? null }));
  } catch (error) {
    context.runner.warning(printable(`${REPORT_PAGE_FILE} was not written: ${(error as Error).message}`));
    return '';
  }
  const url = await upload(run, context, path);
  context.runner.setOutputs({ 'html-report': path, 'html-report-url': url });
  return url;
}

/** @returns the address of the artifact; empty if there is none */
async function upload({ artifact, slug }: PagedRun, context: ActionContext, path: string): Promise<string> {
  const { artifacts, canUploadArtifacts, repositoryUrl, runner, workflowRun } = context;
  if (artifact === 'off' || !canUploadArtifacts) return '';
  try {
    const id = await artifacts.uploadPage(`shadow-gate-report-${slug}.html`, path);
    const url = `${repositoryUrl}/actions/runs/${workflowRun.id}/artifacts/${id}`;
    runner.info(`Report: ${url}`);
    return url;
  } catch (error) {
    runner.warning(printable(`the report was not uploaded as a page: ${(error as Error).message}`));
    return '';
  }
}
