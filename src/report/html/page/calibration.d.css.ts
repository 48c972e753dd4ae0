/** The text of calibration.css. */
declare const text: string;
export default text;
