// Hears what happens elsewhere (server-sent events) and tells the page by events of the document:
// `live:<event>` with the ids it came with, and `live:resync` when something may have been missed.
// Parts of a page ask for themselves anew with hx-trigger="live:<event> from:document". While the
// stream is away, `live:resync` comes every few seconds instead.
const meta = document.querySelector('meta[name="live"]');
const POLL_MS = 5000;
const RENEW_MS = 30000;

const tell = (event, detail = {}) =>
  document.dispatchEvent(new CustomEvent(`live:${event}`, { detail }));

const listen = (address) => {
  const source = new EventSource(address);
  let polling;
  const poll = () => {
    polling ??= setInterval(() => tell("resync"), POLL_MS);
  };
  source.addEventListener("open", () => {
    clearInterval(polling);
    polling = undefined;
    document.documentElement.dataset.live = "on";
    tell("resync");
  });
  source.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    tell(message.event, message.data);
  });
  source.addEventListener("error", () => {
    document.documentElement.dataset.live = "off";
    poll();
    // Closed for good: the ticket is over, or somebody answered who is not the live process.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => renew(() => clearInterval(polling)), RENEW_MS);
    }
  });
};

const renew = async (done) => {
  try {
    const answer = await fetch(meta.dataset.again, { headers: { "HX-Request": "true" } });
    if (answer.ok) {
      listen((await answer.json()).url);
      done();
    }
  } catch {
    setTimeout(() => renew(done), RENEW_MS);
  }
};

if (meta?.content) listen(meta.content);
