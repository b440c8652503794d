/* The story that the product is for, by visitor and clerk in two browsers, in one language:
     node story.mjs URL LANGUAGE EMAIL
   Prints steps, wishes (the password; kill, start: the server) and at the end what went wrong; test_story.py starts it and judges. */
import { check, order, password, Stage, until, words } from './browser.mjs';
import { Chat } from './widget.mjs';

const [url, language, email] = process.argv.slice(2);
const t = words(`${language}.json`);
const other = language === 'zh' ? 'en' : 'zh';
const DESK = { width: 1280, height: 900 };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const LOCALE = language === 'zh' ? 'zh-CN' : 'en-GB';

const SAY = {
  zh: {
    shop: '/demo/', question: '床垫能试睡几天？', answer: '100 晚试睡', source: '床垫不合适，试睡多久内可以退？', passage: '每户限一次',
    person: '转人工', name: '林知夏', email: 'zhixia.lin@mail.example',
    hello: '您好，我是客服小栖，床垫的事我来帮您。', reply: '我已经睡满 21 晚了，想申请退货。', bye: '已为您登记，明天上门取件。',
    known: '订单付款后还能取消吗？', old: '系统会立即受理并原路退款', edited: '出库以前都可以取消：在订单详情页点「取消订单」，款项 3 天内退回。', fresh: '款项 3 天内退回',
    later: '付款后多久发货？', laterAnswer: '48 小时内发货', contact: '秦望舒', contactEmail: 'wangshu.qin@mail.example', title: '采购总监',
  },
  en: {
    shop: '/demo/en.html', question: 'How many nights can I try the mattress?', answer: '100-night trial', source: 'How does the mattress trial work?', passage: 'once per household',
    person: 'I want to talk to a person', name: 'Maya Ellison', email: 'maya.ellison@mail.example',
    hello: 'Hello, this is Xiaoqi. I can help you with the mattress.', reply: 'I have slept on it for 21 nights and would like to return it.', bye: 'Done: we collect it tomorrow.',
    known: 'Can I cancel an order after paying?', old: 'the refund to your original payment method starts at once', edited: 'Yes, until it leaves our warehouse: press Cancel on the order page and the money is back within 3 days.', fresh: 'the money is back within 3 days',
    later: 'How soon after payment do you dispatch?', laterAnswer: 'within 48 hours', contact: 'Oliver Brandt', contactEmail: 'oliver.brandt@mail.example', title: 'Head of purchasing',
  },
}[language];

/* The words of the declaration. */
const FIELD = language === 'zh' ? { contacts: '联系人', name: '姓名', email: '邮箱', title: '职位' } : { contacts: 'Contacts', name: 'Name', email: 'E-mail', title: 'Title' };

/* ---- the clerk's side ---- */

async function logIn(stage, context) {
  const page = await context.newPage();
  await page.goto(`${url}/console/`);
  await page.getByRole('heading', { name: t('login.title') }).waitFor();
  await stage.axe('login', page);
  await page.getByLabel(t('login.email'), { exact: true }).fill(email);
  await page.getByLabel(t('login.password'), { exact: true }).fill('not the password');
  await page.keyboard.press('Enter');
  await page.getByText(t('login.bad')).waitFor();
  await page.getByLabel(t('login.password'), { exact: true }).fill(await password());
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: t('nav.inbox') }).waitFor();
  /* A page that was loaded again has lost this mark: all that follows must come live. */
  await page.evaluate(() => { window.neverReloaded = true; });
  return page;
}

const filter = (page, key) => page.getByRole('navigation', { name: t('inbox.filters') }).getByRole('link', { name: t(`filter.${key}`) });
const items = (page) => page.getByRole('region', { name: t('inbox.list') }).locator('a.item');
const heard = (page, role, text) => page.locator(`.message-${role}`).filter({ hasText: text });
const button = (page, key) => page.getByRole('button', { name: t(key), exact: true });
const nav = (page, key, said = t) => page.getByRole('navigation', { name: said('nav.main') }).getByRole('link', { name: said(key) });
const heading = (page, name) => page.getByRole('heading', { level: 1, name });

async function clerkSays(page, text) {
  const box = page.getByRole('textbox', { name: t('composer.label') });
  await page.keyboard.press('r');
  await until('the key R leads to the reply', () => box.evaluate((element) => element === document.activeElement));
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  await heard(page, 'agent', text).waitFor();
  await page.keyboard.press('Escape');
}

