// The words around charts, in the languages that we know. `{name}` stands for a value.

import type { Failure, FailureKind } from './failure.js';

const en = {
  days: 'Last {n} days', daysShort: '{n} days', custom: 'Custom', customLong: 'Custom dates', from: 'From', to: 'To', apply: 'Apply', period: 'Period', site: 'Site',
  retry: 'Try again', live: 'Live',
                aged: 'Could not be updated since {time}. Trying again.',
  agedOver: 'This page’s session is over. These are the figures of {time}.',
  offline: 'The server cannot be reached, or this page’s address, {page}, is not listed there. Check your connection.',
  over: 'This session is over. Reload the page to go on.',
  refused: 'These figures may not be shown on this page.',
  missing: 'These figures do not exist any more.',
  invalid: 'This chart is not set up correctly.',
  busy: 'Too many questions were asked just now. It will be tried again shortly.',
  server: 'The figures cannot be had right now.',
  panel: 'This chart cannot be drawn right now.',
};

export type Messages = typeof en;

const de: Messages = {
  days: 'Letzte {n} Tage', daysShort: '{n} Tage', custom: 'Individuell', customLong: 'Eigener Zeitraum', from: 'Von', to: 'Bis', apply: 'Anwenden', period: 'Zeitraum', site: 'Website',
  retry: 'Erneut versuchen', live: 'Live',
                aged: 'Seit {time} nicht aktualisiert. Es wird weiter versucht.',
  agedOver: 'Die Sitzung dieser Seite ist zu Ende. Das sind die Zahlen von {time}.',
  offline: 'Der Server ist nicht erreichbar, oder die Adresse dieser Seite, {page}, ist dort nicht eingetragen. Bitte prüfen Sie Ihre Verbindung.',
  over: 'Diese Sitzung ist zu Ende. Bitte laden Sie die Seite neu.',
  refused: 'Diese Zahlen dürfen auf dieser Seite nicht gezeigt werden.',
  missing: 'Diese Zahlen gibt es nicht mehr.',
  invalid: 'Dieses Diagramm ist nicht richtig eingerichtet.',
  busy: 'Gerade wurde zu viel gefragt. Es wird gleich noch einmal versucht.',
  server: 'Die Zahlen sind gerade nicht zu bekommen.',
  panel: 'Dieses Diagramm kann gerade nicht gezeichnet werden.',
};

const fr: Messages = {
  days: '{n} derniers jours', daysShort: '{n} jours', custom: 'Autre', customLong: 'Période personnalisée', from: 'Du', to: 'Au', apply: 'Appliquer', period: 'Période', site: 'Site',
  retry: 'Réessayer', live: 'En direct',
                aged: 'Pas de mise à jour depuis {time}. Nouvel essai en cours.',
  agedOver: 'La session de cette page est terminée. Voici les chiffres de {time}.',
  offline: 'Le serveur est injoignable, ou l’adresse de cette page, {page}, n’y est pas inscrite. Vérifiez votre connexion.',
  over: 'Cette session est terminée. Rechargez la page pour continuer.',
  refused: 'Ces chiffres ne peuvent pas être affichés sur cette page.',
  missing: 'Ces chiffres n’existent plus.',
  invalid: 'Ce graphique n’est pas correctement configuré.',
  busy: 'Trop de demandes à l’instant. Nouvel essai dans un moment.',
  server: 'Les chiffres ne sont pas disponibles pour le moment.',
  panel: 'Ce graphique ne peut pas être affiché pour le moment.',
};

const es: Messages = {
  days: 'Últimos {n} días', daysShort: '{n} días', custom: 'Otro', customLong: 'Periodo personalizado', from: 'Desde', to: 'Hasta', apply: 'Aplicar', period: 'Periodo', site: 'Sitio',
  retry: 'Reintentar', live: 'En directo',
                aged: 'Sin actualizar desde {time}. Se sigue intentando.',
  agedOver: 'La sesión de esta página ha terminado. Estas son las cifras de {time}.',
  offline: 'No se puede contactar con el servidor, o la dirección de esta página, {page}, no figura en él. Compruebe su conexión.',
  over: 'Esta sesión ha terminado. Recargue la página para continuar.',
  refused: 'Estas cifras no se pueden mostrar en esta página.',
  missing: 'Estas cifras ya no existen.',
  invalid: 'Este gráfico no está bien configurado.',
  busy: 'Se ha preguntado demasiado hace un momento. Se volverá a intentar en breve.',
  server: 'Las cifras no están disponibles en este momento.',
  panel: 'Este gráfico no se puede dibujar en este momento.',
};

const languages: Record<string, Messages> = { en, de, fr, es };

/** The words in the locale's language, or in English. */
export function messagesFor(locale: string): Messages {
  const language = locale.split('-')[0]?.toLowerCase() ?? 'en';
  return Object.hasOwn(languages, language) ? (languages[language] as Messages) : en;
}

/** Puts values into a text's `{names}`. */
export function say(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

// The server's own sentence tells more about these, and is meant for whoever set the page up.
const explained: FailureKind[] = ['invalid', 'refused', 'missing'];

/**
 * A failure in a sentence that a visitor can read, with the server's own where it helps to set things right. A browser does not
 * tell a server that is down from one that refuses this page's origin.
 */
export function sentence(failure: Failure, words: Messages): string {
  return withOwn(say(words[failure.kind], { page: location.origin }), explained.includes(failure.kind) ? failure.message : '', words);
}

/** A text with the server's own sentence, which is English: beside other languages it is for the console alone. */
export function withOwn(text: string, own: string, words: Messages): string {
  if (!own) return text;
  if (words === en) return `${text} ${own}`;
  console.warn(`oriel: ${own}`);
  return text;
}

/** The locale in force: the attribute, else the nearest `lang` of the page, else the browser's. */
export function localeOf(element: Element): string {
  const candidates = [element.getAttribute('lang'), element.closest('[lang]')?.getAttribute('lang'), navigator.language];
  for (const candidate of candidates) {
    if (!candidate) continue;
    try {
      const [canonical] = Intl.getCanonicalLocales(candidate);
      if (canonical) return canonical;
    } catch {
      // Not a language tag: the next candidate.
    }
  }
  return 'en';
}
