/* Language, theme, sound, help and the way out. */
import { LogoutOutlined, QuestionCircleOutlined, SettingOutlined, UserOutlined } from '@ant-design/icons';
import { Avatar, Button, Popover, Segmented, Switch } from 'antd';
import { useId, useState } from 'react';
import { useLocation } from 'wouter';
import type { Language } from '../../shared/api/types.ts';
import { useActions } from '../common/actions/Actions.tsx';
import { api } from '../common/api.ts';
import { useI18n } from '../common/i18n/I18n.tsx';
import { beep } from '../common/live/announce.ts';
import { setPrefs, usePrefs, type ThemeChoice } from '../common/prefs.ts';
import { sectionPath, sectionsFor } from '../common/sections.ts';
import { useSession, useSessionState } from '../common/session/Session.tsx';
import { useToasts } from '../common/ui/Toasts.tsx';

const THEMES: ThemeChoice[] = ['light', 'dark', 'system'];
const LANGUAGES: Language[] = ['zh', 'en'];

function chooseLanguage(language: Language): void {
  setPrefs({ language });
  /* The choice holds in this browser even when the server cannot be told now. */
  api.updateMe({ language }).catch(() => undefined);
}

export interface UserMenuProps {
  onShortcuts: () => void;
}

export function UserMenu({ onShortcuts }: UserMenuProps) {
  const { t, language } = useI18n();
  const { user, organisation } = useSession();
  const { logout } = useSessionState();
  const prefs = usePrefs();
  const toasts = useToasts();
  const [, navigate] = useLocation();
  const [open, setOpen] = useState(false);
  const soundId = useId();
  const section = t('section.general');
  const next = THEMES[(THEMES.indexOf(prefs.theme) + 1) % THEMES.length] ?? 'system';
  const leave = (): void => void logout().catch((error: unknown) => toasts.failed(error, t('session.logout_failed')));
  const setSound = (sound: boolean): void => {
    setPrefs({ sound });
    if (sound) beep('waiting');
  };

  useActions([
    { id: 'language', label: t('menu.other_language'), section, run: () => chooseLanguage(language === 'zh' ? 'en' : 'zh') },
    { id: 'theme', label: t('menu.next_theme', { theme: t(`theme.${next}`) }), section, run: () => setPrefs({ theme: next }) },
    { id: 'sound', label: prefs.sound ? t('menu.sound_off') : t('menu.sound_on'), section, run: () => setSound(!prefs.sound) },
    ...sectionsFor(user).map((each) => ({ id: `settings-${each.path}`, label: t('action.settings', { page: t(each.label) }), section, icon: <SettingOutlined />, whenTyped: true, run: () => navigate(sectionPath(each)) })),
    { id: 'logout', label: t('session.logout'), section, icon: <LogoutOutlined />, run: leave },
  ]);

  const content = (
    <div className="user-menu" role="dialog" aria-label={t('menu.label', { name: user.name })}>
      <div><strong>{user.name}</strong><div className="muted small">{user.email}</div><div className="muted small">{organisation.name}</div></div>
      <Segmented block aria-label={t('menu.language')} value={language} onChange={chooseLanguage} options={LANGUAGES.map((value) => ({ value, label: t(`language.${value}`) }))} />
      <Segmented block aria-label={t('menu.theme')} value={prefs.theme} onChange={(theme) => setPrefs({ theme })} options={THEMES.map((value) => ({ value, label: t(`theme.${value}`) }))} />
      <label className="user-row" htmlFor={soundId}>{t('menu.sound')}<Switch id={soundId} size="small" checked={prefs.sound} onChange={setSound} /></label>
      <Button type="text" icon={<UserOutlined />} onClick={() => { setOpen(false); navigate('/settings/account'); }}>{t('account.title')}</Button>
      {user.role === 'admin' && <Button type="text" icon={<SettingOutlined />} onClick={() => { setOpen(false); navigate('/settings'); }}>{t('nav.settings')}</Button>}
      <Button type="text" icon={<QuestionCircleOutlined />} onClick={() => { setOpen(false); onShortcuts(); }}>{t('shortcuts.title')}</Button>
      <Button type="text" icon={<LogoutOutlined />} onClick={leave}>{t('session.logout')}</Button>
    </div>
  );
  return (
    <Popover open={open} onOpenChange={setOpen} trigger="click" placement="rightBottom" content={content} arrow={false}>
      <button type="button" className="rail-link" aria-haspopup="dialog" aria-expanded={open}>
        <Avatar size={28} className="avatar avatar-agent" aria-hidden>{[...user.name][0]?.toUpperCase()}</Avatar>
        <span className="rail-label">{t('nav.me')}</span>
        <span className="unseen">{user.name}</span>
      </button>
    </Popover>
  );
}
