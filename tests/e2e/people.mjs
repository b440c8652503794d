/* Who may what, from the invitation to the way out: node people.mjs URL LANGUAGE EMAIL
   An administrator makes a role by copying, a team, an API key, and invites somebody, who comes in by the link in a browser of her own,
   sees what the role allows and no more, and sees to her second factor. test_people.py asks the server. */
import { createHmac } from 'node:crypto';
import { check, order, password, Stage, until, words } from './browser.mjs';

const [url, language, email] = process.argv.slice(2);
const t = words(`${language}.json`);
const zh = language === 'zh';
const SAY = zh
  ? { contacts: '联系人', orders: '订单', phone: '电话', readOnly: '只读', role: '店员' }
  : { contacts: 'Contacts', orders: 'Orders', phone: 'Phone', readOnly: 'Read only', role: 'Shop clerk' };
const LI = { name: '李娜', email: 'li.na@qimu.example', password: 'a password of her own' };
const TEAM = '华东 East';
const BROWSER = { viewport: { width: 1280, height: 900 }, locale: zh ? 'zh-CN' : 'en-GB' };

const named = (text) => new RegExp(`(^| )${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
const button = (place, key, values) => place.getByRole('button', { name: named(t(key, values)) });
const toast = (page, text) => page.locator('.toast, .ant-message', { hasText: text }).first();
const section = (page, key) => page.getByRole('navigation', { name: t('nav.settings') }).getByRole('link', { name: t(key), exact: true });
const dialog = (page, name) => page.getByRole('dialog', { name });

async function pick(page, place, label, option) {
  await place.getByRole('combobox', { name: label, exact: true }).click();
  await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option').filter({ hasText: option }).first().click();
}

async function logIn(page, who, word) {
  await page.getByLabel(t('login.email'), { exact: true }).fill(who);
  await page.getByLabel(t('login.password'), { exact: true }).fill(word);
  await page.keyboard.press('Enter');
}

const inside = (page) => page.getByRole('navigation', { name: t('nav.main') }).waitFor();

/* RFC 6238, as an authenticator app has it. */
function codeAt(secret, at) {
  const bits = [...secret].map((each) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(each).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((each) => parseInt(each, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30)));
  const digest = createHmac('sha1', key).update(counter).digest();
  return String((digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function makeRole(stage, page) {
  stage.now('a role is made by copying');
  await section(page, 'roles.title').click();
  await page.getByRole('link', { name: SAY.readOnly, exact: true }).waitFor();
  await stage.axe('roles', page);
  await button(page, 'roles.copy').click();
  const drawer = dialog(page, t('roles.copy'));
  await pick(page, drawer, t('roles.copy_of'), SAY.readOnly);
  await drawer.getByLabel(t('settings.object_zh'), { exact: true }).fill('店员');
  await drawer.getByLabel(t('settings.object_en'), { exact: true }).fill('Shop clerk');
  check((await drawer.getByLabel(t('fields.name'), { exact: true }).inputValue()) === 'shop_clerk', 'the name in the API follows');
  await stage.axe('role copy', page);
  await button(drawer, 'roles.make').click();
  await page.waitForURL('**/settings/roles/shop_clerk');
  await page.getByRole('region', { name: t('rights.title') }).waitFor();
  await drawer.waitFor({ state: 'hidden' });

  stage.now('its rights are set');
  const cell = (act, object) => t('rights.cell', { act: t(`act.${act}`), object });
  await pick(page, page, cell('update', SAY.contacts), t('reach.all'));
  await pick(page, page, cell('read', SAY.orders), t('reach.none'));
  const kept = (n) => page.getByRole('button', { name: t('rights.cell', { act: n ? t('rights.fields_kept', { hidden: n, read: 0 }) : t('rights.fields_none'), object: SAY.contacts }), exact: true });
  await kept(0).click();
  const fields = dialog(page, t('rights.fields_of', { object: SAY.contacts }));
  await fields.getByRole('radiogroup', { name: SAY.phone, exact: true }).getByText(t('field_right.hidden'), { exact: true }).click();
  await stage.axe('role fields', page);
  await page.keyboard.press('Escape');
  await fields.waitFor({ state: 'hidden' });
  await kept(1).waitFor();
  await stage.axe('role', page);
  await stage.shoot(page, `settings-role-${language}`);
  await button(page, 'record.save').click();
  await toast(page, t('roles.saved')).waitFor();
  await page.goto(`${url}/console/settings/roles/admin`);
  await page.getByText(t('roles.admin_fixed')).waitFor();
  check((await page.getByRole('region', { name: t('rights.title') }).getByRole('combobox').count()) === 0, 'what administrators may cannot be changed');
  await stage.axe('role of administrators', page);
}

async function makeTeam(stage, page) {
  stage.now('a team');
  await section(page, 'teams.title').click();
  await page.getByText(t('teams.none'), { exact: true }).waitFor();
  await stage.axe('no team', page);
  await button(page, 'teams.add').click();
  const drawer = dialog(page, t('teams.add'));
  await drawer.getByLabel(t('teams.name'), { exact: true }).fill(TEAM);
  await stage.axe('team', page);
  await page.keyboard.press('Enter');
  await page.getByRole('cell', { name: TEAM, exact: true }).waitFor();
  await drawer.waitFor({ state: 'hidden' });
  await page.getByText(t('teams.nobody')).waitFor();
  await stage.axe('teams', page);
}

async function invite(stage, page) {
  stage.now('somebody is invited');
  await section(page, 'people.title').click();
  await button(page, 'people.invite').click();
  const drawer = dialog(page, t('people.invite'));
  await until('the first input has the focus', () => drawer.getByLabel(t('people.name'), { exact: true }).evaluate((input) => input === document.activeElement));
  await page.keyboard.type(LI.name);
  await drawer.getByLabel(t('login.email'), { exact: true }).fill(email);
  await pick(page, drawer, t('people.role'), SAY.role);
  await pick(page, drawer, t('people.teams'), TEAM);
  await page.keyboard.press('Escape'); /* the list of teams stays for another one */
  await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden)').waitFor({ state: 'detached' });
  await stage.axe('invite', page);
  stage.wanted = 'Failed to load resource: the server responded with a status of 409';
  await button(drawer, 'people.make_link').click();
  await toast(page, t('people.email_taken')).waitFor();
  await until('the refusal is told', () => stage.wantedCame === 1);
  stage.wanted = null;
  await drawer.getByLabel(t('login.email'), { exact: true }).fill(LI.email);
  await button(drawer, 'people.make_link').click();
  const shown = dialog(page, t('people.link_for', { name: LI.name }));
  const link = (await shown.getByRole('region', { name: t('people.link') }).textContent()).trim();
  check(link.startsWith(`${url}/console/welcome#zyl_`), `the link opens this console: ${link.slice(0, 60)}`);
  await stage.axe('link', page);
  await button(shown, 'ask.done').click();
  await page.getByRole('row', { name: LI.name }).getByText(t('user_state.invited'), { exact: true }).waitFor();
  check((await page.getByRole('row', { name: LI.name }).getByText(TEAM).count()) === 1, 'the team stands in her row');
  return link;
}

