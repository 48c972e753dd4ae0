/** Why the numbers of a report that another run made are to be taken with care. */
export function whoseRun(by: 'pull-request' | 'fork'): string {
  const whose = by === 'fork' ? "fork's" : "pull request's";
  return `The numbers come from the ${whose} own run, whose workflow its author can edit. The check of that run decides, not this page.`;
}
