/* What everybody sees to alone: the password, the second factor, where one is logged in. */
import { Button, Form, Input } from 'antd';
import { api } from '../../common/api.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { NewPassword } from '../../common/ui/NewPassword.tsx';
import { SessionsCard } from './SessionsCard.tsx';
import { TotpCard } from './TotpCard.tsx';
import { useChange } from './useChange.ts';

function PasswordCard() {
  const { t } = useI18n();
  const [form] = Form.useForm<{ current: string; fresh: string }>();
  const change = useChange(['sessions'], { 403: 'password.wrong', 422: 'fault.invalid' });
  const save = async (values: { current: string; fresh: string }): Promise<void> => {
    if (!(await change(() => api.setPassword(values.current, values.fresh), t('password.changed')))) form.resetFields();
  };
  return (
    <section className="card" aria-label={t('password.title')}>
      <h2 className="section-title">{t('password.title')}</h2>
      <Form form={form} layout="vertical" requiredMark={false} className="narrow" onFinish={(values: { current: string; fresh: string }) => void save(values)}>
        <Form.Item name="current" label={t('password.current')} rules={[{ required: true, message: t('login.password_needed') }]}><Input.Password autoComplete="current-password" maxLength={256} /></Form.Item>
        <NewPassword />
        <Button type="primary" htmlType="submit">{t('password.change')}</Button>
      </Form>
    </section>
  );
}

export function AccountPage() {
  return (
    <>
      <PasswordCard />
      <TotpCard />
      <SessionsCard />
    </>
  );
}
