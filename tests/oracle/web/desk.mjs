// The stories of staff: a call, its way to a verified action, two people at one case, and every page of the desk on a
// register with years in it.

import { complain, decide, message } from './complainants.mjs';
import { person } from './people.mjs';
import { text } from './texts.mjs';
import { REFUSED, Visitor, atDesk, want } from './visitor.mjs';

/** From the first signing in to an action that somebody else verified. */
async function staff(stage) {
  const { language } = stage;
  const who = person(language, stage.story);
  const name = (group, code) => text(language, `${group}.${code}`);
  const given = await stage.house.newcomer(`veli-${language}`, 'agent');

  // A password that somebody else gave is changed before anything is seen.
  const veli = await Visitor.enter(stage);
  await veli.go('/desk', { status: 401 });
  await veli.look('sign-in');
  await veli.fill({ name: `veli-${language}`, password: given });
  await veli.send();
  await veli.look('password');
  await veli.fill({ new_password: 'short', again_password: 'other' });
  await veli.refused();
  await veli.look('password-refused');
  await veli.fill({ new_password: 'a sentence of my own', again_password: 'a sentence of my own' });
  await veli.send();
  want(new URL(veli.page.url()).pathname === '/desk', `a password was chosen and ${veli.page.url()} came`);
  await veli.look('queue');
  await veli.go('/desk/password');
  await veli.look('password-own');

  // A call. The complaint is warned of when it is here already.
  await veli.go('/desk/register');
  await veli.look('register');
  await veli.refused();
  await veli.look('register-refused');
  await veli.fill({ text: who.call, name: who.caller, phone: who.phone, product: who.product, severity: 'high', lot: who.lot });
  await veli.send();
  await veli.look('handed-over');
  const number = (await veli.page.locator('.receipt .big').first().innerText()).trim();
  want(/^\d{4}-\d{6}$/.test(number), `no number was handed over but "${number}"`);
  await veli.go('/desk/register');
  await veli.page.locator('[name="phone"]').pressSequentially(who.phone);
  await veli.page.locator('#similar a', { hasText: number }).waitFor();
  await veli.look('register-similar');
  await veli.fill({ text: who.call, name: who.caller, phone: who.phone });
  await veli.send({ status: REFUSED });
  await veli.reads(text(language, 'register.look'));
  await veli.look('register-warned');
  want((await veli.held('text')) === who.call, 'what was typed in is gone after the warning');

  await veli.go(`/desk/case/${number}`);
  await veli.look('case');
  await veli.command(number, 'take');
  await veli.command(number, 'note', { text: who.note }, { look: true });
  await veli.command(number, 'attach', { files: { name: 'duvar.txt', mimeType: 'text/plain', buffer: Buffer.from('Duvar, kuzey yüzü') } }, { look: true });
  await veli.command(number, 'classify', { category: name('categories', 'adhesion') });
  await veli.command(number, 'route', { department: name('departments', 'quality') });
  await veli.command(number, 'decide', { response: 'replacement', granted: 'replacement', rule: 'R-12', rule_version: '3', text: who.decision });
  await message(stage, 'decision', { number });
  await veli.command(number, 'answer', { answer: 'accepted', means: 'phone', proof: 'tel. 14:05' }, { look: true });
  await veli.command(number, 'remedy-done', {}, { look: true });
  await veli.go(`/desk/case/${number}`);
  await veli.look('case-completed');
  await veli.go(`/desk/case/${number}/amend`);
  await veli.look('amend');
  await veli.press('.commands a >> nth=0');
  await veli.look('amend-fields');
  await veli.press('.commands a >> nth=0');
  await veli.look('amend-form');
  await veli.go(`/desk/search?q=${encodeURIComponent(who.phone)}`);
  await veli.look('search');
  await veli.reads(number);

  // An action against what lies behind it: owned here, verified by somebody else.
  await veli.go(`/desk/actions/new?case=${number}`);
  await veli.look('action-new');
  await veli.refused();
  await veli.look('action-new-refused');
  await veli.fill({ title: who.product, owner: `veli-${language}` });
  await veli.send();
  const action = new URL(veli.page.url()).pathname;
  want(/^\/desk\/actions\/A-\d+$/.test(action), `an action was opened and ${veli.page.url()} came`);
  await veli.look('action-open');
  const today = new Date().toISOString().slice(0, 10);
  const step = async (visitor, command, fields, look = true) => {
    await visitor.go(`${action}/${command}`);
    if (look) await visitor.look(`action-${command}`);
    await visitor.fill(fields);
    await visitor.send();
    want(visitor.done() === `action_${command}`, `${command}: ${(await visitor.words()).slice(0, 300)}`);
  };
  await step(veli, 'contain', { what: who.reply });
  await step(veli, 'analyse', { method: 'five_whys', why1: who.reply, root_cause: who.decision });
  await veli.go(`${action}/plan`);
  await veli.refused();
  await veli.look('action-plan-refused');
  await step(veli, 'plan', { what: who.alternative, due_on: today, judge_by: 'criterion', criterion: who.wish, criterion_due: today });
  await step(veli, 'implement', { what: who.alternative, documents: 'SOP-12' });
  // The owner does not verify.
  await veli.go(`${action}/verify`, { status: 403 });
  const zeynep = await atDesk(stage, 'zeynep');
  await step(zeynep, 'verify', { verdict: 'effective', note: who.note });
  await step(zeynep, 'close', {});
  await zeynep.look('action-closed');
  await zeynep.go('/desk/actions?show=all');
  await zeynep.reads(who.product);
  await zeynep.look('actions');
  await veli.followLinks();
  await zeynep.followLinks();
  await veli.press('.leave button');
  await veli.look('signed-out');
}