async function comeIn(stage, page, link) {
  stage.now('she comes in by the link');
  await page.goto(link);
  await page.getByText(LI.email).waitFor();
  await stage.axe('welcome', page);
  await page.getByLabel(t('password.fresh'), { exact: true }).fill(LI.password);
  await page.getByLabel(t('password.again'), { exact: true }).fill('another');
  await button(page, 'welcome.submit').click();
  await page.getByText(t('password.differs')).waitFor();
  await page.getByLabel(t('password.again'), { exact: true }).fill(LI.password);
  await button(page, 'welcome.submit').click();
  await inside(page);
}

async function seeWhatIsAllowed(stage, page) {
  stage.now('she sees what the role allows');
  await page.goto(`${url}/console/records`);
  const objects = page.locator('.object-tiles');
  await objects.getByRole('link', { name: SAY.contacts, exact: true }).waitFor();
  check((await objects.getByRole('link', { name: SAY.orders, exact: true }).count()) === 0, 'no orders');
  await page.goto(`${url}/console/records/contacts`);
  await page.getByRole('grid').locator('.grid-row').first().waitFor();
  check((await button(page, 'records.new').count()) === 0, 'no new contact');
  check((await page.getByRole('columnheader', { name: SAY.phone }).count()) === 0, 'no column of phones');
  await page.getByRole('grid').locator('.grid-row').first().getByRole('link').first().click();
  const facts = page.getByRole('region', { name: t('record.facts') });
  await facts.waitFor();
  check((await facts.getByText(SAY.phone, { exact: true }).count()) === 0, 'no phone');
  await page.goto(`${url}/console/settings`);
  await page.getByRole('region', { name: t('sessions.title') }).first().waitFor();
  check((await page.getByRole('navigation', { name: t('nav.settings') }).getByRole('link').count()) === 1, 'of the settings her account alone');
  await stage.axe('account', page);
  await page.goto(`${url}/console/settings/people`);
  await page.getByText(t('error.forbidden'), { exact: true }).waitFor();
}

