/**
 * The script element that is running now, as long as a classic script first runs. Asked of the document's own accessor: an
 * element with the name "currentScript", which a visitor may have written, hides the member of the document.
 */
export function currentScript(): HTMLScriptElement | null {
  if (typeof Document === 'undefined') return null;
  const running: unknown = Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript')?.get?.call(document);
  return running instanceof HTMLScriptElement ? running : null;
}
