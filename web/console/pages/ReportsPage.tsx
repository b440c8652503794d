import { VoiceMessages } from '../modules/reports/VoiceMessages.tsx';
import { Voice } from '../modules/reports/Voice.tsx';
import { NotFoundPage } from './NotFoundPage.tsx';

export interface ReportsPageProps {
  report: string | undefined;
  list: string | undefined;
}

export default function ReportsPage({ report = 'voice', list }: ReportsPageProps) {
  if (report !== 'voice') return <NotFoundPage />;
  return list === 'messages' ? <VoiceMessages /> : <Voice />;
}
