/* An answer that grows while a model writes it, in one language:
     node stream.mjs URL LANGUAGE
   The model is a scripted one that speaks slowly, says what it must not after some good sentences, or breaks off. What the visitor was
   shown at any moment is noted by the page itself. test_stream.py starts it and judges. */
import { check, Stage, until } from './browser.mjs';
import { Chat } from './widget.mjs';

const [url, language] = process.argv.slice(2);
const LOCALE = language === 'zh' ? 'zh-CN' : 'en-GB';
const SAY = {
  zh: { shop: '/demo/', whole: '会议室每小时收费多少元', fault: '借用会议室的投影仪押金多少元', broken: '会议室茶点每位多少元提前几天预订', vague: '会员积分', forbidden: '999', end: /[。？！]$/ },
  en: {
    shop: '/demo/en.html', whole: 'How much does a meeting room cost per hour', fault: 'What deposit do I pay to borrow the projector at the front desk',
    broken: 'How many days ahead do I order refreshments per person',
    vague: 'refund', forbidden: '999', end: /[.?!]$/,
  },
}[language];

/* In the chat's frame: every text that the growing answer has had, and whether it was one element all the time. */
function watch() {
  const growing = document.querySelector('.growing');
  window.seen = [];
  growing.dataset.same = 'yes';
  new MutationObserver(() => {
    const text = growing.querySelector('.bubble').textContent;
    if (!growing.hidden && text !== window.seen[window.seen.length - 1]) window.seen.push(text);
  }).observe(growing, { subtree: true, childList: true, attributes: true, characterData: true });
}

async function seen(chat) {
  const texts = await chat.frame.evaluate(() => window.seen.splice(0));
  check(await chat.frame.evaluate(() => document.querySelector('.growing').dataset.same === 'yes'), 'it is the same element all the time');
  return texts;
}

async function answered(chat) {
  const before = await chat.in.locator('.list .message.bot').count();
  return async () => {
    await chat.in.locator('.list .message.bot').nth(before).waitFor();
    check(await chat.in.locator('.growing').isHidden(), 'the message has taken the place of what grew');
    return (await chat.in.locator('.list .message.bot .bubble').nth(before).innerText()).trim();
  };
}

/* Asks, looks at the growing answer in its middle when it is wanted, and gives back what was shown and what was said in the end. */
async function ask(chat, text, inTheMiddle = null) {
  const whole = await answered(chat);
  await chat.say(text);
  if (inTheMiddle) {
    await chat.in.locator('.growing').waitFor();
    await inTheMiddle();
  }
  const said = await whole();
  return { said, shown: await seen(chat) };
}

function checkWhole({ said, shown }) {
  check(shown.length >= 2, `it grew: ${JSON.stringify(shown)}`);
  for (const [index, text] of shown.entries()) {
    check(said.startsWith(text.trim()), `shown is the beginning of what is said: ${text} | ${said}`);
    check(index === 0 || text.startsWith(shown[index - 1]), `nothing that was shown went: ${text}`);
  }
}

/* Whatever came between, no half sentence was shown and nothing of it is left. */
function checkReplaced({ said, shown }, what) {
  check(shown.length >= 1, `${what}: something was shown`);
  check(!said.startsWith(shown[shown.length - 1].trim()), `${what}: another text took its place: ${said}`);
  for (const text of shown) check(SAY.end.test(text.trim()), `${what}: whole sentences: ${text}`);
  for (const text of [...shown, said]) check(!text.includes(SAY.forbidden), `${what}: nothing unchecked was shown: ${text}`);
}

async function story(stage) {
  const context = await stage.context({ viewport: { width: 1280, height: 900 }, locale: LOCALE });
  const page = await context.newPage();
  const chat = new Chat(page, language);
  await page.goto(url + SAY.shop);
  await chat.open();
  await chat.frame.evaluate(watch);

  stage.now('options are tapped by keyboard');
  await ask(chat, SAY.vague);
  const options = chat.in.getByRole('group', { name: chat.t('options') }).last().getByRole('button');
  check(await options.count() >= 2, 'a question back offers what it means');
  check(!(await chat.in.locator('.list .message.bot .bubble').last().innerText()).includes('•'), 'and does not say it twice');
  const option = await options.first().innerText();
  await stage.axe('options', page, chat.frame);
  await stage.shoot(page, `widget-options-${language}`);
  await options.first().focus();
  await page.keyboard.press('Tab');
  check(await options.nth(1).evaluate((element) => element === document.activeElement), 'Tab goes from one to the next');
  await page.keyboard.press('Shift+Tab');
  const whole = await answered(chat);
  await page.keyboard.press('Enter');
  await chat.said('customer', option).last().waitFor();
  const answer = await whole();

  stage.now('an answer is rated');
  const rated = chat.in.locator('.list .message.bot').last();
  const up = rated.getByRole('button', { name: chat.t('rate_up'), exact: true });
  const down = rated.getByRole('button', { name: chat.t('rate_down'), exact: true });
  await up.focus();
  await page.keyboard.press('Enter');
  await until('it is pressed', async () => await up.getAttribute('aria-pressed') === 'true');
  await down.click();
  await until('the other one is', async () => await down.getAttribute('aria-pressed') === 'true' && await up.getAttribute('aria-pressed') === 'false');
  await stage.axe('rated answer', page, chat.frame);
  await page.reload();
  await chat.bubble.click();
  await until('it is kept', async () => await chat.in.locator('.list .message.bot').last().getByRole('button', { name: chat.t('rate_down'), exact: true }).getAttribute('aria-pressed') === 'true');
  await chat.frame.evaluate(watch);

  stage.now('an answer grows');
  const growing = chat.in.locator('.growing');
  checkWhole(await ask(chat, SAY.whole, async () => {
    check(await growing.getAttribute('aria-live') === 'off' && await growing.getAttribute('aria-busy') === 'true', 'it is not read aloud word by word');
    check(await growing.locator('.ai').isVisible(), 'what grows carries the AI badge, too');
    check(await growing.evaluate((element) => getComputedStyle(element.querySelector('.bubble'), '::after').animationIterationCount) === '1', 'nothing blinks for whoever wants no motion');
    await stage.shoot(page, `widget-growing-${language}`);
    await stage.axe('growing answer', page, chat.frame);
    check(await growing.isVisible(), 'all that was looked at while it grew');
  }));
  check(await chat.in.locator('.log').getAttribute('aria-live') === 'polite', 'the whole message is read');

  stage.now('an answer that goes wrong is replaced');
  checkReplaced(await ask(chat, SAY.fault), 'a fault');
  stage.now('a model that breaks off');
  checkReplaced(await ask(chat, SAY.broken), 'a break');
  return { answer, option };
}

await new Stage(`stream-${language}`, url).play(story);
