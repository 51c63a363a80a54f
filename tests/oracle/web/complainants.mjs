// The stories of complainants. They need no script: all of them are told with scripts switched off.

import { createHash } from 'node:crypto';

import { counts } from './checks.mjs';
import { person } from './people.mjs';
import { text } from './texts.mjs';
import { Visitor, atDesk, want } from './visitor.mjs';

const NEXT = 'button[name="go"][value="next"]';
const SEND = 'button[name="go"][value="send"]';

/** From the first page to the receipt; with `looks` every page on the way is looked at, and first sent wrongly. */
async function complain(visitor, who, { looks = false, contact = 'phone', files = [] } = {}) {
  const look = async (name) => {
    if (looks) await visitor.look(name);
  };
  const refused = async (name) => {
    if (!looks) return;
    await visitor.send({ button: NEXT, status: 422 });
    await visitor.look(`complain-${name}-refused`);
  };
  await visitor.go('/');
  await look('start');
  await visitor.press('main a[href="/complain"]');
  await look('complain-problem');
  await refused('problem');
  await visitor.fill({ text: who.text, occurred_place: who.place });
  await visitor.send({ button: NEXT });
  await look('complain-product');
  await visitor.fill({ product: who.product, lot: who.lot, order: who.order, seller: who.seller });
  await visitor.send({ button: NEXT });
  await look('complain-wish');
  await visitor.fill({ remedy: 'replacement', remedy_words: who.wish });
  await visitor.send({ button: NEXT });
  await look('complain-whom');
  await refused('whom');
  await visitor.fill({ behalf: 'self' });
  await visitor.send({ button: NEXT });
  await look('complain-person');
  await refused('person');
  await visitor.fill({ name: who.name, [contact]: who[contact] });
  await visitor.send({ button: NEXT });
  await look('complain-files');
  if (files.length) {
    await visitor.fill({ files });
    await visitor.send({ button: NEXT });
    await visitor.reads(...files.map(({ name }) => name));
  } else await visitor.send({ button: NEXT });
  await look('complain-check');
  await visitor.reads(who.text, who.product, who.order, who.wish, who.name, who[contact]);
  if (looks) {
    // Back to one page and forward again: nothing of the others is lost.
    await visitor.send({ button: 'button[value="to-product"]' });
    want((await visitor.held('product')) === who.product, 'the product is gone after going back');
    await visitor.fill({ product: who.otherProduct });
    await visitor.send({ button: NEXT });
    await visitor.reads(who.text, who.otherProduct, who.order, who.wish, who.name, who[contact]);
  }
  await visitor.send({ button: SEND });
  await look('receipt');
  const [number, password] = await visitor.page.locator('.receipt .big').allInnerTexts();
  want(/^\d{4}-\d{6}$/.test(number), `the receipt says no number but "${number}"`);
  want(password?.length >= 8, `the receipt says no password but "${password}"`);
  return { number, password, who };
}

/** With number and password to the complaint. */
async function track(visitor, { number, password }) {
  await visitor.go('/track');
  await visitor.fill({ number, password });
  await visitor.send();
  want(new URL(visitor.page.url()).pathname === '/case', `number and password lead to ${visitor.page.url()}`);
}

/** The message of a purpose that has just come for a case. */
async function message(stage, purpose, { number }, means = 'sms') {
  const messages = await stage.house.messages();
  counts.messages += messages.length;
  const found = messages.find((one) => one.purpose === purpose && (one.key ?? '').includes(number)) ?? messages.find((one) => one.purpose === purpose && one.text.includes(number));
  want(found, `no ${purpose} for ${number} among the messages: ${messages.map((one) => one.purpose)}`);
  want(found.means === means, `the ${purpose} goes by ${found.means}`);
  return found;
}

/** The case is examined and decided at the desk. */
async function decide(desk, { number, who }, { first = true, words = who.decision, response = 'replacement', looks = false } = {}) {
  const name = (group, code) => text(desk.language, `${group}.${code}`);
  const look = { look: looks };
  if (first) {
    await desk.command(number, 'assess', { severity: 'medium' }, look);
    await desk.command(number, 'classify', { category: name('categories', 'adhesion') }, look);
    await desk.command(number, 'route', { department: name('departments', 'quality') }, look);
  }
  await desk.command(number, 'decide', { response, granted: response, rule: 'R-12', rule_version: '3', text: words }, look);
}