/** Two people at one case: who comes second finds what the first did, and what they wrote themselves. */
async function together(stage) {
  const customer = await Visitor.enter(stage, { scripts: false });
  const made = await complain(customer, person(stage.language, stage.story));
  const deniz = await atDesk(stage, 'deniz');
  const ayse = await atDesk(stage, 'ayse');
  await deniz.go(`/desk/case/${made.number}/note`);
  await ayse.command(made.number, 'assess', { severity: 'low' });
  await deniz.fill({ text: made.who.note });
  await deniz.send({ status: 409 });
  await deniz.look('changed');
  await deniz.reads(text(stage.language, 'command.changed'), 'ayse');
  want((await deniz.held('text')) === made.who.note, 'what the second one wrote is gone');
  await deniz.send();
  want(deniz.done() === 'case_note', `the note was not recorded: ${deniz.page.url()}`);

  // Above the discretion of one, another one signs.
  await deniz.command(made.number, 'classify', { category: text(stage.language, 'categories.adhesion') });
  await deniz.command(made.number, 'route', { department: text(stage.language, 'departments.quality') });
  await deniz.command(made.number, 'decide', { response: 'refund', granted: 'refund', cost: '2500,00', rule: 'R-1', rule_version: '1', text: made.who.alternative });
  want(deniz.done() === 'case_second', `a decision above the discretion: ${deniz.page.url()}`);
  await deniz.look('second-signature');
  await ayse.go(`/desk/case/${made.number}`);
  await ayse.look('case-to-sign');
  await ayse.command(made.number, 'countersign', {}, { look: true });
  await message(stage, 'decision', made);

  // The customer's answer, while the decision is struck out under it.
  await customer.go('/track');
  await customer.fill({ number: made.number, password: made.password });
  await customer.send();
  await customer.fill({ answer: 'accepted' });
  await deniz.go(`/desk/case/${made.number}`);
  const strike = deniz.page.locator('#history ~ ol a[href*="/void?event="], section[aria-labelledby="history"] a[href*="/void?event="]').first();
  await deniz.press(strike);
  await deniz.look('strike');
  await deniz.fill({ reason: made.who.note });
  await deniz.send();
  await customer.send({ button: 'form[action="/case/answer"] .doors button', status: 409 });
  await customer.look('answer-too-late');
}

const PAGES = {
  zeynep: [
    '/desk', '/desk?late=yes', '/desk/register', '/desk/search', '/desk/search?q=boya', '/desk/actions', '/desk/actions?show=all', '/desk/actions/new',
    '/desk/clusters', '/desk/clusters?show=all', '/quality', '/desk/reviews', '/desk/records', '/desk/outbox', '/desk/password',
  ],
  ali: ['/desk/staff', '/desk/staff?person=deniz'],
  kemal: ['/desk', '/desk/actions', '/desk/clusters'],
};

