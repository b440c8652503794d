import { Alert, Button, Form, Input } from 'antd';
import { useEffect, useState } from 'react';
import type { ApiError } from '../../shared/api/client.ts';
import { useI18n } from '../common/i18n/I18n.tsx';
import { setPrefs } from '../common/prefs.ts';
import { useSessionState } from '../common/session/Session.tsx';
import { faultText } from '../common/ui/fault.ts';

interface Values {
  email: string;
  password: string;
  code?: string;
}

export function LoginPage() {
  const { t, language } = useI18n();
  const { login, ended } = useSessionState();
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [wantsCode, setWantsCode] = useState(false);

  useEffect(() => {
    document.title = t('app.title_page', { page: t('login.title') });
  }, [t]);

  const submit = async ({ email, password, code }: Values): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await login(email.trim(), password, code?.trim());
    } catch (reason) {
      const needsCode = (reason as ApiError).code === 'code_required';
      setError(needsCode && !code ? null : reason as ApiError);
      setWantsCode(needsCode);
      setBusy(false);
    }
  };
  const why = !error ? '' : error.code === 'code_required' ? t('totp.code_wrong') : error.status === 401 ? t('login.bad') : error.status === 429 ? t('login.too_many') : faultText(error, { t, language });

  return (
    <main className="login">
      <div className="login-card">
        <p className="login-brand">{t('app.name')}</p>
        <h1 className="page-title">{t('login.title')}</h1>
        {ended && !error && <Alert type="info" showIcon title={t('login.ended')} />}
        {error && <Alert type="error" showIcon title={why} description={error.requestId ? t('error.request_id', { id: error.requestId }) : undefined} />}
        <Form layout="vertical" requiredMark={false} onFinish={(values: Values) => void submit(values)} size="large">
          <Form.Item name="email" label={t('login.email')} rules={[{ required: true, message: t('login.email_needed') }]}>
            <Input type="email" autoComplete="username" autoFocus inputMode="email" />
          </Form.Item>
          <Form.Item name="password" label={t('login.password')} rules={[{ required: true, message: t('login.password_needed') }]}>
            <Input.Password autoComplete="current-password" />
          </Form.Item>
          {wantsCode && (
            <Form.Item name="code" label={t('login.code')} extra={t('login.code_hint')} rules={[{ required: true, message: t('totp.code_needed') }]}>
              <Input autoFocus autoComplete="one-time-code" maxLength={40} />
            </Form.Item>
          )}
          <Button block type="primary" htmlType="submit" loading={busy}>{t('login.submit')}</Button>
        </Form>
        <Button type="link" size="small" lang={language === 'zh' ? 'en' : 'zh-CN'} onClick={() => setPrefs({ language: language === 'zh' ? 'en' : 'zh' })}>{t('login.other_language')}</Button>
      </div>
    </main>
  );
}