/* A draft answers the customer's last question, says from what, and is the clerk's to throw away. */
async function drafted(page) {
  const box = page.getByRole('textbox', { name: t('composer.label') });
  await page.keyboard.press('d');
  await until('the draft answers what was asked', async () => (await box.inputValue()).includes(SAY.old));
  await page.getByText(t('draft.ready', { path: t('path.short_curated') })).waitFor();
  check((await heard(page, 'agent', SAY.old).count()) === 0, 'a draft is not sent');
  await box.fill('');
  await page.keyboard.press('Escape');
}

async function noSideways(page, what) {
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  check(wide <= seen, `${what} scrolls sideways on a phone: ${wide} of ${seen}`);
}

/* The chosen page's name is set in bold: the longest must fit, too. */
async function railFits(page) {
  const cut = await page.locator('.rail-link').evaluateAll((links) => links.filter((each) => each.querySelector('.rail-label').offsetWidth > each.clientWidth).map((each) => each.textContent));
  check(cut.length === 0, `every name of a page fits: ${cut}`);
}

/* ---- the steps ---- */

async function visitorAsks(stage, chat) {
  stage.now('the visitor asks');
  await chat.page.goto(url + SAY.shop);
  await chat.bubble.waitFor();
  await stage.axe('demo page', chat.page);
  await until('the loader has brought its frame', () => chat.frame !== undefined);
  await chat.open();
  await chat.button('talk_to_person').waitFor();
  await stage.axe('widget open', chat.page, chat.frame);
  await chat.say(SAY.question);
  const answer = await chat.answered(SAY.answer);
  await answer.locator('summary').click();
  await answer.locator('.sources strong', { hasText: SAY.source }).waitFor();
  await answer.locator('.sources blockquote', { hasText: SAY.passage }).waitFor();
  await stage.axe('widget in conversation', chat.page, chat.frame);
}

async function personIsCalled(stage, chat, desk) {
  stage.now('the visitor asks for a person');
  await filter(desk, 'unassigned').click();
  await desk.getByText(t('empty.unassigned')).waitFor();
  check(!(await desk.title()).startsWith('('), 'nobody waits yet');
  await stage.axe('inbox', desk);
  await chat.say(SAY.person);
  await chat.system('sys_handed_over').waitFor();
  await until('the title counts the waiting', async () => (await desk.title()).startsWith('(1) '));
  await items(desk).filter({ hasText: t('reason.asked_for_person') }).waitFor();
  check((await items(desk).count()) === 1, 'one conversation waits');

  await chat.button('leave_contact').click();
  await stage.axe('widget contact form', chat.page, chat.frame);
  await chat.in.getByLabel(chat.t('form_email')).fill('nonsense');
  await chat.button('form_send').click();
  await chat.in.getByText(chat.t('form_bad_email')).waitFor();
  await chat.in.getByLabel(chat.t('form_email')).fill(SAY.email);
  await chat.in.getByLabel(chat.t('form_name')).fill(SAY.name);
  await chat.button('form_send').click();
  await chat.in.getByText(chat.t('form_done')).waitFor();
}

async function personTakesOver(stage, chat, desk) {
  stage.now('a person takes over');
  await filter(desk, 'all').click();
  await items(desk).filter({ hasText: SAY.name }).click();
  await heard(desk, 'customer', SAY.person).waitFor();
  const cited = heard(desk, 'bot', SAY.answer);
  await cited.getByRole('button', { name: t('citation.count', { n: 1 }) }).click();
  await cited.getByRole('link', { name: SAY.source }).waitFor();
  const pane = desk.getByRole('complementary', { name: t('inbox.context') });
  await pane.getByRole('button', { name: SAY.email }).waitFor();
  await pane.getByText(t('timeline.by', { name: t('actor.visitor') })).waitFor();
  await stage.axe('open conversation', desk);
  await stage.shoot(desk, `console-${language}`);

  await desk.keyboard.press('a');
  await chat.in.locator('.notice', { hasText: chat.t('notice_person') }).waitFor();
  await until('the title counts nobody', async () => !(await desk.title()).startsWith('('));
  await clerkSays(desk, SAY.hello);
  await chat.said('agent', SAY.hello).waitFor();
  await chat.say(SAY.reply);
  await heard(desk, 'customer', SAY.reply).waitFor();

  /* What the bot knows, asked while a person has the chat: the next words must be the person's. */
  const bots = await chat.in.locator('.message.bot').count();
  await chat.say(SAY.known);
  await heard(desk, 'customer', SAY.known).waitFor();
  await drafted(desk);
  await clerkSays(desk, SAY.bye);
  await chat.said('agent', SAY.bye).waitFor();
  check((await chat.in.locator('.message.bot').count()) === bots, 'the bot is silent while a person has the chat');
  await desk.emulateMedia({ colorScheme: 'dark' });
  await stage.shoot(desk, `console-dark-${language}`);
  await desk.emulateMedia({ colorScheme: 'light' });
}

