import type * as en from './panel-en.js';

export const csvTexts: typeof en.csvTexts = {
  save: 'Télécharger « {title} » en CSV',
  saved: '{name} a été téléchargé.',
  framed: '{name} a été téléchargé, sauf si la page parente bloque les téléchargements.',
  sealed: 'La page parente n’autorise pas les téléchargements.',
};

export const footnoteTexts: typeof en.footnoteTexts = {
  realtime: 'au cours des 30 dernières minutes',
  asOf: 'Mise à jour : {time} ({zone})',
  asOfPlain: 'Mise à jour : {time}',
  sampled: 'Échantillon',
  sampledWhy: 'Google a estimé ces données à partir d’un échantillon.',
  thresholded: 'Lignes masquées',
  thresholdedWhy:
    'Google masque les lignes qui concernent très peu de personnes, afin de protéger leur vie privée. Les totaux peuvent être inférieurs à la réalité.',
  other: 'Ligne « (other) »',
  otherWhy: 'Il y a plus de valeurs distinctes que Google n’en affiche. Les plus rares sont regroupées dans la ligne « (other) ».',
  truncated: 'Données incomplètes',
  truncatedWhy:
    'Google a omis une partie des données, par exemple des jours qu’il ne conserve plus. Les totaux peuvent être inférieurs à la réalité.',
  maxRows: 'Lignes non affichées',
  maxRowsWhy: 'Ce site limite le nombre de lignes affichées. Il y en a d’autres.',
  google: 'Remarque de Google : {notice}',
  googleWhy: 'Google a ajouté cette remarque aux données. Elles peuvent être incomplètes ou estimées.',
  staleQuota: 'Le quota de Google est épuisé. Dernière mise à jour : {time}.',
  staleUnavailable: 'Google est injoignable. Dernière mise à jour : {time}.',
};
