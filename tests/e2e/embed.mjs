/* The widget on a page of another origin, whose own policy is strict:
     node embed.mjs URL PAGE OTHER
   PAGE embeds the loader of URL; OTHER is PAGE under a third origin, which must not be heard. */
import { check, order, Stage, until } from './browser.mjs';
import { Chat } from './widget.mjs';

const [url, address, other] = process.argv.slice(2);
const origin = new URL(address).origin;
const PROTOCOL = 'zhiyin-widget-1';
const ASKED = 'Can I cancel an order after paying?';
const ANSWER = 'Until it has been dispatched';

/* Has the page tell its frame that the chat is visible, and says whether the chat obeyed: then it takes the focus. */
async function obeys(page, frame) {
  await frame.evaluate(() => {
    window.arrived = [];
    window.addEventListener('message', (event) => window.arrived.push(event.origin));
    document.activeElement?.blur();
  });
  await page.evaluate((protocol) => window.frames[0].postMessage({ protocol, type: 'visible', visible: true, page: 'https://a.example/' }, '*'), PROTOCOL);
  await until('the message arrived', () => frame.evaluate(() => window.arrived.length > 0));
  check((await frame.evaluate(() => window.arrived[0])) === new URL(page.url()).origin, 'from the page it is in');
  return frame.evaluate(() => document.activeElement?.tagName === 'TEXTAREA');
}

async function chats(stage, page) {
  stage.now('a page of another origin loads the widget and chats');
  const globals = `(() => Object.keys(window).filter((each) => /zhiyin/i.test(each)).join())()`;
  await page.goto(address);
  const chat = new Chat(page, 'en');
  await chat.open();
  check(new URL(page.url()).origin === origin && new URL(chat.frame.url()).origin === url, 'page and chat have different origins');
  check((await page.evaluate(globals)) === 'Zhiyin', 'one global is left on the page');
  check((await page.evaluate('Object.keys(window.Zhiyin).join()')) === 'open,close', 'of two functions');
  await chat.say(ASKED);
  await chat.answered(ANSWER);
  await stage.axe('embedding page', page);
  check(await page.evaluate(() => document.querySelectorAll('style, link[rel=stylesheet]').length === 0), 'the loader writes no style sheet');
  return chat;
}

const unread = (page, n) => page.getByRole('button', { name: `Open chat (${n})`, exact: true });

async function closesAndTellsUnread(stage, page, chat) {
  stage.now('keys, and the page opens and closes it');
  await chat.input.press('Escape');
  await chat.bubble.waitFor();
  await until('the bubble is closed', async () => (await chat.bubble.getAttribute('aria-expanded')) === 'false');
  check(!(await page.locator('iframe').isVisible()), 'a closed chat is not seen');
  await page.evaluate(() => window.Zhiyin.open());
  await page.locator('iframe').waitFor();
  await page.evaluate(() => window.Zhiyin.close());
  await page.locator('iframe').waitFor({ state: 'hidden' });
  await order('person writes');
  await unread(page, 1).waitFor();
}

/* The loader obeys its own frame under the server's origin only: not the page itself, not a window of another origin, not a frame
   of the right protocol but the wrong source. Each forgery is followed by one echo, so that nothing has to be slept for. */
async function loaderIgnoresOthers(stage, page) {
  stage.now('forged messages to the loader are ignored');
  await page.evaluate(() => window.Zhiyin.open());
  const iframe = page.locator('iframe[title="Chat"]');
  const echoed = (frame, message) => page.evaluate(([text, protocol]) => new Promise((resolve) => {
    window.addEventListener('message', function heard(event) {
      if (event.data?.echo !== 'end') return;
      window.removeEventListener('message', heard);
      resolve(event.origin);
    });
    const forged = { ...text, protocol };
    if (window.forger) window.forger.postMessage({ forge: forged }, '*');
    else {
      window.postMessage(forged, location.origin);
      window.postMessage({ echo: 'end' }, location.origin);
    }
  }), [message, PROTOCOL]);
  check((await echoed(page, { type: 'close' })) === origin, 'the page itself spoke');
  check(await iframe.isVisible(), 'close from the page itself is ignored');
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.evaluate((to) => { window.forger = window.open(to); }, `${other}/forger.html`),
  ]);
  await popup.waitForLoadState();
  check((await echoed(page, { type: 'close' })) === new URL(other).origin, 'the other origin spoke');
  check(await iframe.isVisible(), 'close from another origin is ignored');
  await page.evaluate(() => window.Zhiyin.close());
  await iframe.waitFor({ state: 'hidden' });
  await echoed(page, { type: 'unread', count: 7 });
  check((await unread(page, 7).count()) === 0, 'a number of unread messages from another origin is ignored');
  return popup;
}

/* The chat obeys the window that embeds it, under the origin that the loader named: a third origin that embeds the chat in the name
   of the first is not heard, and is told nothing. */
async function chatIgnoresOthers(stage, page, chat) {
  stage.now('forged messages to the chat are ignored');
  await page.evaluate(() => window.Zhiyin.open());
  check(await obeys(page, chat.frame), 'the chat obeys the page that the loader named');
  /* The exact target origin is what keeps it from the stranger, and the browser says so. */
  stage.wanted = "Failed to execute 'postMessage'";
  const thief = await page.context().newPage();
  await thief.goto(`${other}/thief.html?${new URLSearchParams({ frame: `${url}/widget/?language=en&origin=${encodeURIComponent(origin)}` })}`);
  const frame = () => thief.frames().find((each) => each.url().includes('/widget/'));
  await until('the thief has its frame', async () => frame() && (await frame().locator('textarea').count()) === 1);
  check(!(await obeys(thief, frame())), 'the chat does not obey a wrong origin');
  check((await thief.evaluate(() => window.got.length)) === 0, 'the chat tells a wrong origin nothing');
  await until('the browser withheld what the chat said', () => stage.wantedCame > 0);
  await thief.close();
  stage.wanted = null;
}

async function story(stage) {
  const context = await stage.context({ viewport: { width: 1024, height: 720 }, locale: 'en-GB' });
  const page = await context.newPage();
  const chat = await chats(stage, page);
  await closesAndTellsUnread(stage, page, chat);
  const popup = await loaderIgnoresOthers(stage, page);
  await popup.close();
  await chatIgnoresOthers(stage, page, chat);
  return null;
}

await new Stage('embed', url).play(story);
