import type { Report } from '../../compare/report.ts';
import type { Origin } from '../markdown/origin.ts';
import type { Html } from '../render/html/html.ts';

export interface PageOptions {
  /** Address of the folder `docs`, without a slash at its end. */
  readonly docs: string;
  /** The run of a workflow that made the report; null for one that was made elsewhere. */
  readonly origin: Origin | null;
}

/** A part of the page with a heading and a link in the navigation. */
export interface PageSection {
  /** Its anchor. */
  readonly id: string;
  readonly title: string;
  /** Null: the report has nothing of it, and the part is left out. */
  readonly render: (report: Report, options: PageOptions) => Html | null;
}
