import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'virtual:antd.css';
import { ApiError } from '../shared/api/client.ts';
import { App } from './App.tsx';
import { ActionsProvider } from './common/actions/Actions.tsx';
import { I18nProvider } from './common/i18n/I18n.tsx';
import { isUnauthorised, SessionProvider, sessionLost } from './common/session/Session.tsx';
import { ThemeProvider } from './common/theme/ThemeProvider.tsx';
import { ToastsProvider } from './common/ui/Toasts.tsx';
import './console.css';

const MAX_RETRIES = 2;

/* Only what the network or an overloaded server did is worth another try. */
function worthRetrying(count: number, error: Error): boolean {
  const status = error instanceof ApiError ? error.status : 500;
  return count < MAX_RETRIES && (status === 0 || status === 502 || status === 503 || status === 504);
}

const client = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (isUnauthorised(error)) sessionLost();
    },
  }),
  defaultOptions: { queries: { retry: worthRetrying, staleTime: 15_000, networkMode: 'always', refetchOnReconnect: true } },
});

const root = document.getElementById('app');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <I18nProvider>
          <ThemeProvider>
            <ActionsProvider>
              <ToastsProvider>
                <SessionProvider>
                  <App />
                </SessionProvider>
              </ToastsProvider>
            </ActionsProvider>
          </ThemeProvider>
        </I18nProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
