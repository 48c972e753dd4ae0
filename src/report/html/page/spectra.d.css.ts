/** The text of spectra.css. */
declare const text: string;
export default text;
