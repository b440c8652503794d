/* The model page as an administrator uses it, and what the conversation says about an answer, in one language:
     node model.mjs URL LANGUAGE ADMIN AGENT ENDPOINT
   Wishes: the password; add: a second model file is registered; ask: a visitor asks two questions, whose conversation's id comes back.
   test_console_model.py starts it and judges. */
import { check, order, password, Stage, until, wish, words } from './browser.mjs';

const [url, language, admin, agent, endpoint] = process.argv.slice(2);
const t = words(`${language}.json`);
const LOCALE = language === 'zh' ? 'zh-CN' : 'en-GB';
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const CANARY = 'sk-canary-console';

async function speak(context) {
  await context.addInitScript((chosen) => {
    if (location.protocol !== 'about:' && !localStorage.getItem('zhiyin.prefs')) localStorage.setItem('zhiyin.prefs', JSON.stringify({ language: chosen }));
  }, language);
}

async function logIn(page, email) {
  await page.goto(`${url}/console/`);
  await page.getByLabel(t('login.email'), { exact: true }).fill(email);
  await page.getByLabel(t('login.password'), { exact: true }).fill(await password());
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: t('nav.main') }).waitFor();
}

const nav = (page, key) => page.getByRole('navigation', { name: t('nav.main') }).getByRole('link', { name: t(key) });
const button = (page, key) => page.getByRole('button', { name: t(key), exact: true });
const card = (page, key) => page.getByRole('region', { name: t(key) });
const choice = (page, key) => card(page, 'choice.title').getByText(t(key), { exact: true });
const state = (page, key) => page.locator('.page-head').getByText(t(`model.state_${key}`), { exact: true });
const dialog = (page) => page.getByRole('dialog', { name: t('choice.confirm_title') });

