import { RecordPage } from '../modules/records/RecordPage.tsx';
import { RecordsHome } from '../modules/records/RecordsHome.tsx';
import { RecordTable } from '../modules/records/RecordTable.tsx';
import { useObjects } from '../common/schema/objects.ts';
import { ErrorState, ListSkeleton } from '../common/ui/States.tsx';
import { NotFoundPage } from './NotFoundPage.tsx';

export default function RecordsPage({ plural, id }: { plural: string | undefined; id: string | undefined }) {
  const { query, objects } = useObjects();
  if (!plural) return <RecordsHome />;
  if (query.isPending) return <div className="page"><ListSkeleton /></div>;
  if (query.isError) return <div className="page"><ErrorState error={query.error} onRetry={() => void query.refetch()} /></div>;
  const object = objects.find((each) => each.plural === plural);
  if (!object) return <NotFoundPage />;
  return id ? <RecordPage key={id} object={object} id={id} /> : <RecordTable key={plural} object={object} />;
}
