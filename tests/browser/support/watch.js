/** What must never happen in any browser, whatever the story is about. */

/** Console errors a browser writes by itself when an answer has a status the story asked for. */
const EXPECTED = /^Failed to load resource: the server responded with a status of 4\d\d/;

/**
 * Notes content-security-policy violations, script errors, dialogs and requests
 * to other hosts (security contract S42, S47, S108) in every page of a context.
 */
export async function watch(context, home, findings) {
  const host = new URL(home).host;
  context.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) {
      findings.push(`console: ${message.text()}`);
    }
  });
  context.on('weberror', (error) => findings.push(`script: ${error.error().message}`));
  context.on('dialog', async (dialog) => {
    findings.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.host !== host) findings.push(`request to ${url.href}`);
  });
  await context.exposeBinding('noteViolation', (_source, violation) => {
    findings.push(`content security policy: ${violation}`);
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.noteViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
}