async function visitorComesBack(stage, chat) {
  stage.now('the visitor loads the page again');
  await chat.page.reload();
  await chat.open();
  await chat.said('agent', SAY.bye).waitFor();
  await chat.answered(SAY.answer);
  await chat.in.locator('.notice', { hasText: chat.t('notice_person') }).waitFor();
}

async function endAndUndo(stage, chat, desk) {
  stage.now('resolved, undone, resolved');
  await desk.keyboard.press('e');
  await chat.stateIs('status_resolved');
  await chat.button('new_chat').waitFor();
  await desk.locator('.toast', { hasText: t('action.resolved') }).waitFor();
  await desk.keyboard.press('z');
  await chat.system('sys_reopened').waitFor();
  await chat.in.locator('.notice', { hasText: chat.t('notice_person') }).waitFor();
  await button(desk, 'action.resolve').waitFor();
  await desk.keyboard.press('e');
  await chat.stateIs('status_resolved');
  check((await chat.system('sys_resolved').count()) === 2, 'both ends are told');
  await desk.getByText(t('inbox.resolved_hint')).waitFor();
}

async function knowledgeChanges(stage, chat, desk) {
  stage.now('an answer is changed');
  await nav(desk, 'nav.knowledge').click();
  await heading(desk, t('nav.knowledge')).waitFor();
  await railFits(desk);
  await desk.locator('tbody tr a').first().waitFor();
  await stage.shoot(desk, `knowledge-${language}`);
  await desk.getByRole('searchbox', { name: t('knowledge.search') }).fill(SAY.known);
  const row = desk.getByRole('link', { name: SAY.known, exact: true });
  await row.waitFor();
  await stage.axe('knowledge', desk);
  await row.click();
  const drawer = desk.getByRole('dialog', { name: t('article.edit') });
  const body = drawer.getByLabel(t('article.answer'), { exact: true });
  await body.waitFor();
  check((await body.inputValue()).includes(SAY.old), 'the editor shows the old answer');
  await stage.axe('knowledge drawer', desk);
  await body.fill(SAY.edited);
  await button(desk, 'article.save').click();
  await desk.getByText(t('article.saved'), { exact: true }).waitFor();
  await drawer.waitFor({ state: 'hidden' });

  stage.now('the changed answer is given');
  await chat.button('new_chat').click();
  await chat.in.locator('.message.customer').first().waitFor({ state: 'detached' });
  await chat.say(SAY.known);
  await chat.answered(SAY.fresh);
  check((await chat.said('bot', SAY.old).count()) === 0, 'the old answer is gone');
}

