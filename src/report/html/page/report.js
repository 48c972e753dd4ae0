// Runs in the reader's browser. The page is complete without it.
document.documentElement.classList.add('script');
