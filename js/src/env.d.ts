/** The version of package.json; set by the build. */
declare const ORIEL_VERSION: string;
/** The path below the base URL of the module with the charts; set by the build. */
declare const ORIEL_CHARTS: string;
/** The path below the base URL of the module with google.visualization; set by the build. */
declare const ORIEL_VISUALIZATION: string;
/** A style sheet's text, which the build makes short: imported `with { type: 'text' }`. */
declare module '*.css' {
  const text: string;
  export default text;
}