async function contacts(stage, desk) {
  stage.now('contacts');
  await nav(desk, 'nav.contacts').click();
  await heading(desk, t('nav.contacts')).waitFor();
  await desk.locator('.grid-row a').first().waitFor();
  const many = await desk.locator('.grid-row a').count();
  check(many > 10, `the demo contacts are listed: ${many}`);
  await stage.axe('contacts', desk);
  await desk.keyboard.press('c');
  const drawer = desk.getByRole('dialog', { name: t('records.new_of', { object: FIELD.contacts }) });
  await drawer.getByLabel(FIELD.name, { exact: true }).fill(SAY.contact);
  await drawer.getByLabel(FIELD.email, { exact: true }).fill(SAY.contactEmail);
  await stage.axe('new contact', desk);
  await drawer.getByRole('button', { name: t('record.save') }).click();
  await heading(desk, SAY.contact).waitFor();

  await desk.getByRole('button', { name: t('field.edit', { label: FIELD.title, value: t('field.empty') }) }).click();
  await desk.getByRole('textbox', { name: FIELD.title }).fill(SAY.title);
  await desk.keyboard.press('Enter');
  await desk.locator('.toast', { hasText: t('record.saved', { field: FIELD.title }) }).waitFor();
  await desk.getByRole('button', { name: t('field.edit', { label: FIELD.title, value: SAY.title }) }).waitFor();
  await stage.axe('contact page', desk);

  /* What is typed and given up is not kept; what is refused stays to be put right. */
  const emailButton = desk.getByRole('button', { name: t('field.edit', { label: FIELD.email, value: SAY.contactEmail }) });
  await emailButton.click();
  const emailBox = desk.getByRole('textbox', { name: FIELD.email });
  await until('the address can be typed over', () => emailBox.evaluate((box) => box === document.activeElement));
  await emailBox.fill('nobody@mail.example');
  await desk.keyboard.press('Escape');
  await emailButton.waitFor();
  stage.wanted = 'Failed to load resource: the server responded with a status of 422';
  await emailButton.click();
  await emailBox.fill('nonsense');
  await desk.keyboard.press('Enter');
  await desk.locator('.cell-editor').getByRole('alert').waitFor();
  check((await emailBox.inputValue()) === 'nonsense', 'what was typed stays');
  await emailBox.press('Escape');
  await emailButton.waitFor();
  stage.wanted = null;

  await desk.getByRole('link', { name: t('record.back', { object: FIELD.contacts }) }).click();
  await desk.getByRole('searchbox', { name: t('records.search', { object: FIELD.contacts }) }).fill(SAY.contactEmail.split('@')[0]);
  await until('the search leaves one', async () => (await desk.locator('.grid-row a').count()) === 1);
  await desk.getByRole('link', { name: SAY.contact }).waitFor();
}

async function palette(stage, desk) {
  stage.now('the map of the keyboard');
  await nav(desk, 'nav.inbox').click();
  await heading(desk, t('nav.inbox')).waitFor();
  await desk.keyboard.press('?');
  const map = desk.getByRole('dialog', { name: t('shortcuts.title') });
  for (const key of ['action.next', 'shortcuts.enter', 'action.take', 'action.reply', 'action.resolve', 'palette.label']) await map.getByText(t(key), { exact: true }).waitFor();
  await stage.axe('key map', desk);
  await desk.keyboard.press('Escape');
  await map.waitFor({ state: 'hidden' });

  stage.now('the palette finds the contact');
  await desk.keyboard.press('Control+k');
  const box = desk.getByRole('combobox', { name: t('palette.placeholder') });
  await box.fill('delivery address after ordering');
  await desk.getByRole('option', { name: new RegExp(`^${t('inbox.visitor', { id: '[0-9a-f]{4}' })}`) }).first().waitFor();
  await box.fill(SAY.contact);
  await desk.getByRole('option', { name: SAY.contact }).first().waitFor();
  await stage.axe('palette', desk);
  await desk.keyboard.press('Enter');
  await heading(desk, SAY.contact).waitFor();
  check(/\/console\/records\/contacts\/[0-9a-f-]{36}$/.test(desk.url()), `the palette leads to the contact: ${desk.url()}`);
  await box.waitFor({ state: 'detached' });
  await desk.keyboard.press('Control+k');
  await desk.getByRole('option').first().waitFor();
  check((await desk.getByRole('option').first().textContent()) !== t('record.delete'), 'Enter in an empty palette deletes nothing');
  await desk.keyboard.press('Escape');
  await box.waitFor({ state: 'detached' });
}

async function languageAndTheme(stage, desk) {
  stage.now('language and appearance');
  const said = words(`${other}.json`);
  const menu = async (translate) => {
    await desk.getByRole('navigation', { name: translate('nav.main') }).getByRole('button', { name: translate('nav.me') }).click();
    return desk.locator('.user-menu').filter({ visible: true });
  };
  await (await menu(t)).getByText(t(`language.${other}`), { exact: true }).click();
  await nav(desk, 'nav.contacts', said).waitFor();
  await until('the page says its language', () => desk.evaluate((now) => document.documentElement.lang.startsWith(now), other));
  const open = desk.locator('.user-menu').filter({ visible: true });
  await stage.axe('user menu', desk);
  await open.getByText(said(`language.${language}`), { exact: true }).click();
  await nav(desk, 'nav.contacts').waitFor();

  const light = () => desk.evaluate(() => {
    const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
    return r + g + b > 384;
  });
  check(await light(), 'light at first');
  await open.getByText(t('theme.dark'), { exact: true }).click();
  await until('the page is dark', async () => !(await light()));
  check(await desk.evaluate(() => document.documentElement.dataset.theme === 'dark'), 'dark is set');
  await desk.keyboard.press('Escape');
  await desk.locator('main').click({ position: { x: 4, y: 4 } });
  await open.waitFor({ state: 'hidden' });
  await nav(desk, 'nav.inbox').click();
  await filter(desk, 'resolved').click();
  await items(desk).filter({ hasText: SAY.name }).click();
  await heard(desk, 'agent', SAY.bye).waitFor();
  await (await menu(t)).getByText(t('theme.system'), { exact: true }).click();
  await until('the page is light again', light);
  await desk.keyboard.press('Escape');
}