/** The complainant's answer: the form, what was entered once more, and the confirmation. */
async function answer(visitor, kind, { reason, words, looks = false, status = 200 } = {}) {
  await visitor.fill({ answer: kind, ...(reason && { reason }), ...(words && { words }) });
  await visitor.send({ button: 'form[action="/case/answer"] .doors button' });
  if (looks) {
    await visitor.look(`answer-${kind}-check`);
    // Changed once more, with everything still there.
    await visitor.send({ button: 'button[value="change"]' });
    want((await visitor.held('words')) === (words ?? ''), 'the words are gone after "change"');
    await visitor.look(`answer-${kind}-changed`);
    await visitor.send({ button: 'form[action="/case/answer"] .doors button' });
  }
  await visitor.send({ button: SEND, status });
}

const done = (visitor, key) => {
  want(visitor.done() === key, `${visitor.page.url()} and not ${key}`);
  return visitor.reads(text(visitor.language, `done.${key}`));
};

const state = (visitor, code) => visitor.reads(text(visitor.language, `states.${code}`));

/** Complain, SMS, track, decision, reject, another decision, reject, outstanding with the remedies told. */
async function complaint(stage) {
  const visitor = await Visitor.enter(stage, { scripts: false });
  const made = await complain(visitor, person(stage.language, stage.story), { looks: true });
  // Sent a second time it counts once, and says no password.
  await visitor.again();
  await visitor.look('receipt-again');
  await visitor.reads(made.number, text(stage.language, 'public_receipt.title_again'));
  await visitor.readsNothingOf(made.password);

  const sms = await message(stage, 'registration', made);
  want(sms.text.includes(made.number) && sms.text.includes(made.password), `number and password are not in the SMS: ${sms.text}`);
  want(sms.text.includes(`${stage.house.origin}/track`), `the SMS does not say where to follow the complaint: ${sms.text}`);

  await visitor.go('/track');
  await visitor.look('track');
  await visitor.send({ status: 422 });
  await visitor.look('track-refused');
  await visitor.fill({ number: made.number, password: 'not this one' });
  await visitor.send({ status: 401 });
  await visitor.look('track-wrong');
  await track(visitor, made);
  await visitor.look('case-registered');
  await state(visitor, 'registered');

  const desk = await atDesk(stage, 'deniz');
  await decide(desk, made, { looks: true });
  await visitor.go('/case');
  // Taken and not told yet: nothing of it is seen.
  await visitor.readsNothingOf(made.who.decision);
  await message(stage, 'decision', made);
  await visitor.go('/case');
  await visitor.look('case-decided');
  await visitor.reads(made.who.decision, text(stage.language, 'remedies.replacement'), 'R-12');
  await state(visitor, 'resolved');

  await visitor.send({ button: 'form[action="/case/answer"] .doors button', status: 422 });
  await visitor.look('answer-refused');
  await answer(visitor, 'rejected', { reason: 'remedy_insufficient', words: made.who.objection, looks: true });
  await done(visitor, 'case_rejected');
  await visitor.look('case-rejected');
  await state(visitor, 'in_processing');

  // Who decided first does not decide again.
  await desk.go(`/desk/case/${made.number}/decide`, { status: 409 });
  await desk.look('decide-refused');
  await desk.reads(text(stage.language, 'refusals.same_decider'));
  const other = await atDesk(stage, 'ayse');
  await decide(other, made, { first: false, words: made.who.alternative, response: 'refund' });
  await message(stage, 'decision', made);
  await visitor.go('/case');
  await visitor.look('case-decided-again');
  await visitor.reads(made.who.alternative, made.who.decision, text(stage.language, 'public_case.decision_again'));

  await answer(visitor, 'rejected', { reason: 'other', words: made.who.secondObjection });
  await done(visitor, 'case_outstanding');
  await state(visitor, 'outstanding');
  await visitor.reads(text(stage.language, 'public_recourse.heading'));
  const told = await message(stage, 'remedies', made);
  want(told.text.includes(made.number), `the remedies are told without the number: ${told.text}`);
  await visitor.go('/case');
  await visitor.look('case-outstanding');
  const remedies = text(stage.language, 'public_case.remedies_told_on', { day: '\n' }).split('\n').filter((part) => part.trim());
  await visitor.reads(text(stage.language, 'public_recourse.heading'), ...remedies.map((part) => part.trim()));
  await desk.go(`/desk/case/${made.number}`);
  await desk.look('desk-outstanding');
  await visitor.followLinks();
  await visitor.press(`header form[action="/case/leave"] button`);
  await visitor.go('/case', { status: 401 });
}

