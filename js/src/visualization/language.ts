// google.visualization uses English unless the page names another language when it loads the charts.

let asked = 'en';

/** The language of formatted values and drawings, BCP 47. */
export function language(): string {
  return asked;
}

/** Sets the page's language, unless Intl does not know it. */
export function setLanguage(tag: unknown): void {
  if (typeof tag !== 'string' || tag === '') return;
  try {
    asked = Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0] ?? asked;
  } catch {
    // Not a language.
  }
}
