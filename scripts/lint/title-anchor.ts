/** The anchor that GitHub gives to a heading without links. A second one of the same text gets `-1`. */
export function titleAnchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-');
}