/** A complaint by e-mail: the link opens it, the decision is accepted, the handling is judged. */
async function accepted(stage) {
  const visitor = await Visitor.enter(stage, { scripts: false });
  const made = await complain(visitor, person(stage.language, stage.story), { contact: 'email' });
  await message(stage, 'registration', made, 'email');
  const desk = await atDesk(stage, 'deniz');
  await decide(desk, made);
  const mail = await message(stage, 'decision', made, 'email');
  const link = /http:\/\/\S+\/t\/\S+/.exec(mail.text)?.[0];
  want(link, `the e-mail has no link that opens the complaint: ${mail.text}`);
  await visitor.go(link);
  want(new URL(visitor.page.url()).pathname === '/case', `the link leads to ${visitor.page.url()}`);
  await answer(visitor, 'accepted', { looks: true });
  await done(visitor, 'case_accepted');
  await state(visitor, 'completed');
  await visitor.look('case-completed');
  await visitor.send({ button: 'form[action="/case/survey"] button', status: 422 });
  await visitor.look('survey-refused');
  await visitor.fill({ score: '4', remarks: made.who.remark });
  await visitor.send({ button: 'form[action="/case/survey"] button' });
  await done(visitor, 'case_surveyed');
  await visitor.look('case-surveyed');
  await visitor.reads(made.who.remark);
  await visitor.go(`${link.slice(0, -3)}xyz`, { status: 401 });
  await visitor.look('link-over');

  // A lost password: the page says the same whether something was found or not.
  await visitor.go('/forgotten');
  await visitor.look('forgotten');
  await visitor.send({ status: 422 });
  await visitor.look('forgotten-refused');
  await visitor.fill({ number: made.number, contact: 'somebody.else@example.org' });
  await visitor.send();
  await done(visitor, 'case_password');
  await visitor.go('/forgotten');
  await visitor.fill({ number: made.number, contact: made.who.email.toUpperCase() });
  await visitor.send();
  await done(visitor, 'case_password');
  await visitor.look('forgotten-sent');
  const fresh = await message(stage, 'password', made, 'email');
  want(!fresh.text.includes(made.password), 'the new password is the old one');
  await visitor.fill({ number: made.number, password: made.password });
  await visitor.send({ status: 401 });
}

/** Somebody complains for another person. */
async function agent(stage) {
  const visitor = await Visitor.enter(stage, { scripts: false, phone: true });
  const who = person(stage.language, stage.story);
  await visitor.go('/complain');
  await visitor.fill({ text: who.text });
  await visitor.send({ button: NEXT });
  await visitor.send({ button: NEXT });
  await visitor.send({ button: NEXT });
  await visitor.fill({ behalf: 'agent' });
  await visitor.send({ button: NEXT });
  await visitor.look('complain-person-of-agent');
  await visitor.fill({ name: who.name });
  await visitor.send({ button: NEXT });
  await visitor.look('complain-agent');
  await visitor.send({ button: NEXT, status: 422 });
  await visitor.look('complain-agent-refused');
  await visitor.fill({ agent_name: 'M. Kaya', agent_email: 'kaya@example.org', answer_to: 'agent' });
  await visitor.send({ button: NEXT });
  await visitor.send({ button: NEXT });
  await visitor.look('complain-check-of-agent');
  await visitor.reads('M. Kaya', 'kaya@example.org', who.name);
  await visitor.send({ button: SEND });
  await visitor.reads('kaya@example.org');
}

