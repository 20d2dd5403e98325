/**
 * Where a host sends no headers of cross-origin isolation, a service worker of the page's own adds them, so that threads
 * can share memory. The page is loaded once more when it first takes over. Where there can be none, all works on a thread.
 */
{
  const waited = 'isolation-tried'
  if (!window.crossOriginIsolated && window.isSecureContext && navigator.serviceWorker) {
    navigator.serviceWorker.register(new URL('isolation-worker.js', document.baseURI)).then(
      async () => {
        await navigator.serviceWorker.ready
        // Once only: a browser that does not isolate the page now will not do so the next time.
        if (sessionStorage.getItem(waited)) return
        sessionStorage.setItem(waited, 'yes')
        location.reload()
      },
      () => {},
    )
  }
}
