// google.visualization writes English unless the page asks for another language when it loads the charts.

let asked = 'en';

/** The language of formatted values and drawings, BCP 47. */
export function language(): string {
  return asked;
}

/** Takes the language that a page asked for; what Intl does not know changes nothing. */
export function setLanguage(tag: unknown): void {
  if (typeof tag !== 'string' || tag === '') return;
  try {
    asked = Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0] ?? asked;
  } catch {
    // Not a language.
  }
}
