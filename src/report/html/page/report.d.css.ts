/** The text of report.css. */
declare const text: string;
export default text;
