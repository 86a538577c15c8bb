// Every page: htmx with the session's token, a confirmation where one is asked for, and focus on the first error.
import 'htmx.org';

document.addEventListener('submit', (event) => {
  const question = event.target.dataset?.frage;
  if (question && !window.confirm(question)) event.preventDefault();
});

const summary = document.querySelector('[data-fehlerliste]');
if (summary) summary.focus();