async function noSideways(page, what) {
  check(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${what}: nothing sticks out sideways`);
}

async function confirmed(page, toState) {
  await button(page, 'choice.change').click();
  await button(dialog(page), 'choice.confirm').click();
  await dialog(page).waitFor({ state: 'hidden' });
  await state(page, toState).waitFor();
}

async function none(stage, page) {
  stage.now('no model is said plainly');
  await page.keyboard.press('8');
  await page.getByRole('heading', { level: 1, name: t('model.title') }).waitFor();
  await state(page, 'absent').waitFor();
  await card(page, 'model.now').getByText(t('model.none_hint')).waitFor();
  check(await button(page, 'trial.run').isDisabled(), 'there is nothing to try');
  await stage.axe('no model', page);
}

async function file(stage, page) {
  stage.now('a file, its licence accepted');
  await choice(page, 'choice.local').click();
  const first = page.getByRole('radio', { name: /first\.gguf/ });
  await first.waitFor();
  check(await page.getByRole('radio').filter({ hasNot: page.locator('.ant-segmented-item-input') }).count() >= 1, 'the registered file is offered');
  await button(page, 'choice.change').click();
  await page.getByText(t('choice.file_needed')).waitFor();
  await first.check();
  await button(page, 'choice.change').click();
  await dialog(page).getByText('Apache-2.0', { exact: true }).waitFor();
  check(await button(dialog(page), 'choice.confirm').isDisabled(), 'the licence has to be accepted');
  await stage.axe('licence', page);
  await stage.shoot(page, `model-licence-${language}`);
  await dialog(page).getByRole('checkbox', { name: t('choice.accept') }).check();
  await button(dialog(page), 'choice.confirm').click();
  await dialog(page).waitFor({ state: 'hidden' });
  await state(page, 'ready').waitFor();
  await card(page, 'model.now').getByText('first', { exact: true }).waitFor();
  await card(page, 'model.now').getByText(t('model.by_console'), { exact: true }).waitFor();

  stage.now('a file that is registered meanwhile is there');
  await order('add');
  await page.getByRole('radio', { name: /second\.gguf/ }).waitFor();

  stage.now('it is tried');
  await card(page, 'trial.title').getByText(t('trial.raw'), { exact: true }).click();
  await page.getByLabel(t('trial.prompt'), { exact: true }).fill('once upon a time');
  await button(page, 'trial.run').click();
  await page.getByText(t('trial.raw_done')).waitFor();
  await until('the figures know of it', () => card(page, 'model.figures').getByText(t('model.calls', { n: 1 }), { exact: true }).isVisible());
  await stage.axe('model page', page);
  await stage.shoot(page, `model-${language}`);
}

async function remote(stage, page) {
  stage.now('an endpoint: what is wrong is said at its field');
  await choice(page, 'choice.remote').click();
  await page.getByLabel(t('model.url'), { exact: true }).fill('http://api.example/v1');
  await page.getByLabel(t('choice.model_label'), { exact: true }).fill('big-model');
  await button(page, 'choice.change').click();
  stage.wanted = 'Failed to load resource: the server responded with a status of 422';
  await button(dialog(page), 'choice.confirm').click();
  await page.locator('.ant-form-item-explain-error', { hasText: t('choice.fault_url') }).waitFor();
  stage.wanted = null;
  await state(page, 'ready').waitFor(); /* the file goes on */
  await stage.axe('refused choice', page);

  stage.now('an endpoint takes over');
  await page.getByLabel(t('model.url'), { exact: true }).fill(endpoint);
  await card(page, 'choice.title').getByText(t('choice.key_typed'), { exact: true }).click();
  await page.getByLabel(t('choice.key_label'), { exact: true }).fill(CANARY);
  await page.getByLabel(t('choice.daily_tokens'), { exact: true }).fill('5000');
  await confirmed(page, 'ready');
  await card(page, 'model.now').getByText('big-model', { exact: true }).waitFor();
  check(!(await page.content()).includes(CANARY) && !(await page.evaluate(() => [...document.querySelectorAll('input')].map((each) => each.value).join(' '))).includes(CANARY), 'the key is not shown again');
}

async function answers(stage, page) {
  stage.now('what the conversation says about its answers');
  const id = await wish('ask');
  await page.mouse.move(0, 0); /* away from what explains itself when hovered */
  await page.goto(`${url}/console/inbox/all/${id}`);
  const written = page.locator('.message-bot').filter({ hasText: t('path.short_generated') });
  const quoted = page.locator('.message-bot').filter({ hasText: t('path.short_extract') });
  await written.waitFor();
  await quoted.waitFor();
  await written.getByText(t('rating.up')).waitFor();
  await stage.axe('paths of answers', page);

  stage.now('why: an answer that passed');
  await button(written, 'why.open').click();
  const why = page.getByRole('dialog', { name: t('why.title') });
  await why.getByText(t('why.reason_generated')).waitFor();
  await why.getByText(t('why.outcome_done')).waitFor();
  check(await why.locator('.check-passed').count() === 7, 'each check is told');
  check(await why.locator('.why-passages li').count() >= 1 && await why.getByText(t('why.used'), { exact: true }).isVisible(), 'the passage that was used is shown');
  check(!(await why.getByText(t('why.tokens'), { exact: true }).isVisible()), 'figures for engineers are folded away');
  await stage.axe('why', page);
  await stage.shoot(page, `why-${language}`);
  await why.getByText(t('why.technical')).click();
  await why.getByText(t('why.tokens_text', { prompt: 9, cached: 0, written: 4 })).waitFor();
  await why.getByText('big-model', { exact: false }).waitFor();
  await stage.axe('why in detail', page);
  await page.keyboard.press('Escape');
  await why.waitFor({ state: 'hidden' });

  stage.now('why: an answer that did not pass, by keyboard');
  await page.locator('main').click({ position: { x: 2, y: 2 } });
  await page.keyboard.press('w');
  await why.getByText(t('why.outcome_refused')).waitFor();
  check(await why.locator('.check-failed').count() === 1 && (await why.locator('.check-failed').innerText()).includes('36'), 'what was at fault is shown');
  check(page.url().includes('why='), 'it has an address of its own');
  await stage.axe('why not', page);
  await page.reload();
  await why.getByText(t('why.outcome_refused')).waitFor();
  await page.keyboard.press('Escape');
  await why.waitFor({ state: 'hidden' });
}

async function byKeyboard(stage, page) {
  stage.now('back to none, by keyboard alone');
  await page.keyboard.press('8');
  await state(page, 'ready').waitFor();
  await until('the figures count the answers', () => card(page, 'model.figures').getByText(t('model.error_refused', { check: t('check.facts') })).isVisible());
  const kinds = card(page, 'choice.title').locator('.ant-segmented-item-input');
  await kinds.nth(2).focus();
  for (const i of [1, 0]) {
    await page.keyboard.press('ArrowLeft');
    await until('the one before is chosen', () => kinds.nth(i).isChecked());
  }
  await button(page, 'choice.change').focus();
  await page.keyboard.press('Enter');
  await dialog(page).waitFor();
  await until('the dialog has the focus', () => dialog(page).evaluate((element) => element.contains(document.activeElement)));
  await button(dialog(page), 'choice.confirm').focus();
  await page.keyboard.press('Enter');
  await dialog(page).waitFor({ state: 'hidden' });
  await state(page, 'absent').waitFor();
}

async function onAPhone(stage, page) {
  stage.now('the page on a phone');
  const context = await stage.context({ ...PHONE, locale: LOCALE, storageState: await page.context().storageState() });
  const phone = await context.newPage();
  await phone.goto(`${url}/console/model`);
  await state(phone, 'absent').waitFor();
  await noSideways(phone, 'the model page');
  await stage.axe('model phone', phone);
  await context.close();
}

async function othersMayNot(stage) {
  stage.now('who is no administrator');
  const context = await stage.context({ viewport: { width: 1280, height: 900 }, locale: LOCALE });
  await speak(context);
  const page = await context.newPage();
  await logIn(page, agent);
  await nav(page, 'nav.inbox').waitFor();
  check(await nav(page, 'nav.model').count() === 0, 'the page is not offered');
  stage.wanted = 'Failed to load resource: the server responded with a status of 403';
  await page.goto(`${url}/console/model`);
  await page.getByText(t('error.forbidden_hint')).waitFor();
  stage.wanted = null;
  await stage.axe('model forbidden', page);
  await context.close();
}

async function story(stage) {
  const context = await stage.context({ viewport: { width: 1280, height: 900 }, locale: LOCALE });
  await speak(context);
  const page = await context.newPage();
  await logIn(page, admin);
  await none(stage, page);
  await file(stage, page);
  await remote(stage, page);
  await answers(stage, page);
  await byKeyboard(stage, page);
  await onAPhone(stage, page);
  await othersMayNot(stage);
  return null;
}

await new Stage(`model-${language}`, url).play(story);
