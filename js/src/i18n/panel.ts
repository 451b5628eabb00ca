// What panels say beside their charts, in files of its own: pages that draw with google.visualization do not load it.

import * as de from './panel-de.js';
import * as en from './panel-en.js';
import * as es from './panel-es.js';
import * as fr from './panel-fr.js';

export const csvTexts = { de: de.csvTexts, en: en.csvTexts, es: es.csvTexts, fr: fr.csvTexts };
export const footnoteTexts = { de: de.footnoteTexts, en: en.footnoteTexts, es: es.footnoteTexts, fr: fr.footnoteTexts };
