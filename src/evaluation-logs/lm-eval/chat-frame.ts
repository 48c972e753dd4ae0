/**
 * What a chat template writes around every message of a run: the same before and after each, so that an example or an instruction
 * that only some of them have is noticed.
 */
export interface ChatFrame {
  /** Null until the first message was read. */
  around: { readonly before: string; readonly after: string } | null;
}

/** Whether a rendered text is a message in the frame of the run. The first one shows what that is. Templates may strip messages. */
export function withinFrame(frame: ChatFrame, rendered: string, message: string): boolean {
  const forms = [message, message.trim()];
  const form = forms.find((text) => rendered.includes(text));
  if (form === undefined) return false;
  const start = rendered.indexOf(form);
  frame.around ??= { before: rendered.slice(0, start), after: rendered.slice(start + form.length) };
  const { before, after } = frame.around;
  return forms.some((text) => rendered === `${before}${text}${after}`);
}