/** Photographs from a telephone. */
async function photo(stage) {
  const visitor = await Visitor.enter(stage, { scripts: false, phone: true });
  const who = person(stage.language, stage.story);
  await visitor.go('/');
  const photograph = async (name) => ({ name, mimeType: 'image/jpeg', buffer: await visitor.page.screenshot({ type: 'jpeg', quality: 60 + name.length }) });
  const first = await photograph('duvar köşesi.jpg');
  await visitor.go('/track');
  const second = await photograph('IMG_0002.jpg');
  const page = { name: 'wall.html', mimeType: 'text/html', buffer: Buffer.from('<script>alert(1)</script>') };

  await visitor.go('/complain');
  await visitor.fill({ text: who.text });
  await visitor.send({ button: NEXT });
  await visitor.send({ button: NEXT });
  await visitor.send({ button: NEXT });
  await visitor.fill({ behalf: 'self' });
  await visitor.send({ button: NEXT });
  await visitor.fill({ name: who.name, phone: who.phone });
  await visitor.send({ button: NEXT });
  // One that is taken and one that is not: the first is kept all the same.
  await visitor.fill({ files: [first, page] });
  await visitor.send({ button: NEXT, status: 422 });
  await visitor.look('files-refused');
  await visitor.reads(first.name, page.name);
  await visitor.fill({ files: [second] });
  await visitor.send({ button: NEXT });
  await visitor.reads(first.name, second.name);
  await visitor.send({ button: 'button[value="to-files"]' });
  await visitor.look('files-chosen');
  await visitor.press(visitor.page.locator('li', { hasText: second.name }).locator('button'));
  await visitor.readsNothingOf(second.name);
  await visitor.send({ button: NEXT });
  await visitor.look('check-with-file');
  await visitor.send({ button: SEND });
  await visitor.look('receipt-on-phone');
  const [number, password] = await visitor.page.locator('.receipt .big').allInnerTexts();
  const made = { number, password, who };

  await track(visitor, made);
  await same(visitor, first);
  await visitor.press('a[href="/case/add"]');
  await visitor.look('add');
  await visitor.send({ button: SEND, status: 422 });
  await visitor.look('add-refused');
  await visitor.fill({ text: who.reply, files: [second] });
  await visitor.send({ button: SEND });
  await done(visitor, 'case_added');
  await visitor.look('case-with-files');
  await visitor.reads(who.reply, first.name, second.name);
  await same(visitor, second);
  const desk = await atDesk(stage, 'deniz');
  await desk.go(`/desk/case/${number}`);
  await desk.reads(first.name, second.name, who.reply);
  await desk.look('desk-with-files');
}

/** The file of this name is saved, and is byte for byte what was sent. */
async function same(visitor, { name, buffer }) {
  const link = visitor.page.locator('main a[download]', { hasText: name });
  want((await link.count()) > 0, `there is no link to ${name}`);
  const answer = await visitor.context.request.get(await link.first().getAttribute('href'));
  const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
  want(digest(await answer.body()) === digest(buffer), `${name} is not what was sent`);
  const how = answer.headers()['content-disposition'] ?? '';
  want(how.startsWith('attachment'), `${name} is shown and not saved: ${how}`);
}

/** A question stops the clock; the answer lets it run. */
async function pause(stage) {
  const visitor = await Visitor.enter(stage, { scripts: false, phone: true });
  const made = await complain(visitor, person(stage.language, stage.story));
  await message(stage, 'registration', made);
  const desk = await atDesk(stage, 'deniz');
  await desk.command(made.number, 'take', {}, { look: true });
  await desk.command(made.number, 'ask', { pause: 'customer_information', text: made.who.question }, { look: true });
  const sms = await message(stage, 'question', made);
  want(sms.text.includes(made.who.question), `the question is not in the SMS: ${sms.text}`);
  await desk.go(`/desk/case/${made.number}`);
  await desk.look('desk-paused');
  await desk.go('/desk');
  await desk.reads(text(stage.language, 'queue.stopped'));
  await track(visitor, made);
  await visitor.look('case-paused');
  await visitor.reads(made.who.question, text(stage.language, 'public_case.next_information'));
  await visitor.press('main .aside a[href="/case/add"]');
  await visitor.look('add-answer');
  await visitor.reads(made.who.question);
  await visitor.fill({ text: made.who.reply });
  await visitor.send({ button: SEND });
  await done(visitor, 'case_resumed');
  await visitor.look('case-resumed');
  await visitor.reads(made.who.reply);
  await desk.go(`/desk/case/${made.number}`);
  await desk.look('desk-resumed');
  await desk.reads(made.who.reply);
  await desk.go('/desk?mine=yes');
  const row = await desk.page.locator('tr', { hasText: made.number }).innerText();
  want(!row.includes(text(stage.language, 'queue.stopped')), `the clock still stands: ${row}`);
}

