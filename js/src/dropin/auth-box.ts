import { h } from '../dom.js';

const STYLE = 'gapi-analytics-auth-styles';

/**
 * What the auth component shows in the page's container: a button and a line about who is signed in, with the class
 * names that pages style. The rest of the container is the page's.
 */
export class AuthBox {
  private readonly button: HTMLElement;
  private readonly line: HTMLElement;

  constructor(container: Element, signIn: () => void) {
    this.button = h(
      'div',
      { class: `${STYLE}-signinbutton`, role: 'button', tabindex: '0', onclick: signIn, onkeydown: onPress(signIn) },
      h('div', { class: `${STYLE}-signinbutton-image` }),
      h('div', { class: `${STYLE}-signinbutton-buttonText` }, 'Show the data'),
    );
    this.button.style.cursor = 'pointer';
    this.line = h('div', { class: `${STYLE}-userinfo`, role: 'status' });
    container.append(this.button, this.line);
    this.show('');
  }

  /** Shows a line and hides the button. */
  show(text: string): void {
    this.button.style.display = 'none';
    this.line.textContent = text;
  }

  /** Shows the button alone. */
  showButton(): void {
    this.button.style.display = '';
    this.line.textContent = '';
  }

  isIn(container: Element): boolean {
    return this.button.parentNode === container && this.line.parentNode === container;
  }

  remove(): void {
    this.button.remove();
    this.line.remove();
  }
}

function onPress(action: () => void): (event: Event) => void {
  return (event) => {
    const { key } = event as KeyboardEvent;
    if (key !== 'Enter' && key !== ' ') return;
    event.preventDefault();
    action();
  };
}
