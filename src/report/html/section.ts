import type { Report } from '../../compare/report.ts';
import type { Origin } from '../markdown/origin.ts';
import type { Html } from '../render/html/html.ts';

export interface PageOptions {
  /** Address of the folder `docs`, without a slash at its end. */
  readonly docs: string;
  /** The workflow run that made the report; null if none did. */
  readonly origin: Origin | null;
}

/** A part of the page with a heading and a link in the navigation. */
export interface PageSection {
  readonly id: string;
  readonly title: string;
  /** Null leaves the part out. */
  readonly render: (report: Report, options: PageOptions) => Html | null;
}
