import type * as en from './panel-en.js';

export const csvTexts: typeof en.csvTexts = {
  save: '„{title}“ als CSV herunterladen',
  saved: '{name} wurde heruntergeladen.',
  framed: '{name} wurde heruntergeladen, sofern die umgebende Seite Downloads zulässt.',
  sealed: 'Die umgebende Seite lässt keine Downloads zu.',
};

export const footnoteTexts: typeof en.footnoteTexts = {
  realtime: 'in den letzten 30 Minuten',
  asOf: 'Aktualisiert: {time} ({zone})',
  asOfPlain: 'Aktualisiert: {time}',
  sampled: 'Stichprobe',
  sampledWhy: 'Google hat diese Werte aus einer Stichprobe hochgerechnet.',
  thresholded: 'Einige Zeilen ausgeblendet',
  thresholdedWhy:
    'Google blendet Zeilen über sehr wenige Personen zum Schutz ihrer Privatsphäre aus. Summen können niedriger sein als in Wirklichkeit.',
  other: 'Zeile „(other)“',
  otherWhy: 'Es gibt mehr verschiedene Werte, als Google einzeln ausweist. Die seltensten sind in der Zeile „(other)“ zusammengefasst.',
  truncated: 'Unvollständige Daten',
  truncatedWhy:
    'Google hat einen Teil der Daten ausgelassen, zum Beispiel nicht mehr gespeicherte Tage. Summen können niedriger sein als in Wirklichkeit.',
  maxRows: 'Nicht alle Zeilen',
  maxRowsWhy: 'Diese Website begrenzt die Zahl der angezeigten Zeilen. Es gibt weitere.',
  google: 'Hinweis von Google: {notice}',
  googleWhy: 'Google hat den Daten diesen Hinweis beigefügt. Sie können unvollständig oder geschätzt sein.',
  staleQuota: 'Das Google-Kontingent ist ausgeschöpft. Stand der Daten: {time}.',
  staleUnavailable: 'Google ist nicht erreichbar. Stand der Daten: {time}.',
};
