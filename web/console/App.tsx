/* Which page stands at which address. Pages load when they are first opened. */
import { lazy, Suspense } from 'react';
import { Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { LiveProvider } from './common/live/Live.tsx';
import { useI18n } from './common/i18n/I18n.tsx';
import { useSessionState } from './common/session/Session.tsx';
import { ErrorBoundary } from './common/ui/ErrorBoundary.tsx';
import { ErrorState, ListSkeleton } from './common/ui/States.tsx';
import { Shell } from './shell/Shell.tsx';
import { LoginPage } from './pages/LoginPage.tsx';
import { NotFoundPage } from './pages/NotFoundPage.tsx';

const InboxPage = lazy(() => import('./pages/InboxPage.tsx'));
const KnowledgePage = lazy(() => import('./pages/KnowledgePage.tsx'));
const ContactsPage = lazy(() => import('./pages/ContactsPage.tsx'));

function Pages() {
  const { t } = useI18n();
  const [path] = useLocation();
  const area = path.split('/')[1] ?? '';
  return (
    <ErrorBoundary key={area} fallback={(error, retry) => <ErrorState error={error} onRetry={retry} />}>
      <Suspense fallback={<div className="page" aria-label={t('state.loading')}><ListSkeleton /></div>}>
        <Switch>
          <Route path="/"><Redirect to="/inbox/all" replace /></Route>
          <Route path="/login"><Redirect to="/inbox/all" replace /></Route>
          <Route path="/inbox/:filter?/:id?">{(params) => <InboxPage filter={params.filter} id={params.id} />}</Route>
          <Route path="/knowledge/:id?">{(params) => <KnowledgePage id={params.id} />}</Route>
          <Route path="/contacts/:id?">{(params) => <ContactsPage id={params.id} />}</Route>
          <Route><NotFoundPage /></Route>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}

export function App() {
  const { status, error, reload } = useSessionState();
  if (status === 'loading') return <div className="page"><ListSkeleton rows={3} /></div>;
  if (status === 'failed') return <main><ErrorState error={error} onRetry={reload} /></main>;
  return (
    <Router base="/console">
      {status === 'out' ? <LoginPage /> : (
        <LiveProvider>
          <Shell><Pages /></Shell>
        </LiveProvider>
      )}
    </Router>
  );
}
