import { inLanguage, labels } from './i18n/index.js';

/** Returns a field's label. Custom fields ("customEvent:plan") are named by their last part. */
export function labelOf(apiName: string, locale = 'en'): string {
  const known: Record<string, string> = inLanguage(labels, locale);
  if (Object.hasOwn(known, apiName)) return known[apiName] as string;
  const words = (apiName.split(':').pop() ?? apiName)
    .replace(/_/g, ' ')
    .replace(/([a-z\d])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