async function secondFactor(stage, page) {
  stage.now('she turns the second factor on');
  await page.goto(`${url}/console/settings/account`);
  const card = page.getByRole('region', { name: t('totp.title') });
  await card.getByLabel(t('password.current'), { exact: true }).fill(LI.password);
  await button(card, 'totp.turn_on').click();
  const secret = (await card.getByRole('region', { name: t('totp.secret') }).textContent()).replace(/\s/g, '');
  await card.getByRole('img', { name: t('totp.picture') }).waitFor();
  await stage.axe('totp', page);
  await stage.shoot(page, `account-totp-${language}`);
  const now = Date.now() / 1000;
  await card.getByLabel(t('totp.code'), { exact: true }).fill(codeAt(secret, now));
  await button(card, 'totp.confirm').click();
  const codes = (await card.getByRole('region', { name: t('totp.recovery') }).textContent()).trim().split(' ');
  check(new Set(codes).size === 10, 'ten recovery codes');
  await button(card, 'totp.turn_off').waitFor();
  await stage.axe('recovery codes', page);

  stage.now('she is asked for a code');
  await page.goto(`${url}/console/settings/account`);
  await page.getByRole('button', { name: t('nav.me') }).click();
  await button(page, 'session.logout').last().click();
  await page.getByRole('heading', { name: t('login.title') }).waitFor();
  await logIn(page, LI.email, LI.password);
  const code = page.getByLabel(t('login.code'), { exact: true });
  await code.waitFor();
  await stage.axe('login code', page);
  await code.fill(codeAt(secret, now + 30));
  await page.keyboard.press('Enter');
  await inside(page);
}

async function keys(stage, page) {
  stage.now('a key is made, used and revoked');
  await section(page, 'keys.title').click();
  await page.getByText(t('keys.none'), { exact: true }).waitFor();
  await stage.axe('no key', page);
  await button(page, 'keys.add').click();
  const drawer = dialog(page, t('keys.add'));
  await drawer.getByLabel(t('keys.name'), { exact: true }).fill('Shop 网店');
  await pick(page, drawer, t('keys.ends'), t('keys.days', { n: 30 }));
  await stage.axe('new key', page);
  await button(drawer, 'keys.make').click();
  const shown = dialog(page, t('keys.made', { name: 'Shop 网店' }));
  const secret = (await shown.getByRole('region', { name: t('keys.secret') }).textContent()).trim();
  check(secret.startsWith('zyk_'), 'the secret is shown');
  await stage.axe('key', page);
  await button(shown, 'ask.done').click();
  const row = page.getByRole('row', { name: 'Shop 网店' });
  await row.getByText(t('keys.unused'), { exact: true }).waitFor();
  const used = await page.evaluate(async (key) => (await fetch('/api/v1/contacts?page_size=1', { headers: { Authorization: `Bearer ${key}` } })).status, secret);
  check(used === 200, `the key opens contacts: ${used}`);
  await until('its use is noted', async () => {
    await page.reload();
    await row.waitFor();
    return (await row.getByText(t('keys.unused'), { exact: true }).count()) === 0;
  });
  await stage.axe('keys', page);
  await row.getByRole('button').click();
  const asked = dialog(page, t('keys.revoke_ask', { name: 'Shop 网店' }));
  await stage.axe('revoke', page);
  await button(asked, 'keys.revoke').click();
  await row.getByText(t('key_state.revoked'), { exact: true }).waitFor();
  return secret;
}

/* Presses undo in the newest message. */
const undo = (page) => button(page, 'undo.button').last().click();

async function takeBack(stage, page) {
  stage.now('what is removed comes back');
  await section(page, 'teams.title').click();
  const team = page.getByRole('cell', { name: TEAM, exact: true });
  await button(page, 'teams.delete', { name: TEAM }).click();
  await button(dialog(page, t('teams.delete_ask', { name: TEAM })), 'record.delete').click();
  await page.getByText(t('teams.none'), { exact: true }).waitFor();
  await undo(page);
  await team.waitFor();
  check((await page.getByRole('cell', { name: LI.name, exact: true }).count()) === 1, 'with its members');

  await page.goto(`${url}/console/settings/roles/shop_clerk`);
  await button(page, 'roles.delete').click();
  stage.wanted = 'Failed to load resource: the server responded with a status of 409';
  await button(dialog(page, t('roles.delete_ask', { name: SAY.role })), 'roles.delete').click();
  await toast(page, t('roles.still_used')).waitFor();
  stage.wanted = null;

  await page.goto(`${url}/console/settings/roles/read_only`);
  await pick(page, page, t('rights.cell', { act: t('act.export'), object: SAY.orders }), t('reach.team'));
  await button(page, 'record.save').click();
  await button(page, 'roles.reset').click();
  await button(dialog(page, t('roles.reset_ask', { name: SAY.readOnly })), 'roles.reset').click();
  await toast(page, t('roles.is_reset', { name: SAY.readOnly })).waitFor();
  await until('the program\'s role is back', async () => (await button(page, 'roles.reset').count()) === 0);
}

