/* What customers say, for staff: node voice.mjs URL LANGUAGE EMAIL CONVERSATION */
import { check, password, Stage, words } from './browser.mjs';

const [url, language, email, conversation] = process.argv.slice(2);
const t = words(`${language}.json`);

async function logIn(page) {
  await page.goto(`${url}/console/`);
  await page.getByLabel(t('login.email'), { exact: true }).fill(email);
  await page.getByLabel(t('login.password'), { exact: true }).fill(await password());
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: t('nav.main') }).waitFor();
}

const tag = (page, n, mood) => page.locator('.message-customer').nth(n).getByRole('button', { name: t('mood.correct', { mood: t(`mood.${mood}`) }) });
const inMenu = (page, key) => page.getByRole('dialog', { name: /./ }).getByRole('button', { name: t(key) });

async function moodsAreCorrected(stage, page) {
  stage.now('mood and intent stand under the messages');
  await page.goto(`${url}/console/inbox/all/${conversation}`);
  await tag(page, 0, 'negative').waitFor();
  await tag(page, 1, 'positive').waitFor();
  await page.locator(`[data-conversation="${conversation}"] .mood-positive`).waitFor();
  await stage.axe('judged conversation', page);
  stage.now('one click opens the other words, the next puts it right');
  await tag(page, 0, 'negative').click();
  await inMenu(page, 'mood.neutral').waitFor();
  await stage.axe('mood menu', page);
  await inMenu(page, 'mood.neutral').click();
  await tag(page, 0, 'neutral').waitFor();
  stage.now('it is taken back by the toast');
  await tag(page, 1, 'positive').click();
  await inMenu(page, 'mood.negative').click();
  await tag(page, 1, 'negative').waitFor();
  await page.locator(`[data-conversation="${conversation}"] .mood-negative`).waitFor();
  const kept = page.waitForResponse((answer) => answer.request().method() === 'PUT');
  await page.locator('.toast').last().getByRole('button', { name: t('undo.button') }).click();
  await tag(page, 1, 'positive').waitFor();
  await page.locator(`[data-conversation="${conversation}"] .mood-positive`).waitFor();
  await kept;
  stage.now('mood over time of the contact');
  const line = page.locator('.mood-line svg');
  await line.waitFor();
  check((await line.getAttribute('aria-label')).includes(t('mood.positive')), 'the line says in words what it draws');
  check((await line.locator('circle').count()) === 2, 'one point a message');
  await stage.axe('mood of a contact', page);
  await stage.shoot(page, `voice-inbox-${language}`);
}

async function story(stage) {
  const context = await stage.context({ viewport: { width: 1440, height: 900 }, locale: language === 'zh' ? 'zh-CN' : 'en-GB' });
  const page = await context.newPage();
  await logIn(page);
  await moodsAreCorrected(stage, page);
  return null;
}

await new Stage('voice', url).play(story);
