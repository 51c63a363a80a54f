// The story of an account: a second factor is set up, asked for, used by a recovery code, demanded by a role and taken
// away; sessions are ended; and what a stranger meets who sends a form from another site.

import { createHmac } from 'node:crypto';

import { passwordOf } from './house.mjs';
import { text } from './texts.mjs';
import { REFUSED, Visitor, atDesk, want } from './visitor.mjs';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP = 30_000;

/** The code of RFC 6238 for a secret as it is shown: SHA-1, six digits; `steps` from now. */
function code(secret, steps = 0) {
  const bits = [...secret.replace(/\s/g, '')].map((sign) => BASE32.indexOf(sign).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const moment = Buffer.alloc(8);
  moment.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP) + steps));
  const digest = createHmac('sha1', key).update(moment).digest();
  return String((digest.readUInt32BE(digest[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Signs in with the password alone; what comes then is the story's. */
async function begin(stage, name) {
  const visitor = await Visitor.enter(stage, { scripts: false });
  await visitor.go('/desk/sign-in');
  await visitor.fill({ name, password: passwordOf(name) });
  await visitor.send();
  return visitor;
}

const at = (visitor) => new URL(visitor.page.url()).pathname;

async function account(stage) {
  const { house, language } = stage;
  const say = (key) => text(language, key);
  const name = `mert-${language}`;
  await house.staff(name, 'agent');
  const mert = await begin(stage, name);
  await mert.press('header a.who');
  await mert.look('account');
  await mert.press('main a[href="/desk/second-factor"]');
  await mert.look('factor');
  await mert.fill({ own_password: 'not this one' });
  await mert.send({ status: REFUSED });
  await mert.look('factor-refused');
  await mert.fill({ own_password: passwordOf(name) });
  await mert.send();
  await mert.look('factor-enrol');
  want((await mert.page.locator('.languages').count()) === 0, 'the languages would lose the secret, which is shown once');
  const secret = await mert.page.locator('.secret').innerText();
  const wrong = code(secret) === '000000' ? '111111' : '000000';
  await mert.fill({ second_code: wrong });
  await mert.send({ status: REFUSED });
  await mert.look('factor-enrol-refused');
  want((await mert.page.locator('.secret').innerText()) === secret, 'after a wrong code the secret is another one');
  // That of the step before: the present one is then still good for signing in.
  await mert.fill({ second_code: code(secret, -1) });
  await mert.send();
  await mert.look('recovery-codes');
  const codes = await mert.page.locator('.codes code').allInnerTexts();
  want(codes.length === 10, `${codes.length} recovery codes are shown`);
  await mert.send();
  await mert.go('/desk/second-factor');
  await mert.look('factor-in-force');

  // The code is asked for, and one that was not the right one opens nothing.
  const other = await begin(stage, name);
  await other.look('code');
  await other.fill({ second_code: wrong });
  await other.send({ status: [401, ...REFUSED] });
  await other.look('code-wrong');
  await other.fill({ second_code: codes[0] });
  await other.send();
  await other.reads(say('done.recovery_used'));
  await other.look('recovery-code-used');
  const again = await begin(stage, name);
  await again.fill({ second_code: codes[0] });
  await again.send({ status: [401, ...REFUSED] });

  // Where somebody is signed in, and what was done to the account.
  await mert.go('/desk/account');
  await mert.reads(say('deeds.second_factor_added'), say('deeds.recovery_code_used'));
  await mert.look('account-two-sessions');
  await mert.press('form:has(input[value="others"]) button');
  await mert.reads(say('done.sessions_ended'));
  await other.go('/desk', { status: 401 });

  // An administrator takes it away, and says why.
  const ali = await atDesk(stage, 'ali');
  await ali.go(`/desk/staff?person=${name}`);
  await ali.look('staff-person');
  await ali.reads(say('deeds.second_factor_added'));

  // A role that demands one: nothing else opens before.
  await house.run('config', 'set', 'second_factor_roles', 'contact');
  try {
    const owing = `nil-${language}`;
    await house.staff(owing, 'contact');
    const nil = await begin(stage, owing);
    await nil.go('/desk/search');
    await nil.reads(say('factor.owed'));
    await nil.look('factor-owed');
    await nil.fill({ own_password: passwordOf(owing) });
    await nil.send();
    await nil.fill({ second_code: code(await nil.page.locator('.secret').innerText()) });
    await nil.send();
    await nil.send();
    want(at(nil).startsWith('/desk'), `after the second factor was set up ${nil.page.url()} came`);
    await nil.go('/desk/second-factor');
    await nil.reads(say('factor.demanded'));
    await nil.look('factor-demanded');
    await nil.followLinks();
  } finally {
    await house.run('config', 'set', 'second_factor_roles', '');
  }
  await mert.followLinks();
}

export const STORIES = { account };
