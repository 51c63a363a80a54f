// Faults that are planted to see that they are found: in a page that lies open, or in every page between server and browser.

import { STORIES } from './complainants.mjs';
import { Visitor, want } from './visitor.mjs';

/** In an open page: what is done to it, and words of what has to be said. */
const IN_PAGE = [
  ['label', 'a field without its label', () => document.querySelector('label[for="number"]').remove()],
  ['heading-order', 'a heading too deep', () => document.querySelector('main').insertAdjacentHTML('beforeend', '<h5>deep</h5>')],
  ['color-contrast, light', 'grey on white', () => document.querySelector('main p.soft').style.setProperty('color', '#bbb')],
  ['color-contrast, dark', 'ink that stays black in the dark', () => document.querySelector('main p.soft').style.setProperty('color', '#111')],
  ['of the first order', 'a second first heading', () => document.querySelector('main').insertAdjacentHTML('beforeend', '<h1>two</h1>')],
  ['language: the page says', 'another language', () => (document.documentElement.lang = 'de')],
  ['stands 2 times', 'a name twice', () => document.querySelector('main').insertAdjacentHTML('beforeend', '<p id="number">x</p>')],
  ['which is nowhere', 'a description that is not there', () => document.querySelector('input').setAttribute('aria-describedby', 'gone')],
  ['leads nowhere', 'a link to no place', () => document.querySelector('main').insertAdjacentHTML('beforeend', '<a href="#gone">go</a>')],
  ['looks like a key', 'a key for a text', () => (document.querySelector('h1').textContent = 'public_track.title')],
  ['looks like a code', 'a code for a name', () => document.querySelector('main p').append(' in_processing ')],
  ['stands for its name', 'a category by its code', () => document.querySelector('main').insertAdjacentHTML('beforeend', '<p>late-delivery</p>')],
  ['not filled in', 'a place that was not filled', () => document.querySelector('main p').append(' by {day}')],
  ['English on a page', 'a text that nobody translated', () => document.querySelector('main').insertAdjacentHTML('beforeend', '<p>I have lost the password</p>')],
  ['reaches from', 'a word that does not break', () => document.querySelector('main').insertAdjacentHTML('beforeend', `<pre>${'wide'.repeat(40)}</pre>`)],
  ['the page is', 'a box wider than a telephone', () => document.querySelector('main').style.setProperty('min-width', '500px')],
  ['nothing beside it says why', 'an error that is not explained', () => document.querySelector('input').setAttribute('aria-invalid', 'true')],
  ['the browser says', 'a picture from elsewhere', () => document.querySelector('main').insertAdjacentHTML('beforeend', '<img alt="" src="http://127.0.0.1:9/x.png">')],
  ['the browser says', 'a script that complains', () => console.error('something is wrong')],
];

/** Between server and browser: the story that has to fail by it, and words of how. What a redirect leads to passes unseen. */
const ON_THE_WAY = [
  ['session', 'are lost', 'what was kept is dropped', (html) => html.replace(/<input type="hidden" name="kept\.words"[^>]*>/g, '')],
  ['complaint', 'is not there', 'the product is not carried on', (html) => html.replace(/<input type="hidden" name="product"[^>]*>/g, '')],
  ['complaint', 'is there', 'the second receipt says the password', (html, request) => plantPassword(html, request)],
  ['pause', 'is not there', 'the question is not shown', (html) => html.replace(/<div class="aside">[\s\S]*?<\/div>/g, '')],
  ['photo', 'there is no a button', 'the chosen files are not shown', (html) => html.replace(/<li><bdi>.*<\/li>/g, '')],
  ['refusals', 'a[hreflang="ru"]', 'a language cannot be chosen', (html) => html.replace(/ hreflang="ru"/g, '')],
  ['keyboard', 'is not to be seen', 'the focus has no ring', (html) => html.replace(/<link rel="stylesheet"[^>]*>/, '')],
];

let password;

/** The password of the first receipt, in the second one too. */
function plantPassword(html) {
  const found = [...html.matchAll(/<span class="big">([^<]*)<\/span>/g)].map(([, value]) => value);
  if (found.length === 2) password = found[1];
  else if (found.length === 1 && password) return html.replace('</main>', `<p>${password}</p></main>`);
  return html;
}

/** Plants each fault; answers those that nobody found. `stageOf` makes a fresh stage. */
export async function selfTest(stageOf, say) {
  const missed = [];
  const report = (what, found, instead = '') => {
    say(`self-test, ${what}: ${found ? `found: ${found.slice(0, 160)}` : `NOT FOUND ${instead.slice(0, 300)}`}`);
    if (!found) missed.push(what);
  };
  for (const [words, what, plant] of IN_PAGE) {
    const stage = stageOf('self-test', 'tr');
    const visitor = await Visitor.enter(stage);
    await visitor.go('/track');
    await visitor.page.evaluate(plant);
    await visitor.look('planted');
    await visitor.leave();
    report(what, stage.faults.find((fault) => fault.includes(words)));
  }
  for (const [story, words, what, plant] of ON_THE_WAY) {
    password = undefined;
    const stage = stageOf(`planted-${story}`, 'tr', plant);
    let failed = '';
    try {
      await STORIES[story](stage);
    } catch (error) {
      failed = error.message;
    }
    for (const visitor of stage.visitors) await visitor.leave();
    report(what, [failed, ...stage.faults].find((fault) => fault.includes(words)), failed);
  }
  // Without a fault nothing is found.
  const stage = stageOf('self-test', 'tr');
  const visitor = await Visitor.enter(stage);
  await visitor.go('/track');
  await visitor.look('clean');
  await visitor.leave();
  want(stage.faults.length === 0, `a page without a planted fault has one: ${stage.faults[0]}`);
  return { planted: IN_PAGE.length + ON_THE_WAY.length, missed };
}
