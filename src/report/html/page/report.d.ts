/** The text of report.js, which runs in the reader's browser, as the other scripts here do. */
declare const text: string;
export default text;
