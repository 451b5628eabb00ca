import type { TextStyle } from './options.js';
import type { Texts } from '../i18n/index.js';

const SVG = 'http://www.w3.org/2000/svg';

type Attributes = Record<string, string | number | boolean | undefined>;
type Child = Node | string;

// Text becomes text nodes only: titles and paths of pages are untrusted input.
function build<T extends Element>(node: T, attributes: Attributes, children: Child[]): T {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children);
  return node;
}

/** An HTML element. Attributes that are undefined or false are left out. */
export function html<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return build(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return build(document.createElementNS(SVG, tag) as SVGElementTagNameMap[K], attributes, children);
}

/** The buttons for the previous and the next page. */
export function arrowsOf(texts: Texts, back: () => void, on: () => void): [HTMLButtonElement, HTMLButtonElement] {
  const button = (name: string, label: string, d: string, act: () => void): HTMLButtonElement => {
    const node = html(
      'button',
      { type: 'button', 'aria-label': label, 'data-focus': name },
      svg('svg', { viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true', focusable: 'false' }, svg('path', { d })),
    );
    node.addEventListener('click', act);
    return node;
  };
  return [button('back', texts.previousPage, 'M7.5 2.5 4 6l3.5 3.5', back), button('next', texts.nextPage, 'M4.5 2.5 8 6l-3.5 3.5', on)];
}

let count = 0;

/** An id that no other chart of this page has, in this or another shadow root. */
export function uniqueId(word: string): string {
  count += 1;
  return `oriel-${word}-${count}`;
}

/** Gives an element the colour of a series: its own, or the palette's. A place below zero counts from the end. */
export function paint<T extends Element & ElementCSSInlineStyle>(node: T, index: number, colors: string[] | undefined): T {
  const own = colors?.length ? colors.at(index % colors.length) : undefined;
  node.classList.add(`oriel-s${(index % 8) + 1}`);
  if (own) node.style.setProperty('--oriel-c', own);
  return node;
}

/** Applies the host's text style; the rest comes from the style sheet. */
export function styled<T extends Element & ElementCSSInlineStyle>(node: T, style: TextStyle | undefined): T {
  if (!style) return node;
  const { color = '', fontFamily = '', fontSize, bold, italic } = style;
  Object.assign(node.style, {
    color,
    fill: color,
    fontFamily,
    fontSize: fontSize ? `${fontSize}px` : '',
    fontWeight: bold === undefined ? '' : bold ? 'bold' : 'normal',
    fontStyle: italic ? 'italic' : '',
  });
  return node;
}

/** Widths of text in the chart's font. */
export type Measure = (text: string) => number;

let canvas: CanvasRenderingContext2D | null | undefined;

/** Measures in the element's font at the given size; estimates without a canvas. */
export function measureIn(element: Element, size: number): Measure {
  canvas ??= document.createElement('canvas').getContext('2d');
  const context = canvas;
  if (!context) return (text) => text.length * size * 0.58;
  const font = `${size}px ${getComputedStyle(element).fontFamily || 'sans-serif'}`;
  return (text) => {
    context.font = font;
    return context.measureText(text).width;
  };
}

/** Truncates text to a width, with an ellipsis. */
export function clip(text: string, room: number, measure: Measure): string {
  if (measure(text) <= room) return text;
  const letters = [...text];
  let low = 0;
  let high = letters.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${letters.slice(0, middle).join('')}…`) <= room) low = middle;
    else high = middle - 1;
  }
  return low > 0 ? `${letters.slice(0, low).join('').trimEnd()}…` : '…';
}
