import { errorBodyOf, isGood } from './requester.js';
import type { Requester } from './requester.js';
import { Component, EventType, define } from './component.js';
import { report } from './callbacks.js';

/** A dimension or metric, as metadata.columns.list describes it. */
export interface Column {
  id: string;
  kind: string;
  attributes: Record<string, string>;
}

/** gapi.analytics.metadata. */
export interface Metadata extends Component {
  getColumn(id: string): Column | undefined;
  isInitialized(): boolean;
}

/** The metadata component of a page; `execute` fetches all columns. */
export function metadataOf(requester: Requester): Metadata {
  let columns: Map<string, Column> | null = null;

  async function run(metadata: Component): Promise<void> {
    const reply = await requester.send({ path: 'v3/metadata/ga/columns' });
    if (!isGood(reply)) {
      metadata.emit(EventType.ERROR, errorBodyOf(reply));
      return;
    }
    const { items = [] } = reply.result as { items?: Column[] };
    columns = new Map(items.map((column) => [column.id, column]));
    metadata.emit(EventType.SUCCESS, reply.result);
  }

  const methods = {
    execute(this: Component): Component {
      run(this).catch(report);
      return this;
    },
    getColumn: (id: string) => columns?.get(id),
    isInitialized: () => columns !== null,
  };
  return new (define(methods, Component))() as Metadata;
}