async function sessions(stage, page) {
  stage.now('another session ends');
  await section(page, 'account.title').click();
  const list = page.getByRole('region', { name: t('sessions.title') });
  await list.getByText(t('sessions.current'), { exact: true }).waitFor();
  const others = list.getByRole('row').getByRole('button');
  const before = await others.count();
  check(before > 0, 'there is another one');
  await others.first().click();
  await until('it is gone', async () => (await others.count()) === before - 1);
}

async function small(stage, page) {
  stage.now('on a phone');
  await page.setViewportSize({ width: 390, height: 844 });
  for (const [path, key] of [['people', 'people.title'], ['roles/agent', 'roles.title'], ['teams', 'teams.title'], ['keys', 'keys.title'], ['account', 'account.title']]) {
    await page.goto(`${url}/console/settings/${path}`);
    await page.locator('.card').first().waitFor();
    await page.locator('.page table').first().waitFor();
    check((await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)) <= 0, `${path} is no wider than the phone`);
    const tab = await section(page, key).boundingBox();
    check(tab.x >= 0 && tab.x + tab.width <= 390, `the name of ${path} is in sight`);
    await stage.axe(`phone ${path}`, page);
  }
  await page.setViewportSize(BROWSER.viewport);
}

async function letGo(stage, page, hers) {
  stage.now('she is let go, back, and gone');
  await section(page, 'people.title').click();
  await stage.axe('people', page);
  await stage.shoot(page, `settings-people-${language}`);
  const search = page.getByRole('searchbox', { name: t('people.search') });
  await search.fill('nobody of that name');
  await page.getByText(t('people.not_found')).waitFor();
  await search.fill('LI.NA@');
  check((await page.getByRole('region', { name: t('people.title') }).getByRole('row').count()) === 2, 'she alone is found');
  await page.getByRole('link', { name: LI.name, exact: true }).click();
  const drawer = dialog(page, LI.name);
  await stage.axe('person', page);
  await button(drawer, 'people.reset').click();
  const wanted = dialog(page, t('people.reset_ask', { name: LI.name }));
  check((await wanted.getByRole('checkbox', { name: t('people.drop_totp') }).count()) === 1, 'a lost device is thought of');
  await button(wanted, 'people.make_link').click();
  const shown = dialog(page, t('people.link_for', { name: LI.name }));
  await shown.getByRole('region', { name: t('people.link') }).waitFor();
  await button(shown, 'ask.done').click();
  await shown.waitFor({ state: 'hidden' });
  const row = page.getByRole('row', { name: LI.name });
  const deactivate = async () => {
    await button(drawer, 'people.deactivate').click();
    const asked = dialog(page, t('people.deactivate_ask', { name: LI.name }));
    await asked.waitFor();
    await stage.axe('deactivate', page);
    await button(asked, 'people.deactivate').click();
    await button(drawer, 'people.reactivate').waitFor();
  };
  stage.wanted = 'Failed to load resource: the server responded with a status of 401'; /* her open page learns it */
  await deactivate();
  await undo(page);
  await button(drawer, 'people.deactivate').waitFor();
  await deactivate();
  await page.keyboard.press('Escape');
  await row.getByText(t('user_state.deactivated'), { exact: true }).waitFor();
  await hers.reload();
  await hers.getByRole('heading', { name: t('login.title') }).waitFor();
}

async function story(stage) {
  const page = await (await stage.context(BROWSER)).newPage();
  await page.goto(`${url}/console/`);
  await logIn(page, email, await password());
  await inside(page);
  await page.goto(`${url}/console/settings`);
  await page.getByRole('region', { name: t('people.title') }).first().waitFor();
  await makeRole(stage, page);
  await makeTeam(stage, page);
  const link = await invite(stage, page);
  const hers = await (await stage.context(BROWSER)).newPage();
  await comeIn(stage, hers, link);
  await order('her role is asked for');
  await seeWhatIsAllowed(stage, hers);
  await secondFactor(stage, hers);
  const key = await keys(stage, page);
  await takeBack(stage, page);
  await sessions(stage, page);
  await small(stage, page);
  await letGo(stage, page, hers);
  return { link, key };
}

await new Stage(`people-${language}`, url).play(story);
