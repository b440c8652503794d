/* E-mail or phone, asked for when nobody can answer now. Checks only what is certainly wrong. */
import { h } from './dom.ts';
import type { Translate } from './i18n.ts';
import type { ContactDetails } from './session.ts';

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const PHONE = /^[+\d][\d\s()-]{4,24}$/;

export function checkContact(details: ContactDetails): 'form_need_contact' | 'form_bad_email' | 'form_bad_phone' | null {
  if (!details.email && !details.phone) return 'form_need_contact';
  if (details.email && !EMAIL.test(details.email)) return 'form_bad_email';
  return details.phone && !PHONE.test(details.phone) ? 'form_bad_phone' : null;
}

function field(label: string, name: string, attributes: Record<string, string>): HTMLElement {
  return h('label', { class: 'field' }, h('span', {}, label), h('input', { name, ...attributes }));
}

export function contactForm(t: Translate, onSend: (details: ContactDetails) => void, onCancel: (() => void) | null): HTMLElement {
  const problem = h('p', { class: 'form-error', role: 'alert', id: 'contact-problem', hidden: true });
  const form = h('form', { class: 'contact', novalidate: true, 'aria-label': t('form_title') },
    h('p', { class: 'form-title' }, t('form_title')),
    field(t('form_email'), 'email', { type: 'email', autocomplete: 'email', maxlength: '254', inputmode: 'email' }),
    field(t('form_phone'), 'phone', { type: 'tel', autocomplete: 'tel', maxlength: '30' }),
    field(t('form_name'), 'name', { type: 'text', autocomplete: 'name', maxlength: '200' }),
    h('p', { class: 'hint' }, t('form_hint')), problem,
    h('div', { class: 'form-actions' },
      h('button', { type: 'submit', class: 'primary' }, t('form_send')),
      onCancel ? h('button', { type: 'button', class: 'plain', click: onCancel }, t('form_cancel')) : null));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const details: ContactDetails = {};
    for (const name of ['name', 'email', 'phone'] as const) {
      const value = String(data.get(name) ?? '').trim();
      if (value) details[name] = value;
    }
    const wrong = checkContact(details);
    problem.hidden = wrong === null;
    problem.textContent = wrong ? t(wrong) : '';
    if (wrong) form.querySelector<HTMLInputElement>(wrong === 'form_bad_phone' ? '[name=phone]' : '[name=email]')?.focus();
    else onSend(details);
  });
  return form;
}