/** The session ends while a form is filled in: nothing that was typed is lost. */
async function session(stage) {
  const visitor = await Visitor.enter(stage, { scripts: false });
  const made = await complain(visitor, person(stage.language, stage.story));
  const desk = await atDesk(stage, 'deniz');
  await decide(desk, made);
  await message(stage, 'decision', made);

  // The answer to a decision.
  await track(visitor, made);
  await visitor.fill({ answer: 'rejected', reason: 'facts_disputed', words: made.who.objection });
  await visitor.loseSession('case');
  await visitor.send({ button: 'form[action="/case/answer"] .doors button', status: 401 });
  await visitor.look('interrupted');
  await visitor.reads(text(stage.language, 'public_track.interrupted'));
  await visitor.fill({ number: made.number, password: 'mistyped' });
  await visitor.send({ status: 401 });
  await visitor.fill({ number: made.number, password: made.password });
  await visitor.send();
  await visitor.look('answer-kept');
  want((await visitor.held('words')) === made.who.objection, 'the words of the answer are lost');
  for (const chosen of ['rejected', 'facts_disputed']) {
    want(await visitor.page.locator(`input[value="${chosen}"]`).isChecked(), `the choice ${chosen} is lost`);
  }
  await visitor.send({ button: 'form[action="/case/answer"] .doors button' });
  await visitor.loseSession('case');
  await visitor.send({ button: SEND, status: 401 });
  await visitor.fill({ number: made.number, password: made.password });
  await visitor.send();
  want((await visitor.held('words')) === made.who.objection, 'the words are lost at the confirmation');
  await visitor.send({ button: 'form[action="/case/answer"] .doors button' });
  await visitor.send({ button: SEND });
  await done(visitor, 'case_rejected');

  // An addition.
  await visitor.go('/case/add');
  const file = { name: 'duvar.txt', mimeType: 'text/plain', buffer: Buffer.from('Duvar, kuzey yüzü') };
  await visitor.fill({ text: made.who.reply, files: [file] });
  await visitor.loseSession('case');
  await visitor.send({ button: SEND, status: 401 });
  await visitor.fill({ number: made.number, password: made.password });
  await visitor.send();
  await visitor.look('add-kept');
  want((await visitor.held('text')) === made.who.reply, 'the words of the addition are lost');
  await visitor.reads(file.name);
  await visitor.send({ button: SEND });
  await done(visitor, 'case_added');

  // A note at the desk.
  await desk.go(`/desk/case/${made.number}/note`);
  await desk.fill({ text: made.who.note });
  await desk.loseSession('desk');
  await desk.send({ status: 401 });
  await desk.look('desk-interrupted');
  await desk.reads(text(stage.language, 'sign_in.waits'));
  await desk.fill({ name: 'deniz', password: 'deniz reads paint labels' });
  await desk.send();
  await desk.look('desk-kept');
  await desk.reads(made.who.note);
  await desk.send();
  want(desk.done() === 'case_note', `the note was not recorded: ${desk.page.url()}`);
  await desk.go(`/desk/case/${made.number}`);
  await desk.reads(made.who.note);

  // A page that was only asked for.
  await desk.loseSession('desk');
  await desk.go('/desk/actions?show=all', { status: 401 });
  await desk.fill({ name: 'deniz', password: 'deniz reads paint labels' });
  await desk.send();
  want(desk.page.url().endsWith('/desk/actions?show=all'), `after signing in ${desk.page.url()}`);
}

