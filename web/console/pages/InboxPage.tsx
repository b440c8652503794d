import { Redirect } from 'wouter';
import { isFilter } from '../common/live/lists.ts';
import { Inbox } from '../modules/inbox/Inbox.tsx';

export default function InboxPage({ filter, id }: { filter: string | undefined; id: string | undefined }) {
  return isFilter(filter) ? <Inbox filter={filter} id={id ?? null} /> : <Redirect to="/inbox/all" replace />;
}
