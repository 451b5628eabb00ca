import { h, sheetOf } from '../dom.js';
import type { AccountSummary, Choice } from './summaries.js';
import css from './view-lists.css' with { type: 'text' };

const CLASS = 'gapi-analytics-view-selector';

interface Item {
  id: string;
  name: string;
}

let sheet: CSSStyleSheet | null = null;
let made = 0;

/** Three lists of accounts, properties and views; each shows the children of the selection before. */
export class ViewLists {
  readonly element: HTMLElement;

  private readonly accounts = h('select');
  private readonly properties = h('select');
  private readonly views = h('select');

  constructor(
    private readonly all: AccountSummary[],
    private choice: Choice,
    private readonly changed: (choice: Choice) => void,
  ) {
    if (!sheet) document.adoptedStyleSheets = [...document.adoptedStyleSheets, (sheet = sheetOf(css))];
    const rows = [row('Account', this.accounts), row('Property', this.properties), row('View', this.views)];
    this.element = h('table', { class: CLASS, role: 'presentation' }, h('tbody', {}, ...rows));
    this.accounts.addEventListener('change', () => this.chooseAccount(this.all[this.accounts.selectedIndex]));
    this.properties.addEventListener('change', () => {
      this.chooseProperty(this.choice.account, this.choice.account?.webProperties?.[this.properties.selectedIndex]);
    });
    this.views.addEventListener('change', () => {
      this.take({ ...this.choice, view: this.choice.property?.profiles?.[this.views.selectedIndex] });
    });
    this.fill();
  }

  private chooseAccount(account: AccountSummary | undefined): void {
    this.chooseProperty(account, account?.webProperties?.[0]);
  }

  private chooseProperty(account: Choice['account'], property: Choice['property']): void {
    this.take({ account, property, view: property?.profiles?.[0] });
  }

  private take(choice: Choice): void {
    this.choice = choice;
    this.fill();
    this.changed(choice);
  }

  private fill(): void {
    const { account, property, view } = this.choice;
    list(this.accounts, this.all, account);
    list(this.properties, account?.webProperties ?? [], property);
    list(this.views, property?.profiles ?? [], view);
  }
}

// An unchanged list is not rebuilt: it may have the focus.
function list(select: HTMLSelectElement, items: Item[], chosen: Item | undefined): void {
  const same = select.options.length === items.length && items.every((item, i) => select.options[i]?.value === item.id);
  if (!same) select.replaceChildren(...items.map((item) => h('option', { value: item.id }, item.name)));
  select.selectedIndex = chosen ? items.indexOf(chosen) : -1;
}

function row(title: string, select: HTMLSelectElement): HTMLElement {
  select.id = `${CLASS}-${++made}`;
  return h('tr', {}, h('td', {}, h('label', { for: select.id }, title)), h('td', {}, select));
}