/** What is not there, not allowed, or not a form. */
async function refusals(stage) {
  const visitor = await Visitor.enter(stage, { scripts: false });
  await visitor.go('/nowhere', { status: 404 });
  await visitor.look('not-found');
  await visitor.go('/case', { status: 401 });
  await visitor.look('case-without-session');
  await visitor.go('/t/nothing', { status: 401 });
  // The language is chosen by a link, and stays.
  for (const language of ['tr', 'ru', 'en'].filter((one) => one !== stage.language)) {
    await visitor.go('/');
    await visitor.press(`.languages a[hreflang="${language}"]`);
    const lang = await visitor.page.locator('html').getAttribute('lang');
    want(lang === language, `${language} was chosen and ${lang} came`);
  }
  // Within a form the languages send it, and what is half written is there in the other one.
  await visitor.go('/complain');
  await visitor.fill({ text: 'half a sen' });
  for (const language of ['tr', 'ru', 'en'].filter((one) => one !== stage.language).concat(stage.language)) {
    await visitor.press(`.languages button[value="${language}"]`);
    const lang = await visitor.page.locator('html').getAttribute('lang');
    want(lang === language, `${language} was chosen in a form and ${lang} came`);
    want((await visitor.held('text')) === 'half a sen', `what was half written is lost in ${language}`);
  }
  await visitor.look('complain-turned');
  const desk = await atDesk(stage, 'selin');
  await desk.go('/desk/staff', { status: 403 });
  await desk.look('forbidden');
  await desk.go('/desk/case/2026-999999', { status: 404 });
  await desk.look('no-such-case');
  await desk.go('/desk/sign-in');
  await desk.fill({ name: 'selin', password: 'guessed' });
  await desk.send({ status: 401 });
  await desk.look('sign-in-wrong');
}

/** From the first page to the receipt without a mouse. */
async function keyboard(stage) {
  const visitor = await Visitor.enter(stage, { scripts: false });
  const who = person(stage.language, stage.story);
  const { page } = visitor;
  const focus = () =>
    page.evaluate(() => {
      const e = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(e);
      const box = e.getBoundingClientRect();
      return { tag: e.localName, name: e.getAttribute('name'), value: e.getAttribute('value'), href: e.getAttribute('href'), ring: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2, seen: box.width > 0 && box.right > 0 && box.bottom > 0 };
    });
  /** With the tabulator to the element that fits; on the way everything that has the focus shows it. */
  const tabTo = async (what, fits) => {
    for (let n = 0; n < 60; n += 1) {
      await page.keyboard.press('Tab');
      const at = await focus();
      if (at.tag === 'body') continue;
      if (!at.ring) visitor.fault(`the focus on ${at.tag} ${at.name ?? at.href} is not to be seen`);
      if (!at.seen) visitor.fault(`${at.tag} ${at.name ?? at.href} has the focus and is out of sight`);
      if (fits(at)) return;
    }
    want(false, `${page.url()}: the tabulator never comes to ${what}`);
  };
  const enter = async (key = 'Enter') => {
    const [response] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.keyboard.press(key)]);
    await visitor.arrived(response, 200, 'the key');
  };
  const next = async () => {
    await tabTo('the button', (at) => at.tag === 'button' && at.value === 'next');
    await enter();
  };
  const type = async (name, words) => {
    await tabTo(name, (at) => at.name === name);
    await page.keyboard.insertText(words);
  };
  const choose = async (name) => {
    await tabTo(name, (at) => at.name === name);
    await page.keyboard.press('Space');
  };
  await visitor.go('/');
  await page.keyboard.press('Tab');
  want((await focus()).href === '#content', 'the first step of the tabulator is not the link to the content');
  await page.keyboard.press('Enter');
  await tabTo('the way to the form', (at) => at.href === '/complain');
  await enter();
  await type('text', who.text.replace('\n', ' '));
  await next();
  await type('product', who.product);
  await next();
  await next();
  await choose('behalf');
  await next();
  await type('name', who.name);
  await type('phone', who.phone);
  await next();
  await next();
  await visitor.reads(who.product, who.name, who.phone);
  await tabTo('the last button', (at) => at.tag === 'button' && at.value === 'send');
  await enter();
  want((await page.locator('.receipt .big').count()) === 2, 'no receipt');
}

export const STORIES = { complaint, accepted, agent, photo, pause, session, refusals, keyboard };
export { complain, decide, message, track };
