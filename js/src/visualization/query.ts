import { DataTable } from './datatable.js';

interface Remark {
  reason?: string;
  message?: string;
  detailed_message?: string;
}

/** The JSON of a data source's response. */
export interface QueryAnswer {
  status?: string;
  table?: unknown;
  errors?: Remark[];
  warnings?: Remark[];
}

/** google.visualization.QueryResponse: a table, or why there is none. */
export class QueryResponse {
  private readonly answer: QueryAnswer;
  private readonly remarks: Remark[];

  constructor(answer: object) {
    this.answer = answer as QueryAnswer;
    this.remarks = this.answer.errors ?? this.answer.warnings ?? [];
  }

  getDataTable(): DataTable {
    // Google's returns nothing after an error, despite its type.
    return (this.isError() || !this.answer.table ? null : new DataTable(this.answer.table)) as DataTable;
  }

  getMessage(): string {
    return this.remarks[0]?.message ?? '';
  }

  getDetailedMessage(): string {
    return this.remarks[0]?.detailed_message ?? '';
  }

  getReasons(): string[] {
    return this.remarks.map(({ reason }) => reason ?? 'other');
  }

  hasWarning(): boolean {
    return this.answer.status === 'warning';
  }

  isError(): boolean {
    return this.answer.status === 'error';
  }
}

const refusal: QueryAnswer = {
  status: 'error',
  errors: [
    {
      reason: 'not_supported',
      message: 'Data sources cannot be asked from here',
      detailed_message: 'Pages that show charts through Oriel ask no other host. Put the data into a DataTable.',
    },
  ],
};

/** google.visualization.Query: every query fails through its callback, since no other host is ever contacted. */
export class Query {
  private pending: ReturnType<typeof setTimeout> | undefined;

  // biome-ignore lint/complexity/noUselessConstructor: pages give an address, and it is not used
  constructor(_url: string, _options?: object) {}

  send(callback: (response: QueryResponse) => void): void {
    this.pending = setTimeout(() => callback(new QueryResponse(refusal)));
  }

  abort(): void {
    clearTimeout(this.pending);
  }

  setQuery(_query: string): void {}

  setRefreshInterval(_seconds: number): void {}

  setTimeout(_seconds: number): void {}
}