/** Every page of the desk on the demonstration's register, and what leads on from it. */
async function desk(stage) {
  for (const [name, pages] of Object.entries(PAGES)) {
    const visitor = await atDesk(stage, name);
    const named = (path) => `${name}-${path.slice(1).replace(/[^a-z]+/g, '-') || 'desk'}`;
    for (const path of pages) {
      await visitor.go(path);
      await visitor.look(named(path));
    }
    if (name === 'kemal') {
      await visitor.go('/quality', { status: 403 });
      await visitor.go('/desk/register', { status: 403 });
    }
    if (name === 'zeynep') {
      for (const [list, link, what] of [
        ['/desk', 'main tbody a', 'case'],
        ['/desk/search?q=boya', 'main ul a', 'case-found'],
        ['/desk/actions?show=all', 'main tbody a', 'action'],
        ['/desk/clusters', 'main tbody a', 'cluster'],
        ['/quality', '#indicators-heading ~ .scroll td a', 'drill'],
      ]) {
        await visitor.go(list);
        // Some open in a window of their own.
        await visitor.go(await visitor.page.locator(link).first().getAttribute('href'));
        await visitor.look(`${name}-${what}`);
        if (what === 'action' || what === 'cluster' || what === 'drill') await unfolded(visitor, `${name}-${what}-unfolded`);
        await onward(visitor, what, name);
      }
      await visitor.go('/quality');
      await unfolded(visitor, 'zeynep-quality-unfolded');
      await records(visitor);
      // A page of a pack is the pack's own, with a policy of its own.
      await visitor.go('/desk/reviews');
      const pack = await visitor.page.locator('main tbody a[href$="review.html"]').first().getAttribute('href');
      await visitor.go(pack);
      want((await visitor.page.locator('h1').count()) === 1, 'the pack has no heading');
    }
    if (name === 'ali') {
      await visitor.go('/desk/staff');
      await visitor.press('main a[href^="/desk/staff?change=add"]');
      await visitor.look('ali-staff-adding');
      await visitor.refused();
      await visitor.look('ali-staff-adding-refused');
      // The languages share a register, and a name stands there once.
      const added = `yeni kişi ${stage.language}`;
      await visitor.fill({ name: added, roles: 'agent', usual: 'agent' });
      await turns(visitor, 'name', added);
      await visitor.send();
      await visitor.look('ali-staff-added');
      want((await visitor.page.locator('.receipt .big').innerText()).length >= 8, 'no first password is shown');
    }
    await visitor.followLinks(60);
  }
}

/** The commands of a cluster and of an action as they are offered. */
async function onward(visitor, what, name) {
  if (what !== 'cluster' && what !== 'action') return;
  const offers = await visitor.page.locator('aside .commands a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  for (const href of offers) {
    await visitor.go(href);
    await visitor.look(`${name}-${what}-${href.split('/').pop()}`);
  }
}

/** Everything that is folded away, opened. */
async function unfolded(visitor, name) {
  await visitor.page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
  await visitor.look(name);
}

/** Through every language and back, and what was entered is there in each of them. */
async function turns(visitor, name, value) {
  const own = visitor.language;
  for (const language of ['tr', 'ru', 'en'].filter((one) => one !== own).concat(own)) {
    await visitor.press(`.languages button[value="${language}"]`);
    const lang = await visitor.page.locator('html').getAttribute('lang');
    want(lang === language, `${language} was chosen in a form and ${lang} came`);
    want((await visitor.held(name)) === value, `what was entered as ${name} is lost in ${language}`);
  }
}

/** A figure, a target and a course are entered, each first wrongly. */
async function records(visitor) {
  for (const kind of ['evidence', 'objective', 'training']) {
    await visitor.go('/desk/records');
    await visitor.press(`#${kind} a[href^="/desk/records?add="]`);
    await visitor.refused(`#${kind} form .doors button`);
    await visitor.look(`zeynep-records-${kind}-refused`);
  }
}

export const STORIES = { staff, together };
export const ON_DEMO = { desk };