async function crash(stage, chat, desk) {
  stage.now('kill -9 in mid-chat');
  stage.serverIsDown = true;
  await order('kill');
  await chat.in.locator('.banner', { hasText: chat.t('reconnecting') }).waitFor();
  await desk.locator('.banner', { hasText: t('live.retrying') }).waitFor();
  await order('start');
  stage.now('back by itself');
  await chat.banner.waitFor({ state: 'hidden' });
  await desk.locator('.banner.is-shown').waitFor({ state: 'detached' });
  stage.serverIsDown = false;
  await chat.answered(SAY.fresh);
  await chat.say(SAY.later);
  await chat.answered(SAY.laterAnswer);
  await filter(desk, 'bot').click();
  await items(desk).filter({ hasText: SAY.laterAnswer }).waitFor();
}

async function phoneVisitor(stage) {
  stage.now('the widget on a phone');
  const context = await stage.context({ ...PHONE, locale: LOCALE });
  const page = await context.newPage();
  const chat = new Chat(page, language);
  await page.goto(url + SAY.shop);
  await noSideways(page, 'the shop');
  await chat.bubble.tap();
  await chat.input.waitFor();
  const box = await page.locator('iframe').boundingBox();
  check(box.width === 390 && box.height === 844, `the chat fills the phone: ${JSON.stringify(box)}`);
  check(!(await chat.bubble.isVisible()), 'the bubble is out of the way');
  await chat.say(SAY.question);
  const answer = await chat.answered(SAY.answer);
  await answer.locator('summary').tap();
  await answer.locator('blockquote').waitFor();
  await noSideways(chat.frame, 'the chat');
  await stage.axe('widget phone', page, chat.frame);
  await stage.shoot(page, `widget-${language}`);
  await chat.button('close').tap();
  await chat.bubble.waitFor();
  await context.close();
}

async function phoneClerk(stage, desk) {
  stage.now('the inbox on a phone');
  const context = await stage.context({ ...PHONE, locale: LOCALE, storageState: await desk.context().storageState() });
  const page = await context.newPage();
  await page.goto(`${url}/console/`);
  await items(page).first().waitFor();
  await noSideways(page, 'the inbox');
  await stage.axe('inbox phone', page);
  await items(page).filter({ hasText: SAY.answer }).first().tap();
  await heard(page, 'bot', SAY.answer).first().waitFor();
  check((await items(page).count()) === 0, 'one pane at a time');
  await noSideways(page, 'a conversation');
  await stage.axe('open conversation phone', page);
  await stage.shoot(page, `console-phone-${language}`);
  await page.getByRole('link', { name: t('inbox.back') }).tap();
  await items(page).first().waitFor();
  await context.close();
}

async function story(stage) {
  const shopContext = await stage.context({ viewport: DESK, locale: LOCALE });
  const deskContext = await stage.context({ viewport: DESK, locale: LOCALE });
  const chat = new Chat(await shopContext.newPage(), language);
  stage.now('the clerk logs in');
  const desk = await logIn(stage, deskContext);
  await visitorAsks(stage, chat);
  await personIsCalled(stage, chat, desk);
  await personTakesOver(stage, chat, desk);
  await visitorComesBack(stage, chat);
  await endAndUndo(stage, chat, desk);
  await knowledgeChanges(stage, chat, desk);
  await contacts(stage, desk);
  await palette(stage, desk);
  await languageAndTheme(stage, desk);
  await phoneVisitor(stage);
  await phoneClerk(stage, desk);
  await crash(stage, chat, desk);
  check(await desk.evaluate(() => window.neverReloaded === true), 'the console was never loaded again');
  return SAY;
}

await new Stage(language, url).play(story);
