import type * as en from './panel-en.js';

export const csvTexts: typeof en.csvTexts = {
  save: 'Descargar «{title}» como CSV',
  saved: '{name} se ha descargado.',
  framed: '{name} se ha descargado, salvo que la página contenedora bloquee las descargas.',
  sealed: 'La página contenedora no permite descargas.',
};

export const footnoteTexts: typeof en.footnoteTexts = {
  realtime: 'en los últimos 30 minutos',
  asOf: 'Actualizado: {time} ({zone})',
  asOfPlain: 'Actualizado: {time}',
  sampled: 'Muestra',
  sampledWhy: 'Google ha estimado estos datos a partir de una muestra.',
  thresholded: 'Filas ocultas',
  thresholdedWhy:
    'Google oculta las filas sobre muy pocas personas para proteger su privacidad. Los totales pueden ser inferiores a los reales.',
  other: 'Fila «(other)»',
  otherWhy: 'Hay más valores distintos de los que Google muestra por separado. Los menos frecuentes se agrupan en la fila «(other)».',
  truncated: 'Datos incompletos',
  truncatedWhy:
    'Google ha omitido una parte de los datos, por ejemplo días que ya no conserva. Los totales pueden ser inferiores a los reales.',
  maxRows: 'No todas las filas',
  maxRowsWhy: 'Este sitio limita el número de filas que se muestran. Hay más.',
  google: 'Nota de Google: {notice}',
  googleWhy: 'Google ha añadido esta nota a los datos. Pueden estar incompletos o ser estimados.',
  staleQuota: 'La cuota de Google está agotada. Última actualización: {time}.',
  staleUnavailable: 'No se puede conectar con Google. Última actualización: {time}.',
};
