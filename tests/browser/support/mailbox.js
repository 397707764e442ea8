/** A mail server that keeps what it is given, and the few things a person reads in a mail. */

import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

const PATIENCE = 20_000;

export class Mailbox {
  /** Every mail in the order of arrival: parsed, with `raw` and `recipients`. */
  mails = [];
  #refused = new Set();
  #read = new Set();
  #server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: (recipient, _session, callback) => this.#onRecipient(recipient, callback),
    onData: (stream, session, callback) => this.#onMail(stream, session).then(() => callback(), callback),
  });

  static async open() {
    const mailbox = new Mailbox();
    await new Promise((resolve, reject) => {
      mailbox.#server.on('error', reject);
      mailbox.#server.listen(0, '127.0.0.1', resolve);
    });
    return mailbox;
  }

  get url() {
    return `smtp://127.0.0.1:${this.#server.server.address().port}`;
  }

  /** From now on mail to this address is refused for good. */
  refuse(address) {
    this.#refused.add(address.toLowerCase());
  }

  /** The first mail to this address with this subject that no call has returned yet. */
  async waitFor(address, subject) {
    const end = Date.now() + PATIENCE;
    while (Date.now() < end) {
      const mail = this.to(address).find((mail) => mail.subject === subject && !this.#read.has(mail));
      if (mail) {
        this.#read.add(mail);
        return mail;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const got = this.to(address).map((mail) => mail.subject);
    throw new Error(`no mail "${subject}" to ${address}; there were: ${JSON.stringify(got)}`);
  }

  /** Every mail to this address so far. */
  to(address) {
    return this.mails.filter((mail) => mail.recipients.includes(address.toLowerCase()));
  }

  async close() {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #onRecipient({ address }, callback) {
    if (this.#refused.has(address.toLowerCase())) {
      callback(Object.assign(new Error('No such mailbox'), { responseCode: 550 }));
    } else {
      callback();
    }
  }

  async #onMail(stream, session) {
    const raw = Buffer.concat(await stream.toArray());
    const recipients = session.envelope.rcptTo.map(({ address }) => address.toLowerCase());
    this.mails.push({ ...(await PostalMime.parse(raw)), raw: raw.toString('latin1'), recipients });
  }
}

/** The value of a header of a parsed mail. */
export function header(mail, name) {
  return mail.headers.find(({ key }) => key === name.toLowerCase())?.value;
}

/** The password in the line `Temporary password: ...` of the text part. */
export function temporaryPassword(mail) {
  return only(mail.text, /^Temporary password: (\S+)\s*$/m, 'temporary password');
}

/** The activation link of the text part. */
export function activationLink(mail) {
  return only(mail.text, /(https?:\/\/\S+\/activate\/[\w-]+)/, 'activation link');
}

/** The link for a new password, or one that confirms an address. */
export function resetLink(mail) {
  return only(mail.text, /(https?:\/\/\S+\/password\/reset\/[\w-]+)/, 'reset link');
}

export function confirmationLink(mail) {
  return only(mail.text, /(https?:\/\/\S+\/account\/email\/confirm\/[\w-]+)/, 'confirmation link');
}

function only(text, pattern, what) {
  const found = pattern.exec(text ?? '');
  if (!found) {
    throw new Error(`no ${what} in this mail:\n${text}`);
  }
  return found[1];
}
