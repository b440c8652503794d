/* The classifiers on the model page, as an administrator manages them, in one language:
     node classifiers.mjs URL LANGUAGE ADMIN
   Wishes: the password; said: a customer said something that classifiers judged. test_classifiers_page.py starts it and judges. */
import { check, order, password, Stage, words } from './browser.mjs';

const [url, language, admin] = process.argv.slice(2);
const t = words(`${language}.json`);
const LOCALE = language === 'zh' ? 'zh-CN' : 'en-GB';
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const card = (page) => page.getByRole('region', { name: t('classifier.title') });
const moods = (page) => card(page).getByRole('region', { name: t('classifier.sentiment') });
const button = (page, key, named) => moods(page).getByRole('button', { name: t(key, named), exact: true });
const row = (page, name) => moods(page).getByRole('listitem').filter({ hasText: name });
const state = (page, name, key) => row(page, name).getByText(t(`classifier.state_${key}`), { exact: true });

async function logIn(page) {
  await page.goto(`${url}/console/`);
  await page.getByLabel(t('login.email'), { exact: true }).fill(admin);
  await page.getByLabel(t('login.password'), { exact: true }).fill(await password());
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: t('nav.main') }).waitFor();
}

async function promote(stage, page) {
  stage.now('what comes with the program, and two that were trained');
  await page.goto(`${url}/console/model`);
  await moods(page).getByText(t('classifier.built_in')).waitFor();
  await state(page, 'good.zyc', 'kept').waitFor();
  check(await button(page, 'classifier.rollback').count() === 0, 'there is nothing to go back to');
  await button(page, 'classifier.use_named', { name: 'good.zyc', n: 1 }).click();
  await state(page, 'good.zyc', 'in_use').waitFor();
  check(await moods(page).getByText(t('classifier.built_in')).count() === 0, 'one is in use');
}

const REFUSED = 'Failed to load resource: the server responded with a status of 409';

async function worse(stage, page) {
  stage.now('a worse one is asked about');
  stage.wanted = REFUSED;
  await button(page, 'classifier.use_named', { name: 'bad.zyc', n: 2 }).click();
  const dialog = page.getByRole('dialog', { name: t('classifier.worse_title') });
  await dialog.getByText(t('classifier.worse', { name: 'bad.zyc' })).waitFor();
  stage.wanted = null;
  await stage.axe('worse', page);
  await dialog.getByRole('button', { name: t('ask.cancel') }).click();
  await dialog.waitFor({ state: 'hidden' });
  await state(page, 'good.zyc', 'in_use').waitFor();
}

async function shadow(stage, page) {
  stage.now('in shadow it judges along');
  await button(page, 'classifier.shadow_named', { name: 'bad.zyc', n: 2 }).click();
  await state(page, 'bad.zyc', 'shadow').waitFor();
  await row(page, 'bad.zyc').getByText(t('classifier.shadow_none')).waitFor();
  await order('said');
  const agreed = (n) => row(page, 'bad.zyc').getByText(t('classifier.shadow_agreed', { n: 1, agreed: n }));
  await agreed(0).or(agreed(1)).waitFor({ timeout: 30_000 });
  await stage.axe('classifiers', page);
  await card(page).scrollIntoViewIfNeeded();
  await stage.shoot(page, `classifiers-${language}`);
}

async function back(stage, page) {
  stage.now('all the same, and back');
  stage.wanted = REFUSED;
  await button(page, 'classifier.use_named', { name: 'bad.zyc', n: 2 }).click();
  const dialog = page.getByRole('dialog', { name: t('classifier.worse_title') });
  await dialog.getByRole('button', { name: t('classifier.worse_action') }).click();
  stage.wanted = null;
  await state(page, 'bad.zyc', 'in_use').waitFor();
  await button(page, 'classifier.rollback').click();
  await state(page, 'good.zyc', 'in_use').waitFor();
  await button(page, 'classifier.rollback').click();
  await moods(page).getByText(t('classifier.built_in')).waitFor();
}

async function onAPhone(stage, page) {
  stage.now('on a phone');
  const context = await stage.context({ ...PHONE, locale: LOCALE, storageState: await page.context().storageState() });
  const phone = await context.newPage();
  await phone.goto(`${url}/console/model`);
  await state(phone, 'good.zyc', 'kept').waitFor();
  check(await phone.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing sticks out sideways');
  await stage.axe('classifiers phone', phone);
  await context.close();
}

async function story(stage) {
  const context = await stage.context({ viewport: { width: 1280, height: 900 }, locale: LOCALE });
  await context.addInitScript((chosen) => {
    if (location.protocol !== 'about:' && !localStorage.getItem('zhiyin.prefs')) localStorage.setItem('zhiyin.prefs', JSON.stringify({ language: chosen }));
  }, language);
  const page = await context.newPage();
  await logIn(page);
  await promote(stage, page);
  await worse(stage, page);
  await shadow(stage, page);
  await back(stage, page);
  await onAPhone(stage, page);
  return null;
}

await new Stage(`classifiers-${language}`, url).play(story);
