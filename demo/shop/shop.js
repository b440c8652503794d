/* ?lang=zh and ?lang=en lead to the page of that language, so that one address serves both. */
(function () {
  var wanted = new URLSearchParams(location.search).get('lang');
  var pages = { zh: 'index.html', en: 'en.html' };
  var here = document.documentElement.lang.slice(0, 2);
  if (wanted && pages[wanted] && wanted !== here) location.replace(pages[wanted] + location.hash);
})();
