/** The text of probes.css. */
declare const text: string;
export default text;
