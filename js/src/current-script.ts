/**
 * Returns document.currentScript, which is set while a classic script first runs. It is read with the prototype's accessor,
 * since an element named "currentScript", which may be user content, shadows the document's property.
 */
export function currentScript(): HTMLScriptElement | null {
  if (typeof Document === 'undefined') return null;
  const running: unknown = Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript')?.get?.call(document);
  return running instanceof HTMLScriptElement ? running : null;
}
