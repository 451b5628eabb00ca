import { html, uniqueId } from '../charts/dom.js';

interface ResponseLike {
  isError(): boolean;
  hasWarning(): boolean;
  getMessage(): string;
  getDetailedMessage(): string;
}

interface MessageOptions {
  /** False writes the detail below the message. */
  showInTooltip?: boolean;
  type?: string;
}

const MARK = 'google-visualization-errors';

/** google.visualization.errors: messages in place of a chart, or above it. */
export const errors = {
  /** Shows a message in a container and returns its id. */
  addError(container: Element, message: string, detail = '', options: MessageOptions = {}): string {
    if (!container) throw new Error('The container of a message is not defined.');
    const id = uniqueId(MARK);
    const warning = options.type === 'warning';
    const node = html('div', { id, class: MARK, role: warning ? 'status' : 'alert', title: detail || undefined }, message);
    if (detail && options.showInTooltip === false) node.append(html('div', {}, detail));
    // In the page's own colour, on whatever ground it has.
    node.style.cssText = 'padding:8px 10px;border:1px solid;border-radius:4px;font:13px/1.4 Arial,sans-serif';
    container.prepend(node);
    return id;
  },

  removeError(id: string): boolean {
    const node = document.getElementById(id);
    if (!node?.classList.contains(MARK)) return false;
    node.remove();
    return true;
  },

  removeAll(container: Element): void {
    for (const node of container.querySelectorAll(`:scope > .${MARK}`)) node.remove();
  },

  getContainer: (id: string): Element | null => document.getElementById(id)?.parentElement ?? null,

  /** Shows a data source's error or warning; null without one. */
  addErrorFromQueryResponse(container: Element, response: ResponseLike): string | null {
    const type = response.isError() ? 'error' : 'warning';
    if (type === 'warning' && !response.hasWarning()) return null;
    return errors.addError(container, response.getMessage(), response.getDetailedMessage(), { type });
  },
};
