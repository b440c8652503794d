/* The second factor: a secret for an authenticator app, turned on by its first code, off by the password. Recovery codes are shown once. */
import { Alert, Button, Form, Input, QRCode, Tag } from 'antd';
import { useState } from 'react';
import type { TotpSecret } from '../../../shared/api/types.ts';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { useSession, useSessionState } from '../../common/session/Session.tsx';
import { Ask } from '../../common/ui/Ask.tsx';
import { CopyText } from '../../common/ui/CopyText.tsx';
import { useChange } from './useChange.ts';

/* Apps read codes in dark on light alone. */
const DARK = '#000000';
const LIGHT = '#ffffff';
const GROUP = 4;

function grouped(secret: string): string {
  return (secret.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? []).join(' ');
}

function PasswordForm({ label, onPassword }: { label: string; onPassword: (password: string) => void }) {
  const { t } = useI18n();
  return (
    <Form layout="vertical" requiredMark={false} className="narrow" onFinish={(values: { password: string }) => onPassword(values.password)}>
      <Form.Item name="password" label={t('password.current')} rules={[{ required: true, message: t('login.password_needed') }]}><Input.Password autoComplete="current-password" maxLength={256} /></Form.Item>
      <Button type="primary" htmlType="submit">{label}</Button>
    </Form>
  );
}

function FirstCode({ secret, onCode }: { secret: TotpSecret; onCode: (code: string) => void }) {
  const { t } = useI18n();
  return (
    <div className="totp">
      <QRCode aria-label={t('totp.picture')} type="svg" value={secret.url} size={180} color={DARK} bgColor={LIGHT} bordered={false} className="totp-code" />
      <div className="totp-steps">
        <p>{t('totp.scan')}</p>
        <p><a href={secret.url}>{t('totp.open_app')}</a></p>
        <CopyText text={grouped(secret.secret)} label={t('totp.secret')} copyLabel={t('totp.copy')} />
        <Form layout="vertical" requiredMark={false} onFinish={(values: { code: string }) => onCode(values.code.replace(/\s/g, ''))}>
          <Form.Item name="code" label={t('totp.code')} rules={[{ required: true, message: t('totp.code_needed') }]}><Input inputMode="numeric" autoComplete="one-time-code" maxLength={12} autoFocus /></Form.Item>
          <Button type="primary" htmlType="submit">{t('totp.confirm')}</Button>
        </Form>
      </div>
    </div>
  );
}

function TurnOn({ onOn }: { onOn: (codes: string[]) => void }) {
  const { t } = useI18n();
  const begin = useChange([], { 403: 'password.wrong' });
  const finish = useChange([], { 422: 'totp.code_wrong' });
  const [secret, setSecret] = useState<TotpSecret | null>(null);
  const start = (password: string): void => void begin(async () => setSecret(await api.beginTotp(password)));
  const confirm = (code: string): void => void finish(async () => onOn((await api.confirmTotp(code)).recovery_codes));
  return secret ? <FirstCode secret={secret} onCode={confirm} /> : <PasswordForm label={t('totp.turn_on')} onPassword={start} />;
}

function TurnOff({ onOff }: { onOff: () => void }) {
  const { t } = useI18n();
  const change = useChange([], { 403: 'password.wrong' });
  const [password, setPassword] = useState<string | null>(null);
  const off = async (): Promise<void> => {
    if (!(await change(() => api.disableTotp(password ?? ''), t('totp.is_off')))) onOff();
  };
  return (
    <>
      <PasswordForm label={t('totp.turn_off')} onPassword={setPassword} />
      {password !== null && <Ask title={t('totp.off_ask')} action={t('totp.turn_off')} onDone={off} onClose={() => setPassword(null)}><p>{t('totp.off_what')}</p></Ask>}
    </>
  );
}

export function TotpCard() {
  const { t } = useI18n();
  const { user } = useSession();
  const { refresh } = useSessionState();
  const [codes, setCodes] = useState<string[] | null>(null);
  const know = (fresh: string[] | null): void => {
    setCodes(fresh);
    void refresh();
  };
  return (
    <section className="card" aria-label={t('totp.title')}>
      <h2 className="section-title">{t('totp.title')}<Tag color={user.totp ? 'success' : 'default'}>{t(user.totp ? 'people.totp_on' : 'people.totp_off')}</Tag></h2>
      <p className="muted card-note">{t('totp.what')}</p>
      {codes && (
        <>
          <Alert className="card-note" type="warning" showIcon title={t('totp.keep')} />
          <CopyText text={codes.join(' ')} label={t('totp.recovery')} copyLabel={t('totp.copy_codes')} />
        </>
      )}
      {user.totp ? <TurnOff onOff={() => know(null)} /> : <TurnOn onOn={know} />}
    </section>
  );
}
