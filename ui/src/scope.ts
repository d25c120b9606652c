/** Which pages there are: the server writes it into the document. A receiver of alerts has no samples, no targets and no rules. */
const SCOPE = document.querySelector('meta[name="regain-scope"]')?.getAttribute('content');

export const isReceiver = SCOPE === 'receiver';
