/* Where the link of an invitation or of a forgotten password leads: whose it is, and the password to be set. The token stands behind
   the #, which the browser sends nowhere. */
import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Form } from 'antd';
import { useEffect, useState } from 'react';
import { ApiError } from '../../shared/api/client.ts';
import { api } from '../common/api.ts';
import { useI18n } from '../common/i18n/I18n.tsx';
import { getPrefs, setPrefs } from '../common/prefs.ts';
import { faultText } from '../common/ui/fault.ts';
import { NewPassword } from '../common/ui/NewPassword.tsx';
import { ErrorState, ListSkeleton } from '../common/ui/States.tsx';

const CONSOLE = '/console/';

function SetPassword({ token, email }: { token: string; email: string }) {
  const { t, language } = useI18n();
  const [fault, setFault] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  /* Who has a second factor is asked for it by the login page. */
  const enter = async (password: string): Promise<void> => {
    await api.login(email, password).catch(() => undefined);
    location.replace(CONSOLE);
  };
  const accept = async ({ fresh }: { fresh: string }): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      await api.acceptLink(token, fresh);
    } catch (error) {
      setFault(error);
      setBusy(false);
      return;
    }
    await enter(fresh);
  };
  return (
    <>
      {fault !== null && <Alert type="error" showIcon title={faultText(fault, { t, language })} />}
      <Form layout="vertical" requiredMark={false} size="large" onFinish={(values: { fresh: string }) => void accept(values)}>
        <input type="email" name="username" autoComplete="username" value={email} readOnly hidden />
        <NewPassword />
        <Button block type="primary" htmlType="submit" loading={busy}>{t('welcome.submit')}</Button>
      </Form>
    </>
  );
}

export default function WelcomePage() {
  const { t } = useI18n();
  const [token] = useState(() => location.hash.slice(1));
  const owner = useQuery({ queryKey: ['link', token], queryFn: () => api.linkOwner(token), staleTime: Infinity });
  const language = owner.data?.language;
  useEffect(() => {
    document.title = t('app.title_page', { page: t('welcome.title') });
  }, [t]);
  useEffect(() => {
    if (language && !getPrefs().language) setPrefs({ language });
  }, [language]);
  const isOver = owner.error instanceof ApiError && owner.error.status === 404;
  return (
    <main className="login">
      <div className="login-card">
        <p className="login-brand">{t('app.name')}</p>
        <h1 className="page-title">{t('welcome.title')}</h1>
        {owner.isPending && <ListSkeleton rows={2} />}
        {isOver && <Alert type="warning" showIcon title={t('welcome.over')} description={t('welcome.over_hint')} />}
        {owner.isError && !isOver && <ErrorState error={owner.error} onRetry={() => void owner.refetch()} />}
        {owner.data && (
          <>
            <p>{t('welcome.for', { name: owner.data.name, organisation: owner.data.organisation })}</p>
            <p className="muted">{owner.data.email}</p>
            <SetPassword token={token} email={owner.data.email} />
          </>
        )}
        {isOver && <Button href={CONSOLE}>{t('login.title')}</Button>}
      </div>
    </main>
  );
}
