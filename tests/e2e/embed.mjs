/* The widget on a page of another origin, whose own policy is strict:
     node embed.mjs URL PAGE OTHER
   PAGE embeds the loader of URL; OTHER is PAGE under a third origin, which must not be heard. */
import { check, Stage, until } from './browser.mjs';
import { Chat } from './widget.mjs';

const [url, address, other] = process.argv.slice(2);
const origin = new URL(address).origin;
const PROTOCOL = 'zhiyin-widget-1';
const ASKED = 'Can I cancel an order after paying?';
const ANSWER = 'Until it has been dispatched';

/* What the chat in the frame has heard so far; a message from a wrong origin must not be acted upon. */
const seen = (chat) => chat.frame.evaluate(() => JSON.parse(localStorage.getItem('zhiyin.widget') ?? '{}').seen ?? 0);

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
  check((await echoed(page, { type: 'unread', count: 7 })) !== origin, 'and again');
  await page.evaluate(() => window.Zhiyin.close());
  await iframe.waitFor({ state: 'hidden' });
  check(!(await page.getByRole('button', { name: /7/ }).count()), 'unread from another origin is ignored');
  return popup;
}

/* The chat obeys the window that embeds it, under the origin that the loader named. The third origin embeds the chat with the name of
   the first: its word must not make the chat visible, which would mark messages as seen. */
async function chatIgnoresOthers(stage, page, chat) {
  stage.now('forged messages to the chat are ignored');
  const context = page.context();
  const before = await seen(chat);
  check(before > 0, 'what was read is marked');
  const thief = await context.newPage();
  await thief.goto(`${other}/thief.html?${new URLSearchParams({ frame: `${url}/widget/?language=en&origin=${encodeURIComponent(origin)}` })}`);
  const frame = () => thief.frames().find((each) => each.url().includes('/widget/'));
  await until('the thief has its frame', async () => frame() && (await frame().locator('textarea').count()) === 1);
  await frame().evaluate(() => {
    window.obeyed = 0;
    window.arrived = [];
    window.addEventListener('message', (event) => window.arrived.push(event.origin));
    document.addEventListener('focusin', () => { window.obeyed += 1; });
  });
  await thief.evaluate((protocol) => window.frames[0].postMessage({ protocol, type: 'visible', visible: true, page: 'https://thief.example/' }, '*'), PROTOCOL);
  await until('the forgery arrived', () => frame().evaluate(() => window.arrived.length === 1));
  check((await frame().evaluate(() => window.arrived[0])) === new URL(other).origin, 'from the wrong origin');
  check((await frame().evaluate(() => window.obeyed)) === 0, 'the chat does not obey a wrong origin');
  check((await thief.evaluate(() => window.got.length)) === 0, 'the chat tells a wrong origin nothing');
  await thief.close();
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
