// The frame reports its height; this page, its host, makes the room. Nothing else is reported.
const frame = document.getElementById('dashboard');
addEventListener('message', ({ source, origin, data }) => {
  if (source !== frame.contentWindow || origin !== new URL(frame.src).origin) return;
  if (data?.type === 'oriel:height' && Number.isFinite(data.height)) frame.style.height = `${Math.min(data.height, 20000)}px`;
});
