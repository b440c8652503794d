/* What customers say, for staff: node voice.mjs URL LANGUAGE EMAIL CONVERSATION */
import { check, password, Stage, until, words } from './browser.mjs';

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
  stage.now('one click opens the other words, the next puts it right, the toast takes it back');
  await tag(page, 1, 'positive').click();
  await inMenu(page, 'mood.negative').waitFor();
  await stage.axe('mood menu', page);
  await inMenu(page, 'mood.negative').click();
  await tag(page, 1, 'negative').waitFor();
  await page.locator(`[data-conversation="${conversation}"] .mood-negative`).waitFor();
  await page.locator('.toast').getByRole('button', { name: t('undo.button') }).click();
  await tag(page, 1, 'positive').waitFor();
  await page.locator(`[data-conversation="${conversation}"] .mood-positive`).waitFor();
  stage.now('another one stays');
  const kept = page.waitForResponse((answer) => answer.request().postData()?.includes('"mood":"neutral"') ?? false);
  await tag(page, 0, 'negative').click();
  await inMenu(page, 'mood.neutral').click();
  await tag(page, 0, 'neutral').waitFor();
  await kept;
  stage.now('what the customer stated');
  const stated = page.locator('.context-section', { hasText: t('context.stated') });
  await stated.getByText(t('fact.order'), { exact: true }).waitFor();
  check((await stated.innerText()).includes('QM20251103'), 'the order number that was stated');
  stage.now('mood over time of the contact');
  const line = page.locator('.mood-line svg');
  await line.waitFor();
  check((await line.getAttribute('aria-label')).includes(t('mood.positive')), 'the line says in words what it draws');
  check((await line.locator('circle').count()) === 2, 'one point a message');
  await stage.axe('mood of a contact', page);
  await stage.shoot(page, `voice-inbox-${language}`);
}

const report = (page) => page.getByRole('heading', { level: 1, name: t('voice.title') });
const section = (page, key) => page.getByRole('region', { name: t(key) });

/* Every number of a sentence, in its order. */
const numbers = async (locator) => ((await locator.innerText()).match(/\d+(?:\.\d+)?/g) ?? []).map(Number);

async function scoresHold(page) {
  const hint = await numbers(section(page, 'voice.improve').locator('p').first());
  const [n, nBefore] = [hint[1], hint[4]]; /* 1, n, 2, 1, n_before, 2, n, n_before */
  check(hint.length === 8 && n === hint[6] && nBefore === hint[7] && n > 0 && nBefore > 0, `the formula holds its numbers: ${hint.join(', ')}`);
  for (const line of await section(page, 'voice.improve').locator('li p').all()) {
    const [unhappy, before, growth, score] = await numbers(line);
    const grown = (unhappy + 1) / (n + 2) / ((before + 1) / (nBefore + 2));
    check(Math.abs(grown - growth) < 0.006 && Math.abs(unhappy * grown - score) < 0.06, `${unhappy}, ${before}: growth ${growth}, score ${score}`);
  }
}

async function theReport(stage, page) {
  stage.now('the report says in sentences what it counts');
  await page.getByRole('navigation', { name: t('nav.main') }).getByRole('link', { name: t('nav.reports') }).click();
  await report(page).waitFor();
  const text = section(page, 'voice.summary');
  await text.locator('q').first().waitFor();
  await section(page, 'voice.improve').locator('li').first().waitFor();
  stage.now('scores and growth can be reckoned again from what is said beside them');
  await scoresHold(page);
  check((await section(page, 'voice.topics').locator('blockquote').count()) > 3, 'topics carry words of customers');
  check(!(await page.locator('main').innerText()).includes('13812345678'), 'no telephone number stands in the report');
  await stage.axe('report', page);
  await stage.shoot(page, `voice-${language}`);
  stage.now('a number opens what it counts');
  const number = text.locator('p').nth(1).getByRole('link').first();
  const n = Number(await number.innerText());
  await number.click();
  await page.getByRole('heading', { level: 1, name: t('voice.list_title', { n }) }).waitFor();
  check((await page.locator('.voice-message .mood-negative').count()) === Math.min(n, 50), 'each of them is unhappy');
  await stage.axe('messages of a number', page);
  await page.goBack();
  await report(page).waitFor();
  stage.now('days of one\'s own, kept in the address');
  await page.getByText(t('voice.from_to'), { exact: true }).click();
  await page.getByLabel(t('voice.from'), { exact: true }).waitFor();
  check(page.url().includes('from=20'), 'the address says from when');
  await section(page, 'voice.moods').getByText(t('voice.as_table')).click();
  await stage.axe('report of days', page);
  await page.goto(`${url}/console/reports/voice?from=2020-01-01&to=2020-01-07`);
  await page.getByText(t('voice.empty'), { exact: true }).waitFor();
  await stage.axe('empty report', page);
}

async function byAspect(stage, page) {
  stage.now('aspects, each in its own mood; the report of one of them');
  await page.goto(`${url}/console/reports/voice`);
  const row = section(page, 'voice.aspects').getByRole('row').filter({ has: page.getByRole('rowheader', { name: t('aspect.delivery'), exact: true }) });
  await section(page, 'voice.aspects').scrollIntoViewIfNeeded();
  await stage.axe('aspects', page);
  await stage.shoot(page, `voice-aspects-${language}`);
  const all = Number(await row.getByRole('link').first().innerText());
  await page.getByRole('combobox', { name: t('voice.aspect') }).click();
  await page.locator('.ant-select-item-option').filter({ hasText: t('aspect.delivery') }).click();
  await page.waitForURL(/aspect=delivery/);
  const moods = section(page, 'voice.moods').getByRole('row');
  const sum = async () => (await Promise.all([1, 2, 3].map((i) => moods.nth(i).getByRole('link').first().innerText()))).reduce((n, each) => n + Number(each), 0);
  await until('the report is of that aspect alone', async () => (await sum()) === all);
  await row.getByRole('link').nth(3).click();
  await page.getByText(t('voice.aspect_mood', { mood: t('mood.negative') })).waitFor();
  check(page.url().includes('aspect_mood=negative'), 'the number of the unhappy opens their messages');
}

async function onPaperAndPhone(stage, page) {
  stage.now('on paper: no rail, no buttons');
  await page.goto(`${url}/console/reports/voice`);
  await section(page, 'voice.topics').waitFor();
  await page.emulateMedia({ media: 'print' });
  check(!(await page.locator('.rail').isVisible()) && !(await page.getByRole('button', { name: t('voice.print') }).isVisible()), 'only the report is printed');
  check((await page.pdf({ format: 'A4' })).length > 10_000, 'it becomes a PDF');
  await page.emulateMedia({ media: 'screen' });
  stage.now('on a phone');
  await page.setViewportSize({ width: 390, height: 844 });
  await section(page, 'voice.topics').waitFor();
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  check(wide <= seen, `the report scrolls sideways on a phone: ${wide} of ${seen}`);
  await stage.axe('report on a phone', page);
  await stage.shoot(page, `voice-phone-${language}`);
}

async function story(stage) {
  const context = await stage.context({ viewport: { width: 1440, height: 900 }, locale: language === 'zh' ? 'zh-CN' : 'en-GB' });
  const page = await context.newPage();
  await logIn(page);
  await moodsAreCorrected(stage, page);
  await theReport(stage, page);
  await byAspect(stage, page);
  await onPaperAndPhone(stage, page);
  return null;
}

await new Stage('voice', url).play(story);
