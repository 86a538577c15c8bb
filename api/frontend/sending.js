// Sends a form with files while its page stays: a refusal then loses neither what was typed nor the chosen files, which no server can put back.

const LOGGED_OUT = {
  told: 'Sie sind nicht mehr angemeldet. Bitte in einem zweiten Fenster anmelden und dann hier noch einmal senden; es ist nichts verloren.',
  stale: true,
};

const text = (page, selector) => page.querySelector(selector)?.textContent.trim();

// Return the answer: {to} where to go on, {page} with the refusal in it, or {told} where no page came back.
export async function send(outer, files, limitMb) {
  const size = [...files.values()].flat().reduce((sum, file) => sum + file.size, 0);
  if (size > limitMb * 1024 * 1024) return { told: `Zusammen sind die Dateien größer als ${limitMb} MB. Bitte weniger oder kleinere auswählen.` };
  const body = new FormData(outer);
  for (const [key, list] of files) for (const file of list) body.append(key, file, file.name);
  let answer;
  try {
    answer = await fetch(outer.action, { method: 'POST', body, headers: { 'X-Formular': 'bleibt' } });
  } catch {
    // Who is logged out is refused before a large form is read; to a browser that looks like a broken line. The page itself tells which it was.
    const page = await fetch(location.href).catch(() => null);
    if (page?.redirected) return LOGGED_OUT;
    return { told: 'Der Server ist nicht erreichbar, oder eine Datei wurde inzwischen verschoben. Es ist nichts verloren; bitte noch einmal versuchen.' };
  }
  if (answer.status === 204) return { to: answer.headers.get('Location') };
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (answer.redirected) return LOGGED_OUT;
  if (page.querySelector('[data-fehlerliste]')) return { page };
  return { told: text(page, 'main .meldung') ?? text(page, 'main p') ?? 'Das hat nicht geklappt. Bitte noch einmal versuchen.' };
}

// After a new login the form carries the sign of the old one: take the new one from the page.
export async function renewToken(outer) {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
  const token = page.querySelector('[name="token"]')?.value;
  if (token) outer.elements.namedItem('token').value = token;
}
